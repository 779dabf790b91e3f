/** The compiled aggregation, its memory, and the columns it has written. */
import { readFileSync } from 'node:fs';
import { type Column, type ColumnBatch, telescopeMinute } from '../../../domain/telemetry-table.ts';
import { TARGETS_BY_BITS } from '../cell-columns.ts';
import { UDP_SERVICE_KINDS } from '../classify.ts';

type Cells = Record<Exclude<keyof typeof telescopeMinute.columns, 'asn' | 'country'>, Column>;

interface Exports {
  readonly memory: WebAssembly.Memory;
  begin(mostCaptured: number, ticksPerSecond: number): void;
  take(from: number, to: number): number;
  emit(): number;
  takeRows(): void;
}

let compiled: WebAssembly.Module | undefined;

export class CellKernel {
  /** Where records are to be put, and how many bytes have room. */
  readonly input: number;
  readonly inputLength: number = 3 << 20;
  readonly #exports: Exports;
  readonly #numbers: ReadonlyMap<string, WebAssembly.Global<number>>;

  constructor(mostCaptured: number, ticksPerSecond: number) {
    compiled ??= new WebAssembly.Module(readFileSync(new URL('kernel.wasm', import.meta.url)));
    const { exports } = new WebAssembly.Instance(compiled, {});
    this.#exports = exports as unknown as Exports;
    this.#numbers = new Map(Object.entries(exports).map(([name, value]) => [name, value as WebAssembly.Global<number>]));
    this.input = this.#number('INPUT');
    new Uint8Array(this.memory, this.#number('UDP_SERVICES'), UDP_SERVICE_KINDS.length).set(UDP_SERVICE_KINDS);
    new Uint32Array(this.memory, this.#number('TARGETS'), TARGETS_BY_BITS.length).set(TARGETS_BY_BITS);
    const sources = new Uint16Array(this.memory, this.#number('SOURCE'), this.#number('MOST_ROWS') * 8);
    for (let at = 5; at < sources.length; at += 8) sources[at] = 0xffff; // ::ffff:0:0/96
    this.#exports.begin(mostCaptured, ticksPerSecond);
  }

  /** The buffer of the moment: it is another one after a table has grown. */
  get memory(): ArrayBuffer {
    return this.#exports.memory.buffer;
  }

  /** Takes whole records up to `to` and gives the offset behind the last; the getters say what it wants next. */
  take(from: number, to: number): number {
    return this.#exports.take(from, to);
  }

  get wants(): 'bytes' | 'general' | 'emit' | 'damaged' {
    const why = this.#number('why');
    if (why === this.#number('WANTS_BYTES')) return 'bytes';
    if (why === this.#number('WANTS_EMIT')) return 'emit';
    return why === this.#number('WANTS_GENERAL') ? 'general' : 'damaged';
  }

  /** Packets taken so far, unusual ones among them. */
  get packets(): number {
    return this.#number('packets');
  }

  /** Offset and number of each record of the latest call that must go the general way. */
  unusual(): Uint32Array {
    return new Uint32Array(this.memory, this.#number('UNUSUAL'), this.#number('unusual') * 2);
  }

  /** Writes the older open minute as rows; false when the columns are full and must be taken first. */
  emit(): boolean {
    return this.#exports.emit() !== 0;
  }

  get rows(): number {
    return this.#number('rows');
  }

  /** Copies of the columns written so far, which start anew. */
  takeColumns(tenant: string, sensor: string): ColumnBatch {
    const { rows, memory } = this;
    const codes = new Uint8Array(rows);
    const at = (name: string, bytes: number): ArrayBuffer => memory.slice(this.#number(name), this.#number(name) + rows * bytes);
    const columns: Cells = {
      minute: new Uint32Array(at('MINUTE', 4)),
      tenant: { dictionary: [tenant], codes },
      sensor: { dictionary: [sensor], codes },
      source: new Uint8Array(at('SOURCE', 16)),
      class: new Uint8Array(at('CLASS', 1)),
      protocol: new Uint8Array(at('PROTOCOL', 1)),
      port: new Uint16Array(at('PORT', 2)),
      packets: new Uint32Array(at('PACKETS', 4)),
      bytes: new BigUint64Array(at('BYTES', 8)),
      first_ms: new BigUint64Array(at('FIRST', 8)),
      last_ms: new BigUint64Array(at('LAST', 8)),
      targets: new Uint32Array(at('DISTINCT', 4)),
      target_bits: new BigUint64Array(at('BITS', 8)),
      source_port: new Uint16Array(at('SOURCE_PORT', 2)),
      ttl_min: new Uint8Array(at('TTL_MIN', 1)),
      ttl_max: new Uint8Array(at('TTL_MAX', 1)),
      window: new Uint16Array(at('WINDOW', 2)),
      fp_mirai: new Uint32Array(at('MIRAI', 4)),
      fp_zmap: new Uint32Array(at('ZMAP', 4)),
      fp_masscan: new Uint32Array(at('MASSCAN', 4)),
      fp_nmap: new Uint32Array(at('NMAP', 4)),
      fp_bare: new Uint32Array(at('BARE', 4)),
    };
    this.#exports.takeRows();
    return { table: telescopeMinute.name, rows, columns };
  }

  #number(name: string): number {
    return this.#numbers.get(name)?.value ?? 0;
  }
}
