/**
 * What hosts of registered ranges did to the telescopes, one row per host, sensor and hour.
 *
 * Asked for the few sources that are somebody's, by address or by range. Hours, because a
 * share must be small enough to be asked for again every few seconds while it grows, and
 * large enough that a machine that scans for months does not fill the state store.
 */
import type { HostHour } from '../../../domain/own-range.ts';
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { addressOf, inPeriod, type Period } from './conditions.ts';
import { busiestPorts, toAddressText, toPortCounts } from './values.ts';

/** Exactly one of hosts and ranges. */
export interface HostHoursQuestion extends Period {
  /** Address texts. */
  readonly hosts?: readonly string[];
  /** First and last address, 16 bytes each. */
  readonly ranges?: readonly { readonly start: Uint8Array; readonly end: Uint8Array }[];
}

const HOUR = 3_600_000;
/** So many fit into one question: the engine refuses to read texts beyond 256 KiB. */
const HOSTS_AT_ONCE = 2000;
const RANGES_AT_ONCE = 800;
const MOST_PORTS = 8;
const SCANNING = [TRAFFIC_CLASS_CODE['tcp-scan'], TRAFFIC_CLASS_CODE['udp-probe'], TRAFFIC_CLASS_CODE.ping];

export async function readHostHours(engine: Engine, question: HostHoursQuestion): Promise<HostHour[]> {
  // A share is a whole hour: half of one would replace what is known of it.
  const whole = { ...question, from: Math.floor(question.from / HOUR) * HOUR, to: Math.ceil(question.to / HOUR) * HOUR };
  const rows: HostHour[] = [];
  for (const sources of conditionsOf(question)) rows.push(...(await engine.query(hostHours(whole, sources))).map(toHostHour));
  return rows;
}

function conditionsOf({ hosts = [], ranges = [] }: HostHoursQuestion): Sql[] {
  const byHost = chunks(hosts, HOSTS_AT_ONCE).map(
    (part) =>
      sql`source IN (${joinSql(
        part.map((host) => sql`toFixedString(${addressOf(host)}, 16)`),
        ', ',
      )})`,
  );
  const byRange = chunks(ranges, RANGES_AT_ONCE).map((part) => {
    const each = part.map(({ start, end }) => sql`(source >= toFixedString(${start}, 16) AND source <= toFixedString(${end}, 16))`);
    return sql`(${joinSql(each, ' OR ')})`;
  });
  return [...byHost, ...byRange];
}

const chunks = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

function hostHours(period: Period, sources: Sql): Sql {
  const classes = [...SCANNING, TRAFFIC_CLASS_CODE.backscatter];
  return sql`SELECT hex(source) AS source_hex, sensor, is_backscatter, hour, sum(port_packets), min(first_at), max(last_at),
      hex(groupBitOr(bits)), ${busiestPorts(trusted('port_packets'))}
    FROM (
      SELECT source, sensor, class = ${TRAFFIC_CLASS_CODE.backscatter} AS is_backscatter, intDiv(toUInt32(minute), 3600) AS hour,
        protocol, port, sum(packets) AS port_packets, min(first_ms) AS first_at, max(last_ms) AS last_at, groupBitOr(target_bits) AS bits
      FROM telescope_minute WHERE ${inPeriod(period)} AND class IN ${classes} AND ${sources}
      GROUP BY source, sensor, is_backscatter, hour, protocol, port)
    GROUP BY source, sensor, is_backscatter, hour ORDER BY source, sensor, is_backscatter, hour`;
}

function toHostHour(row: Row): HostHour {
  const [source, sensor, isBackscatter, hour, packets, first, last, bits, ports] = row;
  return {
    host: toAddressText(source),
    sensor: String(sensor),
    isBackscatter: Number(isBackscatter) === 1,
    hour: Number(hour) * HOUR,
    packets: Number(packets),
    targetBits: String(bits).toLowerCase().padStart(16, '0'),
    firstSeenAt: Number(first),
    lastSeenAt: Number(last),
    ports: toPortCounts(ports).slice(0, MOST_PORTS),
  };
}
