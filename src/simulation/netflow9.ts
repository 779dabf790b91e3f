/**
 * NetFlow version 9 (RFC 3954) as a router writes it: one template, thirty records to a
 * datagram, and the sampling interval in options, as carriers' routers state it.
 *
 * Counters go out as they were counted on the sampled packets; whoever reads them multiplies.
 */

/** Element and length: ends, ports, protocol, flags, counters, times, interfaces, direction. */
const FIELDS: readonly (readonly [id: number, length: number])[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [6, 1],
  [2, 4],
  [1, 4],
  [22, 4],
  [21, 4],
  [10, 2],
  [14, 2],
  [61, 1],
];
const RECORD_BYTES = FIELDS.reduce((sum, [, length]) => sum + length, 0);
const TEMPLATE = 256;
const OPTIONS_TEMPLATE = 257;
const HEADER_BYTES = 20;
const SET_HEADER_BYTES = 4;
export const RECORDS_PER_DATAGRAM = 30;

/** One direction of a flow. Times are milliseconds since the exporter started. */
export interface FlowRecord {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
  readonly flags: number;
  readonly packets: number;
  readonly bytes: number;
  readonly startUptime: number;
  readonly endUptime: number;
  readonly input: number;
  readonly output: number;
}

export interface Header {
  readonly uptimeMs: number;
  readonly seconds: number; // Unix
  readonly sequence: number; // counts datagrams
  readonly domain: number;
}

/** The template and, where packets are sampled or expressly not, the options that say so. */
export function templateDatagram(header: Header, sampling: number): Uint8Array {
  const templateSet = [0, 8 + 4 * FIELDS.length, TEMPLATE, FIELDS.length, ...FIELDS.flat()];
  const optionsSet = [1, 24, OPTIONS_TEMPLATE, 4, 8, 1, 4, 34, 4, 35, 1, 0]; // one scope (system), interval and algorithm, padding
  const optionsData = [OPTIONS_TEMPLATE, 16, 0, 1, sampling >>> 16, sampling & 0xffff, 2 << 8, 0]; // 2: random
  const words = [...templateSet, ...optionsSet, ...optionsData];
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + 2 * words.length));
  words.forEach((word, i) => view.setUint16(HEADER_BYTES + 2 * i, word));
  writeHeader(view, header, 3);
  return new Uint8Array(view.buffer);
}

/** A datagram with `count` records. */
export function dataDatagram(header: Header, count: number, recordAt: (n: number) => FlowRecord): Uint8Array {
  const setBytes = Math.ceil((SET_HEADER_BYTES + count * RECORD_BYTES) / 4) * 4;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + setBytes));
  writeHeader(view, header, count);
  view.setUint16(HEADER_BYTES, TEMPLATE);
  view.setUint16(HEADER_BYTES + 2, setBytes);
  for (let n = 0; n < count; n++) {
    writeRecord(view, HEADER_BYTES + SET_HEADER_BYTES + n * RECORD_BYTES, recordAt(n));
  }
  return new Uint8Array(view.buffer);
}

/** Puts the changing parts into a datagram made before, for senders that repeat themselves. */
export function writeHeader(view: DataView, header: Header, count: number): void {
  view.setUint16(0, 9);
  view.setUint16(2, count);
  view.setUint32(4, header.uptimeMs);
  view.setUint32(8, header.seconds);
  view.setUint32(12, header.sequence);
  view.setUint32(16, header.domain);
}

function writeRecord(view: DataView, at: number, record: FlowRecord): void {
  view.setUint32(at, record.source);
  view.setUint32(at + 4, record.destination);
  view.setUint16(at + 8, record.sourcePort);
  view.setUint16(at + 10, record.destinationPort);
  view.setUint8(at + 12, record.protocol);
  view.setUint8(at + 13, record.flags);
  view.setUint32(at + 14, record.packets);
  view.setUint32(at + 18, record.bytes);
  view.setUint32(at + 22, record.startUptime);
  view.setUint32(at + 26, record.endUptime);
  view.setUint16(at + 30, record.input);
  view.setUint16(at + 32, record.output);
  view.setUint8(at + 34, 0); // ingress
}
