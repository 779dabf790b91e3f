/** What transactions begin with: their turn, and how the planner shall go about them. */
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** Inside a transaction: whatever numbers or chains rows of a tenant waits here for its turn. */
export async function lockTenant(trx: Kysely<Database>, tenant: string): Promise<void> {
  await sql`insert into tenant (tenant) values (${tenant}) on conflict do nothing`.execute(trx);
  await sql`select tenant from tenant where tenant = ${tenant} for update`.execute(trx);
}

/**
 * For this transaction. Every join of a fold is a few thousand keys against a table that
 * only grows; without fresh statistics the planner likes to read the whole table instead.
 */
export async function preferIndexes(trx: Kysely<Database>): Promise<void> {
  await sql`select set_config('enable_seqscan', 'off', true)`.execute(trx);
}
