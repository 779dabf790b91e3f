/** Signs of life, silences, losses and public sums, on the embedded engine. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyTelemetry } from '../../../../test/support/empty-data.ts';
import { createLog } from '../../../engine/log.ts';
import { cells, feedRows } from '../fixtures/cells.ts';
import { flowRows, sensorMinutes } from '../fixtures/sensor-rows.ts';
import { openTelemetry, type TelemetryStore } from '../index.ts';

const DAY = Date.UTC(2026, 2, 14);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (hour: number, minute = 0): number => DAY + hour * HOUR + minute * MINUTE;
const minutes = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i * MINUTE);
const period = { tenant: 'main', from: DAY, to: DAY + 24 * HOUR };

const folder = mkdtempSync(join(tmpdir(), 'yagura-sensor-health-'));
let store: TelemetryStore;

beforeAll(async () => {
  store = await openTelemetry({
    path: emptyTelemetry(join(folder, 'engine')),
    spoolDirectory: join(folder, 'spool'),
    log: createLog('silent'),
    memoryBytes: 800 << 20,
  });
  const telescope = [
    ...minutes(at(1), 120).map((time) => ({ at: time, source: '192.0.2.7', port: 23, packets: 2 })),
    ...minutes(at(4), 30).map((time) => ({
      at: time,
      source: '192.0.2.8',
      port: 53,
      class: 'udp-probe' as const,
      protocol: 17,
      packets: 1,
      country: 'US',
      asn: 64_500,
    })),
    { at: at(4, 10), source: '192.0.2.9', port: 80, class: 'backscatter' as const, packets: 500, country: '', asn: 0 },
    { at: at(5), tenant: 'other', source: '192.0.2.10', packets: 9 },
  ];
  const live = [
    ...minutes(at(1), 600).map((time) => ({ at: time, sensor: 'tap', kind: 'telescope', received: 0 })),
    ...minutes(at(6), 60).map((time) => ({
      at: time,
      exporter: '198.51.100.1',
      kind: 'netflow-9',
      received: 10,
      records: 99,
      lost: 1,
      unit: 'datagram',
      skewMs: 40,
    })),
    ...minutes(at(6), 20).map((time) => ({
      at: time,
      exporter: '198.51.100.2',
      kind: 'ipfix',
      received: 5,
      records: 50,
      lost: 50,
      unit: 'record',
      dropped: 1,
      withoutTemplate: 2,
    })),
  ];
  const flows = [at(7), at(7, 30)].map((time) => ({ at: time, sensor: 'archive', exporter: '198.51.100.9' }));
  await store.insert(
    [cells(telescope), sensorMinutes(live), flowRows(flows), feedRows([{ observedAt: at(2), receivedAt: at(3), record: 1 }])],
    'all',
  );
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('what was heard of', () => {
  it('is every sensor, exporter and feed with its first and last minute', async () => {
    const found = await store.sightings('main', at(12));
    expect(
      found.map(({ sensor, exporter, kind, protocol, firstAt, lastAt }) => [sensor, exporter, kind, protocol, firstAt, lastAt]),
    ).toEqual([
      ['archive', '198.51.100.9', 'flow', '', at(7), at(7, 30)],
      ['edge', '198.51.100.1', 'flow', 'netflow-9', at(6), at(6, 59)],
      ['edge', '198.51.100.2', 'flow', 'ipfix', at(6), at(6, 19)],
      ['north', '', 'telescope', '', at(1), at(4, 29)],
      ['shadowserver', '', 'feed', '', at(3), at(3)],
      ['tap', '', 'telescope', 'telescope', at(1), at(10, 59)],
    ]);
    expect(await store.sightings('nobody', at(12))).toEqual([]);
  });

  it('asks flow records of the last day only, once a flow source speaks for itself', async () => {
    const found = await store.sightings('main', at(7, 15) + 24 * HOUR);
    expect(found.find(({ sensor }) => sensor === 'archive')).toMatchObject({ firstAt: at(7, 30), lastAt: at(7, 30) });
  });
});

describe('silences', () => {
  const ask = (more: object = {}) => store.silences({ ...period, longerThan: 10 * MINUTE, flowSensors: [], ...more });

  it('are the times without traffic and without a sign of life', async () => {
    const all = await ask();
    const of = (sensor: string, exporter = '') =>
      all.filter((one) => one.sensor === sensor && one.exporter === exporter).map(({ from, to }) => [from, to]);
    expect(of('north')).toEqual([
      [DAY, at(1)],
      [at(3), at(4)],
      [at(4, 30), at(24)],
    ]);
    expect(of('tap')).toEqual([
      [DAY, at(1)],
      [at(11), at(24)],
    ]);
    expect(of('edge')).toEqual([
      [DAY, at(6)],
      [at(7), at(24)],
    ]);
    expect(of('edge', '198.51.100.2')).toEqual([
      [DAY, at(6)],
      [at(6, 20), at(24)],
    ]);
    expect(of('archive')).toEqual([]);
  });

  it('are judged by the length asked for, and by flow records where those must tell', async () => {
    const inner = await ask({ sensor: 'north', longerThan: 60 * MINUTE, from: at(2), to: at(5) });
    expect(inner).toEqual([]);
    const one = await ask({ sensor: 'north', longerThan: 60 * MINUTE - 1, from: at(2), to: at(5) });
    expect(one.map(({ from, to }) => [from, to])).toEqual([[at(3), at(4)]]);
    const archive = await ask({ sensor: 'archive', flowSensors: ['archive'], from: at(7), to: at(8) });
    expect(archive.map(({ exporter, from, to }) => [exporter, from, to]).sort((a, b) => String(a[0]).localeCompare(String(b[0])))).toEqual(
      ['', '198.51.100.9'].flatMap((exporter) => [
        [exporter, at(7, 1), at(7, 30)],
        [exporter, at(7, 31), at(8)],
      ]),
    );
  });
});

describe('what sensors say of themselves', () => {
  it('adds up by exporter, losses in their own unit', async () => {
    const rows = await store.sensorFigures({ ...period, sensor: 'edge' });
    expect(rows).toEqual([
      {
        sensor: 'edge',
        exporter: '198.51.100.1',
        received: 600,
        records: 5940,
        dropped: 0,
        malformed: 0,
        withoutTemplate: 0,
        skewMs: { low: 40, high: 40 },
        losses: [{ unit: 'datagram', lost: 60, counted: 600 }],
      },
      {
        sensor: 'edge',
        exporter: '198.51.100.2',
        received: 100,
        records: 1000,
        dropped: 20,
        malformed: 0,
        withoutTemplate: 40,
        skewMs: null,
        losses: [{ unit: 'record', lost: 1000, counted: 1000 }],
      },
    ]);
  });

  it('is a series by step; a telescope that says nothing is answered by its packets', async () => {
    const rows = await store.sensorSeries({ ...period, stepSeconds: 3600 });
    const of = (sensor: string, exporter = '') => rows.find((row) => row.sensor === sensor && row.exporter === exporter);
    expect(of('north')?.received.slice(0, 6)).toEqual([0, 120, 120, 0, 530, 0]);
    expect(of('tap')?.received.every((count) => count === 0)).toBe(true);
    expect(of('edge', '198.51.100.2')).toMatchObject({ received: expect.arrayContaining([100]), lost: expect.arrayContaining([1000]) });
    expect((await store.feedCounts(period)).get('shadowserver')).toBe(1);
  });
});

describe('public figures', () => {
  it('are sums by sensor, distinct hosts and tops without an address in them', async () => {
    const packets = await store.packetsBySensor({ ...period, stepSeconds: 86_400 });
    expect(packets).toEqual([{ sensor: 'north', packets: [770] }]);
    expect(await store.hostCounts({ ...period, from: at(1), to: at(5), stepSeconds: 7200 })).toEqual({ steps: [1, 2], total: 3 });
    expect(await store.statisticsTop(period, 'port', 10)).toEqual({
      rows: [
        { key: 'tcp/23', packets: 240 },
        { key: 'udp/53', packets: 30 },
      ],
      total: 270,
    });
    expect(await store.statisticsTop(period, 'country', 10)).toEqual({
      rows: [
        { key: '', packets: 500 },
        { key: 'JP', packets: 240 },
        { key: 'US', packets: 30 },
      ],
      total: 770,
    });
    expect((await store.statisticsTop(period, 'network', 2)).rows.map(({ key }) => key)).toEqual(['0', '64496']);
    expect(await store.packetsBySensor({ ...period, tenant: 'other', stepSeconds: 86_400 })).toEqual([{ sensor: 'north', packets: [9] }]);
  });
});
