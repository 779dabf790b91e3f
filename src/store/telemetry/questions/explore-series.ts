/** A measure over time, together or split by the busiest values of a field. */
import type { ExploreScope, ExploreSeries, Measure } from '../../../domain/explore.ts';
import type { Engine } from '../engine.ts';
import { type Sql, sql } from '../sql.ts';
import { stepsOf } from './conditions.ts';
import { countersOf, measureOf } from './explore-counters.ts';
import { type Grouping, groupingsOf, type Scope, toScope } from './explore-scope.ts';
import { refuseUnknownMeasure } from './explore-top.ts';
import { type KeptSince, readKeptSince } from './kept-since.ts';

export interface ExploreSeriesQuestion extends ExploreScope {
  readonly by: string | null;
  readonly measure: Measure;
  readonly stepSeconds: number;
  /** How many values of the field get a line of their own. */
  readonly top: number;
}

export interface ExploreSeriesAnswer {
  /** Id of the field, as it was understood. */
  readonly by: string | null;
  readonly series: readonly ExploreSeries[];
}

export const REST = '…';

export async function readExploreSeries(engine: Engine, question: ExploreSeriesQuestion): Promise<ExploreSeriesAnswer> {
  const scope = toScope(question);
  refuseUnknownMeasure(scope, question.measure);
  const steps = stepsOf(scope, question.stepSeconds);
  const since = await readKeptSince(engine);
  if (question.by === null) {
    const [values] = await readLines(engine, scope, question, steps, since);
    return { by: null, series: [{ key: null, values: values ?? [] }] };
  }
  const [grouping] = groupingsOf(scope.source, [question.by]);
  if (!grouping) return { by: null, series: [] };
  const found = await readBusiestKeys(engine, scope, grouping, question, since);
  const lines = await readLines(engine, scope, question, steps, since, grouping, found.map(grouping.column.toLiteral));
  const series = lines.map((values, i) => ({ key: i < found.length ? String(grouping.column.toShown(found[i])) : REST, values }));
  return { by: grouping.field.id, series: series.filter((one) => !isEmptyRest(one)) };
}

const isEmptyRest = ({ key, values }: ExploreSeries): boolean => key === REST && values.every((value) => value === 0);

async function readBusiestKeys(
  engine: Engine,
  scope: Scope,
  { field, column }: Grouping,
  question: ExploreSeriesQuestion,
  since: KeptSince,
): Promise<unknown[]> {
  const { measure, top } = question;
  const { from } = countersOf(scope, { groupings: [{ field, column }], measure }, since);
  const rows = await engine.query(sql`SELECT ${column.shown}, ${measureOf(measure)} AS top_value FROM ${from}
    GROUP BY ${column.value} ORDER BY top_value DESC, ${column.value} LIMIT ${top}`);
  return rows.map(([key]) => key);
}

/** One line of figures per literal and, when there is a field, one for the rest. */
async function readLines(
  engine: Engine,
  scope: Scope,
  { measure, stepSeconds }: ExploreSeriesQuestion,
  steps: number,
  since: KeptSince,
  grouping?: Grouping,
  literals: readonly Sql[] = [],
): Promise<number[][]> {
  const slot = grouping ? slotOf(grouping, literals) : sql`0`;
  const counters = countersOf(scope, { groupings: grouping ? [grouping] : [], measure, stepMs: stepSeconds * 1000 }, since);
  const rows =
    await engine.query(sql`SELECT ${slot} AS slot, intDiv(at - ${scope.from / 1000}, ${stepSeconds}) AS step, ${measureOf(measure)}
    FROM ${counters.from} GROUP BY slot, step`);
  const lines = Array.from({ length: grouping ? literals.length + 1 : 1 }, () => Array.from({ length: steps }, () => 0));
  for (const [line, step, value] of rows) {
    const values = lines[Number(line)];
    if (values) values[Number(step)] = Number(value);
  }
  return lines;
}

/** The place of a row's value among those with a line of their own; the next for all others. */
function slotOf({ column }: Grouping, literals: readonly Sql[]): Sql {
  return literals.reduceRight<Sql>((rest, key, i) => sql`if(${column.value} = ${key}, ${i}, ${rest})`, sql`${literals.length}`);
}
