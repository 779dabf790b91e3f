/**
 * The seam: what the telemetry store needs of a ClickHouse engine, and nothing more.
 *
 * Two engines stand behind it, the embedded one in its own child process and a server
 * by URL. It is this thin because the ready-made client leaks settings between queries,
 * corrupts binary inserts and buffers results when it drives the embedded engine.
 */
import { YaguraError } from '../../engine/errors.ts';
import type { Sql } from './sql.ts';

export type Settings = Readonly<Record<string, string | number>>;
/** One row of an answer in the order of the SELECT list; 64-bit integers come as text. */
export type Row = readonly unknown[];

export interface QueryOptions {
  /** The engine gives up after this many seconds. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface NativeFile {
  readonly table: string;
  readonly columns: readonly string[];
  /** Absolute path of a file that holds one Native block. */
  readonly file: string;
}

export interface Engine {
  exec(statement: Sql): Promise<void>;
  insert(part: NativeFile, settings: Settings): Promise<void>;
  query(question: Sql, options?: QueryOptions): Promise<readonly Row[]>;
  close(): Promise<void>;
}

export const QUERY_SECONDS = 60;
export const INSERT_SECONDS = 300;

/** Codes that say "not now" rather than "never": time-out, too busy, network, memory, disk, too many parts, cancelled, shutting down. */
const PASSING_CODES = new Set([159, 202, 209, 210, 236, 241, 243, 252, 394]);

/** Turns what an engine said into one of our errors; keeps the first line of its reason. */
export function toStoreError(message: string, cause?: unknown): YaguraError {
  const code = Number(/Code: (\d+)/.exec(message)?.[1] ?? Number.NaN);
  const reason = message.slice(0, 400).split('\n')[0] ?? '';
  if (code === 76 && /lock/i.test(message)) {
    return new YaguraError('data-directory-in-use', 'another process uses this telemetry directory; end it first', { cause });
  }
  if (PASSING_CODES.has(code)) {
    return new YaguraError('store-unavailable', `the telemetry engine could not finish, try again: ${reason}`, { cause });
  }
  return new YaguraError('store-failed', `the telemetry engine refused: ${reason}`, { cause });
}

/** The rows of a JSONCompact answer. */
export function parseAnswer(text: string): readonly Row[] {
  try {
    return (JSON.parse(text) as { data: Row[] }).data;
  } catch (cause) {
    throw new YaguraError('store-failed', 'the telemetry engine gave an answer that is not JSON', { cause });
  }
}
