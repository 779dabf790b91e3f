/** Creates an empty, migrated data folder and ends; run by template.ts, alone because of its memory. */
import { PGlite } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { migrate } from './migrate.ts';
import type { Database } from './schema.ts';

const [directory] = process.argv.slice(2);
if (!directory) throw new Error('The folder to create is missing.');
const db = new Kysely<Database>({ dialect: new PGliteDialect({ pglite: await PGlite.create(directory) }) });
await migrate(db);
await db.destroy();
