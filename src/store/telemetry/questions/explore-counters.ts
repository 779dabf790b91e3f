/**
 * Where counters come from: the coarsest rollup that can tell, and finer ones or the raw
 * rows for the ragged ends of the period.
 *
 * A rollup can tell when it keeps apart every column the question filters or groups by.
 * Its hours and days are whole, so a period is cut into the part that consists of them
 * and what is left over; the parts do not overlap and together are the period. Where
 * retention erased the beginning of a rollup, what still knows that time answers for it.
 */
import type { ExploreSource, Measure } from '../../../domain/explore.ts';
import { flowRollups } from '../flow-rollups.ts';
import type { Rollup } from '../rollup.ts';
import { joinSql, type Sql, sql, timeLiteral, trusted } from '../sql.ts';
import { telescopeRollups } from '../telescope-rollups.ts';
import { ofTenant } from './conditions.ts';
import { columnOf, columnsOf } from './explore-fields.ts';
import { fieldsIn, filterCondition } from './explore-filter.ts';
import { type Grouping, type Scope, scopeCondition, tableOf } from './explore-scope.ts';
import type { KeptSince } from './kept-since.ts';

interface KeptSums {
  readonly name: string;
  readonly time: 'minute' | 'hour' | 'day';
  readonly columns: ReadonlySet<string>;
  /** The column that counts the rows it stands for. */
  readonly records?: string;
}

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** Coarsest first, and of those that are as coarse the smallest. */
const FLOW_ORDER = [
  'flow_minute',
  'flow_exporter_minute',
  'flow_port_day',
  'flow_network_day',
  'flow_service_hour',
  'flow_network_hour',
  'flow_talker_hour',
  'flow_destination_hour',
  'flow_source_hour',
];

/** Likewise; beside what is declared there are the two first ones, which count no cells. */
const TELESCOPE_KEPT: readonly KeptSums[] = [
  { name: 'traffic_minute', time: 'minute', columns: new Set(['sensor', 'class']) },
  ...keptOf(telescopeRollups, ['telescope_day', 'telescope_country_minute', 'telescope_port_minute'], 'cells'),
  { name: 'telescope_hour', time: 'hour', columns: new Set(['sensor', 'class', 'protocol', 'port', 'country', 'asn']) },
  ...keptOf(telescopeRollups, ['telescope_source_hour'], 'cells'),
];

const KEPT: Readonly<Record<ExploreSource, readonly KeptSums[]>> = {
  telescope: TELESCOPE_KEPT,
  flow: keptOf(flowRollups, FLOW_ORDER, 'raw_flows'),
};

function keptOf(rollups: readonly Rollup[], order: readonly string[], records: string): KeptSums[] {
  return order
    .flatMap((name) => rollups.filter((rollup) => rollup.name === name))
    .map(({ name, time, key, sums }) => ({ name, time, columns: new Set(Object.keys(key)), ...(records in sums && { records }) }));
}

export interface CounterNeeds {
  readonly groupings: readonly Grouping[];
  readonly measure: Measure;
  /** Steps of a series in ms, beginning with the period; no part's unit may straddle them. */
  readonly stepMs?: number;
}

export interface Counters {
  /** In brackets, for FROM: `at` (seconds), the columns of groupings and measure, n_packets, n_bytes, n_records. */
  readonly from: Sql;
  readonly hasRecords: boolean;
}

/** A table and the part of the period it answers for; without `kept` it is the raw one. */
interface Part {
  readonly scope: Scope;
  readonly kept?: KeptSums;
}

export function countersOf(scope: Scope, needs: CounterNeeds, since: KeptSince): Counters {
  const parts = partsOf(scope, candidatesFor(scope, needs), since);
  const grouped = needs.groupings.map(({ column }) => column.value.text);
  const columns = [...new Set([...grouped, ...countedColumn(needs.measure)])];
  const selects = parts.map((part) => selectOf(part, columns));
  return { from: sql`(${joinSql(selects, ' UNION ALL ')})`, hasRecords: parts.every(({ kept }) => !kept || kept.records !== undefined) };
}

/** What a measure is of those columns. Distinct counts are exact up to some ten thousand, then within about one per cent. */
export function measureOf(measure: Measure): Sql {
  switch (measure) {
    case 'packets':
    case 'bytes':
      return trusted(`sum(n_${measure})`);
    case 'flows':
      return trusted('sum(n_records)');
    case 'sources':
      return trusted('uniq(source)');
    case 'destinations':
      return trusted('uniq(destination)');
  }
}

function countedColumn(measure: Measure): string[] {
  if (measure === 'sources') return ['source'];
  return measure === 'destinations' ? ['destination'] : [];
}

function candidatesFor(scope: Scope, { groupings, measure, stepMs }: CounterNeeds): readonly KeptSums[] {
  const asked = new Set([...groupings.map(({ column }) => column.value.text), ...countedColumn(measure)]);
  for (const field of fieldsIn(scope.filter)) {
    const columns = columnsOf(scope.source, field, scope.raw);
    // Marks are no columns of their own: only raw cells have them.
    if (columns.length === 0) return [];
    for (const { value } of columns) asked.add(value.text);
  }
  const fits = ({ time }: KeptSums): boolean => stepMs === undefined || (stepMs % UNIT_MS[time] === 0 && scope.from % UNIT_MS[time] === 0);
  return KEPT[scope.source].filter(
    (kept) => asked.isSubsetOf(kept.columns) && fits(kept) && (measure !== 'flows' || kept.records !== undefined),
  );
}

function partsOf(scope: Scope, candidates: readonly KeptSums[], since: KeptSince): Part[] {
  if (scope.to <= scope.from) return [];
  const [kept, ...finer] = candidates;
  if (!kept) return [{ scope }];
  const unit = UNIT_MS[kept.time];
  const from = Math.ceil(Math.max(scope.from, knownFrom(scope.source, kept, finer, since)) / unit) * unit;
  const to = Math.floor(scope.to / unit) * unit;
  if (to <= from) return partsOf(scope, finer, since);
  const before = partsOf({ ...scope, to: from }, finer, since);
  return [...before, { scope: { ...scope, from, to }, kept }, ...partsOf({ ...scope, from: to }, finer, since)];
}

/** From when on a rollup is to be believed: always, unless something finer reaches back further. */
function knownFrom(source: ExploreSource, kept: KeptSums, finer: readonly KeptSums[], since: KeptSince): number {
  const begins = (table: string): number => since.get(table) ?? Number.POSITIVE_INFINITY;
  const others = Math.min(...finer.map(({ name }) => begins(name)), begins(tableOf(source).text));
  return others < begins(kept.name) ? begins(kept.name) : 0;
}

function selectOf(part: Part, columns: readonly string[]): Sql {
  const { scope } = part;
  const list = trusted(columns.map((column) => `${column}, `).join(''));
  if (part.kept) {
    const { name, time, records } = part.kept;
    const kind = keptKind(scope);
    return sql`SELECT ${list}toUInt32(${trusted(time)}) AS at, ${trusted(`${kind}packets`)} AS n_packets, ${trusted(`${kind}bytes`)} AS n_bytes,
        ${records ? trusted(records) : sql`toUInt64(0)`} AS n_records
      FROM ${trusted(name)} WHERE ${keptCondition(scope, time)}`;
  }
  const [packets, bytes] = [columnOf(scope.source, 'packets', scope.raw), columnOf(scope.source, 'bytes', scope.raw)];
  return sql`SELECT ${list}toUInt32(minute) AS at, toUInt64(${packets?.value ?? sql`0`}) AS n_packets, toUInt64(${bytes?.value ?? sql`0`}) AS n_bytes,
      toUInt64(1) AS n_records
    FROM ${tableOf(scope.source)} WHERE ${scopeCondition(scope)}`;
}

/** Which of a rollup's two sums. Records are counted as they came: a sampling interval says nothing about their number. */
function keptKind({ source, raw }: Scope): string {
  if (source === 'telescope') return '';
  return raw ? 'raw_' : 'scaled_';
}

function keptCondition(scope: Scope, time: KeptSums['time']): Sql {
  const column = trusted(time);
  const period = sql`${column} >= ${timeLiteral(scope.from)} AND ${column} < ${timeLiteral(scope.to)}`;
  return ofTenant(scope.tenant, period, filterCondition(scope.filter, scope));
}
