/**
 * Housekeeping of the embedded store; a server does it by itself.
 *
 * PGlite has no background workers, so nobody else takes away what updates left behind,
 * tells the planner how large tables are, marks pages that an index can answer for, or
 * cuts the log off that a restart after a crash would have to read.
 */
import { sql } from 'kysely';
import type { State } from './open.ts';

export async function maintainState({ db, isEmbedded }: State): Promise<void> {
  if (!isEmbedded) return;
  await sql`vacuum (analyze)`.execute(db);
  await sql`checkpoint`.execute(db);
}
