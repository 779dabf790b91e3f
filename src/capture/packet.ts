/**
 * One packet while its headers are walked: where the walk stands and what it has found.
 *
 * The layers are functions over this one object, which is used again for every packet,
 * so that walking allocates nothing. Every read is preceded by `has`, which also tells
 * the two ways of missing bytes apart: a packet cut by the snap length simply ends (no
 * fault), one whose own lengths promise less than its headers need is malformed. Within
 * an ICMP error the quoted packet is cut by design, so there it is no fault either.
 */
import type { Fragments } from './fragments.ts';

/** What the walk looks at next. */
export const STEP = {
  done: 0,
  ethernet: 1,
  ethertype: 2, // by `type`
  ipv4: 3,
  ipv6: 4,
  protocol: 5, // by `type`
  ppp: 6,
  mpls: 7,
  llc: 8,
  link: 9, // by `type`
  gre: 10,
} as const;

const MOST_PORTS = 32;
/** Set on the port of a UDP header in `ports`. */
export const IS_UDP = 0x1_0000;

export class Packet {
  view: DataView = new DataView(new ArrayBuffer(0));

  // What the packet contains, at any depth; the first of a kind wins.
  ipv4Layers = 0;
  ipv6Layers = 0;
  firstIpv4Source = 0;
  firstIpv4Destination = 0;
  firstIpv4Id = 0;
  tcpLayers = 0;
  udpLayers = 0;
  /** Flags and sequence number of the first complete TCP header; -1 without one. */
  tcpFlags = -1;
  tcpSequence = 0;
  tcpDestinationPort = 0;
  icmpType = -1;
  icmpv6Type = -1;
  isMalformed = false;
  isKnownLink = true;
  portCount = 0;
  /** Destination ports of all TCP and UDP headers. */
  readonly ports: Uint32Array = new Uint32Array(MOST_PORTS);

  // The observation: the innermost packet that is neither quoted nor carried by UDP.
  family = 0; // 4, 6 or 0
  sourceAt = 0;
  destinationAt = 0;
  protocol = 0;
  ttl = 0;
  ipId = 0;
  ipBytes = 0;
  isLaterFragment = false;
  /** Where its transport header starts, and how many bytes of it are present. */
  transportAt = 0;
  transportLength = 0;

  // What an ICMP error quotes.
  quotedFamily = 0;
  quotedSourceAt = 0;
  quotedDestinationAt = 0;
  quotedProtocol = 0;
  quotedPort = 0;

  // Where the walk stands.
  next: number = STEP.done;
  type = 0;
  at = 0;
  /** End of the bytes present, and end of the bytes the packet says it has. */
  end = 0;
  statedEnd = 0;
  isInError = false;
  isInUdp = false;
  isFragment = false;
  /** Addresses of the latest IP header, as bytes of `view`; -1 when that header is no longer in it. */
  addressesAt = -1;
  addressesLength = 0;
  /** With it, datagrams are put together and counted once, and packets carried by UDP are counted too. */
  readonly fragments: Fragments | undefined;

  constructor(fragments: Fragments | undefined) {
    this.fragments = fragments;
  }

  /** Starts anew with another packet. */
  restart(view: DataView, start: number, captured: number, stated: number): void {
    this.view = view;
    this.ipv4Layers = 0;
    this.ipv6Layers = 0;
    this.firstIpv4Source = 0;
    this.firstIpv4Destination = 0;
    this.firstIpv4Id = 0;
    this.tcpLayers = 0;
    this.udpLayers = 0;
    this.tcpFlags = -1;
    this.tcpSequence = 0;
    this.tcpDestinationPort = 0;
    this.icmpType = -1;
    this.icmpv6Type = -1;
    this.isMalformed = false;
    this.isKnownLink = true;
    this.portCount = 0;
    this.family = 0;
    this.protocol = 0;
    this.ipId = 0;
    this.isLaterFragment = false;
    this.transportLength = 0;
    this.quotedFamily = 0;
    this.quotedProtocol = 0;
    this.quotedPort = 0;
    this.next = STEP.done;
    this.at = start;
    this.end = start + captured;
    this.statedEnd = start + Math.max(stated, captured);
    this.isInError = false;
    this.isInUdp = false;
    this.isFragment = false;
    this.addressesAt = -1;
  }

  /** True when `length` bytes are present; otherwise the packet ends here, by the snap length or by its own fault. */
  has(length: number): boolean {
    const to = this.at + length;
    if (to <= this.end) return true;
    // With the end cut off nobody can say what the packet lacked.
    if (this.end >= this.statedEnd && !this.isInError && !this.isFragment) this.isMalformed = true;
    this.next = STEP.done;
    return false;
  }

  goOn(next: number, skip: number): void {
    this.at += skip;
    this.next = next;
  }

  goOnTyped(next: number, type: number, skip: number): void {
    this.type = type;
    this.goOn(next, skip);
  }

  /** Nothing behind this offset belongs to what is inside. */
  endAt(stated: number): void {
    if (stated < this.statedEnd) this.statedEnd = stated;
    if (this.end > this.statedEnd) this.end = this.statedEnd;
  }

  byte(offset: number): number {
    return this.view.getUint8(this.at + offset);
  }

  short(offset: number): number {
    return this.view.getUint16(this.at + offset);
  }

  word(offset: number): number {
    return this.view.getUint32(this.at + offset);
  }

  /** True while the walk is in the packet that becomes the observation. */
  get isObserving(): boolean {
    return !this.isInError && !this.isInUdp;
  }

  get isInIpv6(): boolean {
    return this.addressesLength === 32;
  }

  notePort(port: number): void {
    if (this.portCount < MOST_PORTS) this.ports[this.portCount++] = port;
    if (this.isInError && this.quotedPort === 0) this.quotedPort = port & 0xffff;
  }
}
