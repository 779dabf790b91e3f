/**
 * What a question is about, checked: tenant, source, whole minutes, a filter that reads.
 * Here too a choice is made that all questions share: from which tables the counters come.
 */
import type { ExploreScope, ExploreSource } from '../../../domain/explore.ts';
import { type FieldId, type FilterField, fieldNamed, fieldOf, fieldsOf } from '../../../domain/filter/fields.ts';
import type { Filter } from '../../../domain/filter/filter.ts';
import { parseFilter } from '../../../domain/filter/parse.ts';
import { YaguraError } from '../../../engine/errors.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { inPeriod } from './conditions.ts';
import { columnOf, type ExploreColumn } from './explore-fields.ts';
import { fieldsIn, filterCondition } from './explore-filter.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** A scope after its checks. */
export interface Scope {
  readonly tenant: string;
  readonly source: ExploreSource;
  readonly from: number;
  readonly to: number;
  readonly raw: boolean;
  readonly filter: Filter;
}

export function toScope({ tenant, source, from, to, filter, raw = false }: ExploreScope): Scope {
  const parsed = parseFilter(source, filter);
  if (!parsed.ok) {
    const { position, text } = parsed.problem;
    throw new YaguraError('usage', `filter, character ${position + 1}: ${text.en}`);
  }
  const start = Math.floor(from / MINUTE) * MINUTE;
  const end = Math.ceil(to / MINUTE) * MINUTE;
  if (end <= start) throw new YaguraError('usage', 'the period ends before it begins');
  return { tenant, source, from: start, to: end, raw, filter: parsed.filter };
}

export const tableOf = (source: ExploreSource): Sql => trusted(source === 'flow' ? 'flow' : 'telescope_minute');

/** The rows of the raw table within the scope. */
export function scopeCondition(scope: Scope): Sql {
  const conditions = [inPeriod(scope), filterCondition(scope.filter, scope)];
  // The hour as the key of the table spells it, so that it is used whatever the engine can conclude by itself.
  if (scope.source === 'flow') {
    const hours = [Math.floor(scope.from / HOUR), Math.floor((scope.to - 1) / HOUR)] as const;
    conditions.push(sql`intDiv(toUInt32(minute), 3600) >= ${hours[0]} AND intDiv(toUInt32(minute), 3600) <= ${hours[1]}`);
  }
  return joinSql(conditions, ' AND ');
}

/** A field that can be grouped by, with its column. */
export interface Grouping {
  readonly field: FilterField;
  readonly column: ExploreColumn;
}

const MOST_GROUPINGS = 3;

export function groupingsOf(source: ExploreSource, words: readonly string[]): Grouping[] {
  if (words.length < 1 || words.length > MOST_GROUPINGS) {
    throw new YaguraError('usage', `group by one to ${MOST_GROUPINGS} fields`);
  }
  return words.map((word) => groupingOf(source, word.trim()));
}

function groupingOf(source: ExploreSource, word: string): Grouping {
  const id = fieldNamed(source, word);
  const field = id === undefined ? undefined : fieldOf(source, id);
  const column = field?.canGroup ? columnOf(source, field.id, true) : undefined;
  if (field && column) return { field, column };
  const known = fieldsOf(source).filter(({ canGroup }) => canGroup);
  const ends = known.filter((other) => other.id.endsWith(`-${id}`)).map((other) => other.id);
  const choice = ends.length > 0 ? ends : known.map((other) => other.id);
  throw new YaguraError('usage', `cannot group by "${word}"; ${ends.length > 0 ? 'choose an end' : 'there are'}: ${choice.join(', ')}`);
}

/** Counters from one table within one part of the period. */
interface Part {
  readonly table: Sql;
  readonly where: Sql;
  readonly time: Sql;
  readonly packets: Sql;
  readonly bytes: Sql;
  /** Undefined where a rollup does not count them. */
  readonly records: Sql | undefined;
}

/** A sum kept beside the raw rows, by some of their fields. */
interface Rollup {
  readonly source: ExploreSource;
  readonly table: string;
  readonly time: 'minute' | 'hour';
  /** Fields it keeps apart; others cannot be asked of it. */
  readonly fields: ReadonlySet<FieldId>;
}

/** The smallest that can tell comes first. */
const ROLLUPS: readonly Rollup[] = [
  { source: 'telescope', table: 'traffic_minute', time: 'minute', fields: new Set<FieldId>(['sensor', 'class']) },
  {
    source: 'telescope',
    table: 'telescope_hour',
    time: 'hour',
    fields: new Set<FieldId>(['sensor', 'class', 'protocol', 'port', 'country', 'asn']),
  },
];

export interface CounterNeeds {
  /** Fields the question groups by. */
  readonly groupings: readonly Grouping[];
  /** Rows or distinct addresses are asked for: only the raw table has them. */
  readonly needsRows: boolean;
  /** Steps of a series in ms, beginning with the period; hours must not straddle them. */
  readonly stepMs?: number;
}

export interface Counters {
  /** In brackets, for FROM: columns `at` (seconds), those of the groupings, n_packets, n_bytes, n_records. */
  readonly from: Sql;
  readonly hasRecords: boolean;
}

/** Where counters come from: a rollup for the hours it covers, raw rows for the rest. */
export function countersOf(scope: Scope, needs: CounterNeeds): Counters {
  const parts = partsOf(scope, needs);
  const columns = needs.groupings.map(({ column }) => sql`${column.value}, `);
  const selects = parts.map(
    ({ table, where, time, packets, bytes, records }) =>
      sql`SELECT ${joinSql(columns, '')}toUInt32(${time}) AS at, ${packets} AS n_packets, ${bytes} AS n_bytes, ${records ?? sql`toUInt64(0)`} AS n_records
        FROM ${table} WHERE ${where}`,
  );
  return { from: sql`(${joinSql(selects, ' UNION ALL ')})`, hasRecords: parts.every(({ records }) => records !== undefined) };
}

function partsOf(scope: Scope, needs: CounterNeeds): Part[] {
  const rollup = needs.needsRows ? undefined : rollupFor(scope, needs);
  if (!rollup) return [rawPart(scope)];
  if (rollup.time === 'minute') return [rollupPart(scope, rollup)];
  const from = Math.ceil(scope.from / HOUR) * HOUR;
  const to = Math.floor(scope.to / HOUR) * HOUR;
  if (to <= from) return [rawPart(scope)];
  return [
    rollupPart({ ...scope, from, to }, rollup),
    ...(scope.from < from ? [rawPart({ ...scope, to: from })] : []),
    ...(to < scope.to ? [rawPart({ ...scope, from: to })] : []),
  ];
}

function rollupFor(scope: Scope, { groupings, stepMs }: CounterNeeds): Rollup | undefined {
  const asked = new Set([...fieldsIn(scope.filter), ...groupings.map(({ field }) => field.id)]);
  const isWhole = stepMs === undefined || (stepMs % HOUR === 0 && scope.from % HOUR === 0);
  return ROLLUPS.find(({ source, time, fields }) => source === scope.source && asked.isSubsetOf(fields) && (time === 'minute' || isWhole));
}

function rawPart(scope: Scope): Part {
  const packets = columnOf(scope.source, 'packets', scope.raw)?.value ?? sql`0`;
  const bytes = columnOf(scope.source, 'bytes', scope.raw)?.value ?? sql`0`;
  return {
    table: tableOf(scope.source),
    where: scopeCondition(scope),
    time: trusted('minute'),
    packets: sql`toUInt64(${packets})`,
    bytes: sql`toUInt64(${bytes})`,
    records: sql`toUInt64(1)`,
  };
}

function rollupPart(scope: Scope, { table, time }: Rollup): Part {
  return {
    table: trusted(table),
    where: sql`${inPeriod(scope, time)} AND ${filterCondition(scope.filter, scope)}`,
    time: trusted(time),
    packets: trusted('packets'),
    bytes: trusted('bytes'),
    records: undefined,
  };
}
