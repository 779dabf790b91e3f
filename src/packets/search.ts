/**
 * Finds the packets of one source among the kept ones, as one capture.
 *
 * A search passes by whole files by their names and whole minutes by their index. Within
 * an hour packets are put in order of time; across link types the link headers go and the
 * answer is a capture of bare IP packets, because a classic capture has one link type only.
 */
import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { Address } from '../domain/address.ts';
import { namesIn, readIndex } from './folder.ts';
import { addressKey, HeaderWalk, keyOfAddress } from './header-walk.ts';
import {
  FILE_HEADER,
  fileHeader,
  fileNameOf,
  HOUR,
  indexNameOf,
  type KeptName,
  MINUTE,
  RECORD_HEADER,
  recordsIn,
  recordsOf,
  type StoredRecord,
} from './kept-file.ts';

const decompress = promisify(zstdDecompress);
const LINK_RAW_IP = 101;
/** More of one hour is sent before the hour is read to its end, and is in order piece by piece. */
const MOST_WAITING_BYTES = 64 << 20;

export interface PacketSearch {
  readonly source: Address;
  readonly from: number; // Unix ms
  readonly to: number; // exclusive
}

export interface KeptFolder {
  readonly folder: string;
  /** What one file of it spans. */
  readonly span: number;
}

interface KeptPlace {
  readonly folder: string;
  readonly name: KeptName;
}

export async function* searchPackets(folders: readonly KeptFolder[], search: PacketSearch): AsyncGenerator<Uint8Array> {
  const places = folders.flatMap(({ folder, span }) => placesIn(folder, span, search));
  const links = new Set(places.map(({ name }) => name.link));
  const [only] = links;
  const link = links.size === 1 && only !== undefined ? only : LINK_RAW_IP;
  yield fileHeader(link);
  const matcher = new Matcher(search, links.size > 1);
  const hours = [...Map.groupBy(places, ({ name }) => Math.floor(name.slot / HOUR))].sort(([a], [b]) => a - b);
  for (const [, ofHour] of hours) yield* inOrder(ofHour, search, matcher);
}

function placesIn(folder: string, span: number, { from, to }: PacketSearch): KeptPlace[] {
  const names = namesIn(folder).filter(({ slot }) => slot < to && slot + span > from);
  const packed = new Set(names.filter(({ state }) => state === 'packed').map(indexNameOf));
  return names.filter((name) => name.state === 'packed' || !packed.has(indexNameOf(name))).map((name) => ({ folder, name }));
}

async function* inOrder(places: readonly KeptPlace[], search: PacketSearch, matcher: Matcher): AsyncGenerator<Uint8Array> {
  let found: Buffer[] = [];
  let bytes = 0;
  for (const place of places) {
    for await (const records of piecesOf(place, search)) {
      for (const record of records) {
        const match = matcher.match(record, place.name.link);
        if (!match) continue;
        found.push(match);
        bytes += match.length;
      }
      if (bytes < MOST_WAITING_BYTES) continue;
      yield sorted(found);
      found = [];
      bytes = 0;
    }
  }
  if (found.length > 0) yield sorted(found);
}

const sorted = (records: readonly Buffer[]): Buffer => Buffer.concat(records.toSorted(byTime));
const byTime = (a: Buffer, b: Buffer): number => a.readUInt32LE(0) - b.readUInt32LE(0) || a.readUInt32LE(4) - b.readUInt32LE(4);

/** The records of a file, without the minutes that cannot matter where an index tells. */
async function* piecesOf({ folder, name }: KeptPlace, { from, to }: PacketSearch): AsyncGenerator<Iterable<StoredRecord>> {
  // An open file may be packed, and a packed one deleted, while the search is on its way to it.
  const packed = join(folder, fileNameOf({ ...name, state: 'packed' }));
  const plain = join(folder, fileNameOf(name));
  if (name.state !== 'packed' && existsSync(plain)) {
    yield recordsOf(plain);
    return;
  }
  if (!existsSync(packed)) return;
  const index = readIndex(folder, name);
  if (!index) {
    yield recordsIn(await decompress(await readFile(packed)), FILE_HEADER);
    return;
  }
  const handle = await open(packed);
  try {
    let position = index.headStored;
    for (const { minute, lastMinute, stored } of index.runs) {
      if (minute < to && lastMinute + MINUTE > from) yield recordsIn(await decompress(await readPart(handle, position, stored)), 0);
      position += stored;
    }
  } finally {
    await handle.close();
  }
}

async function readPart(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

class Matcher {
  readonly #walk = new HeaderWalk();
  readonly #search: PacketSearch;
  readonly #key: number | string;
  readonly #cutsLink: boolean;

  constructor(search: PacketSearch, cutsLink: boolean) {
    this.#search = search;
    this.#key = keyOfAddress(search.source);
    this.#cutsLink = cutsLink;
  }

  /** The record when it is of the source and time asked for. */
  match({ bytes, at, to, second }: StoredRecord, link: number): Buffer | undefined {
    const millis = second * 1000 + bytes.readUInt32LE(at + 4) / 1_000_000;
    if (millis < this.#search.from || millis >= this.#search.to) return undefined;
    if (sourceOf(this.#walk, bytes, at, to, link) !== this.#key) return undefined;
    return this.#cutsLink ? this.#withoutLink(bytes, at, to) : Buffer.from(bytes.subarray(at, to));
  }

  #withoutLink(bytes: Buffer, at: number, to: number): Buffer {
    const { family, sourceAt } = this.#walk;
    const start = sourceAt - (family === 4 ? 12 : 8);
    const cut = start - (at + RECORD_HEADER);
    const record = Buffer.concat([bytes.subarray(at, at + RECORD_HEADER), bytes.subarray(start, to)]);
    record.writeUInt32LE(bytes.readUInt32LE(at + 8) - cut, 8);
    record.writeUInt32LE(bytes.readUInt32LE(at + 12) - cut, 12);
    return record;
  }
}

/** Undefined for packets that have no address. */
export function sourceOf(walk: HeaderWalk, bytes: Buffer, at: number, to: number, link: number): number | string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  walk.read(view, at + RECORD_HEADER, to - at - RECORD_HEADER, bytes.readUInt32LE(at + 12), link);
  return walk.family === 0 ? undefined : addressKey(view, walk.sourceAt, walk.family);
}
