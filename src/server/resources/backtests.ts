/**
 * Trying a rule on the past before it is switched on.
 *
 * The answer comes line by line: how far it is, then the result. Whoever hangs up ends
 * it. One runs at a time, because each reads days of observations.
 */
import { z } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import { stringify } from 'yaml';
import { addressesAt } from '../../domain/watching.ts';
import { runBacktest } from '../../engine/backtest.ts';
import { describeError, isYaguraError, YaguraError } from '../../engine/errors.ts';
import type { Detector } from '../../engine/modules.ts';
import type { Configured } from '../../engine/pipeline.ts';
import { appendAudit } from '../../store/state/audit.ts';
import {
  type BacktestLine,
  type BacktestRequest,
  type BacktestResult,
  type BacktestSample,
  backtestRequestSchema,
  backtestRulesSchema,
} from '../finding-contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';
import { type KnownSensor, knownSensors } from '../watching.ts';

type Settings = Readonly<Record<string, unknown>>;

export function backtestRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  let isBusy = false;

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/backtests/rules',
      permission: 'backtest.run',
      summary: 'Rules that can be tried on the past, with the settings in force',
      answer: backtestRulesSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const [sensors, range] = await Promise.all([telescopesOf(parts, tenant), parts.telemetry.dataRange(tenant)]);
      const rows = parts.detectors.map(({ module, settings }) => ({
        id: module.id,
        version: module.version,
        title: module.title,
        description: module.description,
        settings: { ...(settings as Settings) },
        schema: z.toJSONSchema(module.settings, { io: 'input', unrepresentable: 'any' }),
      }));
      return c.json({ rows, sensors: sensors.map(({ id }) => id), firstAt: range.firstAt, lastAt: range.lastAt }, 200);
    },
  );

  declareStream(api, 'post', '/backtests', 'backtest.run', 'Try a rule with other settings on stored days', 'application/x-ndjson');
  api.post('/backtests', requires('backtest.run', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const body = backtestRequestSchema.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) throw new YaguraError('usage', 'a trial names the rule, the settings that change and the days: rule, set, from, to');
    const plan = await planOf(parts, tenant, body.data);
    if (isBusy) throw new YaguraError('conflict', 'another trial is running; wait for it to end or end it');
    isBusy = true;
    const ended = new AbortController();
    c.header('content-type', 'application/x-ndjson');
    return stream(c, async (out) => {
      out.onAbort(() => ended.abort());
      const write = (line: BacktestLine): Promise<unknown> => out.write(`${JSON.stringify(line)}\n`);
      try {
        const result = await run(parts, tenant, plan, ended.signal, (line) => void write(line));
        await appendAudit(parts.db, tenant, {
          at: parts.clock.now(),
          actor,
          action: 'backtest-run',
          subject: plan.rule.module.id,
          detail: { set: body.data.set, from: plan.from, to: plan.to, sensors: plan.sensors.map(({ id }) => id) },
        });
        await write({ type: 'result', result });
      } catch (error) {
        if (ended.signal.aborted) return;
        if (!isYaguraError(error)) parts.log.error({ err: error }, 'a trial of a rule failed');
        const code = isYaguraError(error) ? error.code : 'internal';
        await write({
          type: 'problem',
          code,
          message: isYaguraError(error) ? describeError(error) : 'something failed inside the hub; its log says what',
        });
      } finally {
        isBusy = false;
      }
    });
  });
}

const telescopesOf = async (parts: ServerParts, tenant: string): Promise<KnownSensor[]> =>
  (await knownSensors(parts, tenant)).filter(({ kind, sightings }) => kind === 'telescope' && sightings.length > 0);

interface Plan {
  readonly rule: Configured<Detector>;
  readonly present: Settings;
  readonly proposed: Settings;
  readonly set: Settings;
  readonly sensors: readonly KnownSensor[];
  readonly from: number;
  readonly to: number;
}

/** Everything that can be wrong with the question is said before the answer begins. */
async function planOf(parts: ServerParts, tenant: string, { rule: id, set, from, to, sensor }: BacktestRequest): Promise<Plan> {
  const rule = parts.detectors.find(({ module }) => module.id === id);
  if (!rule)
    throw new YaguraError('usage', `there is no rule "${id}"; there are ${parts.detectors.map(({ module }) => module.id).join(', ')}`);
  if (to <= from) throw new YaguraError('usage', 'the period must end after it begins');
  const present = rule.settings as Settings;
  const proposed = rule.module.settings.safeParse({ ...present, ...set });
  if (!proposed.success) {
    const [issue] = proposed.error.issues;
    throw new YaguraError('usage', `${(issue?.path ?? []).map(String).join('.')}: ${issue?.message ?? 'invalid'}`);
  }
  const telescopes = await telescopesOf(parts, tenant);
  const sensors = sensor === undefined ? telescopes : telescopes.filter((one) => one.id === sensor);
  if (sensor !== undefined && sensors.length === 0) throw new YaguraError('not-found', 'there is no such sensor');
  return { rule, present, proposed: proposed.data as Settings, set, sensors, from, to };
}

async function run(
  parts: ServerParts,
  tenant: string,
  { rule, present, proposed, set, sensors, from, to }: Plan,
  signal: AbortSignal,
  tell: (line: BacktestLine) => void,
): Promise<BacktestResult> {
  const began = performance.now();
  const { module } = rule;
  const answer = await runBacktest(
    { tenant, detector: module, present, proposed, sensors: sensors.map(({ id }) => id), from, to },
    {
      telemetry: parts.telemetry,
      signal,
      sensorAt(id, day) {
        const sensor = sensors.find((one) => one.id === id);
        return { id, title: sensor?.title.en ?? id, addresses: sensor ? addressesAt(sensor.history, day) : null };
      },
      progress: (state) => tell({ type: 'progress', ...state }),
    },
  );
  const { counts, samples, bySeverity, ...rest } = answer;
  return {
    rule: module.id,
    version: module.version,
    from,
    to,
    sensors: sensors.map(({ id }) => id),
    ...rest,
    ...counts,
    bySeverity: bySeverity.map((one) => ({ ...one })),
    samples: { added: samples.added.map(toSample), lost: samples.lost.map(toSample), changed: samples.changed.map(toSample) },
    settings: { present: { ...present }, proposed: { ...proposed } },
    yaml: stringify({ detectors: { [module.id]: set } }),
    seconds: Math.round(performance.now() - began) / 1000,
  };
}

function toSample({
  finding,
  sensor,
  day,
  present,
  proposed,
}: Awaited<ReturnType<typeof runBacktest>>['samples']['added'][number]): BacktestSample {
  const { kind, identifier, asset, port, transport, count, because } = finding;
  return { kind, identifier, asset: asset.value, port, transport, sensor, day, count, present, proposed, because };
}
