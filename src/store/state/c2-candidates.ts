/**
 * C&C candidates: what runs found, what people decided, and what may stand on the list.
 *
 * Two people confirm, neither of whom may be the other; refusing the second word of the
 * same person is itself recorded. Every step is an event of the candidate and an entry of
 * the audit log, in the transaction that takes it.
 */
import { createHash } from 'node:crypto';
import type { Kysely, Selectable } from 'kysely';
import type { C2Candidate, C2Method, C2Server, C2State } from '../../domain/c2.ts';
import { shownFamily } from '../../domain/c2-list.ts';
import { isSamePerson, personOf } from '../../domain/purposes.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { appendAudit } from './audit.ts';
import { allowEntries, allowedBy } from './c2-allow.ts';
import type { StateDatabase } from './open.ts';
import type { C2CandidateTable, Database } from './schema.ts';
import { lockTenant } from './transaction.ts';

export interface StoredCandidate extends C2Server {
  readonly id: string;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly score: number;
  readonly methods: readonly C2Method[];
  readonly family: string | null;
  /** Null once the retention of the runs that found them has ended. */
  readonly features: Readonly<Record<string, number | null>> | null;
  readonly because: Text | null;
  /** Acted as a client in the period of a run. */
  readonly isClient: boolean;
  readonly state: C2State;
  /** What people decided, whatever the allow-list says. */
  readonly decidedState: C2State;
  readonly stateAt: number;
  readonly confirmedBy: string | null;
  readonly confirmedAt: number | null;
  readonly secondedBy: string | null;
  readonly secondedAt: number | null;
  readonly reason: string | null;
  readonly foundAt: number;
}

export interface CandidateEvent {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly reason: string;
  readonly state: C2State;
}

/** One id for one server, whichever run finds it. */
export const candidateId = ({ address, port, transport }: C2Server): string =>
  createHash('sha256').update(`${transport} ${address} ${port}`).digest('hex').slice(0, 24);

interface Found {
  readonly candidate: C2Candidate;
  readonly isClient: boolean;
}

/** Stores what a run found; returns how many are new. Whoever was confirmed stays so; whoever had expired begins anew. */
export async function storeFound(trx: Kysely<Database>, tenant: string, run: string, found: readonly Found[], at: number): Promise<number> {
  let created = 0;
  for (const { candidate, isClient } of found) {
    const id = candidateId(candidate);
    const known = await trx.selectFrom('c2_candidate').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
    const figures = figuresOf(candidate);
    if (known) await renew(trx, known, figures, isClient, at);
    else {
      const { address, port, transport } = candidate;
      const row = { ...UNDECIDED, tenant, id, address, port, transport, ...figures, is_client: isClient, state_at: at, found_at: at };
      await trx.insertInto('c2_candidate').values(row).execute();
      await note(trx, tenant, id, { at, actor: 'system', action: 'found', reason: '', state: 'candidate' });
      created++;
    }
    const { score, methods, features } = figures;
    await trx.insertInto('c2_sighting').values({ tenant, run_id: run, candidate_id: id, score, methods, features }).execute();
  }
  return created;
}

const UNDECIDED = { state: 'candidate', confirmed_by: null, confirmed_at: null, seconded_by: null, seconded_at: null, reason: null };

function figuresOf(candidate: C2Candidate) {
  return {
    first_seen_at: candidate.firstSeenAt,
    last_seen_at: candidate.lastSeenAt,
    score: Math.round(candidate.score * 1000) / 1000,
    methods: JSON.stringify(candidate.methods),
    family: shownFamily(candidate.family),
    features: JSON.stringify(candidate.features),
    because_ja: candidate.because.ja,
    because_en: candidate.because.en,
  };
}

type Row = Selectable<C2CandidateTable>;

async function renew(
  trx: Kysely<Database>,
  known: Row,
  figures: ReturnType<typeof figuresOf>,
  isClient: boolean,
  at: number,
): Promise<void> {
  const { tenant, id } = known;
  const span = {
    first_seen_at: Math.min(known.first_seen_at, figures.first_seen_at),
    last_seen_at: Math.max(known.last_seen_at, figures.last_seen_at),
  };
  const begins = known.state === 'expired' ? { ...UNDECIDED, state_at: at } : {};
  const next = { ...figures, ...span, ...begins, family: figures.family ?? known.family, is_client: known.is_client || isClient };
  await trx.updateTable('c2_candidate').set(next).where('tenant', '=', tenant).where('id', '=', id).execute();
  if (known.state === 'expired')
    await note(trx, tenant, id, { at, actor: 'system', action: 'found-again', reason: '', state: 'candidate' });
}

async function note(trx: Kysely<Database>, tenant: string, candidate: string, event: CandidateEvent): Promise<void> {
  await trx
    .insertInto('c2_event')
    .values({ tenant, candidate_id: candidate, ...event })
    .execute();
}

/** Highest score first. */
export async function listCandidates(db: Kysely<Database>, tenant: string): Promise<StoredCandidate[]> {
  const rows = await db
    .selectFrom('c2_candidate')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('score', 'desc')
    .orderBy('last_seen_at', 'desc')
    .orderBy('id')
    .limit(10_000)
    .execute();
  const allowed = await allowEntries(db, tenant);
  return rows.map((row) => toCandidate(row, allowedBy(allowed, row) !== undefined));
}

export async function readCandidate(
  db: Kysely<Database>,
  tenant: string,
  id: string,
): Promise<{ readonly candidate: StoredCandidate; readonly events: readonly CandidateEvent[] } | undefined> {
  const row = await db.selectFrom('c2_candidate').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const events = await db
    .selectFrom('c2_event')
    .select(['at', 'actor', 'action', 'reason', 'state'])
    .where('tenant', '=', tenant)
    .where('candidate_id', '=', id)
    .orderBy('id')
    .execute();
  const isAllowed = allowedBy(await allowEntries(db, tenant), row) !== undefined;
  return { candidate: toCandidate(row, isAllowed), events: events.map((event) => ({ ...event, state: event.state as C2State })) };
}

export interface Decision {
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
  readonly at: number;
}

/** The first word, or the second by somebody else. */
export async function confirmCandidate(db: StateDatabase, tenant: string, { id, actor, reason, at }: Decision): Promise<StoredCandidate> {
  const row = await rowOf(db, tenant, id);
  if (row.confirmed_by !== null && row.state === 'confirmed-once' && isSamePerson(row.confirmed_by, actor)) {
    await refuse(db, tenant, id, actor, at, 'same-person');
    throw new YaguraError('forbidden', 'you confirmed this candidate before; the second word must be somebody else’s');
  }
  return decide(db, tenant, { id, actor, reason, at }, (known) => {
    if (known.state === 'candidate')
      return { action: 'confirmed-once', state: 'confirmed-once', confirmed_by: personOf(actor), confirmed_at: at };
    if (known.state === 'confirmed-once' && !isSamePerson(known.confirmed_by ?? actor, actor)) {
      return { action: 'confirmed', state: 'confirmed', seconded_by: personOf(actor), seconded_at: at };
    }
    throw new YaguraError('conflict', `this candidate cannot be confirmed: it is ${known.state}`);
  });
}

/** With a reason, at any time; also withdraws what was confirmed. */
export async function rejectCandidate(db: StateDatabase, tenant: string, decision: Decision): Promise<StoredCandidate> {
  return decide(db, tenant, decision, (known) => {
    if (known.state === 'rejected') throw new YaguraError('conflict', 'this candidate is rejected already');
    return { action: 'rejected', state: 'rejected', reason: decision.reason };
  });
}

/** Back to the beginning: what was rejected or expired waits for two words again. */
export async function reopenCandidate(db: StateDatabase, tenant: string, decision: Decision): Promise<StoredCandidate> {
  return decide(db, tenant, decision, (known) => {
    if (known.state !== 'rejected' && known.state !== 'expired') throw new YaguraError('conflict', `this candidate is ${known.state}`);
    return { ...UNDECIDED, action: 'reopened', state: 'candidate' };
  });
}

type Change = { readonly action: string; readonly state: C2State } & Partial<
  Pick<Row, 'confirmed_by' | 'confirmed_at' | 'seconded_by' | 'seconded_at' | 'reason'>
>;

async function decide(db: StateDatabase, tenant: string, decision: Decision, change: (row: Row) => Change): Promise<StoredCandidate> {
  const { id, actor, reason, at } = decision;
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const row = await rowOf(trx, tenant, id);
    const { action, ...next } = change(row);
    await trx
      .updateTable('c2_candidate')
      .set({ ...next, state_at: at })
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .execute();
    await note(trx, tenant, id, { at, actor, action, reason, state: next.state });
    const detail = { address: row.address, port: row.port, transport: row.transport, reason };
    await appendAudit(trx, tenant, { at, actor, action: `c2-${action}`, subject: id, purpose: 'c2-detection', detail });
    const isAllowed = allowedBy(await allowEntries(trx, tenant), row) !== undefined;
    return toCandidate({ ...row, ...next, state_at: at }, isAllowed);
  });
}

async function rowOf(db: Kysely<Database>, tenant: string, id: string): Promise<Row> {
  const row = await db.selectFrom('c2_candidate').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
  if (!row) throw new YaguraError('not-found', 'there is no such candidate');
  return row;
}

/** A refusal is as much part of the record as a decision. */
export async function refuse(db: StateDatabase, tenant: string, id: string, actor: string, at: number, why: string): Promise<void> {
  await appendAudit(db, tenant, { at, actor, action: 'c2-confirmation-refused', subject: id, purpose: 'c2-detection', detail: { why } });
}

/** Servers not seen for long leave the list and the table of those that wait. */
export async function expireCandidates(db: StateDatabase, tenant: string, unseenSince: number, at: number): Promise<string[]> {
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const rows = await trx
      .updateTable('c2_candidate')
      .set({ state: 'expired', state_at: at })
      .where('tenant', '=', tenant)
      .where('last_seen_at', '<', unseenSince)
      .where('state', 'in', ['candidate', 'confirmed-once', 'confirmed'])
      .returning('id')
      .execute();
    for (const { id } of rows) await note(trx, tenant, id, { at, actor: 'system', action: 'expired', reason: '', state: 'expired' });
    if (rows.length > 0) {
      const detail = { candidates: rows.length, unseenSince };
      await appendAudit(trx, tenant, {
        at,
        actor: 'system',
        action: 'c2-expired',
        subject: String(rows.length),
        purpose: 'c2-detection',
        detail,
      });
    }
    return rows.map(({ id }) => id);
  });
}

function toCandidate(row: Row, isAllowed: boolean): StoredCandidate {
  const decidedState = row.state as C2State;
  return {
    id: row.id,
    address: row.address,
    port: row.port,
    transport: row.transport as C2Server['transport'],
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    score: row.score,
    methods: row.methods as readonly C2Method[],
    family: row.family,
    features: row.features,
    because: row.because_ja === null || row.because_en === null ? null : { ja: row.because_ja, en: row.because_en },
    isClient: row.is_client,
    state: isAllowed ? 'allow-listed' : decidedState,
    decidedState,
    stateAt: row.state_at,
    confirmedBy: row.confirmed_by,
    confirmedAt: row.confirmed_at,
    secondedBy: row.seconded_by,
    secondedAt: row.seconded_at,
    reason: row.reason,
    foundAt: row.found_at,
  };
}
