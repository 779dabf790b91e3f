/** Sensors and exporters: whether they watch, what goes missing, and how many addresses they observe. */
import { z } from '@hono/zod-openapi';
import { type Health, type HealthFacts, type HealthFigures, judgeHealth, lossShare } from '../../domain/sensor-health.ts';
import { addressesAt, type Interval, within } from '../../domain/watching.ts';
import { YaguraError } from '../../engine/errors.ts';
import { changeSensor, type SensorKind } from '../../store/state/sensors.ts';
import { addFigures, type FiguresRow, type SensorSeries } from '../../store/telemetry/questions/sensor-health.ts';
import type { ServerParts } from '../parts.ts';
import { periodOf } from '../period.ts';
import { type Api, declare, declareStream, timeQuery } from '../route.ts';
import {
  type Sensor,
  type SensorChange,
  type SensorDetail,
  type SensorHealth,
  type SensorPage,
  sensorChangeSchema,
  sensorDetailSchema,
  sensorHealthSchema,
  sensorPageSchema,
} from '../sensor-contract.ts';
import { requires, type SessionRules } from '../session.ts';
import { exportersOf, gapsOf, gapsOfSensors, type KnownSensor, knownSensors } from '../watching.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TREND_STEP_SECONDS = 900;
const NOW_MINUTES = 5;
const GAP_DAYS = 30;
const MOST_GAPS = 200;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function sensorRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const params = z.object({ id: z.string() });

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/sensors',
      permission: 'sensor.read',
      summary: 'Sensors, exporters and feeds, and how they are doing',
      answer: sensorPageSchema,
    }),
    async (c) => c.json(await pageOf(parts, c.get('session').tenant), 200),
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/sensors/{id}',
      permission: 'sensor.read',
      summary: 'One sensor with its gaps and its observed addresses over time',
      params,
      answer: sensorDetailSchema,
    }),
    async (c) => c.json(await detailOf(parts, c.get('session').tenant, c.req.valid('param').id), 200),
  );

  declareStream(api, 'put', '/sensors/{id}', 'sensor.write', 'Register or change a sensor; what is left out stays', 'application/json');
  api.put('/sensors/:id', requires('sensor.write', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const id = c.req.param('id');
    await change(parts, tenant, id, actor, await c.req.json().catch(() => undefined));
    return c.json(await detailOf(parts, tenant, id), 200);
  });

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/sensors/{id}/health',
      permission: 'sensor.read',
      summary: 'What a sensor received, lost and dropped over time, with gaps',
      params,
      query: z.object({
        from: timeQuery.optional(),
        to: timeQuery.optional(),
        step: z.coerce.number().int().min(60).default(TREND_STEP_SECONDS),
        exporter: z.string().optional(),
      }),
      answer: sensorHealthSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const { from, to, step, exporter } = c.req.valid('query');
      const sensor = await findSensor(parts, tenant, c.req.valid('param').id);
      const period = await periodOf(parts, tenant, from, to);
      return c.json(await healthOf(parts, tenant, sensor, period, step, exporter), 200);
    },
  );
}

async function change(parts: ServerParts, tenant: string, id: string, actor: string, body: unknown): Promise<void> {
  if (!ID.test(id)) throw new YaguraError('usage', 'the id of a sensor is made of letters, digits, dots, dashes and underscores');
  const request = sensorChangeSchema.safeParse(body);
  if (!request.success) {
    const [issue] = request.error.issues;
    throw new YaguraError('usage', `${(issue?.path ?? []).map(String).join('.') || 'the request'}: ${issue?.message ?? 'invalid'}`);
  }
  const wanted: SensorChange = request.data;
  await changeSensor(parts.db, tenant, id, wanted, { at: parts.clock.now(), actor });
  if (wanted.constituentId !== undefined) await parts.ownRange.watch.lookAgain();
  parts.events.announce(tenant, 'sensor', id);
}

/** Also of a sensor that was heard of before anybody registered it. */
async function findSensor(parts: ServerParts, tenant: string, id: string): Promise<KnownSensor> {
  const sensor = (await knownSensors(parts, tenant)).find((one) => one.id === id);
  if (!sensor) throw new YaguraError('not-found', 'there is no such sensor');
  return sensor;
}

async function pageOf(parts: ServerParts, tenant: string): Promise<SensorPage> {
  const at = parts.clock.now();
  return { at, from: dayBefore(at), rows: await summariesOf(parts, tenant, await knownSensors(parts, tenant)) };
}

async function detailOf(parts: ServerParts, tenant: string, id: string): Promise<SensorDetail> {
  const at = parts.clock.now();
  const known = await findSensor(parts, tenant, id);
  const [sensor] = await summariesOf(parts, tenant, [known]);
  if (!sensor) throw new YaguraError('not-found', 'there is no such sensor');
  const gaps = await gapsOfSensors(parts, tenant, [known], { from: at - GAP_DAYS * DAY, to: at });
  const list = [...(gaps.get(`${id}\u001f`) ?? [])].reverse();
  return {
    at,
    sensor,
    history: known.history.map(({ from, to, addresses }) => ({ since: from, until: Number.isFinite(to) ? to : null, addresses })),
    gapDays: GAP_DAYS,
    gapList: list.slice(0, MOST_GAPS),
    gapTotal: list.length,
  };
}

async function healthOf(
  parts: ServerParts,
  tenant: string,
  sensor: KnownSensor,
  period: Interval,
  stepSeconds: number,
  exporter: string | undefined,
): Promise<SensorHealth> {
  const question = { tenant, sensor: sensor.id, ...period, stepSeconds, ...(exporter === undefined ? {} : { exporter }) };
  const series = await parts.telemetry.sensorSeries(question);
  const gaps =
    exporter === undefined
      ? await gapsOf(parts, { tenant, sensor: sensor.id, kind: sensor.kind, ...period })
      : ((await gapsOfSensors(parts, tenant, [sensor], period)).get(keyOf(sensor.id, exporter)) ?? []);
  return {
    ...period,
    stepSeconds,
    gaps: [...gaps],
    series: series.map((one) => ({ exporter: one.exporter, received: [...one.received], lost: [...one.lost], dropped: [...one.dropped] })),
  };
}

// ---- One row of the list

/** The trend's 96 quarters of an hour end with the one that is running. */
const dayBefore = (at: number): number => Math.ceil(at / (TREND_STEP_SECONDS * 1000)) * TREND_STEP_SECONDS * 1000 - DAY;

interface Evidence {
  readonly at: number;
  readonly period: Interval;
  readonly figures: { readonly day: readonly FiguresRow[]; readonly hour: readonly FiguresRow[]; readonly now: readonly FiguresRow[] };
  readonly series: readonly SensorSeries[];
  readonly packetsNow: ReadonlyMap<string, number>;
  readonly feeds: ReadonlyMap<string, number>;
  readonly gaps: ReadonlyMap<string, readonly Interval[]>;
}

const keyOf = (sensor: string, exporter: string): string => `${sensor}\u001f${exporter}`;

async function summariesOf(parts: ServerParts, tenant: string, sensors: readonly KnownSensor[]): Promise<Sensor[]> {
  if (sensors.length === 0) return [];
  const evidence = await readEvidence(parts, tenant, sensors);
  return sensors.map((sensor) => toSensor(sensor, evidence));
}

async function readEvidence({ telemetry, db, clock }: ServerParts, tenant: string, sensors: readonly KnownSensor[]): Promise<Evidence> {
  const at = clock.now();
  const period = { from: dayBefore(at), to: dayBefore(at) + DAY };
  const minute = Math.floor(at / MINUTE) * MINUTE;
  const lately = { tenant, from: minute - NOW_MINUTES * MINUTE, to: minute };
  const [day, hour, now, series, cells, feeds, gaps] = await Promise.all([
    telemetry.sensorFigures({ tenant, ...period }),
    telemetry.sensorFigures({ tenant, from: minute - HOUR, to: minute + MINUTE }),
    telemetry.sensorFigures(lately),
    telemetry.sensorSeries({ tenant, ...period, stepSeconds: TREND_STEP_SECONDS }),
    telemetry.packetsBySensor({ ...lately, stepSeconds: NOW_MINUTES * 60 }),
    telemetry.feedCounts({ tenant, ...period }),
    gapsOfSensors({ telemetry, db, clock }, tenant, sensors, period),
  ]);
  const packetsNow = new Map(cells.map(({ sensor, packets }) => [sensor, packets[0] ?? 0]));
  return { at, period, figures: { day, hour, now }, series, packetsNow, feeds, gaps };
}

function toSensor(sensor: KnownSensor, evidence: Evidence): Sensor {
  const exporters = exportersOf(sensor).map((address) => ({ address, ...rowOf(sensor, address, evidence, { total: 0, silent: 0 }) }));
  const silent = exporters.filter(({ state }) => state === 'silent').length;
  return {
    id: sensor.id,
    title: sensor.title,
    kind: sensor.kind,
    location: sensor.location,
    contact: sensor.contact,
    cadenceSeconds: sensor.cadence,
    isCadenceStated: sensor.cadenceSeconds !== null,
    constituentId: sensor.constituentId,
    addresses: addressesAt(sensor.history, evidence.at),
    isRegistered: sensor.isRegistered,
    ...rowOf(sensor, '', evidence, { total: exporters.length, silent }),
    exporters,
  };
}

type HealthRow = Omit<Sensor['exporters'][number], 'address'>;

/** Of the sensor as a whole ('' as exporter) or of one of its exporters. */
function rowOf(sensor: KnownSensor, exporter: string, evidence: Evidence, exporters: HealthFacts['exporters']): HealthRow {
  const isMine = (row: { readonly sensor: string; readonly exporter: string }): boolean =>
    row.sensor === sensor.id && (exporter === '' || row.exporter === exporter);
  const sightings = sensor.sightings.filter(isMine);
  const day = sumOf(evidence.figures.day.filter(isMine));
  const { state, reason } = judge(sensor, sightings, sumOf(evidence.figures.hour.filter(isMine)), exporters, evidence.at);
  return {
    state,
    reason,
    protocol: [...new Set(sightings.map(({ protocol }) => protocol).filter((protocol) => protocol !== ''))].join(', '),
    firstAt: sightings.length === 0 ? null : Math.min(...sightings.map(({ firstAt }) => firstAt)),
    lastAt: lastOf(sightings),
    perSecond: perSecondOf(sensor, exporter, evidence, isMine),
    unit: UNITS[sensor.kind],
    losses: (day?.losses ?? []).map((loss) => ({ unit: loss.unit, lost: loss.lost, share: lossShare(loss) })),
    dropped: day?.dropped ?? null,
    malformed: day?.malformed ?? null,
    withoutTemplate: day?.withoutTemplate ?? null,
    skewMs: day?.skewMs ?? null,
    trend: { from: evidence.period.from, stepSeconds: TREND_STEP_SECONDS, received: trendOf(evidence.series.filter(isMine)) },
    gaps: within([...(evidence.gaps.get(keyOf(sensor.id, exporter)) ?? [])], evidence.period),
  };
}

const UNITS: Readonly<Record<SensorKind, Sensor['unit']>> = { telescope: 'packet', flow: 'datagram', feed: 'record' };

const sumOf = (rows: readonly FiguresRow[]): HealthFigures | null => (rows.length === 0 ? null : addFigures(rows));

const lastOf = (sightings: KnownSensor['sightings']): number | null =>
  sightings.length === 0 ? null : Math.max(...sightings.map(({ lastAt }) => lastAt));

function judge(
  sensor: KnownSensor,
  sightings: KnownSensor['sightings'],
  figures: HealthFigures | null,
  exporters: HealthFacts['exporters'],
  now: number,
): Health {
  return judgeHealth({
    now,
    kind: sensor.kind,
    lastAt: lastOf(sightings),
    cadenceSeconds: sensor.cadence,
    isCadenceStated: sensor.cadenceSeconds !== null,
    isLive: sightings.some(({ protocol }) => protocol !== ''),
    figures,
    exporters,
  });
}

/** Over the last five whole minutes; a feed has no rate, and of minutes nobody spoke of nothing is known. */
function perSecondOf(
  sensor: KnownSensor,
  exporter: string,
  { figures, packetsNow }: Evidence,
  isMine: (row: FiguresRow) => boolean,
): number | null {
  const now = sumOf(figures.now.filter(isMine));
  if (now) return now.received / (NOW_MINUTES * 60);
  const packets = exporter === '' && sensor.kind === 'telescope' ? packetsNow.get(sensor.id) : undefined;
  return packets === undefined ? null : packets / (NOW_MINUTES * 60);
}

function trendOf(series: readonly SensorSeries[]): number[] {
  const steps = DAY / (TREND_STEP_SECONDS * 1000);
  return Array.from({ length: steps }, (_, i) => series.reduce((sum, { received }) => sum + (received[i] ?? 0), 0));
}
