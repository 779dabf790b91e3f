/**
 * The cells of one minute: what each source did to each port within it.
 *
 * One array with sixteen words, one cache line, per cell and no index beside it, so a
 * packet touches one line. Words are signed, because the engine passes such numbers
 * between functions without allocating; readers shift them to what they mean. A minute's table stays small enough for the cache; that
 * is what makes aggregation keep up with the decoder.
 */
import { mix } from './address-set.ts';

const FIRST_CAPACITY = 1 << 12;
export const CELL_WORDS = 16;

/** Words of a cell. */
export const CELL = {
  source: 0, // IPv4 address, or index into `ipv6Bytes`
  key: 1, // class bits 24..30, protocol 16..23, port 0..15; negative for IPv6
  packets: 2, // 0: free
  bytesLow: 3,
  bytesHigh: 4,
  bitsLow: 5,
  bitsHigh: 6,
  ttl: 7, // smallest << 8 | largest
  times: 8, // first << 16 | last, ms within the minute
  ports: 9, // source port << 16 | window, of the first packet
  mirai: 10,
  zmap: 11,
  masscan: 12,
  nmap: 13,
  bare: 14,
} as const;

const IPV6_BIT = 0x8000_0000;

export const toKey = (trafficClass: number, protocol: number, port: number): number => (trafficClass << 24) | (protocol << 16) | port;

export class MinuteTable {
  /** Minutes since 1970. */
  minute: number;
  cells: Int32Array = new Int32Array(FIRST_CAPACITY * CELL_WORDS);
  capacity = FIRST_CAPACITY;
  used = 0;
  /** IPv6 sources of this minute, 16 bytes each. */
  ipv6Bytes: Uint8Array = new Uint8Array(0);
  readonly #ipv6Index = new Map<string, number>();

  constructor(minute: number) {
    this.minute = minute;
  }

  /** Empties the table for another minute; it keeps its size, since minutes resemble each other. */
  restart(minute: number): void {
    this.minute = minute;
    if (this.used > 0) this.cells.fill(0);
    this.used = 0;
    this.#ipv6Index.clear();
    this.ipv6Bytes = new Uint8Array(0);
  }

  /** Index of the cell's first word; a new cell has zero packets and must be given some at once. */
  find(source: number, key: number): number {
    const { cells } = this;
    const mask = this.capacity - 1;
    let slot = mix(source ^ Math.imul(key, 0x9e3779b1)) & mask;
    for (;;) {
      const at = slot * CELL_WORDS;
      if (cells[at + CELL.packets] === 0) break;
      if (cells[at] === source && cells[at + CELL.key] === key) return at;
      slot = (slot + 1) & mask;
    }
    if (this.used * 2 >= this.capacity) {
      this.#grow();
      return this.find(source, key);
    }
    this.used++;
    const at = slot * CELL_WORDS;
    cells[at] = source;
    cells[at + CELL.key] = key;
    return at;
  }

  findIpv6(address: Uint8Array, key: number): number {
    return this.find(this.#internIpv6(address), key | IPV6_BIT);
  }

  #internIpv6(address: Uint8Array): number {
    const text = String.fromCharCode(...address);
    const known = this.#ipv6Index.get(text);
    if (known !== undefined) return known;
    const index = this.#ipv6Index.size;
    if (this.ipv6Bytes.length < (index + 1) * 16) {
      const larger = new Uint8Array(Math.max(256, this.ipv6Bytes.length * 2));
      larger.set(this.ipv6Bytes);
      this.ipv6Bytes = larger;
    }
    this.ipv6Bytes.set(address, index * 16);
    this.#ipv6Index.set(text, index);
    return index;
  }

  #grow(): void {
    const old = this.cells;
    this.capacity *= 2;
    this.cells = new Int32Array(this.capacity * CELL_WORDS);
    const mask = this.capacity - 1;
    for (let from = 0; from < old.length; from += CELL_WORDS) {
      if (old[from + CELL.packets] === 0) continue;
      let slot = mix((old[from] as number) ^ Math.imul(old[from + CELL.key] as number, 0x9e3779b1)) & mask;
      while (this.cells[slot * CELL_WORDS + CELL.packets] !== 0) slot = (slot + 1) & mask;
      this.cells.set(old.subarray(from, from + CELL_WORDS), slot * CELL_WORDS);
    }
  }
}
