/**
 * The hub's side of one live input: starts its worker, stores what comes in order, and
 * starts it again when it died.
 */
import { mkdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { ERRORS, type ErrorCode, YaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import type { LiveBatch, LiveSink } from './live-batch.ts';
import { storePersistently } from './store-persistently.ts';
import type { FromWorker, ToWorker, WorkerOrder } from './worker-protocol.ts';

const FIRST_RESTART_MS = 1000;
const LONGEST_RESTART_MS = 60_000;
/** A store that is away must not keep the program from ending. */
const STOP_PATIENCE_MS = 10_000;

export interface OpenSource {
  /** UDP port listened on; 0 for streams. */
  readonly port: number;
  /** Receive buffer the kernel granted. */
  readonly bufferBytes: number;
}

export class LiveSource {
  readonly order: WorkerOrder;
  readonly #sink: LiveSink;
  readonly #log: Log;
  readonly #stopPatienceMs: number;
  readonly #stopping = new AbortController();
  #worker: Worker | undefined;
  #storing: Promise<void> = Promise.resolve();
  #lifetime: Promise<void> = Promise.resolve();

  constructor(order: WorkerOrder, sink: LiveSink, log: Log, stopPatienceMs: number = STOP_PATIENCE_MS) {
    this.order = order;
    this.#stopPatienceMs = stopPatienceMs;
    this.#sink = sink;
    this.#log = log;
  }

  /** Resolves when the input is open. Throws YaguraError when it cannot be opened as configured. */
  async start(): Promise<OpenSource> {
    await mkdir(this.order.folder, { recursive: true, mode: 0o700 });
    const { opened, over } = this.#run();
    const open = await opened;
    this.#lifetime = this.#keepAlive(over);
    return open;
  }

  /** Resolves when the input has ended for good and all of it is stored. */
  get ended(): Promise<void> {
    return this.#lifetime;
  }

  /** Takes what is on its way and ends. */
  async stop(): Promise<void> {
    this.#tell({ type: 'stop' });
    const isDone = await Promise.race([this.#lifetime.then(() => true), sleep(this.#stopPatienceMs, false, { ref: false })]);
    this.#stopping.abort();
    if (isDone) return;
    this.#log.warn({ source: this.order.source }, 'the store did not take the last batches in time; what had no checkpoint is lost');
    await this.#worker?.terminate();
  }

  /** Ends when the input ends; after a death of the worker the next one takes over. */
  async #keepAlive(first: Promise<'ended' | 'died'>): Promise<void> {
    let over = first;
    for (let pause = FIRST_RESTART_MS; ; pause = Math.min(pause * 2, LONGEST_RESTART_MS)) {
      const how = await over;
      await this.#storing;
      if (how === 'ended' || this.#stopping.signal.aborted) return;
      await sleep(pause, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      const next = this.#run();
      next.opened.catch((error: unknown) =>
        this.#log.error({ err: error, source: this.order.source }, 'a live input cannot be opened again'),
      );
      over = next.over;
    }
  }

  #run(): { opened: Promise<OpenSource>; over: Promise<'ended' | 'died'> } {
    const opened = Promise.withResolvers<OpenSource>();
    const over = Promise.withResolvers<'ended' | 'died'>();
    // The worker runs from the same kind of file as this one: TypeScript in a clone, JavaScript when published.
    const worker = new Worker(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url), { workerData: this.order });
    this.#worker = worker;
    let isOver = false;
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'open') opened.resolve({ port: message.port, bufferBytes: message.bufferBytes });
      else if (message.type === 'batch') this.#storeInTurn(message.batch, worker);
      else if (message.type === 'ended') isOver = true;
      else {
        const error = new YaguraError(message.code in ERRORS ? (message.code as ErrorCode) : 'internal', message.message);
        this.#log.error({ source: this.order.source, reason: message.message }, 'a live input stopped');
        opened.reject(error);
      }
    });
    worker.on('error', (error) => {
      this.#log.error({ err: error, source: this.order.source }, 'the worker of a live input died; another will take over');
      opened.reject(error);
    });
    worker.on('exit', () => {
      opened.reject(new YaguraError('internal', 'the worker of a live input ended before it was open'));
      over.resolve(isOver ? 'ended' : 'died');
    });
    return { opened: opened.promise, over: over.promise };
  }

  #storeInTurn(batch: LiveBatch, worker: Worker): void {
    this.#storing = this.#storing.then(async () => {
      const isStored = await storePersistently(this.#sink, batch, { log: this.#log, signal: this.#stopping.signal });
      if (isStored) worker.postMessage({ type: 'stored', token: batch.token } satisfies ToWorker);
    });
  }

  #tell(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }
}
