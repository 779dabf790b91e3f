/**
 * What a person decided about findings, one or a thousand at a time: false positive,
 * accepted until a day, open again.
 *
 * A decision always has a reason and a name. The state before it is kept, so that a slip
 * can be undone as if it had not happened; an acceptance that runs out opens the finding
 * again by itself. A finding that was set aside is in no notice (notices.ts looks at its state).
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { FindingState } from '../../domain/finding.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { appendAudit } from './audit.ts';
import { arrayOf, rowSet } from './columns.ts';
import type { StateDatabase } from './open.ts';
import type { Database } from './schema.ts';
import { insertEvents } from './timelines.ts';
import { lockTenant } from './transaction.ts';

export const MARKS = ['false_positive', 'accepted', 'reopened', 'undo'] as const;
export type Mark = (typeof MARKS)[number];

/** More at once would be a decision nobody looked at. */
export const MOST_MARKED = 5000;

export interface MarkRequest {
  readonly fingerprints: readonly string[]; // hex
  readonly to: Mark;
  readonly reason: string;
  readonly actor: string;
  readonly at: number;
  /** When an acceptance ends; only acceptances have an end. */
  readonly expiresAt: number | null;
}

export interface MarkResult {
  /** Fingerprints whose state changed. */
  readonly changed: readonly string[];
  /** Those that are unknown or cannot go there from where they are. */
  readonly unchanged: number;
}

interface Target {
  readonly id: number;
  readonly fingerprint: string;
  readonly state: FindingState;
  readonly case_number: number | null;
  /** What an undo goes back to. */
  readonly state_before: FindingState | null;
}

const MAY_REOPEN: ReadonlySet<FindingState> = new Set(['false_positive', 'accepted', 'verified_fixed', 'unseen']);

export async function markFindings(db: StateDatabase, tenant: string, request: MarkRequest): Promise<MarkResult> {
  refuseForbidden(request);
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const targets = await readTargets(trx, tenant, request.fingerprints);
    const moves = targets.flatMap((target) => {
      const state = stateAfter(target, request);
      return state === null ? [] : [{ target, state }];
    });
    if (moves.length > 0) await saveMoves(trx, tenant, moves, request);
    return { changed: moves.map(({ target }) => target.fingerprint), unchanged: request.fingerprints.length - moves.length };
  });
}

function refuseForbidden({ fingerprints, to, expiresAt, at }: MarkRequest): void {
  if (fingerprints.length > MOST_MARKED) throw new YaguraError('usage', `mark at most ${MOST_MARKED} findings at once`);
  if (to === 'accepted' && (expiresAt === null || expiresAt <= at))
    throw new YaguraError('usage', 'an acceptance names a day in the future on which it ends');
  if (to !== 'accepted' && expiresAt !== null) throw new YaguraError('usage', 'only an acceptance has an end');
}

async function readTargets(trx: Transaction<Database>, tenant: string, fingerprints: readonly string[]): Promise<readonly Target[]> {
  const keys = [...new Set(fingerprints)].filter((text) => /^[0-9a-f]{64}$/.test(text)).map((text) => Buffer.from(text, 'hex'));
  if (keys.length === 0) return [];
  const { rows } = await sql<Target>`
    select f.id, encode(f.fingerprint, 'hex') as fingerprint, f.state, f.case_number,
      (select m.state_before from finding_mark m
        where m.finding_id = f.id and m.tenant = ${tenant} and m.ended_at is null order by m.id desc limit 1) as state_before
    from finding f where f.tenant = ${tenant} and f.fingerprint = any(${arrayOf('bytea', keys)}) order by f.id`.execute(trx);
  return rows;
}

/** Null: it stays as it is. */
function stateAfter({ state, state_before: before }: Target, { to }: MarkRequest): FindingState | null {
  if (to === 'undo') return before;
  if (to === 'reopened') return MAY_REOPEN.has(state) ? 'reopened' : null;
  return state === to && to === 'false_positive' ? null : to;
}

interface Move {
  readonly target: Target;
  readonly state: FindingState;
}

async function saveMoves(trx: Transaction<Database>, tenant: string, moves: readonly Move[], request: MarkRequest): Promise<void> {
  const { to, reason, actor, at, expiresAt } = request;
  const rows = rowSet(moves, {
    finding_id: ['int8', ({ target }) => target.id],
    state: ['text', ({ state }) => state],
    state_before: ['text', ({ target }) => target.state],
  });
  const { rows: ended } = await sql<{ finding_id: number; at: number }>`
    update finding_mark m set ended_at = ${at}::bigint from ${rows} as k
    where m.finding_id = k.finding_id and m.tenant = ${tenant} and m.ended_at is null returning m.finding_id, m.at`.execute(trx);
  if (to === 'undo') await restoreMarks(trx, tenant, ended);
  if (to !== 'undo') {
    await sql`insert into finding_mark (tenant, finding_id, state, state_before, reason, actor, at, expires_at)
      select ${tenant}, k.finding_id, k.state, k.state_before, ${reason}, ${actor}, ${at}::bigint, ${expiresAt}::bigint from ${rows} as k`.execute(
      trx,
    );
  }
  await sql`update finding f set state = k.state from ${rows} as k where f.id = k.finding_id and f.tenant = ${tenant}`.execute(trx);
  const touched = new Set(moves.flatMap(({ target }) => (target.case_number === null ? [] : [target.case_number])));
  await insertEvents(
    trx,
    tenant,
    [...touched].map((caseNumber) => ({ caseNumber, at, actor, what: `finding-${to.replace('_', '-')}`, text: eventText(to, reason) })),
  );
  await appendAudit(trx, tenant, {
    at,
    actor,
    action: 'findings-marked',
    subject: String(moves.length),
    detail: { to, reason, expiresAt, fingerprints: moves.map(({ target }) => target.fingerprint.slice(0, 16)) },
  });
}

/** What a decision replaced stands again with its own reason and end: it ended at the moment of the one that is taken back. */
async function restoreMarks(
  trx: Transaction<Database>,
  tenant: string,
  ended: readonly { readonly finding_id: number; readonly at: number }[],
): Promise<void> {
  if (ended.length === 0) return;
  const keys = rowSet(ended, { finding_id: ['int8', (mark) => mark.finding_id], at: ['int8', (mark) => mark.at] });
  await sql`update finding_mark m set ended_at = null from ${keys} as k
    where m.finding_id = k.finding_id and m.tenant = ${tenant} and m.ended_at = k.at and m.at < k.at`.execute(trx);
}

const EVENTS: Readonly<Record<Mark, Text>> = {
  false_positive: { ja: '検知を誤検知としました。', en: 'A finding was called a false positive.' },
  accepted: { ja: '検知を受け入れることにしました。', en: 'A finding was accepted.' },
  reopened: { ja: '検知を再び対応の対象にしました。', en: 'A finding was opened again.' },
  undo: { ja: '検知についての決定を取り消しました。', en: 'A decision about a finding was taken back.' },
};

const eventText = (to: Mark, reason: string): Text => ({
  ja: `${EVENTS[to].ja}理由：${reason}`,
  en: `${EVENTS[to].en} Reason: ${reason}`,
});

/** What stands about a finding now; null when nobody decided anything. */
export interface StandingMark {
  readonly state: FindingState;
  readonly reason: string;
  readonly actor: string;
  readonly at: number;
  readonly expiresAt: number | null;
}

export async function readMark(db: Kysely<Database>, tenant: string, fingerprint: string): Promise<StandingMark | null> {
  const { rows } = await sql<StandingMark>`
    select m.state, m.reason, m.actor, m.at, m.expires_at as "expiresAt"
    from finding f join finding_mark m on m.finding_id = f.id and m.tenant = f.tenant and m.ended_at is null
    where f.tenant = ${tenant} and f.fingerprint = ${Buffer.from(fingerprint, 'hex')} order by m.id desc limit 1`.execute(db);
  return rows[0] ?? null;
}

/** Acceptances whose day has come: open again, with an audit entry. Returns how many. */
export async function endAcceptances(db: StateDatabase, tenant: string, at: number): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const { rows } = await sql<{ finding_id: number }>`
      update finding_mark set ended_at = ${at}::bigint
      where tenant = ${tenant} and ended_at is null and expires_at is not null and expires_at <= ${at} returning finding_id`.execute(trx);
    if (rows.length === 0) return 0;
    const ids = rowSet(rows, { id: ['int8', (row) => row.finding_id] });
    await sql`update finding f set state = 'reopened' from ${ids} as k
      where f.id = k.id and f.tenant = ${tenant} and f.state = 'accepted'`.execute(trx);
    await appendAudit(trx, tenant, { at, actor: 'system', action: 'acceptances-ended', subject: String(rows.length) });
    return rows.length;
  });
}
