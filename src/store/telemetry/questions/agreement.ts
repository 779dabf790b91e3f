/** Checks for operators and crash tests: how many rows there are, and whether raw cells and rollups tell the same. */
import type { TelemetryTableName } from '../../../domain/telemetry-table.ts';
import type { Engine } from '../engine.ts';
import { sql, trusted } from '../sql.ts';
import { ofTenant } from './conditions.ts';

export async function countRows(engine: Engine, table: TelemetryTableName): Promise<number> {
  const [row] = await engine.query(sql`SELECT count() FROM ${trusted(table)}`);
  return Number(row?.[0] ?? 0);
}

export interface Agreement {
  /** Packets by the cells themselves, by the hourly and by the minutely rollup. */
  readonly cells: number;
  readonly hours: number;
  readonly minutes: number;
  readonly agrees: boolean;
}

export async function checkAgreement(engine: Engine, tenant: string): Promise<Agreement> {
  const sum = async (table: string): Promise<number> => {
    const [row] = await engine.query(sql`SELECT sum(packets) FROM ${trusted(table)} WHERE ${ofTenant(tenant)}`);
    return Number(row?.[0] ?? 0);
  };
  const cells = await sum('telescope_minute');
  const hours = await sum('telescope_hour');
  const minutes = await sum('traffic_minute');
  return { cells, hours, minutes, agrees: cells === hours && cells === minutes };
}
