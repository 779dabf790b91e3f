/**
 * Packets as bytes: Ethernet II, IPv4, and TCP, UDP or ICMP, with right checksums.
 *
 * Written into one growing buffer because a day has millions of them; frames shorter
 * than Ethernet allows are padded to 60 bytes, as a real network card hands them over.
 */

const FRAME_HEAD = new Uint8Array([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]); // locally administered addresses, IPv4
const SHORTEST_FRAME = 60;
const IP = FRAME_HEAD.length;
const L4 = IP + 20;

const TCP = 6;
const UDP = 17;
const ICMP = 1;

export const NO_OPTIONS: Uint8Array = new Uint8Array(0);
/** Maximum segment size 1460. */
export const MSS_OPTION: Uint8Array = new Uint8Array([2, 4, 5, 0xb4]);
/** What an ordinary operating system sends: segment size, selective acknowledgement, window scale. */
export const SYSTEM_OPTIONS: Uint8Array = new Uint8Array([2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7]);

export interface IpFields {
  source: number;
  destination: number;
  ttl: number;
  identification: number;
}

export interface TcpFields {
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgement: number;
  flags: number;
  window: number;
  options: Uint8Array;
}

export class FrameBuffer {
  bytes = new Uint8Array(1 << 16);
  end = 0;

  clear(): void {
    this.end = 0;
  }

  tcp(ip: IpFields, tcp: TcpFields): void {
    const length = 20 + tcp.options.length;
    const at = this.#begin(ip, TCP, length);
    const l4 = at + L4;
    this.#put16(l4, tcp.sourcePort);
    this.#put16(l4 + 2, tcp.destinationPort);
    this.#put32(l4 + 4, tcp.sequence);
    this.#put32(l4 + 8, tcp.acknowledgement);
    this.bytes[l4 + 12] = (length >>> 2) << 4;
    this.bytes[l4 + 13] = tcp.flags;
    this.#put16(l4 + 14, tcp.window);
    this.#put32(l4 + 16, 0);
    for (let i = 0; i < tcp.options.length; i++) this.bytes[l4 + 20 + i] = tcp.options[i] ?? 0;
    this.#put16(l4 + 16, this.#checksum(l4, length, pseudoHeaderSum(ip, TCP, length)));
  }

  udp(ip: IpFields, sourcePort: number, destinationPort: number, payload: Uint8Array): void {
    const length = 8 + payload.length;
    const at = this.#begin(ip, UDP, length);
    const l4 = at + L4;
    this.#put16(l4, sourcePort);
    this.#put16(l4 + 2, destinationPort);
    this.#put16(l4 + 4, length);
    this.#put16(l4 + 6, 0);
    this.bytes.set(payload, l4 + 8);
    this.#put16(l4 + 6, this.#checksum(l4, length, pseudoHeaderSum(ip, UDP, length)) || 0xffff);
  }

  icmp(ip: IpFields, type: number, code: number, rest: number, payload: Uint8Array): void {
    const length = 8 + payload.length;
    const at = this.#begin(ip, ICMP, length);
    const l4 = at + L4;
    this.bytes[l4] = type;
    this.bytes[l4 + 1] = code;
    this.#put16(l4 + 2, 0);
    this.#put32(l4 + 4, rest);
    this.bytes.set(payload, l4 + 8);
    this.#put16(l4 + 2, this.#checksum(l4, length, 0));
  }

  /** Writes everything up to the transport header; returns where the frame starts. */
  #begin(ip: IpFields, protocol: number, transportLength: number): number {
    const start = this.end;
    const length = Math.max(SHORTEST_FRAME, L4 + transportLength);
    this.#reserve(length);
    this.end = start + length;
    this.bytes.set(FRAME_HEAD, start);
    const at = start + IP;
    this.#put16(at, 0x4500);
    this.#put16(at + 2, 20 + transportLength);
    this.#put16(at + 4, ip.identification);
    this.#put16(at + 6, 0);
    this.bytes[at + 8] = ip.ttl;
    this.bytes[at + 9] = protocol;
    this.#put16(at + 10, 0);
    this.#put32(at + 12, ip.source);
    this.#put32(at + 16, ip.destination);
    this.#put16(at + 10, this.#checksum(at, 20, 0));
    for (let i = start + L4 + transportLength; i < this.end; i++) this.bytes[i] = 0;
    return start;
  }

  #reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }

  #put16(at: number, value: number): void {
    this.bytes[at] = value >>> 8;
    this.bytes[at + 1] = value;
  }

  #put32(at: number, value: number): void {
    this.bytes[at] = value >>> 24;
    this.bytes[at + 1] = value >>> 16;
    this.bytes[at + 2] = value >>> 8;
    this.bytes[at + 3] = value;
  }

  /** The Internet checksum (RFC 1071) of a stretch, with a sum carried in. */
  #checksum(from: number, length: number, carriedIn: number): number {
    const bytes = this.bytes;
    let sum = carriedIn;
    const even = from + (length & ~1);
    for (let i = from; i < even; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
    if (length & 1) sum += (bytes[even] ?? 0) << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    return ~sum & 0xffff;
  }
}

function pseudoHeaderSum(ip: IpFields, protocol: number, length: number): number {
  return (ip.source >>> 16) + (ip.source & 0xffff) + (ip.destination >>> 16) + (ip.destination & 0xffff) + protocol + length;
}

/** A capture's first 24 bytes: little endian, microseconds, Ethernet. */
export function captureHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 262_144, true);
  view.setUint32(20, 1, true);
  return new Uint8Array(view.buffer);
}

export const RECORD_HEADER_BYTES = 16;
