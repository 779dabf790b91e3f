/**
 * The short way to cells for the captures telescopes write: classic, little-endian,
 * Ethernet, compressed or not.
 *
 * A compiled loop counts what it knows; what it does not, and what comes late, goes record
 * by record to the general aggregator, whose cells of the same minute add to the loop's.
 */
import { type ByteSource, openBytes } from '../../../capture/bytes.ts';
import { cutShort, Frames, MOST_CAPTURED, tooLong } from '../../../capture/frames.ts';
import { LINK } from '../../../capture/numbers.ts';
import { ticksOfPlain } from '../../../capture/plain-capture.ts';
import type { ColumnBatch } from '../../../domain/telemetry-table.ts';
import { YaguraError } from '../../../engine/errors.ts';
import type { Input } from '../../../engine/modules.ts';
import type { Aggregator } from '../aggregate.ts';
import type { CellReader, Place } from '../cell-reader.ts';
import { CellKernel } from './kernel.ts';

const BLOCK = 1 << 19;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Undefined, with nothing taken, when the file is not of the plain kind. */
export async function openPlainCells(input: Input, aggregator: Aggregator, place: Place): Promise<CellReader | undefined> {
  const { source } = openBytes(input);
  const head = new Uint8Array(FILE_HEADER);
  try {
    let length = 0;
    for (let more = -1; more !== 0 && length < FILE_HEADER; length += more) more = await source.read(head, length);
    const ticksPerSecond = length < FILE_HEADER ? 0 : ticksOfPlain(new DataView(head.buffer));
    if (ticksPerSecond > 0) return new PlainCells(input, source, ticksPerSecond, aggregator, place);
  } catch (error) {
    // A damaged archive is the general reader's to explain.
    if (!(error instanceof YaguraError)) throw error;
  }
  source.close();
  return undefined;
}

class PlainCells implements CellReader {
  readonly #input: Input;
  readonly #source: ByteSource;
  readonly #ticksPerSecond: number;
  readonly #aggregator: Aggregator;
  readonly #place: Place;
  readonly #kernel: CellKernel;
  readonly #frame = new Frames();
  #batches: ColumnBatch[] = [];
  #at: number; // next record, in the kernel's memory
  #to: number;
  #isAtEnd = false;
  #sourceError: YaguraError | undefined;

  constructor(input: Input, source: ByteSource, ticksPerSecond: number, aggregator: Aggregator, place: Place) {
    this.#input = input;
    this.#source = source;
    this.#ticksPerSecond = ticksPerSecond;
    this.#aggregator = aggregator;
    this.#place = place;
    this.#kernel = new CellKernel(MOST_CAPTURED, ticksPerSecond);
    this.#at = this.#kernel.input;
    this.#to = this.#at;
  }

  get records(): number {
    return this.#kernel.packets;
  }

  get position(): number {
    return this.#source.position();
  }

  get rows(): number {
    return this.#batches.reduce((sum, { rows }) => sum + rows, this.#kernel.rows + this.#aggregator.columns.rows);
  }

  async next(): Promise<boolean> {
    if (this.#isAtEnd) return this.#end();
    await this.#fill();
    do {
      this.#at = this.#kernel.take(this.#at, this.#to);
      this.#takeUnusual();
      if (this.#kernel.wants === 'emit') this.#emit();
      if (this.#kernel.wants === 'damaged') throw this.#damage();
    } while (this.#kernel.wants !== 'bytes');
    return true;
  }

  finish(): void {
    this.#emit();
    this.#emit();
    this.#aggregator.finish();
  }

  take(): ColumnBatch[] {
    this.#takeRows();
    const batches = this.#batches;
    this.#batches = [];
    if (this.#aggregator.columns.rows > 0) batches.push(this.#aggregator.columns.take(this.#place.tenant, this.#place.sensor));
    return batches;
  }

  close(): void {
    this.#source.close();
  }

  async #fill(): Promise<void> {
    const { input, memory } = this.#kernel;
    const bytes = new Uint8Array(memory, 0, input + BLOCK + MOST_CAPTURED + RECORD_HEADER);
    bytes.copyWithin(input, this.#at, this.#to);
    this.#to -= this.#at - input;
    this.#at = input;
    // Compressed streams give small pieces: blocks of one size make batches of one size.
    const block = bytes.subarray(0, Math.min(bytes.length, this.#to + BLOCK));
    try {
      while (this.#to < block.length) {
        const more = this.#source.read(block, this.#to);
        const length = typeof more === 'number' ? more : await more;
        this.#isAtEnd = length === 0;
        if (length === 0) return;
        this.#to += length;
      }
    } catch (error) {
      if (!(error instanceof YaguraError)) throw error;
      this.#sourceError = error;
      this.#isAtEnd = true;
    }
  }

  /** After the last byte: either nothing is left over, or the file was cut. */
  #end(): false {
    if (this.#sourceError) throw this.#toError(this.#sourceError.code, this.#sourceError.message, this.#sourceError.cause);
    if (this.#at === this.#to) return false;
    throw this.#toError('input-malformed', cutShort(this.records + 1));
  }

  #damage(): YaguraError {
    const present = new DataView(this.#kernel.memory).getUint32(this.#at + 8, true);
    const { code, sentence } = tooLong(present);
    return this.#toError(code, sentence);
  }

  #toError(code: YaguraError['code'], sentence: string, cause?: unknown): YaguraError {
    const record = code === 'input-malformed' ? this.records + 1 : undefined;
    return new YaguraError(code, sentence, { file: this.#input.name, record, cause });
  }

  #emit(): void {
    while (!this.#kernel.emit()) this.#takeRows();
  }

  #takeRows(): void {
    if (this.#kernel.rows > 0) this.#batches.push(this.#kernel.takeColumns(this.#place.tenant, this.#place.sensor));
  }

  #takeUnusual(): void {
    const records = this.#kernel.unusual();
    if (records.length === 0) return;
    const { memory } = this.#kernel;
    const frame = this.#frame;
    frame.bytes = new Uint8Array(memory);
    frame.view = new DataView(memory);
    frame.ticksPerMilli = this.#ticksPerSecond / 1000;
    frame.link[0] = LINK.ethernet;
    frame.count = 1;
    for (let i = 0; i < records.length; i += 2) this.#takeRecord(records[i] as number, records[i + 1] as number);
  }

  #takeRecord(at: number, number: number): void {
    const frame = this.#frame;
    const ticks = frame.view.getUint32(at + 4, true);
    const seconds = frame.view.getUint32(at, true);
    frame.firstRecord = number;
    frame.start[0] = at + RECORD_HEADER;
    frame.captured[0] = frame.view.getUint32(at + 8, true);
    frame.stated[0] = frame.view.getUint32(at + 12, true);
    frame.second[0] = seconds + Math.floor(ticks / this.#ticksPerSecond);
    frame.fraction[0] = ticks % this.#ticksPerSecond;
    this.#aggregator.take(frame);
  }
}
