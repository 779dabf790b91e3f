/**
 * How much findings may change when a share p of all packets is lost, each by itself.
 *
 * Of n packets Bin(n, 1 − p) are left. A finding rests on packets of its own source and on
 * conditions that fewer packets can only break, so it can be lost, and never appear, and
 * the chance that it is lost is at most the sum of the chances that each of its conditions
 * breaks. All of that is computed from the packets, by limits stated here again and not
 * taken from the detectors; only what class a packet is of is the collector's word. Where a source's packets are of several kinds, so that a lost
 * one could turn a share over, the chance is taken as 1: such a source may do anything.
 */

import { mix } from '../../src/collectors/pcap/address-set.ts';
import { classifyIcmp, classifyTcp, classifyUdp } from '../../src/collectors/pcap/classify.ts';
import { FAMILIES } from '../../src/detectors/families.ts';
import { formatIpv4Number } from '../../src/domain/address.ts';
import { TRAFFIC_CLASS_CODE } from '../../src/domain/traffic-class.ts';
import { binomial, fewerHappen, fewerThan } from './binomial.ts';
import type { CapturedPacket } from './capture-file.ts';
import type { Judged } from './detection.ts';

/** What a packet of a darknet says of its source, or of the victim it answers for. */
interface Seen {
  readonly at: number; // Unix ms
  readonly class: number;
  readonly protocol: number;
  readonly port: number;
  /** One of the 64 bits that count destinations. */
  readonly bit: number;
  readonly marks: readonly ('mirai' | 'zmap' | 'masscan' | 'nmap')[];
}

export type SeenBySource = ReadonlyMap<string, readonly Seen[]>;

const TCP = 6;
const UDP = 17;
const ETHERNET = 14;
const ICMP_UNREACHABLE = 3;
const { backscatter, misconfiguration, other } = TRAFFIC_CLASS_CODE;

/** Ethernet and IPv4 without options, as a generated darknet is. */
export function readSources(packets: readonly CapturedPacket[]): SeenBySource {
  const sources = new Map<string, Seen[]>();
  for (const { second, nanosecond, bytes } of packets) {
    const ip = Buffer.from(bytes.buffer, bytes.byteOffset + ETHERNET, bytes.length - ETHERNET);
    const at = second * 1000 + Math.floor(nanosecond / 1_000_000);
    const { source, ...rest } = readPacket(ip);
    const seen = { at, ...rest };
    const known = sources.get(source);
    if (known) known.push(seen);
    else sources.set(source, [seen]);
  }
  return sources;
}

function readPacket(ip: Buffer): Omit<Seen, 'at'> & { readonly source: string } {
  const [protocol, l4] = [ip[9] ?? 0, ip.subarray(20)];
  const common = { protocol, source: formatIpv4Number(ip.readUInt32BE(12)), bit: mix(ip.readInt32BE(16)) >>> 26, marks: [] };
  if (protocol === TCP || protocol === UDP) {
    const [from, to] = [l4.readUInt16BE(0), l4.readUInt16BE(2)];
    const code = protocol === TCP ? classifyTcp(l4[13] ?? 0) : classifyUdp(from, to);
    const marks = protocol === TCP && code !== backscatter ? marksOf(ip, l4) : [];
    return { ...common, class: code, port: code === backscatter ? from : to, marks };
  }
  if (l4[0] !== ICMP_UNREACHABLE) return { ...common, class: classifyIcmp(l4[0] ?? 0), port: 0 };
  const quoted = l4.subarray(8);
  const victim = { source: formatIpv4Number(quoted.readUInt32BE(16)), protocol: quoted[9] ?? 0, port: quoted.readUInt16BE(22) };
  return { ...common, class: backscatter, ...victim };
}

function marksOf(ip: Buffer, l4: Buffer): Seen['marks'] {
  const [target, id, sequence] = [ip.readUInt32BE(16), ip.readUInt16BE(4), l4.readUInt32BE(4)];
  const options = ((l4[12] ?? 0) >>> 4) * 4 - 20;
  return [
    ...(sequence === target ? (['mirai'] as const) : []),
    ...(id === 54_321 ? (['zmap'] as const) : []),
    ...(id === ((target ^ l4.readUInt16BE(2) ^ sequence) & 0xffff) ? (['masscan'] as const) : []),
    ...(l4.readUInt16BE(14) === 1024 && options === 4 ? (['nmap'] as const) : []),
  ];
}

/** What is asked of the numbers that decide; the defaults of the detectors, said again. */
const ASKED = {
  severe: 3, // packets with the mark of Mirai
  scan: { probes: 20, bits: 9, ports: 10 }, // 9 bits of 64 are an estimate of 10 destinations
  attack: { packets: 25, bits: 5, milliseconds: 60_000 },
} as const;

export interface Fate {
  /** At most so likely is it gone. */
  readonly lost: number;
  /** At most so likely it is still there, but less severe. */
  readonly milder: number;
}

const ANYTHING: Fate = { lost: 1, milder: 1 };

export function fateOf(finding: Judged, sources: SeenBySource, p: number): Fate {
  const all = sources.get(finding.asset) ?? [];
  const answers = all.filter((one) => one.class === backscatter);
  const own = all.filter((one) => one.class !== backscatter);
  if (finding.kind === 'dos-victim') return { lost: attackLost(answers, p), milder: 0 };
  if (finding.kind === 'infected-host') return infectionFate(own, p);
  return finding.kind === 'scanner' ? { lost: scanLost(own, p), milder: 0 } : ANYTHING;
}

/** Every packet is marked or none: a share of 1 stays 1. */
function infectionFate(own: readonly Seen[], p: number): Fate {
  if (own.some(({ marks }) => !marks.includes('mirai'))) return ANYTHING;
  const lost = p ** own.length;
  return { lost, milder: own.length < ASKED.severe ? 0 : fewerThan(ASKED.severe, own.length, 1 - p) - lost };
}

function scanLost(own: readonly Seen[], p: number): number {
  if (!isOfOneKind(own)) return 1;
  const { probes, bits, ports } = ASKED.scan;
  const fewBits = fewerHappen(
    bits,
    survivals(own, ({ bit }) => bit, p),
  );
  const fewPorts = fewerHappen(
    ports,
    survivals(own, ({ protocol, port }) => protocol * 65_536 + port, p),
  );
  return Math.min(1, fewerThan(probes, own.length, 1 - p) + Math.min(fewBits, fewPorts) + turned(own, p));
}

/** The same marks on every packet, and probes only or none. */
function isOfOneKind(seen: readonly Seen[]): boolean {
  const kinds = new Set(seen.map((one) => `${one.marks.join(' ')} ${one.class === other || one.class === misconfiguration}`));
  return kinds.size === 1;
}

/** Ports that make another finding of a source without a mark once they are such a share of its packets. */
const HABITS = [
  { ports: [23, 2323], share: 0.5, least: 10 },
  ...FAMILIES.filter(({ mark }) => mark === 'none').map((family) => ({
    ports: [...family.ports, ...family.alsoPorts],
    share: family.minShare,
    least: family.minPackets,
  })),
];

/** The chance that so few packets to other ports are left that the source looks like another kind. */
function turned(own: readonly Seen[], p: number): number {
  if (own.some(({ marks }) => marks.length > 0)) return 0;
  const chances = HABITS.map(({ ports, share, least }) => {
    const habit = own.filter(({ protocol, port }) => protocol === TCP && ports.includes(port)).length;
    return habit < least ? 0 : reaches(share, habit, own.length - habit, 1 - p);
  });
  return Math.min(
    1,
    chances.reduce((sum, chance) => sum + chance, 0),
  );
}

/** P(what is left of `some` is such a share of what is left of all). */
function reaches(share: number, some: number, others: number, q: number): number {
  let chance = 0;
  for (let k = 0; k <= others; k++) {
    const needed = Math.ceil((share * k) / (1 - share) - 1e-9);
    chance += binomial(others, k, q) * (1 - fewerThan(needed, some, q));
  }
  return chance;
}

/** For every source, the chance that something new is said of it. */
export function newChances(sources: SeenBySource, p: number): number[] {
  return [...sources.values()].map((seen) => {
    const own = seen.filter((one) => one.class !== backscatter);
    const answers = seen.filter((one) => one.class === backscatter);
    const isMixed = (own.length > 0 && !isOfOneKind(own)) || servicesOf(answers) > 1;
    return isMixed ? 1 : turned(own, p);
  });
}

const servicesOf = (answers: readonly Seen[]): number => new Set(answers.map(({ protocol, port }) => protocol * 65_536 + port)).size;

function attackLost(answers: readonly Seen[], p: number): number {
  // The port or the protocol named could be another when they differ.
  if (servicesOf(answers) !== 1) return 1;
  const { packets, bits, milliseconds } = ASKED.attack;
  const times = answers.map(({ at }) => at);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const slack = (last - first - milliseconds) / 2;
  const early = times.filter((at) => at <= first + slack).length;
  const late = times.filter((at) => at >= last - slack).length;
  const short = p ** early + p ** late;
  const fewBits = fewerHappen(
    bits,
    survivals(answers, ({ bit }) => bit, p),
  );
  return Math.min(1, fewerThan(packets, answers.length, 1 - p) + short + fewBits + neverTwo(answers, p));
}

/** At a telescope of this size the busiest minute needs two answers. */
function neverTwo(answers: readonly Seen[], p: number): number {
  const minutes = Map.groupBy(answers, ({ at }) => Math.floor(at / 60_000)).values();
  return [...minutes].reduce((chance, own) => chance * fewerThan(2, own.length, 1 - p), 1);
}

/** Of each value that occurs, how likely one of its packets is left. */
function survivals(packets: readonly Seen[], valueOf: (one: Seen) => number, p: number): number[] {
  return [...Map.groupBy(packets, valueOf).values()].map((own) => 1 - p ** own.length);
}
