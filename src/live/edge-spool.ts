/**
 * The edge collector's memory: batches on disk until the hub has them.
 *
 * One file per batch, synced before the input goes on, named by a number that never comes
 * twice. Full is full: then the input waits, and says what it must drop.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { encodeBatch } from './batch-codec.ts';
import { syncFolder, writeSynced } from './checkpoint.ts';
import type { LiveBatch } from './live-batch.ts';

/** Numbers are reserved in blocks, so that not every batch needs a second synced file. */
const RESERVED = 1000;
const ENDING = '.batch';
/** More than can be on their way from all sources together. */
const REMEMBERED = 64;

const identitySchema = z.object({ spool: z.uuid(), next: z.number().int().min(1) });

export interface SpooledBatch {
  readonly sequence: number;
  readonly file: string;
  readonly bytes: number;
}

export class EdgeSpool {
  readonly #folder: string;
  readonly #limit: number;
  readonly id: string;
  #waiting: SpooledBatch[];
  #bytes: number;
  #next: number;
  #reservedTo: number;
  /** Tokens of the newest batches: the same one again after a crash is not a new one. */
  readonly #tokens: Set<string>;
  #changed = Promise.withResolvers<void>();

  private constructor(folder: string, limit: number, state: { id: string; waiting: SpooledBatch[]; next: number; tokens: Set<string> }) {
    this.#folder = folder;
    this.#limit = limit;
    this.id = state.id;
    this.#waiting = state.waiting;
    this.#bytes = state.waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#next = state.next;
    this.#reservedTo = state.next;
    this.#tokens = state.tokens;
  }

  static async open(folder: string, limitBytes: number): Promise<EdgeSpool> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const waiting: SpooledBatch[] = [];
    const tokens = new Set<string>();
    for (const name of (await readdir(folder)).sort()) {
      const path = join(folder, name);
      const [, sequence, token] = /^(\d+)-([0-9a-f]+)\.batch$/.exec(name) ?? [];
      if (sequence !== undefined && token !== undefined) {
        waiting.push({ sequence: Number(sequence), file: path, bytes: (await stat(path)).size });
        tokens.add(token);
      } else if (name.endsWith('.unfinished')) await rm(path, { force: true });
    }
    const identity = await readIdentity(folder);
    for (const token of await readLines(join(folder, 'last-sent'))) tokens.add(token);
    const next = Math.max(identity.next, (waiting.at(-1)?.sequence ?? 0) + 1);
    return new EdgeSpool(folder, limitBytes, { id: identity.spool, waiting, next, tokens });
  }

  get count(): number {
    return this.#waiting.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isFull(): boolean {
    return this.#bytes >= this.#limit;
  }

  /** On disk when it resolves; the same token again is done already. One at a time. Waits while the spool is full. */
  async put(batch: LiveBatch, signal: AbortSignal): Promise<void> {
    const token = createHash('sha256').update(`${batch.source}\u001f${batch.token}`).digest('hex').slice(0, 32);
    if (this.#tokens.has(token)) return;
    const content = await encodeBatch(batch);
    const givenUp = aborted(signal);
    while (this.isFull) {
      await Promise.race([this.#changed.promise, givenUp]);
      signal.throwIfAborted();
    }
    await this.#write(token, content);
  }

  /** The oldest batch. */
  get oldest(): SpooledBatch | undefined {
    return this.#waiting[0];
  }

  /** Resolves at the next change: a batch came or went. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** The hub has it. */
  async remove(batch: SpooledBatch): Promise<void> {
    await this.#rememberSent(batch);
    await rm(batch.file, { force: true });
    this.#forget(batch);
  }

  /** The hub will never take it: kept beside for an operator to look at. Returns where. */
  async putAside(batch: SpooledBatch): Promise<string> {
    const aside = join(this.#folder, 'refused');
    await mkdir(aside, { recursive: true, mode: 0o700 });
    const target = join(aside, `${batch.sequence}${ENDING}`);
    await this.#rememberSent(batch);
    await rename(batch.file, target);
    this.#forget(batch);
    return target;
  }

  async #write(token: string, content: Uint8Array): Promise<void> {
    if (this.#next >= this.#reservedTo) this.#reserve();
    const sequence = this.#next++;
    const file = join(this.#folder, `${String(sequence).padStart(15, '0')}-${token}${ENDING}`);
    const unfinished = `${file}.unfinished`;
    try {
      const handle = await open(unfinished, 'w', 0o600);
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(unfinished, file);
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      throw error;
    }
    syncFolder(this.#folder);
    this.#tokens.add(token);
    this.#waiting.push({ sequence, file, bytes: content.length });
    this.#bytes += content.length;
    this.#ring();
  }

  #reserve(): void {
    writeSynced(join(this.#folder, 'identity.json'), JSON.stringify({ spool: this.id, next: this.#next + RESERVED }));
    this.#reservedTo = this.#next + RESERVED;
  }

  /** The newest sent token, because a growing file may be read again over a batch that has left already. */
  async #rememberSent({ file }: SpooledBatch): Promise<void> {
    const tokens = [...this.#tokens].slice(-REMEMBERED);
    const own = tokenOfFile(file);
    await writeFile(join(this.#folder, 'last-sent'), [...new Set([...tokens, own])].join('\n'));
    if (this.#tokens.size < 10_000) return;
    const oldest = [...this.#tokens].slice(0, this.#tokens.size - 1000);
    for (const token of oldest) this.#tokens.delete(token);
  }

  #forget(batch: SpooledBatch): void {
    if (this.#waiting[0] === batch) this.#waiting.shift();
    this.#bytes -= batch.bytes;
    this.#ring();
  }

  #ring(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

const tokenOfFile = (file: string): string => /-([0-9a-f]+)\.batch$/.exec(file)?.[1] ?? '';

async function readIdentity(folder: string): Promise<z.infer<typeof identitySchema>> {
  try {
    return identitySchema.parse(JSON.parse(await readFile(join(folder, 'identity.json'), 'utf8')));
  } catch {
    return { spool: randomUUID(), next: 1 }; // the first start, or a folder whose identity is lost: a new one
  }
}

async function readLines(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}
