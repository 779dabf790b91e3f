/**
 * Builders for exports. A test names only what it is about; addresses come from the
 * ranges for documentation.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatAddress, parseAddress, parseIpv4Number } from '../../domain/address.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Input } from '../../engine/modules.ts';
import type { Origin } from '../../flow/datagram-files.ts';
import { readDatagrams } from '../../flow/datagram-files.ts';
import { NetflowDecoder } from './decoder.ts';
import { EXPORTS } from './recognise.ts';
import { type NetflowSettings, netflowSettings } from './schema.ts';

export const EXPORTER: Origin = { address: '192.0.2.254', port: 40_000 };
export const SOURCE = '198.51.100.1';
export const DESTINATION = '203.0.113.2';
/** 2025-01-01T00:00:00Z, seconds. */
export const NOW = 1_735_689_600;
export const NOW_MS = NOW * 1000;

export const u8 = (...values: number[]): Buffer => Buffer.from(values);
export const u16 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => u8(value >>> 8, value & 255)));
export function u32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => buffer.writeUInt32BE(value >>> 0, 4 * i));
  return buffer;
}
export const u64 = (value: number): Buffer => u32(Math.floor(value / 2 ** 32), value % 2 ** 32);
export const ip = (text: string): Buffer => (text.includes(':') ? Buffer.from(parseAddress(text) ?? []) : u32(parseIpv4Number(text) ?? 0));

export const set = (id: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([u16(id, body.length + 4), body]);
};

/** Number and length of a field, perhaps with an enterprise. */
export type FieldText = readonly [id: number, length: number, enterprise?: number];

const fieldBytes = ([id, length, enterprise]: FieldText): Buffer =>
  enterprise === undefined ? u16(id, length) : Buffer.concat([u16(id | 0x8000, length), u32(enterprise)]);

export const template = (id: number, fields: readonly FieldText[]): Buffer =>
  Buffer.concat([u16(id, fields.length), ...fields.map(fieldBytes)]);

/** Options of NetFlow v9, whose head counts bytes. */
export const options9 = (id: number, scopes: readonly FieldText[], fields: readonly FieldText[]): Buffer =>
  Buffer.concat([u16(id, 4 * scopes.length, 4 * fields.length), ...[...scopes, ...fields].map(fieldBytes)]);

export const options10 = (id: number, scopes: readonly FieldText[], fields: readonly FieldText[]): Buffer =>
  Buffer.concat([u16(id, scopes.length + fields.length, scopes.length), ...[...scopes, ...fields].map(fieldBytes)]);

interface HeaderOptions {
  readonly sequence?: number;
  readonly domain?: number;
  readonly uptime?: number;
  readonly at?: number;
}

export function v9(sets: readonly Buffer[], { sequence = 0, domain = 1, uptime = 1_000_000, at = NOW }: HeaderOptions = {}): Buffer {
  return Buffer.concat([u16(9, sets.length), u32(uptime, at, sequence, domain), ...sets]);
}

export function ipfix(sets: readonly Buffer[], { sequence = 0, domain = 1, at = NOW }: HeaderOptions = {}): Buffer {
  const body = Buffer.concat(sets);
  return Buffer.concat([u16(10, body.length + 16), u32(at, sequence, domain), body]);
}

export function v5(
  count: number,
  { sequence = 0, uptime = 1_000_000, at = NOW, sampling = 0 }: HeaderOptions & { sampling?: number } = {},
): Buffer {
  const record = Buffer.concat([
    ip(SOURCE),
    ip(DESTINATION),
    u32(0),
    u16(3, 4),
    u32(10, 1000, uptime - 5000, uptime - 2000),
    u16(40_000, 443),
    u8(0, 0x1b, 6, 8),
    u16(0, 0),
    u8(24, 24, 0, 0),
  ]);
  return Buffer.concat([
    u16(5, count),
    u32(uptime, at, 0, sequence),
    u8(1, 2),
    u16(sampling),
    ...Array.from({ length: count }, () => record),
  ]);
}

/** Usual fields of a flow, and records of them. */
export const FLOW_FIELDS: readonly FieldText[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
  [4, 1],
  [6, 1],
  [2, 4],
  [1, 4],
];
export const flowRecord = (packets = 2, bytes = 200): Buffer =>
  Buffer.concat([ip(SOURCE), ip(DESTINATION), u16(40_000, 443), u8(6, 0x12), u32(packets, bytes)]);

export interface Decoded {
  readonly decoder: NetflowDecoder;
  readonly refused: Reason[];
}

export function newDecoder(settings: Partial<NetflowSettings> = {}, isLive = false): Decoded {
  const refused: Reason[] = [];
  const decoder = new NetflowDecoder({
    settings: { ...netflowSettings.parse({}), ...settings },
    isLive,
    quarantine: (_exporter, reason, excerpt) => {
      excerpt();
      refused.push(reason);
    },
  });
  return { decoder, refused };
}

export function decode(datagrams: readonly Buffer[], settings: Partial<NetflowSettings> = {}, from: Origin = EXPORTER): Decoded {
  const decoded = newDecoder(settings);
  for (const datagram of datagrams) decoded.decoder.take(exactly(datagram), from, NOW_MS);
  return decoded;
}

/** In a buffer of exactly its length: reading beyond it throws. */
export const exactly = (datagram: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(datagram);

export interface Row {
  readonly at: string;
  readonly duration: number;
  readonly exporter: string;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
  readonly tcpFlags: number;
  readonly tos: number;
  readonly packets: number;
  readonly bytes: number;
  readonly sampling: number;
  readonly samplingFrom: number;
  readonly direction: number;
  readonly isReverse: boolean;
  readonly input: number;
  readonly output: number;
  readonly natSource: string;
  readonly natDestination: string;
  readonly natSourcePort: number;
  readonly natDestinationPort: number;
}

/** Rows as a person reads them; taking them empties the decoder. */
export function rowsOf({ columns }: NetflowDecoder): Row[] {
  if (columns.rows === 0) return [];
  const { rows, columns: c } = columns.take('main', 's');
  const number = (name: string, i: number): number => Number((c[name] as Uint32Array)[i]);
  const address = (name: string, i: number): string => formatAddress((c[name] as Uint8Array).subarray(16 * i, 16 * i + 16));
  const text = (name: string, i: number): string => {
    const column = c[name] as { dictionary: readonly string[]; codes: Uint16Array };
    return column.dictionary[column.codes[i] ?? 0] ?? '';
  };
  return Array.from({ length: rows }, (_, i) => ({
    at: new Date(number('minute', i) * 1000 + number('start_ms', i)).toISOString(),
    duration: number('duration_ms', i),
    exporter: text('exporter', i),
    source: address('source', i),
    destination: address('destination', i),
    sourcePort: number('source_port', i),
    destinationPort: number('destination_port', i),
    protocol: number('protocol', i),
    tcpFlags: number('tcp_flags', i),
    tos: number('tos', i),
    packets: number('packets', i),
    bytes: number('bytes', i),
    sampling: number('sampling', i),
    samplingFrom: number('sampling_from', i),
    direction: number('direction', i),
    isReverse: number('is_reverse', i) === 1,
    input: number('input', i),
    output: number('output', i),
    natSource: address('nat_source', i),
    natDestination: address('nat_destination', i),
    natSourcePort: number('nat_source_port', i),
    natDestinationPort: number('nat_destination_port', i),
  }));
}

/** The rows of `sensor_minute`, column by column. */
export function minutesOf(decoder: NetflowDecoder): Record<string, unknown>[] {
  decoder.settleLosses(NOW_MS);
  const batch = decoder.minutes.take('main', 's');
  return Array.from({ length: batch?.rows ?? 0 }, (_, i) =>
    Object.fromEntries(
      Object.entries(batch?.columns ?? {}).map(([name, column]) => {
        if ('dictionary' in column) return [name, column.dictionary[column.codes[i] ?? 0]];
        return [name, 'offsets' in column ? '' : Number(column[i])];
      }),
    ),
  );
}

export function fileOf(content: Uint8Array, name = 'exports.dat'): Input {
  const path = join(mkdtempSync(join(tmpdir(), 'yagura-netflow-')), name);
  writeFileSync(path, content);
  return { name, path, size: content.length };
}

/** Files read one after the other as one stream. */
export async function decodeFiles(paths: readonly string[]): Promise<Decoded> {
  const decoded = newDecoder();
  for (const path of paths) {
    for await (const { datagrams } of readDatagrams({ name: path, path, size: 0 }, EXPORTS)) {
      for (const { bytes, from, receivedAt } of datagrams) decoded.decoder.take(exactly(bytes), from, receivedAt);
    }
  }
  decoded.decoder.giveUp();
  return decoded;
}
