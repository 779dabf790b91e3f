/**
 * Rows about one packet, of which the exporter sent the beginning: the addresses are in
 * the headers.
 *
 * sFlow works so, and routers that sample frames of labelled or tunnelled traffic in
 * IPFIX. The decoder of captures reads the headers, and what it finds fills the row.
 */
import { decode } from '../capture/decode.ts';
import { LINK, PROTOCOL } from '../capture/numbers.ts';
import { Packet } from '../capture/packet.ts';
import type { FlowColumns } from './flow-columns.ts';

export type HeaderKind = 'frame' | 'packetHeader';

export interface PacketHeader {
  readonly view: DataView;
  readonly at: number;
  readonly length: number;
  /** Bytes the packet had on the wire; a large number when nobody knows: then nothing missing is a fault. */
  readonly stated: number;
  readonly kind: HeaderKind;
}

export class PacketRows {
  readonly #packet = new Packet(undefined);

  /** Family of the addresses found, 0 without any. */
  fill(columns: FlowColumns, row: number, { view, at, length, stated, kind }: PacketHeader): number {
    const packet = this.#packet;
    decode(packet, view, at, length, stated, kind === 'frame' ? LINK.ethernet : LINK.raw);
    if (packet.family === 0) return 0;
    fillHeader(columns, row, packet);
    fillTransport(columns, row, packet);
    fillCounters(columns, row, packet);
    return packet.family;
  }
}

const MAPPED_AT = 10;

function copyAddress(target: Uint8Array, row: number, { view, family }: Packet, at: number): void {
  const to = row * 16;
  const length = family === 4 ? 4 : 16;
  if (family === 4) target.fill(0xff, to + MAPPED_AT, to + MAPPED_AT + 2);
  target.set(new Uint8Array(view.buffer, view.byteOffset + at, length), to + 16 - length);
}

function fillHeader(columns: FlowColumns, row: number, packet: Packet): void {
  const { view, family, sourceAt, destinationAt, protocol } = packet;
  copyAddress(columns.source, row, packet, sourceAt);
  copyAddress(columns.destination, row, packet, destinationAt);
  columns.protocol[row] = protocol;
  // The traffic class lies 11 bytes before an IPv4 source, and across the first two bytes of IPv6.
  columns.tos[row] = family === 4 ? view.getUint8(sourceAt - 11) : (view.getUint16(sourceAt - 8) >>> 4) & 0xff;
}

function fillTransport(columns: FlowColumns, row: number, packet: Packet): void {
  const { view, protocol, transportAt: at, transportLength: length, isLaterFragment } = packet;
  if (isLaterFragment) return;
  if (protocol === PROTOCOL.icmp || protocol === PROTOCOL.icmpv6) {
    if (length >= 2) columns.destinationPort[row] = view.getUint16(at);
    return;
  }
  if ((protocol !== PROTOCOL.tcp && protocol !== PROTOCOL.udp) || length < 4) return;
  columns.sourcePort[row] = view.getUint16(at);
  columns.destinationPort[row] = view.getUint16(at + 2);
  if (protocol === PROTOCOL.tcp && length >= 14) columns.tcpFlags[row] = view.getUint8(at + 13);
}

/** One packet, unless the record counts itself. */
function fillCounters({ packets, bytes }: FlowColumns, row: number, { ipBytes }: Packet): void {
  if (packets[2 * row] === 0 && packets[2 * row + 1] === 0) packets[2 * row] = 1;
  if (bytes[2 * row] === 0 && bytes[2 * row + 1] === 0) bytes[2 * row] = ipBytes;
}
