/** Surges, campaigns and the list of vulnerabilities, on both engines and apart by tenant. */
import { expect, it } from 'vitest';
import { type Campaign, type KevEntry, placeOf, type Surge } from '../../domain/surge.ts';
import { listAudit } from './audit.ts';
import { countKev, listKev, readKevEdition, replaceKev } from './kev.ts';
import { createSurgeStore } from './surges.ts';
import { describeState, newTenant } from './test-support.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MARCH = Date.UTC(2026, 2, 1);

const surge: Omit<Surge, 'id'> = {
  sensor: 'north',
  place: placeOf(17, 65_535),
  kind: 'sudden',
  onsetAt: MARCH,
  detectedAt: MARCH + 600_000,
  lastAt: MARCH + HOUR,
  endedAt: null,
  endReason: null,
  basis: 'hour-of-week',
  samples: 72,
  usual: 3.5,
  limit: 21.25,
  peak: 90,
  peakAt: MARCH + 1_200_000,
  sources: 1234,
  networks: 800,
  asns: 40,
  evidence: { countries: [['JP', 5]], networks: [['64496', 5]], fresh: 3, singlePacket: 2, marks: { mirai: 1 } },
  growth: [{ at: MARCH, sources: 10 }],
};

const campaign: Omit<Campaign, 'id'> = {
  sensor: 'north',
  ports: [placeOf(6, 23), placeOf(6, 2323)],
  firstDay: MARCH,
  lastDay: MARCH,
  firstSeenAt: MARCH + HOUR,
  isNew: null,
  size: 40,
  evidence: { networks: 30, asns: 4, countries: [['JP', 40]], topNetworks: [['64496', 20]] },
  days: [{ day: MARCH, size: 40 }],
};

const entry = (cve: string, addedAt: number): KevEntry => ({
  cve,
  vendor: 'Example',
  product: 'Router',
  name: 'Example Router Vulnerability',
  description: '',
  action: '',
  addedAt,
  dueAt: null,
  ransomware: 'Unknown',
});

describeState('surges', (opened) => {
  const store = () => createSurgeStore(opened().state.db);

  it('come back as they were written, newest first, and change in place', async () => {
    const tenant = newTenant();
    const first = await store().addSurge(tenant, surge);
    const ended: Surge = {
      ...first,
      endedAt: MARCH + 2 * HOUR,
      endReason: 'over',
      peak: 100,
      growth: [...first.growth, { at: MARCH + HOUR, sources: 100 }],
    };
    const later = await store().addSurge(tenant, { ...surge, onsetAt: MARCH + DAY });
    expect(await store().surge(tenant, first.id)).toEqual({ ...surge, id: first.id });
    await store().changeSurge(tenant, ended);
    expect(await store().surges(tenant, {})).toEqual({ rows: [later, ended], total: 2 });
    expect((await store().surges(tenant, { since: MARCH + 3 * HOUR })).rows).toEqual([later]);
    expect((await store().surges(tenant, { sensor: 'south' })).total).toBe(0);
    expect((await store().surges(tenant, { limit: 1 })).rows).toEqual([later]);
  });

  it('belong to their tenant', async () => {
    const [tenant, stranger] = [newTenant(), newTenant()];
    const own = await store().addSurge(tenant, surge);
    await store().changeSurge(stranger, { ...own, peak: 1 });
    expect(await store().surge(stranger, own.id)).toBeNull();
    expect((await store().surge(tenant, own.id))?.peak).toBe(90);
    expect((await store().surges(stranger, {})).total).toBe(0);
  });

  it('are judged by hours that are counted again and forgotten', async () => {
    const tenant = newTenant();
    const counted = { hour: MARCH, packets: 5_000_000_000, countedUntil: MARCH + HOUR, watched: 127, counts: new Uint8Array([1, 0, 255]) };
    await store().writeHour(tenant, 'north', { ...counted, packets: 1 });
    await store().writeHour(tenant, 'north', counted);
    await store().writeHour(tenant, 'north', { ...counted, hour: MARCH + HOUR });
    const rows = await store().hours(tenant, 'north', MARCH);
    expect(rows.map(({ counts, ...row }) => ({ ...row, counts: [...counts] }))[0]).toEqual({ ...counted, counts: [1, 0, 255] });
    await store().forgetHours(tenant, 'north', MARCH + HOUR);
    expect((await store().hours(tenant, 'north', 0)).map(({ hour }) => hour)).toEqual([MARCH + HOUR]);
    expect(await store().hours(newTenant(), 'north', 0)).toEqual([]);
  });
});

describeState('campaigns', (opened) => {
  const store = () => createSurgeStore(opened().state.db);

  it('begin, go on and go, with the day that showed it', async () => {
    const tenant = newTenant();
    const day = { day: MARCH, sources: 100, broad: 3 };
    await store().writeCampaigns(tenant, 'north', day, { changed: [], begun: [campaign, { ...campaign, size: 50 }], gone: [] });
    const [larger, smaller] = await store().campaigns(tenant, 'north');
    expect([larger, smaller].map((one) => one?.size)).toEqual([50, 40]);
    expect(smaller).toEqual({ ...campaign, id: smaller?.id });
    if (!larger || !smaller) throw new Error('two campaigns were written');
    await store().writeCampaigns(
      tenant,
      'north',
      { ...day, broad: 4 },
      { changed: [{ ...smaller, isNew: true, size: 60 }], begun: [], gone: [larger] },
    );
    expect(await store().campaigns(tenant)).toEqual([{ ...smaller, isNew: true, size: 60 }]);
    expect(await store().campaignDays(tenant, 'north')).toEqual([{ ...day, broad: 4 }]);
    expect(await store().campaigns(newTenant())).toEqual([]);
  });
});

describeState('the list of known exploited vulnerabilities', (opened) => {
  it('is replaced as a whole, with an audit entry', async () => {
    const { db } = opened().state;
    const tenant = newTenant();
    const edition = { version: '1', releasedAt: null, importedAt: MARCH, file: 'kev.json' };
    const many = Array.from({ length: 1200 }, (_, i) => entry(`CVE-1900-${String(10_000 + i)}`, MARCH - i * DAY));
    await replaceKev(db, tenant, many, edition, 'tester');
    expect([await countKev(db, tenant), await countKev(db, newTenant())]).toEqual([1200, 0]);
    expect((await listKev(db, tenant, MARCH - 2 * DAY, MARCH)).map(({ cve }) => cve)).toEqual([
      'CVE-1900-10000',
      'CVE-1900-10001',
      'CVE-1900-10002',
    ]);
    await replaceKev(db, tenant, many.slice(0, 1), { ...edition, version: '2' }, 'tester');
    expect([await countKev(db, tenant), (await readKevEdition(db, tenant))?.version]).toEqual([1, '2']);
    expect((await listAudit(db, tenant)).rows.map(({ action, subject }) => [action, subject])).toEqual([
      ['kev-imported', 'kev.json'],
      ['kev-imported', 'kev.json'],
    ]);
  });
});
