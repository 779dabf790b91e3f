/**
 * Retention: whole UTC days are dropped, of all tenants, and said so.
 *
 * Dropping a partition is immediate and provable; the caller writes what is returned
 * here into the audit log. Feed records go by the day they were received on.
 */
import type { Engine, Row } from './engine.ts';
import { PARTITIONED_TABLES } from './migrations.ts';
import { sql, trusted } from './sql.ts';

export interface RetiredPartition {
  readonly table: string;
  readonly day: string; // YYYY-MM-DD, UTC
  readonly rows: number;
  readonly bytes: number; // on disk
}

/** Drops every day that ended at or before the given time, Unix ms. */
export async function retireBefore(engine: Engine, before: number): Promise<RetiredPartition[]> {
  const firstKept = Number(new Date(before).toISOString().slice(0, 10).replaceAll('-', ''));
  const rows = await engine.query(sql`SELECT table, partition, sum(rows), sum(bytes) FROM system.parts
    WHERE database = currentDatabase() AND active AND table IN ${Object.keys(PARTITIONED_TABLES)}
      AND toUInt32OrZero(partition) BETWEEN 1 AND ${firstKept - 1}
    GROUP BY table, partition ORDER BY partition, table`);
  const retired: RetiredPartition[] = [];
  for (const row of rows) {
    await engine.exec(sql`ALTER TABLE ${trusted(String(row[0]))} DROP PARTITION ${Number(row[1])}`);
    retired.push(toRetired(row));
  }
  return retired;
}

function toRetired([table, partition, rows, bytes]: Row): RetiredPartition {
  const day = String(partition).replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
  return { table: String(table), day, rows: Number(rows), bytes: Number(bytes) };
}
