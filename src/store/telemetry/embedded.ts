/**
 * The hub's side of the embedded engine: starts the engine process, speaks to it, and
 * starts it again when it died.
 *
 * When the process dies every call in flight is rejected and none is repeated here: only
 * the spool, with its token, may repeat an insert. Three deaths within a minute slow the
 * restarts down, so that a broken directory does not turn into a busy loop.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isYaguraError, YaguraError } from '../../engine/errors.ts';
import type { Log } from '../../engine/log.ts';
import {
  type Engine,
  INSERT_SECONDS,
  type NativeFile,
  parseAnswer,
  QUERY_SECONDS,
  type QueryOptions,
  type Row,
  type Settings,
  toStoreError,
} from './engine.ts';
import { type EngineOptions, type EngineReply, type EngineRequest, type EngineVerb, OPENING } from './engine-protocol.ts';
import { quote, type Sql } from './sql.ts';

const READERS = 2;
const OPEN_SECONDS = 60;
/** A predecessor that is just closing holds the lock for a moment, on a busy machine for a long one. */
const LOCK_PATIENCE_MS = 15_000;
/** The holder may die between the refusal and the question who it was: then the engine gives no reason at all. */
const UNEXPLAINED = /Failed to create connection/;
const UNEXPLAINED_PATIENCE_MS = 3000;
/** How much longer than its own limit a call may take before the process counts as stuck. */
const STUCK_SECONDS = 60;
const DEATHS_PER_MINUTE = 3;
const LONGEST_BACK_OFF_MS = 30_000;

interface Waiting {
  readonly resolve: (text: string) => void;
  readonly reject: (reason: unknown) => void;
}

export interface EmbeddedOptions {
  readonly path: string;
  readonly memoryBytes: number;
  readonly log: Log;
}

/** A running engine process and the calls it owes an answer. */
interface Running {
  readonly child: ChildProcess;
  readonly waiting: Map<number, Waiting>;
  isOpen: boolean;
}

function patienceFor(error: unknown): number {
  if (isYaguraError(error, 'data-directory-in-use')) return LOCK_PATIENCE_MS;
  return error instanceof Error && UNEXPLAINED.test(error.message) ? UNEXPLAINED_PATIENCE_MS : 0;
}

export class EmbeddedEngine implements Engine {
  readonly #options: EmbeddedOptions;
  #running: Promise<Running> | undefined;
  #calls = OPENING;
  #deaths: number[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: EmbeddedOptions) {
    this.#options = { ...options, path: resolve(options.path) };
  }

  async exec(statement: Sql): Promise<void> {
    await this.#call({ verb: 'exec', text: statement.text }, INSERT_SECONDS);
  }

  async insert(part: NativeFile, settings: Settings): Promise<void> {
    const columns = part.columns.join(', ');
    const text = `INSERT INTO ${part.table} (${columns})${settingsClause(settings)} SELECT ${columns} FROM file(${quote(part.file)}, 'Native')`;
    await this.#call({ verb: 'exec', text }, INSERT_SECONDS);
  }

  async query(question: Sql, options: QueryOptions = {}): Promise<readonly Row[]> {
    const seconds = options.timeoutSeconds ?? QUERY_SECONDS;
    const limits = {
      max_execution_time: seconds,
      max_bytes_before_external_group_by: Math.floor(this.#options.memoryBytes / 4),
      max_bytes_before_external_sort: Math.floor(this.#options.memoryBytes / 4),
      // Questions never write, and read-only closes file() and url() as well.
      readonly: 1,
    };
    return parseAnswer(await this.#call({ verb: 'query', text: question.text + settingsClause(limits) }, seconds, options.signal));
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const running = await this.#running?.catch(() => undefined);
    if (!running || hasEnded(running.child)) return;
    const ended = new Promise<void>((done) => running.child.once('exit', () => done()));
    await Promise.race([
      this.#send(running, { verb: 'close' }).catch(() => undefined),
      pause(STUCK_SECONDS * 1000, undefined, { ref: false }),
    ]);
    const deadline = setTimeout(() => running.child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(deadline);
  }

  /** For tests that kill the engine: its process id while it runs. */
  async processId(): Promise<number | undefined> {
    return (await this.#running)?.child.pid;
  }

  async #call(verb: EngineVerb, seconds: number, signal?: AbortSignal): Promise<string> {
    const running = await this.#ensureRunning();
    signal?.throwIfAborted();
    const id = ++this.#calls;
    const cancel = (): void => void this.#send(running, { verb: 'cancel', call: id }).catch(() => undefined);
    // The engine's own limit should end the call first; then we ask to cancel; then the process counts as stuck.
    const late = setTimeout(cancel, (seconds + 5) * 1000);
    const stuck = setTimeout(() => running.child.kill('SIGKILL'), (seconds + STUCK_SECONDS) * 1000);
    const abort = (): void => {
      cancel();
      const call = running.waiting.get(id);
      running.waiting.delete(id);
      call?.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await this.#send(running, verb, id);
    } finally {
      signal?.removeEventListener('abort', abort);
      clearTimeout(late);
      clearTimeout(stuck);
    }
  }

  #send(running: Running, verb: EngineVerb, id = ++this.#calls): Promise<string> {
    return new Promise((resolvePromise, reject) => {
      if (hasEnded(running.child) || !running.child.connected) {
        reject(stopped());
        return;
      }
      running.waiting.set(id, { resolve: resolvePromise, reject });
      running.child.send({ ...verb, id } satisfies EngineRequest, (error) => {
        if (!error || !running.waiting.delete(id)) return;
        reject(stopped(error));
      });
    });
  }

  #ensureRunning(): Promise<Running> {
    if (this.#closed) throw new YaguraError('store-unavailable', 'the telemetry store is closed');
    this.#running ??= this.#startPatiently().catch((error: unknown) => {
      this.#running = undefined;
      throw error;
    });
    return this.#running;
  }

  async #startPatiently(): Promise<Running> {
    await this.#backOff();
    await mkdir(this.#options.path, { recursive: true });
    const started = Date.now();
    for (let wait = 100; ; wait = Math.min(wait * 2, 2000)) {
      try {
        return await this.#start();
      } catch (error) {
        if (Date.now() - started > patienceFor(error)) throw error;
        await pause(wait);
      }
    }
  }

  async #backOff(): Promise<void> {
    this.#deaths = this.#deaths.filter((at) => at > Date.now() - 60_000);
    const excess = this.#deaths.length - DEATHS_PER_MINUTE;
    if (excess < 0) return;
    const milliseconds = Math.min(1000 * 2 ** excess, LONGEST_BACK_OFF_MS);
    this.#options.log.warn(
      { deaths: this.#deaths.length, milliseconds },
      'the telemetry engine keeps stopping; waiting before the next start',
    );
    await pause(milliseconds);
  }

  async #start(): Promise<Running> {
    const child = forkEngine({ path: this.#options.path, memoryBytes: this.#options.memoryBytes, readers: READERS });
    const waiting = new Map<number, Waiting>();
    const running: Running = { child, waiting, isOpen: false };
    const opened = new Promise<string>((resolvePromise, reject) => waiting.set(OPENING, { resolve: resolvePromise, reject }));
    child.on('message', (reply: EngineReply) => settle(waiting, reply));
    // Without a listener a failed start would end the hub; 'exit' or 'close' reports it as well.
    child.on('error', (error) => this.#ended(running, error));
    child.on('exit', () => this.#ended(running));
    const deadline = setTimeout(() => child.kill('SIGKILL'), OPEN_SECONDS * 1000);
    try {
      await opened;
      running.isOpen = true;
      return running;
    } finally {
      clearTimeout(deadline);
    }
  }

  #ended(running: Running, cause?: Error): void {
    for (const call of running.waiting.values()) call.reject(stopped(cause));
    running.waiting.clear();
    // One that never opened is the business of the start that waits for it.
    if (!running.isOpen || this.#closed) return;
    running.isOpen = false;
    this.#deaths.push(Date.now());
    this.#running = undefined;
  }
}

/** The engine runs from the same kind of file as this one: TypeScript in a clone, JavaScript when published. */
function forkEngine(options: EngineOptions): ChildProcess {
  const program = new URL(`./engine-child${extname(import.meta.filename)}`, import.meta.url);
  return fork(program, [JSON.stringify(options)], {
    serialization: 'advanced',
    execArgv: [],
    // Each running query holds a thread of libuv's pool, which has four by default.
    env: { ...process.env, UV_THREADPOOL_SIZE: '8' },
    // Whatever the engine prints must not mix with what a command prints on standard output.
    stdio: ['ignore', 2, 2, 'ipc'],
  });
}

function settle(waiting: Map<number, Waiting>, reply: EngineReply): void {
  const call = waiting.get(reply.id);
  if (!call) return;
  waiting.delete(reply.id);
  if ('text' in reply) call.resolve(reply.text);
  else call.reject(toStoreError(reply.problem));
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function stopped(cause?: unknown): YaguraError {
  return new YaguraError('store-unavailable', 'the telemetry engine stopped; the next call starts it again', { cause });
}

function settingsClause(settings: Settings): string {
  const pairs = Object.entries(settings).map(([name, value]) => `${name} = ${typeof value === 'number' ? value : quote(value)}`);
  return pairs.length === 0 ? '' : ` SETTINGS ${pairs.join(', ')}`;
}
