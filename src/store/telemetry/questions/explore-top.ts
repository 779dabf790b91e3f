/** The busiest values of one to three fields. */
import type { ExploreScope, ExploreTopRow, Measure } from '../../../domain/explore.ts';
import { YaguraError } from '../../../engine/errors.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { type Counters, countersOf, type Grouping, groupingsOf, type Scope, scopeCondition, tableOf, toScope } from './explore-scope.ts';

export interface ExploreTopQuestion extends ExploreScope {
  /** Field words. */
  readonly by: readonly string[];
  readonly measure: Measure;
  readonly limit: number;
}

export interface ExploreTopAnswer {
  /** Ids of the fields, as they were understood. */
  readonly by: readonly string[];
  readonly rows: readonly ExploreTopRow[];
  /** The measure over everything in the scope. */
  readonly total: number;
}

const MOST_ROWS = 100_000;

export async function readExploreTop(engine: Engine, question: ExploreTopQuestion): Promise<ExploreTopAnswer> {
  const scope = toScope(question);
  refuseUnknownMeasure(scope, question.measure);
  const groupings = groupingsOf(scope.source, question.by);
  const limit = Math.min(Math.max(Math.floor(question.limit), 1), MOST_ROWS);
  const [rows, total] = await Promise.all([
    readBusiest(engine, scope, groupings, question.measure, limit),
    readTotal(engine, scope, question.measure),
  ]);
  return { by: groupings.map(({ field }) => field.id), rows, total };
}

/** A telescope keeps no destination addresses: they are few and their owner's secret. */
export function refuseUnknownMeasure(scope: Scope, measure: Measure): void {
  if (measure !== 'destinations' || scope.source === 'flow') return;
  throw new YaguraError('usage', 'a telescope does not keep destinations; ask for packets, bytes, flows or sources');
}

export const isDistinct = (measure: Measure): measure is 'sources' | 'destinations' => measure === 'sources' || measure === 'destinations';

/** Exact up to some ten thousand, then within about one per cent. */
export const distinctOf = (measure: 'sources' | 'destinations'): Sql =>
  trusted(measure === 'sources' ? 'uniq(source)' : 'uniq(destination)');

async function readBusiest(
  engine: Engine,
  scope: Scope,
  groupings: readonly Grouping[],
  measure: Measure,
  limit: number,
): Promise<ExploreTopRow[]> {
  const keys = joinSql(
    groupings.map(({ column }) => column.value),
    ', ',
  ); // prettier-ignore
  const shown = joinSql(
    groupings.map(({ column }) => column.shown),
    ', ',
  ); // prettier-ignore
  if (isDistinct(measure)) {
    const rows =
      await engine.query(sql`SELECT ${shown}, sum(${counter(scope, 'packets')}), sum(${counter(scope, 'bytes')}), count(), ${distinctOf(measure)} AS top_value
      FROM ${tableOf(scope.source)} WHERE ${scopeCondition(scope)}
      GROUP BY ${keys} ORDER BY top_value DESC, ${keys} LIMIT ${limit}`);
    return rows.map((row) => toTopRow(row, groupings, true, measure));
  }
  const counters = countersOf(scope, { groupings, needsRows: measure === 'flows' });
  const rows =
    await engine.query(sql`SELECT ${shown}, sum(n_packets) AS top_packets, sum(n_bytes) AS top_bytes, sum(n_records) AS top_flows, 0
    FROM ${counters.from} GROUP BY ${keys} ORDER BY ${trusted(`top_${measure}`)} DESC, ${keys} LIMIT ${limit}`);
  return rows.map((row) => toTopRow(row, groupings, counters.hasRecords, measure));
}

function counter(scope: Scope, name: 'packets' | 'bytes'): Sql {
  return scope.source === 'flow' && !scope.raw ? sql`${trusted(name)} * greatest(sampling, 1)` : trusted(name);
}

function toTopRow(row: Row, groupings: readonly Grouping[], hasRecords: boolean, measure: Measure): ExploreTopRow {
  const [packets, bytes, records, distinct] = row.slice(groupings.length);
  return {
    keys: groupings.map(({ column }, i) => String(column.toShown(row[i]))),
    packets: Number(packets),
    bytes: Number(bytes),
    records: hasRecords ? Number(records) : null,
    sources: measure === 'sources' ? Number(distinct) : null,
    destinations: measure === 'destinations' ? Number(distinct) : null,
  };
}

async function readTotal(engine: Engine, scope: Scope, measure: Measure): Promise<number> {
  const question = isDistinct(measure)
    ? sql`SELECT ${distinctOf(measure)} FROM ${tableOf(scope.source)} WHERE ${scopeCondition(scope)}`
    : sql`SELECT sum(${measured(measure)}) FROM ${totalCounters(scope, measure).from}`;
  const [row] = await engine.query(question);
  return Number(row?.[0] ?? 0);
}

const totalCounters = (scope: Scope, measure: Measure): Counters => countersOf(scope, { groupings: [], needsRows: measure === 'flows' });

/** The column of the counters that a measure sums. */
export const measured = (measure: 'packets' | 'bytes' | 'flows'): Sql => trusted(measure === 'flows' ? 'n_records' : `n_${measure}`);
