/**
 * A capture as flow records, the same ones every time: what an exporter that watched the
 * same wire would have sent, so that storage can be measured beside nfpcapd's files.
 *
 * One flow per 5-tuple with an active timeout of 300 seconds, whole in memory as columns.
 * Copies of the set lie in following hours: what repeats then is what repeats in reality,
 * hosts that go on scanning the same network, while every hour stands for itself.
 */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadAddressTables } from '../src/attribution/address-tables.ts';
import { findIpv4 } from '../src/attribution/range-table.ts';
import { CaptureReader } from '../src/capture/container.ts';
import { decode } from '../src/capture/decode.ts';
import { Packet } from '../src/capture/packet.ts';
import { type Column, type ColumnBatch, flow, SAMPLING_FROM } from '../src/domain/telemetry-table.ts';
import { FlowColumns } from '../src/flow/flow-columns.ts';

const ACTIVE_TIMEOUT_MS = 300_000;
const HOUR_SECONDS = 3600;
const CACHE = join(import.meta.dirname, '..', '.cache');
const TCP = 6;
const UDP = 17;
const ICMP = 1;

/** Flows in the order of their first packet. */
export interface FlowSet {
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
}

export async function readFlowSet(capture: string): Promise<FlowSet> {
  const table = new FlowTable();
  const reader = new CaptureReader({ name: basename(capture), path: capture, size: statSync(capture).size });
  const packet = new Packet(undefined);
  while (await reader.next()) {
    const { frames } = reader;
    for (let i = 0; i < frames.count; i++) {
      const stated = frames.stated[i] as number;
      decode(packet, frames.view, frames.start[i] as number, frames.captured[i] as number, stated, frames.link[i] as number);
      const at = (frames.second[i] as number) * 1000 + Math.floor((frames.fraction[i] as number) / frames.ticksPerMilli);
      if (packet.family === 4) table.add(packet, at);
    }
  }
  reader.close();
  return withNetworks(table.take());
}

/** `copies` of the set, each one hour later than the one before, in batches of at most `rowsPerBatch`. */
export function* flowBatches(set: FlowSet, copies: number, rowsPerBatch: number): Generator<ColumnBatch> {
  for (let copy = 0; copy < copies; copy++) {
    for (let from = 0; from < set.rows; from += rowsPerBatch) {
      yield slice(set, from, Math.min(set.rows, from + rowsPerBatch), copy * HOUR_SECONDS);
    }
  }
}

function slice(set: FlowSet, from: number, to: number, shiftSeconds: number): ColumnBatch {
  const columns: Record<string, Column> = {};
  for (const [name, type] of Object.entries(flow.columns)) {
    const column = set.columns[name] as Column;
    const width = type === 'FixedString(16)' ? 16 : 1;
    if ('codes' in column) columns[name] = { dictionary: column.dictionary, codes: column.codes.slice(from, to) };
    else if (!('offsets' in column)) columns[name] = column.slice(from * width, to * width);
  }
  columns['minute'] = (columns['minute'] as Uint32Array).map((minute) => minute + shiftSeconds);
  return { table: 'flow', rows: to - from, columns };
}

/** Open addressing over the rows of a FlowColumns; a flow that grew too old is followed by a new one. */
class FlowTable {
  readonly #flows = new FlowColumns();
  readonly #slots: Int32Array;
  readonly #mask: number;
  #sources = new Uint32Array(1 << 16);
  #destinations = new Uint32Array(1 << 16);

  constructor(bits = 23) {
    this.#slots = new Int32Array(1 << bits).fill(-1);
    this.#mask = (1 << bits) - 1;
  }

  add(packet: Packet, at: number): void {
    const { view } = packet;
    const source = view.getUint32(packet.sourceAt);
    const destination = view.getUint32(packet.destinationAt);
    const { sourcePort, destinationPort, flags } = portsOf(packet);
    let slot = hash(source, destination, (sourcePort << 16) | destinationPort, packet.protocol) & this.#mask;
    for (; ; slot = (slot + 1) & this.#mask) {
      const row = this.#slots[slot] as number;
      if (row < 0) break;
      if (!this.#isSame(row, source, destination, sourcePort, destinationPort, packet.protocol)) continue;
      if (at - (this.#flows.start[row] as number) > ACTIVE_TIMEOUT_MS) break;
      this.#grow(row, at, packet.ipBytes, flags);
      return;
    }
    this.#slots[slot] = this.#begin(source, destination, sourcePort, destinationPort, packet, at, flags);
  }

  take(): FlowSet {
    const { rows, columns } = this.#flows.take('main', 'north');
    return { rows, columns };
  }

  #isSame(row: number, source: number, destination: number, sourcePort: number, destinationPort: number, protocol: number): boolean {
    return (
      this.#sources[row] === source &&
      this.#destinations[row] === destination &&
      this.#flows.sourcePort[row] === sourcePort &&
      this.#flows.destinationPort[row] === destinationPort &&
      this.#flows.protocol[row] === protocol
    );
  }

  #grow(row: number, at: number, bytes: number, flags: number): void {
    const flows = this.#flows;
    flows.durationMs[row] = Math.max(0, at - (flows.start[row] as number));
    flows.packets[row * 2] = (flows.packets[row * 2] as number) + 1;
    flows.bytes[row * 2] = (flows.bytes[row * 2] as number) + bytes;
    flows.tcpFlags[row] = (flows.tcpFlags[row] as number) | flags;
  }

  #begin(
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    packet: Packet,
    at: number,
    flags: number,
  ): number {
    const flows = this.#flows;
    flows.reserve(1);
    const row = flows.rows++;
    this.#remember(row, source, destination);
    flows.start[row] = at;
    flows.exporter[row] = flows.exporterIndex('192.0.2.1');
    writeMapped(flows.source, row, source);
    writeMapped(flows.destination, row, destination);
    flows.sourcePort[row] = sourcePort;
    flows.destinationPort[row] = destinationPort;
    flows.protocol[row] = packet.protocol;
    flows.tcpFlags[row] = flags;
    flows.packets[row * 2] = 1;
    flows.bytes[row * 2] = packet.ipBytes;
    flows.sampling[row] = 1;
    flows.samplingFrom[row] = SAMPLING_FROM.header;
    flows.input[row] = 1;
    return row;
  }

  #remember(row: number, source: number, destination: number): void {
    if (row >= this.#sources.length) {
      this.#sources = doubled(this.#sources);
      this.#destinations = doubled(this.#destinations);
    }
    this.#sources[row] = source;
    this.#destinations[row] = destination;
  }
}

function portsOf({ view, protocol, transportAt: at, transportLength: length }: Packet): {
  sourcePort: number;
  destinationPort: number;
  flags: number;
} {
  if (protocol === ICMP && length >= 2) return { sourcePort: 0, destinationPort: view.getUint16(at), flags: 0 };
  if ((protocol !== TCP && protocol !== UDP) || length < 4) return { sourcePort: 0, destinationPort: 0, flags: 0 };
  const flags = protocol === TCP && length >= 14 ? view.getUint8(at + 13) : 0;
  return { sourcePort: view.getUint16(at), destinationPort: view.getUint16(at + 2), flags };
}

function hash(source: number, destination: number, ports: number, protocol: number): number {
  let h = Math.imul(source ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ destination, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ ports, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16) ^ protocol, 0x165667b1);
  return (h ^ (h >>> 15)) >>> 0;
}

function writeMapped(addresses: Uint8Array, row: number, address: number): void {
  const at = row * 16;
  addresses[at + 10] = 0xff;
  addresses[at + 11] = 0xff;
  addresses[at + 12] = address >>> 24;
  addresses[at + 13] = address >>> 16;
  addresses[at + 14] = address >>> 8;
  addresses[at + 15] = address;
}

function doubled(old: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(old.length * 2);
  larger.set(old);
  return larger;
}

/** What the pipeline would fill in. */
function withNetworks(set: FlowSet): FlowSet {
  const tables = loadAddressTables(CACHE);
  const of = (column: string) => {
    const bytes = set.columns[column] as Uint8Array;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const asn = new Uint32Array(set.rows);
    const codes = new Uint16Array(set.rows);
    for (let row = 0; row < set.rows; row++) {
      const address = view.getUint32(row * 16 + 12);
      asn[row] = findIpv4(tables.asn.ipv4, address);
      codes[row] = findIpv4(tables.country.ipv4, address);
    }
    return { asn, country: { dictionary: tables.countries, codes } };
  };
  const source = of('source');
  const destination = of('destination');
  const columns = {
    ...set.columns,
    source_asn: source.asn,
    source_country: source.country,
    destination_asn: destination.asn,
    destination_country: destination.country,
  };
  return { rows: set.rows, columns };
}
