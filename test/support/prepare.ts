/** Runs once before all tests: whatever is slow to make and safe to share. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { buildConsole } from '../../src/server/console-build.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAM = join(ROOT, 'src', 'cli', 'main.ts');

export default async function prepare(project: TestProject): Promise<() => void> {
  // The many programs that tests start read the sources once, as the program does that users start.
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, '.cache', 'compiled');
  const folder = mkdtempSync(join(tmpdir(), 'yagura-empty-'));
  const data = join(folder, 'data');
  // In a process of its own: opening the stores takes memory that is never given back.
  await Promise.all([buildConsole(), promisify(execFile)(process.execPath, [PROGRAM, 'sensors', '--data', data])]);
  project.provide('emptyData', data);
  return () => rmSync(folder, { recursive: true, force: true });
}
