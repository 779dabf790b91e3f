/**
 * 'backscatter-victims': the answers of attacked hosts that reached one sensor, per
 * victim, with the packets of every minute in which there were any.
 */
import type { BackscatterVictimRow } from '../../../domain/question.ts';
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { Row } from '../engine.ts';
import { type Sql, sql, trusted } from '../sql.ts';
import { busiestPorts, estimateTargets, toAddressText, toPortCounts } from './values.ts';

export const backscatterCondition: Sql = sql`class = ${TRAFFIC_CLASS_CODE.backscatter}`;

export function backscatterVictims(where: Sql): Sql {
  return sql`SELECT hex(source) AS source_hex, sum(service_packets), min(first_at), max(last_at), hex(groupBitOr(bits)),
      ${busiestPorts(trusted('service_packets'))}, sumMap(series.1, series.2)
    FROM (
      SELECT source, protocol, port, sum(packets) AS service_packets, min(first_ms) AS first_at, max(last_ms) AS last_at,
        groupBitOr(target_bits) AS bits, sumMap([toUInt32(minute)], [toUInt64(packets)]) AS series
      FROM telescope_minute WHERE ${where} GROUP BY source, protocol, port)
    GROUP BY source ORDER BY source`;
}

export function toBackscatterVictim(row: Row): BackscatterVictimRow {
  const [source, packets, first, last, bits, services, series] = row;
  const [minutes, counts] = series as readonly [readonly unknown[], readonly unknown[]];
  return {
    source: toAddressText(source),
    packets: Number(packets),
    firstSeenAt: Number(first),
    lastSeenAt: Number(last),
    ...estimateTargets(bits),
    services: toPortCounts(services),
    minutes: minutes.map(Number),
    packetsPerMinute: counts.map(Number),
  };
}
