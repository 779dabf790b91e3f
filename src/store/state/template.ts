/**
 * An empty, migrated data folder, made once and copied from then on.
 *
 * Creating a PostgreSQL cluster takes seconds and some 850 MB in the process that does
 * it, which that process never gives back. So a child process creates it and ends; its
 * result is kept under the hash of the migrations and copied in a moment.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { YaguraError } from '../../engine/errors.ts';

const MIGRATIONS = join(import.meta.dirname, 'migrations');
/** The first migration seeds the roles from here. */
const PERMISSIONS = join(import.meta.dirname, '..', '..', 'domain', 'permission.ts');
const PGLITE = join(import.meta.dirname, '..', '..', '..', 'node_modules', '@electric-sql', 'pglite', 'package.json');

/** Makes `target` from the template, which is created first when there is none. */
export async function copyTemplate(templateDirectory: string, target: string): Promise<void> {
  const template = await ensureTemplate(templateDirectory);
  const draft = `${target}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await cp(template, draft, { recursive: true });
  await rename(draft, target);
}

/** The template's folder. Several processes may do this at once: the first rename wins. */
export async function ensureTemplate(templateDirectory: string): Promise<string> {
  const template = join(templateDirectory, `state-template-${await templateHash()}`);
  if (existsSync(template)) return template;
  await mkdir(templateDirectory, { recursive: true });
  const draft = `${template}.${process.pid}`;
  await createInChild(draft);
  await rename(draft, template).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(template)) throw error;
  });
  return template;
}

/** A new migration, another rule of who may do what or another engine makes another template. */
async function templateHash(): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(PGLITE))
    .update(await readFile(PERMISSIONS));
  for (const file of (await readdir(MIGRATIONS)).sort()) hash.update(await readFile(join(MIGRATIONS, file)));
  return hash.digest('hex').slice(0, 16);
}

async function createInChild(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'template-child.ts'), directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk));
  const status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status === 0) return;
  throw new YaguraError('store-failed', `The state store could not be created (status ${String(status)}): ${complaint.slice(-2000)}`);
}
