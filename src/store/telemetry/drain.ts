/**
 * The way in for live input: on disk at once, in the engine as soon as it can take it.
 *
 * Exporters do not wait. A burst is accepted at the speed of the disk, under tokens that
 * make storing it twice harmless, and stored in the order it came; what a crash leaves is
 * stored at the next start. The backlog is bounded: when it is full, whoever brings more
 * waits, and says what it had to drop.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ColumnBatch } from '../../domain/telemetry-table.ts';
import { isPassing, storeSpooled, toParts, type WriterParts } from './writer.ts';

const MOST_WAITING_BYTES = 2 ** 31;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

interface Waiting {
  readonly token: string;
  readonly bytes: number;
  readonly stored: PromiseWithResolvers<void>;
}

export class Drain {
  readonly #parts: WriterParts;
  readonly #mostBytes: number;
  readonly #closing = new AbortController();
  /** Batches that are on their way to the disk or wait in the queue, by token. */
  readonly #accepting = new Map<string, Promise<void>>();
  #queue: Waiting[] = [];
  #waitingBytes = 0;
  #working: Promise<void> | undefined;

  constructor(parts: WriterParts, mostBytes: number = MOST_WAITING_BYTES) {
    this.#parts = parts;
    this.#mostBytes = mostBytes;
  }

  /** Resolves once the batches are safe on disk; throws when the disk takes no more. */
  async accept(batches: readonly ColumnBatch[], token: string): Promise<void> {
    if (batches.every((batch) => batch.rows === 0)) return;
    while (this.#waitingBytes >= this.#mostBytes && this.#queue[0]) await this.#queue[0].stored.promise;
    const known = this.#accepting.get(token);
    if (known) return known;
    const accepting = this.#put(batches, token);
    this.#accepting.set(token, accepting);
    // What the disk did not take may be brought again.
    accepting.catch(() => this.#accepting.delete(token));
    return accepting;
  }

  async #put(batches: readonly ColumnBatch[], token: string): Promise<void> {
    const parts = [...toParts(batches)];
    await this.#parts.spool.put(token, parts);
    const bytes = parts.flatMap(({ content }) => content).reduce((sum, piece) => sum + piece.length, 0);
    this.#queue.push({ token, bytes, stored: Promise.withResolvers<void>() });
    this.#waitingBytes += bytes;
    this.#working ??= this.#work();
  }

  /** Resolves when everything accepted so far is in the engine. */
  async settled(): Promise<void> {
    await this.#queue.at(-1)?.stored.promise;
  }

  /** Bytes accepted that the engine does not have yet. */
  get backlog(): number {
    return this.#waitingBytes;
  }

  /** Finishes the batch at hand; the rest stays on disk for the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#queue[0] && !this.#closing.signal.aborted) {
      const [first] = this.#queue;
      if (!(await this.#store(first))) break;
      this.#queue.shift();
      this.#accepting.delete(first.token);
      this.#waitingBytes -= first.bytes;
      first.stored.resolve();
    }
    this.#working = undefined;
    if (this.#closing.signal.aborted) for (const { stored } of this.#queue.splice(0)) stored.resolve();
  }

  /** However long it takes: false only when it is time to close. */
  async #store({ token }: Waiting): Promise<boolean> {
    const { log, spool } = this.#parts;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await storeSpooled(this.#parts, token);
        await spool.remove(token);
        return true;
      } catch (error) {
        if (this.#closing.signal.aborted) return false;
        if (!isPassing(error)) {
          // Where even that fails, the batch stays in the spool for the next start.
          const folder = await spool.reject(token).catch(() => undefined);
          log.error(
            { err: error, folder },
            'the telemetry engine refused a live batch; it was put aside; look at the reason and at the folder',
          );
          return true;
        }
        log.warn({ err: error }, 'a live batch could not be stored yet; it is safe on disk and will be tried again');
        await sleep(pause, undefined, { signal: this.#closing.signal }).catch(() => undefined);
        if (this.#closing.signal.aborted) return false;
      }
    }
  }
}
