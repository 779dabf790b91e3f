/** How far back each table still reaches: retention erases whole days or months, oldest first. */
import type { Engine } from '../engine.ts';
import { sql } from '../sql.ts';

/** Start of the first partition left, Unix ms, by table; empty tables are absent. */
export type KeptSince = ReadonlyMap<string, number>;

export async function readKeptSince(engine: Engine): Promise<KeptSince> {
  const rows = await engine.query(sql`SELECT table, min(toUInt32OrZero(partition)) FROM system.parts
    WHERE database = currentDatabase() AND active AND rows > 0 GROUP BY table`);
  return new Map(rows.map(([table, partition]) => [String(table), startOf(String(partition))]));
}

/** '20260314' or, of a table with a partition a month, '202603'. */
function startOf(partition: string): number {
  const [year, month, day] = [partition.slice(0, 4), partition.slice(4, 6), partition.slice(6) || '1'].map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day);
}
