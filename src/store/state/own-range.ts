/**
 * Alerts about own ranges as they are stored: shares by hour, the alerts they make, what
 * people did with them.
 *
 * A share replaces what was known of its host, sensor and hour, and an alert's counts move
 * by the difference: the same hour may be judged any number of times, after a crash as
 * well, and nothing counts twice.
 */
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { z } from 'zod';
import {
  type OwnRangeAlert,
  type OwnRangeCause,
  type OwnRangeClass,
  type OwnRangeShare,
  type OwnRangeState,
  severityOfAlert,
  stateOf,
} from '../../domain/own-range.ts';
import { becauseOf, type Thresholds } from '../../domain/own-range-text.ts';
import type { PortCount } from '../../domain/question.ts';
import { estimateTargets } from '../../domain/target-bits.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { appendAudit } from './audit.ts';
import { rowSet } from './columns.ts';
import { fromCursor, type Page, type PageRequest, pageSize, toPage } from './cursor.ts';
import type { StateDatabase } from './open.ts';
import type { Database, OwnRangeAlertTable, OwnRangeShareTable } from './schema.ts';
import { lockTenant } from './transaction.ts';

type Trx = Transaction<Database>;
type AlertRow = Selectable<OwnRangeAlertTable>;
type ShareRow = Selectable<OwnRangeShareTable>;

/** Decides which alert a share belongs to; negative numbers are alerts to be raised. */
export type SharePlacer = <Share extends Pick<OwnRangeShare, 'firstSeenAt' | 'lastSeenAt' | 'packets' | 'targetBits'>>(
  kind: OwnRangeClass,
  shares: readonly Share[],
  alerts: readonly { number: number; firstSeenAt: number; lastSeenAt: number; closedAt: number | null }[],
) => readonly { readonly share: Share; readonly alert: number }[];

export interface AppliedShares {
  readonly raised: number;
  readonly changed: number;
}

export const toAlertId = (number: number): string => `A-${String(number).padStart(6, '0')}`;

export function toAlertNumber(id: string): number | undefined {
  const match = /^A-(\d{6,9})$/.exec(id);
  return match ? Number(match[1]) : undefined;
}

const SHARES_AT_ONCE = 2000;

/** Takes what hosts of registered ranges did; hours known already are replaced. */
export async function applyShares(
  db: StateDatabase,
  tenant: string,
  shares: readonly OwnRangeShare[],
  at: number,
  place: SharePlacer,
): Promise<AppliedShares> {
  // All shares of one host are in one transaction: what is not enough alone may be enough together.
  const byKey = [...Map.groupBy(shares, keyOf).values()];
  let [raised, changed] = [0, 0];
  for (let i = 0; i < byKey.length; ) {
    const part: OwnRangeShare[] = [];
    while (i < byKey.length && part.length < SHARES_AT_ONCE) part.push(...(byKey[i++] ?? []));
    const applied = await db.transaction().execute((trx) => applyPart(trx, tenant, part, at, place));
    raised += applied.raised;
    changed += applied.changed;
  }
  return { raised, changed };
}

const keyOf = (share: Pick<OwnRangeShare, 'constituentId' | 'host' | 'class'>): string =>
  `${share.constituentId}\u001f${share.host}\u001f${share.class}`;
const shareKey = (share: OwnRangeShare): string => `${keyOf(share)}\u001f${share.sensor}\u001f${share.hour}`;

async function applyPart(trx: Trx, tenant: string, all: readonly OwnRangeShare[], at: number, place: SharePlacer): Promise<AppliedShares> {
  await lockTenant(trx, tenant);
  const known = new Map((await readShares(trx, tenant, all)).map((row) => [shareKey(toShare(row)), row]));
  const shares = all.filter((share) => !isSame(share, known.get(shareKey(share))));
  if (shares.length === 0) return { raised: 0, changed: 0 };
  const alerts = new Map((await readAlertsOf(trx, tenant, shares)).map((row) => [row.number, toDraft(row)]));
  const grown: Placed[] = [];
  const loose: OwnRangeShare[] = [];
  for (const share of shares) {
    const before = known.get(shareKey(share));
    const alert = before?.alert_number ?? null;
    if (alert === null) loose.push(share);
    else grown.push({ share, alert, before: before ?? null });
  }
  const fresh = new Set(loose.map(shareKey));
  const waiting = loose.length === 0 ? [] : (await readLoose(trx, tenant, loose)).map(toShare).filter((one) => !fresh.has(shareKey(one)));
  const placed = placeAll([...loose, ...waiting], [...alerts.values()], place);
  const raised = await raiseNew(trx, tenant, placed, alerts, at);
  const moved = [...grown, ...placed.map((one) => ({ ...one, before: null }))];
  for (const one of moved) grow(alerts.get(one.alert), one);
  await writeShares(trx, tenant, shares, new Map(moved.map(({ share, alert }) => [shareKey(share), alert])));
  await attach(
    trx,
    tenant,
    placed.filter(({ share }) => !fresh.has(shareKey(share))),
  );
  const touched = new Set(moved.map(({ alert }) => alert));
  await writeAlerts(
    trx,
    tenant,
    [...alerts.values()].filter(({ number }) => touched.has(number)),
    at,
    new Set(raised),
  );
  return { raised: raised.length, changed: touched.size };
}

interface Placed {
  readonly share: OwnRangeShare;
  readonly alert: number;
  readonly before: ShareRow | null;
}

function isSame(share: OwnRangeShare, row: ShareRow | undefined): boolean {
  return (
    row !== undefined && row.packets === share.packets && row.last_seen_at === share.lastSeenAt && row.first_seen_at === share.firstSeenAt
  );
}

// ---- Alerts while they are worked on

interface Draft {
  readonly number: number;
  readonly constituentId: string;
  readonly host: string;
  readonly class: OwnRangeClass;
  readonly closedAt: number | null;
  readonly endedAt: number | null;
  raisedLastAt: number;
  firstSeenAt: number;
  lastSeenAt: number;
  packets: number;
  bits: bigint;
  ports: Map<string, PortCount>;
  sensors: Set<string>;
  readonly stateBefore: OwnRangeState | null;
}

function toDraft(row: AlertRow): Draft {
  return {
    number: row.number,
    constituentId: row.constituent_id,
    host: row.host,
    class: row.class as OwnRangeClass,
    closedAt: row.closed_at,
    endedAt: row.ended_at,
    raisedLastAt: row.raised_last_at,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    packets: row.packets,
    bits: BigInt(`0x${row.target_bits}`),
    ports: new Map(row.ports.map((one) => [portKey(one), one])),
    sensors: new Set(row.sensors),
    stateBefore: stateOf(courseOf(row)),
  };
}

const courseOf = (row: AlertRow): Parameters<typeof stateOf>[0] => ({
  raisedLastAt: row.raised_last_at,
  lastSeenAt: row.last_seen_at,
  endedAt: row.ended_at,
  closedAt: row.closed_at,
});

const portKey = ({ protocol, port }: PortCount): string => `${protocol}/${port}`;

/** By the difference to what the alert knew of this hour. */
function grow(alert: Draft | undefined, { share, before }: Placed): void {
  if (!alert) return;
  alert.packets += share.packets - (before?.packets ?? 0);
  alert.firstSeenAt = Math.min(alert.firstSeenAt, share.firstSeenAt);
  alert.lastSeenAt = Math.max(alert.lastSeenAt, share.lastSeenAt);
  alert.bits |= BigInt(`0x${share.targetBits}`);
  alert.sensors.add(share.sensor);
  const old = new Map((before?.ports ?? []).map((one) => [portKey(one), one.packets]));
  for (const one of share.ports) {
    const packets = (alert.ports.get(portKey(one))?.packets ?? 0) + one.packets - (old.get(portKey(one)) ?? 0);
    alert.ports.set(portKey(one), { ...one, packets });
  }
}

function placeAll(
  shares: readonly OwnRangeShare[],
  alerts: readonly Draft[],
  place: SharePlacer,
): { share: OwnRangeShare; alert: number }[] {
  const byKey = Map.groupBy(alerts, keyOf);
  let last = 0;
  return [...Map.groupBy(shares, keyOf)].flatMap(([key, own]) => {
    const [first] = own;
    if (!first) return [];
    const placed = place(first.class, own, byKey.get(key) ?? []);
    // Each host numbers its new alerts from -1 on: together they must not meet.
    const base = last;
    last = Math.min(last, ...placed.map(({ alert }) => (alert < 0 ? base + alert : 0)));
    return placed.map(({ share, alert }) => ({ share, alert: alert < 0 ? base + alert : alert }));
  });
}

/** Gives the new alerts their numbers, in `placed` as well. */
async function raiseNew(
  trx: Trx,
  tenant: string,
  placed: { share: OwnRangeShare; alert: number }[],
  alerts: Map<number, Draft>,
  at: number,
): Promise<number[]> {
  const fresh = Map.groupBy(
    placed.filter(({ alert }) => alert < 0),
    ({ alert }) => alert,
  );
  if (fresh.size === 0) return [];
  let number = await reserveAlerts(trx, tenant, fresh.size);
  const drafts: Draft[] = [];
  for (const own of fresh.values()) {
    const [first] = own;
    if (!first) continue;
    const draft = newDraft(
      number,
      own.map(({ share }) => share),
    );
    for (const one of own) one.alert = number;
    alerts.set(number++, draft);
    drafts.push(draft);
  }
  await insertAlerts(trx, tenant, drafts, at);
  return drafts.map((draft) => draft.number);
}

function newDraft(number: number, shares: readonly OwnRangeShare[]): Draft {
  const [first] = shares;
  if (!first) throw new YaguraError('internal', 'an alert is raised from at least one share');
  const lastSeenAt = Math.max(...shares.map((share) => share.lastSeenAt));
  return {
    number,
    constituentId: first.constituentId,
    host: first.host,
    class: first.class,
    closedAt: null,
    endedAt: null,
    raisedLastAt: lastSeenAt,
    firstSeenAt: first.firstSeenAt,
    lastSeenAt,
    packets: 0,
    bits: 0n,
    ports: new Map(),
    sensors: new Set(),
    stateBefore: null,
  };
}

// ---- Reading and writing sets of rows

const keySet = (shares: readonly OwnRangeShare[]) =>
  rowSet([...new Map(shares.map((share) => [keyOf(share), share])).values()], {
    constituent_id: ['text', (one) => one.constituentId],
    host: ['text', (one) => one.host],
    class: ['text', (one) => one.class],
  });

async function readShares(trx: Trx, tenant: string, shares: readonly OwnRangeShare[]): Promise<ShareRow[]> {
  const keys = rowSet(shares, {
    hour: ['int8', (one) => one.hour],
    constituent_id: ['text', (one) => one.constituentId],
    host: ['text', (one) => one.host],
    class: ['text', (one) => one.class],
    sensor_id: ['text', (one) => one.sensor],
  });
  const { rows } = await sql<ShareRow>`select s.* from ${keys} as k join own_range_share s on s.tenant = ${tenant}
    and s.constituent_id = k.constituent_id and s.host = k.host and s.class = k.class and s.hour = k.hour and s.sensor_id = k.sensor_id`.execute(
    trx,
  );
  return rows;
}

async function readLoose(trx: Trx, tenant: string, shares: readonly OwnRangeShare[]): Promise<ShareRow[]> {
  const { rows } = await sql<ShareRow>`select s.* from ${keySet(shares)} as k join own_range_share s on s.tenant = ${tenant}
    and s.constituent_id = k.constituent_id and s.host = k.host and s.class = k.class and s.alert_number is null`.execute(trx);
  return rows;
}

async function readAlertsOf(trx: Trx, tenant: string, shares: readonly OwnRangeShare[]): Promise<AlertRow[]> {
  const { rows } = await sql<AlertRow>`select a.* from ${keySet(shares)} as k join own_range_alert a on a.tenant = ${tenant}
    and a.constituent_id = k.constituent_id and a.host = k.host and a.class = k.class order by a.number`.execute(trx);
  return rows;
}

const toShare = (row: ShareRow): OwnRangeShare => ({
  constituentId: row.constituent_id,
  host: row.host,
  class: row.class as OwnRangeClass,
  isBackscatter: row.class === 'UNDER_ATTACK',
  sensor: row.sensor_id,
  hour: row.hour,
  packets: row.packets,
  targetBits: row.target_bits,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
  ports: row.ports,
});

async function writeShares(trx: Trx, tenant: string, shares: readonly OwnRangeShare[], alerts: ReadonlyMap<string, number>): Promise<void> {
  const rows = rowSet(shares, {
    hour: ['int8', (one) => one.hour],
    constituent_id: ['text', (one) => one.constituentId],
    host: ['text', (one) => one.host],
    class: ['text', (one) => one.class],
    sensor_id: ['text', (one) => one.sensor],
    packets: ['int8', (one) => one.packets],
    target_bits: ['text', (one) => one.targetBits],
    first_seen_at: ['int8', (one) => one.firstSeenAt],
    last_seen_at: ['int8', (one) => one.lastSeenAt],
    ports: ['text', (one) => JSON.stringify(one.ports)],
    alert_number: ['int4', (one) => alerts.get(shareKey(one)) ?? null],
  });
  await sql`
    insert into own_range_share (tenant, constituent_id, host, class, sensor_id, hour, packets, target_bits, first_seen_at, last_seen_at,
      ports, alert_number)
    select ${tenant}, k.constituent_id, k.host, k.class, k.sensor_id, k.hour, k.packets, k.target_bits, k.first_seen_at, k.last_seen_at,
      k.ports::jsonb, k.alert_number from ${rows} as k
    on conflict (tenant, constituent_id, host, class, hour, sensor_id) do update set packets = excluded.packets,
      target_bits = excluded.target_bits, first_seen_at = excluded.first_seen_at, last_seen_at = excluded.last_seen_at,
      ports = excluded.ports, alert_number = excluded.alert_number`.execute(trx);
}

/** Shares that had been waiting for company. */
async function attach(trx: Trx, tenant: string, placed: readonly { share: OwnRangeShare; alert: number }[]): Promise<void> {
  if (placed.length === 0) return;
  const rows = rowSet(placed, {
    hour: ['int8', ({ share }) => share.hour],
    constituent_id: ['text', ({ share }) => share.constituentId],
    host: ['text', ({ share }) => share.host],
    class: ['text', ({ share }) => share.class],
    sensor_id: ['text', ({ share }) => share.sensor],
    alert_number: ['int4', ({ alert }) => alert],
  });
  await sql`
    update own_range_share s set alert_number = k.alert_number from ${rows} as k
    where s.tenant = ${tenant} and s.constituent_id = k.constituent_id and s.host = k.host and s.class = k.class and s.hour = k.hour
      and s.sensor_id = k.sensor_id`.execute(trx);
}

async function reserveAlerts(trx: Trx, tenant: string, count: number): Promise<number> {
  const { rows } = await sql<{ first: number }>`
    update tenant set next_alert = next_alert + ${count} where tenant = ${tenant}
    returning next_alert - ${count}::int as first`.execute(trx);
  return rows[0]?.first ?? 1;
}

async function insertAlerts(trx: Trx, tenant: string, drafts: readonly Draft[], at: number): Promise<void> {
  const rows = rowSet(drafts, {
    number: ['int4', (one) => one.number],
    constituent_id: ['text', (one) => one.constituentId],
    host: ['text', (one) => one.host],
    class: ['text', (one) => one.class],
    raised_last_at: ['int8', (one) => one.raisedLastAt],
  });
  await sql`
    insert into own_range_alert (tenant, number, constituent_id, host, class, raised_at, raised_last_at, first_seen_at, last_seen_at,
      packets, target_bits, ports, sensors)
    select ${tenant}, k.number, k.constituent_id, k.host, k.class, ${at}::bigint, k.raised_last_at, 0, 0, 0, '0', '[]'::jsonb, '[]'::jsonb
    from ${rows} as k`.execute(trx);
}

const MOST_PORTS = 16;

/** What is seen again after its quiet end goes on. */
async function writeAlerts(trx: Trx, tenant: string, drafts: readonly Draft[], at: number, raised: ReadonlySet<number>): Promise<void> {
  if (drafts.length === 0) return;
  const rows = rowSet(drafts, {
    number: ['int4', (one) => one.number],
    first_seen_at: ['int8', (one) => one.firstSeenAt],
    last_seen_at: ['int8', (one) => one.lastSeenAt],
    packets: ['int8', (one) => one.packets],
    target_bits: ['text', (one) => one.bits.toString(16).padStart(16, '0')],
    ports: ['text', (one) => JSON.stringify(busiest(one.ports))],
    sensors: ['text', (one) => JSON.stringify([...one.sensors].sort())],
  });
  await sql`
    update own_range_alert a set first_seen_at = k.first_seen_at, last_seen_at = k.last_seen_at, packets = k.packets,
      target_bits = k.target_bits, ports = k.ports::jsonb, sensors = k.sensors::jsonb,
      ended_at = case when k.last_seen_at > a.last_seen_at then null else a.ended_at end
    from ${rows} as k where a.tenant = ${tenant} and a.number = k.number`.execute(trx);
  const system = { at, actor: 'system' };
  await insertAlertEvents(trx, tenant, [
    ...drafts.filter(({ number }) => raised.has(number)).map(({ number }) => ({ ...system, number, what: 'raised', text: RAISED })),
    ...drafts.filter(hasBecomeContinuing).map(({ number }) => ({ ...system, number, what: 'continuing', text: CONTINUING })),
  ]);
}

const busiest = (ports: ReadonlyMap<string, PortCount>): PortCount[] =>
  [...ports.values()].sort((a, b) => b.packets - a.packets).slice(0, MOST_PORTS);

const hasBecomeContinuing = (draft: Draft): boolean =>
  (draft.stateBefore === 'new' || draft.stateBefore === 'ended') && stateOf({ ...draft, endedAt: null }) === 'continuing';

const RAISED: Text = { ja: '警報を出しました。', en: 'The alert was raised.' };
const CONTINUING: Text = { ja: '引き続き観測されています。', en: 'It is still being seen.' };
const ENDED: Text = {
  ja: 'センサーが正常に観測しているあいだ、静かな状態が続いたため、終わったとみなしました。',
  en: 'It was quiet for long enough while the sensors watched, so it counts as over.',
};

interface NewAlertEvent {
  readonly number: number;
  readonly at: number;
  readonly actor: string;
  readonly what: string;
  readonly text: Text;
}

export async function insertAlertEvents(trx: Kysely<Database>, tenant: string, events: readonly NewAlertEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = rowSet(events, {
    alert_number: ['int4', (event) => event.number],
    at: ['int8', (event) => event.at],
    actor: ['text', (event) => event.actor],
    what: ['text', (event) => event.what],
    text_ja: ['text', (event) => event.text.ja],
    text_en: ['text', (event) => event.text.en],
  });
  await sql`
    insert into own_range_event (tenant, alert_number, at, actor, what, text_ja, text_en) select ${tenant}, k.* from ${rows} as k`.execute(
    trx,
  );
}

// ---- Reading

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

export interface AlertEvent {
  readonly at: number;
  readonly actor: string;
  readonly what: string;
  readonly text: Text;
}

/** Oldest first. */
export async function readAlertEvents(db: StateDatabase, tenant: string, id: string): Promise<AlertEvent[]> {
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
