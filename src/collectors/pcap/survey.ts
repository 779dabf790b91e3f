/**
 * The counters of `inspect`.
 *
 * They follow what packet analysers count: a header is counted at any depth, so a UDP
 * header quoted by an ICMP error is a UDP packet too. The compiled loop fills them for
 * plain captures of telescopes, the general decoder packet by packet for all others; both
 * give the same counts.
 */
import { AddressSet } from './address-set.ts';
import type { KernelCounts } from './plain-survey/kernel.ts';

export class Survey {
  packets = 0;
  capturedBytes = 0;
  ipv4 = 0;
  ipv6 = 0;
  tcp = 0;
  udp = 0;
  synAck = 0;
  rst = 0;
  mirai = 0;
  zmap = 0;
  masscan = 0;
  malformed = 0;
  firstSecond = -1; // Unix; -1 while no packet had a time
  firstFraction = 0;
  lastSecond = -1;
  lastFraction = 0;
  ticksPerMilli = 1;
  readonly sources: AddressSet = new AddressSet();
  /** Distinct sources, when another table than `sources` has them all. */
  countedSources: number | undefined;
  readonly tcpPorts: Uint32Array = new Uint32Array(65_536);
  readonly udpPorts: Uint32Array = new Uint32Array(65_536);
  readonly synPorts: Uint32Array = new Uint32Array(65_536);
  readonly icmpTypes: Uint32Array = new Uint32Array(256);
  readonly icmpv6Types: Uint32Array = new Uint32Array(256);
  /** Not 0 for every link type that occurs. */
  readonly links: Uint32Array = new Uint32Array(65_536);

  /** What the compiled loop has counted. */
  addCounts(counts: KernelCounts): void {
    this.packets += counts.packets;
    this.capturedBytes += counts.capturedBytes;
    this.ipv4 += counts.plain;
    this.tcp += addAll(this.tcpPorts, counts.tcpPorts);
    this.udp += addAll(this.udpPorts, counts.udpPorts);
    this.synAck += counts.synAck;
    this.rst += counts.rst;
    this.mirai += counts.mirai;
    this.zmap += counts.zmap;
    this.masscan += counts.masscan;
    addAll(this.synPorts, counts.synPorts);
    addAll(this.icmpTypes, counts.icmpTypes);
    if (counts.packets === 0) return;
    this.takeTime(counts.firstSecond, counts.firstFraction);
    this.takeTime(counts.lastSecond, counts.lastFraction);
  }

  takeTime(second: number, ticks: number): void {
    if (second > this.lastSecond || (second === this.lastSecond && ticks > this.lastFraction)) {
      this.lastSecond = second;
      this.lastFraction = ticks;
    }
    if (this.firstSecond < 0 || second < this.firstSecond || (second === this.firstSecond && ticks < this.firstFraction)) {
      this.firstSecond = second;
      this.firstFraction = ticks;
    }
  }

  get sourceCount(): number {
    return this.countedSources ?? this.sources.size;
  }

  get synOnly(): number {
    return this.synPorts.reduce((sum, count) => sum + count, 0);
  }

  /** Unix ms, null when no packet has a time. */
  get firstAt(): number | null {
    return this.lastSecond < 0 ? null : this.firstSecond * 1000 + Math.floor(this.firstFraction / this.ticksPerMilli);
  }

  get lastAt(): number | null {
    return this.lastSecond < 0 ? null : this.lastSecond * 1000 + Math.floor(this.lastFraction / this.ticksPerMilli);
  }

  /** The destination ports with most headers, as `tcp/80`; ties in the order of the text. */
  topPorts(length: number): [name: string, count: number][] {
    const top: [string, number][] = [];
    const offer = (name: string, count: number): void => {
      top.push([name, count]);
      top.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      if (top.length > length) top.pop();
    };
    const collect = (protocol: string, counts: Uint32Array): void => {
      for (let port = 0; port < counts.length; port++) {
        const count = counts[port] as number;
        const least = top.length < length ? 1 : (top[length - 1]?.[1] ?? 1);
        if (count >= least && count > 0) offer(`${protocol}/${port}`, count);
      }
    };
    collect('tcp', this.tcpPorts);
    collect('udp', this.udpPorts);
    return top;
  }
}

/** Adds up table by table; gives the sum of what was added. */
function addAll(sums: Uint32Array, counts: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < sums.length; i++) {
    const count = counts[i] as number;
    if (count === 0) continue;
    sums[i] = (sums[i] as number) + count;
    sum += count;
  }
  return sum;
}
