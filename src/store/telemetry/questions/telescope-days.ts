/**
 * What each day looked like, for statistics over years.
 *
 * Distinct sources come from states that merge over sensors, ports and days; they are
 * exact while few and within one per cent when they are many.
 */
import type { Engine } from '../engine.ts';
import { sql, timeLiteral } from '../sql.ts';
import { ofTenant, type Period } from './conditions.ts';
import { toMilliseconds } from './values.ts';

export interface TelescopeDay {
  readonly day: number; // Unix ms of its start, UTC
  readonly packets: number;
  readonly bytes: number;
  readonly sources: number;
}

/** Days that begin within the period and have data, in order. */
export async function readTelescopeDays(engine: Engine, { tenant, sensor, from, to }: Period): Promise<TelescopeDay[]> {
  const place = sensor === undefined ? undefined : sql`sensor = ${sensor}`;
  const rows = await engine.query(sql`SELECT toUInt32(day), sum(packets), sum(bytes), uniqCombinedMerge(14)(sources)
    FROM telescope_day WHERE ${ofTenant(tenant, place, sql`day >= ${timeLiteral(from)} AND day < ${timeLiteral(to)}`)}
    GROUP BY day ORDER BY day`);
  return rows.map(([day, packets, bytes, sources]) => ({
    day: toMilliseconds(day),
    packets: Number(packets),
    bytes: Number(bytes),
    sources: Number(sources),
  }));
}
