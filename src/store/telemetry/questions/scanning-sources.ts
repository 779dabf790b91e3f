/**
 * 'scanning-sources': what each source did to one sensor, every class but backscatter.
 *
 * Cells are summed twice, per source and per source and port, and the two are laid side
 * by side: so the busiest ports are picked inside the engine, and nothing that must be
 * counted per source (its minutes) is kept once per port of a source that tried them all.
 *
 * Minutes of probes come for the busiest ports only, and only of sources that could be
 * scanning; those of the time before the period are a third part, which counts nothing.
 */
import type { ScanCell, ScanningSourceRow, ScanSeries } from '../../../domain/question.ts';
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

/** An empty array of the same type as `CELLS`. */
const NO_CELLS = trusted('arrayFilter(cell -> 0, [(toUInt32(0), toUInt32(0), toUInt32(0), toUInt32(0))])');

/** Probes from which a source's minutes are wanted; a detector that asks for fewer judges without them. */
const LEAST_PROBES = 10;
const MOST_SERIES = 16;

/** The minutes of probes; those with the Mirai mark are no scanner's. */
const CELLS = sql`groupArrayIf((toUInt32(minute), packets, toUInt32(bitShiftRight(target_bits, 32)), toUInt32(bitAnd(target_bits, 4294967295))),
  class IN ${(['tcp-scan', 'udp-probe', 'ping'] as const).map((id) => TRAFFIC_CLASS_CODE[id])} AND fp_mirai = 0)`;

/** `before` asks for the time that leads to the period; absent: series begin with it. */
export function scanningSources(where: Sql, before?: Sql): Sql {
  // The rows per port say 0 for all of these, so the greatest value is the one of the row per source.
  const shown = names.map((name) => (name === 'bits' ? sql`hex(max(bits))` : trusted(`max(${name})`)));
  const perSource = Object.entries(PER_SOURCE).map(([name, expression]) => sql`${expression} AS ${trusted(name)}`);
  const zeros = list(names.map((name) => trusted(`toUInt64(0) AS ${name}`)));
  const earlier =
    before &&
    sql`UNION ALL
      SELECT source, protocol, port, toUInt64(0) AS port_packets, toUInt64(0) AS port_mirai, toUInt8(1) AS is_before, ${CELLS} AS cells, ${zeros}
      FROM telescope_minute WHERE ${before} GROUP BY source, protocol, port`;
  return sql`SELECT hex(source) AS source_hex, ${list(shown)}, countIf(port_packets > 0),
      ${busiestPorts(trusted('port_packets'))}, ${busiestPorts(trusted('port_mirai'))},
      arraySlice(arrayReverseSort(groupArrayIf((port_packets, protocol, port, cells), length(cells) > 0 AND is_before = 0)), 1,
        if(max(all_packets) + sum(is_before * length(cells)) >= ${LEAST_PROBES}, ${MOST_SERIES}, 0)),
      groupArrayIf((protocol, port, cells), length(cells) > 0 AND is_before = 1)
    FROM (
      SELECT source, toUInt8(0) AS protocol, toUInt16(0) AS port, toUInt64(0) AS port_packets, toUInt64(0) AS port_mirai, toUInt8(0) AS is_before,
        ${NO_CELLS} AS cells, ${list(perSource)}
      FROM telescope_minute WHERE ${where} GROUP BY source
      UNION ALL
      SELECT source, protocol, port, sum(packets) AS port_packets, sum(fp_mirai) AS port_mirai, toUInt8(0) AS is_before, ${CELLS} AS cells, ${zeros}
      FROM telescope_minute WHERE ${where} GROUP BY source, protocol, port
      ${earlier ?? sql``})
    GROUP BY source HAVING max(all_packets) > 0 ORDER BY source`;
}

export function toScanningSource(row: Row): ScanningSourceRow {
  const [source, packets, bytes, syn, udp, ping, first, last, minutes, bits, sourcePort, ttlMin, ttlMax, window, ...rest] = row;
  const [mirai, zmap, masscan, nmap, bare, distinctPorts, ports, miraiPorts, scans, before] = rest;
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
    scans: toSeries(scans as readonly SeriesValue[], before as readonly BeforeValue[]),
  };
}

type CellValue = readonly [minute: number, packets: number, high: number, low: number];
type SeriesValue = readonly [packets: unknown, protocol: number, port: number, cells: readonly CellValue[]];
type BeforeValue = readonly [protocol: number, port: number, cells: readonly CellValue[]];

function toSeries(scans: readonly SeriesValue[], before: readonly BeforeValue[]): ScanSeries[] {
  return scans.map(([, protocol, port, cells]) => {
    const earlier = before.find((one) => one[0] === protocol && one[1] === port)?.[2] ?? [];
    return { protocol, port, cells: [...earlier, ...cells].map(toCell) };
  });
}

const toCell = ([minute, packets, targetsHigh, targetsLow]: CellValue): ScanCell => ({ minute, packets, targetsHigh, targetsLow });
