/**
 * 'scanning-sources': what each source did to one sensor, every class but backscatter.
 *
 * Cells are summed per port first and per source then, so that the busiest ports can be
 * picked inside the engine and a source that tried every port does not send 65 536 rows.
 */
import type { ScanningSourceRow } from '../../../domain/question.ts';
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { Row } from '../engine.ts';
import { type Sql, sql, trusted } from '../sql.ts';
import { busiestPorts, estimateTargets, toAddressText, toPortCounts } from './values.ts';

export const scanningCondition: Sql = sql`class != ${TRAFFIC_CLASS_CODE.backscatter}`;

const inClass = (id: keyof typeof TRAFFIC_CLASS_CODE): Sql => sql`sumIf(packets, class = ${TRAFFIC_CLASS_CODE[id]})`;

export function scanningSources(where: Sql): Sql {
  return sql`SELECT hex(source) AS source_hex,
      sum(port_packets), sum(port_bytes), sum(syn), sum(udp), sum(ping), min(first_at), max(last_at),
      uniqExactMerge(minutes), hex(groupBitOr(bits)), ${busiestPorts(trusted('port_packets'))}, count(),
      argMin(first_source_port, first_at), min(lowest_ttl), max(highest_ttl), argMin(first_window, first_at),
      sum(mirai), sum(zmap), sum(masscan), sum(nmap), sum(bare), ${busiestPorts(trusted('mirai'), trusted('mirai > 0'))}
    FROM (
      SELECT source, protocol, port, sum(packets) AS port_packets, sum(bytes) AS port_bytes,
        ${inClass('tcp-scan')} AS syn, ${inClass('udp-probe')} AS udp, ${inClass('ping')} AS ping,
        min(first_ms) AS first_at, max(last_ms) AS last_at, uniqExactState(minute) AS minutes,
        groupBitOr(target_bits) AS bits, argMin(source_port, first_ms) AS first_source_port,
        min(ttl_min) AS lowest_ttl, max(ttl_max) AS highest_ttl, argMin(window, first_ms) AS first_window,
        sum(fp_mirai) AS mirai, sum(fp_zmap) AS zmap, sum(fp_masscan) AS masscan, sum(fp_nmap) AS nmap, sum(fp_bare) AS bare
      FROM telescope_minute WHERE ${where} GROUP BY source, protocol, port)
    GROUP BY source ORDER BY source`;
}

export function toScanningSource(row: Row): ScanningSourceRow {
  const [source, packets, bytes, syn, udp, ping, first, last, minutes, bits, ports, distinctPorts, ...rest] = row;
  const [sourcePort, ttlMin, ttlMax, window, mirai, zmap, masscan, nmap, bare, miraiPorts] = rest;
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
