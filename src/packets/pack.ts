/**
 * Closes a kept capture for good: compressed, indexed, and under its final name at once.
 *
 * Each minute becomes a Zstandard frame of its own. Frames in a row are one ordinary
 * Zstandard file, and a search still unpacks nothing but the minutes it needs.
 */
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { FILE_HEADER, fileNameOf, indexNameOf, type KeptIndex, type KeptName, type Run } from './kept-file.ts';

const compress = promisify(zstdCompress);

/** Of a whole file in `bytes` or on disk; the open file goes once the packed one is safe. */
export async function pack(folder: string, name: KeptName, runs: readonly Run[]): Promise<void> {
  const from = join(folder, fileNameOf(name));
  const to = join(folder, fileNameOf({ ...name, state: 'packed' }));
  const fresh = `${to}.new`;
  const source = await open(from);
  try {
    const target = await open(fresh, 'w', 0o600);
    try {
      const index = await packRuns(source, target, name, runs);
      await target.sync();
      writeFileSync(join(folder, indexNameOf(name)), JSON.stringify(index), { mode: 0o600 });
    } finally {
      await target.close();
    }
    await rename(fresh, to);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    await source.close();
  }
  syncFolder(folder);
  rmSync(from);
}

type Handle = Awaited<ReturnType<typeof open>>;

async function packRuns(source: Handle, target: Handle, { link }: KeptName, runs: readonly Run[]): Promise<KeptIndex> {
  let position = 0;
  const add = async (length: number): Promise<number> => {
    const { buffer, bytesRead } = await source.read(Buffer.allocUnsafe(length), 0, length, position);
    const packed = await compress(buffer.subarray(0, bytesRead));
    await target.write(packed);
    position += length;
    return packed.length;
  };
  const headStored = await add(FILE_HEADER);
  const stored: Run[] = [];
  for (const run of runs) stored.push({ ...run, stored: await add(run.bytes) });
  return { link, packets: runs.reduce((sum, { packets }) => sum + packets, 0), headStored, runs: stored };
}

/** A kill between renaming and removing leaves both; the packed one is whole. */
export function dropLeftover(folder: string, name: KeptName): boolean {
  if (name.state !== 'open' || !existsSync(join(folder, fileNameOf({ ...name, state: 'packed' })))) return false;
  rmSync(join(folder, fileNameOf(name)), { force: true });
  return true;
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
