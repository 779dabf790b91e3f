/**
 * Keeps the packets behind findings: those of a finding's source, around when it was seen.
 *
 * All packets of such a sensor wait in a ring of minutes. When a finding opens or grows,
 * its source is wanted for the minutes before and after; each closed minute of the ring
 * is then written out for the sources wanted in it. A minute is always written as a
 * whole, so repeating the work after a crash changes nothing, and what no finding asked
 * for goes when its time in the ring is over.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { parseAddress } from '../domain/address.ts';
import { type DetectedFinding, fingerprintText } from '../domain/finding.ts';
import type { PacketPolicy } from '../engine/packet-policy.ts';
import { namesIn, removeKept } from './folder.ts';
import { HeaderWalk, keyOfAddress } from './header-walk.ts';
import { refuseWithoutRoom } from './keeper.ts';
import { fileHeader, fileNameOf, type KeptName, MINUTE, type Run, recordsOf, stemOf } from './kept-file.ts';
import { noteIn } from './open-file.ts';
import { pack } from './pack.ts';
import { sourceOf } from './search.ts';

const WANTS_FILE = 'findings.json';
/** Of so many judged days it is remembered how large each finding was. */
const MOST_BUCKETS = 8;

const wantsSchema = z.array(z.object({ finding: z.string(), source: z.string(), from: z.number(), to: z.number() }));
/** The packets of a source that belong to a finding; whole minutes, Unix ms. */
export type Want = z.infer<typeof wantsSchema>[number];

export class Evidence {
  readonly #folder: string;
  readonly #policy: PacketPolicy;
  readonly #leaveBytes: number;
  /** By finding. */
  readonly #wants: Map<string, Want[]>;
  #isChanged = false;
  /** Bucket → finding → how large it was. */
  readonly #sizes = new Map<string, Map<string, number>>();
  /** Ring file → the sources it was written out for. */
  readonly #written = new Map<string, string>();

  /** `folder` is the sensor's. */
  constructor(folder: string, policy: PacketPolicy, leaveBytes = 0) {
    this.#leaveBytes = leaveBytes;
    this.#folder = folder;
    this.#policy = policy;
    this.#wants = Map.groupBy(readWants(folder), ({ finding }) => finding);
  }

  get findings(): number {
    return this.#wants.size;
  }

  /** A judgement; wanted when it is new or larger than the last one. */
  note(finding: DetectedFinding): void {
    if (finding.asset.kind !== 'ip') return;
    const text = fingerprintText(finding);
    const sizes = this.#sizesOf(finding.bucket ?? '');
    const before = sizes.get(text);
    if (before !== undefined && before >= finding.count) return;
    sizes.set(text, finding.count);
    const id = createHash('sha256').update(text).digest('hex');
    this.#want(id, finding.asset.value, finding.lastSeenAt);
    if (before === undefined) this.#want(id, finding.asset.value, finding.firstSeenAt);
  }

  /** Writes out what is wanted, then lets the ring forget what is too old or too much. */
  async sweep(now: number): Promise<void> {
    const ring = join(this.#folder, 'ring');
    const files = namesIn(ring).sort((a, b) => a.slot - b.slot);
    try {
      this.#save(now);
      for (const name of files) if (name.state === 'closed') await this.#writeOut(ring, name);
    } finally {
      // Also when the disk is full: the ring must not grow for it.
      this.#forget(ring, files, now);
    }
  }

  #sizesOf(bucket: string): Map<string, number> {
    const known = this.#sizes.get(bucket);
    if (known) return known;
    const [oldest] = this.#sizes.keys();
    if (this.#sizes.size >= MOST_BUCKETS && oldest !== undefined) this.#sizes.delete(oldest);
    const fresh = new Map<string, number>();
    this.#sizes.set(bucket, fresh);
    return fresh;
  }

  /** Windows of one finding that touch become one. */
  #want(finding: string, source: string, at: number): void {
    const minute = Math.floor(at / MINUTE);
    const from = (minute - this.#policy.minutes) * MINUTE;
    const to = (minute + this.#policy.minutes + 1) * MINUTE;
    const known = this.#wants.get(finding) ?? [];
    const touching = known.find((want) => want.from <= to && want.to >= from);
    if (touching) {
      touching.from = Math.min(touching.from, from);
      touching.to = Math.max(touching.to, to);
    } else this.#wants.set(finding, [...known, { finding, source, from, to }]);
    this.#isChanged = true;
  }

  async #writeOut(ring: string, name: KeptName): Promise<void> {
    const sources = this.#sourcesAt(name.slot);
    const signature = createHash('sha256')
      .update([...sources].sort().join(' '))
      .digest('base64');
    if (sources.size === 0 || this.#written.get(stemOf(name)) === signature) return;
    const records = pick(join(ring, fileNameOf(name)), name.link, sources);
    if (records.length > 0) {
      refuseWithoutRoom(this.#folder, this.#leaveBytes);
      await write(join(this.#folder, 'evidence'), name, records);
    }
    this.#written.set(stemOf(name), signature);
  }

  #sourcesAt(minute: number): Set<string> {
    const sources = new Set<string>();
    for (const wants of this.#wants.values()) {
      for (const { source, from, to } of wants) if (from <= minute && to > minute) sources.add(source);
    }
    return sources;
  }

  #forget(ring: string, files: readonly KeptName[], now: number): void {
    const sized = files.map((name) => ({ name, ...sizeAndTime(join(ring, fileNameOf(name))) }));
    let bytes = sized.reduce((sum, one) => sum + one.bytes, 0);
    for (const one of sized) {
      const isOld = one.writtenAt < now - this.#policy.minutes * MINUTE;
      const isTooMuch = one.name.state === 'closed' && bytes > this.#policy.ringGigabytes * 1e9;
      if (!isOld && !isTooMuch) continue;
      removeKept(ring, one.name);
      this.#written.delete(stemOf(one.name));
      bytes -= one.bytes;
    }
  }

  /** Findings whose packets are all gone are forgotten. */
  #save(now: number): void {
    const names = namesIn(join(this.#folder, 'evidence'));
    const oldest = names.reduce((least, { slot }) => Math.min(least, slot), now - 2 * this.#policy.minutes * MINUTE);
    const oldestInRing = namesIn(join(this.#folder, 'ring')).reduce((least, { slot }) => Math.min(least, slot), oldest);
    for (const [finding, wants] of this.#wants) {
      if (wants.some(({ to }) => to > oldestInRing)) continue;
      this.#wants.delete(finding);
      this.#isChanged = true;
    }
    if (!this.#isChanged) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const file = join(this.#folder, WANTS_FILE);
    writeFileSync(`${file}.new`, JSON.stringify([...this.#wants.values()].flat()), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    this.#isChanged = false;
  }
}

function readWants(folder: string): Want[] {
  try {
    return wantsSchema.parse(JSON.parse(readFileSync(join(folder, WANTS_FILE), 'utf8')));
  } catch {
    return []; // no finding yet
  }
}

function pick(path: string, link: number, sources: ReadonlySet<string>): Buffer[] {
  const keys = new Set(
    [...sources]
      .map(parseAddress)
      .filter((one) => one !== undefined)
      .map(keyOfAddress),
  );
  const walk = new HeaderWalk();
  const found: Buffer[] = [];
  for (const { bytes, at, to } of recordsOf(path)) {
    const source = sourceOf(walk, bytes, at, to, link);
    if (source !== undefined && keys.has(source)) found.push(bytes.subarray(at, to));
  }
  return found;
}

async function write(folder: string, { slot, origin, link, part }: KeptName, records: readonly Buffer[]): Promise<void> {
  const name: KeptName = { slot, origin, link, part, state: 'open' };
  const runs: Run[] = [];
  for (const record of records) noteIn(runs, record.readUInt32LE(0), record.length);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(join(folder, fileNameOf(name)), Buffer.concat([fileHeader(link), ...records]), { mode: 0o600 });
    await pack(folder, name, runs);
  } catch (error) {
    rmSync(join(folder, fileNameOf(name)), { force: true });
    throw error;
  }
}

function sizeAndTime(path: string): { readonly bytes: number; readonly writtenAt: number } {
  const found = statSync(path, { throwIfNoEntry: false });
  return { bytes: found?.size ?? 0, writtenAt: found?.mtimeMs ?? Number.POSITIVE_INFINITY };
}
