/**
 * How much of a packet is header: the walk of `src/capture`, watched.
 *
 * The secrecy of communications is kept by construction: a byte may be stored only when
 * the walk looked at it to read a header. Whatever lies behind the last header read,
 * known protocol or not, is content and stays away.
 */
import { decode } from '../capture/decode.ts';
import { Packet } from '../capture/packet.ts';

export class HeaderWalk extends Packet {
  /** One behind the last byte that belongs to a header; -1 before the first. */
  reach = -1;

  constructor() {
    super(undefined);
  }

  /** Walks one packet; afterwards `family`, `sourceAt`, `destinationAt` and `reach` tell about it. */
  read(view: DataView, start: number, captured: number, stated: number, link: number): void {
    this.reach = -1;
    decode(this, view, start, captured, stated, link);
  }

  /** A header that is cut short is a header all the same: what is there of it counts. */
  override has(length: number): boolean {
    this.#look(Math.min(this.at + length, this.end));
    return super.has(length);
  }

  override byte(offset: number): number {
    this.#look(this.at + offset + 1);
    return super.byte(offset);
  }

  override short(offset: number): number {
    this.#look(this.at + offset + 2);
    return super.short(offset);
  }

  override word(offset: number): number {
    this.#look(this.at + offset + 4);
    return super.word(offset);
  }

  #look(to: number): void {
    if (to > this.reach) this.reach = to;
  }
}

/** An address as a key: IPv4 as its number, IPv6 as its bytes. */
export function addressKey(view: DataView, at: number, family: number): number | string {
  if (family === 4) return view.getUint32(at);
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 16));
}

/** The same key of an address in its inside form. */
export function keyOfAddress(address: Uint8Array): number | string {
  const view = new DataView(address.buffer, address.byteOffset, 16);
  const isMapped = view.getBigUint64(0) === 0n && view.getUint32(8) === 0xffff;
  return isMapped ? addressKey(view, 12, 4) : addressKey(view, 0, 6);
}
