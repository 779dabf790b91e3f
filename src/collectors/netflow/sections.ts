/**
 * Flows whose record is the beginning of a packet: the addresses are in the headers.
 *
 * Routers that sample frames of labelled or tunnelled traffic send the frame instead of
 * its fields. The decoder of captures reads it, and what it finds fills the row.
 */
import { decode } from '../../capture/decode.ts';
import { LINK, PROTOCOL } from '../../capture/numbers.ts';
import { Packet } from '../../capture/packet.ts';
import type { FlowColumns } from '../../flow/flow-columns.ts';
import { fillIpv4, fillIpv6 } from './fill.ts';

export type SectionKind = 'frame' | 'packetHeader';

/** The section is cut on purpose: nothing missing behind its end is a fault. */
const CUT = 65_535;

export class Sections {
  readonly #packet = new Packet(undefined);

  /** True when an address was found. */
  fill(columns: FlowColumns, row: number, view: DataView, at: number, length: number, kind: SectionKind): boolean {
    const packet = this.#packet;
    decode(packet, view, at, length, CUT, kind === 'frame' ? LINK.ethernet : LINK.raw);
    if (packet.family === 0) return false;
    fillHeader(columns, row, packet);
    fillTransport(columns, row, packet);
    fillCounters(columns, row, packet);
    return true;
  }
}

function fillHeader(columns: FlowColumns, row: number, { view, family, sourceAt, destinationAt, protocol }: Packet): void {
  const source = { view, at: sourceAt, stride: 0, count: 1, row };
  const destination = { view, at: destinationAt, stride: 0, count: 1, row };
  const write = family === 4 ? fillIpv4 : fillIpv6;
  write(columns.sourceWords, source, 0);
  write(columns.destinationWords, destination, 0);
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
