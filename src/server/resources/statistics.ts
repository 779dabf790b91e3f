/** Public statistics: figures of what was observed, for everyone, with nobody's address in them. */
import { z } from '@hono/zod-openapi';
import type { Interval } from '../../domain/watching.ts';
import { YaguraError } from '../../engine/errors.ts';
import { readScannerDays } from '../../store/state/scanner-days.ts';
import type { HostCounts, StatisticsTopBy, StepQuestion } from '../../store/telemetry/questions/statistics.ts';
import type { ServerParts } from '../parts.ts';
import { periodOf } from '../period.ts';
import { type Api, declare, declareStream, timeQuery } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';
import { DEFINITIONS, figuresOf, toCsv, toTable, yearsOf } from '../statistics.ts';
import { STATISTICS_STEPS, STATISTICS_TABLES, type Statistics, statisticsSchema } from '../statistics-contract.ts';
import { watchedSensors } from '../watching.ts';
import { labelOf } from './traffic.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const MOST_STEPS = 800;
const TOP_ROWS = 10;
/** How long an answer is given again: many citizens may ask at once. */
const FRESH_MS = 60_000;
const MOST_REMEMBERED = 100;

const query = z.object({
  step: z.coerce
    .number()
    .refine((step) => STATISTICS_STEPS.includes(step as (typeof STATISTICS_STEPS)[number]), '300, 3600 or 86400 seconds')
    .optional(),
  from: timeQuery.optional(),
  to: timeQuery.optional(),
  year: z.coerce.number().int().min(1970).max(2100).optional(),
});
const exportQuery = query.extend({ format: z.enum(['csv', 'json']).default('csv'), table: z.enum(STATISTICS_TABLES).default('series') });
type Query = z.infer<typeof query>;

export function statisticsRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const remembered = createMemory<Statistics>(() => parts.clock.now());
  const hosts = createHostMemory(parts);
  const answer = (tenant: string, asked: Query): Promise<Statistics> =>
    remembered(JSON.stringify([tenant, asked.step, asked.from, asked.to, asked.year]), () => statisticsOf(parts, hosts, tenant, asked));

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/public/statistics',
      permission: 'status.read',
      summary: 'Packets and sources over time, per observed address, with gaps; no address of any source',
      query,
      answer: statisticsSchema,
    }),
    async (c) => c.json(await answer(c.get('session').tenant, c.req.valid('query')), 200),
  );

  declareStream(api, 'get', '/public/statistics/export', 'status.read', 'The same as a file: CSV of one table, or JSON of all', 'text/csv');
  api.get('/public/statistics/export', requires('status.read', rules), async (c) => {
    const asked = exportQuery.safeParse(c.req.query());
    if (!asked.success) {
      const [issue] = asked.error.issues;
      throw new YaguraError('usage', `${(issue?.path ?? []).map(String).join('.')}: ${issue?.message ?? 'invalid'}`);
    }
    const { format, table, ...which } = asked.data;
    const statistics = await answer(c.get('session').tenant, which);
    const name = `yagura-statistics-${new Date(statistics.from).toISOString().slice(0, 10)}${format === 'csv' ? `-${table}` : ''}.${format}`;
    const body = format === 'csv' ? toCsv(toTable(statistics, table)) : `${JSON.stringify(statistics)}\n`;
    return c.body(body, 200, {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json',
      'content-disposition': `attachment; filename="${name}"`,
    });
  });
}

type CountHosts = (question: StepQuestion) => Promise<HostCounts | null>;

async function statisticsOf(parts: ServerParts, countHosts: CountHosts, tenant: string, asked: Query): Promise<Statistics> {
  const { telemetry, db, clock } = parts;
  const now = clock.now();
  const { period, stepSeconds } = await whichOf(parts, tenant, asked);
  const { firstAt } = await telemetry.dataRange(tenant);
  const firstYear = new Date(firstAt ?? now).getUTCFullYear();
  const years = { from: Date.UTC(firstYear, 0, 1), to: now };
  const sensors = await watchedSensors(parts, tenant, { from: Math.min(period.from, years.from), to: Math.max(period.to, now) });
  const question = { tenant, ...period, stepSeconds };
  const [packets, hosts, scanners, days, simulation, ...tops] = await Promise.all([
    telemetry.packetsBySensor(question),
    countHosts(question),
    readScannerDays(db, tenant, period.from, period.to),
    firstAt === null ? [] : telemetry.packetsBySensor({ tenant, ...years, stepSeconds: DAY / 1000 }),
    parts.simulation(),
    ...(['port', 'country', 'network'] as const).map((by) => topOf(parts, tenant, period, by)),
  ]);
  const [ports = [], countries = [], networks = []] = tops;
  return {
    at: now,
    ...period,
    stepSeconds,
    year: asked.year ?? null,
    isSimulated: simulation !== null,
    ...figuresOf({ period, stepSeconds, now, sensors, packets, hosts, scanners }),
    ports,
    countries,
    networks,
    years: firstAt === null ? [] : yearsOf(days, sensors, firstYear, now),
    definitions: DEFINITIONS,
  };
}

const DEFAULT_SPANS = { 300: DAY, 3600: 14 * DAY, 86_400: 365 * DAY } as const;

/** A year by days; otherwise what was asked, by default the newest steps there are. Steps begin on their own multiples. */
async function whichOf(parts: ServerParts, tenant: string, asked: Query): Promise<{ period: Interval; stepSeconds: number }> {
  const stepSeconds = asked.step ?? (asked.year === undefined ? 3600 : DAY / 1000);
  const period = asked.year === undefined ? await spanOf(parts, tenant, asked, stepSeconds) : yearSpan(asked.year, parts.clock.now());
  if ((period.to - period.from) / 1000 / stepSeconds > MOST_STEPS) {
    throw new YaguraError('usage', `this would be more than ${MOST_STEPS} steps; ask for a shorter period or longer steps`);
  }
  return { period, stepSeconds };
}

function yearSpan(year: number, now: number): Interval {
  const from = Date.UTC(year, 0, 1);
  if (from >= now) throw new YaguraError('usage', `the year ${year} has not begun`);
  return { from, to: Math.min(Date.UTC(year + 1, 0, 1), Math.ceil(now / DAY) * DAY) };
}

async function spanOf(parts: ServerParts, tenant: string, { from, to }: Query, stepSeconds: number): Promise<Interval> {
  const newest = await periodOf(parts, tenant, undefined, to);
  const step = stepSeconds * 1000;
  const end = Math.ceil((to ?? newest.to) / step) * step;
  const start = from ?? end - DEFAULT_SPANS[stepSeconds as keyof typeof DEFAULT_SPANS];
  const unit = stepSeconds === 300 ? step : DAY;
  return { from: Math.floor(start / unit) * unit, to: Math.max(end, Math.floor(start / unit) * unit + step) };
}

async function topOf(parts: ServerParts, tenant: string, period: Interval, by: StatisticsTopBy): Promise<Statistics['ports']> {
  const { rows, total } = await parts.telemetry.statisticsTop({ tenant, ...period }, by, TOP_ROWS);
  return rows.map(({ key, packets }) => ({ key, label: labelOf(by, key, parts), packets, share: total === 0 ? 0 : packets / total }));
}

/** Distinct sources cost a walk through every cell: they are counted again only when packets came in. */
function createHostMemory({ telemetry, log }: ServerParts): CountHosts {
  const known = new Map<string, { readonly packets: number; readonly counts: Promise<HostCounts | null> }>();
  return async (question) => {
    const key = JSON.stringify(question);
    const packets = (await telemetry.packetsBySensor({ ...question, stepSeconds: wholeStep(question) })).reduce(
      (sum, one) => sum + one.packets.reduce((total, count) => total + count, 0),
      0,
    );
    const last = known.get(key);
    if (last?.packets === packets) return last.counts;
    const counts = telemetry.hostCounts(question).catch((error: unknown) => {
      log.warn({ err: error }, 'the sources of a period could not be counted; the statistics leave them out');
      known.delete(key);
      return null;
    });
    keep(known, key, { packets, counts });
    return counts;
  };
}

const wholeStep = ({ from, to }: Interval): number => Math.ceil((to - from) / MINUTE) * 60;

/** One answer for everybody who asks the same within a minute; a failed one is not kept. */
function createMemory<T>(now: () => number): (key: string, work: () => Promise<T>) => Promise<T> {
  const known = new Map<string, { readonly at: number; readonly answer: Promise<T> }>();
  return (key, work) => {
    const last = known.get(key);
    if (last && now() - last.at < FRESH_MS) return last.answer;
    const answer = work();
    keep(known, key, { at: now(), answer });
    answer.catch(() => known.delete(key));
    return answer;
  };
}

/** The oldest go first: whoever asks for endless different periods only costs himself. */
function keep<V>(known: Map<string, V>, key: string, value: V): void {
  known.delete(key);
  known.set(key, value);
  const [oldest] = known.keys();
  if (known.size > MOST_REMEMBERED && oldest !== undefined) known.delete(oldest);
}
