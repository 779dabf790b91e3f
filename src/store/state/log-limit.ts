/**
 * Keeps the log of the embedded store short.
 *
 * A server has a process that writes changed pages out and cuts the log off behind them;
 * PGlite has none and does so only when it is closed. A large import would fill the disk,
 * and after a crash the next start would have to read all of it.
 */
import { type Kysely, sql } from 'kysely';
import type { Log } from '../../engine/log.ts';
import type { Database } from './schema.ts';

const MOST_BYTES = 512 * 2 ** 20;
const EVERY_MS = 10_000;

/** Looks at the log again and again until the returned function is called, which waits for a look that is under way. */
export function startLogLimit(db: Kysely<Database>, log: Log): () => Promise<void> {
  let looking: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    looking = limitLog(db, MOST_BYTES).catch((error: unknown) => log.warn({ err: error }, 'the log of the state store could not be cut'));
  }, EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await looking;
  };
}

/** True when the log was longer than that and was cut. */
export async function limitLog(db: Kysely<Database>, mostBytes: number): Promise<boolean> {
  const { rows } = await sql<{ isLong: boolean }>`
    select pg_current_wal_insert_lsn() - redo_lsn > ${mostBytes}::numeric as "isLong" from pg_control_checkpoint()`.execute(db);
  if (!rows[0]?.isLong) return false;
  await sql`checkpoint`.execute(db);
  return true;
}
