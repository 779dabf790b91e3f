/**
 * 'backscatter-victims': the answers of attacked hosts that reached one sensor, per
 * victim, with every minute in which there were any and the services that answered in it.
 * Built like 'scanning-sources': one row per minute beside one row per attacked service.
 */
import type { AnswerMinute, BackscatterVictimRow } from '../../../domain/question.ts';
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { Row } from '../engine.ts';
import { type Sql, sql, trusted } from '../sql.ts';
import { busiestPorts, estimateTargets, toAddressText, toPortCounts } from './values.ts';

export const backscatterCondition: Sql = sql`class = ${TRAFFIC_CLASS_CODE.backscatter}`;

const SERVICES_PER_MINUTE = 4;

export function backscatterVictims(where: Sql): Sql {
  // A union takes its columns by place. The branch of minutes gives two of them other names, or its services would all be 0/0.
  return sql`SELECT hex(source) AS source_hex, sum(minute_packets), min(first_at), max(last_at), hex(groupBitOr(bits)),
      ${busiestPorts(trusted('port_packets'))},
      arraySort(groupArrayIf((at, minute_packets, first_at, last_at, services, distinct_services), minute_packets > 0))
    FROM (
      SELECT source, protocol, port, sum(packets) AS port_packets, toUInt32(0) AS at,
        toUInt64(0) AS minute_packets, ${NEVER} AS first_at, toUInt64(0) AS last_at, toUInt64(0) AS bits,
        emptyArrayUInt64() AS services, toUInt64(0) AS distinct_services
      FROM telescope_minute WHERE ${where} GROUP BY source, protocol, port
      UNION ALL
      SELECT source, toUInt8(0) AS no_protocol, toUInt16(0) AS no_port, toUInt64(0) AS port_packets, toUInt32(minute) AS at,
        sum(service_packets) AS minute_packets, min(service_first) AS first_at, max(service_last) AS last_at, groupBitOr(service_bits) AS bits,
        ${busiestPorts(trusted('service_packets'), SERVICES_PER_MINUTE)} AS services, count() AS distinct_services
      FROM (
        SELECT source, minute, protocol, port, sum(packets) AS service_packets, min(first_ms) AS service_first, max(last_ms) AS service_last,
          groupBitOr(target_bits) AS service_bits
        FROM telescope_minute WHERE ${where} GROUP BY source, minute, protocol, port)
      GROUP BY source, minute)
    GROUP BY source ORDER BY source`;
}

/** Later than any first answer. */
const NEVER = trusted('toUInt64(18446744073709551615)');

type MinuteValue = readonly [minute: number, packets: unknown, first: unknown, last: unknown, services: unknown, distinct: unknown];

export function toBackscatterVictim(row: Row): BackscatterVictimRow {
  const [source, packets, first, last, bits, services, minutes] = row;
  return {
    source: toAddressText(source),
    packets: Number(packets),
    firstSeenAt: Number(first),
    lastSeenAt: Number(last),
    ...estimateTargets(bits),
    services: toPortCounts(services),
    minutes: (minutes as readonly MinuteValue[]).map(toMinute),
  };
}

function toMinute([minute, packets, first, last, services, distinct]: MinuteValue): AnswerMinute {
  return {
    minute,
    packets: Number(packets),
    firstAt: Number(first),
    lastAt: Number(last),
    services: toPortCounts(services),
    distinctServices: Number(distinct),
  };
}
