/**
 * Opaque page borders: where the last page ended, so that the next begins after it.
 *
 * A cursor is data a client may bend, so it is parsed like any input.
 */
import { z } from 'zod';
import { YaguraError } from '../../engine/errors.ts';

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** For the next page; null on the last. */
  readonly cursor: string | null;
  readonly total: number;
}

export const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 1000;

export interface PageRequest {
  readonly cursor?: string | null | undefined;
  readonly limit?: number | undefined;
}

export const pageSize = (request: PageRequest): number => Math.min(Math.max(request.limit ?? DEFAULT_PAGE_SIZE, 1), MAX_PAGE_SIZE);

export const toCursor = (border: readonly (string | number)[]): string => Buffer.from(JSON.stringify(border)).toString('base64url');

export function fromCursor<const Parts extends readonly z.ZodType[]>(
  cursor: string | null | undefined,
  parts: Parts,
): { [Part in keyof Parts]: z.infer<Parts[Part]> } | undefined {
  if (!cursor) return undefined;
  try {
    const border: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return z.tuple(parts as unknown as [z.ZodType]).parse(border) as { [Part in keyof Parts]: z.infer<Parts[Part]> };
  } catch (error) {
    throw new YaguraError('usage', 'The page cursor is not one of ours: leave it out to begin at the first page.', { cause: error });
  }
}

/** Cuts the row that was read in excess, and says where the page ends. */
export function toPage<Row>(
  rows: readonly Row[],
  size: number,
  total: number,
  border: (row: Row) => readonly (string | number)[],
): Page<Row> {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return { rows: shown, cursor: rows.length > size && last !== undefined ? toCursor(border(last)) : null, total };
}

/** A text as a pattern that occurs anywhere, its own wildcards disarmed. */
export const likeAnywhere = (text: string): string => `%${text.replace(/[\\%_]/g, String.raw`\$&`)}%`;
