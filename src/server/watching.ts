/**
 * When we were watching, for every graph and every figure: the one place that knows.
 *
 * What the store has heard of and what the register says are put together here. A gap is
 * a silence longer than twice the sensor's cadence without a sign of life; a sensor that
 * was alive and saw nothing has none. The future is no gap either.
 */
import { cadenceOf, PATIENCE } from '../domain/sensor-health.ts';
import { type Comparability, mayCompare as compare, type Interval, unwatched, type WatchedSensor, within } from '../domain/watching.ts';
import { listSensors, type RegisteredSensor, type SensorKind, toHistory } from '../store/state/sensors.ts';
import type { SensorSighting, Silence } from '../store/telemetry/questions/sensor-health.ts';
import type { ServerParts } from './parts.ts';

type WatchParts = Pick<ServerParts, 'db' | 'telemetry' | 'clock'>;

/** A sensor as it is registered and as it was met; at least one of both. */
export interface KnownSensor extends RegisteredSensor {
  readonly kind: SensorKind;
  readonly isRegistered: boolean;
  readonly cadence: number; // seconds, stated or usual for its kind
  readonly sightings: readonly SensorSighting[];
}

export async function knownSensors(parts: WatchParts, tenant: string): Promise<KnownSensor[]> {
  const [registered, sightings] = await Promise.all([listSensors(parts.db, tenant), parts.telemetry.sightings(tenant, parts.clock.now())]);
  const met = Map.groupBy(sightings, ({ sensor }) => sensor);
  const ids = new Set([...registered.map(({ id }) => id), ...met.keys()]);
  return [...ids].sort().map((id) =>
    toKnown(
      id,
      registered.find((one) => one.id === id),
      met.get(id) ?? [],
    ),
  );
}

function toKnown(id: string, registered: RegisteredSensor | undefined, met: readonly SensorSighting[]): KnownSensor {
  const unregistered = {
    id,
    title: { ja: id, en: id },
    kind: null,
    location: '',
    contact: '',
    cadenceSeconds: null,
    constituentId: null,
    history: toHistory([]),
  };
  const sensor = registered ?? unregistered;
  const kind = sensor.kind ?? met[0]?.kind ?? 'telescope';
  return { ...sensor, kind, isRegistered: registered !== undefined, cadence: cadenceOf(sensor.cadenceSeconds, kind), sightings: met };
}

const firstOf = ({ sightings }: KnownSensor): number | null =>
  sightings.length === 0 ? null : Math.min(...sightings.map(({ firstAt }) => firstAt));

/** Silences that count for this sensor (exporter ''), or for one of its exporters, within the period. */
function gapsIn(sensor: KnownSensor, exporter: string, silences: readonly Silence[], period: Interval): Interval[] {
  const firstAt = exporter === '' ? firstOf(sensor) : (sensor.sightings.find((one) => one.exporter === exporter)?.firstAt ?? null);
  if (firstAt === null) return [];
  const own = silences.filter((one) => one.sensor === sensor.id && one.exporter === exporter);
  const long = own.filter(({ from, to }) => to - from > PATIENCE * sensor.cadence * 1000);
  return within(long, { from: Math.max(period.from, firstAt), to: period.to });
}

/** The gaps of each of the sensors, and of each of their exporters, by `sensor\u001fexporter`. */
export async function gapsOfSensors(
  parts: WatchParts,
  tenant: string,
  sensors: readonly KnownSensor[],
  period: Interval,
): Promise<ReadonlyMap<string, readonly Interval[]>> {
  const now = Math.floor(parts.clock.now() / 60_000) * 60_000;
  const asked = { from: period.from, to: Math.min(period.to, now) };
  const seen = sensors.filter(({ kind, sightings }) => kind !== 'feed' && sightings.length > 0);
  if (seen.length === 0 || asked.to <= asked.from) return new Map();
  const patience = PATIENCE * 1000 * Math.max(...seen.map(({ cadence }) => cadence));
  const range = { from: asked.from - patience - 60_000, to: asked.to };
  const silences = await parts.telemetry.silences({
    tenant,
    ...range,
    longerThan: PATIENCE * 1000 * Math.min(...seen.map(({ cadence }) => cadence)),
    flowSensors: seen.filter(speaksOnlyByFlows).map(({ id }) => id),
    ...(seen.length === 1 && seen[0] ? { sensor: seen[0].id } : {}),
  });
  const all = [...silences, ...neverHeardIn(seen, silences, range)];
  return new Map(
    seen.flatMap((sensor) =>
      ['', ...exportersOf(sensor)].map((exporter) => [`${sensor.id}\u001f${exporter}`, gapsIn(sensor, exporter, all, asked)] as const),
    ),
  );
}

const speaksOnlyByFlows = ({ kind, sightings }: KnownSensor): boolean =>
  kind === 'flow' && sightings.every(({ protocol }) => protocol === '');

export const exportersOf = ({ sightings }: KnownSensor): string[] => [
  ...new Set(sightings.map(({ exporter }) => exporter).filter((exporter) => exporter !== '')),
];

/** Whoever has its last sign of life before the range was silent throughout; the engine cannot tell of whom it has no row. */
function neverHeardIn(sensors: readonly KnownSensor[], silences: readonly Silence[], range: Interval): Silence[] {
  return sensors.flatMap((sensor) =>
    ['', ...exportersOf(sensor)].flatMap((exporter) => {
      const own = exporter === '' ? sensor.sightings : sensor.sightings.filter((one) => one.exporter === exporter);
      const isOver = own.every(({ lastAt }) => lastAt < range.from);
      const isTold = silences.some((one) => one.sensor === sensor.id && one.exporter === exporter);
      return isOver && !isTold ? [{ sensor: sensor.id, exporter, ...range }] : [];
    }),
  );
}

/** As the rules of comparing need them. */
export async function watchedSensors(
  parts: WatchParts,
  tenant: string,
  period: Interval,
  kind: SensorKind = 'telescope',
): Promise<WatchedSensor[]> {
  const sensors = (await knownSensors(parts, tenant)).filter((one) => one.kind === kind);
  const gaps = await gapsOfSensors(parts, tenant, sensors, period);
  return sensors.map((sensor) => ({
    id: sensor.id,
    firstAt: firstOf(sensor),
    gaps: gaps.get(`${sensor.id}\u001f`) ?? [],
    history: sensor.history,
  }));
}

export interface GapQuestion extends Interval {
  readonly tenant: string;
  /** Absent: the times when no sensor of the kind watched. */
  readonly sensor?: string | undefined;
  readonly kind?: SensorKind | undefined;
}

/** When nobody watched: what every graph draws hatched. Empty while no sensor is known at all. */
export async function gapsOf(parts: WatchParts, question: GapQuestion): Promise<Interval[]> {
  const { tenant, sensor, kind, from, to } = question;
  const period = { from, to: Math.min(to, Math.max(from, parts.clock.now())) };
  const all = await watchedSensors(parts, tenant, period, kind);
  const sensors = all.filter(({ id, firstAt }) => firstAt !== null && (sensor === undefined || sensor === id));
  return sensors.length === 0 ? [] : unwatched(sensors, period);
}

/**
 * Whether two periods may be compared; a decrease must never be claimed when not.
 * @public reports ask it before they compare
 */
export async function mayCompare(parts: WatchParts, tenant: string, a: Interval, b: Interval): Promise<Comparability> {
  const [earlier, later] = await Promise.all([watchedSensors(parts, tenant, a), watchedSensors(parts, tenant, b)]);
  const both = earlier.map((one) => ({ ...one, gaps: [...one.gaps, ...(later.find(({ id }) => id === one.id)?.gaps ?? [])] }));
  return compare(a, b, both);
}
