/**
 * The console, built once per version of its sources and kept in the cache.
 *
 * Nothing built is committed: the first start makes it (a few seconds), every later one
 * finds it. The folder is named by the hash of everything it is made from; two processes
 * may build at once, the second finds the first one's result in place.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { YaguraError } from '../engine/errors.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');
const SOURCES = [
  'console/**/*',
  'catalogue/**/*.yaml',
  'src/domain/**/*.ts',
  'src/server/contract.ts',
  'vite.config.ts',
  'package-lock.json',
];

/** Folder with index.html and assets/. */
export async function buildConsole(cache = join(ROOT, '.cache', 'console')): Promise<string> {
  const target = join(cache, hashOfSources());
  if (await exists(join(target, 'index.html'))) return target;
  const making = `${target}.${process.pid}`;
  await mkdir(cache, { recursive: true });
  await build(making);
  try {
    await rename(making, target);
  } catch (cause) {
    await rm(making, { recursive: true, force: true });
    if (!(await exists(join(target, 'index.html')))) throw new YaguraError('internal', 'the console could not be put in place', { cause });
  }
  return target;
}

/**
 * In a process of its own: the hub need not carry a bundler in its memory, and a test runner's
 * NODE_ENV would give the page React's development calls without its development build.
 */
async function build(outDir: string): Promise<void> {
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const words = [vite, 'build', '--config', join(ROOT, 'vite.config.ts'), '--outDir', outDir, '--emptyOutDir', '--logLevel', 'error'];
  try {
    await run(process.execPath, words, { cwd: ROOT, env: { ...process.env, NODE_ENV: 'production' } });
  } catch (cause) {
    throw new YaguraError('internal', 'the console could not be built; run npm ci and try again', { cause });
  }
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  const files = SOURCES.flatMap((pattern) => globSync(pattern, { cwd: ROOT, withFileTypes: true })).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort())
    hash.update(path.slice(ROOT.length)).update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
