/**
 * Turns finished minutes into columns of `telescope_minute`.
 *
 * Minutes are set aside as dense rows of cell words and become columns when a batch is
 * full: each column is then one loop over one word of the cells.
 */
import { type Column, type ColumnBatch, telescopeMinute } from '../../domain/telemetry-table.ts';
import { CELL, CELL_WORDS, type MinuteTable } from './minute-table.ts';

type Numbers = Uint8Array | Uint16Array | Uint32Array;

interface Finished {
  readonly minute: number;
  readonly rows: number;
  readonly cells: Int32Array;
  readonly ipv6Bytes: Uint8Array;
}

/** Estimated distinct destinations by the number of bits set (linear counting; Whang et al. 1990). */
export const TARGETS_BY_BITS: readonly number[] = Array.from({ length: 65 }, (_, bits) =>
  Math.round(-64 * Math.log(Math.max(64 - bits, 1) / 64)),
);

export class CellColumns {
  rows = 0;
  #finished: Finished[] = [];

  /** Takes over all cells of a minute, in the order of the table, which depends on the packets alone. */
  append(table: MinuteTable): void {
    if (table.used === 0) return;
    const cells = new Int32Array(table.used * CELL_WORDS);
    let to = 0;
    for (let at = 0; at < table.cells.length; at += CELL_WORDS) {
      if (table.cells[at + CELL.packets] === 0) continue;
      for (let word = 0; word < CELL_WORDS; word++) cells[to + word] = table.cells[at + word] as number;
      to += CELL_WORDS;
    }
    this.#finished.push({ minute: table.minute, rows: table.used, cells, ipv6Bytes: table.ipv6Bytes });
    this.rows += table.used;
  }

  /** Hands the rows over as columns and starts anew. */
  take(tenant: string, sensor: string): ColumnBatch {
    const { rows } = this;
    const columns = new Columns(rows);
    for (const minute of this.#finished) columns.add(minute);
    this.rows = 0;
    this.#finished = [];
    return { table: telescopeMinute.name, rows, columns: columns.named(tenant, sensor) };
  }
}

/** The columns of one batch, filled minute by minute: a minute's cells stay in the cache for all its columns. */
class Columns {
  readonly #rows: number;
  #row = 0;
  readonly #minute: Uint32Array;
  readonly #source: Uint8Array<ArrayBuffer>;
  readonly #class: Uint8Array;
  readonly #protocol: Uint8Array;
  readonly #port: Uint16Array;
  readonly #packets: Uint32Array;
  readonly #sourcePort: Uint16Array;
  readonly #ttlMin: Uint8Array;
  readonly #ttlMax: Uint8Array;
  readonly #window: Uint16Array;
  readonly #marks: readonly [mirai: Uint32Array, zmap: Uint32Array, masscan: Uint32Array, nmap: Uint32Array, bare: Uint32Array];
  // 64-bit columns as pairs of words, low word first.
  readonly #bytes: Uint32Array<ArrayBuffer>;
  readonly #bits: Uint32Array<ArrayBuffer>;
  readonly #first: Uint32Array<ArrayBuffer>;
  readonly #last: Uint32Array<ArrayBuffer>;

  constructor(rows: number) {
    const words = (): Uint32Array => new Uint32Array(rows);
    const pairs = (): Uint32Array<ArrayBuffer> => new Uint32Array(rows * 2);
    this.#rows = rows;
    this.#minute = words();
    this.#source = new Uint8Array(rows * 16);
    this.#class = new Uint8Array(rows);
    this.#protocol = new Uint8Array(rows);
    this.#port = new Uint16Array(rows);
    this.#packets = words();
    this.#sourcePort = new Uint16Array(rows);
    this.#ttlMin = new Uint8Array(rows);
    this.#ttlMax = new Uint8Array(rows);
    this.#window = new Uint16Array(rows);
    this.#marks = [words(), words(), words(), words(), words()];
    this.#bytes = pairs();
    this.#bits = pairs();
    this.#first = pairs();
    this.#last = pairs();
  }

  add(finished: Finished): void {
    const { cells, minute, rows } = finished;
    const row = this.#row;
    this.#minute.fill(minute * 60, row, row + rows);
    this.#addSources(finished);
    copyWord(this.#class, row, cells, CELL.key, 24, 0x7f);
    copyWord(this.#protocol, row, cells, CELL.key, 16);
    copyWord(this.#port, row, cells, CELL.key);
    copyWord(this.#packets, row, cells, CELL.packets);
    copyWord(this.#sourcePort, row, cells, CELL.ports, 16);
    copyWord(this.#window, row, cells, CELL.ports);
    copyWord(this.#ttlMin, row, cells, CELL.ttl, 8);
    copyWord(this.#ttlMax, row, cells, CELL.ttl);
    this.#marks.forEach((column, i) => copyWord(column, row, cells, CELL.mirai + i));
    copyPair(this.#bytes, row, cells, CELL.bytesLow);
    copyPair(this.#bits, row, cells, CELL.bitsLow);
    copyTime(this.#first, row, cells, minute, 16);
    copyTime(this.#last, row, cells, minute, 0);
    this.#row += rows;
  }

  named(tenant: string, sensor: string): Record<Exclude<keyof typeof telescopeMinute.columns, 'asn' | 'country'>, Column> {
    const codes = new Uint8Array(this.#rows);
    const [mirai, zmap, masscan, nmap, bare] = this.#marks;
    return {
      minute: this.#minute,
      tenant: { dictionary: [tenant], codes },
      sensor: { dictionary: [sensor], codes },
      source: this.#source,
      class: this.#class,
      protocol: this.#protocol,
      port: this.#port,
      packets: this.#packets,
      bytes: new BigUint64Array(this.#bytes.buffer),
      first_ms: new BigUint64Array(this.#first.buffer),
      last_ms: new BigUint64Array(this.#last.buffer),
      targets: estimateTargets(this.#bits, this.#packets),
      target_bits: new BigUint64Array(this.#bits.buffer),
      source_port: this.#sourcePort,
      ttl_min: this.#ttlMin,
      ttl_max: this.#ttlMax,
      window: this.#window,
      fp_mirai: mirai,
      fp_zmap: zmap,
      fp_masscan: masscan,
      fp_nmap: nmap,
      fp_bare: bare,
    };
  }

  #addSources({ cells, ipv6Bytes }: Finished): void {
    const view = new DataView(this.#source.buffer);
    let to = this.#row * 16;
    for (let at = 0; at < cells.length; at += CELL_WORDS, to += 16) {
      const source = cells[at] as number;
      if ((cells[at + CELL.key] as number) < 0) {
        this.#source.set(ipv6Bytes.subarray(source * 16, source * 16 + 16), to);
      } else {
        view.setUint16(to + 10, 0xffff);
        view.setUint32(to + 12, source);
      }
    }
  }
}

/** One word of every cell, shifted; the column's own width cuts the rest off. */
function copyWord(column: Numbers, row: number, cells: Int32Array, word: number, shift = 0, mask = 0xffff_ffff): void {
  let to = row;
  for (let at = word; at < cells.length; at += CELL_WORDS) column[to++] = ((cells[at] as number) >>> shift) & mask;
}

/** Two neighbouring words of every cell. */
function copyPair(column: Uint32Array, row: number, cells: Int32Array, word: number): void {
  let to = row * 2;
  for (let at = word; at < cells.length; at += CELL_WORDS) {
    column[to++] = cells[at] as number;
    column[to++] = cells[at + 1] as number;
  }
}

/** First or last time as Unix milliseconds in 64 bits. */
function copyTime(column: Uint32Array, row: number, cells: Int32Array, minute: number, shift: number): void {
  let to = row * 2;
  for (let at: number = CELL.times; at < cells.length; at += CELL_WORDS) {
    const time = minute * 60_000 + (((cells[at] as number) >>> shift) & 0xffff);
    column[to++] = time;
    column[to++] = time / 0x1_0000_0000;
  }
}

function estimateTargets(bits: Uint32Array, packets: Uint32Array): Uint32Array {
  return packets.map((count, row) => {
    const set = countBits(bits[2 * row] as number) + countBits(bits[2 * row + 1] as number);
    return Math.min(count, TARGETS_BY_BITS[set] as number);
  });
}

function countBits(word: number): number {
  let x = word - ((word >>> 1) & 0x5555_5555);
  x = (x & 0x3333_3333) + ((x >>> 2) & 0x3333_3333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
