/**
 * Leave to look at records of communications: asked for, granted, ended, and used.
 *
 * A row without `granted_by` is a request. Every step stands in the audit log, in the
 * transaction that takes it.
 */
import { randomUUID } from 'node:crypto';
import type { Selectable, Transaction } from 'kysely';
import type { PurposeGrant, PurposeId } from '../../domain/purpose.ts';
import { HOUR_MS, isSamePerson, mostHours, needsAnother, personOf } from '../../domain/purposes.ts';
import { YaguraError } from '../../engine/errors.ts';
import { appendAudit } from './audit.ts';
import type { StateDatabase } from './open.ts';
import type { Database } from './schema.ts';

export type GrantState = 'requested' | 'active' | 'ended';

export interface GrantRow extends Omit<PurposeGrant, 'grantedBy'> {
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly grantedBy: string | null;
  readonly endedAt: number | null;
  readonly endedBy: string | null;
  readonly state: GrantState;
}

export interface GrantRequest {
  readonly purpose: PurposeId;
  readonly reason: string;
  readonly grantedTo: string;
  readonly hours: number;
  readonly actor: string;
  /** Whether the actor may give leave at all. */
  readonly mayGrant: boolean;
  readonly at: number;
}

/** A request; at once a grant when the one who asks may give it and the purpose needs nobody else. */
export async function requestGrant(db: StateDatabase, tenant: string, request: GrantRequest): Promise<GrantRow> {
  const { purpose, reason, hours, actor, mayGrant, at } = request;
  const grantedTo = personOf(request.grantedTo);
  if (hours > mostHours(grantedTo)) throw new YaguraError('usage', `hours: leave lasts at most ${mostHours(grantedTo)} hours`);
  const isForSelf = isSamePerson(grantedTo, actor);
  if (!isForSelf && !mayGrant) throw new YaguraError('forbidden', 'leave for somebody else needs the permission purpose.grant');
  const isGranted = mayGrant && !(isForSelf && needsAnother(purpose));
  const row = {
    tenant,
    id: randomUUID(),
    purpose,
    reason,
    granted_to: grantedTo,
    requested_by: personOf(actor),
    requested_at: at,
    granted_by: isGranted ? personOf(actor) : null,
    valid_from: at,
    valid_until: at + hours * HOUR_MS,
    ended_at: null,
    ended_by: null,
  };
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('purpose_grant').values(row).execute();
    const detail = { id: row.id, grantedTo, hours, reason };
    await appendAudit(trx, tenant, {
      at,
      actor,
      action: isGranted ? 'purpose-granted' : 'purpose-requested',
      subject: purpose,
      purpose,
      detail,
    });
  });
  return toGrant(row, at);
}

/** Gives what was asked for; its time begins now. Nobody grants their own request where another is needed. */
export async function approveGrant(db: StateDatabase, tenant: string, id: string, actor: string, at: number): Promise<GrantRow> {
  return db.transaction().execute(async (trx) => {
    const row = await lockGrant(trx, tenant, id, 'there is no such request');
    if (row.granted_by !== null || row.ended_at !== null) throw new YaguraError('conflict', 'this request was decided before');
    const purpose = row.purpose as PurposeId;
    if (needsAnother(purpose) && [row.granted_to, row.requested_by].some((person) => isSamePerson(person, actor))) {
      throw new YaguraError('forbidden', `leave for ${purpose} must be given by somebody else than the one who asked for it`);
    }
    const given = { granted_by: personOf(actor), valid_from: at, valid_until: at + (row.valid_until - row.valid_from) };
    await trx.updateTable('purpose_grant').set(given).where('tenant', '=', tenant).where('id', '=', id).execute();
    const detail = { id, grantedTo: row.granted_to, until: given.valid_until, reason: row.reason };
    await appendAudit(trx, tenant, { at, actor, action: 'purpose-granted', subject: purpose, purpose, detail });
    return toGrant({ ...row, ...given }, at);
  });
}

/** Ends leave or a request at once. */
export async function endGrant(db: StateDatabase, tenant: string, id: string, actor: string, at: number): Promise<GrantRow> {
  return db.transaction().execute(async (trx) => {
    const row = await lockGrant(trx, tenant, id, 'there is no such leave');
    if (row.ended_at !== null || at >= row.valid_until) return toGrant(row, at);
    const ended = { ended_at: at, ended_by: personOf(actor) };
    await trx.updateTable('purpose_grant').set(ended).where('tenant', '=', tenant).where('id', '=', id).execute();
    const { purpose } = row;
    await appendAudit(trx, tenant, {
      at,
      actor,
      action: 'purpose-ended',
      subject: purpose,
      purpose,
      detail: { id, grantedTo: row.granted_to },
    });
    return toGrant({ ...row, ...ended }, at);
  });
}

/** The row, held until the transaction ends. */
async function lockGrant(
  trx: Transaction<Database>,
  tenant: string,
  id: string,
  missing: string,
): Promise<Selectable<Database['purpose_grant']>> {
  const row = await trx
    .selectFrom('purpose_grant')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new YaguraError('not-found', missing);
  return row;
}

/** Newest first. */
export async function listGrants(db: StateDatabase, tenant: string, at: number): Promise<GrantRow[]> {
  const rows = await db
    .selectFrom('purpose_grant')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('requested_at', 'desc')
    .orderBy('id')
    .limit(500)
    .execute();
  return rows.map((row) => toGrant(row, at));
}

/** The newest leave of a person for one of the purposes. */
export async function activeGrant(
  db: StateDatabase,
  tenant: string,
  actor: string,
  purposes: readonly PurposeId[],
  at: number,
): Promise<GrantRow | undefined> {
  if (purposes.length === 0) return undefined;
  const row = await db
    .selectFrom('purpose_grant')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('granted_to', '=', personOf(actor))
    .where('purpose', 'in', [...purposes])
    .where('granted_by', 'is not', null)
    .where('ended_at', 'is', null)
    .where('valid_from', '<=', at)
    .where('valid_until', '>', at)
    .orderBy('valid_from', 'desc')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row && toGrant(row, at);
}

function toGrant(row: Selectable<Database['purpose_grant']>, at: number): GrantRow {
  const isOver = row.ended_at !== null || at >= row.valid_until;
  return {
    id: row.id,
    tenant: row.tenant,
    purpose: row.purpose as PurposeId,
    reason: row.reason,
    grantedTo: row.granted_to,
    requestedBy: row.requested_by,
    requestedAt: row.requested_at,
    grantedBy: row.granted_by,
    from: row.valid_from,
    until: row.valid_until,
    endedAt: row.ended_at,
    endedBy: row.ended_by,
    state: isOver ? 'ended' : row.granted_by === null ? 'requested' : 'active',
  };
}
