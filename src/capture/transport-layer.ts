/**
 * TCP, UDP and ICMP, and the packets they carry or quote.
 */
import { ICMPV6, isIcmpError, isIcmpv6Error } from './numbers.ts';
import { IS_UDP, type Packet, STEP } from './packet.ts';
import { tunnelBehind } from './tunnels.ts';

export function readTcp(packet: Packet): void {
  if (!packet.has(4)) return;
  const port = packet.short(2);
  packet.tcpLayers++;
  packet.notePort(port);
  if (!packet.has(16)) return;
  const headerLength = (packet.byte(12) >>> 4) * 4;
  if (headerLength < 20) return;
  if (packet.tcpFlags < 0) {
    packet.tcpFlags = packet.byte(13);
    packet.tcpSequence = packet.word(4);
    packet.tcpDestinationPort = port;
  }
  packet.has(headerLength);
}

/** `isLite`: the length field says how much the checksum covers, 0 for all (RFC 3828). */
export function readUdp(packet: Packet, isLite: boolean): void {
  if (!packet.has(4)) return;
  const sourcePort = packet.short(0);
  const port = packet.short(2);
  packet.udpLayers++;
  packet.notePort(port | IS_UDP);
  if (!packet.has(6)) return;
  const length = packet.short(4);
  const mayBeLonger = packet.isInError || packet.isFragment;
  const mayBeZero = isLite || packet.isInIpv6;
  if (length < 8 && !(mayBeZero && length === 0)) packet.isMalformed = true;
  else if (packet.at + length > packet.statedEnd && !mayBeLonger) packet.isMalformed = true;
  if (length < 8 || !packet.has(8) || isLite || !packet.fragments) return;
  packet.endAt(packet.at + length);
  packet.at += 8;
  const enter = tunnelBehind(sourcePort, port);
  if (!enter || packet.at >= packet.statedEnd) return;
  packet.isInUdp = true;
  enter(packet);
}

export function readIcmp(packet: Packet): void {
  if (!packet.has(6)) return;
  const type = packet.byte(0);
  if (packet.icmpType < 0) packet.icmpType = type;
  if (packet.has(8) && isIcmpError(type)) enterQuoted(packet, STEP.ipv4);
}

export function readIcmpv6(packet: Packet): void {
  if (!packet.has(4)) return;
  const type = packet.byte(0);
  if (packet.icmpv6Type < 0) packet.icmpv6Type = type;
  if (isIcmpv6Error(type)) {
    if (packet.has(9)) enterQuoted(packet, STEP.ipv6);
  } else if (type === ICMPV6.echo || type === ICMPV6.echoReply) packet.has(8);
  else checkNeighbourOptions(packet, type);
}

/** Where the options of neighbour discovery messages begin. */
const OPTIONS_AT: ReadonlyMap<number, number> = new Map([
  [133, 8], // router solicitation
  [134, 16], // router advertisement
  [135, 24], // neighbour solicitation
  [136, 24], // neighbour advertisement
  [137, 40], // redirect
]);

/** An option of length zero would never end. */
function checkNeighbourOptions(packet: Packet, type: number): void {
  const from = OPTIONS_AT.get(type);
  if (from === undefined || !packet.has(from)) return;
  packet.at += from;
  while (packet.at + 2 <= packet.end) {
    const length = packet.byte(1) * 8;
    if (length === 0) packet.isMalformed = true;
    if (length === 0 || !packet.has(length)) return;
    packet.at += length;
  }
}

function enterQuoted(packet: Packet, next: number): void {
  packet.isInError = true;
  if (packet.end > packet.at + 8) packet.goOn(next, 8);
}
