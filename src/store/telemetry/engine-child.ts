/**
 * The embedded ClickHouse engine, alone in its process.
 *
 * It lives apart because a crash of native code must not take the hub along, and because
 * stopping a thread in the middle of a query aborts the whole process. One Session runs
 * one query at a time, hence one writer, some readers and one to cancel with. It outlives
 * the signals that reach the whole process group: the hub decides when to close, and when
 * the hub is gone the channel closes.
 */
// biome-ignore assist/source/organizeImports: must run before anything starts a thread.
import './step-back.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from 'chdb';
import { type EngineOptions, type EngineReply, type EngineRequest, OPENING } from './engine-protocol.ts';

const GRACE_MS = 3000;
/** Calls without an answer, and those of them that nobody waits for any more. */
const pending = new Set<number>();
const cancelled = new Set<number>();

/** A Session with its queue. */
class Lane {
  readonly #open: () => Session;
  #session: Session;
  #last: Promise<unknown> = Promise.resolve();
  waiting = 0;

  constructor(open: () => Session) {
    this.#open = open;
    this.#session = open();
  }

  run(id: number, text: string): Promise<string> {
    this.waiting++;
    const turn = this.#last.then(() => this.#runNow(id, text)).finally(() => this.waiting--);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #runNow(id: number, text: string): Promise<string> {
    if (cancelled.delete(id)) throw new Error('Code: 394. The query was cancelled before it began');
    try {
      return (await this.#session.queryAsync(text, { format: 'JSONCompact' })).text();
    } catch (error) {
      // A Session that failed puts the rest of the failed answer in front of its next one: never use it again.
      const failed = this.#session;
      this.#session = this.#open();
      failed.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#last;
    this.#session.close();
  }
}

const options = JSON.parse(process.argv[2] ?? '{}') as EngineOptions;
let writer: Lane;
let readers: readonly Lane[];
let canceller: Lane;

function openSession(): Session {
  return new Session(options.path, {
    connectionArgs: ['--output_format_json_quote_64bit_integers=1', `--max_server_memory_usage=${options.memoryBytes}`],
  });
}

function reply(message: EngineReply): void {
  if (process.connected) process.send?.(message);
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The engine prints that its directory is locked but does not throw it; the file it locks names the owner. */
function lockProblem(): string | undefined {
  try {
    const owner = Number(/^PID: (\d+)$/m.exec(readFileSync(join(options.path, 'status'), 'utf8'))?.[1]);
    process.kill(owner, 0);
    return `Code: 76. Cannot lock the directory, process ${owner} uses it`;
  } catch {
    return undefined;
  }
}

async function handle(request: EngineRequest): Promise<string> {
  switch (request.verb) {
    case 'exec':
      return runTracked(writer, request.id, request.text);
    case 'query':
      return runTracked(leastBusy(), request.id, request.text);
    case 'cancel':
      if (pending.has(request.call)) cancelled.add(request.call);
      // SYNC was seen never to return.
      return canceller.run(request.id, `KILL QUERY WHERE startsWith(query, '${mark(request.call)}') ASYNC`);
    case 'close':
      await closeAll();
      return '';
  }
}

/** The engine gives no query ids away, so a comment in front of the statement names the call. */
const mark = (id: number): string => `/*${id}*/`;

async function runTracked(lane: Lane, id: number, text: string): Promise<string> {
  pending.add(id);
  try {
    return await lane.run(id, `${mark(id)} ${text}`);
  } finally {
    pending.delete(id);
    cancelled.delete(id);
  }
}

function leastBusy(): Lane {
  return readers.reduce((best, lane) => (lane.waiting < best.waiting ? lane : best));
}

async function closeAll(): Promise<void> {
  await Promise.all([writer, canceller, ...readers].map((lane) => lane.close()));
}

async function answer(request: EngineRequest): Promise<void> {
  try {
    reply({ id: request.id, text: await handle(request) });
  } catch (error) {
    reply({ id: request.id, problem: problemOf(error) });
  }
  if (request.verb === 'close') process.disconnect?.();
}

/** The hub is gone: finish what runs if that is quick, so that the directory is free for the next hub. */
async function leave(): Promise<void> {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
  await closeAll();
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => void leave());
process.on('message', (request: EngineRequest) => void answer(request));

try {
  writer = new Lane(openSession);
  readers = Array.from({ length: options.readers }, () => new Lane(openSession));
  canceller = new Lane(openSession);
  reply({ id: OPENING, text: '' });
} catch (error) {
  process.send?.({ id: OPENING, problem: lockProblem() ?? problemOf(error) } satisfies EngineReply, () => process.exit(1));
}
