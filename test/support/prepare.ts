/** Runs once before all tests: whatever is slow to make and safe to share. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { buildConsole } from '../../src/server/console-build.ts';
import { startPostgresServer } from './postgres.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PROGRAM = join(ROOT, 'src', 'cli', 'main.ts');

export default async function prepare(project: TestProject): Promise<() => Promise<void>> {
  project.provide('isThorough', process.env['YAGURA_THOROUGH'] === '1');
  // The program refuses settings it does not know, and tests start the program.
  delete process.env['YAGURA_THOROUGH'];
  // The many programs that tests start read the sources once, as the program does that users start.
  process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, '.cache', 'compiled');
  const folder = mkdtempSync(join(tmpdir(), 'yagura-empty-'));
  const data = join(folder, 'data');
  // In a process of its own: opening the stores takes memory that is never given back.
  const [postgres] = await Promise.all([
    startPostgresServer(),
    promisify(execFile)(process.execPath, [PROGRAM, 'sensors', '--data', data]),
    buildConsole(),
  ]);
  project.provide('emptyData', data);
  project.provide('postgres', postgres?.url ?? '');
  return async () => {
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
