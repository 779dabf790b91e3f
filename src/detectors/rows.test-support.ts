/** Builders of question rows for tests: a test names only what it is about. */
import type { AnswerMinute, BackscatterVictimRow, PortCount, ScanningSourceRow } from '../domain/question.ts';
import type { JudgeContext } from '../engine/modules.ts';

export const START: number = Date.UTC(2026, 5, 3, 18, 2);
const DAY = Date.UTC(2026, 5, 3);

export const NO_MARKS: ScanningSourceRow['marks'] = { mirai: 0, zmap: 0, masscan: 0, nmap: 0, bare: 0 };

export const tcp = (port: number, packets: number): PortCount => ({ protocol: 6, port, packets });
export const udp = (port: number, packets: number): PortCount => ({ protocol: 17, port, packets });
export const icmp = (packets: number): PortCount => ({ protocol: 1, port: 0, packets });

/** A source from its ports: counts follow from them unless given. */
export function scanningSource(ports: readonly PortCount[], given: Partial<ScanningSourceRow> = {}): ScanningSourceRow {
  const sum = (protocol: number): number => ports.filter((one) => one.protocol === protocol).reduce((total, one) => total + one.packets, 0);
  const packets = sum(6) + sum(17) + sum(1);
  return {
    source: '192.0.2.7',
    packets,
    bytes: 40 * packets,
    synPackets: sum(6),
    udpPackets: sum(17),
    pingPackets: sum(1),
    firstSeenAt: START,
    lastSeenAt: START + 279 * 60_000,
    minutes: Math.min(packets, 280),
    targets: packets,
    areTargetsALowerBound: false,
    ports,
    distinctPorts: ports.length,
    sourcePort: 40_000,
    ttlMin: 50,
    ttlMax: 50,
    window: 5840,
    marks: NO_MARKS,
    miraiPorts: [],
    scans: [],
    ...given,
  };
}

/** A source whose packets to these ports all carry the Mirai mark, beside others that do not. */
export function miraiSource(marked: readonly PortCount[], others: readonly PortCount[] = [], given: Partial<ScanningSourceRow> = {}) {
  const mirai = marked.reduce((sum, { packets }) => sum + packets, 0);
  return scanningSource([...marked, ...others], { marks: { ...NO_MARKS, mirai, bare: mirai }, miraiPorts: marked, ...given });
}

/** A victim from its answers per minute, minutes counted from START. */
export function victim(
  perMinute: Readonly<Record<number, number>>,
  given: Partial<BackscatterVictimRow> & { service?: PortCount } = {},
): BackscatterVictimRow {
  const offsets = Object.keys(perMinute).map(Number);
  const counts = Object.values(perMinute);
  const packets = counts.reduce((sum, count) => sum + count, 0);
  const { service = tcp(443, packets), ...row } = given;
  const lastSeenAt = row.lastSeenAt ?? START + (offsets.at(-1) ?? 0) * 60_000 + 59_000;
  return {
    source: '198.51.100.9',
    packets,
    firstSeenAt: START + (offsets[0] ?? 0) * 60_000,
    lastSeenAt,
    targets: packets,
    areTargetsALowerBound: false,
    services: [service],
    minutes: offsets.map((offset, i) => minuteOf(offset, counts[i] ?? 0, row.services ?? [service], lastSeenAt)),
    ...row,
  };
}

/** Answers spread over the whole minute. */
function minuteOf(offset: number, packets: number, services: readonly PortCount[], lastSeenAt: number): AnswerMinute {
  const firstAt = START + offset * 60_000;
  const all = services.reduce((sum, service) => sum + service.packets, 0);
  const own = services.map((service) => ({ ...service, packets: Math.round((service.packets * packets) / all) }));
  return {
    minute: firstAt / 1000,
    packets,
    firstAt,
    lastAt: Math.min(firstAt + 59_000, lastSeenAt),
    services: own,
    distinctServices: own.length,
  };
}

export function judgeContext(addresses: number | null = 65_536): JudgeContext {
  return {
    tenant: 'main',
    sensor: { id: 'roof', title: 'Roof', addresses },
    bucket: 'telescope:roof:2026-06-03',
    from: DAY,
    to: DAY + 86_400_000,
  };
}
