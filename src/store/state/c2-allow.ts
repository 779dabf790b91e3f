/**
 * Servers that are known to be harmless. An entry holds for what is stored as well as for
 * what comes, and taking it back undoes what it did.
 *
 * Candidates are looked at through the list whenever they are read, so that nothing of
 * theirs has to change. Findings are told "false positive" with the state before kept
 * beside, because notices are decided from the findings alone.
 */
import { randomUUID } from 'node:crypto';
import { type Kysely, type Selectable, sql } from 'kysely';
import { contains, formatPrefix, parseAddress, parsePrefix } from '../../domain/address.ts';
import { YaguraError } from '../../engine/errors.ts';
import { appendAudit } from './audit.ts';
import type { StateDatabase } from './open.ts';
import type { Database } from './schema.ts';
import { lockTenant } from './transaction.ts';

export interface AllowEntry {
  readonly id: string;
  /** '198.51.100.7/32', '2001:db8::/32'. */
  readonly prefix: string;
  /** Null: every port. */
  readonly port: number | null;
  readonly reason: string;
  readonly addedBy: string;
  readonly addedAt: number;
  readonly removedBy: string | null;
  readonly removedAt: number | null;
}

export interface NewAllowEntry {
  /** An address or a prefix. */
  readonly prefix: string;
  readonly port: number | null;
  readonly reason: string;
  readonly actor: string;
  readonly at: number;
}

type Server = { readonly address: string; readonly port: number | null };

/** The first entry that covers a server. */
export function allowedBy(entries: readonly AllowEntry[], { address, port }: Server): AllowEntry | undefined {
  const bytes = parseAddress(address);
  if (!bytes) return undefined;
  return entries.find((entry) => {
    const prefix = parsePrefix(entry.prefix);
    return prefix !== undefined && contains(prefix, bytes) && (entry.port === null || entry.port === port);
  });
}

export async function allowEntries(db: Kysely<Database>, tenant: string): Promise<AllowEntry[]> {
  const rows = await db
    .selectFrom('c2_allow')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('removed_at', 'is', null)
    .orderBy('added_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(toEntry);
}

/** Adds an entry and applies it to stored findings; returns it with how many it silenced. */
export async function addAllowEntry(
  db: StateDatabase,
  tenant: string,
  entry: NewAllowEntry,
): Promise<{ readonly entry: AllowEntry; readonly candidates: number; readonly findings: number }> {
  const prefix = parsePrefix(entry.prefix);
  if (!prefix) throw new YaguraError('usage', `prefix: "${entry.prefix}" is not an address or prefix`);
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const row = {
      tenant,
      id: randomUUID(),
      prefix: formatPrefix(prefix),
      port: entry.port,
      reason: entry.reason,
      added_by: entry.actor,
      added_at: entry.at,
      removed_by: null,
      removed_at: null,
    };
    await trx.insertInto('c2_allow').values(row).execute();
    const added = toEntry(row);
    const findings = await silenceFindings(trx, tenant, added);
    const candidates = await noteCandidates(trx, tenant, added, { at: entry.at, actor: entry.actor, action: 'allow-listed' });
    const detail = { prefix: row.prefix, port: row.port, reason: row.reason, candidates, findings };
    await appendAudit(trx, tenant, {
      at: entry.at,
      actor: entry.actor,
      action: 'c2-allow-added',
      subject: row.id,
      purpose: 'c2-detection',
      detail,
    });
    return { entry: added, candidates, findings };
  });
}

/** Takes an entry back: findings get the state they had, unless another entry covers them too. */
export async function removeAllowEntry(
  db: StateDatabase,
  tenant: string,
  id: string,
  actor: string,
  at: number,
): Promise<{ readonly findings: number }> {
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const row = await trx.selectFrom('c2_allow').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
    if (!row || row.removed_at !== null) throw new YaguraError('not-found', 'there is no such entry');
    await trx
      .updateTable('c2_allow')
      .set({ removed_by: actor, removed_at: at })
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .execute();
    const { rows } = await sql<{ finding_id: number }>`
      update finding f set state = e.state_before from c2_allow_effect e
      where e.tenant = ${tenant} and e.allow_id = ${id} and f.id = e.finding_id and f.tenant = ${tenant} returning e.finding_id`.execute(
      trx,
    );
    await trx.deleteFrom('c2_allow_effect').where('tenant', '=', tenant).where('allow_id', '=', id).execute();
    for (const other of await allowEntries(trx, tenant)) await silenceFindings(trx, tenant, other);
    const candidates = await noteCandidates(trx, tenant, toEntry(row), { at, actor, action: 'allow-list-left' });
    const detail = { prefix: row.prefix, port: row.port, candidates, findings: rows.length };
    await appendAudit(trx, tenant, { at, actor, action: 'c2-allow-removed', subject: id, purpose: 'c2-detection', detail });
    return { findings: rows.length };
  });
}

/** Findings that came after an entry. */
export async function applyAllowList(db: StateDatabase, tenant: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    for (const entry of await allowEntries(trx, tenant)) await silenceFindings(trx, tenant, entry);
  });
}

const SILENT = 'false_positive';

async function silenceFindings(trx: Kysely<Database>, tenant: string, entry: AllowEntry): Promise<number> {
  const rows = await trx
    .selectFrom('finding')
    .select(['id', 'asset_value', 'port', 'state'])
    .where('tenant', '=', tenant)
    .where('kind', '=', 'command-and-control')
    .where('asset_kind', '=', 'ip')
    .where('state', '!=', SILENT)
    .execute();
  const covered = rows.filter((row) => allowedBy([entry], { address: row.asset_value, port: row.port }));
  for (const { id, state } of covered) {
    await trx
      .insertInto('c2_allow_effect')
      .values({ tenant, allow_id: entry.id, finding_id: id, state_before: state })
      .onConflict((conflict) => conflict.columns(['tenant', 'finding_id']).doNothing())
      .execute();
    await trx.updateTable('finding').set({ state: SILENT }).where('tenant', '=', tenant).where('id', '=', id).execute();
  }
  return covered.length;
}

interface Note {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
}

async function noteCandidates(trx: Kysely<Database>, tenant: string, entry: AllowEntry, { at, actor, action }: Note): Promise<number> {
  const rows = await trx.selectFrom('c2_candidate').select(['id', 'address', 'port', 'state']).where('tenant', '=', tenant).execute();
  const covered = rows.filter((row) => allowedBy([entry], row));
  for (const { id, state } of covered) {
    const event = { tenant, candidate_id: id, at, actor, action, reason: entry.reason, state };
    await trx.insertInto('c2_event').values(event).execute();
  }
  return covered.length;
}

function toEntry(row: Selectable<Database['c2_allow']>): AllowEntry {
  return {
    id: row.id,
    prefix: row.prefix,
    port: row.port,
    reason: row.reason,
    addedBy: row.added_by,
    addedAt: row.added_at,
    removedBy: row.removed_by,
    removedAt: row.removed_at,
  };
}
