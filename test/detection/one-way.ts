/**
 * The part of an ordinary network's traffic that says what a darknet says.
 *
 * Detectors for telescopes rest on one fact: nobody lives at the addresses watched, so
 * whoever sends there searches, answers a forged sender or is mistaken. In a network with
 * people in it that holds for packets which nobody answers, and for no others. (That
 * one-way traffic shows scans and backscatter in live networks: Glatz and Dimitropoulos,
 * "Classifying Internet one-way traffic", IMC 2012.) A reset or an ICMP error is no
 * answer of somebody who wanted to talk, so what was refused stays.
 */
import { decode } from '../../src/capture/decode.ts';
import { isIcmpError, isIcmpv6Error, PROTOCOL, TCP_FLAG } from '../../src/capture/numbers.ts';
import { Packet } from '../../src/capture/packet.ts';
import type { CapturedPacket } from './capture-file.ts';

interface Direction {
  readonly there: string;
  readonly back: string;
  /** Somebody talks, or wants to. */
  readonly isSpeech: boolean;
}

/** In the order of the capture; what is no IP packet is left out. */
export function oneWay(packets: readonly CapturedPacket[]): CapturedPacket[] {
  const found = new Packet(undefined);
  const directions = packets.map((packet) => directionOf(found, packet));
  const spoken = new Set(directions.flatMap((one) => (one?.isSpeech ? [one.there] : [])));
  return packets.filter((_, i) => {
    const direction = directions[i];
    return direction !== undefined && !spoken.has(direction.back);
  });
}

function directionOf(found: Packet, { bytes, stated, link }: CapturedPacket): Direction | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  decode(found, view, 0, bytes.length, stated, link);
  if (found.isMalformed || (found.family !== 4 && found.family !== 6)) return undefined;
  const length = found.family === 4 ? 4 : 16;
  const [source, destination] = [found.sourceAt, found.destinationAt].map((at) => bytes.subarray(at, at + length).toHex());
  const [from, to] = portsOf(found, view);
  return {
    there: `${found.protocol} ${source} ${from} ${destination} ${to}`,
    back: `${found.protocol} ${destination} ${to} ${source} ${from}`,
    isSpeech: isSpeech(found, view),
  };
}

const hasPorts = ({ protocol, isLaterFragment, transportLength }: Packet): boolean =>
  (protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp) && !isLaterFragment && transportLength >= 4;

const portsOf = (found: Packet, view: DataView): [number, number] =>
  hasPorts(found) ? [view.getUint16(found.transportAt), view.getUint16(found.transportAt + 2)] : [0, 0];

function isSpeech(found: Packet, view: DataView): boolean {
  const { protocol, transportAt: at, transportLength: length, isLaterFragment } = found;
  if (isLaterFragment || length < 1) return true;
  if (protocol === PROTOCOL.tcp && length >= 14) return (view.getUint8(at + 13) & TCP_FLAG.rst) === 0;
  const type = view.getUint8(at);
  if (protocol === PROTOCOL.icmp) return !isIcmpError(type);
  return protocol !== PROTOCOL.icmpv6 || !isIcmpv6Error(type);
}
