/** Cases as people read and move them: the work list, one with its timeline, the moves the lifecycle allows. */
import { type ExpressionBuilder, type Kysely, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { CASE_MOVES, type Case, type CaseEvent, type CaseState } from '../../domain/case.ts';
import type { Asset, FindingState, Severity } from '../../domain/finding.ts';
import type { NoticeState } from '../../domain/notice.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { appendAudit } from './audit.ts';
import { rowSet } from './columns.ts';
import { fromCursor, likeAnywhere, type Page, type PageRequest, pageSize, toPage } from './cursor.ts';
import { toCaseId, toCaseNumber } from './findings.ts';
import { severityOf, severityRank } from './fold-plan.ts';
import { toNoticeId } from './notices.ts';
import type { StateDatabase } from './open.ts';
import type { CaseFileTable, Database } from './schema.ts';
import { insertEvents } from './timelines.ts';

export interface CaseRow extends Case {
  readonly kinds: readonly string[];
  /** Notifiers that delivered a notice about it. */
  readonly channels: readonly string[];
}

export interface CaseFilter {
  readonly state?: CaseState | undefined;
  readonly constituent?: string | undefined;
  readonly severity?: Severity | undefined;
  /** Has a finding of this kind. */
  readonly kind?: string | undefined;
  /** Part of the asset, or a case id. */
  readonly q?: string | undefined;
}

export interface CasePage extends Page<CaseRow> {
  /** Under the same filter but for the state, so that a list can offer the other states. */
  readonly byState: Readonly<Record<string, number>>;
}

type Row = Selectable<CaseFileTable>;
type Where = (eb: ExpressionBuilder<Database, 'case_file'>) => ReturnType<typeof eb.and>;

/** The gravest first, then what is due soonest. */
export async function listCases(db: StateDatabase, tenant: string, request: CaseFilter & PageRequest = {}): Promise<CasePage> {
  const size = pageSize(request);
  const border = fromCursor(request.cursor, [z.number(), z.number()]);
  let query = db.selectFrom('case_file').selectAll().where(matches(tenant, request));
  if (border) query = query.where((eb) => eb(eb.refTuple('urgency', 'number'), '>', eb.tuple(border[0], border[1])));
  const rows = await query
    .orderBy('urgency')
    .orderBy('number')
    .limit(size + 1)
    .execute();
  const byState = await countByState(db, matches(tenant, { ...request, state: undefined }));
  const total = request.state ? (byState[request.state] ?? 0) : Object.values(byState).reduce((sum, count) => sum + count, 0);
  const page = toPage(rows, size, total, (row) => [row.urgency, row.number]);
  return { ...page, rows: await withFacets(db, tenant, page.rows), byState };
}

function matches(tenant: string, filter: CaseFilter): Where {
  return (eb) => {
    const conditions = [eb('tenant', '=', tenant)];
    if (filter.state) conditions.push(eb('state', '=', filter.state));
    if (filter.constituent) conditions.push(eb('constituent_id', '=', filter.constituent));
    if (filter.severity) conditions.push(eb('severity', '=', severityRank(filter.severity)));
    if (filter.kind) conditions.push(hasKind(eb, filter.kind));
    if (filter.q) conditions.push(mentions(eb, filter.q));
    return eb.and(conditions);
  };
}

const hasKind = (eb: ExpressionBuilder<Database, 'case_file'>, kind: string) =>
  eb.exists(
    eb
      .selectFrom('finding as f')
      .select('f.id')
      .whereRef('f.case_number', '=', 'case_file.number')
      .whereRef('f.tenant', '=', 'case_file.tenant')
      .where('f.kind', '=', kind),
  );

function mentions(eb: ExpressionBuilder<Database, 'case_file'>, q: string) {
  const number = toCaseNumber(q.trim().toUpperCase());
  return number === undefined ? eb('asset_value', 'like', likeAnywhere(q.trim().toLowerCase())) : eb('number', '=', number);
}

async function countByState(db: StateDatabase, where: Where): Promise<Record<string, number>> {
  const rows = await db
    .selectFrom('case_file')
    .select(['state', (eb) => eb.fn.countAll<number>().as('count')])
    .where(where)
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}

interface Facets {
  readonly number: number;
  readonly findings: number;
  readonly kinds: string;
  readonly channels: string;
}

/** What other tables know about the cases of a page. */
async function withFacets(db: Kysely<Database>, tenant: string, rows: readonly Row[]): Promise<CaseRow[]> {
  const numbers = rowSet(rows, { number: ['int4', (row) => row.number] });
  const { rows: facets } = await sql<Facets>`
    select k.number, f.findings, coalesce(f.kinds, '') as kinds, coalesce(n.channels, '') as channels
    from ${numbers} as k
    cross join lateral (
      select count(*) as findings, string_agg(distinct kind, ',' order by kind) as kinds
      from finding where case_number = k.number and tenant = ${tenant}
    ) as f
    cross join lateral (
      select string_agg(distinct o.channel, ',' order by o.channel) as channels
      from notice_item i join notice o on o.tenant = i.tenant and o.number = i.notice_number
      where i.tenant = ${tenant} and i.case_number = k.number and o.state = 'delivered'
    ) as n`.execute(db);
  const byNumber = new Map(facets.map((one) => [one.number, one]));
  return rows.map((row) => toCase(row, byNumber.get(row.number)));
}

export async function readCase(db: StateDatabase, tenant: string, id: string): Promise<CaseRow | undefined> {
  const number = toCaseNumber(id);
  if (number === undefined) return undefined;
  const row = await db.selectFrom('case_file').selectAll().where('tenant', '=', tenant).where('number', '=', number).executeTakeFirst();
  return row && (await withFacets(db, tenant, [row]))[0];
}

/** Oldest first; it begins with the opening, which is the case's own row. */
export async function caseTimeline(db: StateDatabase, tenant: string, id: string): Promise<CaseEvent[]> {
  const opened = await readCase(db, tenant, id);
  if (!opened) return [];
  const rows = await db
    .selectFrom('case_event')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('case_number', '=', toCaseNumber(id) ?? 0)
    .orderBy('id')
    .execute();
  return [
    { at: opened.openedAt, actor: 'system', what: 'opened', text: OPENED },
    ...rows.map((row) => ({ at: row.at, actor: row.actor, what: row.what, text: { ja: row.text_ja, en: row.text_en } })),
  ];
}

const OPENED: Text = { ja: '最初の検知により、案件を開始しました。', en: 'Opened by its first finding.' };

export interface CaseNotice {
  readonly id: string;
  readonly channel: string;
  readonly state: NoticeState;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
}

/** Notices about the case, oldest first. */
export async function noticesOfCase(db: StateDatabase, tenant: string, id: string): Promise<CaseNotice[]> {
  const rows = await db
    .selectFrom('notice_item as i')
    .innerJoin('notice as n', (join) => join.onRef('n.tenant', '=', 'i.tenant').onRef('n.number', '=', 'i.notice_number'))
    .select(['n.number', 'n.channel', 'n.state', 'n.created_at', 'n.delivered_at'])
    .distinct()
    .where('i.tenant', '=', tenant)
    .where('i.case_number', '=', toCaseNumber(id) ?? 0)
    .orderBy('n.number')
    .execute();
  return rows.map((row) => ({
    id: toNoticeId(row.number),
    channel: row.channel,
    state: row.state as NoticeState,
    createdAt: row.created_at,
    deliveredAt: row.delivered_at,
  }));
}

export interface CaseMove {
  readonly reason: string;
  readonly actor: string;
  readonly at: number;
  /** When a suppression ends; without one it lasts 90 days. */
  readonly expiresAt?: number | null | undefined;
}

const DAY = 86_400_000;
const SUPPRESSION_DAYS = 90;

/** What the move says about the findings; states not named leave them as they are. */
const FINDING_STATES: Readonly<Partial<Record<CaseState, FindingState>>> = {
  notified: 'notified',
  answered: 'acknowledged',
  verified_fixed: 'verified_fixed',
  reopened: 'reopened',
  unseen: 'unseen',
  suppressed: 'accepted',
};

const STATE_NAMES: Readonly<Record<CaseState, Text>> = {
  open: { ja: '未対応', en: 'open' },
  orphan: { ja: '担当者不明', en: 'no responsible party' },
  notified: { ja: '通知済み', en: 'notified' },
  answered: { ja: '回答あり', en: 'answered' },
  verified_fixed: { ja: '解決を確認済み', en: 'verified fixed' },
  reopened: { ja: '再発', en: 'reopened' },
  unseen: { ja: '観測なし', en: 'not seen lately' },
  suppressed: { ja: '通知対象外', en: 'suppressed' },
};

/** Moves a case on by a person's reasoned decision; refused when the lifecycle does not allow it. */
export async function moveCase(db: StateDatabase, tenant: string, id: string, to: CaseState, move: CaseMove): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const number = toCaseNumber(id) ?? 0;
    const row = await trx
      .selectFrom('case_file')
      .selectAll()
      .where('tenant', '=', tenant)
      .where('number', '=', number)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw new YaguraError('not-found', 'There is no such case.');
    const from = row.state as CaseState;
    refuseForbidden(row, from, to, move);
    await saveMove(trx, row, to, move);
    await insertEvents(trx, tenant, [{ caseNumber: number, at: move.at, actor: move.actor, what: to, text: moveText(to, move.reason) }]);
    const detail = { from, to, reason: move.reason };
    await appendAudit(trx, tenant, { at: move.at, actor: move.actor, action: 'case-moved', subject: id, detail });
  });
}

function refuseForbidden(row: Row, from: CaseState, to: CaseState, { expiresAt, at }: CaseMove): void {
  if (!CASE_MOVES[from].includes(to)) {
    const allowed = CASE_MOVES[from].join(', ');
    throw new YaguraError('conflict', `A case that is ${from} cannot become ${to}; from here it can become ${allowed}.`);
  }
  if (to === 'open' && row.constituent_id === null) {
    throw new YaguraError('conflict', 'Nobody responsible is known for this case: it stays in the queue of orphans until somebody is.');
  }
  if (to === 'suppressed' && expiresAt != null && expiresAt <= at) {
    throw new YaguraError('usage', 'A suppression must end in the future.');
  }
}

async function saveMove(trx: Kysely<Database>, row: Row, to: CaseState, { at, expiresAt }: CaseMove): Promise<void> {
  await trx
    .updateTable('case_file')
    .set({
      state: to,
      state_at: at,
      suppressed_until: to === 'suppressed' ? (expiresAt ?? at + SUPPRESSION_DAYS * DAY) : null,
      reopen_count: to === 'reopened' ? row.reopen_count + 1 : row.reopen_count,
    })
    .where('tenant', '=', row.tenant)
    .where('number', '=', row.number)
    .execute();
  const state = FINDING_STATES[to];
  if (!state) return;
  await trx.updateTable('finding').set({ state }).where('tenant', '=', row.tenant).where('case_number', '=', row.number).execute();
}

const moveText = (to: CaseState, reason: string): Text => ({
  ja: `状態を「${STATE_NAMES[to].ja}」に変更しました。理由：${reason}`,
  en: `Now ${STATE_NAMES[to].en}. Reason: ${reason}`,
});

function toCase(row: Row, facets: Facets | undefined): CaseRow {
  return {
    id: toCaseId(row.number),
    tenant: row.tenant,
    constituentId: row.constituent_id,
    asset: { kind: row.asset_kind as Asset['kind'], value: row.asset_value },
    state: row.state as CaseState,
    severity: severityOf(row.severity),
    title: { ja: row.title_ja, en: row.title_en },
    findings: facets?.findings ?? 0,
    openedAt: row.opened_at,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    dueAt: row.due_at,
    reopenCount: row.reopen_count,
    kinds: splitList(facets?.kinds ?? ''),
    channels: splitList(facets?.channels ?? ''),
  };
}

const splitList = (list: string): string[] => (list === '' ? [] : list.split(','));
