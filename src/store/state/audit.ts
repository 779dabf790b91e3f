/**
 * Who looked at or changed what, for which purpose: append-only, each entry sealing the one before.
 *
 * An entry's hash covers its own fields and the hash of its predecessor, so a changed,
 * removed or inserted entry breaks the chain from there on. Cutting off the newest
 * entries alone cannot be seen from the chain: keep its head elsewhere for that.
 */
import { createHash } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import { z } from 'zod';
import { fromCursor, type Page, type PageRequest, pageSize, toPage } from './cursor.ts';
import type { Database } from './schema.ts';
import { lockTenant } from './transaction.ts';

export interface NewAuditEntry {
  readonly at: number;
  readonly actor: string;
  readonly action: string; // stable code: 'case-moved', 'constituents-imported'
  readonly subject: string; // what it was done to: a case id, a count
  readonly purpose?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

export interface AuditEntry extends NewAuditEntry {
  readonly position: number;
  readonly hash: string; // hex
}

export interface AuditVerdict {
  readonly entries: number;
  readonly isIntact: boolean;
  /** Position of the first entry that does not fit. */
  readonly brokenAt: number | null;
  /** Hash of the newest entry, hex; what to keep elsewhere. */
  readonly head: string;
}

const GENESIS = Buffer.alloc(32);
const VERIFY_PAGE = 1000;

type Row = Selectable<Database['audit_entry']>;

/** Inside the transaction of the change itself when there is one, so that neither exists without the other. */
export async function appendAudit(db: Kysely<Database>, tenant: string, entry: NewAuditEntry): Promise<AuditEntry> {
  if (db.isTransaction) return append(db, tenant, entry);
  return db.transaction().execute((trx) => append(trx, tenant, entry));
}

async function append(db: Kysely<Database>, tenant: string, entry: NewAuditEntry): Promise<AuditEntry> {
  await lockTenant(db, tenant);
  const last = await db
    .selectFrom('audit_entry')
    .select(['position', 'hash'])
    .where('tenant', '=', tenant)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  const row = {
    tenant,
    position: (last?.position ?? 0) + 1,
    at: entry.at,
    actor: entry.actor,
    action: entry.action,
    subject: entry.subject,
    purpose: entry.purpose ?? null,
    detail: JSON.stringify(entry.detail ?? {}),
    previous_hash: Buffer.from(last?.hash ?? GENESIS),
  };
  const hash = seal(row);
  await db
    .insertInto('audit_entry')
    .values({ ...row, hash })
    .execute();
  return { ...entry, position: row.position, hash: hash.toString('hex') };
}

function seal(row: Omit<Row, 'hash'>): Buffer {
  const fields = [row.tenant, row.position, row.at, row.actor, row.action, row.subject, row.purpose, row.detail];
  return createHash('sha256').update(row.previous_hash).update(JSON.stringify(fields)).digest();
}

/** Walks the whole chain in pages. */
export async function verifyAudit(db: Kysely<Database>, tenant: string): Promise<AuditVerdict> {
  let previous: Buffer = GENESIS;
  let entries = 0;
  for (;;) {
    const rows = await db
      .selectFrom('audit_entry')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('position', '>', entries)
      .orderBy('position')
      .limit(VERIFY_PAGE)
      .execute();
    for (const row of rows) {
      const isSound = row.position === entries + 1 && previous.equals(row.previous_hash) && seal(row).equals(row.hash);
      if (!isSound) return { entries, isIntact: false, brokenAt: entries + 1, head: previous.toString('hex') };
      previous = Buffer.from(row.hash);
      entries++;
    }
    if (rows.length < VERIFY_PAGE) return { entries, isIntact: true, brokenAt: null, head: previous.toString('hex') };
  }
}

/** Newest first. */
export async function listAudit(
  db: Kysely<Database>,
  tenant: string,
  request: PageRequest & { readonly actions?: readonly string[] } = {},
): Promise<Page<AuditEntry>> {
  const size = pageSize(request);
  const border = fromCursor(request.cursor, [z.number()]);
  let query = db.selectFrom('audit_entry').selectAll().where('tenant', '=', tenant);
  if (border) query = query.where('position', '<', border[0]);
  if (request.actions) query = query.where('action', 'in', [...request.actions]);
  const rows = await query
    .orderBy('position', 'desc')
    .limit(size + 1)
    .execute();
  let counted = db
    .selectFrom('audit_entry')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('tenant', '=', tenant);
  if (request.actions) counted = counted.where('action', 'in', [...request.actions]);
  const { total } = await counted.executeTakeFirstOrThrow();
  const page = toPage(rows, size, total, (row) => [row.position]);
  return { ...page, rows: page.rows.map(toEntry) };
}

const toEntry = (row: Row): AuditEntry => ({
  position: row.position,
  at: row.at,
  actor: row.actor,
  action: row.action,
  subject: row.subject,
  purpose: row.purpose ?? undefined,
  detail: JSON.parse(row.detail) as Record<string, unknown>,
  hash: Buffer.from(row.hash).toString('hex'),
});
