/**
 * IPv4, IPv6 with its extension headers, fragments, and what can stand behind an IP header.
 */
import { ETHERTYPE, PROTOCOL } from './numbers.ts';
import { type Packet, STEP } from './packet.ts';
import { readIcmp, readIcmpv6, readTcp, readUdp } from './transport-layer.ts';

const MORE_FRAGMENTS = 0x2000;

export function readIpv4(packet: Packet): void {
  if (!packet.has(1)) return;
  const { at } = packet;
  const first = packet.byte(0);
  if (first >>> 4 === 6) {
    packet.next = STEP.ipv6;
    return;
  }
  const headerLength = (first & 15) * 4;
  if (first >>> 4 !== 4 || headerLength < 20 || !packet.has(4)) return;
  const total = packet.short(2);
  // Zero: the length was left to segmentation in the network card.
  if (total < headerLength && total !== 0) return;
  const bytes = total === 0 ? packet.statedEnd - at : total;
  const isWhole = at + bytes <= packet.end;
  packet.endAt(at + bytes);
  if (!packet.has(16)) return;
  if (packet.ipv4Layers++ === 0) packet.firstIpv4Source = packet.word(12);
  if (!packet.has(20)) return;
  noteIpv4(packet, bytes);
  if (!packet.has(headerLength)) return;
  const fragment = packet.short(6);
  const protocol = packet.byte(9);
  packet.at += headerLength;
  packet.isFragment = false;
  if ((fragment & 0x3fff) === 0) enterPayload(packet, protocol);
  else {
    const key = packet.fragments ? `${protocol}|${keyOf(packet, at + 4, 2)}` : '';
    enterFragment(packet, protocol, (fragment & 0x1fff) * 8, (fragment & MORE_FRAGMENTS) !== 0, isWhole, key);
  }
}

function noteIpv4(packet: Packet, bytes: number): void {
  if (packet.ipv4Layers === 1) {
    packet.firstIpv4Destination = packet.word(16);
    packet.firstIpv4Id = packet.short(4);
  }
  noteAddresses(packet, 4, packet.at + 12, packet.at + 16, packet.byte(9));
  if (!packet.isObserving) return;
  packet.ttl = packet.byte(8);
  packet.ipId = packet.short(4);
  packet.ipBytes = bytes;
}

function noteAddresses(packet: Packet, family: 4 | 6, sourceAt: number, destinationAt: number, protocol: number): void {
  packet.addressesAt = sourceAt;
  packet.addressesLength = family === 4 ? 8 : 32;
  if (packet.isInError && packet.quotedFamily === 0) {
    packet.quotedFamily = family;
    packet.quotedSourceAt = sourceAt;
    packet.quotedDestinationAt = destinationAt;
    packet.quotedProtocol = protocol;
  } else if (packet.isObserving) {
    packet.family = family;
    packet.sourceAt = sourceAt;
    packet.destinationAt = destinationAt;
    packet.protocol = protocol;
    packet.isLaterFragment = false;
    packet.transportLength = 0;
  }
}

export function readIpv6(packet: Packet): void {
  if (!packet.has(1)) return;
  const { at } = packet;
  if (packet.byte(0) >>> 4 !== 6) {
    if (!packet.isInError) packet.isMalformed = true;
    return;
  }
  if (packet.statedEnd - at < 40) packet.isMalformed = true;
  if (!packet.has(24)) return;
  packet.ipv6Layers++;
  if (!packet.has(40)) return;
  const length = packet.short(4);
  const protocol = packet.byte(6);
  noteAddresses(packet, 6, at + 8, at + 24, protocol);
  if (packet.isObserving) {
    packet.ttl = packet.byte(7);
    packet.ipId = 0;
    packet.ipBytes = 40 + length;
  }
  packet.at += 40;
  // Jumbograms state no length here but in a hop-by-hop option.
  if (length !== 0 || protocol !== PROTOCOL.hopByHop) packet.endAt(packet.at + length);
  enterPayload(packet, protocol, true);
}

/** What follows a header. IPv6 insists on it; behind an IPv4 header there may be nothing. */
function enterPayload(packet: Packet, protocol: number, isRequired = false): void {
  if (packet.isObserving) {
    packet.protocol = protocol;
    packet.transportAt = packet.at;
    packet.transportLength = Math.max(0, packet.end - packet.at);
  }
  if (isRequired || packet.statedEnd > packet.at) packet.goOnTyped(STEP.protocol, protocol, 0);
}

/**
 * A piece of a datagram. Where pieces are put together, the headers count when the last
 * one has come; otherwise the first piece speaks for the datagram.
 */
function enterFragment(packet: Packet, protocol: number, offset: number, hasMore: boolean, isWhole: boolean, key: string): void {
  packet.isFragment = true;
  if (packet.isObserving) packet.isLaterFragment = offset > 0;
  const isComplete = isWhole && packet.statedEnd > packet.at;
  if (!packet.fragments || !isComplete) {
    if (offset === 0) enterPayload(packet, protocol);
    return;
  }
  const { view, at, end } = packet;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, end - at);
  const whole = packet.fragments.add({ key, offset, length: end - at, isLast: !hasMore, bytes });
  if (!whole) return;
  packet.view = whole.head;
  packet.addressesAt = -1;
  packet.at = 0;
  packet.end = whole.head.byteLength;
  packet.statedEnd = whole.total;
  packet.isFragment = false;
  packet.goOnTyped(STEP.protocol, protocol, 0);
}

/** The addresses and the identification of a datagram. */
function keyOf(packet: Packet, idAt: number, idLength: number): string {
  const { view, addressesAt, addressesLength } = packet;
  const text = (at: number, length: number): string => String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, length));
  return text(idAt, idLength) + (addressesAt < 0 ? '' : text(addressesAt, addressesLength));
}

export function readProtocol(packet: Packet): void {
  switch (packet.type) {
    case PROTOCOL.tcp:
      readTcp(packet);
      break;
    case PROTOCOL.udp:
      readUdp(packet, false);
      break;
    case PROTOCOL.udpLite:
      readUdp(packet, true);
      break;
    case PROTOCOL.icmp:
      readIcmp(packet);
      break;
    case PROTOCOL.icmpv6:
      readIcmpv6(packet);
      break;
    case PROTOCOL.ipv4:
      packet.next = STEP.ipv4;
      break;
    case PROTOCOL.ipv6:
      packet.next = STEP.ipv6;
      break;
    case PROTOCOL.gre:
      packet.next = STEP.gre;
      break;
    case PROTOCOL.mplsInIp:
      packet.next = STEP.mpls;
      break;
    case PROTOCOL.etherIp:
      if (packet.has(2)) packet.goOn(STEP.ethernet, 2);
      break;
    case PROTOCOL.hopByHop:
    case PROTOCOL.routing:
    case PROTOCOL.destinationOptions:
    case PROTOCOL.shim6:
      readExtension(packet);
      break;
    case PROTOCOL.fragment:
      readFragment(packet);
      break;
    case PROTOCOL.authentication:
      readAuthentication(packet);
      break;
    case PROTOCOL.mobility:
      if (packet.has(8)) packet.has((packet.byte(1) + 1) * 8);
      break;
    case PROTOCOL.hip:
      packet.has(40);
      break;
    default:
      break;
  }
}

function readExtension(packet: Packet): void {
  if (!packet.has(8)) return;
  const protocol = packet.byte(0);
  const length = (packet.byte(1) + 1) * 8;
  if (!packet.has(length)) return;
  packet.at += length;
  enterPayload(packet, protocol, true);
}

function readFragment(packet: Packet): void {
  if (!packet.has(8)) return;
  const protocol = packet.byte(0);
  const fragment = packet.short(2);
  const idAt = packet.at + 4;
  packet.at += 8;
  const offset = fragment & 0xfff8;
  const hasMore = (fragment & 1) === 1;
  if (offset === 0 && !hasMore) {
    enterPayload(packet, protocol, true);
    return;
  }
  const isWhole = packet.end === packet.statedEnd;
  // A first piece cut by the snap length says nothing where pieces are put together.
  if (packet.fragments && !isWhole) return;
  const key = packet.fragments ? keyOf(packet, idAt, 4) : '';
  enterFragment(packet, protocol, offset, hasMore, isWhole, key);
}

function readAuthentication(packet: Packet): void {
  if (!packet.has(12)) return;
  const protocol = packet.byte(0);
  const length = (packet.byte(1) + 2) * 4;
  if (!packet.has(length)) return;
  packet.at += length;
  enterPayload(packet, protocol, true);
}

const GRE = { checksum: 0x8000, routing: 0x4000, key: 0x2000, sequence: 0x1000, acknowledgement: 0x0080 } as const;

export function readGre(packet: Packet): void {
  if (!packet.has(4)) return;
  const flags = packet.short(0);
  const type = packet.short(2);
  let length = 4;
  if ((flags & (GRE.checksum | GRE.routing)) !== 0) length += 4;
  if ((flags & GRE.key) !== 0) length += 4;
  if ((flags & GRE.sequence) !== 0) length += 4;
  if ((flags & GRE.acknowledgement) !== 0 && type === ETHERTYPE.ppp) length += 4;
  if (!packet.has(length)) return;
  packet.at += length;
  if ((flags & GRE.routing) !== 0 && !skipSourceRoutes(packet)) return;
  if (packet.at < packet.statedEnd) enterGrePayload(packet, type, (flags & GRE.sequence) !== 0);
}

/** Source route entries until the empty one that ends them (RFC 1701). */
function skipSourceRoutes(packet: Packet): boolean {
  for (;;) {
    if (!packet.has(4)) return false;
    const family = packet.short(0);
    const length = packet.byte(3);
    packet.at += 4;
    if (family === 0 && length === 0) return true;
    if (!packet.has(length)) return false;
    packet.at += length;
  }
}

function enterGrePayload(packet: Packet, type: number, hasSequence: boolean): void {
  switch (type) {
    case ETHERTYPE.ipv4:
    case ETHERTYPE.ipv6:
    case ETHERTYPE.mpls:
    case ETHERTYPE.mplsMulticast:
    case ETHERTYPE.ppp:
    case ETHERTYPE.transparentBridging:
      packet.goOnTyped(STEP.ethertype, type, 0);
      break;
    case ETHERTYPE.wccp:
      // Version 2 puts four bytes of its own before the packet.
      if (packet.has(1)) packet.goOn(STEP.ipv4, packet.byte(0) >>> 4 === 4 ? 0 : 4);
      break;
    case ETHERTYPE.erspan2:
      // Without sequence numbers it is the first version, which has no header.
      if (hasSequence) readErspan(packet);
      else packet.next = STEP.ethernet;
      break;
    case ETHERTYPE.erspan3:
      readErspan(packet);
      break;
    default:
      break;
  }
}

/** A mirrored frame behind eight bytes (type II) or twelve and perhaps eight more (type III). */
function readErspan(packet: Packet): void {
  if (!packet.has(4)) return;
  const version = packet.byte(0) >>> 4;
  if (version === 1 && packet.has(8)) packet.goOn(STEP.ethernet, 8);
  if (version !== 2 || !packet.has(12)) return;
  const flags = packet.short(10);
  const isEthernet = ((flags >>> 10) & 31) === 0;
  const length = (flags & 1) === 1 ? 20 : 12;
  if (isEthernet && packet.has(length)) packet.goOn(STEP.ethernet, length);
}
