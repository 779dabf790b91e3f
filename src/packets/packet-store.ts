/**
 * The hub's side of kept packets: takes files, watches findings, answers searches, and
 * deletes what may no longer be kept.
 *
 * Keeping follows the configuration of the tenant that runs the hub; other tenants have
 * no policy and so nothing is kept of theirs.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { CaptureReader } from '../capture/container.ts';
import type { Text } from '../domain/text.ts';
import type { Clock } from '../engine/clock.ts';
import { isYaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import type { CollectContext, Input } from '../engine/modules.ts';
import type { PacketPolicy, PacketsConfig } from '../engine/packet-policy.ts';
import type { FindingStore } from '../engine/ports.ts';
import { Evidence } from './evidence.ts';
import { namesIn, readIndex, removeKept } from './folder.ts';
import { Keeper, type KeeperOptions, STOPPED, STOPPED_FILE } from './keeper.ts';
import { fileNameOf, HOUR, type KeptName, MINUTE } from './kept-file.ts';
import { type PacketSearch, searchPackets } from './search.ts';

const DAY = 86_400_000;

export interface PacketStoreParts {
  /** Of all kept packets. */
  readonly folder: string;
  readonly tenant: string;
  readonly config: PacketsConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Trouble with the packets of findings, once until it is over. */
  readonly alarm: (detail: Readonly<Record<string, unknown>>, text: Text) => Promise<void>;
}

/** What a worker needs to keep the packets of a live input. */
export type LiveKeeping = Pick<KeeperOptions, 'folder' | 'policy' | 'origin' | 'startsAnew' | 'leaveBytes'>;

export interface SensorPackets {
  readonly sensor: string;
  readonly keep: PacketPolicy['keep'];
  /** Of 'sampled'. */
  readonly oneOf: number | null;
  /** Of 'findings'. */
  readonly minutes: number | null;
  readonly payloadBytes: number;
  readonly payloadPurpose: string | null;
  readonly files: number;
  readonly packets: number;
  readonly bytes: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly ringBytes: number;
  /** Findings with packets of their own. */
  readonly findings: number;
  readonly isStopped: boolean;
}

export interface RetiredPackets {
  readonly table: string;
  readonly day: string; // the hour, as 2026-03-01T05
  readonly rows: number;
  readonly bytes: number;
}

/** The file being taken, as the pipeline knows it. */
export interface TakenFile extends Pick<CollectContext, 'tenant' | 'sensor' | 'signal' | 'alarm'> {
  readonly input: Input;
  /** The intake's. */
  readonly id: string;
}

export class PacketStore {
  readonly #parts: PacketStoreParts;
  readonly #evidence = new Map<string, Evidence>();
  #sweeping: Promise<void> = Promise.resolve();
  /** Sensors whose packets of findings could not be kept the last time. */
  readonly #troubled = new Set<string>();

  constructor(parts: PacketStoreParts) {
    this.#parts = parts;
    for (const [sensor, policy] of Object.entries(parts.config.sensors)) {
      if (policy.keep === 'findings')
        this.#evidence.set(sensor, new Evidence(this.#folderOf(sensor), policy, parts.config.leaveGigabytes * 1e9));
    }
  }

  /** Undefined where nothing is kept. */
  forLive(sensor: string, source: string): LiveKeeping | undefined {
    return this.#keeping(this.#parts.tenant, sensor, `l${createHash('sha256').update(source).digest('hex').slice(0, 12)}`, false);
  }

  /** Reads the file a second time for its packets; the way to the counts stays as short as it is. Only an abort throws. */
  async keepFile({ tenant, sensor, id, input, signal, alarm }: TakenFile): Promise<void> {
    const keeping = this.#keeping(tenant, sensor, `f${id.slice(0, 12)}`, true);
    if (!keeping) return;
    const keeper = new Keeper({ ...keeping, alarm });
    const reader = new CaptureReader(input);
    try {
      while (await reader.next()) {
        signal.throwIfAborted();
        keeper.take(reader.frames);
        keeper.flush();
        await setImmediate();
      }
    } catch (error) {
      // What is wrong with the file is said by the first reading.
      if (!isYaguraError(error)) throw error;
    } finally {
      reader.close();
      await keeper.close(true);
    }
    this.#parts.log.debug({ sensor, kept: keeper.kept, lost: keeper.lost }, 'packets of a file were kept');
  }

  /** The same store of findings, watched for findings that open or grow. */
  watching(store: FindingStore): FindingStore {
    return {
      fold: async (findings, token, at) => {
        const result = await store.fold(findings, token, at);
        for (const { finding } of findings) {
          if (finding.tenant !== this.#parts.tenant) continue;
          for (const sensor of finding.evidence.sensors) this.#evidence.get(sensor)?.note(finding);
        }
        return result;
      },
      retract: (...retraction) => store.retract(...retraction),
    };
  }

  /** Keeps what findings want. Never two at once. */
  sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(async () => {
      for (const [sensor, evidence] of this.#evidence) await this.#sweepOne(sensor, evidence);
    });
    return this.#sweeping;
  }

  /** What could not be kept is tried again as long as it waits in the ring. */
  async #sweepOne(sensor: string, evidence: Evidence): Promise<void> {
    const { clock, log, alarm } = this.#parts;
    try {
      await evidence.sweep(clock.now());
      this.#troubled.delete(sensor);
    } catch (error) {
      if (this.#troubled.has(sensor)) return;
      this.#troubled.add(sensor);
      log.error({ err: error, sensor }, 'packets of findings cannot be kept; they are tried again while they wait in the ring');
      const reason = error instanceof Error ? error.message : String(error);
      await alarm({ sensor, reason }, STOPPED).catch((cause: unknown) => log.error({ err: cause }, 'the alarm could not be stored'));
    }
  }

  /** One capture of the packets of a source; of one sensor, or of all. */
  search(tenant: string, sensor: string | undefined, search: PacketSearch): AsyncIterable<Uint8Array> {
    const sensors = this.#sensors(tenant).filter((one) => sensor === undefined || one === sensor);
    const folders = sensors.flatMap((one) => {
      const folder = this.#folderOf(one);
      return [
        { folder: join(folder, 'kept'), span: HOUR },
        { folder: join(folder, 'evidence'), span: MINUTE },
      ];
    });
    return searchPackets(folders, search);
  }

  status(tenant: string): SensorPackets[] {
    if (tenant !== this.#parts.tenant) return [];
    const named = [...new Set([...Object.keys(this.#parts.config.sensors), ...this.#sensors(tenant)])].sort();
    return named.map((sensor) => this.#statusOf(sensor));
  }

  /** Deletes what is too old or too much, by sensor and hour, oldest first; `announce` hears of each before it goes. */
  async enforceRetention(now: number, announce: (retired: RetiredPackets) => Promise<void>): Promise<RetiredPackets[]> {
    const { keepDays, diskGigabytes } = this.#parts.config;
    const hours = this.#hours();
    const border = Math.floor(now / DAY) * DAY - keepDays * DAY;
    let bytes = hours.reduce((sum, hour) => sum + hour.bytes, 0);
    const retired: RetiredPackets[] = [];
    for (const hour of hours) {
      if (hour.slot + HOUR > border && bytes <= diskGigabytes * 1e9) continue;
      const { sensor, slot, files } = hour;
      const entry = {
        table: `packets:${sensor}`,
        day: new Date(slot).toISOString().slice(0, 13),
        rows: packetsIn(files),
        bytes: hour.bytes,
      };
      await announce(entry);
      for (const { folder, name } of files) removeKept(folder, name);
      bytes -= hour.bytes;
      retired.push(entry);
    }
    return retired;
  }

  #keeping(tenant: string, sensor: string, origin: string, startsAnew: boolean): LiveKeeping | undefined {
    const policy = this.#parts.config.sensors[sensor];
    if (tenant !== this.#parts.tenant || !policy || policy.keep === 'none') return undefined;
    return { folder: this.#folderOf(sensor), policy, origin, startsAnew, leaveBytes: this.#parts.config.leaveGigabytes * 1e9 };
  }

  #folderOf(sensor: string): string {
    return join(this.#parts.folder, this.#parts.tenant, sensor);
  }

  /** Those with packets on disk, also of a policy that is over. */
  #sensors(tenant: string): string[] {
    if (tenant !== this.#parts.tenant) return [];
    const folder = join(this.#parts.folder, tenant);
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }

  #filesOf(sensor: string): KeptPlace[] {
    return ['kept', 'evidence'].flatMap((kind) => {
      const folder = join(this.#folderOf(sensor), kind);
      return namesIn(folder).map((name) => ({ folder, name, bytes: sizeOf(folder, name) }));
    });
  }

  #statusOf(sensor: string): SensorPackets {
    const policy = this.#parts.config.sensors[sensor];
    const files = this.#filesOf(sensor);
    const ring = join(this.#folderOf(sensor), 'ring');
    const slots = files.map(({ name }) => name.slot);
    const lastRuns = files.map(
      ({ folder, name }) => (name.state === 'packed' ? readIndex(folder, name)?.runs.at(-1)?.lastMinute : undefined) ?? name.slot,
    );
    return {
      sensor,
      keep: policy?.keep ?? 'none',
      oneOf: policy?.keep === 'sampled' ? policy.oneOf : null,
      minutes: policy?.keep === 'findings' ? policy.minutes : null,
      payloadBytes: policy?.payload?.bytes ?? 0,
      payloadPurpose: policy?.payload?.purpose ?? null,
      files: files.length,
      packets: packetsIn(files),
      bytes: files.reduce((sum, one) => sum + one.bytes, 0),
      firstAt: slots.length === 0 ? null : Math.min(...slots),
      lastAt: lastRuns.length === 0 ? null : Math.max(...lastRuns) + MINUTE,
      ringBytes: namesIn(ring).reduce((sum, name) => sum + sizeOf(ring, name), 0),
      findings: this.#evidence.get(sensor)?.findings ?? 0,
      isStopped: this.#troubled.has(sensor) || existsSync(join(this.#folderOf(sensor), STOPPED_FILE)),
    };
  }

  /** What may be deleted: closed files, and open ones whose writer is long gone. */
  #hours(): KeptHour[] {
    const hours = this.#sensors(this.#parts.tenant).flatMap((sensor) => {
      const closed = this.#filesOf(sensor).filter(
        ({ folder, name }) => name.state !== 'open' || isAbandoned(folder, name, this.#parts.clock.now()),
      );
      const grouped = Map.groupBy(closed, ({ name }) => Math.floor(name.slot / HOUR) * HOUR);
      return [...grouped].map(([slot, files]) => ({ sensor, slot, files, bytes: files.reduce((sum, one) => sum + one.bytes, 0) }));
    });
    return hours.sort((a, b) => a.slot - b.slot);
  }
}

interface KeptPlace {
  readonly folder: string;
  readonly name: KeptName;
  readonly bytes: number;
}

interface KeptHour {
  readonly sensor: string;
  readonly slot: number;
  readonly files: readonly KeptPlace[];
  readonly bytes: number;
}

/** Of closed files; an open one has not been counted yet. */
const packetsIn = (files: readonly KeptPlace[]): number =>
  files.reduce((sum, { folder, name }) => sum + (name.state === 'packed' ? (readIndex(folder, name)?.packets ?? 0) : 0), 0);

const sizeOf = (folder: string, name: KeptName): number => statSync(join(folder, fileNameOf(name)), { throwIfNoEntry: false })?.size ?? 0;

function isAbandoned(folder: string, name: KeptName, now: number): boolean {
  const writtenAt = statSync(join(folder, fileNameOf(name)), { throwIfNoEntry: false })?.mtimeMs ?? now;
  return writtenAt < now - DAY;
}
