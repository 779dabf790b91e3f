/** Checks for operators and crash tests: how many rows there are, and whether raw cells and rollups tell the same. */
import type { TelemetryTableName } from '../../../domain/telemetry-table.ts';
import type { Engine } from '../engine.ts';
import { flowRollups } from '../flow-rollups.ts';
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

export interface FlowSums {
  readonly table: string;
  readonly packets: number;
  readonly bytes: number;
  readonly flows: number;
  readonly scaledPackets: number;
  readonly scaledBytes: number;
  readonly scaledFlows: number;
}

/** What the flow records and each of their rollups tell; all the same unless something was lost. */
export async function readFlowSums(engine: Engine, tenant: string): Promise<FlowSums[]> {
  const raw =
    'sum(packets), sum(bytes), count(), sum(packets * greatest(sampling, 1)), sum(bytes * greatest(sampling, 1)), sum(greatest(sampling, 1))';
  const rolled = 'sum(raw_packets), sum(raw_bytes), sum(raw_flows), sum(scaled_packets), sum(scaled_bytes), sum(scaled_flows)';
  const tables = ['flow', ...flowRollups.map(({ name }) => name)];
  return Promise.all(
    tables.map(async (table) => {
      const sums = trusted(table === 'flow' ? raw : rolled);
      const [row = []] = await engine.query(sql`SELECT ${sums} FROM ${trusted(table)} WHERE ${ofTenant(tenant)}`);
      const [packets = 0, bytes = 0, flows = 0, scaledPackets = 0, scaledBytes = 0, scaledFlows = 0] = row.map(Number);
      return { table, packets, bytes, flows, scaledPackets, scaledBytes, scaledFlows };
    }),
  );
}
