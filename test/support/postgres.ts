/** A real PostgreSQL server for the tests, on a free loopback port and in a temporary folder; started once, a database for each who asks. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface PostgresServer {
  /** Without a database. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Nothing where no server is installed. */
export async function startPostgresServer(): Promise<PostgresServer | undefined> {
  const binaries = globSync('/usr/lib/postgresql/*/bin').sort().at(-1);
  if (!binaries) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'yagura-postgres-'));
  const owner = serverUser();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const cluster = join(folder, 'cluster');
  const options = { cwd: folder, ...owner, stdio: 'ignore' } as const;
  const words = ['-D', cluster, '-U', 'yagura', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
  const [status] = (await once(spawn(join(binaries, 'initdb'), words, options), 'exit')) as [number | null];
  if (status !== 0) throw new Error(`initdb ended with ${String(status)}.`);
  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  const server = spawn(join(binaries, 'postgres'), ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])], options);
  const ended = once(server, 'exit');
  const url = `postgresql://yagura@127.0.0.1:${port}`;
  await untilAnswers(`${url}/postgres`);
  const stop = async (): Promise<void> => {
    server.kill('SIGQUIT');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, stop };
}

/** An empty database of that name; returns its URL. */
export async function createDatabase(server: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  await client.query(`create database ${client.escapeIdentifier(name)}`);
  await client.end();
  return `${server}/${name}`;
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
  for (let attempt = 0; attempt < 400; attempt++) {
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
