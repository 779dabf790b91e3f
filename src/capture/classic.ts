/**
 * The classic capture format: a 24-byte header, then 16 bytes before every packet.
 *
 * Both byte orders, micro- and nanoseconds, the old versions whose two lengths are
 * swapped, and the patched format of the 1990s whose record headers have 24 bytes.
 */
import type { Container, Fault, Frames } from './frames.ts';
import { FRAME_CAPACITY, MOST_CAPTURED, tooLong } from './frames.ts';

const FILE_HEADER = 24;

interface Variant {
  readonly isLittle: boolean;
  readonly perMilli: number;
  readonly recordHeader: number;
}

const VARIANTS: ReadonlyMap<number, Variant> = new Map([
  [0xa1b2c3d4, { isLittle: false, perMilli: 1000, recordHeader: 16 }],
  [0xd4c3b2a1, { isLittle: true, perMilli: 1000, recordHeader: 16 }],
  [0xa1b23c4d, { isLittle: false, perMilli: 1_000_000, recordHeader: 16 }],
  [0x4d3cb2a1, { isLittle: true, perMilli: 1_000_000, recordHeader: 16 }],
  [0xa1b2cd34, { isLittle: false, perMilli: 1000, recordHeader: 24 }],
  [0x34cdb2a1, { isLittle: true, perMilli: 1000, recordHeader: 24 }],
]);

/** `magic` is the first word, read big-endian. */
export const isClassicMagic = (magic: number): boolean => VARIANTS.has(magic);

export class ClassicContainer implements Container {
  readonly format = 'pcap';
  wanted = FILE_HEADER;
  fault: Fault | undefined;
  #variant: Variant | undefined;
  #link = 0;
  #swapsLengths: 'no' | 'yes' | 'maybe' = 'no';

  index(frames: Frames, from: number, to: number): number {
    if (this.#variant) return this.#indexRecords(frames, from, to, this.#variant);
    if (to - from < FILE_HEADER) return from;
    const variant = this.#readFileHeader(frames.view, from);
    return variant ? this.#indexRecords(frames, from + FILE_HEADER, to, variant) : from;
  }

  #readFileHeader(view: DataView, at: number): Variant | undefined {
    const variant = VARIANTS.get(view.getUint32(at));
    if (!variant) {
      this.fault = { code: 'input-unrecognised', sentence: 'this is not a capture' };
      return undefined;
    }
    const minor = view.getUint16(at + 6, variant.isLittle);
    const major = view.getUint16(at + 4, variant.isLittle);
    if (major !== 2) {
      this.fault = { code: 'input-malformed', sentence: `capture format version ${major}.${minor} is unknown; version 2 is read` };
      return undefined;
    }
    // Until 2.3 the captured length stood second; writers of 2.3 itself disagreed.
    this.#swapsLengths = minor < 3 ? 'yes' : minor === 3 ? 'maybe' : 'no';
    // The upper bits say how long the frame check sequence is.
    this.#link = view.getUint32(at + 20, variant.isLittle) & 0xffff;
    this.wanted = variant.recordHeader;
    this.#variant = variant;
    return variant;
  }

  #indexRecords(frames: Frames, from: number, to: number, variant: Variant): number {
    const { view, start, captured, stated, second, fraction, link } = frames;
    const { isLittle, perMilli, recordHeader } = variant;
    const unit = perMilli * 1000;
    frames.ticksPerMilli = perMilli;
    const onLink = this.#link;
    const swaps = this.#swapsLengths !== 'no';
    let at = from;
    let n = frames.count;
    this.wanted = recordHeader;
    while (n < FRAME_CAPACITY && to - at >= recordHeader) {
      let present = view.getUint32(at + 8, isLittle);
      let original = view.getUint32(at + 12, isLittle);
      if (swaps && (this.#swapsLengths === 'yes' || present > original)) [present, original] = [original, present];
      if (present > MOST_CAPTURED) {
        this.fault = tooLong(present);
        break;
      }
      const body = at + recordHeader;
      if (to - body < present) {
        this.wanted = recordHeader + present;
        break;
      }
      let ticks = view.getUint32(at + 4, isLittle);
      let seconds = view.getUint32(at, isLittle);
      if (ticks >= unit) {
        seconds += Math.floor(ticks / unit);
        ticks %= unit;
      }
      start[n] = body;
      captured[n] = present;
      stated[n] = original;
      second[n] = seconds;
      fraction[n] = ticks;
      link[n] = onLink;
      n++;
      at = body + present;
    }
    frames.count = n;
    return at;
  }
}
