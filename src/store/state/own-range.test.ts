/** Alerts on both engines: counted once however often, one mail per constituent, one receipt per week. */
import { expect, it } from 'vitest';
import type { Constituent } from '../../domain/constituent.ts';
import type { OwnRangeShare } from '../../domain/own-range.ts';
import { replaceConstituents } from './constituents.ts';
import { listNotices, readNotice } from './notices.ts';
import {
  acknowledgeAlert,
  closeAlert,
  endAlerts,
  listAlerts,
  quietAlerts,
  readAlert,
  readAlertEvents,
  readAlertHours,
  setSwitch,
} from './own-range-alerts.ts';
import { type AlertMailRequest, queueAlertMails, queueReceipts } from './own-range-notices.ts';
import { applyShares, type SharePlacer } from './own-range-shares.ts';
import { describeState, newTenant, type OpenedState } from './test-support.ts';
import { constituent } from './test-support-findings.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 5, 15);
const THRESHOLDS = { leastPackets: 3, leastTargets: 2, leastAnswers: 25 };

/** Everything from ten packets on is one alert; more of the same belongs to the first that is not closed. */
const place: SharePlacer = (_kind, shares, alerts) => {
  const open = alerts.find(({ closedAt }) => closedAt === null);
  const packets = shares.reduce((sum, share) => sum + share.packets, 0);
  if (open) return shares.map((share) => ({ share, alert: open.number }));
  return packets < 10 ? [] : shares.map((share) => ({ share, alert: -1 }));
};

const share = (over: Partial<OwnRangeShare> = {}): OwnRangeShare => ({
  constituentId: 'umibe',
  class: 'OUTBOUND_INFECTION',
  host: '192.0.2.77',
  sensor: 'north',
  isBackscatter: false,
  hour: T0,
  packets: 10,
  targetBits: '0000000000000007',
  firstSeenAt: T0 + 1000,
  lastSeenAt: T0 + 60_000,
  ports: [{ protocol: 6, port: 23, packets: 10 }],
  ...over,
});

const mailRequest = (at: number): AlertMailRequest => ({
  at,
  isSimulation: false,
  thresholds: THRESHOLDS,
  drawCheckCode: () => 'AAAA-BBBB',
  reaches: ({ contact }) => contact.mail.length > 0,
  rangesOf: (one: Constituent) => one.resources.map(({ value }) => value),
  mailMs: 24 * HOUR,
  mailPauseMs: HOUR,
});

async function setup(opened: OpenedState) {
  const { db } = opened.state;
  const tenant = newTenant();
  const range = (value: string) => ({ kind: 'prefix' as const, value, validFrom: null, validTo: null });
  await replaceConstituents(db, tenant, [
    { ...constituent('umibe', { mail: ['it@umibe.example'] }), resources: [range('192.0.2.0/24')] },
    { ...constituent('yamate', { mail: ['it@yamate.example'] }), resources: [range('203.0.113.0/25')] },
    { ...constituent('mori', {}), resources: [range('198.51.100.0/24')] },
  ]);
  const apply = (shares: readonly OwnRangeShare[], at = T0 + HOUR) => applyShares(db, tenant, shares, at, place);
  const list = async () => (await listAlerts(db, tenant, {}, THRESHOLDS)).rows;
  return { db, tenant, apply, list };
}

describeState('own-range alerts', (opened) => {
  it('count every hour once, however often it is judged, and grow by the difference', async () => {
    const { db, tenant, apply, list } = await setup(opened());
    expect(await apply([share()])).toEqual({ raised: 1, changed: 1 });
    expect(await apply([share()])).toEqual({ raised: 0, changed: 0 });
    const grown = share({
      packets: 14,
      lastSeenAt: T0 + 90_000,
      ports: [{ protocol: 6, port: 23, packets: 14 }],
      targetBits: '000000000000000f',
    });
    expect(await apply([grown, share({ sensor: 'south', ports: [{ protocol: 6, port: 2323, packets: 10 }] })])).toEqual({
      raised: 0,
      changed: 1,
    });
    const [alert] = await list();
    expect(alert).toMatchObject({ id: 'A-000001', packets: 24, targets: 4, sensors: ['north', 'south'], state: 'new', severity: 'high' });
    expect(alert?.ports).toEqual([
      { protocol: 6, port: 23, packets: 14 },
      { protocol: 6, port: 2323, packets: 10 },
    ]);
    expect(await readAlertHours(db, tenant, 'A-000001')).toEqual([{ hour: T0, packets: 24 }]);
  });

  it('keep what is not enough until company comes', async () => {
    const { apply, list } = await setup(opened());
    expect(await apply([share({ packets: 4 })])).toEqual({ raised: 0, changed: 0 });
    expect(await apply([share({ packets: 6, hour: T0 + HOUR, firstSeenAt: T0 + HOUR, lastSeenAt: T0 + HOUR + 1 })])).toEqual({
      raised: 1,
      changed: 1,
    });
    expect(await list()).toMatchObject([{ packets: 10, firstSeenAt: T0 + 1000 }]);
  });

  it('are one for each host and class of many', async () => {
    const { apply, list } = await setup(opened());
    const many = Array.from({ length: 50 }, (_, i) => share({ host: `192.0.2.${i}` }));
    const attacked = many.slice(0, 5).map((one) => ({ ...one, class: 'UNDER_ATTACK' as const }));
    expect(await apply([...many, ...attacked])).toEqual({ raised: 55, changed: 55 });
    expect(new Set((await list()).map(({ host, class: kind }) => `${host} ${kind}`)).size).toBe(50);
    expect((await list()).length).toBe(50); // the first page
  });

  it('continue, end, go on again, and stay closed once a person closed them', async () => {
    const { db, tenant, apply } = await setup(opened());
    const later = (hours: number) => share({ hour: T0 + hours * HOUR, firstSeenAt: T0 + hours * HOUR, lastSeenAt: T0 + hours * HOUR + 1 });
    await apply([share()]);
    await apply([later(2)], T0 + 2 * HOUR);
    const read = () => readAlert(db, tenant, 'A-000001', THRESHOLDS);
    expect(await read()).toMatchObject({ state: 'continuing', severity: 'medium' });
    expect(await quietAlerts(db, tenant, T0 + 9 * HOUR)).toEqual([{ number: 1, lastSeenAt: T0 + 2 * HOUR + 1, sensors: ['north'] }]);
    await endAlerts(db, tenant, [1], T0 + 30 * HOUR);
    expect(await read()).toMatchObject({ state: 'ended' });
    await apply([later(3)], T0 + 31 * HOUR);
    expect(await read()).toMatchObject({ state: 'continuing' });
    const action = { at: T0 + 32 * HOUR, actor: 'analyst', comment: '' };
    await acknowledgeAlert(db, tenant, 'A-000001', action);
    await expect(acknowledgeAlert(db, tenant, 'A-000001', action)).rejects.toMatchObject({ code: 'conflict' });
    await closeAlert(db, tenant, 'A-000001', 'malware', action);
    expect(await apply([later(40)], T0 + 41 * HOUR)).toEqual({ raised: 1, changed: 1 });
    expect(await read()).toMatchObject({ state: 'closed', packets: 30, cause: 'malware' });
    const events = await readAlertEvents(db, tenant, 'A-000001');
    expect(events.map(({ what }) => what)).toEqual(['raised', 'continuing', 'ended', 'continuing', 'acknowledged', 'closed']);
  });

  it('are told once, in one mail per constituent, and not to whom they are switched off', async () => {
    const { db, tenant, apply } = await setup(opened());
    await apply([
      share(),
      share({ host: '192.0.2.78' }),
      share({ constituentId: 'yamate', host: '203.0.113.1' }),
      share({ constituentId: 'mori', host: '198.51.100.1' }),
    ]);
    await setSwitch(db, tenant, 'yamate', false, { at: T0, actor: 'coordinator' });
    const now = T0 + 2 * HOUR;
    expect(await queueAlertMails(db, tenant, mailRequest(now))).toBe(1);
    expect(await queueAlertMails(db, tenant, mailRequest(now))).toBe(0);
    const { rows } = await listNotices(db, tenant);
    expect(rows).toMatchObject([{ id: 'N-000001', channel: 'mail', constituentId: 'umibe', items: 2, severity: 'high', state: 'queued' }]);
    const notice = await readNotice(db, tenant, 'N-000001');
    expect(notice?.items).toEqual([]);
    expect(notice?.ownRange).toMatchObject({
      kind: 'alert',
      ranges: ['192.0.2.0/24'],
      alerts: [{ host: '192.0.2.77' }, { host: '192.0.2.78' }],
    });
    // What comes soon after waits for the next mail.
    await apply([share({ host: '192.0.2.79', firstSeenAt: now, lastSeenAt: now })], now);
    expect(await queueAlertMails(db, tenant, mailRequest(now + HOUR / 2))).toBe(0);
    expect(await queueAlertMails(db, tenant, mailRequest(now + HOUR + 1))).toBe(1);
  });

  it('are reported weekly, once, to everybody who can be reached', async () => {
    const { db, tenant, apply } = await setup(opened());
    await apply([share()]);
    const week = { week: T0, from: T0, to: T0 + 7 * 24 * HOUR, sensors: 2, unwatched: [] };
    expect(await queueReceipts(db, tenant, week, mailRequest(week.to))).toBe(2);
    expect(await queueReceipts(db, tenant, week, mailRequest(week.to + HOUR))).toBe(0);
    const notices = await Promise.all(['N-000001', 'N-000002'].map((id) => readNotice(db, tenant, id)));
    expect(notices.map((notice) => [notice?.constituent.id, notice?.ownRange?.alerts.length])).toEqual([
      ['umibe', 1],
      ['yamate', 0],
    ]);
  });
});
