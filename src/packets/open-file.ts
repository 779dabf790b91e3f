/**
 * A kept capture that is still being written: its bytes, and what lies in which minute.
 *
 * Only whole records are ever counted as written. After a kill the file is reopened, a
 * cut last record is dropped, and writing goes on behind the last whole one.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { CapturedFrames } from '../engine/modules.ts';
import { FILE_HEADER, fileHeader, fileNameOf, type KeptName, MINUTE, putRecord, RECORD_HEADER, type Run, recordsOf } from './kept-file.ts';

const BUFFER = 64 * 1024;
const GROW = 2;

export class OpenFile {
  readonly name: KeptName;
  readonly folder: string;
  readonly runs: Run[] = [];
  /** performance.now() of the last packet. */
  touchedAt: number = performance.now();
  #buffer = Buffer.allocUnsafe(BUFFER);
  #waiting = 0;
  /** Whole records up to here are in the file. */
  #size = 0;
  /** What `runs` counted of packets that wait. */
  #pending: { readonly second: number; readonly bytes: number }[] = [];

  private constructor(folder: string, name: KeptName) {
    this.folder = folder;
    this.name = name;
  }

  static create(folder: string, name: KeptName): OpenFile {
    const file = new OpenFile(folder, name);
    file.#buffer.set(fileHeader(name.link));
    file.#waiting = FILE_HEADER;
    return file;
  }

  /** Goes on with what a killed process left; `seen` is told of every record that is there. */
  static reopen(folder: string, name: KeptName, seen: (record: Buffer) => void): OpenFile {
    const file = new OpenFile(folder, name);
    if (statSync(file.path).size < FILE_HEADER) return OpenFile.create(folder, name);
    file.#size = FILE_HEADER;
    for (const { bytes, at, to, second } of recordsOf(file.path)) {
      noteIn(file.runs, second, to - at);
      seen(bytes.subarray(at, to));
      file.#size += to - at;
    }
    return file;
  }

  get path(): string {
    return join(this.folder, fileNameOf(this.name));
  }

  get packets(): number {
    return this.runs.reduce((sum, run) => sum + run.packets, 0);
  }

  /** The record as it would be written; valid until the next call. */
  encode(frames: CapturedFrames, n: number, length: number): Buffer {
    const needed = this.#waiting + RECORD_HEADER + length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * GROW));
      larger.set(this.#buffer.subarray(0, this.#waiting));
      this.#buffer = larger;
    }
    return this.#buffer.subarray(this.#waiting, putRecord(this.#buffer, this.#waiting, frames, n, length));
  }

  /** Accepts the record just encoded. */
  accept(record: Buffer, second: number): void {
    this.#waiting += record.length;
    this.#pending.push({ second, bytes: record.length });
    this.touchedAt = performance.now();
  }

  get isFull(): boolean {
    return this.#waiting >= BUFFER;
  }

  /** Hands what waits to the system. Throws what the system says, with the file as it was before. */
  write(): void {
    if (this.#waiting === 0) return;
    const handle = openSync(this.path, this.#size === 0 ? 'a' : 'r+', 0o600);
    try {
      const isSame = fstatSync(handle).isFile();
      if (isSame) ftruncateSync(handle, this.#size);
      for (let at = 0; at < this.#waiting; ) at += writeSync(handle, this.#buffer, at, this.#waiting - at, isSame ? this.#size + at : null);
    } catch (error) {
      this.#truncate(handle);
      throw error;
    } finally {
      closeSync(handle);
    }
    this.#size += this.#waiting;
    for (const { second, bytes } of this.#pending) noteIn(this.runs, second, bytes);
    this.#waiting = 0;
    this.#pending = [];
  }

  /** Forgets what waits; returns how many packets that were. */
  forget(): number {
    const lost = this.#pending.length;
    this.#pending = [];
    this.#waiting = this.#size === 0 ? FILE_HEADER : 0;
    return lost;
  }

  /** Under its closed name, uncompressed: for files that live for minutes only. */
  close(): void {
    renameSync(this.path, join(this.folder, fileNameOf({ ...this.name, state: 'closed' })));
  }

  #truncate(handle: number): void {
    try {
      ftruncateSync(handle, this.#size);
    } catch {
      // The next write cuts it to size.
    }
  }
}

/** A new run begins with each new minute; packets that come late belong to the run they lie in. */
export function noteIn(runs: Run[], second: number, bytes: number): void {
  const minute = Math.floor((second * 1000) / MINUTE) * MINUTE;
  const last = runs.at(-1);
  if (!last || minute > last.lastMinute) {
    runs.push({ minute, lastMinute: minute, packets: 1, bytes, stored: 0 });
    return;
  }
  last.minute = Math.min(last.minute, minute);
  last.packets++;
  last.bytes += bytes;
}
