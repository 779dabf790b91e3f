/**
 * Packets carried whole by UDP: overlay networks, mobile cores, Teredo, mirrored traffic.
 *
 * Counting looks into them, as packet analysers do. Observing does not: to a telescope, a
 * packet to such a port is a probe of that port, whatever is in it.
 */
import { ETHERTYPE } from './numbers.ts';
import { type Packet, STEP } from './packet.ts';
import { TUNNEL_PORTS } from './tunnel-ports.ts';

type Enter = (packet: Packet) => void;

const ENTER: Readonly<Record<(typeof TUNNEL_PORTS)[number], Enter>> = {
  1701: readL2tp,
  2123: readGtp,
  2152: readGtp,
  3386: readGtp,
  3544: readTeredo,
  4341: readLisp,
  4754: (packet) => packet.goOn(STEP.gre, 0),
  4789: (packet) => skipTo(packet, STEP.ethernet, 8),
  4790: readVxlanGpe,
  6081: readGeneve,
  6635: (packet) => packet.goOn(STEP.mpls, 0),
};

const byPort: ReadonlyMap<number, Enter> = new Map(TUNNEL_PORTS.map((port) => [port, ENTER[port]]));

/** The lower port number decides, as it is the service's more often. */
export function tunnelBehind(sourcePort: number, destinationPort: number): Enter | undefined {
  const low = Math.min(sourcePort, destinationPort);
  return byPort.get(low) ?? byPort.get(Math.max(sourcePort, destinationPort));
}

function skipTo(packet: Packet, next: number, skip: number): void {
  if (packet.has(skip)) packet.goOn(next, skip);
}

function readVxlanGpe(packet: Packet): void {
  if (!packet.has(8)) return;
  const inner = packet.byte(3);
  if (inner === 1) packet.goOn(STEP.ipv4, 8);
  else if (inner === 2) packet.goOn(STEP.ipv6, 8);
  else if (inner === 3) packet.goOn(STEP.ethernet, 8);
}

function readGeneve(packet: Packet): void {
  if (!packet.has(8)) return;
  const type = packet.short(2);
  const length = 8 + (packet.byte(0) & 0x3f) * 4;
  const isPacket = type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6 || type === ETHERTYPE.transparentBridging || type === ETHERTYPE.mpls;
  if (packet.has(length) && isPacket) packet.goOnTyped(STEP.ethertype, type, length);
}

/** User data of a mobile core; optional fields, then a chain of extension headers. */
function readGtp(packet: Packet): void {
  if (!packet.has(8)) return;
  const flags = packet.byte(0);
  const isUserData = flags >>> 5 === 1 && packet.byte(1) === 0xff;
  if (!isUserData) return;
  packet.at += 8;
  if ((flags & 7) !== 0) {
    if (!packet.has(4)) return;
    let next = (flags & 4) === 0 ? 0 : packet.byte(3);
    packet.at += 4;
    while (next !== 0) {
      if (!packet.has(1)) return;
      const length = packet.byte(0) * 4;
      if (length === 0 || !packet.has(length)) return;
      packet.at += length;
      next = packet.byte(-1);
    }
  }
  enterByVersion(packet);
}

function enterByVersion(packet: Packet): void {
  if (packet.at >= packet.end) return;
  const version = packet.byte(0) >>> 4;
  if (version === 4) packet.next = STEP.ipv4;
  else if (version === 6) packet.next = STEP.ipv6;
}

/** IPv6 behind an optional authentication and an optional origin header (RFC 4380). */
function readTeredo(packet: Packet): void {
  if (!packet.has(2)) return;
  if (packet.short(0) === 1) {
    if (!packet.has(4)) return;
    const length = 13 + packet.byte(2) + packet.byte(3);
    if (!packet.has(length)) return;
    packet.at += length;
  }
  if (packet.at + 2 <= packet.end && packet.short(0) === 0) {
    if (!packet.has(8)) return;
    packet.at += 8;
  }
  packet.next = STEP.ipv6;
}

function readLisp(packet: Packet): void {
  if (!packet.has(8)) return;
  packet.at += 8;
  enterByVersion(packet);
}

const L2TP = { control: 0x8000, length: 0x4000, sequence: 0x0800, offset: 0x0200 } as const;

function readL2tp(packet: Packet): void {
  if (!packet.has(6)) return;
  const flags = packet.short(0);
  if ((flags & L2TP.control) !== 0 || (flags & 15) !== 2) return;
  let length = 6;
  if ((flags & L2TP.length) !== 0) length += 2;
  if ((flags & L2TP.sequence) !== 0) length += 4;
  if ((flags & L2TP.offset) !== 0) {
    if (!packet.has(length + 2)) return;
    length += 2 + packet.short(length);
  }
  if (packet.has(length)) packet.goOn(STEP.ppp, length);
}
