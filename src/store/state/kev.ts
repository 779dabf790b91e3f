/** The imported list of vulnerabilities known to be exploited: replaced as a whole, like the file it comes from. */
import type { KevEntry } from '../../domain/surge.ts';
import { appendAudit } from './audit.ts';
import type { StateDatabase } from './open.ts';
import { readSetting, writeSetting } from './settings.ts';

/** Which edition of the list is here. */
export interface KevEdition {
  readonly version: string;
  readonly releasedAt: number | null;
  readonly importedAt: number;
  readonly file: string;
}

const EDITION = 'kev';
const ROWS_PER_INSERT = 500;

export const readKevEdition = (db: StateDatabase, tenant: string): Promise<KevEdition | null> =>
  readSetting<KevEdition>(db, tenant, EDITION);

/** Entries listed between two times, newest first. */
export async function listKev(db: StateDatabase, tenant: string, from: number, to: number): Promise<KevEntry[]> {
  const rows = await db
    .selectFrom('kev')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('added_at', '>=', from)
    .where('added_at', '<=', to)
    .orderBy('added_at', 'desc')
    .orderBy('cve')
    .execute();
  return rows.map(({ added_at, due_at, tenant: _, ...entry }) => ({ ...entry, addedAt: added_at, dueAt: due_at }));
}

export async function countKev(db: StateDatabase, tenant: string): Promise<number> {
  const row = await db
    .selectFrom('kev')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow();
  return row.count;
}

/** The list, its edition and the audit entry change together or not at all. */
export async function replaceKev(
  db: StateDatabase,
  tenant: string,
  entries: readonly KevEntry[],
  edition: KevEdition,
  actor: string,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('kev').where('tenant', '=', tenant).execute();
    for (let at = 0; at < entries.length; at += ROWS_PER_INSERT) {
      const rows = entries.slice(at, at + ROWS_PER_INSERT);
      await trx
        .insertInto('kev')
        .values(rows.map(({ addedAt, dueAt, ...entry }) => ({ tenant, ...entry, added_at: addedAt, due_at: dueAt })))
        .execute();
    }
    await writeSetting(trx, tenant, EDITION, edition);
    const detail = { version: edition.version, entries: entries.length };
    await appendAudit(trx, tenant, { at: edition.importedAt, actor, action: 'kev-imported', subject: edition.file, detail });
  });
}
