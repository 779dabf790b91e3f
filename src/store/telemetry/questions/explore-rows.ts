/**
 * Single observations, newest or largest first, in pages.
 *
 * A page ends with the key of its last row and the next one begins behind it, so that
 * paging costs the same on page one and page one thousand. Rows have no identity of
 * their own: the key is made of what tells them apart, and of rows that are alike in all
 * of it the cursor remembers how many were given.
 *
 * Neither order may sort a whole period with all its columns. By time, the period is
 * looked at from its end in windows that grow until the page is full; by size, a question
 * that reads one column finds how large a row must be. Larger ones are fewer than a page;
 * of those just as large there may be millions, so they are taken by time.
 */
import type { ExploreRow, ExploreScope, ExploreSource } from '../../../domain/explore.ts';
import type { FieldId } from '../../../domain/filter/fields.ts';
import { YaguraError } from '../../../engine/errors.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, timeLiteral, trusted } from '../sql.ts';
import { columnOf, marksShown, type Shown } from './explore-fields.ts';
import { type Scope, scopeCondition, tableOf, toScope } from './explore-scope.ts';

export type RowOrder = 'time' | 'packets' | 'bytes';

export interface ExploreRowsQuestion extends ExploreScope {
  readonly order: RowOrder;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ExploreRowsAnswer {
  readonly rows: readonly ExploreRow[];
  /** Null after the last page. */
  readonly cursor: string | null;
}

const MOST_ROWS = 10_000;
const FIRST_WINDOW_MS = 600_000;
const WINDOW_GROWTH = 6;
const NEWEST_MS = 3_600_000;

/** What a row shows, in this order. */
export const ROW_FIELDS: Readonly<Record<ExploreSource, readonly ('time' | FieldId)[]>> = {
  telescope: [
    'time',
    'source',
    'asn',
    'country',
    'class',
    'protocol',
    'port',
    'source-port',
    'packets',
    'bytes',
    'targets',
    'mark',
    'ttl',
    'window',
    'sensor',
  ],
  flow: [
    'time',
    'duration',
    'protocol',
    'source',
    'source-port',
    'destination',
    'destination-port',
    'flags',
    'packets',
    'bytes',
    'sampling',
    'source-asn',
    'source-country',
    'destination-asn',
    'destination-country',
    'direction',
    'input',
    'output',
    'tos',
    'exporter',
    'sensor',
    'domain',
    'nat-source',
    'nat-source-port',
    'nat-destination',
    'nat-destination-port',
  ],
};

const TIME: Readonly<Record<ExploreSource, Sql>> = {
  telescope: trusted('first_ms'),
  flow: trusted('(toUInt64(toUInt32(minute)) * 1000 + start_ms)'),
};

export async function readExploreRows(engine: Engine, question: ExploreRowsQuestion): Promise<ExploreRowsAnswer> {
  const scope = toScope(question);
  const limit = Math.min(Math.max(Math.floor(question.limit), 1), MOST_ROWS);
  const plan: Plan = { scope, order: question.order, key: keyOf(scope, question.order), limit };
  const after = question.cursor === undefined ? undefined : readCursor(plan, question.cursor);
  const found = question.order === 'time' ? await readNewest(engine, plan, after) : await readLargest(engine, plan, after);
  const rows = found.slice(0, limit);
  const isLast = found.length <= limit;
  return { rows: rows.map((row) => toExploreRow(scope, row)), cursor: isLast ? null : writeCursor(plan, rows, after) };
}

interface Plan {
  readonly scope: Scope;
  readonly order: RowOrder;
  readonly key: readonly KeyPart[];
  readonly limit: number;
}

/** A column of the key and how its value travels. */
interface KeyPart {
  readonly value: Sql;
  readonly shown: Sql;
  readonly kind: 'number' | 'bytes' | 'text' | 'time';
}

const keyPart = (kind: KeyPart['kind'], name: string): KeyPart => {
  const value = trusted(name);
  if (kind === 'bytes') return { kind, value, shown: sql`hex(${value})` };
  return { kind, value, shown: kind === 'time' ? sql`toUInt32(${value})` : value };
};

const KEYS: Readonly<Record<ExploreSource, readonly KeyPart[]>> = {
  telescope: [
    keyPart('time', 'minute'),
    keyPart('number', 'first_ms'),
    keyPart('bytes', 'source'),
    ...['class', 'protocol', 'port', 'packets', 'source_port'].map((name) => keyPart('number', name)),
    keyPart('text', 'sensor'),
  ],
  flow: [
    keyPart('time', 'minute'),
    keyPart('number', 'start_ms'),
    keyPart('bytes', 'source'),
    keyPart('bytes', 'destination'),
    ...['source_port', 'destination_port', 'protocol', 'duration_ms', 'packets', 'bytes', 'input', 'output', 'is_reverse'].map((name) =>
      keyPart('number', name),
    ),
    keyPart('text', 'exporter'),
    keyPart('text', 'sensor'),
  ],
};

function keyOf(scope: Scope, order: RowOrder): readonly KeyPart[] {
  if (order === 'time') return KEYS[scope.source];
  const value = sizeOf(scope, order);
  return [{ kind: 'number', value, shown: value }, ...KEYS[scope.source]];
}

const sizeOf = ({ source, raw }: Scope, order: 'packets' | 'bytes'): Sql => columnOf(source, order, raw)?.value ?? trusted(order);

/** Where the last page ended: its last key, and how many rows with that key were given. */
interface After {
  readonly key: readonly (string | number)[];
  readonly skip: number;
}

/** One row more than the limit tells whether there is a next page. */
async function readNewest(engine: Engine, plan: Plan, after: After | undefined): Promise<readonly Row[]> {
  return readWindows(engine, plan, { condition: sql`1`, after, wanted: plan.limit + 1 });
}

interface WindowQuestion {
  /** Beside the scope; fixes what comes before the time in the key. */
  readonly condition: Sql;
  readonly after: After | undefined;
  readonly wanted: number;
}

/** The last rows of the scope, from its end in windows that grow. */
async function readWindows(engine: Engine, plan: Plan, { condition, after, wanted }: WindowQuestion): Promise<readonly Row[]> {
  const { scope, key } = plan;
  const rows: Row[] = [];
  const timeAt = key.findIndex(({ kind }) => kind === 'time');
  let skip = after?.skip ?? 0;
  let to = after === undefined ? scope.to : Number(after.key[timeAt]) * 1000 + 60_000;
  for (let span = FIRST_WINDOW_MS; to > scope.from && rows.length < wanted; span *= WINDOW_GROWTH) {
    const from = Math.max(scope.from, to - span);
    const behind = after && skip > 0 ? notAfter(key.slice(timeAt), after.key.slice(timeAt)) : sql`1`;
    const window = { ...plan, scope: { ...scope, from, to } };
    rows.push(...(await readPage(engine, window, sql`${condition} AND ${behind}`, skip, wanted - rows.length)));
    // Rows to skip lie in the first window: it begins with the minute of the key.
    skip = 0;
    to = from;
  }
  return rows;
}

/** First what is just as large as the last row of the page before, then what is smaller. */
async function readLargest(engine: Engine, plan: Plan, after: After | undefined): Promise<readonly Row[]> {
  const size = plan.key[0]?.value ?? sql`0`;
  const wanted = plan.limit + 1;
  if (!after) return readSmaller(engine, plan, sql`1`, wanted);
  const last = BigInt(after.key[0] ?? 0);
  const alike = await readWindows(engine, plan, { condition: sql`${size} = ${last}`, after, wanted });
  if (alike.length >= wanted) return alike;
  return [...alike, ...(await readSmaller(engine, plan, sql`${size} < ${last}`, wanted - alike.length))];
}

async function readSmaller(engine: Engine, plan: Plan, condition: Sql, wanted: number): Promise<readonly Row[]> {
  const { scope, key } = plan;
  const size = key[0]?.value ?? sql`0`;
  const newest = { ...scope, from: Math.max(scope.from, scope.to - NEWEST_MS) };
  // What the newest part of a long period has is a floor below which the rest need not be read: the engine knows the largest of each block.
  const floor = newest.from > scope.from ? await leastOf(engine, newest, { size, condition, wanted }) : undefined;
  const isEnough = floor !== undefined && floor.count >= wanted;
  const least = (
    await leastOf(engine, scope, { size, condition: isEnough ? sql`${condition} AND ${size} >= ${floor.least}` : condition, wanted })
  )?.least;
  if (least === undefined) return [];
  const larger = await readPage(engine, plan, sql`${condition} AND ${size} > ${least}`, 0, wanted);
  const alike = { condition: sql`${size} = ${least}`, after: undefined, wanted: wanted - larger.length };
  return [...larger, ...(await readWindows(engine, plan, alike))];
}

/** How large a row must be to be among the so many largest; undefined where there are none. */
async function leastOf(
  engine: Engine,
  scope: Scope,
  { size, condition, wanted }: { readonly size: Sql; readonly condition: Sql; readonly wanted: number },
): Promise<{ readonly count: number; readonly least: bigint } | undefined> {
  const [answer] = await engine.query(sql`SELECT count(), min(size) FROM (
    SELECT ${size} AS size FROM ${tableOf(scope.source)} WHERE ${scopeCondition(scope)} AND ${condition}
    ORDER BY size DESC LIMIT ${wanted})`);
  const [count, smallest] = (answer ?? []).map(String);
  return Number(count ?? 0) === 0 ? undefined : { count: Number(count), least: BigInt(smallest ?? 0) };
}

function readPage(engine: Engine, { scope, key }: Plan, condition: Sql, skip: number, limit: number): Promise<readonly Row[]> {
  const order = joinSql(
    key.map(({ value }) => sql`${value} DESC`),
    ', ',
  ); // prettier-ignore
  const columns = [...ROW_FIELDS[scope.source].map((id) => shownOf(scope, id)), ...key.map(({ shown }) => shown)];
  return engine.query(sql`SELECT ${joinSql(columns, ', ')} FROM ${tableOf(scope.source)}
    WHERE ${scopeCondition(scope)} AND ${condition} ORDER BY ${order} LIMIT ${skip}, ${limit}`);
}

function shownOf({ source, raw }: Scope, id: 'time' | FieldId): Sql {
  if (id === 'time') return TIME[source];
  if (id === 'mark') return marksShown;
  return columnOf(source, id, raw)?.shown ?? sql`''`;
}

function toExploreRow({ source, raw }: Scope, row: Row): ExploreRow {
  const values = ROW_FIELDS[source].map((id, i): [string, Shown] => {
    if (id === 'time') return [id, Number(row[i])];
    if (id === 'mark') return [id, String(row[i]).trim()];
    return [id, columnOf(source, id, raw)?.toShown(row[i]) ?? ''];
  });
  return Object.fromEntries(values);
}

/** The key or what comes behind it in falling order, spelled out: old servers cannot use an index for tuples. */
function notAfter(key: readonly KeyPart[], last: readonly (string | number)[]): Sql {
  const literals = key.map((part, i) => literalOf(part, last[i]));
  const equal = (parts: readonly KeyPart[]): Sql[] => parts.map(({ value }, i) => sql`${value} = ${literals[i] ?? sql`0`}`);
  const alternatives = key.map(({ value }, i) => joinSql([...equal(key.slice(0, i)), sql`${value} < ${literals[i] ?? sql`0`}`], ' AND '));
  return sql`(${joinSql([...alternatives, joinSql(equal(key), ' AND ')], ' OR ')})`;
}

function literalOf({ kind }: KeyPart, value: string | number | undefined): Sql {
  switch (kind) {
    case 'bytes':
      return sql`${Uint8Array.fromHex(String(value))}`;
    case 'text':
      return sql`${String(value)}`;
    case 'time':
      return timeLiteral(Number(value) * 1000);
    case 'number':
      return sql`${BigInt(value ?? 0)}`;
  }
}

function writeCursor({ scope, order, key }: Plan, rows: readonly Row[], after: After | undefined): string | null {
  const keyText = (row: Row): string => JSON.stringify(row.slice(-key.length));
  const last = rows.at(-1);
  if (!last) return null;
  const text = keyText(last);
  const alike = rows.length - rows.findLastIndex((row) => keyText(row) !== text) - 1;
  // A page of nothing but rows like the last of the page before goes on counting.
  const isSame = alike === rows.length && after !== undefined && JSON.stringify(after.key) === text;
  const parts = [scope.source, order, last.slice(-key.length), alike + (isSame ? after.skip : 0)];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function readCursor({ scope, order, key }: Plan, cursor: string): After {
  try {
    const [source, by, values, skip] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [
      string,
      string,
      (string | number)[],
      number,
    ];
    const isOurs = source === scope.source && by === order && values.length === key.length;
    if (isOurs && Number.isSafeInteger(skip) && skip > 0 && key.every((part, i) => isOfKind(part, values[i]))) return { key: values, skip };
  } catch {
    // not a cursor: refused below
  }
  throw new YaguraError('usage', 'the cursor does not belong to this question; ask without it for the first page');
}

function isOfKind({ kind }: KeyPart, value: unknown): boolean {
  if (typeof value !== 'string') return typeof value === 'number' && Number.isSafeInteger(value) && kind !== 'bytes' && kind !== 'text';
  if (kind === 'bytes') return /^[0-9A-F]{32}$/.test(value);
  return kind === 'text' || /^\d{1,20}$/.test(value);
}
