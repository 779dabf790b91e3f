/**
 * The form in which packets lie on disk: ordinary captures, and how they are named.
 *
 * Always the same variant (little-endian, nanoseconds, one link type), so that reading
 * them back needs no guessing; every capture tool reads it too. A file holds one hour or
 * minute of one origin (a file taken in, or a live input), so no two writers ever share
 * one, and its name says all that a search needs to pass it by.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { CapturedFrames } from '../engine/modules.ts';

export const FILE_HEADER = 24;
export const RECORD_HEADER = 16;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const SNAP_LENGTH = 262_144;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

export function fileHeader(link: number): Buffer {
  const header = Buffer.alloc(FILE_HEADER);
  header.writeUInt32LE(MAGIC_NANOSECONDS, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(SNAP_LENGTH, 16);
  header.writeUInt32LE(link, 20);
  return header;
}

/** Writes one packet at `at`; `target` has the room. Returns where the next one goes. */
export function putRecord(target: Buffer, at: number, frames: CapturedFrames, n: number, length: number): number {
  const start = frames.start[n] ?? 0;
  target.writeUInt32LE(frames.second[n] ?? 0, at);
  target.writeUInt32LE(Math.floor(((frames.fraction[n] ?? 0) * 1_000_000) / frames.ticksPerMilli), at + 4);
  target.writeUInt32LE(length, at + 8);
  target.writeUInt32LE(Math.max(frames.stated[n] ?? 0, length), at + 12);
  target.set(new Uint8Array(frames.view.buffer, frames.view.byteOffset + start, length), at + RECORD_HEADER);
  return at + RECORD_HEADER + length;
}

/** A record as a place in `bytes`. */
export interface StoredRecord {
  readonly bytes: Buffer;
  readonly at: number;
  readonly to: number;
  readonly second: number;
}

/** Whole records from `from` on; ends before one that was cut. */
export function* recordsIn(bytes: Buffer, from: number): Generator<StoredRecord> {
  for (let at = from; at + RECORD_HEADER <= bytes.length; ) {
    const to = at + RECORD_HEADER + bytes.readUInt32LE(at + 8);
    if (to > bytes.length || to - at > RECORD_HEADER + SNAP_LENGTH) return;
    yield { bytes, at, to, second: bytes.readUInt32LE(at) };
    at = to;
  }
}

const CHUNK = 4 << 20;

/** The whole records of an uncompressed file, however large, in pieces of some megabytes. */
export function* recordsOf(path: string): Generator<StoredRecord> {
  const handle = openSync(path, 'r');
  try {
    let position = FILE_HEADER;
    for (;;) {
      // Twice the longest record at least, so that every piece brings the reading on.
      const bytes = Buffer.allocUnsafe(CHUNK);
      const length = readSync(handle, bytes, 0, CHUNK, position);
      let last = 0;
      for (const record of recordsIn(bytes.subarray(0, length), 0)) {
        last = record.to;
        yield record;
      }
      if (last === 0) return;
      position += last;
    }
  } finally {
    closeSync(handle);
  }
}

/** A piece of a file: packets of the minutes it names, in one run of bytes. */
export interface Run {
  minute: number; // Unix ms of the first
  lastMinute: number; // of the last, inclusive
  packets: number;
  /** Of the capture before compression. */
  bytes: number;
  /** Bytes in the closed file: each run is a Zstandard frame of its own. */
  stored: number;
}

/** Written beside a closed file: where each minute lies, so that a search reads no more than it needs. */
export interface KeptIndex {
  readonly link: number;
  readonly packets: number;
  /** Bytes of the file before the first run. */
  readonly headStored: number;
  readonly runs: readonly Run[];
}

export interface KeptName {
  readonly slot: number; // Unix ms of its beginning
  readonly origin: string;
  readonly link: number;
  /** A slot that was closed and gets more packets late has several. */
  readonly part: number;
  readonly state: 'open' | 'closed' | 'packed';
}

const ENDINGS = { open: '.pcap.part', closed: '.pcap', packed: '.pcap.zst' } as const;

/** Without ending. */
export const stemOf = ({ slot, origin, link, part }: Omit<KeptName, 'state'>): string =>
  `${new Date(slot).toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}-${origin}-${link}-${part}`;

export const fileNameOf = (name: KeptName): string => stemOf(name) + ENDINGS[name.state];
export const indexNameOf = (name: Omit<KeptName, 'state'>): string => `${stemOf(name)}.index.json`;

export function parseName(text: string): KeptName | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)-([a-z0-9]+)-(\d{1,5})-(\d{1,9})(\.pcap(?:\.part|\.zst)?)$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1, 6).map(Number);
  const state = match[9] === ENDINGS.open ? 'open' : match[9] === ENDINGS.closed ? 'closed' : 'packed';
  return {
    slot: Date.UTC(year, month - 1, day, hour, minute),
    origin: match[6] ?? '',
    link: Number(match[7]),
    part: Number(match[8]),
    state,
  };
}
