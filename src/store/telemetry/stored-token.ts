/**
 * Remembers finished batches on servers that cannot deduplicate inserts themselves.
 *
 * Asked before an insert and told after it, this stops repeated work; only a crash
 * between the two can still double a batch, which is why newer servers use tokens.
 */
import type { Engine } from './engine.ts';
import { sql } from './sql.ts';

export async function isStored(engine: Engine, token: string): Promise<boolean> {
  const rows = await engine.query(sql`SELECT 1 FROM stored_token WHERE token = ${token} LIMIT 1`);
  return rows.length > 0;
}

export async function rememberStored(engine: Engine, token: string): Promise<void> {
  await engine.exec(sql`INSERT INTO stored_token SELECT ${token}, now()`);
}
