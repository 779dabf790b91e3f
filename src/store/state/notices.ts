/**
 * Notices: what was decided to be sent, the outbox it waits in, and what came of it.
 *
 * Deciding is one transaction: the notice, its items and the marks on its cases exist
 * together or not at all, so that a second run decides nothing twice.
 */
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { z } from 'zod';
import type { Severity } from '../../domain/finding.ts';
import type { Notice, NoticeItem, NoticeState, Receipt } from '../../domain/notice.ts';
import type { Language, Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import type { Channel, NoticeCandidate, NoticeOutbox, NoticePlanner, PlannedNotice } from '../../engine/ports.ts';
import { appendAudit } from './audit.ts';
import { rowSet } from './columns.ts';
import { allConstituents } from './constituents.ts';
import { fromCursor, type Page, type PageRequest, pageSize, toPage } from './cursor.ts';
import { type FindingRow, type StoredFinding, toCaseId, toCaseNumber, toFinding } from './findings.ts';
import { severityOf, severityRank } from './fold-plan.ts';
import type { StateDatabase } from './open.ts';
import type { Database, NoticeTable } from './schema.ts';
import { SHARED_TEXTS } from './shared-texts.ts';
import { insertEvents } from './timelines.ts';
import { lockTenant } from './transaction.ts';

type Trx = Transaction<Database>;

/** How the timeline names a channel in Japanese; in English its id is the word. */
const CHANNELS_JA: Readonly<Record<string, string>> = { mail: 'メール', letter: '手紙' };

export interface NoticeRequest {
  readonly at: number;
  readonly actor: string;
  readonly isSimulation: boolean;
  /** In order of preference. */
  readonly channels: readonly Channel[];
  /** A person's wish: this case by this channel, also when its constituent was told before. */
  readonly only?: { readonly caseId: string; readonly channel: string } | undefined;
}

export interface NoticeStore extends NoticeOutbox {
  /** Queues what is due and returns how many notices that makes. */
  decide(tenant: string, request: NoticeRequest): Promise<number>;
  /** Puts a notice that was given up back into the queue, to where its constituent can be reached now. */
  requeue(tenant: string, noticeId: string, at: number, actor: string): Promise<void>;
}

export interface NoticeRow {
  readonly id: string;
  readonly channel: string;
  readonly constituentId: string;
  readonly constituentName: Text;
  readonly state: NoticeState;
  readonly language: Language;
  readonly about: 'findings' | 'own-range-alerts' | 'own-range-receipt';
  readonly items: number;
  readonly severity: Severity;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
  readonly attempts: number;
  readonly detail: string | null;
}

/** How long another process may be busy delivering before the notice is taken for abandoned. */
const LEASE = 10 * 60_000;

export const toNoticeId = (number: number): string => `N-${String(number).padStart(6, '0')}`;

export function toNoticeNumber(id: string): number | undefined {
  const match = /^N-(\d{6,9})$/.exec(id);
  return match ? Number(match[1]) : undefined;
}

/**
 * `isSole` says that no other process delivers from this store (it is embedded): then a
 * notice found marked as being delivered was cut short by a crash, and waits for nothing.
 */
export function createNoticeStore(db: StateDatabase, plan: NoticePlanner, isSole = false): NoticeStore {
  const inHand = new Set<string>();
  let lastClaim: Promise<unknown> = Promise.resolve();
  const claimNext = async (tenant: string, at: number): ReturnType<NoticeOutbox['claim']> => {
    const claimed = await claim(db, tenant, at, isSole, inHand);
    if (claimed) inHand.add(handKey(tenant, claimed.notice.id));
    return claimed;
  };
  return {
    decide: (tenant, request) => db.transaction().execute((trx) => decide(trx, plan, tenant, request)),
    requeue: (tenant, noticeId, at, actor) => db.transaction().execute((trx) => requeue(trx, tenant, noticeId, at, actor)),
    claim(tenant, at) {
      // One after the other, so that each sees what the one before has in hand.
      const own = lastClaim.then(() => claimNext(tenant, at));
      lastClaim = own.catch(() => undefined);
      return own;
    },
    async settle(tenant, noticeId, attempt, receipt, nextAttemptAt) {
      try {
        await db.transaction().execute((trx) => settle(trx, tenant, noticeId, attempt, receipt, nextAttemptAt));
      } finally {
        inHand.delete(handKey(tenant, noticeId));
      }
    },
    countWaiting: (tenant) => countWaiting(db, tenant),
  };
}

const handKey = (tenant: string, noticeId: string): string => `${tenant}\u001f${noticeId}`;

// Deciding

async function decide(trx: Trx, plan: NoticePlanner, tenant: string, request: NoticeRequest): Promise<number> {
  await lockTenant(trx, tenant);
  const candidates = await readCandidates(trx, tenant, request.only?.caseId);
  const channels = request.only ? request.channels.filter((one) => one.id === request.only?.channel) : request.channels;
  const planned = plan(candidates, channels);
  if (request.only && planned.length === 0) throw cannotTell(request.only);
  if (planned.length === 0) return 0;
  const first = await reserveNumbers(trx, tenant, planned.length);
  await insertNotices(trx, tenant, first, planned, request);
  await markQueued(trx, tenant, first, planned, request);
  return planned.length;
}

const cannotTell = ({ caseId, channel }: { caseId: string; channel: string }): YaguraError =>
  new YaguraError(
    'conflict',
    `Nobody can be told of ${caseId} by ${channel}: the case is settled, nobody responsible is known, or they cannot be reached this way.`,
  );

/** States in which a person may still decide to send a notice about a case. */
const TELLABLE = ['open', 'reopened', 'notified', 'answered', 'unseen'];
/** States in which the case asks for one by itself. */
const DUE = ['open', 'reopened'];

async function readCandidates(trx: Trx, tenant: string, onlyCase: string | undefined): Promise<NoticeCandidate[]> {
  let query = trx
    .selectFrom('finding')
    .innerJoin('case_file as c', (join) => join.onRef('c.number', '=', 'finding.case_number').onRef('c.tenant', '=', 'finding.tenant'))
    .selectAll('finding')
    .select(SHARED_TEXTS)
    .select('c.constituent_id as holder')
    .where('c.tenant', '=', tenant)
    .where('c.constituent_id', 'is not', null)
    .where('finding.retracted_at', 'is', null)
    .where('finding.state', 'not in', ['false_positive', 'accepted', 'verified_fixed']);
  if (onlyCase === undefined) query = query.where('c.state', 'in', DUE).where('c.pending_notices', '=', 0);
  else query = query.where('c.state', 'in', TELLABLE).where('c.number', '=', toCaseNumber(onlyCase) ?? 0);
  const rows = await query.orderBy('c.number').orderBy('finding.id').execute();
  const constituents = new Map((await allConstituents(trx, tenant)).map((one) => [one.id, one]));
  return [...Map.groupBy(rows, (row) => row.case_number ?? 0)].flatMap(([number, findings]) => {
    const constituent = constituents.get(findings[0]?.holder ?? '');
    return constituent ? [{ constituent, caseId: toCaseId(number), items: findings.map((row) => toItem(number, row)) }] : [];
  });
}

function toItem(caseNumber: number, row: FindingRow): NoticeItem {
  const finding: StoredFinding = toFinding(row);
  return {
    caseId: toCaseId(caseNumber),
    fingerprint: finding.fingerprint,
    kind: finding.kind,
    identifier: finding.identifier,
    asset: finding.asset.value,
    port: finding.port,
    transport: finding.transport,
    sourcePort: finding.sourcePort,
    severity: finding.severity,
    confidence: finding.confidence,
    firstSeenAt: finding.firstSeenAt,
    lastSeenAt: finding.lastSeenAt,
    count: finding.count,
    because: finding.because,
  };
}

export async function reserveNumbers(trx: Trx, tenant: string, count: number): Promise<number> {
  const { rows } = await sql<{ first: number }>`
    update tenant set next_notice = next_notice + ${count} where tenant = ${tenant}
    returning next_notice - ${count}::int as first`.execute(trx);
  return rows[0]?.first ?? 1;
}

async function insertNotices(
  trx: Trx,
  tenant: string,
  first: number,
  planned: readonly PlannedNotice[],
  { at, isSimulation }: NoticeRequest,
): Promise<void> {
  const notices = rowSet(planned, {
    number: ['int4', (_, n) => first + n],
    channel: ['text', (one) => one.channel],
    constituent_id: ['text', (one) => one.constituent.id],
    recipient: ['text', (one) => JSON.stringify(one.constituent)],
    language: ['text', (one) => one.constituent.language],
    check_code: ['text', (one) => one.checkCode],
    severity: ['int2', (one) => Math.max(...one.items.map((item) => severityRank(item.severity)))],
    items: ['int4', (one) => one.items.length],
  });
  await sql`
    insert into notice (tenant, number, channel, constituent_id, recipient, language, check_code, severity, items, is_simulation, state,
      created_at, next_attempt_at)
    select ${tenant}, k.number, k.channel, k.constituent_id, k.recipient::jsonb, k.language, k.check_code, k.severity, k.items,
      ${isSimulation}::boolean, 'queued', ${at}::bigint, ${at}::bigint
    from ${notices} as k`.execute(trx);
  const lines = planned.flatMap((one, n) => one.items.map((item, position) => ({ number: first + n, position, item })));
  const items = rowSet(lines, {
    notice_number: ['int4', (line) => line.number],
    position: ['int4', (line) => line.position],
    case_number: ['int4', ({ item }) => toCaseNumber(item.caseId) ?? 0],
    fingerprint: ['bytea', ({ item }) => Buffer.from(item.fingerprint, 'hex')],
    item: ['text', ({ item }) => JSON.stringify(item)],
  });
  await sql`
    insert into notice_item (tenant, notice_number, position, case_number, fingerprint, item)
    select ${tenant}, k.notice_number, k.position, k.case_number, k.fingerprint, k.item::jsonb from ${items} as k`.execute(trx);
}

/** Marks the cases, so that the next run passes them over until this notice has come to an end. */
async function markQueued(
  trx: Trx,
  tenant: string,
  first: number,
  planned: readonly PlannedNotice[],
  { at, actor }: NoticeRequest,
): Promise<void> {
  const events = planned.flatMap((one, n) => {
    const id = toNoticeId(first + n);
    const text = {
      ja: `通知 ${id} を作成しました（${CHANNELS_JA[one.channel] ?? one.channel}）。`,
      en: `Notice ${id} was queued (${one.channel}).`,
    };
    const cases = new Set(one.items.map((item) => toCaseNumber(item.caseId) ?? 0));
    return [...cases].map((caseNumber) => ({ caseNumber, at, actor, what: 'notice-queued', text }));
  });
  const numbers = rowSet(events, { number: ['int4', (event) => event.caseNumber] });
  await sql`
    update case_file c set pending_notices = c.pending_notices + k.n
    from (select i.number, count(*)::int as n from ${numbers} as i group by i.number) as k
    where c.number = k.number and c.tenant = ${tenant}`.execute(trx);
  await insertEvents(trx, tenant, events);
}

// Delivering

async function claim(
  db: StateDatabase,
  tenant: string,
  at: number,
  isSole: boolean,
  inHand: ReadonlySet<string>,
): Promise<{ notice: Notice; attempt: number } | undefined> {
  const busy = [...inHand]
    .filter((key) => key.startsWith(handKey(tenant, '')))
    .map((key) => toNoticeNumber(key.split('\u001f')[1] ?? '') ?? 0);
  const { rows } = await sql<{ number: number; attempts: number }>`
    update notice set state = 'delivering', attempts = attempts + 1, next_attempt_at = ${at + LEASE}
    where tenant = ${tenant} and number = (
      select number from notice
      where tenant = ${tenant} and number not in (select k.number from ${rowSet(busy, { number: ['int4', (number) => number] })} as k)
        and ((state = 'queued' and next_attempt_at <= ${at}) or (state = 'delivering' and (${isSole}::boolean or next_attempt_at <= ${at})))
      order by next_attempt_at, number limit 1 for update skip locked
    )
    returning number, attempts`.execute(db);
  const [row] = rows;
  if (!row) return undefined;
  const notice = await readNotice(db, tenant, toNoticeId(row.number));
  return notice && { notice, attempt: row.attempts };
}

async function settle(
  trx: Trx,
  tenant: string,
  noticeId: string,
  attempt: number,
  receipt: Receipt,
  nextAttemptAt: number | null,
): Promise<void> {
  const number = toNoticeNumber(noticeId) ?? 0;
  const isDelivered = receipt.outcome === 'delivered';
  const state: NoticeState = isDelivered ? 'delivered' : nextAttemptAt === null ? 'failed' : 'queued';
  await trx
    .updateTable('notice')
    .set({
      state,
      detail: receipt.detail,
      delivered_at: isDelivered ? receipt.at : null,
      ...(nextAttemptAt === null ? {} : { next_attempt_at: nextAttemptAt }),
    })
    .where('tenant', '=', tenant)
    .where('number', '=', number)
    .execute();
  await insertDelivery(trx, tenant, number, attempt, receipt);
  if (isDelivered) await moveCasesOn(trx, tenant, number, receipt);
  if (state !== 'queued') await noteOutcome(trx, tenant, number, state, receipt);
}

async function insertDelivery(trx: Trx, tenant: string, number: number, attempt: number, receipt: Receipt): Promise<void> {
  await trx
    .insertInto('delivery')
    .values({
      tenant,
      notice_number: number,
      attempt,
      outcome: receipt.outcome,
      at: receipt.at,
      detail: receipt.detail,
      is_final: receipt.isFinal,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Cases that were settled while the notice was on its way keep their state. */
async function moveCasesOn(trx: Trx, tenant: string, number: number, { at }: Receipt): Promise<void> {
  await sql`
    update case_file c set
      pending_notices = greatest(c.pending_notices - 1, 0),
      state_at = case when c.state in ('open', 'reopened') then ${at}::bigint else c.state_at end,
      state = case when c.state in ('open', 'reopened') then 'notified' else c.state end
    from (select distinct case_number from notice_item where tenant = ${tenant} and notice_number = ${number}) as k
    where c.number = k.case_number and c.tenant = ${tenant}`.execute(trx);
  await sql`
    update finding f set state = 'notified'
    from notice_item i
    where i.tenant = ${tenant} and i.notice_number = ${number} and f.fingerprint = i.fingerprint and f.tenant = ${tenant}
      and f.state in ('new', 'triaged', 'reopened')`.execute(trx);
}

async function noteOutcome(trx: Trx, tenant: string, number: number, state: NoticeState, receipt: Receipt): Promise<void> {
  const cases = await trx
    .selectFrom('notice_item')
    .select('case_number')
    .distinct()
    .where('tenant', '=', tenant)
    .where('notice_number', '=', number)
    .execute();
  const id = toNoticeId(number);
  const text: Text =
    state === 'delivered'
      ? { ja: `通知 ${id} を送付しました。`, en: `Notice ${id} was delivered.` }
      : { ja: `通知 ${id} を送付できませんでした：${receipt.detail}`, en: `Notice ${id} could not be delivered: ${receipt.detail}` };
  const what = state === 'delivered' ? 'notified' : 'notice-failed';
  await insertEvents(
    trx,
    tenant,
    cases.map((row) => ({ caseNumber: row.case_number, at: receipt.at, actor: 'system', what, text })),
  );
}

async function requeue(trx: Trx, tenant: string, noticeId: string, at: number, actor: string): Promise<void> {
  const { rows } = await sql<{ number: number }>`
    update notice set state = 'queued', attempts = 0, next_attempt_at = ${at}
    where tenant = ${tenant} and number = ${toNoticeNumber(noticeId) ?? 0} and state = 'failed' returning number`.execute(trx);
  const [row] = rows;
  if (!row) throw new YaguraError('conflict', 'Only a notice that was given up can be queued again.');
  await trx.deleteFrom('delivery').where('tenant', '=', tenant).where('notice_number', '=', row.number).execute();
  await refreshRecipient(trx, tenant, row.number);
  await appendAudit(trx, tenant, { at, actor, action: 'notice-requeued', subject: noticeId });
}

async function refreshRecipient(trx: Trx, tenant: string, number: number): Promise<void> {
  const { constituent_id: id } = await trx
    .selectFrom('notice')
    .select('constituent_id')
    .where('tenant', '=', tenant)
    .where('number', '=', number)
    .executeTakeFirstOrThrow();
  const constituent = (await allConstituents(trx, tenant)).find((one) => one.id === id);
  if (!constituent) return;
  const recipient = JSON.stringify(constituent);
  await trx.updateTable('notice').set({ recipient }).where('tenant', '=', tenant).where('number', '=', number).execute();
}

async function countWaiting(db: StateDatabase, tenant: string): Promise<number> {
  const { waiting } = await db
    .selectFrom('notice')
    .select((eb) => eb.fn.countAll<number>().as('waiting'))
    .where('tenant', '=', tenant)
    .where('state', 'in', ['queued', 'delivering'])
    .executeTakeFirstOrThrow();
  return waiting;
}

// Reading

/** Newest first. */
export async function listNotices(
  db: StateDatabase,
  tenant: string,
  request: PageRequest & {
    readonly constituent?: string | undefined;
    readonly state?: NoticeState | undefined;
    /** Has an item of this finding kind. */
    readonly kind?: string | undefined;
  } = {},
): Promise<Page<NoticeRow>> {
  const size = pageSize(request);
  const border = fromCursor(request.cursor, [z.number()]);
  let query = db.selectFrom('notice').where('tenant', '=', tenant);
  if (request.constituent) query = query.where('constituent_id', '=', request.constituent);
  if (request.state) query = query.where('state', '=', request.state);
  if (request.kind) query = query.where(hasItemOfKind(request.kind));
  const { total } = await query.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  if (border) query = query.where('number', '<', border[0]);
  const rows = await query
    .selectAll()
    .orderBy('number', 'desc')
    .limit(size + 1)
    .execute();
  const page = toPage(rows, size, total, (row) => [row.number]);
  return { ...page, rows: page.rows.map(toNoticeRow) };
}

const hasItemOfKind = (kind: string) => sql<boolean>`exists (
  select from notice_item i where i.tenant = notice.tenant and i.notice_number = notice.number and i.item ->> 'kind' = ${kind})`;

export async function readNoticeRow(db: StateDatabase, tenant: string, id: string): Promise<NoticeRow | undefined> {
  const row = await readStored(db, tenant, id);
  return row && toNoticeRow(row);
}

/** The notice as its channel sees it. */
export async function readNotice(db: Kysely<Database>, tenant: string, id: string): Promise<Notice | undefined> {
  const row = await readStored(db, tenant, id);
  if (!row) return undefined;
  const items = await db
    .selectFrom('notice_item')
    .select('item')
    .where('tenant', '=', tenant)
    .where('notice_number', '=', row.number)
    .orderBy('position')
    .execute();
  return {
    id: toNoticeId(row.number),
    tenant,
    channel: row.channel,
    constituent: row.recipient,
    language: row.language as Language,
    checkCode: row.check_code,
    createdAt: row.created_at,
    items: items.map(({ item }) => item),
    isSimulation: row.is_simulation,
    ...(row.own_range ? { ownRange: row.own_range } : {}),
  };
}

function readStored(db: Kysely<Database>, tenant: string, id: string): Promise<Selectable<NoticeTable> | undefined> {
  return db
    .selectFrom('notice')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('number', '=', toNoticeNumber(id) ?? 0)
    .executeTakeFirst();
}

const toNoticeRow = (row: Selectable<NoticeTable>): NoticeRow => ({
  id: toNoticeId(row.number),
  channel: row.channel,
  constituentId: row.constituent_id,
  constituentName: row.recipient.name,
  state: row.state as NoticeState,
  language: row.language as Language,
  about: row.own_range === null ? 'findings' : row.own_range.kind === 'alert' ? 'own-range-alerts' : 'own-range-receipt',
  items: row.items,
  severity: severityOf(row.severity),
  createdAt: row.created_at,
  deliveredAt: row.delivered_at,
  attempts: row.attempts,
  detail: row.detail,
});
