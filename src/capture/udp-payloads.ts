/** What UDP datagrams in captures carry: exports of flows are looked for there. */
import { ClassicContainer, isClassicMagic } from './classic.ts';
import { decode } from './decode.ts';
import { type Container, Frames } from './frames.ts';
import { PROTOCOL } from './numbers.ts';
import { Packet } from './packet.ts';
import { isPcapngMagic, PcapngContainer } from './pcapng.ts';
import { MOST_LOOKED_AT } from './quick-look.ts';

/** What the first packets of a capture carry in UDP; undefined for those that do not. */
export function firstPayloads(head: Uint8Array): (Uint8Array | undefined)[] {
  const frames = framesOf(head);
  const packet = new Packet(undefined);
  return Array.from({ length: Math.min(frames?.count ?? 0, MOST_LOOKED_AT) }, (_, i) => frames && udpPayload(packet, frames, i));
}

function framesOf(head: Uint8Array): Frames | undefined {
  if (head.length < 12) return undefined;
  const frames = new Frames();
  frames.bytes = head;
  frames.view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const magic = frames.view.getUint32(0);
  const container: Container | undefined = isClassicMagic(magic)
    ? new ClassicContainer()
    : isPcapngMagic(magic)
      ? new PcapngContainer()
      : undefined;
  container?.index(frames, 0, head.length);
  return container && frames;
}

/** What the UDP datagram of a frame carries, undefined when it is none. */
export function udpPayload(packet: Packet, { view, start, captured, stated, link }: Frames, i: number): Uint8Array | undefined {
  decode(packet, view, start[i] as number, captured[i] as number, stated[i] as number, link[i] as number);
  const { transportAt: at, transportLength } = packet;
  if (packet.family === 0 || packet.protocol !== PROTOCOL.udp || packet.isLaterFragment || transportLength < 8) return undefined;
  const length = Math.min(transportLength, view.getUint16(at + 4)) - 8;
  return length > 0 ? new Uint8Array(view.buffer, view.byteOffset + at + 8, length) : undefined;
}
