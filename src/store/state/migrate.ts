/** Brings a database to the newest shape; does nothing when it is there. */
import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { YaguraError } from '../../engine/errors.ts';
import { migrationProvider } from './migrations/index.ts';
import type { Database } from './schema.ts';

export async function migrate(db: Kysely<Database>): Promise<readonly string[]> {
  const { error, results } = await new Migrator({ db, provider: migrationProvider }).migrateToLatest();
  if (error) {
    throw new YaguraError('store-failed', 'The state store could not be brought to the newest shape; nothing was changed.', {
      cause: error,
    });
  }
  return (results ?? []).map((result) => result.migrationName);
}
