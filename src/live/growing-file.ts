/**
 * Follows a file that another program writes: captures as they grow.
 *
 * A file that was renamed away is read to its end before the next one is opened; a file
 * that became shorter is read from its beginning. After a crash the reading goes on where
 * the checkpoint says, in the renamed file too as long as it lies in the same folder, and
 * then in every file that was renamed after it (live.pcap.1, live.pcap-20260301), oldest first.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { YaguraError } from '../engine/errors.ts';
import type { StreamDecoder } from '../engine/modules.ts';
import { tellBroken } from './broken-stream.ts';
import { type Checkpoint, readCheckpoint, tokenOf, writeCheckpoint } from './checkpoint.ts';
import { type Desk, FLUSH_BYTES } from './desk.ts';
import type { InputReader } from './worker-protocol.ts';

const POLL_MS = 200;
const CHUNK = 1 << 20;
const BEGINNING_BYTES = 64;
/** What rotation adds to a name: a number or a time. Not '.bak' or '.gz', which are copies. */
const ROTATED_SUFFIX = /^[.-]?\d[\dTZ._:-]*$/;

type OpenDecoder = () => Promise<StreamDecoder>;

/** A file being read: where, by which decoder, and what is on its way. */
interface Reading {
  readonly handle: FileHandle;
  readonly decoder: StreamDecoder;
  checkpoint: Checkpoint;
  position: number;
  isBroken: boolean;
}

export class GrowingFile implements InputReader {
  readonly #desk: Desk;
  readonly #path: string;
  readonly #openDecoder: OpenDecoder;
  readonly #checkpointFile: string;
  readonly #chunk = new Uint8Array(CHUNK);
  readonly #stopping = new AbortController();
  #reading: Reading | undefined;
  /** The file that was read to its end before this one, when it was renamed. */
  #before: { readonly inode: bigint; readonly changedAt: bigint } | undefined;
  #flushedAt = 0;
  #taken = 0;

  constructor(desk: Desk, openDecoder: OpenDecoder, path: string) {
    this.#desk = desk;
    this.#path = path;
    this.#openDecoder = openDecoder;
    this.#checkpointFile = join(desk.order.folder, 'checkpoint.json');
    desk.onStored((token) => this.#stored(token));
  }

  async run(): Promise<void> {
    await this.#resume();
    while (!this.#stopping.signal.aborted) {
      this.#reading ??= await this.#openNew();
      const grew = this.#reading !== undefined && (await this.#readOn(this.#reading));
      await this.#flushIfDue();
      if (grew) continue;
      await this.#sleep();
      if (this.#reading) await this.#followRotation(this.#reading);
    }
    if (this.#reading) await this.#finish(this.#reading);
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #sleep(): Promise<void> {
    await sleep(POLL_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** True when there was something new. */
  async #readOn(reading: Reading, to = Number.POSITIVE_INFINITY): Promise<boolean> {
    if (reading.isBroken) return false;
    const length = Math.min(CHUNK, to - reading.position);
    const { bytesRead } = await reading.handle.read(this.#chunk, 0, length, reading.position);
    if (bytesRead === 0) return false;
    reading.position += bytesRead;
    this.#taken += bytesRead;
    try {
      reading.decoder.take(this.#chunk.subarray(0, bytesRead));
    } catch (error) {
      if (!(error instanceof YaguraError)) throw error;
      reading.isBroken = true;
      tellBroken(this.#desk, error);
    }
    return true;
  }

  async #flushIfDue(): Promise<void> {
    if (!this.#reading) return;
    const isFull = this.#taken >= FLUSH_BYTES;
    if (isFull) await this.#desk.whenRoom();
    const isTime = performance.now() - this.#flushedAt >= this.#desk.order.flushMs && this.#desk.isIdle;
    if (isFull || isTime) this.#flush(this.#reading);
  }

  /** The checkpoint is on disk before the rows leave. */
  #flush(reading: Reading): void {
    const { checkpoint, decoder, position } = reading;
    const { head, undecoded } = restartOf(decoder);
    const { from } = checkpoint.next;
    const to = position - undecoded;
    const batch = this.#desk.pack(decoder, Date.now());
    this.#flushedAt = performance.now();
    this.#taken = 0;
    if (!batch) return;
    if (to === from) return this.#desk.send({ ...batch, token: this.#desk.freshToken() });
    const pending = [...checkpoint.pending, { ...checkpoint.next, to }];
    reading.checkpoint = { ...checkpoint, pending, next: { from: to, head: Buffer.from(head).toString('base64') } };
    writeCheckpoint(this.#checkpointFile, reading.checkpoint);
    this.#desk.send({ ...batch, token: tokenOf(checkpoint, from, to) });
  }

  #stored(token: string): void {
    const reading = this.#reading;
    if (!reading) return;
    const pending = reading.checkpoint.pending.filter(({ from, to }) => tokenOf(reading.checkpoint, from, to) !== token);
    reading.checkpoint = { ...reading.checkpoint, pending };
  }

  /** Everything read is stored and written down. */
  async #finish(reading: Reading): Promise<void> {
    await this.#desk.whenRoom();
    this.#flush(reading);
    await this.#desk.whenEmpty();
    writeCheckpoint(this.#checkpointFile, reading.checkpoint);
    this.#reading = undefined;
    await reading.decoder.close();
    await reading.handle.close();
  }

  async #openNew(): Promise<Reading | undefined> {
    const path = (this.#before && (await nextRotated(this.#path, this.#before))) ?? this.#path;
    const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined; // it will come
      throw new YaguraError('input-unreadable', 'the file cannot be read; check its permissions', { file: this.#path, cause: error });
    });
    if (!handle) return undefined;
    const { dev, ino, size } = await handle.stat({ bigint: true });
    if (size === 0n) {
      // Its beginning is part of its identity; a renamed one will stay empty.
      if (path !== this.#path) this.#before = { inode: ino, changedAt: (await handle.stat({ bigint: true })).mtimeNs };
      await handle.close();
      return undefined;
    }
    const checkpoint: Checkpoint = {
      device: String(dev),
      inode: String(ino),
      begins: await readBeginning(handle),
      reading: randomUUID(),
      pending: [],
      next: { from: 0, head: '' },
    };
    return { handle, checkpoint, decoder: await this.#openDecoder(), position: 0, isBroken: false };
  }

  async #followRotation(reading: Reading): Promise<void> {
    const { dev, ino } = await reading.handle.stat({ bigint: true });
    const current = await stat(this.#path, { bigint: true }).catch(() => undefined);
    if (!current) return;
    const isSame = current.dev === dev && current.ino === ino;
    if (isSame && Number(current.size) >= reading.position) return;
    // A writer may add its last bytes just while it renames.
    if (!isSame) while (await this.#readOn(reading)) await this.#flushIfDue();
    const { mtimeNs } = await reading.handle.stat({ bigint: true });
    await this.#finish(reading);
    this.#before = isSame ? undefined : { inode: ino, changedAt: mtimeNs };
    this.#desk.log.debug({ file: this.#path, isRenamed: !isSame }, 'the file was rotated');
  }

  /** Where the last run stopped: ranges that were on their way are read again, with the same borders. */
  async #resume(): Promise<void> {
    const checkpoint = readCheckpoint(this.#checkpointFile);
    const handle = checkpoint && (await this.#findFile(checkpoint));
    if (!handle) return;
    const start = checkpoint.pending[0] ?? checkpoint.next;
    const decoder = await this.#openDecoder();
    decoder.take(Buffer.from(start.head, 'base64'));
    const reading: Reading = { handle, decoder, checkpoint, position: start.from, isBroken: false };
    this.#reading = reading;
    for (const { from, to } of checkpoint.pending) {
      while (reading.position < to && (await this.#readOn(reading, to)));
      await this.#desk.whenRoom();
      const batch = this.#desk.pack(decoder, Date.now());
      const token = tokenOf(checkpoint, from, to);
      if (batch) this.#desk.send({ ...batch, token });
      else this.#stored(token);
    }
    this.#taken = 0;
  }

  /** The file of the checkpoint under its name or, renamed, in the same folder; undefined when it is gone. */
  async #findFile(checkpoint: Checkpoint): Promise<FileHandle | undefined> {
    const folder = dirname(this.#path);
    const others = await readdir(folder).catch(() => []);
    for (const path of [this.#path, ...others.map((name) => join(folder, name))]) {
      const found = await stat(path, { bigint: true }).catch(() => undefined);
      if (!found || String(found.ino) !== checkpoint.inode || String(found.dev) !== checkpoint.device) continue;
      const handle = await open(path);
      const isLongEnough = Number(found.size) >= checkpoint.next.from;
      if (isLongEnough && (await readBeginning(handle)).startsWith(checkpoint.begins)) return handle;
      await handle.close();
    }
    this.#desk.log.warn(
      { file: this.#path },
      'the file read before is not in its folder any more; what it held after the last stored batch is missing',
    );
    return undefined;
  }
}

function restartOf(decoder: StreamDecoder): { readonly head: Uint8Array; readonly undecoded: number } {
  if (!decoder.restart) throw new YaguraError('config-invalid', 'this collector cannot follow a growing file');
  return decoder.restart();
}

/** The oldest of the files that were renamed after the one read before. */
async function nextRotated(path: string, before: { readonly inode: bigint; readonly changedAt: bigint }): Promise<string | undefined> {
  const [folder, base] = [dirname(path), basename(path)];
  const names = (await readdir(folder)).filter((name) => name.startsWith(base) && ROTATED_SUFFIX.test(name.slice(base.length)));
  const files = await Promise.all(names.map((name) => rotatedFile(join(folder, name))));
  const newer = files.filter((file) => file !== undefined && file.inode !== before.inode && file.changedAt > before.changedAt);
  return newer.reduce((oldest, file) => (oldest && file && oldest.changedAt <= file.changedAt ? oldest : file), undefined)?.path;
}

async function rotatedFile(path: string): Promise<{ path: string; inode: bigint; changedAt: bigint } | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found?.isFile() ? { path, inode: found.ino, changedAt: found.mtimeNs } : undefined;
}

async function readBeginning(handle: FileHandle): Promise<string> {
  const bytes = new Uint8Array(BEGINNING_BYTES);
  const { bytesRead } = await handle.read(bytes, 0, BEGINNING_BYTES, 0);
  return Buffer.from(bytes.subarray(0, bytesRead)).toString('hex');
}
