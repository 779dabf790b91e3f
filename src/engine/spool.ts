/**
 * The spool: batches on disk between being accepted and being stored.
 *
 * A batch is a folder of part files that appears under its name in one rename, after
 * every byte is synced; a folder that is half-written never gets its name and is swept
 * away at the next start. Parts are separate files so that the engine can read them
 * where they lie, without a second copy. The token is the folder's name, so a spool
 * explains itself without an index.
 */

import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { YaguraError } from './errors.ts';

const BATCH = 'batch-';
const UNFINISHED = 'unfinished-';
const REJECTED = 'rejected';
const LONGEST_NAME = 240;

export interface SpoolPart {
  /** Becomes a file name: letters, digits, hyphen, underscore and dot. */
  readonly name: string;
  /** Written one after the other; must not change until the batch is put. */
  readonly content: readonly Uint8Array[];
}

export interface SpooledPart {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
}

export class Spool {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Opens the spool and removes what a crash left half-written. Only one process may use a directory. */
  static async open(directory: string): Promise<Spool> {
    const path = resolve(directory);
    await mkdir(path, { recursive: true });
    for (const name of await readdir(path)) {
      if (name.startsWith(UNFINISHED)) await rm(join(path, name), { recursive: true, force: true });
    }
    return new Spool(path);
  }

  /**
   * Resolves when the batch survives a power cut, or with `isRepeatable`, for what its giver can
   * give again, a kill of the process. A token that is already spooled keeps its first content.
   */
  async put(
    token: string,
    parts: AsyncIterable<SpoolPart> | Iterable<SpoolPart>,
    { isRepeatable = false }: { readonly isRepeatable?: boolean } = {},
  ): Promise<void> {
    const target = this.#pathOf(token);
    if (await exists(target)) return;
    const unfinished = join(this.#directory, UNFINISHED + randomUUID());
    await mkdir(unfinished);
    try {
      for await (const part of parts) {
        const path = join(unfinished, checkPartName(part.name));
        await write(path, part.content, !isRepeatable);
      }
      if (!isRepeatable) await syncDirectory(unfinished);
      await rename(unfinished, target);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      // Somebody put the same batch at the same time: one of the two is enough.
      if (!(await exists(target))) throw error;
    }
    if (!isRepeatable) await syncDirectory(this.#directory);
  }

  /** Tokens of the batches that wait. */
  async list(): Promise<string[]> {
    const names = await readdir(this.#directory);
    return names
      .filter((name) => name.startsWith(BATCH))
      .sort()
      .map((name) => decodeToken(name.slice(BATCH.length)));
  }

  /** The parts of a batch in the order of their names. */
  async read(token: string): Promise<SpooledPart[]> {
    const path = this.#pathOf(token);
    const names = await readdir(path);
    return names.sort().map((name) => ({ name, file: join(path, name) }));
  }

  /** Removing what is not there is fine. */
  async remove(token: string): Promise<void> {
    // Renamed first: a crash in the middle of the removal must not leave a batch with fewer parts.
    const unfinished = join(this.#directory, UNFINISHED + randomUUID());
    await rename(this.#pathOf(token), unfinished).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
    await rm(unfinished, { recursive: true, force: true });
  }

  /** Puts a batch aside that will never be accepted, for an operator to look at. Returns where. */
  async reject(token: string): Promise<string> {
    const aside = join(this.#directory, REJECTED);
    await mkdir(aside, { recursive: true });
    const target = join(aside, `${randomUUID().slice(0, 8)}-${encodeToken(token)}`);
    await rename(this.#pathOf(token), target);
    await syncDirectory(this.#directory);
    return target;
  }

  #pathOf(token: string): string {
    const name = BATCH + encodeToken(token);
    if (token === '' || name.length > LONGEST_NAME) throw new YaguraError('internal', 'a batch token must have 1 to about 200 characters');
    return join(this.#directory, name);
  }
}

/** Letters, digits, hyphen and underscore stay; every other byte becomes %XX, so that no file system and no glob objects. */
function encodeToken(token: string): string {
  return encodeURIComponent(token).replace(/[.!~*'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decodeToken(name: string): string {
  return decodeURIComponent(name);
}

function checkPartName(name: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(name)) return name;
  throw new YaguraError('internal', 'a spool part needs a plain file name');
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}

async function write(path: string, content: readonly Uint8Array[], isSynced: boolean): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await writeAll(handle, content);
    if (isSynced) await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, content: readonly Uint8Array[]): Promise<void> {
  for (let rest = content; rest.length > 0; ) {
    const { bytesWritten } = await handle.writev(rest);
    rest = after(rest, bytesWritten);
  }
}

/** What is left of the pieces behind so many bytes: a disk may take less than it was given. */
function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let passed = 0;
  return pieces.flatMap((piece) => {
    const from = Math.max(0, bytes - passed);
    passed += piece.length;
    return from >= piece.length ? [] : [piece.subarray(from)];
  });
}

/** A rename is only certain once the directory itself is on disk. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
