/**
 * Shares by hour, and the alerts about own ranges they make.
 *
 * A share replaces what was known of its host, sensor and hour, and an alert's counts move
 * by the difference: the same hour may be judged any number of times, after a crash as
 * well, and nothing counts twice.
 */
import { type Selectable, sql, type Transaction } from 'kysely';
import { type OwnRangeClass, type OwnRangeShare, type OwnRangeState, stateOf } from '../../domain/own-range.ts';
import type { PortCount } from '../../domain/question.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { rowSet } from './columns.ts';
import type { StateDatabase } from './open.ts';
import { courseOf, insertAlertEvents } from './own-range-alerts.ts';
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
