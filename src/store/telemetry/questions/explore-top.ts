/** The busiest values of one to three fields. */
import type { ExploreScope, ExploreTopRow, Measure } from '../../../domain/explore.ts';
import { YaguraError } from '../../../engine/errors.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, sql } from '../sql.ts';
import { countersOf, measureOf } from './explore-counters.ts';
import { type Grouping, groupingsOf, type Scope, toScope } from './explore-scope.ts';
import { type KeptSince, readKeptSince } from './kept-since.ts';

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
  const since = await readKeptSince(engine);
  const [rows, total] = await Promise.all([
    readBusiest(engine, scope, groupings, question.measure, limit, since),
    readTotal(engine, scope, question.measure, since),
  ]);
  return { by: groupings.map(({ field }) => field.id), rows, total };
}

/** A telescope keeps no destination addresses: they are few and their owner's secret. */
export function refuseUnknownMeasure(scope: Scope, measure: Measure): void {
  if (measure !== 'destinations' || scope.source === 'flow') return;
  throw new YaguraError('usage', 'a telescope does not keep destinations; ask for packets, bytes, flows or sources');
}

async function readBusiest(
  engine: Engine,
  scope: Scope,
  groupings: readonly Grouping[],
  measure: Measure,
  limit: number,
  since: KeptSince,
): Promise<ExploreTopRow[]> {
  const keys = joinSql(
    groupings.map(({ column }) => column.value),
    ', ',
  ); // prettier-ignore
  const shown = joinSql(
    groupings.map(({ column }) => column.shown),
    ', ',
  ); // prettier-ignore
  const counters = countersOf(scope, { groupings, measure }, since);
  const rows = await engine.query(sql`SELECT ${shown}, sum(n_packets), sum(n_bytes), sum(n_records), ${measureOf(measure)} AS top_value
    FROM ${counters.from} GROUP BY ${keys} ORDER BY top_value DESC, ${keys} LIMIT ${limit}`);
  return rows.map((row) => toTopRow(row, groupings, counters.hasRecords, measure));
}

function toTopRow(row: Row, groupings: readonly Grouping[], hasRecords: boolean, measure: Measure): ExploreTopRow {
  const [packets, bytes, records, value] = row.slice(groupings.length);
  return {
    keys: groupings.map(({ column }, i) => String(column.toShown(row[i]))),
    packets: Number(packets),
    bytes: Number(bytes),
    records: hasRecords ? Number(records) : null,
    sources: measure === 'sources' ? Number(value) : null,
    destinations: measure === 'destinations' ? Number(value) : null,
  };
}

async function readTotal(engine: Engine, scope: Scope, measure: Measure, since: KeptSince): Promise<number> {
  const [row] = await engine.query(sql`SELECT ${measureOf(measure)} FROM ${countersOf(scope, { groupings: [], measure }, since).from}`);
  return Number(row?.[0] ?? 0);
}
