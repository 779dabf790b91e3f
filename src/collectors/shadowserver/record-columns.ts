/** Rows of `feed_record`, gathered column by column until a batch is full. */
import type { ColumnBatch, DictionaryColumn, StringColumn } from '../../domain/telemetry-table.ts';
import type { ReadRow } from './row-reader.ts';

export interface SharedByAll {
  readonly tenant: string;
  readonly report: string;
  readonly receivedAt: number; // Unix ms
  readonly file: Uint8Array; // SHA-256
}

export class RecordColumns {
  readonly #shared: SharedByAll;
  readonly #size: number;
  #rows = 0;
  #observed: Uint32Array;
  #source: Uint8Array;
  #port: Uint16Array;
  #fingerprint: Uint8Array;
  #record: Uint32Array;
  #kind = new Dictionary();
  #identifier = new Dictionary();
  #asset: Strings;
  #attributes: Strings;

  constructor(size: number, shared: SharedByAll) {
    this.#size = size;
    this.#shared = shared;
    this.#observed = new Uint32Array(size);
    this.#source = new Uint8Array(size * 16);
    this.#port = new Uint16Array(size);
    this.#fingerprint = new Uint8Array(size * 32);
    this.#record = new Uint32Array(size);
    this.#asset = new Strings(size);
    this.#attributes = new Strings(size);
  }

  get isFull(): boolean {
    return this.#rows === this.#size;
  }

  add(row: ReadRow, record: number): void {
    const i = this.#rows++;
    this.#observed[i] = Math.floor(row.observedAt / 1000);
    if (row.source) this.#source.set(row.source, i * 16);
    this.#port[i] = row.port;
    if (row.finding?.fingerprint) this.#fingerprint.set(row.finding.fingerprint, i * 32);
    this.#record[i] = record;
    this.#kind.add(row.kind);
    this.#identifier.add(row.identifier);
    this.#asset.add(row.asset?.value ?? '');
    this.#attributes.add(row.attributes);
  }

  /** The batch; the gatherer is spent afterwards. */
  toBatch(): ColumnBatch {
    const rows = this.#rows;
    const { tenant, report, receivedAt, file } = this.#shared;
    const files = new Uint8Array(rows * 32);
    for (let i = 0; i < rows; i++) files.set(file, i * 32);
    return {
      table: 'feed_record',
      rows,
      columns: {
        observed: this.#observed.subarray(0, rows),
        received: new Uint32Array(rows).fill(Math.floor(receivedAt / 1000)),
        tenant: same(tenant, rows),
        feed: same('shadowserver', rows),
        report: same(report, rows),
        kind: this.#kind.toColumn(),
        identifier: this.#identifier.toColumn(),
        asset: this.#asset.toColumn(),
        source: this.#source.subarray(0, rows * 16),
        port: this.#port.subarray(0, rows),
        fingerprint: this.#fingerprint.subarray(0, rows * 32),
        file: files,
        record: this.#record.subarray(0, rows),
        attributes: this.#attributes.toColumn(),
      },
    };
  }
}

const same = (value: string, rows: number): DictionaryColumn => ({ dictionary: [value], codes: new Uint8Array(rows) });

class Dictionary {
  readonly #codes = new Map<string, number>();
  readonly #rows: number[] = [];

  add(value: string): void {
    let code = this.#codes.get(value);
    if (code === undefined) {
      code = this.#codes.size;
      this.#codes.set(value, code);
    }
    this.#rows.push(code);
  }

  toColumn(): DictionaryColumn {
    return { dictionary: [...this.#codes.keys()], codes: Uint32Array.from(this.#rows) };
  }
}

const encoder = new TextEncoder();

/** Text laid end to end as UTF-8 in a buffer that doubles when it is full. */
class Strings {
  readonly #offsets: Uint32Array;
  #data: Uint8Array;
  #rows = 0;
  #length = 0;

  constructor(size: number) {
    this.#offsets = new Uint32Array(size + 1);
    this.#data = new Uint8Array(size * 64);
  }

  add(text: string): void {
    const most = this.#length + text.length * 3;
    if (most > this.#data.length) {
      const larger = new Uint8Array(Math.max(most, this.#data.length * 2));
      larger.set(this.#data.subarray(0, this.#length));
      this.#data = larger;
    }
    this.#length += encoder.encodeInto(text, this.#data.subarray(this.#length)).written;
    this.#offsets[++this.#rows] = this.#length;
  }

  toColumn(): StringColumn {
    return { offsets: this.#offsets.subarray(0, this.#rows + 1), data: this.#data.subarray(0, this.#length) };
  }
}
