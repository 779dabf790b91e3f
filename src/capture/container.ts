/**
 * Reads a capture block by block, whatever its container, and says where each packet lies.
 *
 * A file that is cut or damaged gives everything before the fault first; only the call
 * after that throws, with file and record, so that nothing already seen is lost.
 */
import { YaguraError } from '../engine/errors.ts';
import type { Input } from '../engine/modules.ts';
import { type ByteSource, type Compression, openBytes } from './bytes.ts';
import { ClassicContainer, isClassicMagic } from './classic.ts';
import { type Container, cutShort, type Fault, Frames } from './frames.ts';
import { isPcapngMagic, PcapngContainer } from './pcapng.ts';

/** Small enough to stay in the second-level cache between indexing and decoding. */
const BLOCK = 512 * 1024;

export const isCaptureHead = (bytes: Uint8Array): boolean => containerFor(bytes, bytes.length) !== undefined;

function containerFor(bytes: Uint8Array, length: number): Container | undefined {
  if (length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const magic = view.getUint32(0);
  if (isClassicMagic(magic)) return new ClassicContainer();
  if (!isPcapngMagic(magic)) return undefined;
  const order = view.getUint32(8);
  return order === 0x1a2b3c4d || order === 0x4d3c2b1a ? new PcapngContainer() : undefined;
}

export class CaptureReader {
  readonly frames: Frames = new Frames();
  readonly compression: Compression;
  readonly #input: Input;
  readonly #source: ByteSource;
  #container: Container | undefined;
  #from = 0;
  #to = 0;
  #isAtEnd = false;
  #fault: Fault | undefined;
  #sourceError: YaguraError | undefined;

  constructor(input: Input) {
    this.#input = input;
    const { source, compression } = openBytes(input);
    this.#source = source;
    this.compression = compression;
    this.#setBuffer(new Uint8Array(BLOCK));
  }

  get format(): string {
    return this.#container?.format ?? '';
  }

  /** Bytes of the file on disk taken so far. */
  get position(): number {
    return this.#source.position();
  }

  /** Packets indexed so far. */
  get records(): number {
    return this.frames.firstRecord - 1 + this.frames.count;
  }

  /** Indexes the next block into `frames`; false after the last one. */
  async next(): Promise<boolean> {
    this.frames.firstRecord += this.frames.count;
    this.frames.count = 0;
    for (;;) {
      this.#index();
      if (this.frames.count > 0) return true;
      if (this.#fault) throw this.#toError(this.#fault);
      if (this.#isAtEnd) return this.#end();
      await this.#fill();
    }
  }

  close(): void {
    this.#source.close();
  }

  #index(): void {
    if (this.#fault) return;
    this.#container ??= this.#recognise();
    if (!this.#container) return;
    this.#from = this.#container.index(this.frames, this.#from, this.#to);
    this.#fault = this.#container.fault;
  }

  #recognise(): Container | undefined {
    const container = containerFor(this.frames.bytes, this.#to);
    if (container || (!this.#isAtEnd && this.#to < this.frames.bytes.length)) return container;
    if (this.#sourceError) return undefined;
    this.#fault =
      this.#to === 0
        ? { code: 'input-malformed', sentence: 'the compressed file has nothing in it' }
        : { code: 'input-unrecognised', sentence: 'this is not a capture: it begins with neither a pcap nor a pcapng header' };
    return undefined;
  }

  /** After the last byte: either nothing is left over, or the file was cut. */
  #end(): false {
    if (this.#sourceError) throw this.#toError(this.#sourceError, this.#sourceError.cause);
    if (this.#from === this.#to) return false;
    throw this.#toError({ code: 'input-malformed', sentence: cutShort(this.records + 1) });
  }

  async #fill(): Promise<void> {
    const { bytes } = this.frames;
    const rest = bytes.subarray(this.#from, this.#to);
    const wanted = this.#container?.wanted ?? 0;
    if (wanted > bytes.length) this.#setBuffer(new Uint8Array(wanted + BLOCK));
    this.frames.bytes.set(rest, 0);
    this.#from = 0;
    this.#to = rest.length;
    try {
      // Compressed streams give small pieces: a block is filled before it is indexed.
      while (this.#to < this.frames.bytes.length) {
        const more = this.#source.read(this.frames.bytes, this.#to);
        const length = typeof more === 'number' ? more : await more;
        this.#isAtEnd = length === 0;
        if (length === 0) break;
        this.#to += length;
      }
    } catch (error) {
      if (!(error instanceof YaguraError)) throw error;
      this.#sourceError = error;
      this.#isAtEnd = true;
    }
  }

  #setBuffer(bytes: Uint8Array<ArrayBuffer>): void {
    this.frames.bytes = bytes;
    this.frames.view = new DataView(bytes.buffer);
  }

  #toError(fault: Fault | YaguraError, cause?: unknown): YaguraError {
    const record = fault.code === 'input-malformed' ? this.records + 1 : undefined;
    return new YaguraError(fault.code, 'sentence' in fault ? fault.sentence : fault.message, { file: this.#input.name, record, cause });
  }
}
