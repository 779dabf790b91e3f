/**
 * Housekeeping of the embedded store; a server does it by itself.
 *
 * PGlite has no background workers, so nobody else takes away what updates left behind,
 * tells the planner how large tables are, or marks pages that an index can answer for.
 */
import { sql } from 'kysely';
import type { State } from './open.ts';

export async function maintainState({ db, isEmbedded }: State): Promise<void> {
  if (isEmbedded) await sql`vacuum (analyze)`.execute(db);
}
