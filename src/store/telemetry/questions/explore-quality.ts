/**
 * How far a figure can be trusted: what was lost on the way to us and how it was sampled.
 *
 * The filter narrows this only by sensor and exporter: what another exporter lost says
 * nothing about this question. When nobody watched is known elsewhere, by the sensors.
 */
import type { ExploreQuality, ExploreScope, QualityOrigin } from '../../../domain/explore.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { inPeriod, ofTenant } from './conditions.ts';
import { wordsHeldTo } from './explore-filter.ts';
import { type Scope, tableOf, toScope } from './explore-scope.ts';
import { toMilliseconds } from './values.ts';

const MOST_ORIGINS = 100;

export async function readExploreQuality(engine: Engine, question: ExploreScope): Promise<ExploreQuality> {
  const scope = toScope(question);
  const [erasedUntil, origins, sampling] = await Promise.all([
    readErasedUntil(engine, scope),
    readOrigins(engine, scope),
    scope.source === 'flow' ? readSampling(engine, scope) : null,
  ]);
  return { erasedUntil, origins, sampling };
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

/** Whole days are erased, and the raw tables before their rollups: what a rollup has from before the first day left is gone. */
async function readErasedUntil(engine: Engine, scope: Scope): Promise<number | null> {
  const [row] = await engine.query(sql`SELECT min(toUInt32OrZero(partition)) FROM system.parts
    WHERE database = currentDatabase() AND active AND table = ${tableOf(scope.source).text}`);
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(row?.map(String)[0] ?? '') ?? [];
  const firstKept = year === undefined ? scope.to : Math.min(Date.UTC(Number(year), Number(month) - 1, Number(day)), scope.to);
  if (firstKept <= scope.from) return null;
  const [left] = await engine.query(sql`SELECT count() FROM ${minutesTable(scope.source)} WHERE ${inPeriod({ ...scope, to: firstKept })}`);
  return Number(left?.[0] ?? 0) > 0 ? firstKept : null;
}

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
  const [row] = await engine.query(sql`SELECT sum(raw_flows), minIf(sampling, sampling > 0), maxIf(sampling, sampling > 0),
      sumIf(raw_flows, sampling = 0)
    FROM flow_exporter_minute WHERE ${inPeriod(scope)} AND ${places(scope)}`);
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
