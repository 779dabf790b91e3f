/**
 * Packets taken out of captures and written into others: what tests need that cut, join,
 * shuffle and thin real captures. The packets themselves stay byte for byte as they were.
 */
import { statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { CaptureReader } from '../../src/capture/container.ts';
import { decode } from '../../src/capture/decode.ts';
import { Packet } from '../../src/capture/packet.ts';
import { formatAddress, formatIpv4Number } from '../../src/domain/address.ts';

export interface CapturedPacket {
  readonly second: number; // Unix
  readonly nanosecond: number;
  readonly link: number;
  /** Bytes it had on the wire. */
  readonly stated: number;
  readonly bytes: Uint8Array;
}

const NANOS_PER_MILLI = 1_000_000;

export async function readPackets(path: string): Promise<CapturedPacket[]> {
  const reader = new CaptureReader({ name: basename(path), path, size: statSync(path).size });
  const packets: CapturedPacket[] = [];
  while (await reader.next()) {
    const { frames } = reader;
    for (let i = 0; i < frames.count; i++) {
      const start = frames.start[i] as number;
      packets.push({
        second: frames.second[i] as number,
        nanosecond: (frames.fraction[i] as number) * (NANOS_PER_MILLI / frames.ticksPerMilli),
        link: frames.link[i] as number,
        stated: frames.stated[i] as number,
        bytes: frames.bytes.slice(start, start + (frames.captured[i] as number)),
      });
    }
  }
  reader.close();
  return packets;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;

/** Classic format with nanoseconds; a file has one link type, so all packets must. */
export function writeCapture(path: string, packets: readonly CapturedPacket[]): string {
  const link = packets[0]?.link ?? 1;
  if (packets.some((packet) => packet.link !== link)) throw new Error(`${path}: packets of several link types`);
  const file = Buffer.alloc(packets.reduce((sum, { bytes }) => sum + RECORD_HEADER + bytes.length, FILE_HEADER));
  [0xa1b23c4d, 0x0002_0004, 0, 0, 262_144, link].forEach((word, i) => file.writeUInt32BE(word, i * 4));
  let at = FILE_HEADER;
  for (const { second, nanosecond, stated, bytes } of packets) {
    [second, nanosecond, bytes.length, stated].forEach((word, i) => file.writeUInt32BE(word, at + i * 4));
    file.set(bytes, at + RECORD_HEADER);
    at += RECORD_HEADER + bytes.length;
  }
  writeFileSync(path, file);
  return path;
}

/** How many addresses packets went to: of a telescope, those that it watches. */
export function destinationsOf(packets: readonly CapturedPacket[]): Set<string> {
  const found = new Packet(undefined);
  const destinations = new Set<string>();
  for (const { bytes, stated, link } of packets) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    decode(found, view, 0, bytes.length, stated, link);
    if (found.family === 4) destinations.add(formatIpv4Number(view.getUint32(found.destinationAt)));
    if (found.family === 6) destinations.add(formatAddress(bytes.slice(found.destinationAt, found.destinationAt + 16)));
  }
  return destinations;
}
