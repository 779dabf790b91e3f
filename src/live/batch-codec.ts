/**
 * Live batches as bytes: what lies in an edge collector's spool and goes to the hub.
 *
 * A line of JSON says what the columns are, then come their arrays as they are in memory
 * (little-endian, like every machine this runs on). Reading trusts nothing: tables,
 * columns, widths, counts and codes are checked against the tables' own declaration, so
 * that what comes out can go to the store as if it had been made here.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { z } from 'zod';
import {
  type Column,
  type ColumnBatch,
  type ColumnType,
  type DictionaryColumn,
  type StringColumn,
  TELEMETRY_TABLES,
} from '../domain/telemetry-table.ts';
import { YaguraError } from '../engine/errors.ts';
import type { LiveBatch } from './live-batch.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

const MAGIC = Buffer.from('yagura-live-1\n');
/** Sound batches are some megabytes; more than this is a mistake or an attack. */
export const LARGEST_BATCH_BYTES = 256 << 20;
const MOST_ROWS = 2_000_000;
const LONGEST_TEXT = 1000;
const MOST_NOTES = 1000;
/** Tables a sensor may write. */
const LIVE_TABLES = ['telescope_minute', 'flow', 'sensor_minute'] as const;
/** Columns the hub fills in by its own address tables. */
const FILLED_IN: ReadonlySet<string> = new Set([
  'asn',
  'country',
  'source_asn',
  'destination_asn',
  'source_country',
  'destination_country',
]);

const ARRAYS = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array } as const;
type Width = keyof typeof ARRAYS;

const shortText = z.string().max(LONGEST_TEXT);
const code = z.string().regex(/^[a-z0-9-]{1,80}$/);
const columnHead = z.union([
  z.strictObject({ width: z.literal([1, 2, 4, 8]), dictionary: z.array(shortText).max(1_000_000) }),
  z.strictObject({ width: z.literal([1, 2, 4, 8]) }),
  z.strictObject({ data: z.number().int().min(0) }),
]);
type ColumnHead = z.infer<typeof columnHead>;
const header = z.strictObject({
  token: z.string().regex(/^[A-Za-z0-9:_.-]{1,200}$/),
  collector: code,
  sensor: shortText.min(1),
  source: shortText,
  records: z.number().int().min(0),
  quarantined: z.number().int().min(0),
  bad: z
    .array(
      z.strictObject({
        from: shortText,
        reason: z.strictObject({ code, parameters: z.record(z.string(), z.union([z.string().max(LONGEST_TEXT), z.number()])) }),
        excerpt: z.string().max(4000),
      }),
    )
    .max(MOST_NOTES),
  alarms: z
    .array(z.strictObject({ code, detail: z.record(z.string(), z.unknown()), text: z.strictObject({ ja: shortText, en: shortText }) }))
    .max(MOST_NOTES),
  columns: z
    .array(
      z.strictObject({
        table: z.enum(LIVE_TABLES),
        rows: z.number().int().min(1).max(MOST_ROWS),
        columns: z.record(z.string(), columnHead),
      }),
    )
    .max(64),
});

export async function encodeBatch(batch: LiveBatch): Promise<Uint8Array> {
  const body: Uint8Array[] = [];
  const columns = batch.columns.map(({ table, rows, columns: named }) => ({
    table,
    rows,
    columns: Object.fromEntries(Object.entries(named).map(([name, column]) => [name, addColumn(body, column, rows, table, name)])),
  }));
  const head = Buffer.from(`${JSON.stringify({ ...batch, columns })}\n`);
  return compress(Buffer.concat([MAGIC, head, ...body]), { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
}

/** Appends the column's arrays to the body, and says how to read them back. */
function addColumn(body: Uint8Array[], column: Column, rows: number, table: ColumnBatch['table'], name: string): ColumnHead {
  if ('offsets' in column) {
    const from = column.offsets[0] ?? 0;
    const to = column.offsets[rows] ?? 0;
    body.push(bytesOf(column.offsets.slice(0, rows + 1).map((offset) => offset - from)), column.data.subarray(from, to));
    return { data: to - from };
  }
  if ('dictionary' in column) {
    body.push(bytesOf(column.codes.subarray(0, rows)));
    return { width: column.codes.BYTES_PER_ELEMENT as Width, dictionary: [...column.dictionary] };
  }
  body.push(bytesOf(column.subarray(0, rows * perRow(typeOf(table, name)))));
  return { width: column.BYTES_PER_ELEMENT as Width };
}

/** Throws 'input-malformed', saying what is wrong, for anything the store would not take. */
export async function decodeBatch(bytes: Uint8Array): Promise<LiveBatch> {
  const content = await decompress(bytes, { maxOutputLength: LARGEST_BATCH_BYTES }).catch((cause: unknown) => {
    throw new YaguraError('input-malformed', 'the batch is not Zstandard data, or too large', { cause });
  });
  if (!content.subarray(0, MAGIC.length).equals(MAGIC)) throw malformed('this is not a live batch of a known version');
  const end = content.indexOf(10, MAGIC.length);
  if (end < 0) throw malformed('the head is cut short');
  const { columns, ...rest } = parseHead(content.subarray(MAGIC.length, end));
  const reader = new Reader(content.subarray(end + 1));
  const tables = columns.map((one) => readTable(reader, one));
  reader.end();
  return { ...rest, columns: tables };
}

function parseHead(bytes: Uint8Array): z.infer<typeof header> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch (cause) {
    throw new YaguraError('input-malformed', 'the head of the batch is not JSON', { cause });
  }
  const result = header.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw malformed(`${(issue?.path ?? []).map(String).join('.')}: ${issue?.message ?? 'invalid'}`);
}

function readTable(reader: Reader, { table, rows, columns }: z.infer<typeof header>['columns'][number]): ColumnBatch {
  const declared = Object.keys(TELEMETRY_TABLES[table].columns).filter((name) => !FILLED_IN.has(name));
  const missing = declared.find((name) => !(name in columns));
  if (missing !== undefined) throw malformed(`${table}: the column ${missing} is missing`);
  const unknown = Object.keys(columns).find((name) => !declared.includes(name));
  if (unknown !== undefined) throw malformed(`${table}: ${unknown} is not a column that a sensor fills in`);
  const read = Object.entries(columns).map(([name, head]) => [name, readColumn(reader, head, rows, table, name)] as const);
  return { table, rows, columns: Object.fromEntries(read) };
}

function readColumn(reader: Reader, head: ColumnHead, rows: number, table: ColumnBatch['table'], name: string): Column {
  const type = typeOf(table, name);
  const wrong = (what: string): YaguraError => malformed(`${table}.${name}: ${what}`);
  if ('data' in head) {
    if (type !== 'String') throw wrong(`must be ${type}, not strings`);
    return readStrings(reader, rows, head.data, wrong);
  }
  if ('dictionary' in head) {
    if (type !== 'LowCardinality(String)' || head.width === 8) throw wrong(`must be ${type}, not a dictionary`);
    return readDictionary(reader, rows, head.width, head.dictionary, wrong);
  }
  if (head.width !== widthOf(type)) throw wrong(`must be ${type}`);
  return reader.array(head.width, rows * perRow(type));
}

function readStrings(reader: Reader, rows: number, length: number, wrong: (what: string) => YaguraError): StringColumn {
  const offsets = reader.array(4, rows + 1) as Uint32Array;
  const isRising = offsets.every((offset, i) => i === 0 || offset >= (offsets[i - 1] ?? 0));
  if (!isRising || offsets[0] !== 0 || offsets[rows] !== length) throw wrong('has offsets that do not fit its data');
  return { offsets, data: reader.array(1, length) as Uint8Array };
}

function readDictionary(
  reader: Reader,
  rows: number,
  width: Exclude<Width, 8>,
  dictionary: readonly string[],
  wrong: (what: string) => YaguraError,
): DictionaryColumn {
  const codes = reader.array(width, rows) as DictionaryColumn['codes'];
  if (codes.some((index) => index >= dictionary.length)) throw wrong('has a code without a dictionary entry');
  return { dictionary, codes };
}

/** Takes arrays off the body one after the other; each in memory of its own, so that it is aligned. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  array(width: Width, length: number): Uint8Array | Uint16Array | Uint32Array | BigUint64Array {
    const size = width * length;
    if (size > this.#bytes.length - this.#at) throw malformed('the columns are cut short');
    const copy = new Uint8Array(this.#bytes.subarray(this.#at, this.#at + size));
    this.#at += size;
    return new ARRAYS[width](copy.buffer);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed('there is something behind the last column');
  }
}

function typeOf(table: ColumnBatch['table'], name: string): ColumnType {
  const type = (TELEMETRY_TABLES[table].columns as Readonly<Record<string, ColumnType>>)[name];
  if (type === undefined) throw malformed(`${table}: ${name} is not a column`);
  return type;
}

const WIDTHS: Readonly<Record<ColumnType, Width | 0>> = {
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  DateTime: 4,
  UInt64: 8,
  'FixedString(16)': 1,
  'FixedString(32)': 1,
  String: 0,
  'LowCardinality(String)': 0,
};
const widthOf = (type: ColumnType): Width | 0 => WIDTHS[type];
/** Array elements of one row. */
const perRow = (type: ColumnType): number => (type === 'FixedString(16)' ? 16 : type === 'FixedString(32)' ? 32 : 1);

const bytesOf = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const malformed = (reason: string): YaguraError => new YaguraError('input-malformed', `the batch cannot be used: ${reason}`);
