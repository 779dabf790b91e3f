/**
 * What arrived minute by minute and from where: the picture of arrivals replays it when
 * nothing comes in live.
 *
 * One row per minute, country and class. The port is the one most of the row's cells are
 * for (anyHeavy): exact ports would need a group per port, which a national sensor fills
 * with millions. A rollup keeps it, because the cells of a minute lie scattered over their day.
 */
import type { TrafficClassId } from '../../../domain/traffic-class.ts';
import type { Engine } from '../engine.ts';
import { sql } from '../sql.ts';
import { inPeriod, type Period } from './conditions.ts';
import { toMilliseconds, toTrafficClassId } from './values.ts';

export interface ArrivalRow {
  readonly minute: number; // Unix ms
  readonly country: string; // '' unknown
  readonly class: TrafficClassId;
  readonly protocol: number; // IANA
  readonly port: number;
  readonly packets: number;
}

const PORT_RANGE = 65_536;

/** In order of time; at most some 1,500 rows a minute, one per country and class. */
export async function readArrivals(engine: Engine, period: Period): Promise<ArrivalRow[]> {
  const rows = await engine.query(sql`SELECT toUInt32(minute), country, class, sum(packets),
      anyHeavyMerge(heavy)
    FROM telescope_country_minute WHERE ${inPeriod(period)}
    GROUP BY minute, country, class ORDER BY minute, country, class`);
  return rows.map(([minute, country, code, packets, place]) => ({
    minute: toMilliseconds(minute),
    country: String(country),
    class: toTrafficClassId(code),
    protocol: Math.floor(Number(place) / PORT_RANGE),
    port: Number(place) % PORT_RANGE,
    packets: Number(packets),
  }));
}
