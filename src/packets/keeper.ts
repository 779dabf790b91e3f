/**
 * Keeps the packets of one input on disk by its sensor's policy.
 *
 * Keeping is a guest of the intake: whatever goes wrong here, a full disk above all,
 * stops the keeping with an alarm and never the input. It starts again by itself.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import type { Text } from '../domain/text.ts';
import type { CapturedFrames, PacketTaker } from '../engine/modules.ts';
import type { PacketPolicy } from '../engine/packet-policy.ts';
import { Chooser, isTimed } from './choose.ts';
import { namesIn, readIndex, removeKept } from './folder.ts';
import { fileNameOf, HOUR, type KeptName, MINUTE, recordsIn, recordsOf, type StoredRecord } from './kept-file.ts';
import { OpenFile } from './open-file.ts';
import { dropLeftover, pack } from './pack.ts';

/** After trouble it is tried again about this often. */
const RETRY_MS = 60_000;
const LOOK_AT_DISK_MS = 5000;
/** Packets later than this behind the newest are late: their slot may be closed. */
const GRACE_MS = 60_000;
const RING_GRACE_MS = 5000;
/** More than a live input reads again after a kill. */
const REMEMBERED_BYTES = 32 << 20;
/** Beyond this much new input nothing old comes again. */
const FORGET_AFTER_BYTES = 2 * REMEMBERED_BYTES;
export const STOPPED_FILE = 'stopped';

export interface KeeperOptions {
  /** Of the sensor. */
  readonly folder: string;
  readonly policy: PacketPolicy;
  /** Letters and digits; the same for the same input. */
  readonly origin: string;
  /** True when the input will be read again from its beginning after a failure. */
  readonly startsAnew: boolean;
  readonly leaveBytes: number;
  readonly alarm: (code: string, detail: Readonly<Record<string, unknown>>, text: Text) => void;
  readonly retryMs?: number;
}

export class Keeper implements PacketTaker {
  readonly #options: KeeperOptions;
  readonly #folder: string;
  readonly #isRing: boolean;
  readonly #span: number;
  readonly #chooser: Chooser;
  readonly #open = new Map<string, OpenFile>();
  /** Records that may come again after a kill: how often each is there. */
  readonly #remembered = new Map<number, number>();
  #takenBytes = 0;
  /** Since the last flush: one packet from the future must not make the present late for good. */
  #newestAt = 0;
  #stoppedAt: number | undefined;
  #lookedAtDiskAt = Number.NEGATIVE_INFINITY;
  #packing: Promise<void> = Promise.resolve();
  #isMarked = false;
  kept = 0;
  /** Chosen, but lost to a full disk. */
  lost = 0;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#isRing = options.policy.keep === 'findings';
    this.#span = this.#isRing ? MINUTE : HOUR;
    this.#folder = join(options.folder, this.#isRing ? 'ring' : 'kept');
    this.#chooser = new Chooser(options.policy);
    this.#guard(() => this.#begin());
  }

  take(frames: CapturedFrames): void {
    if (this.#isStopped()) return;
    this.#guard(() => {
      for (let n = 0; n < frames.count; n++) {
        if (!isTimed(frames, n)) continue;
        const length = this.#chooser.choose(frames, n);
        if (length > 0) this.#keep(frames, n, length);
      }
    });
  }

  flush(): void {
    if (this.#isStopped()) return;
    this.#guard(() => {
      this.#lookAtDisk();
      for (const file of this.#open.values()) file.write();
      this.#closePast();
      this.#unmark();
    });
  }

  /** Everything taken is on disk; of input that is over, every file is closed. */
  async close(isOver: boolean): Promise<void> {
    this.flush();
    if (isOver && this.#stoppedAt === undefined) this.#guard(() => [...this.#open.values()].forEach((file) => this.#finish(file)));
    await this.#packing;
  }

  #begin(): void {
    const { origin, startsAnew } = this.#options;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    rmSync(join(this.#options.folder, STOPPED_FILE), { force: true });
    const own = namesIn(this.#folder).filter((name) => name.origin === origin);
    if (startsAnew) own.forEach((name) => removeKept(this.#folder, name));
    else this.#goOn(own.toSorted((a, b) => b.slot - a.slot || b.part - a.part));
  }

  /** Newest first: the input will begin a little before where it was. */
  #goOn(names: readonly KeptName[]): void {
    let room = REMEMBERED_BYTES;
    for (const name of names) {
      if (name.state === 'open' && dropLeftover(this.#folder, name)) continue;
      const tail: { readonly key: number; readonly bytes: number }[] = [];
      const see = (record: Buffer): void => void tail.push({ key: keyOf(record), bytes: record.length });
      if (name.state === 'open') this.#reopen(name, see);
      else if (room > 0) for (const { bytes, at, to } of closedRecords(this.#folder, name, room)) see(bytes.subarray(at, to));
      for (const { key, bytes } of tail.reverse()) {
        if ((room -= bytes) < 0) break;
        this.#remembered.set(key, (this.#remembered.get(key) ?? 0) + 1);
      }
    }
  }

  #reopen(name: KeptName, see: (record: Buffer) => void): void {
    if (!lstatSync(join(this.#folder, fileNameOf(name))).isFile()) return;
    const file = OpenFile.reopen(this.#folder, name, see);
    // Of several parts of one slot the newest goes on; an older one waits to be packed no longer.
    if (this.#open.has(keyOfSlot(name))) this.#finish(file);
    else this.#open.set(keyOfSlot(name), file);
  }

  #keep(frames: CapturedFrames, n: number, length: number): void {
    const second = frames.second[n] ?? 0;
    const at = second * 1000;
    if (at > this.#newestAt) this.#newestAt = at;
    const slot = { slot: Math.floor(at / this.#span) * this.#span, link: frames.link[n] ?? 0 };
    let file = this.#open.get(keyOfSlot(slot));
    if (!file) this.#open.set(keyOfSlot(slot), (file = this.#create(slot)));
    const record = file.encode(frames, n, length);
    if (this.#remembered.size > 0 && this.#wasThere(record)) return;
    file.accept(record, second);
    this.kept++;
    if (!file.isFull) return;
    this.#lookAtDisk();
    file.write();
  }

  #create({ slot, link }: { readonly slot: number; readonly link: number }): OpenFile {
    const { origin } = this.#options;
    const name = { slot, origin, link, part: 0, state: 'open' as const };
    while (this.#isThere(name)) name.part++;
    return OpenFile.create(this.#folder, name);
  }

  /** Asked for by name: listing a ring of thousands of minutes for each new one would take longer than the packets. */
  #isThere(name: KeptName): boolean {
    return (['packed', 'closed', 'open'] as const).some((state) => existsSync(join(this.#folder, fileNameOf({ ...name, state }))));
  }

  /** Each record found at the reopening excuses one repetition. */
  #wasThere(record: Buffer): boolean {
    this.#takenBytes += record.length;
    if (this.#takenBytes > FORGET_AFTER_BYTES) this.#remembered.clear();
    const key = keyOf(record);
    const count = this.#remembered.get(key) ?? 0;
    if (count === 0) return false;
    if (count === 1) this.#remembered.delete(key);
    else this.#remembered.set(key, count - 1);
    return true;
  }

  /** Slots behind the newest packet, and slots that nothing came for although the clock went on. */
  #closePast(): void {
    const grace = this.#isRing ? RING_GRACE_MS : GRACE_MS;
    for (const file of this.#open.values()) {
      const isPast = file.name.slot + this.#span + grace <= this.#newestAt;
      if (isPast || performance.now() - file.touchedAt > this.#span + grace) this.#finish(file);
    }
    this.#newestAt = 0;
  }

  #finish(file: OpenFile): void {
    if (this.#open.get(keyOfSlot(file.name)) === file) this.#open.delete(keyOfSlot(file.name));
    if (file.packets === 0) return rmSync(file.path, { force: true });
    if (this.#isRing) return file.close();
    // One after the other: packing reads and writes whole files. What cannot be packed stays open and readable.
    this.#packing = this.#packing.then(() => pack(file.folder, file.name, file.runs)).catch((error: unknown) => this.#stop(error));
  }

  #lookAtDisk(): void {
    const now = performance.now();
    if (now - this.#lookedAtDiskAt < LOOK_AT_DISK_MS) return;
    this.#lookedAtDiskAt = now;
    refuseWithoutRoom(this.#folder, this.#options.leaveBytes);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#stop(error);
    }
  }

  #isStopped(): boolean {
    if (this.#stoppedAt === undefined) return false;
    if (performance.now() - this.#stoppedAt < (this.#options.retryMs ?? RETRY_MS)) return true;
    this.#stoppedAt = undefined;
    this.#lookedAtDiskAt = Number.NEGATIVE_INFINITY;
    this.#guard(() => {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      this.#lookAtDisk();
    });
    return this.#stoppedAt !== undefined;
  }

  /** What could be written ends the trouble, nothing less. */
  #unmark(): void {
    if (!this.#isMarked || this.#open.size === 0) return;
    rmSync(join(this.#options.folder, STOPPED_FILE), { force: true });
    this.#isMarked = false;
  }

  #stop(error: unknown): void {
    this.#stoppedAt = performance.now();
    const lost = [...this.#open.values()].reduce((sum, file) => sum + file.forget(), 0);
    this.lost += lost;
    this.kept -= lost;
    const reason = error instanceof Error ? error.message : String(error);
    if (this.#isMarked) return;
    this.#isMarked = true;
    try {
      writeFileSync(join(this.#options.folder, STOPPED_FILE), '', { mode: 0o600 });
    } catch {
      // On a full disk even that may fail; the alarm tells all the same.
    }
    this.#options.alarm('packets-stopped', { reason }, STOPPED);
  }
}

/** Others need the disk more than kept packets do. */
export function refuseWithoutRoom(folder: string, leaveBytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= leaveBytes) return;
  throw new Error(`the disk has ${Math.round((bavail * bsize) / 1e6)} MB left, less than packets.leaveGigabytes asks for`);
}

export const STOPPED: Text = {
  ja: 'ディスクの空き容量が足りないなどの理由で、パケットの保存を止めています。観測と検知は続いています。空きができると保存を自動的に再開します。',
  en: 'Packets are not kept at present, most likely for want of room on the disk. Observation and detection go on. Keeping starts again by itself once there is room.',
};

const keyOfSlot = ({ slot, link }: Pick<KeptName, 'slot' | 'link'>): string => `${slot}-${link}`;

/** 53 bits of two FNV hashes. */
function keyOf(record: Buffer): number {
  let low = 0x811c9dc5;
  let high = 0x1b873593;
  for (let i = 0; i < record.length; i++) {
    const byte = record[i] ?? 0;
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b) ^ (high >>> 15);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

/** The last runs of a closed file, at least `room` bytes of them where there are so many. */
function* closedRecords(folder: string, name: KeptName, room: number): Generator<StoredRecord> {
  const path = join(folder, fileNameOf(name));
  if (name.state === 'closed') return yield* recordsOf(path);
  const index = readIndex(folder, name);
  if (!index) return;
  const bytes = readFileSync(path);
  let position = bytes.length;
  let wanted = room;
  const pieces: Buffer[] = [];
  for (const run of index.runs.toReversed()) {
    if (wanted <= 0) break;
    pieces.push(zstdDecompressSync(bytes.subarray(position - run.stored, position)));
    position -= run.stored;
    wanted -= run.bytes;
  }
  for (const piece of pieces.toReversed()) yield* recordsIn(piece, 0);
}
