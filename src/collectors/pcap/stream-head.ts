/**
 * What a fresh decoder must read before it can go on in the middle of a capture.
 *
 * For a classic capture that is the file header, for pcapng the section's header and the
 * interfaces described in it. Kept with the place reached in a growing file, it spares
 * reading the whole file again after a restart.
 */
import { isClassicMagic } from '../../capture/classic.ts';

const CLASSIC_HEADER = 24;
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const LITTLE_ENDIAN_MARK = 0x4d3c2b1a;

export class StreamHead {
  #kind: 'unknown' | 'classic' | 'pcapng' = 'unknown';
  #isLittle = true;
  #pieces: Uint8Array[] = [];

  /** Bytes from `from` to `to` were decoded: whole records, or the file header and whole records. */
  note(view: DataView, from: number, to: number): void {
    if (this.#kind === 'classic' || from === to) return;
    if (this.#kind === 'unknown') this.#kind = isClassicMagic(view.getUint32(from)) ? 'classic' : 'pcapng';
    if (this.#kind === 'classic') this.#keep(view, from, CLASSIC_HEADER);
    else this.#noteBlocks(view, from, to);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#pieces);
  }

  #noteBlocks(view: DataView, from: number, to: number): void {
    for (let at = from; at < to; ) {
      const isSection = view.getUint32(at) === SECTION_HEADER;
      if (isSection) this.#isLittle = view.getUint32(at + 8) === LITTLE_ENDIAN_MARK;
      const stated = view.getUint32(at + 4, this.#isLittle);
      const length = stated + (-stated & 3);
      if (isSection) this.#pieces = [];
      if (isSection || view.getUint32(at, this.#isLittle) === INTERFACE) this.#keep(view, at, length);
      at += length;
    }
  }

  #keep(view: DataView, at: number, length: number): void {
    this.#pieces.push(new Uint8Array(view.buffer, view.byteOffset + at, length).slice());
  }
}
