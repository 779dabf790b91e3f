/**
 * Walking through a large table in small steps.
 *
 * One question asks for the key of every n-th row in key order; those keys cut the table
 * into ranges of about n rows, which are then asked for one by one. Memory stays flat in
 * the engine and here, however many rows there are. Cuts only steer the size of a step:
 * the half-open ranges between them cover every key exactly once, even of rows that
 * arrive meanwhile.
 */
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';

/** A column of the key and how its value comes back as a literal. */
export interface KeyColumn {
  readonly name: string;
  /** 'bytes' for FixedString, 'seconds' for DateTime, 'number' for integers. */
  readonly kind: 'bytes' | 'seconds' | 'number';
}

export interface Walk {
  readonly table: string;
  readonly where: Sql;
  readonly key: readonly KeyColumn[];
  readonly rowsPerRange: number;
  /** Columns that tell rows apart: where ranges are large it is enough to look at some of the rows. */
  readonly sampleBy?: readonly string[];
}

const SAMPLE = 64;

/** The rows of one question over each range in turn; the next range is asked for while the last is being used. */
export async function* walk(engine: Engine, plan: Walk, question: (range: Sql) => Sql): AsyncGenerator<readonly Row[]> {
  const ranges = rangesOf(plan.key, await readCuts(engine, plan));
  const ask = (range: Sql | undefined): Promise<readonly Row[]> | undefined => {
    const answer = range && engine.query(question(range));
    // It is awaited below unless the reader leaves early; then nobody minds how it ends.
    answer?.catch(() => undefined);
    return answer;
  };
  let next = ask(ranges[0]);
  for (const [i] of ranges.entries()) {
    const rows = await next;
    next = ask(ranges[i + 1]);
    if (rows && rows.length > 0) yield rows;
  }
}

async function readCuts(engine: Engine, { table, where, key, rowsPerRange, sampleBy }: Walk): Promise<readonly Row[]> {
  const sampled = sampleBy ? sql`${where} AND cityHash64(${trusted(sampleBy.join(', '))}) % ${SAMPLE} = 0` : where;
  const step = sampleBy ? Math.ceil(rowsPerRange / SAMPLE) : rowsPerRange;
  const names = trusted(key.map((column) => column.name).join(', '));
  const shown = trusted(key.map(showColumn).join(', '));
  return engine.query(sql`SELECT DISTINCT ${shown} FROM (
      SELECT ${names}, rowNumberInAllBlocks() AS place FROM (
        SELECT ${names} FROM ${trusted(table)} WHERE ${sampled} ORDER BY ${names}))
    WHERE place % ${step} = ${step - 1} ORDER BY ${names}`);
}

function showColumn({ name, kind }: KeyColumn): string {
  if (kind === 'bytes') return `hex(${name})`;
  return kind === 'seconds' ? `toUInt32(${name})` : name;
}

/** Conditions for: below the first cut, between neighbours, from the last cut on. */
function rangesOf(key: readonly KeyColumn[], cuts: readonly Row[]): Sql[] {
  const bounds = [undefined, ...cuts, undefined];
  return bounds.slice(0, -1).map((low, i) => {
    const high = bounds[i + 1];
    const conditions = [low && sql`NOT ${isBelow(key, low)}`, high && isBelow(key, high), ...frameOf(key, low, high)];
    const present = conditions.filter((condition) => condition !== undefined);
    return present.length === 0 ? sql`1` : joinSql(present, ' AND ');
  });
}

/** Lexicographic order spelled out: old servers cannot use an index for tuples. */
function isBelow(key: readonly KeyColumn[], cut: Row): Sql {
  const alternatives = key.map((column, i) => {
    const equal = key.slice(0, i).map((earlier, j) => sql`${trusted(earlier.name)} = ${literalOf(earlier, cut[j])}`);
    return joinSql([...equal, sql`${trusted(column.name)} < ${literalOf(column, cut[i])}`], ' AND ');
  });
  return sql`(${joinSql(alternatives, ' OR ')})`;
}

/** Says again, for the first column alone, what the order implies: this is what an index understands at once. */
function frameOf(key: readonly KeyColumn[], low: Row | undefined, high: Row | undefined): Sql[] {
  const [first] = key;
  if (!first) return [];
  const name = trusted(first.name);
  const conditions = [low && sql`${name} >= ${literalOf(first, low[0])}`, high && sql`${name} <= ${literalOf(first, high[0])}`];
  return conditions.filter((condition) => condition !== undefined);
}

function literalOf(column: KeyColumn, value: unknown): Sql {
  if (column.kind === 'bytes') return sql`${Uint8Array.fromHex(String(value))}`;
  return column.kind === 'seconds' ? sql`toDateTime(${Number(value)})` : sql`${Number(value)}`;
}
