/**
 * How far a figure can be trusted: when nobody watched, what was lost, how it was sampled.
 *
 * A minute counts as watched when it left rows or when a source reported that it was at
 * work and saw nothing. The filter narrows this only by sensor and exporter: a gap of a
 * sensor that was not asked about says nothing.
 */
import type { ExploreQuality, ExploreScope, QualityGap, QualityOrigin } from '../../../domain/explore.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { inPeriod, ofTenant } from './conditions.ts';
import { wordsHeldTo } from './explore-filter.ts';
import { type Scope, toScope } from './explore-scope.ts';
import { toMilliseconds } from './values.ts';

export interface ExploreQualityQuestion extends ExploreScope {
  /** Nobody can have watched later than this, Unix ms. */
  readonly now: number;
}

const MINUTE_SECONDS = 60;
const MOST_ORIGINS = 100;
const MOST_GAPS = 200;
/** A gap of one or two minutes may be chance on a tiny sensor. */
const LEAST_GAP_MS = 180_000;

export async function readExploreQuality(engine: Engine, question: ExploreQualityQuestion): Promise<ExploreQuality> {
  const scope = toScope(question);
  const [gaps, origins, sampling] = await Promise.all([
    readGaps(engine, scope, question.now),
    readOrigins(engine, scope),
    scope.source === 'flow' ? readSampling(engine, scope) : null,
  ]);
  return { gaps, origins, sampling };
}

/** Sensors and exporters the filter is held to. */
function places({ filter, source }: Scope): Sql {
  const sensors = wordsHeldTo(filter, 'sensor');
  const exporters = source === 'flow' ? wordsHeldTo(filter, 'exporter') : undefined;
  const conditions = [sensors && sql`sensor IN ${sensors}`, exporters && sql`exporter IN ${exporters}`];
  return joinSql([sql`1`, ...conditions.filter((condition) => condition !== undefined)], ' AND ');
}

/** The rollup with one row per minute and little else. */
const minutesTable = (source: Scope['source']): Sql => trusted(source === 'flow' ? 'flow_minute' : 'traffic_minute');

const ofKind = ({ source }: Scope): Sql => (source === 'flow' ? sql`kind != 'telescope'` : sql`kind = 'telescope'`);

/** The watched minutes of a whole period can be many; the engine lays them side by side and only the gaps come here. */
async function readGaps(engine: Engine, scope: Scope, now: number): Promise<QualityGap[]> {
  const to = Math.max(scope.from, Math.min(scope.to, Math.floor(now / 60_000) * 60_000));
  const table = minutesTable(scope.source);
  const where = sql`${inPeriod(scope)} AND ${places(scope)}`;
  const [row] = await engine.query(sql`SELECT minutes[1], minutes[length(minutes)],
      arrayFilter((a, b) -> b - a > ${MINUTE_SECONDS}, arrayPopBack(minutes), arrayPopFront(minutes)),
      arrayFilter((b, a) -> b - a > ${MINUTE_SECONDS}, arrayPopFront(minutes), arrayPopBack(minutes))
    FROM (SELECT arraySort(groupUniqArray(toUInt32(minute))) AS minutes FROM (
      SELECT DISTINCT minute FROM ${table} WHERE ${where}
      UNION ALL SELECT DISTINCT minute FROM sensor_minute WHERE ${where} AND ${ofKind(scope)}))`);
  const [first, last, starts, ends] = row ?? [];
  if (Number(first ?? 0) === 0) return to > scope.from ? [{ from: scope.from, to }] : [];
  const inner = (starts as readonly unknown[]).map((start, i) => ({
    from: toMilliseconds(start) + 60_000,
    to: toMilliseconds((ends as readonly unknown[])[i]),
  }));
  const edges = [
    { from: scope.from, to: toMilliseconds(first) },
    { from: toMilliseconds(last) + 60_000, to },
  ];
  const gaps = [...edges, ...inner].filter((gap) => gap.to - gap.from >= LEAST_GAP_MS).sort((a, b) => a.from - b.from);
  return gaps.length <= MOST_GAPS ? gaps : longest(gaps);
}

const longest = (gaps: readonly QualityGap[]): QualityGap[] =>
  gaps
    .toSorted((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, MOST_GAPS)
    .sort((a, b) => a.from - b.from);

async function readOrigins(engine: Engine, scope: Scope): Promise<QualityOrigin[]> {
  const rows = await engine.query(sql`SELECT sensor, exporter, kind, sum(received), sum(records), sum(lost) AS all_lost, max(lost_unit),
      sum(dropped) AS all_dropped, sum(malformed) AS all_malformed, sum(without_template) AS all_waiting
    FROM sensor_minute WHERE ${inPeriod(scope)} AND ${ofKind(scope)} AND ${places(scope)}
    GROUP BY sensor, exporter, kind
    ORDER BY all_lost + all_dropped + all_malformed + all_waiting DESC, sensor, exporter, kind LIMIT ${MOST_ORIGINS}`);
  return rows.map(toOrigin);
}

function toOrigin([sensor, exporter, kind, received, records, lost, unit, dropped, malformed, waiting]: Row): QualityOrigin {
  return {
    sensor: String(sensor),
    exporter: String(exporter),
    kind: String(kind),
    received: Number(received),
    records: Number(records),
    lost: Number(lost),
    lostUnit: String(unit),
    dropped: Number(dropped),
    malformed: Number(malformed),
    withoutTemplate: Number(waiting),
  };
}

async function readSampling(engine: Engine, scope: Scope): Promise<ExploreQuality['sampling']> {
  const [row] = await engine.query(sql`SELECT count(), minIf(sampling, sampling > 0), maxIf(sampling, sampling > 0), countIf(sampling = 0)
    FROM flow WHERE ${inPeriod(scope)} AND ${places(scope)}`);
  const [count, low, high, unknown] = (row ?? []).map(Number);
  if (!count) return null;
  return { low: low ?? 0, high: high ?? 0, unknownRecords: unknown ?? 0, isMultiplied: !scope.raw };
}

export interface ExploreRange {
  /** Start of the first and last minute with observations of the source, Unix ms; null when there are none. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
}

export async function readExploreRange(engine: Engine, tenant: string, source: ExploreScope['source']): Promise<ExploreRange> {
  const [row] = await engine.query(
    sql`SELECT count(), toUInt32(min(minute)), toUInt32(max(minute)) FROM ${minutesTable(source)} WHERE ${ofTenant(tenant)}`,
  );
  const [count, first, last] = row ?? [];
  if (Number(count ?? 0) === 0) return { firstAt: null, lastAt: null };
  return { firstAt: toMilliseconds(first), lastAt: toMilliseconds(last) };
}

/** Names that are in the newest data, for completion. */
export async function readExploreNames(engine: Engine, tenant: string, source: ExploreScope['source']): Promise<ExploreNames> {
  const { lastAt } = await readExploreRange(engine, tenant, source);
  if (lastAt === null) return { sensors: [], exporters: [] };
  const recent = inPeriod({ tenant, from: lastAt - 86_400_000, to: lastAt + 60_000 });
  const [sensors, exporters] = await Promise.all([
    engine.query(sql`SELECT DISTINCT sensor FROM ${minutesTable(source)} WHERE ${recent} ORDER BY sensor LIMIT 100`),
    source === 'flow' ? engine.query(sql`SELECT DISTINCT exporter FROM flow_minute WHERE ${recent} ORDER BY exporter LIMIT 100`) : [],
  ]);
  return { sensors: sensors.map(([name]) => String(name)), exporters: exporters.map(([name]) => String(name)) };
}

export interface ExploreNames {
  readonly sensors: readonly string[];
  readonly exporters: readonly string[];
}
