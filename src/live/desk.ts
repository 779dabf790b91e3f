/**
 * The worker's desk: where decoded rows become batches, and where batches wait until the
 * hub says that they are stored.
 *
 * Only so many batches may wait. When there is no room, streams stop reading and
 * datagrams are dropped and counted: memory never grows with somebody else's slowness.
 */
import { randomUUID } from 'node:crypto';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import type { Log } from '../engine/log.ts';
import type { LiveContext, LiveDecoder } from '../engine/modules.ts';
import type { BadRecord, LiveAlarm, LiveBatch } from './live-batch.ts';
import { hiderOf } from './privacy.ts';
import type { FromWorker, WorkerOrder } from './worker-protocol.ts';

/** Batches on their way to the hub's disk: at half a million flows a second a disk may pause for four seconds before anything is lost. */
const MOST_WAITING = 16;
/** The clock alone makes no batch while this many wait: a slow store gets fewer, larger ones. */
const ENOUGH_WAITING = 2;
/** Input decoded before a batch is made without waiting for the clock. */
export const FLUSH_BYTES = 4 << 20;
const MOST_BAD = 200;

export class Desk {
  readonly order: WorkerOrder;
  readonly log: Log;
  readonly context: LiveContext;
  readonly #post: (message: FromWorker, transfer: ArrayBuffer[]) => void;
  readonly #hide: (batch: ColumnBatch) => ColumnBatch;
  readonly #waiting = new Set<string>();
  readonly #storedListeners: ((token: string) => void)[] = [];
  #bell: { promise: Promise<void>; ring: () => void } | undefined;
  #quarantined = 0;
  #bad: BadRecord[] = [];
  #alarms: LiveAlarm[] = [];
  readonly #run = randomUUID();
  #number = 0;

  constructor(order: WorkerOrder, log: Log, post: (message: FromWorker, transfer: ArrayBuffer[]) => void) {
    this.order = order;
    this.#hide = hiderOf(order.pseudonyms);
    this.log = log;
    this.#post = post;
    this.context = {
      tenant: order.tenant,
      sensor: order.sensor,
      log,
      folder: order.folder,
      quarantine: (from, reason, excerpt) => {
        this.#quarantined++;
        // Raw bytes would tell the addresses that pseudonyms hide.
        const shown = order.pseudonyms ? '' : excerpt;
        if (this.#bad.length < MOST_BAD) this.#bad.push({ from: from === '' ? order.source : from, reason, excerpt: shown });
      },
      alarm: (code, detail, text) => this.alarm({ code, detail, text }),
    };
  }

  alarm(alarm: LiveAlarm): void {
    if (this.#alarms.length < MOST_BAD) this.#alarms.push(alarm);
  }

  get hasRoom(): boolean {
    return this.#waiting.size < MOST_WAITING;
  }

  get isIdle(): boolean {
    return this.#waiting.size < ENOUGH_WAITING;
  }

  /** A token for input that cannot be read a second time. */
  freshToken(): string {
    return `${this.#run}:${this.#number++}`;
  }

  /** What the decoder has, as a batch without its token; undefined when there is nothing to tell. */
  pack(decoder: LiveDecoder, now: number, more: readonly ColumnBatch[] = []): Omit<LiveBatch, 'token'> | undefined {
    const { records, columns } = decoder.flush(now);
    // The one place where rows leave the decoder: whoever must not be known is replaced here.
    const all = [...columns, ...more].filter((batch) => batch.rows > 0).map(this.#hide);
    if (all.length === 0 && this.#quarantined === 0 && this.#alarms.length === 0) return undefined;
    const { collector, sensor, source } = this.order;
    const batch = {
      collector,
      sensor,
      source,
      records,
      columns: all,
      quarantined: this.#quarantined,
      bad: this.#bad,
      alarms: this.#alarms,
    };
    this.#quarantined = 0;
    this.#bad = [];
    this.#alarms = [];
    return batch;
  }

  send(batch: LiveBatch): void {
    this.#waiting.add(batch.token);
    this.#post({ type: 'batch', batch }, buffersOf(batch.columns));
  }

  onStored(listener: (token: string) => void): void {
    this.#storedListeners.push(listener);
  }

  /** The hub has it. */
  stored(token: string): void {
    this.#waiting.delete(token);
    for (const listener of this.#storedListeners) listener(token);
    this.#bell?.ring();
    this.#bell = undefined;
  }

  async whenRoom(): Promise<void> {
    while (!this.hasRoom) await this.#nextBell();
  }

  async whenEmpty(): Promise<void> {
    while (this.#waiting.size > 0) await this.#nextBell();
  }

  #nextBell(): Promise<void> {
    this.#bell ??= toBell();
    return this.#bell.promise;
  }
}

function toBell(): { promise: Promise<void>; ring: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, ring: resolve };
}

/** Memory that is handed over instead of copied: large arrays that fill their own buffer. Two columns may share one. */
function buffersOf(batches: readonly ColumnBatch[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { columns } of batches) {
    for (const column of Object.values(columns)) {
      const arrays = 'offsets' in column ? [column.offsets, column.data] : 'dictionary' in column ? [column.codes] : [column];
      for (const { buffer, byteLength } of arrays) {
        if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength && byteLength >= 4096) buffers.add(buffer);
      }
    }
  }
  return [...buffers];
}
