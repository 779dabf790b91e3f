/** Answers the detectors' questions: each walks through a sensor's sources in pages, in the order of their addresses. */
import type { TelescopeQuestion, TelescopeQuestionRows } from '../../../domain/question.ts';
import type { QuestionRange } from '../../../engine/ports.ts';
import type { Engine, Row } from '../engine.ts';
import { type Sql, sql } from '../sql.ts';
import { backscatterCondition, backscatterVictims, toBackscatterVictim } from './backscatter-victims.ts';
import { inPeriod } from './conditions.ts';
import { walk } from './ranges.ts';
import { scanningCondition, scanningSources, toScanningSource } from './scanning-sources.ts';

const MOST_ROWS = 2000;
/** Cells looked at in one step: some tens of milliseconds in the engine and a few megabytes of answer. */
const CELLS_PER_RANGE = 40_000;

interface Recipe<R> {
  readonly condition: Sql;
  readonly select: (where: Sql) => Sql;
  readonly toRow: (row: Row) => R;
}

const RECIPES: { readonly [Q in TelescopeQuestion]: Recipe<TelescopeQuestionRows[Q]> } = {
  'scanning-sources': { condition: scanningCondition, select: scanningSources, toRow: toScanningSource },
  'backscatter-victims': { condition: backscatterCondition, select: backscatterVictims, toRow: toBackscatterVictim },
};

export async function* askTelescope<Q extends TelescopeQuestion>(
  engine: Engine,
  question: Q,
  range: QuestionRange,
): AsyncGenerator<readonly TelescopeQuestionRows[Q][]> {
  const { condition, select, toRow } = RECIPES[question];
  const where = sql`${inPeriod(range)} AND ${condition}`;
  const plan = { table: 'telescope_minute', where, key: [{ name: 'source', kind: 'bytes' }], rowsPerRange: CELLS_PER_RANGE } as const;
  for await (const rows of walk(engine, plan, (sources) => select(sql`${where} AND ${sources}`))) {
    for (let from = 0; from < rows.length; from += MOST_ROWS) yield rows.slice(from, from + MOST_ROWS).map(toRow);
  }
}
