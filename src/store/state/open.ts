/**
 * Opens the state store: PGlite in this process, or a PostgreSQL server by URL.
 *
 * The SQL is the same on both. Embedded, the folder holds the cluster and a lock; it is
 * copied from a template on first use, so that opening takes less than a second.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { YaguraError } from '../../engine/errors.ts';
import type { Log } from '../../engine/log.ts';
import { type DirectoryLock, takeLock } from './lock.ts';
import { startLogLimit } from './log-limit.ts';
import { migrate } from './migrate.ts';
import type { Database } from './schema.ts';
import { copyTemplate } from './template.ts';

export type StateDatabase = Kysely<Database>;

export interface StateOptions {
  /** Folder of the embedded store. */
  readonly path?: string | undefined;
  /** PostgreSQL server; wins over `path`. */
  readonly url?: string | undefined;
  /** Where the template is kept; beside the data when absent. */
  readonly templateDirectory?: string | undefined;
  readonly log: Log;
}

export interface State {
  readonly db: StateDatabase;
  readonly isEmbedded: boolean;
  close(): Promise<void>;
}

const POOL_SIZE = 8;
/**
 * A fold's log fits the buffer, so that it is written in one piece when it commits, and new
 * log files are not filled with zeros first. Neither changes what survives a killed process.
 */
const START_PARAMETERS = [...PGlite.defaultStartParams, '-c', 'wal_buffers=8MB', '-c', 'wal_init_zero=off'];

export async function openState(options: StateOptions): Promise<State> {
  if (options.url) return openServer(options.url, options.log);
  if (options.path) return openEmbedded(options.path, options.templateDirectory ?? options.path, options.log);
  throw new YaguraError('config-invalid', 'The state store needs a folder or the URL of a PostgreSQL server.');
}

async function openEmbedded(path: string, templateDirectory: string, log: Log): Promise<State> {
  await mkdir(path, { recursive: true });
  const lock = takeLock(join(path, 'lock'));
  try {
    const cluster = join(path, 'cluster');
    if (!existsSync(cluster)) await copyTemplate(templateDirectory, cluster);
    const db = new Kysely<Database>({
      dialect: new PGliteDialect({ pglite: await PGlite.create(cluster, { startParams: START_PARAMETERS }) }),
    });
    return await start(db, log, { isEmbedded: true, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openServer(url: string, log: Log): Promise<State> {
  const pool = new pg.Pool({ connectionString: url, max: POOL_SIZE, types: toNumbers });
  pool.on('error', (error) => log.warn({ err: error }, 'an idle connection to the state store was lost'));
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  try {
    await refuseAbsentServer(db);
    return await start(db, log, { isEmbedded: false });
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function refuseAbsentServer(db: StateDatabase): Promise<void> {
  await sql`select 1`.execute(db).catch((error: unknown) => {
    throw new YaguraError('store-unavailable', 'The PostgreSQL server of the state store does not answer. Check YAGURA_STATE_URL.', {
      cause: error,
    });
  });
}

interface Kind {
  readonly isEmbedded: boolean;
  readonly lock?: DirectoryLock;
}

async function start(db: StateDatabase, log: Log, { isEmbedded, lock }: Kind): Promise<State> {
  const migrations = await migrate(db);
  if (migrations.length > 0) log.info({ migrations }, 'state store migrated');
  const stopLimit = isEmbedded ? startLogLimit(db, log) : undefined;
  const close = async (): Promise<void> => {
    await stopLimit?.();
    await db.destroy();
    lock?.release();
  };
  return { db, isEmbedded, close };
}

/** Counts and times are bigint in the tables and fit a number; the driver would hand out strings. */
const toNumbers: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)),
};
