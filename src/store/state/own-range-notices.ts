/**
 * Mails about own ranges: at once for what is new, once a week for everybody.
 *
 * They wait in the same outbox as every notice. That an alert was told, or a week was
 * reported, is written in the transaction that queues the mail: it is queued once.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Constituent } from '../../domain/constituent.ts';
import type { OwnRangeMessage } from '../../domain/own-range.ts';
import type { Thresholds } from '../../domain/own-range-text.ts';
import { allConstituents } from './constituents.ts';
import { severityRank } from './fold-plan.ts';
import { reserveNumbers, toNoticeId } from './notices.ts';
import type { StateDatabase } from './open.ts';
import { insertAlertEvents, type StoredAlert, switchedOff, toAlert, toAlertNumber } from './own-range-alerts.ts';
import type { Database } from './schema.ts';
import { lockTenant } from './transaction.ts';

type Trx = Transaction<Database>;

const CHANNEL = 'mail';

export interface MailRequest {
  readonly at: number;
  readonly isSimulation: boolean;
  readonly thresholds: Thresholds;
  readonly drawCheckCode: () => string;
  /** Whether the constituent can be reached by mail. */
  readonly reaches: (constituent: Constituent) => boolean;
  /** The prefixes it holds at the time. */
  readonly rangesOf: (constituent: Constituent) => readonly string[];
}

export interface AlertMailRequest extends MailRequest {
  /** Older activity is not mailed. */
  readonly mailMs: number;
  /** Between two mails to one constituent. */
  readonly mailPauseMs: number;
}

/** One mail per constituent with all of its alerts that nobody was told of; returns how many mails. */
export function queueAlertMails(db: StateDatabase, tenant: string, request: AlertMailRequest): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const waiting = await readUntold(trx, tenant, request);
    if (waiting.size === 0) return 0;
    const [off, told] = [await switchedOff(trx, tenant), await readRecentlyTold(trx, tenant, request.at - request.mailPauseMs)];
    const due = (await allConstituents(trx, tenant)).filter(
      (one) => waiting.has(one.id) && !off.has(one.id) && !told.has(one.id) && request.reaches(one),
    );
    for (const constituent of due) await queueAlertMail(trx, tenant, constituent, waiting.get(constituent.id) ?? [], request);
    return due.length;
  });
}

async function readUntold(trx: Trx, tenant: string, { at, mailMs, thresholds }: AlertMailRequest): Promise<Map<string, StoredAlert[]>> {
  const rows = await trx
    .selectFrom('own_range_alert')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('notice_number', 'is', null)
    .where('closed_at', 'is', null)
    .where('last_seen_at', '>=', at - mailMs)
    .orderBy('number')
    .execute();
  return Map.groupBy(
    rows.map((row) => toAlert(row, thresholds)),
    ({ constituentId }) => constituentId,
  );
}

async function readRecentlyTold(trx: Trx, tenant: string, since: number): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select distinct constituent_id as id from notice
    where tenant = ${tenant} and created_at > ${since} and own_range ->> 'kind' = 'alert'`.execute(trx);
  return new Set(rows.map(({ id }) => id));
}

async function queueAlertMail(
  trx: Trx,
  tenant: string,
  constituent: Constituent,
  alerts: readonly StoredAlert[],
  request: AlertMailRequest,
): Promise<void> {
  const message: OwnRangeMessage = {
    kind: 'alert',
    from: Math.min(...alerts.map(({ firstSeenAt }) => firstSeenAt)),
    to: request.at,
    alerts,
    ranges: request.rangesOf(constituent),
    sensors: new Set(alerts.flatMap(({ sensors }) => sensors)).size,
    unwatched: [],
  };
  const number = await insertMail(trx, tenant, constituent, message, request);
  const numbers = alerts.map(({ id }) => toAlertNumber(id) ?? 0);
  await trx
    .updateTable('own_range_alert')
    .set({ notice_number: number })
    .where('tenant', '=', tenant)
    .where('number', 'in', numbers)
    .execute();
  const id = toNoticeId(number);
  const text = { ja: `通知 ${id} を作成しました（メール）。`, en: `Notice ${id} was queued (mail).` };
  await insertAlertEvents(
    trx,
    tenant,
    numbers.map((alert) => ({ number: alert, at: request.at, actor: 'system', what: 'notice-queued', text })),
  );
}

async function insertMail(
  trx: Trx,
  tenant: string,
  constituent: Constituent,
  message: OwnRangeMessage,
  { at, isSimulation, drawCheckCode }: MailRequest,
): Promise<number> {
  const number = await reserveNumbers(trx, tenant, 1);
  await trx
    .insertInto('notice')
    .values({
      tenant,
      number,
      channel: CHANNEL,
      constituent_id: constituent.id,
      recipient: JSON.stringify(constituent),
      language: constituent.language,
      check_code: drawCheckCode(),
      is_simulation: isSimulation,
      severity: Math.max(0, ...message.alerts.map(({ severity }) => severityRank(severity))),
      items: message.alerts.length,
      state: 'queued',
      created_at: at,
      next_attempt_at: at,
      delivered_at: null,
      detail: null,
      own_range: JSON.stringify(message),
    })
    .execute();
  return number;
}

/** When the sensors watched during a week; the same for everybody. */
export interface ReceiptWeek extends Pick<OwnRangeMessage, 'from' | 'to' | 'sensors' | 'unwatched'> {
  /** Unix ms of the week's beginning: each constituent hears of a week once. */
  readonly week: number;
}

/** The weekly receipt to every constituent with ranges and alerts switched on; returns how many mails. */
export function queueReceipts(db: StateDatabase, tenant: string, week: ReceiptWeek, request: MailRequest): Promise<number> {
  return db.transaction().execute(async (trx) => {
    await lockTenant(trx, tenant);
    const off = await switchedOff(trx, tenant);
    const told = await readReported(trx, tenant, week.week);
    const due = (await allConstituents(trx, tenant)).filter(
      (one) => !off.has(one.id) && !told.has(one.id) && request.rangesOf(one).length > 0 && request.reaches(one),
    );
    for (const constituent of due) {
      const { from, to, sensors, unwatched } = week;
      const alerts = await readSeenIn(trx, tenant, constituent.id, week, request.thresholds);
      const message: OwnRangeMessage = { kind: 'receipt', from, to, alerts, ranges: request.rangesOf(constituent), sensors, unwatched };
      const number = await insertMail(trx, tenant, constituent, message, request);
      await trx
        .insertInto('own_range_receipt')
        .values({ tenant, constituent_id: constituent.id, week: week.week, notice_number: number })
        .execute();
    }
    return due.length;
  });
}

async function readReported(trx: Kysely<Database>, tenant: string, week: number): Promise<ReadonlySet<string>> {
  const rows = await trx
    .selectFrom('own_range_receipt')
    .select('constituent_id')
    .where('tenant', '=', tenant)
    .where('week', '=', week)
    .execute();
  return new Set(rows.map((row) => row.constituent_id));
}

async function readSeenIn(
  trx: Trx,
  tenant: string,
  constituent: string,
  { from, to }: ReceiptWeek,
  thresholds: Thresholds,
): Promise<StoredAlert[]> {
  const rows = await trx
    .selectFrom('own_range_alert')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('constituent_id', '=', constituent)
    .where('last_seen_at', '>=', from)
    .where('first_seen_at', '<', to)
    .orderBy('number')
    .execute();
  return rows.map((row) => toAlert(row, thresholds));
}
