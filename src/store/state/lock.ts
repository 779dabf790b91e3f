/**
 * One process per embedded data folder.
 *
 * PGlite lets two processes open one folder and ruin it, so we take our own lock: a file
 * that names its holder. A holder that no longer runs (another boot, a dead process, or a
 * process number that now belongs to somebody else) has lost it.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { YaguraError } from '../../engine/errors.ts';

const holderSchema = z.object({ pid: z.number().int().positive(), boot: z.string(), started: z.string() });
type Holder = z.infer<typeof holderSchema>;

const held = new Set<string>();

export interface DirectoryLock {
  release(): void;
}

export function takeLock(path: string): DirectoryLock {
  const own: Holder = { pid: process.pid, boot: bootId(), started: startOf(process.pid) };
  if (held.has(path)) throw inUse(own.pid);
  for (let attempt = 0; attempt < 5; attempt++) {
    if (tryCreate(path, own)) {
      held.add(path);
      return { release: () => release(path) };
    }
    const text = readText(path);
    const holder = parseHolder(text);
    if (holder && isRunning(holder)) throw inUse(holder.pid);
    dropStale(path, text);
  }
  throw inUse(parseHolder(readText(path))?.pid ?? 0);
}

function release(path: string): void {
  held.delete(path);
  rmSync(path, { force: true });
}

function tryCreate(path: string, own: Holder): boolean {
  const draft = `${path}.${own.pid}`;
  writeFileSync(draft, JSON.stringify(own));
  try {
    linkSync(draft, path); // complete at once: nobody can read a half-written lock
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves the dead holder's file away; if another process was faster, its fresh lock is put back. */
function dropStale(path: string, seen: string): void {
  const moved = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, moved);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if (readText(moved) !== seen) linkSync(moved, path);
  rmSync(moved, { force: true });
}

function isRunning(holder: Holder): boolean {
  if (holder.boot !== bootId()) return false;
  if (holder.pid === process.pid) return false; // held by us is answered above: this is our number's former owner
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (!hasCode(error, 'EPERM')) return false;
  }
  return holder.started === startOf(holder.pid);
}

/** When the process began, in kernel ticks; empty where the system does not say. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const bootId = (): string => readText('/proc/sys/kernel/random/boot_id').trim();

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const hasCode = (error: unknown, code: string): boolean => error instanceof Error && 'code' in error && error.code === code;

const inUse = (pid: number): YaguraError =>
  new YaguraError(
    'data-directory-in-use',
    `The data folder is in use by process ${pid}. Stop that process, or choose another folder with --data.`,
  );
