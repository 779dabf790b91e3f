/**
 * How far a growing file was read, written down before the rows go to the store.
 *
 * After a crash the ranges that were on their way are read again and get the same
 * tokens, so what was stored already is recognised. A file is known by device, inode and
 * its first bytes; its number of this reading keeps a truncated and rewritten file apart.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const place = z.object({ from: z.number().int().min(0), head: z.string() });
const checkpointSchema = z.object({
  device: z.string(),
  inode: z.string(),
  /** The file's first bytes, hex. */
  begins: z.string(),
  /** Of this reading of the file; part of every token. */
  reading: z.string(),
  /** Ranges on their way to the store, oldest first, and what a fresh decoder needs before each. */
  pending: z.array(place.extend({ to: z.number().int().min(0) })),
  next: place,
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

export const tokenOf = ({ reading }: Pick<Checkpoint, 'reading'>, from: number, to: number): string => `${reading}:${from}-${to}`;

export function readCheckpoint(file: string): Checkpoint | undefined {
  try {
    return checkpointSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // the first start, or a file of another version: read from the beginning
  }
}

/** On disk when it returns. */
export function writeCheckpoint(file: string, checkpoint: Checkpoint): void {
  writeSynced(file, JSON.stringify(checkpoint));
}

export function writeSynced(file: string, content: string): void {
  const fresh = `${file}.new`;
  const handle = openSync(fresh, 'w', 0o600);
  try {
    writeSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(fresh, file);
  syncFolder(dirname(file));
}

/** A rename is only certain once the folder itself is on disk. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
