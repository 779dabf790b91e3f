import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyTelemetry } from '../../../../test/support/empty-data.ts';
import { createLog } from '../../../engine/log.ts';
import { cells } from '../fixtures/cells.ts';
import { openTelemetry, type TelemetryStore } from '../index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TODAY = Date.UTC(2026, 5, 18);
const folder = mkdtempSync(join(tmpdir(), 'yagura-usual-'));
let store: TelemetryStore;

beforeAll(async () => {
  store = await openTelemetry({
    path: emptyTelemetry(join(folder, 'engine')),
    spoolDirectory: join(folder, 'spool'),
    log: createLog('silent'),
    memoryBytes: 800 << 20,
  });
  const at = (daysAgo: number, hour: number): number => TODAY - daysAgo * DAY + hour * HOUR;
  await store.insert(
    [
      cells([
        { at: at(0, 1), source: '192.0.2.1', packets: 50, country: 'JP' },
        { at: at(0, 1), source: '192.0.2.9', packets: 7, country: 'JP', port: 2323 },
        { at: at(0, 1), source: '192.0.2.2', packets: 5, class: 'ping', protocol: 1, port: 0, country: 'US' },
        { at: at(1, 1), source: '192.0.2.1', packets: 10 },
        { at: at(2, 1), source: '192.0.2.1', packets: 20 },
        { at: at(2, 2), source: '192.0.2.1', packets: 4, class: 'ping', protocol: 1 },
        { at: at(40, 1), source: '192.0.2.1', packets: 999 },
      ]),
    ],
    'usual',
  );
}, 60_000);
afterAll(async () => {
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('usual', () => {
  const question = { tenant: 'main', from: TODAY, to: TODAY + 3 * HOUR, stepSeconds: 3600, days: 28 };

  it('tells a day and the same steps of earlier days, unwatched steps as unknown', async () => {
    expect(await store.usual(question)).toEqual({
      today: [null, 62, null],
      earlier: [
        [null, 10, null],
        [null, 20, 4],
      ],
    });
  });

  it('tells one class alone: none of it in a watched step is zero', async () => {
    expect(await store.usual({ ...question, class: 'ping' })).toEqual({
      today: [null, 5, null],
      earlier: [
        [null, 0, null],
        [null, 0, 4],
      ],
    });
  });

  it('shows another tenant nothing', async () => {
    expect(await store.usual({ ...question, tenant: 'other' })).toEqual({ today: [null, null, null], earlier: [] });
  });
});

describe('arrivals', () => {
  const period = { tenant: 'main', from: TODAY, to: TODAY + 3 * HOUR };

  it('tells packets per minute, country and class', async () => {
    expect(await store.arrivals(period)).toEqual([
      { minute: TODAY + HOUR, country: 'JP', class: 'tcp-scan', protocol: 6, port: expect.any(Number), packets: 57 },
      { minute: TODAY + HOUR, country: 'US', class: 'ping', protocol: 1, port: 0, packets: 5 },
    ]);
  });

  it('shows another tenant nothing', async () => {
    expect(await store.arrivals({ ...period, tenant: 'other' })).toEqual([]);
  });
});
