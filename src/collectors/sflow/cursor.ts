/** Reading words out of a datagram that may lie about its lengths. */

/** Something reaches behind the end of what contains it. */
export class OutOfBounds extends Error {
  /** Offset in the datagram. */
  readonly at: number;

  constructor(at: number) {
    super(`a structure at ${at} reaches behind its end`);
    this.at = at;
  }
}

export class Cursor {
  readonly view: DataView;
  at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array);
  constructor(view: DataView, at: number, end: number);
  constructor(source: Uint8Array | DataView, at = 0, end = source.byteLength) {
    this.view = source instanceof DataView ? source : new DataView(source.buffer, source.byteOffset, source.byteLength);
    this.at = at;
    this.#end = end;
  }

  word(): number {
    const { at } = this;
    this.skip(4);
    return this.view.getUint32(at);
  }

  skip(length: number): void {
    if (length > this.#end - this.at) throw new OutOfBounds(this.at);
    this.at += length;
  }

  take(length: number): Uint8Array {
    const { at } = this;
    this.skip(length);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + at, length);
  }

  /** The next bytes as a cursor of their own; they are padded to whole words. */
  part(length: number): Cursor {
    const { at } = this;
    this.skip(length);
    const padding = -length & 3;
    this.at = Math.min(this.#end, this.at + padding);
    return new Cursor(this.view, at, at + length);
  }
}
