/** Alerts about own ranges as they are read, ended and worked on, and who wants none. */
import { type Kysely, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { type OwnRangeAlert, type OwnRangeCause, type OwnRangeClass, severityOfAlert, stateOf } from '../../domain/own-range.ts';
import { becauseOf, type Thresholds } from '../../domain/own-range-text.ts';
import { estimateTargets } from '../../domain/target-bits.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { appendAudit } from './audit.ts';
import { fromCursor, type Page, type PageRequest, pageSize, toPage } from './cursor.ts';
import type { StateDatabase } from './open.ts';
import type { Database, OwnRangeAlertTable } from './schema.ts';
import { insertTimeline, type TimelineEvent } from './timelines.ts';
import { lockTenant } from './transaction.ts';

type AlertRow = Selectable<OwnRangeAlertTable>;

export const toAlertId = (number: number): string => `A-${String(number).padStart(6, '0')}`;

export function toAlertNumber(id: string): number | undefined {
  const match = /^A-(\d{6,9})$/.exec(id);
  return match ? Number(match[1]) : undefined;
}

export const courseOf = (row: AlertRow): Parameters<typeof stateOf>[0] => ({
  raisedLastAt: row.raised_last_at,
  lastSeenAt: row.last_seen_at,
  endedAt: row.ended_at,
  closedAt: row.closed_at,
});

interface NewAlertEvent extends TimelineEvent {
  readonly number: number;
}

export async function insertAlertEvents(trx: Kysely<Database>, tenant: string, events: readonly NewAlertEvent[]): Promise<void> {
  await insertTimeline(trx, tenant, { table: 'own_range_event', subject: 'alert_number', numberOf: ({ number }) => number }, events);
}

const ENDED: Text = {
  ja: 'センサーが正常に観測しているあいだ、静かな状態が続いたため、終わったとみなしました。',
  en: 'It was quiet for long enough while the sensors watched, so it counts as over.',
};

export interface StoredAlert extends OwnRangeAlert {
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly endedAt: number | null;
  readonly closedAt: number | null;
  readonly closedBy: string | null;
  readonly cause: OwnRangeCause | null;
  readonly noticeNumber: number | null;
}

export function toAlert(row: AlertRow, thresholds: Thresholds): StoredAlert {
  const kind = row.class as OwnRangeClass;
  const state = stateOf(courseOf(row));
  const facts = {
    host: row.host,
    class: kind,
    packets: row.packets,
    targets: Math.min(row.packets, estimateTargets(row.target_bits).targets),
    ports: row.ports,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    sensors: row.sensors,
  };
  return {
    id: toAlertId(row.number),
    constituentId: row.constituent_id,
    state,
    severity: severityOfAlert(kind, state),
    raisedAt: row.raised_at,
    ...facts,
    because: becauseOf(facts, thresholds),
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    endedAt: row.ended_at,
    closedAt: row.closed_at,
    closedBy: row.closed_by,
    cause: row.cause as OwnRangeCause | null,
    noticeNumber: row.notice_number,
  };
}

export interface AlertQuestion extends PageRequest {
  readonly constituent?: string | undefined;
  readonly class?: string | undefined;
  readonly host?: string | undefined;
  /** 'open': neither ended nor closed. */
  readonly state?: 'open' | 'ended' | 'closed' | undefined;
}

/** Newest first. */
export async function listAlerts(
  db: StateDatabase,
  tenant: string,
  request: AlertQuestion,
  thresholds: Thresholds,
): Promise<Page<StoredAlert>> {
  const size = pageSize(request);
  const border = fromCursor(request.cursor, [z.number()]);
  let query = db.selectFrom('own_range_alert').where('tenant', '=', tenant);
  if (request.constituent) query = query.where('constituent_id', '=', request.constituent);
  if (request.class) query = query.where('class', '=', request.class);
  if (request.host) query = query.where('host', '=', request.host);
  if (request.state === 'open') query = query.where('closed_at', 'is', null).where('ended_at', 'is', null);
  if (request.state === 'ended') query = query.where('closed_at', 'is', null).where('ended_at', 'is not', null);
  if (request.state === 'closed') query = query.where('closed_at', 'is not', null);
  const { total } = await query.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  if (border) query = query.where('number', '<', border[0]);
  const rows = await query
    .selectAll()
    .orderBy('number', 'desc')
    .limit(size + 1)
    .execute();
  const page = toPage(rows, size, total, (row) => [row.number]);
  return { ...page, rows: page.rows.map((row) => toAlert(row, thresholds)) };
}

export async function readAlert(
  db: Kysely<Database>,
  tenant: string,
  id: string,
  thresholds: Thresholds,
): Promise<StoredAlert | undefined> {
  const row = await readRow(db, tenant, id);
  return row && toAlert(row, thresholds);
}

const readRow = (db: Kysely<Database>, tenant: string, id: string): Promise<AlertRow | undefined> =>
  db
    .selectFrom('own_range_alert')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('number', '=', toAlertNumber(id) ?? 0)
    .executeTakeFirst();

/** Oldest first. */
export async function readAlertEvents(db: StateDatabase, tenant: string, id: string): Promise<TimelineEvent[]> {
  const rows = await db
    .selectFrom('own_range_event')
    .select(['at', 'actor', 'what', 'text_ja', 'text_en'])
    .where('tenant', '=', tenant)
    .where('alert_number', '=', toAlertNumber(id) ?? 0)
    .orderBy('id')
    .execute();
  return rows.map(({ at, actor, what, text_ja, text_en }) => ({ at, actor, what, text: { ja: text_ja, en: text_en } }));
}

/** Packets by hour of all sensors together, oldest first. */
export async function readAlertHours(db: StateDatabase, tenant: string, id: string): Promise<{ hour: number; packets: number }[]> {
  const { rows } = await sql<{ hour: number; packets: number }>`
    select hour, sum(packets)::bigint as packets from own_range_share
    where tenant = ${tenant} and alert_number = ${toAlertNumber(id) ?? 0} group by hour order by hour`.execute(db);
  return rows;
}

export interface AlertCounts {
  readonly open: number;
  readonly all: number;
}

export async function alertCounts(db: StateDatabase, tenant: string): Promise<ReadonlyMap<string, AlertCounts>> {
  const { rows } = await sql<{ id: string; open: number; all: number }>`
    select constituent_id as id, count(*) filter (where closed_at is null and ended_at is null) as "open", count(*) as "all"
    from own_range_alert where tenant = ${tenant} group by 1`.execute(db);
  return new Map(rows.map((row) => [row.id, { open: row.open, all: row.all }]));
}

/** Alerts that are neither ended nor closed and have been quiet since a time. */
export async function quietAlerts(
  db: StateDatabase,
  tenant: string,
  before: number,
): Promise<{ number: number; lastSeenAt: number; sensors: string[] }[]> {
  const rows = await db
    .selectFrom('own_range_alert')
    .select(['number', 'last_seen_at', 'sensors'])
    .where('tenant', '=', tenant)
    .where('closed_at', 'is', null)
    .where('ended_at', 'is', null)
    .where('last_seen_at', '<', before)
    .execute();
  return rows.map((row) => ({ number: row.number, lastSeenAt: row.last_seen_at, sensors: row.sensors }));
}

export async function endAlerts(db: StateDatabase, tenant: string, numbers: readonly number[], at: number): Promise<void> {
  if (numbers.length === 0) return;
  await db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    await trx
      .updateTable('own_range_alert')
      .set({ ended_at: at })
      .where('tenant', '=', tenant)
      .where('number', 'in', [...numbers])
      .execute();
    await insertAlertEvents(
      trx,
      tenant,
      numbers.map((number) => ({ number, at, actor: 'system', what: 'ended', text: ENDED })),
    );
  });
}

// ---- What people do

export interface AlertAction {
  readonly at: number;
  readonly actor: string;
  readonly comment: string;
}

export async function acknowledgeAlert(db: StateDatabase, tenant: string, id: string, action: AlertAction): Promise<void> {
  await act(db, tenant, id, action, 'acknowledged', { ja: '確認しました。', en: 'Acknowledged.' }, (row) => {
    if (row.closed_at !== null) throw new YaguraError('conflict', 'This alert is closed already.');
    if (row.acknowledged_at !== null) throw new YaguraError('conflict', 'This alert is acknowledged already.');
    return { acknowledged_at: action.at, acknowledged_by: action.actor };
  });
}

export const commentOnAlert = (db: StateDatabase, tenant: string, id: string, action: AlertAction): Promise<void> =>
  act(db, tenant, id, action, 'commented', { ja: '', en: '' }, () => ({}));

const CAUSES: Readonly<Record<OwnRangeCause, Text>> = {
  malware: { ja: 'マルウェアを取り除いた', en: 'malware was removed' },
  misconfiguration: { ja: '設定の誤りを直した', en: 'a misconfiguration was corrected' },
  'own-test': { ja: '自組織による検査だった', en: 'it was a test of our own' },
  'attack-over': { ja: '攻撃がおさまった', en: 'the attack is over' },
  'not-ours': { ja: '自組織のアドレスではない', en: 'the address is not ours' },
  mistaken: { ja: '警報の誤り', en: 'the alert was mistaken' },
  other: { ja: 'その他', en: 'another cause' },
};

export async function closeAlert(db: StateDatabase, tenant: string, id: string, cause: OwnRangeCause, action: AlertAction): Promise<void> {
  const text = { ja: `閉じました（${CAUSES[cause].ja}）。`, en: `Closed: ${CAUSES[cause].en}.` };
  await act(db, tenant, id, action, 'closed', text, (row) => {
    if (row.closed_at !== null) throw new YaguraError('conflict', 'This alert is closed already.');
    return { closed_at: action.at, closed_by: action.actor, cause };
  });
}

async function act(
  db: StateDatabase,
  tenant: string,
  id: string,
  { at, actor, comment }: AlertAction,
  what: string,
  text: Text,
  change: (row: AlertRow) => Partial<Pick<AlertRow, 'acknowledged_at' | 'acknowledged_by' | 'closed_at' | 'closed_by' | 'cause'>>,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const row = await readRow(trx, tenant, id);
    if (!row) throw new YaguraError('not-found', 'there is no such alert');
    const set = change(row);
    if (Object.keys(set).length > 0) {
      await trx.updateTable('own_range_alert').set(set).where('tenant', '=', tenant).where('number', '=', row.number).execute();
    }
    const said = { ja: `${text.ja}${comment}`, en: [text.en, comment].filter((part) => part !== '').join(' ') };
    await insertAlertEvents(trx, tenant, [{ number: row.number, at, actor, what, text: said }]);
    await appendAudit(trx, tenant, { at, actor, action: `alert-${what}`, subject: id, detail: { comment, ...set } });
  });
}

// ---- The switch per constituent

/** Constituents who do not want alerts; everybody else with ranges gets them. */
export async function switchedOff(db: Kysely<Database>, tenant: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('own_range_switch')
    .select('constituent_id')
    .where('tenant', '=', tenant)
    .where('is_on', '=', false)
    .execute();
  return new Set(rows.map((row) => row.constituent_id));
}

export async function setSwitch(
  db: StateDatabase,
  tenant: string,
  constituent: string,
  isOn: boolean,
  { at, actor }: { readonly at: number; readonly actor: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('own_range_switch')
      .values({ tenant, constituent_id: constituent, is_on: isOn })
      .onConflict((conflict) => conflict.columns(['tenant', 'constituent_id']).doUpdateSet({ is_on: isOn }))
      .execute();
    await appendAudit(trx, tenant, { at, actor, action: 'own-range-alerts-switched', subject: constituent, detail: { isOn } });
  });
}
