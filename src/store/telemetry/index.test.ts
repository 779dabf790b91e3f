/** One suite for every engine: the embedded one, its dialect over HTTP, and a server over HTTP when there is one. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { volume } from '../../../test/support/volume.ts';
import type { TelescopeQuestion, TelescopeQuestionRows } from '../../domain/question.ts';
import { createLog } from '../../engine/log.ts';
import { cells, digest, feedRows } from './fixtures/cells.ts';
import { hasServer, startServer, type TestServer } from './fixtures/clickhouse-server.ts';
import { startCurrentServer } from './fixtures/current-server.ts';
import { randomCells } from './fixtures/random-batch.ts';
import { openTelemetry, type TelemetryOptions, type TelemetryStore } from './index.ts';

const log = createLog('silent');
const DAY = Date.UTC(2026, 2, 14);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SOURCES = volume(6000, 20_000);
const DAYS = volume(105, 150);
const day = { from: DAY, to: DAY + 24 * HOUR };
const folder = mkdtempSync(join(tmpdir(), 'yagura-telemetry-'));
let opened = 0;
let server: TestServer | undefined;
let current: TestServer | undefined;

beforeAll(async () => {
  if (hasServer) server = await startServer();
  current = await startCurrentServer(folder);
});
afterAll(async () => {
  await server?.stop();
  await current?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const engines: readonly { name: string; isHere: boolean; place: (id: number) => Pick<TelemetryOptions, 'path' | 'url'> }[] = [
  { name: 'embedded engine', isHere: true, place: (id) => ({ path: join(folder, `engine-${id}`) }) },
  { name: 'current dialect over HTTP', isHere: true, place: (id) => ({ url: `${current?.url}/test_${id}` }) },
  { name: 'server over HTTP', isHere: hasServer, place: (id) => ({ url: `${server?.url}/test_${process.pid}_${id}` }) },
];

async function collect<Q extends TelescopeQuestion>(
  store: TelemetryStore,
  question: Q,
  tenant = 'main',
): Promise<TelescopeQuestionRows[Q][]> {
  const rows: TelescopeQuestionRows[Q][] = [];
  for await (const page of store.ask(question, { tenant, sensor: 'north', ...day })) {
    expect(page.length).toBeLessThanOrEqual(2000);
    rows.push(...page);
  }
  return rows;
}

describe.each(engines)('telemetry store: $name', ({ isHere, place }) => {
  const options = (): TelemetryOptions => ({
    ...place(opened),
    spoolDirectory: join(folder, `spool-${opened}`),
    log,
    memoryBytes: 800 << 20,
  });
  let store: TelemetryStore;
  beforeAll(async () => {
    opened++;
    if (isHere) store = await openTelemetry(options());
  });
  afterAll(async () => store?.close());

  describe.skipIf(!isHere)('telescope', () => {
    const at = DAY + 10 * HOUR;
    beforeAll(async () => {
      const batch = cells([
        { at: at + 5000, source: '192.0.2.7', port: 23, packets: 10, mirai: 10, targetBits: 0b11n, sourcePort: 1111, ttl: 60 },
        { at: at + 1000, source: '192.0.2.7', port: 2323, packets: 3, mirai: 1, targetBits: 0b110n, sourcePort: 2222, ttl: 52 },
        { at: at + 3 * MINUTE, source: '192.0.2.7', port: 23, packets: 5, targetBits: 0b1000n, class: 'udp-probe', protocol: 17 },
        { at: at + 2 * HOUR, source: '2001:db8::9', port: 128, protocol: 58, class: 'ping', packets: 2, asn: 64_499, country: '' },
        { at: at + 61 * MINUTE, source: '198.51.100.4', port: 80, class: 'backscatter', packets: 100, targetBits: (1n << 64n) - 1n },
        { at: at + 63 * MINUTE, source: '198.51.100.4', port: 80, class: 'backscatter', packets: 50, country: 'US', asn: 64_500 },
        { at: at + 63 * MINUTE, source: '198.51.100.4', port: 443, class: 'backscatter', packets: 7, country: 'US', asn: 64_500 },
        { at, source: '203.0.113.1', sensor: 'south', packets: 1000 },
        { at: at - 24 * HOUR, source: '203.0.113.2', packets: 500 },
      ]);
      await store.insert([batch], 'telescope:0');
      await store.insert([batch], 'telescope:0');
      await store.insert([cells([{ at, tenant: 'other', source: '192.0.2.7', packets: 4000, country: 'DE' }])], 'telescope:1');
    });

    it('stores the same token once, in raw tables and rollups', async () => {
      expect(await store.checkAgreement('main')).toEqual({ cells: 1677, hours: 1677, minutes: 1677, agrees: true });
      expect(await store.countRows('telescope_minute')).toBe(10);
      expect(readdirSync(join(folder, `spool-${opened}`))).toEqual([]);
    });

    it('answers scanning-sources with one row per source', async () => {
      const rows = await collect(store, 'scanning-sources');
      expect(rows.map((row) => row.source)).toEqual(['192.0.2.7', '2001:db8::9']);
      expect(rows[0]).toEqual({
        source: '192.0.2.7',
        packets: 18,
        bytes: 720,
        synPackets: 13,
        udpPackets: 5,
        pingPackets: 0,
        firstSeenAt: at + 1000,
        lastSeenAt: at + 3 * MINUTE,
        minutes: 2,
        targets: 4,
        areTargetsALowerBound: false,
        ports: [
          { protocol: 6, port: 23, packets: 10 },
          { protocol: 17, port: 23, packets: 5 },
          { protocol: 6, port: 2323, packets: 3 },
        ],
        distinctPorts: 3,
        sourcePort: 2222,
        ttlMin: 50,
        ttlMax: 60,
        window: 1024,
        marks: { mirai: 11, zmap: 0, masscan: 0, nmap: 0, bare: 0 },
        miraiPorts: [
          { protocol: 6, port: 23, packets: 10 },
          { protocol: 6, port: 2323, packets: 1 },
        ],
        scans: [{ protocol: 17, port: 23, cells: [{ minute: (at + 3 * MINUTE) / 1000, packets: 5, targetsHigh: 0, targetsLow: 8 }] }],
      });
    });

    it('reaches back for the minutes of a scan and for nothing else', async () => {
      const midnight = DAY + 24 * HOUR;
      const scan = { source: '192.0.2.99', tenant: 'night', port: 445 };
      await store.insert(
        [
          cells([
            { ...scan, at: midnight - 10 * MINUTE, packets: 7, targetBits: 1n << 40n },
            { ...scan, at: midnight - 90 * MINUTE, packets: 100 },
            { ...scan, at: midnight + MINUTE, packets: 8 },
            { ...scan, at: midnight + MINUTE, packets: 6, port: 22 },
            { ...scan, at: midnight - MINUTE, source: '192.0.2.98' },
          ]),
        ],
        'night',
      );
      const range = { tenant: 'night', sensor: 'north', from: midnight, to: midnight + 24 * HOUR, lookBackMs: HOUR };
      const rows = (await Array.fromAsync(store.ask('scanning-sources', range))).flat();
      expect(rows).toHaveLength(1);
      expect(rows[0]).toMatchObject({ source: '192.0.2.99', packets: 14, firstSeenAt: midnight + MINUTE, minutes: 1, targets: 1 });
      expect(rows[0]?.scans).toEqual([
        {
          protocol: 6,
          port: 445,
          cells: [
            { minute: (midnight - 10 * MINUTE) / 1000, packets: 7, targetsHigh: 256, targetsLow: 0 },
            { minute: (midnight + MINUTE) / 1000, packets: 8, targetsHigh: 0, targetsLow: 1 },
          ],
        },
        { protocol: 6, port: 22, cells: [{ minute: (midnight + MINUTE) / 1000, packets: 6, targetsHigh: 0, targetsLow: 1 }] },
      ]);
    });

    it('finds floods of hosts with one packet each, and no host that came back', async () => {
      const flood = Array.from({ length: 250 }, (_, i) => ({
        at: at + (i % 9) * MINUTE,
        source: `198.18.${i >> 8}.${i & 255}`,
        tenant: 'flood',
        port: 22,
      }));
      const few = Array.from({ length: 150 }, (_, i) => ({ at, source: `198.19.0.${i}`, tenant: 'flood', port: 80 }));
      const returning = Array.from({ length: 250 }, (_, i) => ({ at, source: `198.19.1.${i}`, tenant: 'flood', port: 443, packets: 2 }));
      await store.insert([cells([...flood, ...few, ...returning])], 'flood');
      expect(await collect(store, 'one-packet-floods', 'flood')).toEqual([
        { protocol: 6, port: 22, from: at, to: at + 10 * MINUTE, sources: 250 },
      ]);
      expect(await collect(store, 'one-packet-floods', 'nobody')).toEqual([]);
    });

    it('answers backscatter-victims with the series of minutes', async () => {
      const rows = await collect(store, 'backscatter-victims');
      expect(rows).toEqual([
        {
          source: '198.51.100.4',
          packets: 157,
          firstSeenAt: at + 61 * MINUTE,
          lastSeenAt: at + 63 * MINUTE,
          targets: 266,
          areTargetsALowerBound: true,
          services: [
            { protocol: 6, port: 80, packets: 150 },
            { protocol: 6, port: 443, packets: 7 },
          ],
          minutes: [
            {
              minute: (at + 61 * MINUTE) / 1000,
              packets: 100,
              firstAt: at + 61 * MINUTE,
              lastAt: at + 61 * MINUTE,
              services: [{ protocol: 6, port: 80, packets: 100 }],
              distinctServices: 1,
            },
            {
              minute: (at + 63 * MINUTE) / 1000,
              packets: 57,
              firstAt: at + 63 * MINUTE,
              lastAt: at + 63 * MINUTE,
              services: [
                { protocol: 6, port: 80, packets: 50 },
                { protocol: 6, port: 443, packets: 7 },
              ],
              distinctServices: 2,
            },
          ],
        },
      ]);
    });

    it('keeps tenants apart in the detector questions', async () => {
      const rows = await collect(store, 'scanning-sources', 'other');
      expect(rows.map((row) => [row.source, row.packets])).toEqual([['192.0.2.7', 4000]]);
      expect(await collect(store, 'backscatter-victims', 'other')).toEqual([]);
      expect(await collect(store, 'scanning-sources', 'nobody')).toEqual([]);
    });

    it('draws traffic per class and step', async () => {
      const { series, totals } = await store.traffic({ tenant: 'main', sensor: 'north', ...day, stepSeconds: 3600 });
      const scan = series.find((one) => one.class === 'tcp-scan');
      expect(scan?.packets).toHaveLength(24);
      expect(scan?.packets[10]).toBe(13);
      expect(series.map((one) => [one.class, one.total])).toEqual([
        ['other', 0],
        ['tcp-scan', 13],
        ['udp-probe', 5],
        ['ping', 2],
        ['backscatter', 157],
        ['misconfiguration', 0],
      ]);
      expect(totals).toEqual({ packets: 177, bytes: 177 * 40, sources: 3 });
    });

    it('leaves out the count of sources when nobody wants it, and keeps tenants apart', async () => {
      const { totals } = await store.traffic({ tenant: 'other', ...day, stepSeconds: 60, countSources: false });
      expect(totals).toEqual({ packets: 4000, bytes: 160_000, sources: 0 });
    });

    it.each([{ stepSeconds: 30 }, { stepSeconds: 60.5 }, { stepSeconds: 60, to: DAY }])(
      'refuses steps that make no chart: %o',
      async (wrong) => {
        await expect(store.traffic({ tenant: 'main', ...day, ...wrong })).rejects.toMatchObject({ code: 'usage' });
      },
    );

    it.each([day, { from: DAY + MINUTE, to: day.to }])('finds the busiest ports, by the rollup or the cells alike', async (period) => {
      const rows = await store.trafficTop({ tenant: 'main', ...period, by: 'port', limit: 3 });
      expect(rows).toEqual([
        { key: 'tcp/23', packets: 1010, sources: 2, class: 'tcp-scan' },
        { key: 'tcp/80', packets: 150, sources: 1, class: 'backscatter' },
        { key: 'tcp/443', packets: 7, sources: 1, class: 'backscatter' },
      ]);
    });

    it('finds the busiest sources, networks and countries', async () => {
      const ask = { tenant: 'main', sensor: 'north', ...day, limit: 10 } as const;
      expect((await store.trafficTop({ ...ask, by: 'source' })).map((row) => [row.key, row.packets, row.sources])).toEqual([
        ['198.51.100.4', 157, 1],
        ['192.0.2.7', 18, 1],
        ['2001:db8::9', 2, 1],
      ]);
      expect((await store.trafficTop({ ...ask, by: 'network' })).map((row) => [row.key, row.packets, row.sources])).toEqual([
        ['64496', 118, 2],
        ['64500', 57, 1],
        ['64499', 2, 1],
      ]);
      expect((await store.trafficTop({ ...ask, by: 'country' })).map((row) => [row.key, row.packets, row.class])).toEqual([
        ['JP', 118, 'backscatter'],
        ['US', 57, 'backscatter'],
        ['', 2, 'ping'],
      ]);
    });

    it.each(['port', 'source', 'network', 'country'] as const)('keeps tenants apart in the busiest by %s', async (by) => {
      const rows = await store.trafficTop({ tenant: 'other', ...day, by, limit: 10 });
      expect(rows.map((row) => row.packets)).toEqual([4000]);
      expect(await store.trafficTop({ tenant: 'nobody', ...day, by, limit: 10 })).toEqual([]);
    });

    it('says from when to when there is data', async () => {
      expect(await store.dataRange('main')).toEqual({ firstAt: at - 24 * HOUR, lastAt: at + 2 * HOUR, packets: 1677, flows: null });
      expect(await store.dataRange('other')).toEqual({ firstAt: at, lastAt: at, packets: 4000, flows: null });
      expect(await store.dataRange('nobody')).toEqual({ firstAt: null, lastAt: null, packets: 0, flows: null });
    });

    it('says which sensor had data when', async () => {
      const rows = await store.coverage({ tenant: 'main', ...day, stepSeconds: 3600 });
      const hours = rows.map((row) => [row.sensor, row.steps.flatMap((has, hour) => (has ? [hour] : []))]);
      expect(hours).toEqual([
        ['north', [10, 11, 12]],
        ['south', [10]],
      ]);
      expect(await store.coverage({ tenant: 'nobody', ...day, stepSeconds: 3600 })).toEqual([]);
    });

    it('lists the cells of a source, newest first, with their marks', async () => {
      const page = await store.telescopeObservations({ tenant: 'main', source: '192.0.2.7', limit: 2, offset: 0 });
      expect(page.total).toBe(3);
      expect(page.rows).toEqual([
        { at: at + 3 * MINUTE, sensor: 'north', class: 'udp-probe', protocol: 'udp', port: 23, packets: 5, targets: 1, mark: null },
        { at: at + 5000, sensor: 'north', class: 'tcp-scan', protocol: 'tcp', port: 23, packets: 10, targets: 1, mark: 'seq = dst' },
      ]);
      const rest = await store.telescopeObservations({ tenant: 'main', source: '192.0.2.7', limit: 2, offset: 2 });
      expect(rest.rows.map((row) => row.at)).toEqual([at + 1000]);
    });

    it('narrows the cells by class, sensor and time, and keeps tenants apart', async () => {
      const ask = { tenant: 'main', source: '192.0.2.7', limit: 10, offset: 0 };
      expect((await store.telescopeObservations({ ...ask, classes: ['udp-probe'] })).total).toBe(1);
      expect((await store.telescopeObservations({ ...ask, sensor: 'south' })).total).toBe(0);
      expect((await store.telescopeObservations({ ...ask, from: at + MINUTE, to: at + HOUR })).total).toBe(1);
      expect((await store.telescopeObservations({ ...ask, tenant: 'other' })).rows.map((row) => row.packets)).toEqual([4000]);
      await expect(store.telescopeObservations({ ...ask, source: "' OR 1=1 --" })).rejects.toMatchObject({ code: 'usage' });
    });

    it('takes hostile names for names', async () => {
      const hostile = "main' OR '1'='1";
      expect(await store.dataRange(hostile)).toMatchObject({ packets: 0 });
      expect(await store.dataRange('main\\')).toMatchObject({ packets: 0 });
      await store.insert([cells([{ at, tenant: hostile, sensor: "x\\'\n\0", packets: 9 }])], 'hostile');
      expect(await store.dataRange(hostile)).toMatchObject({ packets: 9 });
      expect((await store.coverage({ tenant: hostile, ...day, stepSeconds: 3600 }))[0]?.sensor).toBe("x\\'\n\0");
    });
  });

  describe.skipIf(!isHere)('feeds', () => {
    const received = DAY + 8 * HOUR;
    beforeAll(async () => {
      const records = Array.from({ length: 9000 }, (_, i) => ({
        observedAt: DAY + i * 1000,
        receivedAt: received + (i % 3) * 1000,
        file: 1 + (i % 3),
        record: 1 + Math.floor(i / 3),
        fingerprint: i % 100,
        kind: i % 2 === 0 ? 'open-telnet' : 'open-rdp',
        attributes: { ip: '192.0.2.1', banner: `ログイン "${i}"\t\\` },
      }));
      await store.insert([feedRows(records), cells([{ at: DAY, tenant: 'feeds', packets: 3 }])], 'feed:0');
      await store.insert([feedRows([{ observedAt: DAY, receivedAt: received, tenant: 'other', record: 1, fingerprint: 7 }])], 'feed:1');
    });

    it('streams all records in order, exactly once', async () => {
      const rows = await Array.fromAsync(store.feedRecords({ tenant: 'main' }));
      expect(rows).toHaveLength(9000);
      const keys = rows.map((row) => `${row.receivedAt} ${row.file} ${String(row.record).padStart(6, '0')}`);
      expect(keys).toEqual(keys.toSorted());
      expect(new Set(keys).size).toBe(9000);
      expect(rows[1]).toEqual({
        feed: 'shadowserver',
        report: 'scan_telnet',
        observedAt: DAY + 3000,
        receivedAt: received,
        attributes: { ip: '192.0.2.1', banner: 'ログイン "3"\t\\' },
        file: '01'.repeat(32),
        record: 2,
        fingerprint: '03'.repeat(32),
      });
    });

    it('streams the records of one kind, and keeps tenants apart', async () => {
      expect(await Array.fromAsync(store.feedRecords({ tenant: 'main', kind: 'open-rdp' }))).toHaveLength(4500);
      expect(await Array.fromAsync(store.feedRecords({ tenant: 'other' }))).toHaveLength(1);
      expect(await Array.fromAsync(store.feedRecords({ tenant: 'nobody' }))).toEqual([]);
    });

    it('lists the records of a finding, newest first, and keeps tenants apart', async () => {
      const fingerprint = digest(7).toHex();
      const page = await store.feedObservations({ tenant: 'main', fingerprint, limit: 2, offset: 1 });
      expect(page.total).toBe(90);
      expect(page.rows.map((row) => row.observedAt)).toEqual([DAY + 8807_000, DAY + 8707_000]);
      expect((await store.feedObservations({ tenant: 'other', fingerprint, limit: 9, offset: 0 })).total).toBe(1);
      await expect(store.feedObservations({ tenant: 'main', fingerprint: "'", limit: 1, offset: 0 })).rejects.toMatchObject({
        code: 'usage',
      });
    });
  });

  describe.skipIf(!isHere)('over its life', () => {
    it(`pages through ${SOURCES} sources without losing or doubling any`, async () => {
      await store.insert(
        [randomCells({ seed: 5, rows: 7 * SOURCES, startsAt: DAY, minutes: 600, sources: SOURCES, tenant: 'large' })],
        'large',
      );
      const rows = [...(await collect(store, 'scanning-sources', 'large')), ...(await collect(store, 'backscatter-victims', 'large'))];
      const packets = rows.reduce((sum, row) => sum + row.packets, 0);
      expect((await store.checkAgreement('large')).cells).toBe(packets);
      const scanners = await collect(store, 'scanning-sources', 'large');
      expect(new Set(scanners.map((row) => row.source)).size).toBe(scanners.length);
    });

    it('drops whole days, also of an uneven moment, and says which', async () => {
      const old = Date.UTC(2020, 1, 28, 23, 59);
      await store.insert(
        [
          cells([
            { at: old, tenant: 'old' },
            { at: old + MINUTE, tenant: 'old' },
          ]),
        ],
        'old',
      );
      const retired = await store.retire({ before: Date.UTC(2020, 1, 29, 22) });
      const tables = ['country_minute', 'hour', 'minute', 'port_minute', 'source_hour'].map((name) => `telescope_${name}`);
      expect(retired.map(({ table, day: name, rows }) => [table, name, rows])).toEqual(
        [...tables, 'traffic_minute'].map((table) => [table, '2020-02-28', 1]),
      );
      expect(await store.dataRange('old')).toEqual({ firstAt: old + MINUTE, lastAt: old + MINUTE, packets: 1, flows: null });
      expect(await store.checkAgreement('old')).toMatchObject({ agrees: true });
    });

    it(`takes a batch that touches ${DAYS} days, more than an engine takes by default`, async () => {
      const many = Array.from({ length: DAYS }, (_, i) => ({ at: Date.UTC(2021, 0, 1) + i * 24 * HOUR, tenant: 'slow' }));
      await store.insert([cells(many)], 'slow');
      expect(await store.checkAgreement('slow')).toEqual({ cells: DAYS, hours: DAYS, minutes: DAYS, agrees: true });
    });

    it('does nothing for batches without rows', async () => {
      await store.insert([cells([]), feedRows([])], 'empty');
      await store.insert([], 'empty');
    });

    it('keeps everything when opened again, and its schema stays as it is', async () => {
      const before = await store.countRows('telescope_minute');
      await store.close();
      store = await openTelemetry(options());
      expect(await store.countRows('telescope_minute')).toBe(before);
      await store.insert([cells([{ at: DAY, packets: 1 }])], 'hostile');
      expect(await store.countRows('telescope_minute')).toBe(before);
    });
  });
});

describe('opening', () => {
  it('refuses a spool path that the engine would take for a pattern', async () => {
    const options = { path: join(folder, 'never'), spoolDirectory: join(folder, 'a{1..2}'), log };
    await expect(openTelemetry(options)).rejects.toMatchObject({ code: 'config-invalid' });
  });

  it('refuses to open without a place', async () => {
    await expect(openTelemetry({ spoolDirectory: folder, log })).rejects.toMatchObject({ code: 'config-invalid' });
  });
});
