/**
 * Sends what the spool holds to the hub, oldest first, and forgets a batch only when the
 * hub says that it is stored. A hub that is away is tried again and again.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { YaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import type { EdgeSpool, SpooledBatch } from './edge-spool.ts';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const REQUEST_MS = 120_000;
/** While the hub is away an operator is told this often. */
const REMIND_MS = 300_000;

export interface EdgeSenderParts {
  readonly spool: EdgeSpool;
  readonly hub: URL;
  readonly token: string;
  readonly log: Log;
  readonly longestPauseMs?: number;
}

type Answer = { readonly kind: 'stored' } | { readonly kind: 'refused' | 'later'; readonly reason: string };

const problem = z.object({ code: z.string(), message: z.string() });

export class EdgeSender {
  readonly #parts: EdgeSenderParts;
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;
  #isAway = false;
  #remindedAt = 0;

  constructor(parts: EdgeSenderParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    const { spool } = this.#parts;
    while (spool.count > 0 && !this.#stopping.signal.aborted) await spool.changed;
  }

  async #run(): Promise<void> {
    const { spool } = this.#parts;
    const { signal } = this.#stopping;
    const stopped = new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const batch = spool.oldest;
      if (!batch) {
        await Promise.race([spool.changed, stopped]);
        continue;
      }
      const isSettled = await this.#settle(batch);
      if (isSettled) pause = FIRST_PAUSE_MS;
      else {
        // Not all edges at the same moment when the hub is back.
        await sleep(pause * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
        pause = Math.min(pause * 2, this.#parts.longestPauseMs ?? LONGEST_PAUSE_MS);
      }
    }
  }

  /** True when the batch has left the spool. */
  async #settle(batch: SpooledBatch): Promise<boolean> {
    const { spool, log } = this.#parts;
    try {
      const answer = await this.#send(batch);
      if (answer.kind === 'later') {
        this.#tellAway(answer.reason);
        return false;
      }
      this.#tellBack();
      if (answer.kind === 'stored') await spool.remove(batch);
      else {
        const file = await spool.putAside(batch);
        log.error({ file, reason: answer.reason }, 'the hub refuses a batch for good; it was put aside');
      }
      return true;
    } catch (error) {
      log.warn({ err: error }, 'a batch could not be read from the spool or removed from it; it is tried again');
      return false;
    }
  }

  async #send({ file, sequence }: SpooledBatch): Promise<Answer> {
    const { spool, hub, token } = this.#parts;
    const body = await readFile(file);
    try {
      const response = await fetch(new URL('api/v1/live/batches', hub), {
        method: 'POST',
        body,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/zstd',
          'x-spool': spool.id,
          'x-sequence': String(sequence),
        },
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(REQUEST_MS)]),
      });
      if (response.ok) {
        await response.arrayBuffer();
        return { kind: 'stored' };
      }
      return toAnswer(response.status, await reasonOf(response));
    } catch (error) {
      return { kind: 'later', reason: causeOf(error) };
    }
  }

  #tellAway(reason: string): void {
    const now = performance.now();
    if (this.#isAway && now - this.#remindedAt < REMIND_MS) return;
    this.#isAway = true;
    this.#remindedAt = now;
    const { spool, log, hub } = this.#parts;
    log.warn(
      { hub: hub.origin, reason, waiting: spool.count, bytes: spool.bytes },
      'the hub does not take batches; they wait in the spool',
    );
  }

  #tellBack(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    const { spool, log } = this.#parts;
    log.info({ waiting: spool.count }, 'the hub takes batches again');
  }
}

/** Only what is wrong with the batch itself is for good; a token may be mended, a hub may come back. */
function toAnswer(status: number, reason: string): Answer {
  const isBatchWrong = status === 400 || status === 413 || status === 422;
  return { kind: isBatchWrong ? 'refused' : 'later', reason: `${status}: ${reason}` };
}

async function reasonOf(response: Response): Promise<string> {
  const body = problem.safeParse(await response.json().catch(() => undefined));
  return body.success ? body.data.message : response.statusText;
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** The hub's address as written by an operator. Throws 'usage' when it is none. */
export function parseHubUrl(text: string): URL {
  const url = URL.parse(text.endsWith('/') ? text : `${text}/`);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new YaguraError('usage', `--to takes the hub's address, like https://hub.example:8600, not "${text}"`);
}
