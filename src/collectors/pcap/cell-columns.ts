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
const TARGETS_BY_BITS: readonly number[] = Array.from({ length: 65 }, (_, bits) => Math.round(-64 * Math.log(Math.max(64 - bits, 1) / 64)));

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
    const codes = new Uint8Array(rows);
    const packets = this.#word(new Uint32Array(rows), CELL.packets);
    const bits = this.#pair(CELL.bitsLow);
    const columns: Record<Exclude<keyof typeof telescopeMinute.columns, 'asn' | 'country'>, Column> = {
      minute: this.#minutes(),
      tenant: { dictionary: [tenant], codes },
      sensor: { dictionary: [sensor], codes },
      source: this.#sources(),
      class: this.#word(new Uint8Array(rows), CELL.key, 24, 0x7f),
      protocol: this.#word(new Uint8Array(rows), CELL.key, 16),
      port: this.#word(new Uint16Array(rows), CELL.key),
      packets,
      bytes: new BigUint64Array(this.#pair(CELL.bytesLow).buffer),
      first_ms: this.#times(16),
      last_ms: this.#times(0),
      targets: estimateTargets(bits, packets),
      target_bits: new BigUint64Array(bits.buffer),
      source_port: this.#word(new Uint16Array(rows), CELL.ports, 16),
      ttl_min: this.#word(new Uint8Array(rows), CELL.ttl, 8),
      ttl_max: this.#word(new Uint8Array(rows), CELL.ttl),
      window: this.#word(new Uint16Array(rows), CELL.ports),
      fp_mirai: this.#word(new Uint32Array(rows), CELL.mirai),
      fp_zmap: this.#word(new Uint32Array(rows), CELL.zmap),
      fp_masscan: this.#word(new Uint32Array(rows), CELL.masscan),
      fp_nmap: this.#word(new Uint32Array(rows), CELL.nmap),
      fp_bare: this.#word(new Uint32Array(rows), CELL.bare),
    };
    this.rows = 0;
    this.#finished = [];
    return { table: telescopeMinute.name, rows, columns };
  }

  /** One word of every cell, shifted; the column's own width cuts the rest off. */
  #word<T extends Numbers>(column: T, word: number, shift = 0, mask = 0xffff_ffff): T {
    let row = 0;
    for (const { cells } of this.#finished) {
      for (let at = word; at < cells.length; at += CELL_WORDS) column[row++] = ((cells[at] as number) >>> shift) & mask;
    }
    return column;
  }

  /** Two neighbouring words of every cell as one 64-bit number, low word first. */
  #pair(word: number): Uint32Array<ArrayBuffer> {
    const column = new Uint32Array(this.rows * 2);
    let to = 0;
    for (const { cells } of this.#finished) {
      for (let at = word; at < cells.length; at += CELL_WORDS) {
        column[to++] = cells[at] as number;
        column[to++] = cells[at + 1] as number;
      }
    }
    return column;
  }

  #minutes(): Uint32Array {
    const column = new Uint32Array(this.rows);
    let row = 0;
    for (const { minute, rows } of this.#finished) {
      column.fill(minute * 60, row, row + rows);
      row += rows;
    }
    return column;
  }

  #times(shift: number): BigUint64Array {
    const column = new Uint32Array(this.rows * 2);
    let to = 0;
    for (const { minute, cells } of this.#finished) {
      for (let at: number = CELL.times; at < cells.length; at += CELL_WORDS) {
        const time = minute * 60_000 + (((cells[at] as number) >>> shift) & 0xffff);
        column[to++] = time;
        column[to++] = time / 0x1_0000_0000;
      }
    }
    return new BigUint64Array(column.buffer);
  }

  #sources(): Uint8Array {
    const column = new Uint8Array(this.rows * 16);
    const view = new DataView(column.buffer);
    let to = 0;
    for (const { cells, ipv6Bytes } of this.#finished) {
      for (let at = 0; at < cells.length; at += CELL_WORDS, to += 16) {
        const source = cells[at] as number;
        if ((cells[at + CELL.key] as number) < 0) {
          column.set(ipv6Bytes.subarray(source * 16, source * 16 + 16), to);
        } else {
          view.setUint16(to + 10, 0xffff);
          view.setUint32(to + 12, source);
        }
      }
    }
    return column;
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
