/**
 * Judging a telescope through the whole hub: a scan over midnight, a flood of invented
 * senders, what is put aside and what the sensor cannot see, however the input was cut.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixedClock } from '../src/engine/clock.ts';
import { readConfig } from '../src/engine/config.ts';
import { createLog } from '../src/engine/log.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { Finding, FindingPage } from '../src/server/contract.ts';
import type { SensorLimits, SuppressedPage } from '../src/server/suppressed-contract.ts';
import { type Cell, cells } from '../src/store/telemetry/fixtures/cells.ts';
import { openTelemetry } from '../src/store/telemetry/index.ts';
import { emptyData } from './support/empty-data.ts';

const MINUTE = 60_000;
const DAY = Date.UTC(2026, 2, 14);
const NEXT = DAY + 1440 * MINUTE;
const folder = mkdtempSync(join(tmpdir(), 'yagura-judging-'));
let hub: Hub;

/** Twelve probes on either side of midnight: neither day alone has the twenty a scan needs. */
const overMidnight: Cell[] = Array.from({ length: 24 }, (_, i) => ({
  at: NEXT + (i - 12) * 2 * MINUTE,
  source: '192.0.2.50',
  port: 445,
  targetBits: 1n << BigInt(i),
}));
const flood: Cell[] = Array.from({ length: 400 }, (_, i) => ({
  at: NEXT + 60 * MINUTE + (i % 5) * MINUTE,
  source: `198.18.${i >> 8}.${i & 255}`,
  port: 22,
  mirai: i % 2,
}));
const infected: Cell[] = [
  { at: NEXT + 5 * MINUTE, source: '192.0.2.60', packets: 12, mirai: 12, targetBits: 0xfffn },
  { at: NEXT + 5 * MINUTE, source: '192.0.2.61', packets: 1, mirai: 1 },
];
const answers: Cell[] = [
  ...[10, 11, 12, 13].map((minute) => ({ minute, packets: 30, targetBits: 0xffff_ffffn })),
  ...[100, 101].map((minute) => ({ minute, packets: 40, targetBits: 0xffn })),
].map(({ minute, ...cell }) => ({ at: NEXT + minute * MINUTE, source: '203.0.113.5', class: 'backscatter', port: 443, ...cell }));

async function fill(data: string): Promise<void> {
  const log = createLog('silent');
  const store = await openTelemetry({ path: join(data, 'telemetry'), spoolDirectory: join(data, 'spool'), log, memoryBytes: 800 << 20 });
  const all = [...overMidnight, ...flood, ...infected, ...answers];
  // The sensor 'hourly' gets an hour at a time, 'north' everything at once: what is found must not differ.
  await store.insert([cells(all)], 'all');
  const hours = [...Map.groupBy(all, ({ at }) => Math.floor(at / (60 * MINUTE)))].toReversed();
  for (const [hour, own] of hours) await store.insert([cells(own.map((cell) => ({ ...cell, sensor: 'hourly' })))], `hour:${hour}`);
  await store.close();
}

const get = async <T>(path: string, token?: string): Promise<T> => {
  const init = token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  return (await (await hub.app.request(`http://localhost:8600/api/v1${path}`, init)).json()) as T;
};

async function judgeAll(sensor: string): Promise<Finding[]> {
  await hub.pipeline.judge('main', sensor, [DAY, NEXT], `test:${sensor}`);
  return (await get<FindingPage>('/findings?limit=500')).rows;
}

beforeAll(async () => {
  const data = emptyData(join(folder, 'data'));
  await fill(data);
  hub = await openHub(readConfig({ environment: {}, overrides: { data, log: { level: 'silent' } } }), { clock: fixedClock(NEXT) });
  for (const id of ['north', 'hourly']) await hub.setSensor({ id, title: id, addresses: 65_536 });
});
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a telescope is judged', () => {
  let findings: Finding[] = [];
  const of = (address: string) => findings.filter(({ asset }) => asset.value === address);

  beforeAll(async () => {
    findings = await judgeAll('north');
  });

  it('with a scan that neither day shows by itself, counted on the day that shows it', () => {
    const [scan, ...others] = of('192.0.2.50');
    expect(others).toEqual([]);
    expect(scan).toMatchObject({ kind: 'scanner', count: 12 });
  });

  it('without naming any of the invented senders', () => {
    expect(findings.filter(({ asset }) => asset.value.startsWith('198.18.'))).toEqual([]);
    expect(of('192.0.2.60')).toMatchObject([{ kind: 'infected-host', identifier: 'mirai', severity: 'high' }]);
    expect(of('192.0.2.61')).toMatchObject([{ kind: 'infected-host', severity: 'info' }]);
  });

  it('with one finding for two attacks', () => {
    expect(of('203.0.113.5')).toMatchObject([{ kind: 'dos-victim', count: 200 }]);
    expect(of('203.0.113.5')[0]?.because.en).toContain('2 separate attacks (00:10–00:13, 01:40–01:41 UTC)');
  });

  it('the same from hourly files in any order, and again', async () => {
    const before = findings.map(({ fingerprint, count }) => [fingerprint, count]);
    const both = await judgeAll('hourly');
    expect(both.map(({ fingerprint, count }) => [fingerprint, count / 2])).toEqual(before);
    const again = await judgeAll('hourly');
    expect(again.map(({ fingerprint, count }) => [fingerprint, count / 2])).toEqual(before);
  });
});

describe('what was put aside', () => {
  const period = `from=${NEXT}&to=${NEXT + 1440 * MINUTE}`;

  it('is counted with its reason, per sensor and day', async () => {
    const { rows } = await get<SuppressedPage>(`/suppressed?${period}&sensor=north`);
    expect(rows.map(({ module, reason, sources }) => [module, reason, sources])).toEqual([
      ['backscatter', 'backscatter', 1],
      ['infected-host', 'one-packet-flood', 400],
      ['infected-host', 'single-packet', 1],
    ]);
    expect(rows[1]).toMatchObject({ ports: [{ protocol: 6, port: 22, sources: 400 }], text: { en: expect.stringContaining('forged') } });
  });

  it('is shown to its own tenant only', async () => {
    const token = await hub.createToken('other', 'administrator', 'stranger');
    expect((await get<SuppressedPage>(`/suppressed?${period}`, token)).rows).toEqual([]);
  });
});

describe('what a sensor cannot see', () => {
  it('is said in figures that follow from its size', async () => {
    const { addresses, limits } = await get<SensorLimits>('/sensors/north/limits');
    expect(addresses).toBe(65_536);
    expect(limits).toMatchObject({ timeoutSeconds: 3018, probability: 0.95, minPackets: 20, minTargets: 10 });
    expect(limits?.slowestPacketsPerSecond).toBeCloseTo(21.1, 1);
  });

  it('is a secret from other tenants', async () => {
    const token = await hub.createToken('other', 'administrator', 'another');
    expect(await get('/sensors/north/limits', token)).toMatchObject({ code: 'not-found' });
  });
});
