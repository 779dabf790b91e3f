/**
 * A report file as a stream of rows: opened, decompressed, decoded, split.
 *
 * Never more than one chunk and one record are held. What is wrong with the file as a
 * whole is thrown after everything before it was handed out. A row with a broken quote
 * that swallowed its successors is given up alone: rows begin with a time stamp, so the
 * next one can be found.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Reason } from '../../domain/reason.ts';
import { YaguraError } from '../../engine/errors.ts';
import type { Input } from '../../engine/modules.ts';
import { type CsvRecord, CsvSplitter } from './csv.ts';
import { reason } from './reasons.ts';
import { isReportHeader, toColumnNames } from './report-type.ts';

const CHUNK_BYTES = 64 * 1024;
const EXCERPT = 200;
/** The line break before a line that begins like a row of a report. */
const ROW_START = /\n(?="?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"?,)/;

export interface RawRow {
  readonly number: number; // the first data row is 1
  readonly cells: readonly string[];
  /** Why it cannot be used, when its text is broken. */
  readonly fault: Reason | undefined;
}

export interface Chunk {
  readonly columns: readonly string[];
  readonly rows: readonly RawRow[];
  readonly bytes: number; // of the file on disk, so far
}

export async function* readReportFile(input: Input, signal?: AbortSignal): AsyncGenerator<Chunk> {
  const rows = new Rows(input.name);
  try {
    const raw = createReadStream(input.path, { highWaterMark: CHUNK_BYTES });
    const decoder = new TextDecoder();
    for await (const bytes of await decompressed(input.path, raw)) {
      signal?.throwIfAborted();
      rows.push(decoder.decode(bytes as Uint8Array, { stream: true }));
      yield* rows.take(raw.bytesRead);
    }
    rows.end(decoder.decode());
    yield* rows.take(raw.bytesRead);
  } catch (cause) {
    throw signal?.aborted ? cause : toFileError(cause, input, rows.count);
  }
}

/** Compression is told by content, as names lie. */
async function decompressed(path: string, raw: Readable): Promise<AsyncIterable<unknown>> {
  const decompressor = await decompressorFor(path);
  return decompressor ? pipeline(raw, decompressor, () => undefined) : raw;
}

async function decompressorFor(path: string): Promise<NodeJS.ReadWriteStream | undefined> {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (buffer.readUInt16BE(0) === 0x1f8b) return createGunzip();
    return buffer.readUInt32BE(0) === 0x28b52ffd ? createZstdDecompress() : undefined;
  } finally {
    await handle.close();
  }
}

function toFileError(cause: unknown, input: Input, record: number): unknown {
  if (cause instanceof YaguraError) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (/^E[A-Z]+$/.test(code)) {
    return new YaguraError('input-unreadable', 'the file cannot be read; check that it is there and may be read', {
      file: input.name,
      cause,
    });
  }
  return new YaguraError('input-malformed', 'the compressed file is damaged or cut short; fetch it again', {
    file: input.name,
    record: record + 1,
    cause,
  });
}

/** Turns pushed text into rows; the first record is the header. */
class Rows {
  readonly #file: string;
  readonly #splitter = new CsvSplitter();
  #columns: readonly string[] | undefined;
  #isComplete = false;
  count = 0;

  constructor(file: string) {
    this.#file = file;
  }

  push(text: string): void {
    this.#splitter.push(text.includes('\0') ? text.replaceAll('\0', '') : text);
  }

  end(text: string): void {
    this.push(text);
    this.#splitter.end();
    this.#isComplete = true;
  }

  *take(bytes: number): Generator<Chunk> {
    this.#columns ??= this.#readHeader();
    if (!this.#columns) return;
    const rows: RawRow[] = [];
    for (let record = this.#splitter.next(); record; record = this.#splitter.next()) {
      const row = this.#toRow(record, this.#columns.length);
      if (row) rows.push(row);
      else {
        yield { columns: this.#columns, rows, bytes };
        throw new YaguraError('input-malformed', 'a quoted value does not end; the rest of the file cannot be read', {
          file: this.#file,
          record: this.count,
        });
      }
    }
    if (rows.length > 0 || this.#isComplete) yield { columns: this.#columns, rows, bytes };
  }

  #readHeader(): readonly string[] | undefined {
    const record = this.#splitter.next();
    if (!record && !this.#isComplete) return undefined;
    if (!record) throw new YaguraError('input-malformed', 'the file has nothing in it, not even a header line', { file: this.#file });
    const columns = toColumnNames(record.cells);
    if (record.isTorn || !isReportHeader(columns)) {
      const message = 'this is no Shadowserver report: its first line is no CSV header with the column timestamp';
      throw new YaguraError('input-unrecognised', message, { file: this.#file });
    }
    return columns;
  }

  /** Undefined when the text ends within a quote and no later row can be found. */
  #toRow(record: CsvRecord, width: number): RawRow | undefined {
    const number = ++this.count;
    const { cells } = record;
    if (!record.isTorn && cells.length === width) return { number, cells, fault: undefined };
    const text = this.#splitter.textOf(record);
    const resumeAt = text.search(ROW_START);
    if (resumeAt >= 0 && resumeAt < text.length - 1) {
      this.#splitter.resume(record, resumeAt + 1);
      return broken(number, text.slice(0, resumeAt), reason('quote-open'));
    }
    if (record.isTorn) return undefined;
    // Cells left off at the end of an orderly row are empty to every reader of these reports; else cells have shifted.
    const isShort = cells.length < width || cells.slice(width).every((cell) => cell === '');
    if (isShort && !record.isLoose && cells.length > 1) return { number, cells: cells.slice(0, width), fault: undefined };
    return broken(number, text, reason('width-differs', { values: cells.length, columns: width }));
  }
}

const broken = (number: number, text: string, fault: Reason): RawRow => ({ number, cells: [text.trim().slice(0, EXCERPT)], fault });

/** The start of a row, to find it again by. */
export const excerptOf = (row: RawRow): string => row.cells.join(',').slice(0, EXCERPT);
