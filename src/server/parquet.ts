/**
 * Writes a table as Parquet, page by page, without holding it in memory.
 *
 * The format is small when one writes only what is needed of it: required columns of
 * integers and texts, plain encoding, one page per column and row group, compressed. The
 * footer that describes them is Thrift's compact protocol, written by hand here because
 * the libraries for it weigh more than the whole server. https://parquet.apache.org/docs/file-format/
 */
import { zstdCompressSync } from 'node:zlib';

export interface ParquetColumn {
  readonly name: string;
  readonly kind: 'integer' | 'time' | 'text'; // time: Unix ms, UTC
}
export type ParquetRow = readonly (string | number)[];

const MAGIC = Buffer.from('PAR1');
const INT64 = 2;
const BYTE_ARRAY = 6;
const UTF8 = 0;
const TIMESTAMP_MILLIS = 9;
const PLAIN = 0;
const RLE = 3;
const ZSTD = 6;
const REQUIRED = 0;

interface Chunk {
  readonly offset: number;
  readonly size: number;
  readonly plainSize: number;
}

/** The bytes of the file, in order. Each group of rows becomes a row group. */
export async function* writeParquet(
  columns: readonly ParquetColumn[],
  groups: AsyncIterable<readonly ParquetRow[]>,
): AsyncGenerator<Buffer> {
  yield MAGIC;
  let offset = MAGIC.length;
  const written: { rows: number; chunks: Chunk[] }[] = [];
  for await (const rows of groups) {
    if (rows.length === 0) continue;
    const chunks: Chunk[] = [];
    for (const [i, column] of columns.entries()) {
      const { bytes, plainSize } = writeChunk(
        column,
        rows.map((row) => row[i] ?? ''),
      ); // prettier-ignore
      chunks.push({ offset, size: bytes.length, plainSize });
      offset += bytes.length;
      yield bytes;
    }
    written.push({ rows: rows.length, chunks });
  }
  const footer = toFooter(columns, written);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  yield Buffer.concat([footer, length, MAGIC]);
}

function writeChunk({ kind }: ParquetColumn, values: readonly (string | number)[]): { bytes: Buffer; plainSize: number } {
  const plain = kind === 'text' ? plainTexts(values) : plainIntegers(values);
  const packed = zstdCompressSync(plain);
  const header = new ThriftWriter()
    .integer(1, 0)
    .integer(2, plain.length)
    .integer(3, packed.length)
    .struct(5, (page) => page.integer(1, values.length).integer(2, PLAIN).integer(3, RLE).integer(4, RLE))
    .end();
  return { bytes: Buffer.concat([header, packed]), plainSize: header.length + plain.length };
}

function plainIntegers(values: readonly (string | number)[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeBigInt64LE(BigInt(Math.round(Number(value))), i * 8);
  return bytes;
}

function plainTexts(values: readonly (string | number)[]): Buffer {
  return Buffer.concat(
    values.flatMap((value) => {
      const text = Buffer.from(String(value));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      return [length, text];
    }),
  );
}

function toFooter(columns: readonly ParquetColumn[], groups: readonly { rows: number; chunks: readonly Chunk[] }[]): Buffer {
  const total = groups.reduce((sum, { rows }) => sum + rows, 0);
  return new ThriftWriter()
    .integer(1, 1)
    .list(2, [undefined, ...columns], (element, column) =>
      column === undefined
        ? element.text(4, 'rows').integer(5, columns.length)
        : element
            .integer(1, column.kind === 'text' ? BYTE_ARRAY : INT64)
            .integer(3, REQUIRED)
            .text(4, column.name)
            .integerIf(6, convertedType(column)),
    )
    .long(3, total)
    .list(4, groups, (group, { rows, chunks }) =>
      group
        .list(1, columns, (element, column, i) => toColumnChunk(element, column, rows, chunks[i] ?? { offset: 0, size: 0, plainSize: 0 }))
        .long(
          2,
          chunks.reduce((sum, { plainSize }) => sum + plainSize, 0),
        ) // prettier-ignore
        .long(3, rows),
    )
    .text(6, 'Yagura')
    .end();
}

function convertedType({ kind }: ParquetColumn): number | undefined {
  if (kind === 'text') return UTF8;
  return kind === 'time' ? TIMESTAMP_MILLIS : undefined;
}

function toColumnChunk(writer: ThriftWriter, { name, kind }: ParquetColumn, rows: number, chunk: Chunk): ThriftWriter {
  return writer.long(2, chunk.offset).struct(3, (meta) =>
    meta
      .integer(1, kind === 'text' ? BYTE_ARRAY : INT64)
      .integers(2, [PLAIN, RLE])
      .texts(3, [name])
      .integer(4, ZSTD)
      .long(5, rows)
      .long(6, chunk.plainSize)
      .long(7, chunk.size)
      .long(9, chunk.offset),
  );
}

const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** A struct in Thrift's compact protocol; fields are written in rising order of their ids. */
class ThriftWriter {
  readonly #bytes: number[] = [];
  #last = 0;

  integer(id: number, value: number): this {
    return this.#head(id, I32).#signed(value);
  }
  integerIf(id: number, value: number | undefined): this {
    return value === undefined ? this : this.integer(id, value);
  }
  long(id: number, value: number): this {
    return this.#head(id, I64).#signed(value);
  }
  text(id: number, value: string): this {
    return this.#head(id, BINARY).#binary(value);
  }
  struct(id: number, write: (inner: ThriftWriter) => ThriftWriter): this {
    return this.#head(id, STRUCT).#append(write(new ThriftWriter()).end());
  }
  list<V>(id: number, values: readonly V[], write: (inner: ThriftWriter, value: V, i: number) => ThriftWriter): this {
    this.#listHead(id, STRUCT, values.length);
    for (const [i, value] of values.entries()) this.#append(write(new ThriftWriter(), value, i).end());
    return this;
  }
  integers(id: number, values: readonly number[]): this {
    this.#listHead(id, I32, values.length);
    for (const value of values) this.#signed(value);
    return this;
  }
  texts(id: number, values: readonly string[]): this {
    this.#listHead(id, BINARY, values.length);
    for (const value of values) this.#binary(value);
    return this;
  }
  end(): Buffer {
    return Buffer.from([...this.#bytes, 0]);
  }

  #head(id: number, type: number): this {
    this.#bytes.push(((id - this.#last) << 4) | type);
    this.#last = id;
    return this;
  }
  #listHead(id: number, type: number, size: number): void {
    this.#head(id, LIST);
    if (size < 15) this.#bytes.push((size << 4) | type);
    else {
      this.#bytes.push(0xf0 | type);
      this.#varint(size);
    }
  }
  #binary(value: string): this {
    const bytes = Buffer.from(value);
    this.#varint(bytes.length);
    return this.#append(bytes);
  }
  #append(bytes: Buffer): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }
  /** Zigzag: small negative numbers stay small. Values here are below 2^52. */
  #signed(value: number): this {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
    return this;
  }
  #varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes.push((rest % 128) + 128);
    this.#bytes.push(rest);
  }
}
