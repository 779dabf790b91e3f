/**
 * TCP, UDP and ICMP, and the packets they carry or quote.
 */
import { isIcmpError, isIcmpv6Error } from './numbers.ts';
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
  if (length < 8 && !(isLite && length === 0)) packet.isMalformed = true;
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
  if (!isIcmpv6Error(type)) {
    if (type === 128 || type === 129) packet.has(8);
  } else if (packet.has(9)) enterQuoted(packet, STEP.ipv6);
}

function enterQuoted(packet: Packet, next: number): void {
  packet.isInError = true;
  if (packet.end > packet.at + 8) packet.goOn(next, 8);
}
