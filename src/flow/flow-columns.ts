/**
 * Flow records as growing columns: what decoders write and the store takes.
 *
 * A decoder asks for room once per data set, fills the arrays by loops over one field at a
 * time, and never makes an object per record. Rows are zero until written, so a field an
 * exporter does not send needs no code.
 */
import { type Column, type ColumnBatch, flow } from '../domain/telemetry-table.ts';

const FIRST_CAPACITY = 4096;

/** Columns the pipeline fills in. */
type Enriched = 'source_asn' | 'destination_asn' | 'source_country' | 'destination_country';

export class FlowColumns {
  rows = 0;
  capacity = FIRST_CAPACITY;
  /** Unix ms of the start, as doubles: cut into minute and rest when the rows are taken. */
  start: Float64Array = new Float64Array(FIRST_CAPACITY);
  durationMs: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  /** Index into `exporters`. */
  exporter: Uint16Array = new Uint16Array(FIRST_CAPACITY);
  domain: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  source: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY * 16);
  destination: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY * 16);
  sourcePort: Uint16Array = new Uint16Array(FIRST_CAPACITY);
  destinationPort: Uint16Array = new Uint16Array(FIRST_CAPACITY);
  protocol: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  tcpFlags: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  tos: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  /** 64-bit counters as pairs of words, low word first. */
  packets: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_CAPACITY * 2);
  bytes: Uint32Array<ArrayBuffer> = new Uint32Array(FIRST_CAPACITY * 2);
  sampling: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  samplingFrom: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  direction: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  isReverse: Uint8Array = new Uint8Array(FIRST_CAPACITY);
  input: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  output: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  natSource: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY * 16);
  natDestination: Uint8Array<ArrayBuffer> = new Uint8Array(FIRST_CAPACITY * 16);
  natSourcePort: Uint16Array = new Uint16Array(FIRST_CAPACITY);
  natDestinationPort: Uint16Array = new Uint16Array(FIRST_CAPACITY);
  /** The same addresses as four words each, for those who write IPv4 addresses by the million. */
  sourceWords: Uint32Array = new Uint32Array(this.source.buffer);
  destinationWords: Uint32Array = new Uint32Array(this.destination.buffer);
  natSourceWords: Uint32Array = new Uint32Array(this.natSource.buffer);
  natDestinationWords: Uint32Array = new Uint32Array(this.natDestination.buffer);
  #exporters = new Map<string, number>();

  /** Makes room for `more` rows behind `rows`; arrays taken from here before are stale after it. */
  reserve(more: number): void {
    const wanted = this.rows + more;
    if (wanted <= this.capacity) return;
    this.capacity = Math.max(wanted, this.capacity * 2);
    const { capacity } = this;
    this.start = grown(this.start, new Float64Array(capacity));
    this.durationMs = grown(this.durationMs, new Uint32Array(capacity));
    this.exporter = grown(this.exporter, new Uint16Array(capacity));
    this.domain = grown(this.domain, new Uint32Array(capacity));
    this.source = grown(this.source, new Uint8Array(capacity * 16));
    this.sourceWords = new Uint32Array(this.source.buffer);
    this.destination = grown(this.destination, new Uint8Array(capacity * 16));
    this.destinationWords = new Uint32Array(this.destination.buffer);
    this.sourcePort = grown(this.sourcePort, new Uint16Array(capacity));
    this.destinationPort = grown(this.destinationPort, new Uint16Array(capacity));
    this.protocol = grown(this.protocol, new Uint8Array(capacity));
    this.tcpFlags = grown(this.tcpFlags, new Uint8Array(capacity));
    this.tos = grown(this.tos, new Uint8Array(capacity));
    this.packets = grown(this.packets, new Uint32Array(capacity * 2));
    this.bytes = grown(this.bytes, new Uint32Array(capacity * 2));
    this.sampling = grown(this.sampling, new Uint32Array(capacity));
    this.samplingFrom = grown(this.samplingFrom, new Uint8Array(capacity));
    this.direction = grown(this.direction, new Uint8Array(capacity));
    this.isReverse = grown(this.isReverse, new Uint8Array(capacity));
    this.input = grown(this.input, new Uint32Array(capacity));
    this.output = grown(this.output, new Uint32Array(capacity));
    this.natSource = grown(this.natSource, new Uint8Array(capacity * 16));
    this.natSourceWords = new Uint32Array(this.natSource.buffer);
    this.natDestination = grown(this.natDestination, new Uint8Array(capacity * 16));
    this.natDestinationWords = new Uint32Array(this.natDestination.buffer);
    this.natSourcePort = grown(this.natSourcePort, new Uint16Array(capacity));
    this.natDestinationPort = grown(this.natDestinationPort, new Uint16Array(capacity));
  }

  /** The number that stands for an exporter in this batch. */
  exporterIndex(exporter: string): number {
    const known = this.#exporters.get(exporter);
    if (known !== undefined) return known;
    this.#exporters.set(exporter, this.#exporters.size);
    return this.#exporters.size - 1;
  }

  /** Exporters in this batch; an index has 16 bits. */
  get exporterCount(): number {
    return this.#exporters.size;
  }

  hasExporter(exporter: string): boolean {
    return this.#exporters.has(exporter);
  }

  /** Leaves out those of the last rows, from `first` on, that counted neither a packet nor a byte. */
  dropUncounted(first: number): void {
    const { packets, bytes } = this;
    let kept = first;
    for (let row = first; row < this.rows; row++) {
      const isCounted =
        (packets[2 * row] as number) + (packets[2 * row + 1] as number) + (bytes[2 * row] as number) + (bytes[2 * row + 1] as number) > 0;
      if (!isCounted) continue;
      if (kept < row) this.#moveRow(row, kept);
      kept++;
    }
    const end = this.rows;
    this.rows = kept;
    this.#zero(kept, end);
  }

  #moveRow(from: number, to: number): void {
    for (const array of this.#single()) array.copyWithin(to, from, from + 1);
    for (const array of [this.packets, this.bytes]) array.copyWithin(2 * to, 2 * from, 2 * from + 2);
    for (const array of this.#addresses()) array.copyWithin(16 * to, 16 * from, 16 * from + 16);
  }

  /** Hands the rows over and starts anew. */
  take(tenant: string, sensor: string): ColumnBatch {
    const { rows } = this;
    const minute = new Uint32Array(rows);
    const startMs = new Uint16Array(rows);
    for (let i = 0; i < rows; i++) {
      const start = this.start[i] as number;
      const second = Math.floor(start / 60_000) * 60;
      minute[i] = second;
      startMs[i] = start - second * 1000;
    }
    const codes = new Uint8Array(rows);
    const columns: Record<Exclude<keyof typeof flow.columns, Enriched>, Column> = {
      minute,
      start_ms: startMs,
      duration_ms: this.durationMs.slice(0, rows),
      tenant: { dictionary: [tenant], codes },
      sensor: { dictionary: [sensor], codes },
      exporter: { dictionary: this.#exporters.size > 0 ? [...this.#exporters.keys()] : [''], codes: this.exporter.slice(0, rows) },
      domain: this.domain.slice(0, rows),
      source: this.source.slice(0, rows * 16),
      destination: this.destination.slice(0, rows * 16),
      source_port: this.sourcePort.slice(0, rows),
      destination_port: this.destinationPort.slice(0, rows),
      protocol: this.protocol.slice(0, rows),
      tcp_flags: this.tcpFlags.slice(0, rows),
      tos: this.tos.slice(0, rows),
      packets: new BigUint64Array(this.packets.buffer.slice(0, rows * 8)),
      bytes: new BigUint64Array(this.bytes.buffer.slice(0, rows * 8)),
      sampling: this.sampling.slice(0, rows),
      sampling_from: this.samplingFrom.slice(0, rows),
      direction: this.direction.slice(0, rows),
      is_reverse: this.isReverse.slice(0, rows),
      input: this.input.slice(0, rows),
      output: this.output.slice(0, rows),
      nat_source: this.natSource.slice(0, rows * 16),
      nat_destination: this.natDestination.slice(0, rows * 16),
      nat_source_port: this.natSourcePort.slice(0, rows),
      nat_destination_port: this.natDestinationPort.slice(0, rows),
    };
    this.#clear();
    return { table: flow.name, rows, columns };
  }

  #clear(): void {
    this.#zero(0, this.rows);
    this.rows = 0;
    this.#exporters = new Map();
  }

  #zero(from: number, to: number): void {
    for (const array of this.#single()) array.fill(0, from, to);
    for (const array of [this.packets, this.bytes]) array.fill(0, from * 2, to * 2);
    for (const array of this.#addresses()) array.fill(0, from * 16, to * 16);
  }

  #single(): readonly (Float64Array | Uint32Array | Uint16Array | Uint8Array)[] {
    return [
      this.start,
      this.durationMs,
      this.exporter,
      this.domain,
      this.sourcePort,
      this.destinationPort,
      this.protocol,
      this.tcpFlags,
      this.tos,
      this.sampling,
      this.samplingFrom,
      this.direction,
      this.isReverse,
      this.input,
      this.output,
      this.natSourcePort,
      this.natDestinationPort,
    ];
  }

  #addresses(): readonly Uint8Array[] {
    return [this.source, this.destination, this.natSource, this.natDestination];
  }
}

function grown<A extends { set(array: A): void }>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
