/**
 * The three detectors over a generated capture whose truth is known. The rows are made here
 * by a parser for just this file, so that a mistake of the collector cannot hide one of ours.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../test/support/shared-data.ts';
import { formatIpv4Number } from '../domain/address.ts';
import type { DetectedFinding } from '../domain/finding.ts';
import type { BackscatterVictimRow, PortCount, ScanningSourceRow, ScanSeries } from '../domain/question.ts';
import backscatter from './backscatter/index.ts';
import infectedHost from './infected-host/index.ts';
import scanner from './scanner/index.ts';

interface Packet {
  readonly at: number;
  readonly source: number;
  readonly target: number;
  readonly protocol: number;
  readonly kind: 'syn' | 'udp' | 'ping' | 'backscatter' | 'other';
  readonly port: number;
  readonly sourcePort: number;
  readonly sequence: number;
  readonly identification: number;
  readonly window: number;
  readonly options: number;
}

const TCP = 6;
const UDP = 17;

/** Ethernet and IPv4 without options, as this file is made. */
function* packetsOf(file: Buffer): Generator<Packet> {
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    const time = file.readUInt32LE(at) * 1000 + Math.floor(file.readUInt32LE(at + 4) / 1000);
    const ip = file.subarray(at + 16 + 14);
    const l4 = ip.subarray(20);
    const isTcp = ip[9] === TCP;
    const base = {
      at: time,
      source: ip.readUInt32BE(12),
      target: ip.readUInt32BE(16),
      protocol: ip[9] ?? 0,
      identification: ip.readUInt16BE(4),
      sequence: isTcp ? l4.readUInt32BE(4) : 0,
      window: isTcp ? l4.readUInt16BE(14) : 0,
      options: isTcp ? ((l4[12] ?? 0) >>> 4) * 4 - 20 : 0,
    };
    if (isTcp || ip[9] === UDP) {
      const kind = !isTcp ? 'udp' : l4[13] === 2 ? 'syn' : 'backscatter';
      const [from, to] = [l4.readUInt16BE(0), l4.readUInt16BE(2)];
      yield { ...base, kind: to === 514 ? 'other' : kind, port: kind === 'backscatter' ? from : to, sourcePort: from };
    } else if (l4[0] === 3) {
      const quoted = l4.subarray(8);
      yield {
        ...base,
        kind: 'backscatter',
        source: quoted.readUInt32BE(16),
        protocol: quoted[9] ?? 0,
        port: quoted.readUInt16BE(22),
        sourcePort: 0,
      };
    } else yield { ...base, kind: l4[0] === 8 ? 'ping' : 'backscatter', port: 0, sourcePort: 0 };
  }
}

function countPorts(packets: readonly Packet[]): PortCount[] {
  const counts = [...Map.groupBy(packets, (packet) => packet.protocol * 65_536 + packet.port).values()].map((group) => ({
    protocol: group[0]?.protocol ?? 0,
    port: group[0]?.port ?? 0,
    packets: group.length,
  }));
  return counts.sort((a, b) => b.packets - a.packets);
}

function common(packets: readonly Packet[]) {
  return {
    source: formatIpv4Number(packets[0]?.source ?? 0),
    packets: packets.length,
    firstSeenAt: packets[0]?.at ?? 0,
    lastSeenAt: packets.at(-1)?.at ?? 0,
    targets: new Set(packets.map((packet) => packet.target)).size,
    areTargetsALowerBound: false,
  };
}

function toScanningSource(packets: readonly Packet[]): ScanningSourceRow {
  const syns = packets.filter((packet) => packet.kind === 'syn');
  const count = (test: (packet: Packet) => boolean): number => syns.filter(test).length;
  const isMirai = (packet: Packet): boolean => packet.sequence === packet.target;
  const ports = countPorts(packets);
  return {
    ...common(packets),
    bytes: 0,
    synPackets: syns.length,
    udpPackets: packets.filter((packet) => packet.kind === 'udp').length,
    pingPackets: packets.filter((packet) => packet.kind === 'ping').length,
    minutes: new Set(packets.map((packet) => Math.floor(packet.at / 60_000))).size,
    ports: ports.slice(0, 64),
    distinctPorts: ports.length,
    sourcePort: packets[0]?.sourcePort ?? 0,
    ttlMin: 64,
    ttlMax: 64,
    window: packets[0]?.window ?? 0,
    marks: {
      mirai: count(isMirai),
      zmap: count((packet) => packet.identification === 54_321),
      masscan: count((packet) => packet.identification === ((packet.target ^ packet.port ^ packet.sequence) & 0xffff)),
      nmap: count((packet) => packet.window === 1024 && packet.options === 4),
      bare: count((packet) => packet.options === 0),
    },
    miraiPorts: countPorts(syns.filter(isMirai)),
    scans: toSeries(packets.filter((packet) => packet.kind !== 'other' && !isMirai(packet))),
  };
}

/** A bit per destination is enough here; which bit does not matter. */
function toSeries(packets: readonly Packet[]): ScanSeries[] {
  const perPort = Map.groupBy(packets, (packet) => packet.protocol * 65_536 + packet.port);
  return [...perPort.values()].map((group) => ({
    protocol: group[0]?.protocol ?? 0,
    port: group[0]?.port ?? 0,
    cells: group.map((packet) => {
      const bit = Math.imul(packet.target, 0x9e37_79b1) >>> 26;
      return {
        minute: Math.floor(packet.at / 60_000) * 60,
        packets: 1,
        targetsHigh: bit >= 32 ? 1 << (bit - 32) : 0,
        targetsLow: bit < 32 ? 1 << bit : 0,
      };
    }),
  }));
}

function toVictim(packets: readonly Packet[]): BackscatterVictimRow {
  const perMinute = Map.groupBy(packets, (packet) => Math.floor(packet.at / 60_000) * 60);
  const minutes = [...perMinute.keys()].sort((a, b) => a - b);
  return {
    ...common(packets),
    services: countPorts(packets).slice(0, 64),
    minutes: minutes.map((minute) => {
      const own = perMinute.get(minute) ?? [];
      const services = countPorts(own);
      return {
        minute,
        packets: own.length,
        firstAt: own[0]?.at ?? 0,
        lastAt: own.at(-1)?.at ?? 0,
        services: services.slice(0, 4),
        distinctServices: services.length,
      };
    }),
  };
}

const addresses = (findings: readonly DetectedFinding[]): string[] => findings.map((finding) => finding.asset.value).sort();

describe.skipIf(!hasSharedData)('the synthetic darknet', () => {
  let truth: { sources: Record<string, string[]> };
  let hosts: readonly DetectedFinding[];
  let scanners: readonly DetectedFinding[];
  let victims: readonly DetectedFinding[];
  let packetsOfSource: Map<string, number>;

  beforeAll(() => {
    truth = JSON.parse(readFileSync(sharedData('telemetry', 'darknet-synthetic', 'darknet_seed1.truth.json'), 'utf8')) as typeof truth;
    const packets = [...packetsOf(readFileSync(sharedData('telemetry', 'darknet-synthetic', 'darknet_seed1.pcap')))];
    const group = (isBackscatter: boolean): Packet[][] => [
      ...Map.groupBy(
        packets.filter((packet) => (packet.kind === 'backscatter') === isBackscatter),
        (packet) => packet.source,
      ).values(),
    ];
    const from = Date.UTC(2025, 0, 1);
    const context = {
      tenant: 'main',
      sensor: { id: 'synthetic', title: 'Synthetic', addresses: 65_536 },
      bucket: 'telescope:synthetic:2025-01-01',
      from,
      to: from + 86_400_000,
    };
    const rows = group(false).map(toScanningSource);
    packetsOfSource = new Map(rows.map((row) => [row.source, row.packets]));
    hosts = rows.flatMap((row) => infectedHost.judge(row, infectedHost.settings.parse({}), context));
    scanners = rows.flatMap((row) => scanner.judge(row, scanner.settings.parse({}), context));
    victims = group(true)
      .map(toVictim)
      .flatMap((row) => backscatter.judge(row, backscatter.settings.parse({}), context));
  });

  const hasSent = (packets: number) => (source: string) => (packetsOfSource.get(source) ?? 0) >= packets;
  const ofTool = (tool: string): string[] => addresses(scanners.filter((finding) => finding.identifier === tool));
  const ofFlood = (flood: string): string[] => addresses(victims.filter((finding) => finding.identifier === flood));
  const planted = (...classes: string[]): string[] => classes.flatMap((one) => truth.sources[one] ?? []).sort();

  it('shows every planted Mirai source and no other, severe from three packets on', () => {
    expect(addresses(hosts.filter((finding) => finding.identifier === 'mirai'))).toEqual(planted('mirai'));
    const severe = hosts.filter((finding) => finding.severity === 'high');
    const enough = planted('mirai').filter(hasSent(3));
    expect(addresses(severe)).toEqual(enough);
    expect(enough).toHaveLength(669);
    expect(hosts.filter((finding) => finding.kind === 'telnet-scanner')).toEqual([]); // none is planted
  });

  it('names the tool of every planted tool user that sent enough', () => {
    expect(ofTool('masscan')).toEqual(planted('masscan').filter(hasSent(20)));
    expect(ofTool('zmap')).toEqual(planted('zmap').filter(hasSent(20)));
    expect(ofTool('nmap').filter((source) => !planted('synscan', 'vertical').includes(source))).toEqual([]);
    expect(ofTool('nmap')).toEqual(expect.arrayContaining(planted('vertical')));
  });

  it('takes every scanner that sent enough, and nothing planted as misconfiguration or Mirai', () => {
    const enough = planted('zmap', 'masscan', 'synscan', 'udp', 'ping', 'vertical', 'emerging').filter(hasSent(20));
    expect(addresses(scanners)).toEqual(enough);
  });

  it('shows every flood of at least 25 answers and no other', () => {
    const floods = planted('bs_synack', 'bs_rst', 'bs_icmp', 'bs_echo');
    const missed = floods.filter((source) => !addresses(victims).includes(source));
    expect(addresses(victims).filter((source) => !floods.includes(source))).toEqual([]);
    expect(missed.sort()).toEqual(['200.252.207.206', '92.31.233.191']); // 16 and 24 answers in an hour
    expect(ofFlood('icmp-flood')).toEqual(planted('bs_echo'));
    expect(ofFlood('syn-flood')).toEqual(planted('bs_synack', 'bs_rst', 'bs_icmp').filter((source) => !missed.includes(source)));
  });
});
