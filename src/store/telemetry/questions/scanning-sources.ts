/**
 * 'scanning-sources': what each source did to one sensor, every class but backscatter.
 *
 * Cells are summed twice, per source and per source and port, and the two are laid side
 * by side: so the busiest ports are picked inside the engine, and nothing that must be
 * counted per source (its minutes) is kept once per port of a source that tried them all.
 */
import type { ScanningSourceRow } from '../../../domain/question.ts';
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { Row } from '../engine.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { busiestPorts, estimateTargets, toAddressText, toPortCounts } from './values.ts';

export const scanningCondition: Sql = sql`class != ${TRAFFIC_CLASS_CODE.backscatter}`;

const inClass = (id: keyof typeof TRAFFIC_CLASS_CODE): Sql => sql`sumIf(packets, class = ${TRAFFIC_CLASS_CODE[id]})`;

/** What is asked per source: name inside the question and expression over its cells. */
const PER_SOURCE: Readonly<Record<string, Sql>> = {
  all_packets: sql`sum(packets)`,
  all_bytes: sql`sum(bytes)`,
  syn: inClass('tcp-scan'),
  udp: inClass('udp-probe'),
  ping: inClass('ping'),
  first_at: sql`min(first_ms)`,
  last_at: sql`max(last_ms)`,
  minutes: sql`uniqExact(minute)`,
  bits: sql`groupBitOr(target_bits)`,
  first_source_port: sql`argMin(source_port, first_ms)`,
  lowest_ttl: sql`min(ttl_min)`,
  highest_ttl: sql`max(ttl_max)`,
  first_window: sql`argMin(window, first_ms)`,
  mirai: sql`sum(fp_mirai)`,
  zmap: sql`sum(fp_zmap)`,
  masscan: sql`sum(fp_masscan)`,
  nmap: sql`sum(fp_nmap)`,
  bare: sql`sum(fp_bare)`,
};
const names = Object.keys(PER_SOURCE);

const list = (parts: readonly Sql[]): Sql => joinSql(parts, ', ');

export function scanningSources(where: Sql): Sql {
  // The rows per port say 0 for all of these, so the greatest value is the one of the row per source.
  const shown = names.map((name) => (name === 'bits' ? sql`hex(max(bits))` : trusted(`max(${name})`)));
  const perSource = Object.entries(PER_SOURCE).map(([name, expression]) => sql`${expression} AS ${trusted(name)}`);
  const perPort = names.map((name) => trusted(`toUInt64(0) AS ${name}`));
  return sql`SELECT hex(source) AS source_hex, ${list(shown)}, countIf(port_packets > 0),
      ${busiestPorts(trusted('port_packets'))}, ${busiestPorts(trusted('port_mirai'))}
    FROM (
      SELECT source, toUInt8(0) AS protocol, toUInt16(0) AS port, toUInt64(0) AS port_packets, toUInt64(0) AS port_mirai, ${list(perSource)}
      FROM telescope_minute WHERE ${where} GROUP BY source
      UNION ALL
      SELECT source, protocol, port, sum(packets) AS port_packets, sum(fp_mirai) AS port_mirai, ${list(perPort)}
      FROM telescope_minute WHERE ${where} GROUP BY source, protocol, port)
    GROUP BY source ORDER BY source`;
}

export function toScanningSource(row: Row): ScanningSourceRow {
  const [source, packets, bytes, syn, udp, ping, first, last, minutes, bits, sourcePort, ttlMin, ttlMax, window, ...rest] = row;
  const [mirai, zmap, masscan, nmap, bare, distinctPorts, ports, miraiPorts] = rest;
  return {
    source: toAddressText(source),
    packets: Number(packets),
    bytes: Number(bytes),
    synPackets: Number(syn),
    udpPackets: Number(udp),
    pingPackets: Number(ping),
    firstSeenAt: Number(first),
    lastSeenAt: Number(last),
    minutes: Number(minutes),
    ...estimateTargets(bits),
    ports: toPortCounts(ports),
    distinctPorts: Number(distinctPorts),
    sourcePort: Number(sourcePort),
    ttlMin: Number(ttlMin),
    ttlMax: Number(ttlMax),
    window: Number(window),
    marks: { mirai: Number(mirai), zmap: Number(zmap), masscan: Number(masscan), nmap: Number(nmap), bare: Number(bare) },
    miraiPorts: toPortCounts(miraiPorts),
  };
}
