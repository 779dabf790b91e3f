/** Feeds a stretch of a capture file to the counting loop. */
import { readSync } from 'node:fs';
import type { Kernel, KernelCounts } from './kernel.ts';

/** Large blocks leave the cache before they are counted, small ones cost calls. */
const BLOCK = 1 << 19;
const RECORD_HEADER = 16;
/** A slice with more unusual bytes than this is no telescope's: the file is read the general way. */
const MOST_BYTES = 16 << 20;

export interface SliceResult {
  /** Offset of the first record that does not begin in the slice; -1 when the slice could not be counted. */
  readonly end: number;
  readonly counts: KernelCounts;
  /**
   * Packets for the general decoder: three words each, offset in `bytes`, bytes present and
   * bytes stated. They are kept and not decoded here, because pieces of a datagram may lie
   * in two slices and only one place can put them together.
   */
  readonly unusual: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Counts the records that begin in [from, until) of the file. */
export function countSlice(kernel: Kernel, file: number, from: number, until: number): SliceResult {
  const unusual = new Unusual();
  const end = countRecords(kernel, file, from, until, unusual);
  return { end, counts: kernel.counts(), ...unusual.take() };
}

class Unusual {
  length = 0;
  readonly #words: number[] = [];
  readonly #parts: Uint8Array[] = [];

  add(kernel: Kernel): void {
    const records = kernel.unusual();
    if (records.length === 0) return;
    const view = new DataView(kernel.memory);
    for (const record of records) {
      const present = view.getUint32(record + 8, true);
      this.#words.push(this.length, present, view.getUint32(record + 12, true));
      this.#parts.push(new Uint8Array(kernel.memory, record + RECORD_HEADER, present).slice());
      this.length += present;
    }
  }

  take(): Pick<SliceResult, 'unusual' | 'bytes'> {
    return { unusual: Uint32Array.from(this.#words), bytes: Buffer.concat(this.#parts) };
  }
}

function countRecords(kernel: Kernel, file: number, from: number, until: number, unusual: Unusual): number {
  const { input } = kernel;
  let bytes = new Uint8Array(kernel.memory);
  let at = input; // next record
  let to = input; // end of what was read
  let base = from - input; // of the file, for an offset of the memory
  while (base + at < until) {
    const more = readSync(file, bytes, to, Math.min(BLOCK, input + kernel.inputLength - to), base + to);
    if (more === 0) return -1;
    to += more;
    do {
      at = kernel.take(at, until - base, to);
      if (at === 0) return -1;
      unusual.add(kernel);
    } while (kernel.isListFull);
    if (unusual.length > MOST_BYTES) return -1;
    // A memory that has grown has another buffer.
    if (bytes.length === 0) bytes = new Uint8Array(kernel.memory);
    bytes.copyWithin(input, at, to);
    base += at - input;
    to -= at - input;
    at = input;
  }
  return base + at;
}
