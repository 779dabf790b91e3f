/**
 * Both engines for the tests: PGlite in this process and a real PostgreSQL server.
 *
 * The server is started on a free loopback port in a temporary folder. Tests share one
 * database per file and keep apart by using a tenant of their own, as tenants do.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe } from 'vitest';
import { createLog } from '../../engine/log.ts';
import { openState, type State } from './open.ts';

const ENGINES = ['PGlite', 'PostgreSQL'] as const;
type Engine = (typeof ENGINES)[number];

export const templateDirectory = join(import.meta.dirname, '..', '..', '..', '.cache');
const log = createLog('silent');

const binaries = globSync('/usr/lib/postgresql/*/bin').sort().at(-1);
export const hasPostgres = binaries !== undefined;
if (!hasPostgres) process.stderr.write('No PostgreSQL server is installed: the state store is tested on PGlite only.\n');

export interface OpenedState {
  readonly state: State;
  /** How another process opens the same store. */
  readonly place: { readonly path?: string; readonly url?: string };
  readonly stop: () => Promise<void>;
}

/** Runs the same tests on every engine that is here. */
export function describeState(name: string, tests: (opened: () => OpenedState) => void): void {
  const engines = ENGINES.filter((engine) => engine === 'PGlite' || hasPostgres);
  describe.each(engines)(`${name} on %s`, (engine) => {
    let opened: OpenedState | undefined;
    beforeAll(async () => {
      opened = await openEngine(engine);
    });
    afterAll(() => opened?.stop());
    tests(() => {
      if (!opened) throw new Error('The store is not open.');
      return opened;
    });
  });
}

const openEngine = (engine: Engine): Promise<OpenedState> => (engine === 'PGlite' ? openPglite() : openPostgres());

async function openPglite(): Promise<OpenedState> {
  const path = mkdtempSync(join(tmpdir(), 'yagura-state-'));
  const state = await openState({ path, templateDirectory, log });
  const stop = async (): Promise<void> => {
    await state.close();
    rmSync(path, { recursive: true, force: true });
  };
  return { state, place: { path }, stop };
}

async function openPostgres(): Promise<OpenedState> {
  const server = await startPostgres();
  const state = await openState({ url: server.url, log });
  const stop = async (): Promise<void> => {
    await state.close();
    await server.stop();
  };
  return { state, place: { url: server.url }, stop };
}

export async function startPostgres(): Promise<{ url: string; stop: () => Promise<void> }> {
  if (!binaries) throw new Error('No PostgreSQL server is installed.');
  const folder = mkdtempSync(join(tmpdir(), 'yagura-postgres-'));
  const owner = serverUser();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const cluster = join(folder, 'cluster');
  const options = { cwd: folder, ...owner };
  execFileSync(join(binaries, 'initdb'), ['-D', cluster, '-U', 'yagura', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'], {
    ...options,
    stdio: 'ignore',
  });
  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  const server = spawn(join(binaries, 'postgres'), ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])], {
    ...options,
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  const url = `postgresql://yagura@127.0.0.1:${port}/postgres`;
  await untilAnswers(url);
  const stop = async (): Promise<void> => {
    server.kill('SIGQUIT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, stop };
}

/** The server refuses to run as root. */
function serverUser(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
}

const idOf = (flag: '-u' | '-g'): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim());

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function untilAnswers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('The PostgreSQL server did not start.');
}

let tenants = 0;
/** A tenant nobody else uses. */
export const newTenant = (): string => `tenant-${++tenants}`;
