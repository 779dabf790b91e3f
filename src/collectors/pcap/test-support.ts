/**
 * Builders for packets and capture files. A test names only what it is about; addresses
 * come from the ranges for documentation.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress, parseIpv4Number } from '../../domain/address.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Column, ColumnBatch } from '../../domain/telemetry-table.ts';
import { createLog } from '../../engine/log.ts';
import type { CollectContext, CollectedBatch, Input } from '../../engine/modules.ts';
import pcap from './index.ts';

export const SOURCE = '192.0.2.1';
export const DESTINATION = '198.51.100.7';
export const SOURCE_6 = '2001:db8::1';
export const DESTINATION_6 = '2001:db8::2';

export const bytes = (...values: number[]): Buffer => Buffer.from(values);
export const zeros = (length: number): Buffer => Buffer.alloc(length);

export function u16(...values: number[]): Buffer {
  const buffer = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => buffer.writeUInt16BE(value, 2 * i));
  return buffer;
}

export function u32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => buffer.writeUInt32BE(value >>> 0, 4 * i));
  return buffer;
}

export const toNumber = (address: string): number => parseIpv4Number(address) ?? 0;

interface Ipv4Options {
  readonly source?: string;
  readonly destination?: string;
  readonly id?: number;
  readonly ttl?: number;
  readonly fragment?: number;
  readonly total?: number;
  readonly options?: Buffer;
}

export function ipv4(protocol: number, payload: Buffer, options: Ipv4Options = {}): Buffer {
  const extra = options.options ?? zeros(0);
  const length = options.total ?? 20 + extra.length + payload.length;
  return Buffer.concat([
    bytes(0x45 + extra.length / 4, 0),
    u16(length, options.id ?? 1, options.fragment ?? 0),
    bytes(options.ttl ?? 64, protocol),
    u16(0),
    u32(toNumber(options.source ?? SOURCE), toNumber(options.destination ?? DESTINATION)),
    extra,
    payload,
  ]);
}

const address = (text: string): Uint8Array => parseAddress(text) ?? zeros(16);

export function ipv6(protocol: number, payload: Buffer, options: { source?: string; destination?: string; length?: number } = {}): Buffer {
  return Buffer.concat([
    u32(0x6000_0000),
    u16(options.length ?? payload.length),
    bytes(protocol, 64),
    address(options.source ?? SOURCE_6),
    address(options.destination ?? DESTINATION_6),
    payload,
  ]);
}

interface TcpOptions {
  readonly source?: number;
  readonly destination?: number;
  readonly flags?: number;
  readonly sequence?: number;
  readonly window?: number;
  readonly options?: Buffer;
}

export function tcp(options: TcpOptions = {}): Buffer {
  const extra = options.options ?? zeros(0);
  return Buffer.concat([
    u16(options.source ?? 40_000, options.destination ?? 23),
    u32(options.sequence ?? 7, 0),
    bytes((5 + extra.length / 4) << 4, options.flags ?? 2),
    u16(options.window ?? 65_535, 0, 0),
    extra,
  ]);
}

export function udp(source = 40_000, destination = 44_444, payload: Buffer = Buffer.from('payload!')): Buffer {
  return Buffer.concat([u16(source, destination, 8 + payload.length, 0), payload]);
}

export const icmp = (type: number, payload: Buffer = zeros(0), code = 0): Buffer => Buffer.concat([bytes(type, code), zeros(6), payload]);

const MACS = Buffer.from('020000000001020000000002', 'hex');
export const ethernet = (type: number, payload: Buffer): Buffer => Buffer.concat([MACS, u16(type), payload]);

export interface TestPacket {
  readonly bytes: Buffer;
  readonly second?: number;
  readonly micro?: number;
  readonly stated?: number;
}

export const START = 1_735_689_600; // 2025-01-01T00:00:00Z

interface CaptureOptions {
  readonly link?: number;
  readonly isBig?: boolean;
  readonly isNano?: boolean;
}

/** A classic capture. */
export function captureOf(packets: readonly (Buffer | TestPacket)[], options: CaptureOptions = {}): Buffer {
  const { link = 1, isBig = false, isNano = false } = options;
  const write = (values: number[]): Buffer => {
    const buffer = u32(...values);
    return isBig ? buffer : buffer.swap32();
  };
  const version = isBig ? u16(2, 4) : u16(2, 4).swap16();
  const head = Buffer.concat([write([isNano ? 0xa1b23c4d : 0xa1b2c3d4]), version, write([0, 0, 262_144, link])]);
  const records = packets.map((packet, i) => {
    const { bytes: data, second = START + i, micro = 0, stated } = Buffer.isBuffer(packet) ? { bytes: packet } : packet;
    return Buffer.concat([write([second, isNano ? micro * 1000 : micro, data.length, stated ?? data.length]), data]);
  });
  return Buffer.concat([head, ...records]);
}

interface NgOptions {
  readonly link?: number;
  readonly isBig?: boolean;
  /** if_tsresol, as the option's byte. */
  readonly resolution?: number;
  /** if_tsoffset, seconds. */
  readonly offset?: number;
  readonly kind?: 'enhanced' | 'simple' | 'old';
}

const pad = (data: Buffer): Buffer => Buffer.concat([data, zeros(-data.length & 3)]);

const high = (value: bigint): number => Number(value >> 32n);

const low = (value: bigint): number => Number(value & 0xffff_ffffn);

/** One pcapng section with one interface. */
export function sectionOf(packets: readonly (Buffer | TestPacket)[], options: NgOptions = {}): Buffer {
  const { link = 1, isBig = false, resolution = 6, offset = 0, kind = 'enhanced' } = options;
  const w32 = (...values: number[]): Buffer => (isBig ? u32(...values) : u32(...values).swap32());
  const w16 = (...values: number[]): Buffer => (isBig ? u16(...values) : u16(...values).swap16());
  const block = (type: number, body: Buffer): Buffer => Buffer.concat([w32(type, body.length + 12), body, w32(body.length + 12)]);
  const offsetWords = isBig ? [high(BigInt(offset)), low(BigInt(offset))] : [low(BigInt(offset)), high(BigInt(offset))];
  const interfaceOptions = Buffer.concat([w16(9, 1), bytes(resolution, 0, 0, 0), w16(14, 8), w32(...offsetWords), w16(0, 0)]);
  const perSecond = resolution & 0x80 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  const packetBlock = (packet: Buffer | TestPacket, i: number): Buffer => {
    const { bytes: data, second = START + i, micro = 0, stated } = Buffer.isBuffer(packet) ? { bytes: packet } : packet;
    const ticks = BigInt(second - offset) * perSecond + (BigInt(micro) * perSecond) / 1_000_000n;
    const lengths = w32(high(ticks), low(ticks), data.length, stated ?? data.length);
    if (kind === 'simple') return block(3, Buffer.concat([w32(stated ?? data.length), pad(data)]));
    if (kind === 'old') return block(2, Buffer.concat([w16(0, 0), lengths, pad(data)]));
    return block(6, Buffer.concat([w32(0), lengths, pad(data)]));
  };
  return Buffer.concat([
    block(0x0a0d0d0a, Buffer.concat([w32(0x1a2b3c4d), w16(1, 0), w32(0xffff_ffff, 0xffff_ffff)])),
    block(1, Buffer.concat([w16(link, 0), w32(0), interfaceOptions])),
    block(5, w32(0, 0, 0)), // statistics: stepped over
    ...packets.map(packetBlock),
  ]);
}

const folder = mkdtempSync(join(tmpdir(), 'yagura-pcap-'));
let files = 0;

/** Thousands of files are made but few are in use at a time, so names come round again. */
export function fileOf(content: Uint8Array, name = 'test.pcap'): Input {
  const path = join(folder, `${files++ % 64}-${name}`);
  writeFileSync(path, content);
  return { name, path, size: content.length };
}

export interface Collected {
  readonly batches: CollectedBatch[];
  readonly cells: Cell[];
  readonly quarantined: { record: number; reason: Reason; excerpt: string }[];
  readonly alarms: string[];
  readonly error: unknown;
}

export async function collectAll(input: Input): Promise<Collected> {
  const quarantined: Collected['quarantined'] = [];
  const alarms: string[] = [];
  const context: CollectContext = {
    tenant: 'main',
    sensor: 'telescope',
    receivedAt: 0,
    fileDigest: new Uint8Array(32),
    log: createLog('silent'),
    signal: new AbortController().signal,
    quarantine: (record, reason, excerpt) => quarantined.push({ record, reason, excerpt }),
    alarm: (code) => alarms.push(code),
    progress: () => undefined,
  };
  const batches: CollectedBatch[] = [];
  let error: unknown;
  try {
    for await (const batch of pcap.collect(input, pcap.settings.parse({}), context)) batches.push(batch);
  } catch (caught) {
    error = caught;
  }
  return { batches, quarantined, alarms, error, cells: batches.flatMap((batch) => batch.columns.flatMap(cellsOf)) };
}

/** A row of telescope_minute as an object. */
export type Cell = Readonly<Record<string, number | bigint | string>>;

export function cellsOf(batch: ColumnBatch): Cell[] {
  return Array.from({ length: batch.rows }, (_, row) =>
    Object.fromEntries(Object.entries(batch.columns).map(([name, column]) => [name, valueOf(name, column, row)])),
  );
}

function valueOf(name: string, column: Column, row: number): number | bigint | string {
  if ('dictionary' in column) return column.dictionary[column.codes[row] ?? 0] ?? '';
  if ('offsets' in column) return '';
  if (name === 'source') return Buffer.from((column as Uint8Array).subarray(row * 16, row * 16 + 16)).toString('hex');
  return column[row] ?? 0;
}

const KEY = ['minute', 'source', 'class', 'protocol', 'port'];
const SUMMED = ['packets', 'bytes', 'fp_mirai', 'fp_zmap', 'fp_masscan', 'fp_nmap', 'fp_bare'];

/** Cells of several batches or files put together: counters add up, bitmaps unite. */
export function merged(cells: readonly Cell[]): Map<string, Cell> {
  const result = new Map<string, Cell>();
  for (const cell of cells) {
    const key = KEY.map((name) => cell[name]).join(' ');
    const before = result.get(key);
    result.set(key, before ? unite(before, cell) : pick(cell));
  }
  return result;
}

function pick(cell: Cell): Cell {
  return Object.fromEntries(
    [...KEY, ...SUMMED, 'first_ms', 'last_ms', 'target_bits', 'ttl_min', 'ttl_max'].map((name) => [name, cell[name] ?? 0]),
  );
}

function unite(a: Cell, b: Cell): Cell {
  const sums = SUMMED.map((name) => {
    const [x, y] = [a[name] ?? 0, b[name] ?? 0];
    return [name, typeof x === 'bigint' ? x + BigInt(y) : Number(x) + Number(y)];
  });
  const least = (name: string): number | bigint => ((a[name] ?? 0) < (b[name] ?? 0) ? (a[name] as number) : (b[name] as number));
  const most = (name: string): number | bigint => ((a[name] ?? 0) > (b[name] ?? 0) ? (a[name] as number) : (b[name] as number));
  return {
    ...a,
    ...Object.fromEntries(sums),
    first_ms: least('first_ms'),
    last_ms: most('last_ms'),
    ttl_min: least('ttl_min'),
    ttl_max: most('ttl_max'),
    target_bits: BigInt(a['target_bits'] ?? 0) | BigInt(b['target_bits'] ?? 0),
  };
}
