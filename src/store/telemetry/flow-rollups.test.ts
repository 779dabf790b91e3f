/** Flow records and their rollups tell the same on every engine, whatever is repeated. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../engine/log.ts';
import { cells, toBatch } from './fixtures/cells.ts';
import { TestEngines } from './fixtures/engines.ts';
import { type FlowRow, flows } from './fixtures/flows.ts';
import { randomNumbers } from './fixtures/random-batch.ts';
import { openTelemetry, type TelemetryStore } from './index.ts';

const DAY = Date.UTC(2026, 2, 14);
const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'yagura-flows-'));
const engines = new TestEngines(folder);
let opened = 0;

beforeAll(() => engines.start());
afterAll(async () => {
  await engines.stop();
  rmSync(folder, { recursive: true, force: true });
});

function randomFlows(seed: number, count: number, tenant: string): FlowRow[] {
  const next = randomNumbers(seed);
  return Array.from({ length: count }, () => ({
    at: DAY + 23 * HOUR + (next() % (3 * HOUR)),
    tenant,
    source: `192.0.2.${next() % 50}`,
    destination: `198.51.100.${next() % 200}`,
    port: [22, 23, 443, 50_000 + (next() % 1000)][next() % 4] ?? 0,
    protocol: next() % 3 === 0 ? 17 : 6,
    packets: BigInt(1 + (next() % 9)),
    bytes: BigInt(next() % 1500),
    sampling: [0, 1, 1000][next() % 3] ?? 1,
    direction: next() % 3,
    asn: 64_496 + (next() % 4),
  }));
}

/** What the sums must be, worked out here. */
function expected(rows: readonly FlowRow[]) {
  const sums = { packets: 0, bytes: 0, flows: 0, scaledPackets: 0, scaledBytes: 0, scaledFlows: 0 };
  for (const { packets = 1n, bytes = 40n, sampling = 1 } of rows) {
    const factor = Math.max(1, sampling);
    sums.packets += Number(packets);
    sums.bytes += Number(bytes);
    sums.flows += 1;
    sums.scaledPackets += Number(packets) * factor;
    sums.scaledBytes += Number(bytes) * factor;
    sums.scaledFlows += factor;
  }
  return sums;
}

describe.each(engines.list)('flow rollups: $name', ({ isHere, place }) => {
  let store: TelemetryStore;
  beforeAll(async () => {
    opened++;
    if (!isHere) return;
    store = await openTelemetry({ ...place(opened), spoolDirectory: join(folder, `spool-${opened}`), log: createLog('silent') });
  });
  afterAll(async () => store?.close());

  it.skipIf(!isHere)('agree with the records, over midnight and for every sampling interval', async () => {
    const rows = randomFlows(3, 20_000, 'main');
    await store.insert([flows(rows.slice(0, 12_000))], 'flows:0');
    await store.insert([flows(rows.slice(12_000))], 'flows:1');
    await store.insert([flows(rows.slice(12_000))], 'flows:1');
    const sums = await store.flowSums('main');
    expect(sums.length).toBeGreaterThan(5);
    for (const { table, ...rest } of sums) expect({ table, ...rest }).toEqual({ table, ...expected(rows) });
  });

  it.skipIf(!isHere)('keep tenants apart', async () => {
    const rows = randomFlows(9, 10, 'other');
    await store.insert([flows(rows)], 'flows:other');
    for (const { table, ...rest } of await store.flowSums('other')) expect({ table, ...rest }).toEqual({ table, ...expected(rows) });
    expect((await store.flowSums('nobody')).every(({ flows: count }) => count === 0)).toBe(true);
  });

  it.skipIf(!isHere)('carry counters beyond 32 bits', async () => {
    await store.insert(
      [flows([{ at: DAY, tenant: 'large', packets: 5_000_000_000n, bytes: 7_000_000_000n, sampling: 1000 }])],
      'flows:large',
    );
    for (const sums of await store.flowSums('large')) {
      expect(sums).toMatchObject({ packets: 5e9, scaledPackets: 5e12, scaledBytes: 7e12 });
    }
  });

  it.skipIf(!isHere)('say from when to when there are flows, and which sensor watched when', async () => {
    const at = DAY + 3 * HOUR;
    const silent = { minute: (at + HOUR) / 1000, tenant: 'range', sensor: 'edge', exporter: '', lost_unit: '' };
    await store.insert(
      [
        flows([
          { at, tenant: 'range', sensor: 'edge' },
          { at: at + 2 * HOUR, tenant: 'range', sensor: 'edge' },
        ]),
        toBatch('sensor_minute', [
          { ...silent, kind: 'ipfix' },
          { ...silent, kind: 'telescope', sensor: 'dark' },
        ]),
      ],
      'range',
    );
    const range = { firstAt: null, lastAt: null, packets: 0, flows: { firstAt: at, lastAt: at + 2 * HOUR, records: 2 } };
    expect(await store.dataRange('range')).toEqual(range);
    const period = { tenant: 'range', from: DAY, to: DAY + 6 * HOUR, stepSeconds: 3600 };
    const covered = async (of: 'telescope' | 'flow') =>
      (await store.coverage({ ...period, of })).map(({ sensor, steps }) => [sensor, steps.map(Number).join('')]);
    expect(await covered('flow')).toEqual([['edge', '000111']]);
    expect(await covered('telescope')).toEqual([['dark', '000010']]);
  });

  it.skipIf(!isHere)('count the distinct sources of a day, over inserts and sensors', async () => {
    const row = { at: DAY + HOUR, tenant: 'days', packets: 2 };
    await store.insert(
      [
        cells([
          { ...row, source: '192.0.2.1' },
          { ...row, source: '192.0.2.2', country: 'US' },
        ]),
      ],
      'days:0',
    );
    await store.insert(
      [
        cells([
          { ...row, source: '192.0.2.1', sensor: 'south' },
          { ...row, at: DAY + 25 * HOUR, source: '192.0.2.1' },
        ]),
      ],
      'days:1',
    );
    expect(await store.telescopeDays({ tenant: 'days', from: DAY, to: DAY + 48 * HOUR })).toEqual([
      { day: DAY, packets: 6, bytes: 240, sources: 2 },
      { day: DAY + 24 * HOUR, packets: 2, bytes: 80, sources: 1 },
    ]);
    expect(await store.telescopeDays({ tenant: 'nobody', from: DAY, to: DAY + 48 * HOUR })).toEqual([]);
  });
});
