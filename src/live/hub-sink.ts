/**
 * Where live batches end: in the telemetry store, with their bad records and alarms in
 * the ledger, and their days in line to be judged.
 *
 * Batches of this machine and those that edge collectors send come through here alike.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import type { Clock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import type { Pipeline } from '../engine/pipeline.ts';
import type { IntakeLedger, IntakeProgress } from '../engine/ports.ts';
import { encodeBatch } from './batch-codec.ts';
import type { Judging } from './judging.ts';
import type { LiveAlarm, LiveBatch, LiveSink } from './live-batch.ts';

const DAY = 86_400_000;
/** The counters of a source are written down about this often. */
const SAVE_MS = 10_000;

export interface HubSinkParts {
  readonly pipeline: Pick<Pipeline, 'storeLive'>;
  readonly ledger: IntakeLedger;
  readonly judging: Pick<Judging, 'note'>;
  readonly announce: (kind: 'intake' | 'alarm', id: string | null) => void;
  /** For batches that the store refuses for good. */
  readonly asideFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

type Origin = Pick<LiveBatch, 'collector' | 'sensor' | 'source'>;

/** What came from one source on one UTC day: the live counterpart of a file. */
interface DayIntake {
  readonly tenant: string;
  readonly id: string;
  progress: IntakeProgress;
  /** Runs for a while after each saving. */
  saving: NodeJS.Timeout | undefined;
}

export class HubSink {
  readonly #parts: HubSinkParts;
  readonly #intakes = new Map<string, DayIntake>();

  constructor(parts: HubSinkParts) {
    this.#parts = parts;
  }

  for(tenant: string): LiveSink {
    return {
      store: (batch) => this.store(tenant, batch),
      setAside: (batch, error) => this.setAside(tenant, batch, error),
      alarm: (origin, alarm) => this.alarm(tenant, origin, alarm),
    };
  }

  async store(tenant: string, batch: LiveBatch): Promise<void> {
    await this.#parts.pipeline.storeLive(tenant, batch.columns, batch.token);
    const times = timesOf(batch.columns);
    if (times.telescopeDays.size > 0) this.#parts.judging.note(tenant, batch.sensor, times.telescopeDays);
    // The observations are safe; trouble with the book-keeping must not make them come again.
    await this.#keepBooks(tenant, batch, times).catch((error: unknown) =>
      this.#parts.log.warn({ err: error, source: batch.source }, 'the counters of a live input could not be saved'),
    );
  }

  async setAside(tenant: string, batch: LiveBatch, error: unknown): Promise<void> {
    const { asideFolder, log } = this.#parts;
    const file = join(asideFolder, `${createHash('sha256').update(batch.token).digest('hex').slice(0, 32)}.batch`);
    await mkdir(asideFolder, { recursive: true, mode: 0o700 });
    await writeFile(file, await encodeBatch(batch)).catch((cause: unknown) =>
      log.error({ err: cause }, 'the batch could not be put aside'),
    );
    log.error({ err: error, source: batch.source, file }, 'the store refuses a live batch; it was put aside; look at the reason');
    await this.alarm(tenant, batch, {
      code: 'live-batch-refused',
      detail: { file },
      text: {
        ja: `ライブ入力「${batch.source}」のデータの一部を保存できず、別の場所に退避しました。ログに理由があります。`,
        en: `Part of the live input "${batch.source}" could not be stored and was put aside; the log says why.`,
      },
    });
  }

  async alarm(tenant: string, origin: Origin, { code, detail, text }: LiveAlarm): Promise<void> {
    const { ledger, clock, log, announce } = this.#parts;
    try {
      const { id } = await this.#intakeOf(tenant, origin);
      await ledger.alarm(tenant, id, clock.now(), code, detail, text);
      announce('alarm', id);
    } catch (error) {
      log.error({ err: error, code }, 'an alarm of a live input could not be stored');
    }
  }

  /** Writes the counters down; sources may come back. */
  async close(): Promise<void> {
    for (const intake of this.#intakes.values()) await this.#finish(intake);
  }

  async #finish({ tenant, id, progress, saving }: DayIntake): Promise<void> {
    clearTimeout(saving);
    await this.#parts.ledger.complete(tenant, id, progress);
  }

  async #keepBooks(tenant: string, batch: LiveBatch, times: Times): Promise<void> {
    const { ledger } = this.#parts;
    const intake = await this.#intakeOf(tenant, batch);
    const { progress } = intake;
    const bad = batch.bad.map((one, i) => ({ ...one, record: progress.quarantined + i + 1, excerpt: `${one.from}: ${one.excerpt}` }));
    if (bad.length > 0) await ledger.quarantine(tenant, intake.id, bad);
    for (const alarm of batch.alarms) await this.alarm(tenant, batch, alarm);
    intake.progress = advanced(progress, batch, times);
    if (bad.length > 0 || intake.saving === undefined) await this.#save(intake);
  }

  /** Now, and once more later if anything has come by then. */
  async #save(intake: DayIntake): Promise<void> {
    const { ledger, announce, log } = this.#parts;
    const { progress } = intake;
    clearTimeout(intake.saving);
    intake.saving = setTimeout(() => {
      intake.saving = undefined;
      if (intake.progress === progress) return;
      this.#save(intake).catch((error: unknown) => log.warn({ err: error }, 'the counters of a live input could not be saved'));
    }, SAVE_MS);
    intake.saving.unref();
    await ledger.advance(intake.tenant, intake.id, progress);
    announce('intake', intake.id);
  }

  async #intakeOf(tenant: string, { collector, sensor, source }: Origin): Promise<DayIntake> {
    const now = this.#parts.clock.now();
    const day = now - (now % DAY);
    const key = [tenant, collector, sensor, source].join('\u001f');
    const id = createHash('sha256').update(`live\u001f${key}\u001f${day}`).digest('hex');
    const known = this.#intakes.get(key);
    if (known?.id === id) return known;
    if (known) await this.#finish(known);
    const begun = await this.#parts.ledger.begin({ id, tenant, file: source, digest: id, collector, sensor, bytes: 0, receivedAt: now });
    const progress = begun.progress ?? NOTHING;
    const intake = { tenant, id, progress, saving: undefined };
    this.#intakes.set(key, intake);
    return intake;
  }
}

const NOTHING: IntakeProgress = {
  records: 0,
  accepted: 0,
  quarantined: 0,
  doneBytes: 0,
  seconds: 0,
  firstSeenAt: null,
  lastSeenAt: null,
};

function advanced(before: IntakeProgress, batch: LiveBatch, { first, last }: Times): IntakeProgress {
  const records = before.records + batch.records;
  const quarantined = before.quarantined + batch.quarantined;
  return {
    ...before,
    records,
    quarantined,
    accepted: Math.max(0, records - quarantined),
    firstSeenAt: first === null ? before.firstSeenAt : Math.min(first, before.firstSeenAt ?? first),
    lastSeenAt: last === null ? before.lastSeenAt : Math.max(last, before.lastSeenAt ?? last),
  };
}

interface Times {
  readonly first: number | null;
  readonly last: number | null;
  /** UTC days with telescope cells. */
  readonly telescopeDays: ReadonlySet<number>;
}

function timesOf(batches: readonly ColumnBatch[]): Times {
  let first: number | null = null;
  let last: number | null = null;
  const telescopeDays = new Set<number>();
  for (const { table, rows, columns } of batches) {
    const minutes = columns['minute'];
    if (table === 'sensor_minute' || !(minutes instanceof Uint32Array)) continue;
    for (let i = 0; i < rows; i++) {
      const at = (minutes[i] ?? 0) * 1000;
      if (first === null || at < first) first = at;
      if (last === null || at > last) last = at;
      if (table === 'telescope_minute') telescopeDays.add(at - (at % DAY));
    }
  }
  return { first, last, telescopeDays };
}
