/**
 * A folder into which another program puts finished captures: each goes through the
 * ordinary intake, which knows a file by its content.
 *
 * A capture that is still being written must not be taken, for its rest would count it
 * twice. A file is finished when it has rested for the set time; the newest one, which
 * may belong to a quiet network, must rest five times as long.
 */
import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ERRORS, isYaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import { writeSynced } from './checkpoint.ts';
import { isDiskFull } from './store-persistently.ts';

const LOOK_EVERY_MS = 2000;
const NEWEST_RESTS_TIMES = 5;
const UNFINISHED = /^\.|\.(part|tmp|partial)$/;

export interface FolderSourceParts {
  readonly folder: string;
  readonly after: 'leave' | 'move';
  readonly settleMs: number;
  /** Where it remembers which files it has taken. */
  readonly stateFolder: string;
  readonly take: (path: string) => Promise<void>;
  readonly now: () => number;
  readonly log: Log;
}

interface Candidate {
  readonly name: string;
  readonly size: number;
  readonly changedAt: number;
}

const takenSchema = z.record(z.string(), z.string());

export class FolderSource {
  readonly #parts: FolderSourceParts;
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  /** Files that stay where they are: name → size and time, so that they are not read again. */
  #taken: Record<string, string> = {};
  #toldMissing = false;

  constructor(parts: FolderSourceParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    await mkdir(this.#parts.stateFolder, { recursive: true, mode: 0o700 });
    this.#taken = await readTaken(this.#takenFile);
    this.#loop = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  get #takenFile(): string {
    return join(this.#parts.stateFolder, 'taken.json');
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const file of await this.#finished()) if (!signal.aborted) await this.#take(file);
      await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Oldest first. */
  async #finished(): Promise<Candidate[]> {
    const files = await this.#list();
    const newest = files.at(-1);
    const { now, settleMs } = this.#parts;
    return files.filter((file) => {
      const rest = now() - file.changedAt;
      return rest >= (file === newest ? settleMs * NEWEST_RESTS_TIMES : settleMs) && this.#taken[file.name] !== markOf(file);
    });
  }

  async #list(): Promise<Candidate[]> {
    const { folder, log } = this.#parts;
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      this.#toldMissing = false;
      const names = entries.filter((entry) => entry.isFile() && !UNFINISHED.test(entry.name)).map((entry) => entry.name);
      const files = await Promise.all(names.map((name) => candidateOf(folder, name)));
      return files.filter((file) => file !== undefined).sort((a, b) => a.changedAt - b.changedAt || (a.name < b.name ? -1 : 1));
    } catch (error) {
      if (!this.#toldMissing) log.error({ err: error, folder }, 'the folder of captures cannot be read; it is looked for again and again');
      this.#toldMissing = true;
      return [];
    }
  }

  async #take(file: Candidate): Promise<void> {
    const { folder, take, log } = this.#parts;
    const path = join(folder, file.name);
    try {
      await take(path);
      await this.#settle(file, 'done');
    } catch (error) {
      if (isDiskFull(error) || (isYaguraError(error) && ERRORS[error.code].isRetryable)) {
        log.warn({ err: error, file: path }, 'a capture could not be taken now and will be tried again');
        await sleep(LOOK_EVERY_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
        return;
      }
      log.error({ err: error, file: path }, 'a capture of the folder cannot be taken');
      await this.#settle(file, 'failed');
    }
  }

  async #settle(file: Candidate, outcome: 'done' | 'failed'): Promise<void> {
    const { folder, after, log } = this.#parts;
    try {
      if (after === 'move') {
        await mkdir(join(folder, outcome), { recursive: true });
        await rename(join(folder, file.name), join(folder, outcome, file.name));
        return;
      }
      const present = new Set(await readdir(folder));
      const still = Object.entries(this.#taken).filter(([name]) => present.has(name));
      this.#taken = { ...Object.fromEntries(still), [file.name]: markOf(file) };
      writeSynced(this.#takenFile, JSON.stringify(this.#taken));
    } catch (error) {
      // It is taken; seeing it again changes nothing.
      this.#taken[file.name] = markOf(file);
      log.warn({ err: error, file: file.name }, 'a taken capture could not be moved or noted');
    }
  }
}

const markOf = ({ size, changedAt }: Candidate): string => `${size} ${changedAt}`;

async function candidateOf(folder: string, name: string): Promise<Candidate | undefined> {
  const found = await stat(join(folder, name)).catch(() => undefined);
  return found && { name, size: found.size, changedAt: found.mtimeMs };
}

async function readTaken(file: string): Promise<Record<string, string>> {
  try {
    return takenSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {}; // the first start
  }
}
