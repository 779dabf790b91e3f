/**
 * 'backscatter-victims': the answers of attacked hosts that reached one sensor, per
 * victim, with the packets of every minute in which there were any. Built like
 * 'scanning-sources': one row per victim beside one row per attacked service.
 */
import type { BackscatterVictimRow } from '../../../domain/question.ts';
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { Row } from '../engine.ts';
import { type Sql, sql, trusted } from '../sql.ts';
import { busiestPorts, estimateTargets, toAddressText, toPortCounts } from './values.ts';

export const backscatterCondition: Sql = sql`class = ${TRAFFIC_CLASS_CODE.backscatter}`;

export function backscatterVictims(where: Sql): Sql {
  return sql`SELECT hex(source) AS source_hex, max(all_packets), max(first_at), max(last_at), hex(max(bits)),
      ${busiestPorts(trusted('port_packets'))}, groupArrayArray(minutes), groupArrayArray(counts)
    FROM (
      SELECT source, toUInt8(0) AS protocol, toUInt16(0) AS port, toUInt64(0) AS port_packets, sum(packets) AS all_packets,
        min(first_ms) AS first_at, max(last_ms) AS last_at, groupBitOr(target_bits) AS bits,
        sumMap([toUInt32(minute)], [toUInt64(packets)]) AS series, series.1 AS minutes, series.2 AS counts
      FROM telescope_minute WHERE ${where} GROUP BY source
      UNION ALL
      SELECT source, protocol, port, sum(packets) AS port_packets, toUInt64(0) AS all_packets,
        toUInt64(0) AS first_at, toUInt64(0) AS last_at, toUInt64(0) AS bits,
        (emptyArrayUInt32(), emptyArrayUInt64()) AS series, emptyArrayUInt32() AS minutes, emptyArrayUInt64() AS counts
      FROM telescope_minute WHERE ${where} GROUP BY source, protocol, port)
    GROUP BY source ORDER BY source`;
}

export function toBackscatterVictim(row: Row): BackscatterVictimRow {
  const [source, packets, first, last, bits, services, minutes, counts] = row;
  return {
    source: toAddressText(source),
    packets: Number(packets),
    firstSeenAt: Number(first),
    lastSeenAt: Number(last),
    ...estimateTargets(bits),
    services: toPortCounts(services),
    minutes: (minutes as readonly unknown[]).map(Number),
    packetsPerMinute: (counts as readonly unknown[]).map(Number),
  };
}
