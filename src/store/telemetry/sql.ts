/**
 * The only way text becomes SQL: a tag that binds every value as an escaped literal.
 *
 * Server-side parameters do not exist on old servers and are global state in the
 * embedded engine, so literals are bound here. The seam takes `Sql` objects and no
 * strings: a value that did not pass through `literal` cannot reach an engine.
 */
import { YaguraError } from '../../engine/errors.ts';

/** The end of what DateTime can say, in 2106. */
const LAST_SECOND = 2 ** 32 - 1;

declare const checked: unique symbol;

/** SQL text whose values are all escaped. */
export interface Sql {
  readonly text: string;
  readonly [checked]: true;
}

export type SqlValue = string | number | bigint | Uint8Array | readonly SqlValue[] | Sql;

/** sql`SELECT * FROM t WHERE name = ${name}`; an Sql value is put in as it is. */
export function sql(strings: TemplateStringsArray, ...values: readonly SqlValue[]): Sql {
  let text = strings[0] ?? '';
  for (const [i, value] of values.entries()) text += literal(value) + (strings[i + 1] ?? '');
  return trusted(text);
}

/** Marks text of our own source code as SQL: names of tables and columns, DDL. Never for input. */
export function trusted(text: string): Sql {
  return { text } as Sql;
}

export function joinSql(parts: readonly Sql[], separator: string): Sql {
  return trusted(parts.map((part) => part.text).join(separator));
}

/**
 * A DateTime literal that means the same in every server time zone, for comparing with
 * the start of a minute: rounded up, `minute >= from` and `minute < to` are exact.
 */
export function timeLiteral(at: number): Sql {
  return sql`toDateTime(${Math.min(Math.max(Math.ceil(at / 1000), 0), LAST_SECOND)})`;
}

export function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0').replaceAll('\n', '\\n')}'`;
}

function literal(value: SqlValue): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return numberLiteral(value);
  if (value instanceof Uint8Array) return `unhex('${value.toHex()}')`;
  if (isSql(value)) return value.text;
  return `(${value.map(literal).join(', ')})`;
}

function isSql(value: readonly SqlValue[] | Sql): value is Sql {
  return 'text' in value;
}

function numberLiteral(value: number): string {
  if (!Number.isFinite(value)) throw new YaguraError('internal', 'a number that is not finite cannot be part of a question');
  return String(value);
}
