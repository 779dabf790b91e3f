/**
 * Answers the detectors' questions: each walks through a sensor's sources in pages, in the
 * order of their addresses. Ranges are large, because every one of them touches every part
 * of the table, and a range of few cells reads mostly its neighbours' rows.
 */
import type { TelescopeQuestion, TelescopeQuestionRows } from '../../../domain/question.ts';
import type { QuestionRange } from '../../../engine/ports.ts';
import type { Engine, Row } from '../engine.ts';
import { type Sql, sql } from '../sql.ts';
import { backscatterCondition, backscatterVictims, toBackscatterVictim } from './backscatter-victims.ts';
import { inPeriod } from './conditions.ts';
import { readOnePacketFloods } from './one-packet-floods.ts';
import { walk } from './ranges.ts';
import { scanningCondition, scanningSources, toScanningSource } from './scanning-sources.ts';

const MOST_ROWS = 2000;
/** Cells looked at in one step: some tens of milliseconds in the engine and a few megabytes of answer. */
const CELLS_PER_RANGE = 100_000;

interface Recipe<R> {
  readonly condition: Sql;
  /** `before`: the same sources in the time that leads to the period. */
  readonly select: (where: Sql, before?: Sql) => Sql;
  readonly toRow: (row: Row) => R;
}

type WalkedQuestion = Exclude<TelescopeQuestion, 'one-packet-floods'>;

const RECIPES: { readonly [Q in WalkedQuestion]: Recipe<TelescopeQuestionRows[Q]> } = {
  'scanning-sources': { condition: scanningCondition, select: scanningSources, toRow: toScanningSource },
  'backscatter-victims': { condition: backscatterCondition, select: backscatterVictims, toRow: toBackscatterVictim },
};

export async function* askTelescope<Q extends TelescopeQuestion>(
  engine: Engine,
  question: Q,
  range: QuestionRange,
): AsyncGenerator<readonly TelescopeQuestionRows[Q][]> {
  if (isWalked(question)) yield* walkSources(engine, question, range);
  else yield (await readOnePacketFloods(engine, range)) as TelescopeQuestionRows[Q][];
}

const isWalked = <Q extends TelescopeQuestion>(question: Q): question is Q & WalkedQuestion => question in RECIPES;

async function* walkSources<Q extends WalkedQuestion>(
  engine: Engine,
  question: Q,
  range: QuestionRange,
): AsyncGenerator<readonly TelescopeQuestionRows[Q][]> {
  const { condition, select, toRow } = RECIPES[question];
  const where = sql`${inPeriod(range)} AND ${condition}`;
  const { lookBackMs = 0 } = range;
  const before =
    lookBackMs > 0 ? sql`${inPeriod({ ...range, from: range.from - lookBackMs, to: range.from })} AND ${condition}` : undefined;
  const key = [{ name: 'source', kind: 'bytes' }] as const;
  const plan = { table: 'telescope_minute', where, key, rowsPerRange: CELLS_PER_RANGE, sampleBy: ['source', 'minute', 'port'] } as const;
  const ask = (sources: Sql): Sql => select(sql`${where} AND ${sources}`, before && sql`${before} AND ${sources}`);
  for await (const rows of walk(engine, plan, ask)) {
    for (let from = 0; from < rows.length; from += MOST_ROWS) yield rows.slice(from, from + MOST_ROWS).map(toRow);
  }
}
