/** A folder of kept captures: what lies in it, and how one goes. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileNameOf, indexNameOf, type KeptIndex, type KeptName, parseName } from './kept-file.ts';

export function namesIn(folder: string): KeptName[] {
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch {
    return []; // nothing was kept yet
  }
  return entries.map(parseName).filter((name) => name !== undefined);
}

/** The index goes last: a file without one is still read, an index without file is nothing. */
export function removeKept(folder: string, name: KeptName): void {
  rmSync(join(folder, fileNameOf(name)), { force: true });
  rmSync(join(folder, indexNameOf(name)), { force: true });
}

/** Undefined where it is missing or unreadable: the file tells the same, only slower. */
export function readIndex(folder: string, name: KeptName): KeptIndex | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, indexNameOf(name)), 'utf8')) as KeptIndex;
  } catch {
    return undefined;
  }
}
