/**
 * Detection runs on records of communications: for which purpose, on which legal basis,
 * what they read and found, and the proof that what they derived was deleted in time.
 */
import { createHash } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { Purpose } from '../../domain/purpose.ts';
import { appendAudit } from './audit.ts';
import type { StateDatabase } from './open.ts';
import type { C2RunTable, Database } from './schema.ts';
import { lockTenant } from './transaction.ts';

export interface C2Run {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly purpose: string;
  readonly grantId: string;
  readonly legalBasis: { readonly ja: string; readonly en: string };
  readonly fields: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly keepUntil: number;
  readonly state: 'running' | 'done' | 'failed';
  readonly seeds: number;
  readonly found: number;
  readonly created: number;
  /** Results that were thrown away because they named somebody else than the server. */
  readonly refused: number;
  readonly seconds: number;
  readonly problem: string | null;
  readonly deletion: { readonly at: number; readonly rows: number; readonly hash: string } | null;
}

export interface NewRun {
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly purpose: Purpose;
  readonly grantId: string;
  readonly from: number;
  readonly to: number;
  readonly keepUntil: number;
}

/** Recorded before the first record is read. */
export async function beginRun(db: StateDatabase, tenant: string, run: NewRun): Promise<void> {
  const { id, at, actor, purpose, grantId, from, to, keepUntil } = run;
  await db.transaction().execute(async (trx) => {
    const row = {
      tenant,
      id,
      at,
      actor,
      purpose: purpose.id,
      grant_id: grantId,
      legal_basis_ja: purpose.legalBasis.ja,
      legal_basis_en: purpose.legalBasis.en,
      fields: JSON.stringify(purpose.fields),
      period_from: from,
      period_to: to,
      keep_until: keepUntil,
      state: 'running',
      problem: null,
      forgotten_at: null,
      forgotten_rows: null,
      forgotten_hash: null,
    };
    await trx.insertInto('c2_run').values(row).execute();
    const detail = { from, to, grant: grantId, fields: purpose.fields, keepUntil };
    await appendAudit(trx, tenant, { at, actor, action: 'c2-run', subject: id, purpose: purpose.id, detail });
  });
}

export interface RunOutcome extends Pick<C2Run, 'seeds' | 'found' | 'created' | 'refused' | 'seconds' | 'problem'> {
  readonly state: 'done' | 'failed';
}

export async function endRun(trx: Kysely<Database>, tenant: string, id: string, outcome: RunOutcome): Promise<void> {
  await trx.updateTable('c2_run').set(outcome).where('tenant', '=', tenant).where('id', '=', id).execute();
}

/** Newest first. */
export async function listRuns(db: Kysely<Database>, tenant: string): Promise<C2Run[]> {
  const rows = await db
    .selectFrom('c2_run')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('at', 'desc')
    .orderBy('id')
    .limit(500)
    .execute();
  return rows.map(toRun);
}

export async function readRun(db: Kysely<Database>, tenant: string, id: string): Promise<C2Run | undefined> {
  const row = await db.selectFrom('c2_run').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
  return row && toRun(row);
}

/**
 * Deletes what runs derived once their retention has ended, with proof: how many rows, of
 * which period, and the hash of what was deleted, so that a copy that turns up later can be
 * told to be one. Servers that two people confirmed keep the fields of the list alone.
 */
export async function forgetRuns(db: StateDatabase, tenant: string, at: number): Promise<number> {
  const due = await db
    .selectFrom('c2_run')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('keep_until', '<=', at)
    .where('forgotten_at', 'is', null)
    .where('state', '!=', 'running')
    .orderBy('at')
    .execute();
  for (const run of due) await db.transaction().execute((trx) => forgetRun(trx, tenant, run, at));
  return due.length;
}

async function forgetRun(trx: Kysely<Database>, tenant: string, run: Selectable<C2RunTable>, at: number): Promise<void> {
  await lockTenant(trx, tenant);
  const sightings = await trx
    .deleteFrom('c2_sighting')
    .where('tenant', '=', tenant)
    .where('run_id', '=', run.id)
    .returning(['candidate_id', 'score', 'methods', 'features'])
    .execute();
  const orphans = await orphansOf(
    trx,
    tenant,
    sightings.map((row) => row.candidate_id),
  );
  const gone = await forgetCandidates(trx, tenant, orphans);
  const deleted = [...sightings, ...gone].map((row) => canonical(row)).toSorted();
  const hash = createHash('sha256').update(deleted.join('\n')).digest('hex');
  const proof = { forgotten_at: at, forgotten_rows: deleted.length, forgotten_hash: hash };
  await trx.updateTable('c2_run').set(proof).where('tenant', '=', tenant).where('id', '=', run.id).execute();
  const detail = { from: run.period_from, to: run.period_to, rows: deleted.length, sha256: hash, keepUntil: run.keep_until };
  await appendAudit(trx, tenant, { at, actor: 'system', action: 'c2-derived-deleted', subject: run.id, purpose: run.purpose, detail });
}

async function orphansOf(trx: Kysely<Database>, tenant: string, candidates: readonly string[]): Promise<string[]> {
  if (candidates.length === 0) return [];
  const kept = await trx
    .selectFrom('c2_sighting')
    .select('candidate_id')
    .distinct()
    .where('tenant', '=', tenant)
    .where('candidate_id', 'in', [...candidates])
    .execute();
  const known = new Set(kept.map((row) => row.candidate_id));
  return candidates.filter((id) => !known.has(id));
}

/** The confirmed lose their features and sentences; all others go with their history. */
async function forgetCandidates(trx: Kysely<Database>, tenant: string, ids: readonly string[]): Promise<readonly object[]> {
  if (ids.length === 0) return [];
  const rows = await trx
    .selectFrom('c2_candidate')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', 'in', [...ids])
    .execute();
  const confirmed = rows.filter(({ state }) => state === 'confirmed').map(({ id }) => id);
  const others = rows.filter(({ state }) => state !== 'confirmed').map(({ id }) => id);
  if (confirmed.length > 0) {
    const nothing = { features: null, because_ja: null, because_en: null };
    await trx.updateTable('c2_candidate').set(nothing).where('tenant', '=', tenant).where('id', 'in', confirmed).execute();
  }
  if (others.length > 0) {
    await trx.deleteFrom('c2_event').where('tenant', '=', tenant).where('candidate_id', 'in', others).execute();
    await trx.deleteFrom('c2_candidate').where('tenant', '=', tenant).where('id', 'in', others).execute();
  }
  return rows;
}

const canonical = (row: object): string => JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)));

function toRun(row: Selectable<C2RunTable>): C2Run {
  const { forgotten_at: at, forgotten_rows: rows, forgotten_hash: hash } = row;
  return {
    id: row.id,
    at: row.at,
    actor: row.actor,
    purpose: row.purpose,
    grantId: row.grant_id,
    legalBasis: { ja: row.legal_basis_ja, en: row.legal_basis_en },
    fields: row.fields,
    from: row.period_from,
    to: row.period_to,
    keepUntil: row.keep_until,
    state: row.state as C2Run['state'],
    seeds: row.seeds,
    found: row.found,
    created: row.created,
    refused: row.refused,
    seconds: row.seconds,
    problem: row.problem,
    deletion: at === null || rows === null || hash === null ? null : { at, rows, hash },
  };
}
