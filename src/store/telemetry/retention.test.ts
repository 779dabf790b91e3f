/** Which days go, and that nothing goes unsaid. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../engine/log.ts';
import { cells } from './fixtures/cells.ts';
import { TestEngines } from './fixtures/engines.ts';
import { flows } from './fixtures/flows.ts';
import { openTelemetry, type TelemetryOptions, type TelemetryStore } from './index.ts';
import { checkRetention, planRetention, type RetiredPartition, type StoredPartition } from './retention.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 18, 13);
const TODAY = Date.UTC(2026, 5, 18);

const dayOf = (table: string, daysAgo: number, bytes = 100): StoredPartition => {
  const from = TODAY - daysAgo * DAY;
  return { table, id: 1, day: new Date(from).toISOString().slice(0, 10), from, to: from + DAY, rows: 1, bytes };
};
const names = (partitions: readonly StoredPartition[]): string[] => partitions.map(({ table, from }) => `${table} ${(TODAY - from) / DAY}`);

describe('planRetention', () => {
  const stored = [0, 1, 2, 3].flatMap((ago) => [dayOf('flow', ago), dayOf('flow_source_hour', ago, 10), dayOf('telescope_day', ago, 1)]);

  it('keeps everything without a rule', () => {
    expect(planRetention(stored, { keepDays: {}, mostBytes: null }, NOW)).toEqual([]);
  });

  it('lets whole days go by age, each table by its own', () => {
    const rule = { keepDays: { flow: 1, flow_source_hour: 2 }, mostBytes: null };
    expect(names(planRetention(stored, rule, NOW))).toEqual(['flow 3', 'flow_source_hour 3', 'flow 2']);
  });

  it('lets the oldest records go first when the disk is full, then rollups, never today or days', () => {
    const rule = (mostBytes: number) => ({ keepDays: {}, mostBytes });
    expect(names(planRetention(stored, rule(444), NOW))).toEqual([]);
    expect(names(planRetention(stored, rule(443), NOW))).toEqual(['flow 3']);
    expect(names(planRetention(stored, rule(140), NOW))).toEqual(['flow 3', 'flow_source_hour 3', 'flow 2', 'flow 1']);
    expect(names(planRetention(stored, rule(1), NOW))).toEqual([
      'flow 3',
      'flow_source_hour 3',
      'flow 2',
      'flow_source_hour 2',
      'flow 1',
      'flow_source_hour 1',
    ]);
  });

  it('never takes more than needed, and never keeps too much while records of earlier days remain', () => {
    const partitions = fc.array(
      fc.record({
        table: fc.constantFrom('flow', 'telescope_minute', 'flow_minute'),
        ago: fc.nat(40),
        bytes: fc.integer({ min: 1, max: 1e6 }),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(partitions, fc.integer({ min: 1, max: 2e7 }), (list, mostBytes) => {
        const kept = list.map(({ table, ago, bytes }) => dayOf(table, ago, bytes));
        const going = planRetention(kept, { keepDays: {}, mostBytes }, NOW);
        const total = kept.reduce((sum, one) => sum + one.bytes, 0);
        const left = total - going.reduce((sum, one) => sum + one.bytes, 0);
        const couldGo = kept.some((one) => one.to <= TODAY && !going.includes(one));
        expect(left <= mostBytes || !couldGo).toBe(true);
        expect(going.every((one) => one.to <= TODAY)).toBe(true);
        if (total <= mostBytes) expect(going).toEqual([]);
      }),
    );
  });
});

describe('checkRetention', () => {
  const check = (keepDays: Record<string, number>, mostBytes: number | null = null) => checkRetention({ keepDays, mostBytes });

  it.each([
    [{ flows: 30 }, null, 'no such table'],
    [{ flow: 0 }, null, 'whole number of days'],
    [{ flow: 1.5 }, null, 'whole number of days'],
    [{ flow: 1e6 }, null, 'whole number of days'],
    [{ flow: 30, flow_service_hour: 29 }, null, 'must not be shorter than flow'],
    [{ telescope_hour: 400 }, null, 'give telescope_minute at most 400 days'],
    [{}, 0, 'more than 0'],
  ])('refuses %o with %o bytes', (keepDays, mostBytes, sentence) => {
    expect(() => check(keepDays as Record<string, number>, mostBytes)).toThrow(sentence);
  });

  it('takes what makes sense', () => {
    check({});
    check({ flow: 30, flow_source_hour: 400, flow_port_day: 4000, telescope_minute: 100 }, 5e9);
  });
});

describe('on an engine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-retention-'));
  const engines = new TestEngines(folder);
  let opened = 0;
  beforeAll(() => engines.start());
  afterAll(async () => {
    await engines.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  describe.each(engines.list)('$name', ({ isHere, place }) => {
    let store: TelemetryStore;
    beforeAll(async () => {
      opened++;
      if (!isHere) return;
      const retention: TelemetryOptions['retention'] = {
        keepDays: { flow: 2, flow_service_hour: 2, flow_port_day: 20, sensor_minute: 5 },
        mostBytes: null,
      };
      store = await openTelemetry({
        ...place(opened),
        spoolDirectory: join(folder, `spool-${opened}`),
        log: createLog('silent'),
        retention,
      });
      const rows = [0, 1, 2, 3, 40].map((ago) => ({ at: TODAY - ago * DAY + 1000 }));
      await store.insert([flows(rows), cells([{ at: TODAY - 40 * DAY }])], 'retention');
    });
    afterAll(async () => store?.close());

    it.skipIf(!isHere)('announces each partition before it drops it, and drops nothing else', async () => {
      const heard: RetiredPartition[] = [];
      const retired = await store.enforceRetention(NOW, async (partition) => {
        heard.push(partition);
        const { tables } = await store.storage();
        expect(tables.find(({ table }) => table === partition.table)?.rows).toBeGreaterThan(0);
      });
      expect(retired).toEqual(heard);
      expect(retired.map(({ table, day, rows }) => `${table} ${day} ${rows}`)).toEqual([
        'flow 2026-05-09 1',
        'flow_service_hour 2026-05-09 1',
        'flow 2026-06-15 1',
        'flow_service_hour 2026-06-15 1',
      ]);
      expect(retired.every(({ bytes }) => bytes > 0)).toBe(true);
      expect(await store.enforceRetention(NOW, () => Promise.resolve())).toEqual([]);
      expect(await store.countRows('flow')).toBe(3);
      expect(await store.countRows('telescope_minute')).toBe(1);
    });

    it.skipIf(!isHere)('says what is kept and when the oldest goes', async () => {
      const { tables, bytes, mostBytes } = await store.storage();
      const of = (name: string) => tables.find(({ table }) => table === name);
      expect(of('flow')).toMatchObject({
        rows: 3,
        partitions: 3,
        from: TODAY - 2 * DAY,
        to: TODAY + DAY,
        keepDays: 2,
        oldestGoesAt: TODAY + DAY,
      });
      expect(of('flow_port_day')).toMatchObject({
        from: Date.UTC(2026, 4, 1),
        to: Date.UTC(2026, 6, 1),
        oldestGoesAt: Date.UTC(2026, 5, 21),
      });
      expect(of('telescope_minute')).toMatchObject({ keepDays: null, oldestGoesAt: null });
      expect(of('sensor_minute')).toMatchObject({ rows: 0, from: null, to: null, oldestGoesAt: null });
      expect(bytes).toBe(tables.reduce((sum, table) => sum + table.bytes, 0));
      expect(mostBytes).toBeNull();
    });
  });

  it('refuses to open with a rule that cannot be meant', async () => {
    const options = { path: join(folder, 'never'), spoolDirectory: join(folder, 'never-spool'), log: createLog('silent') };
    await expect(openTelemetry({ ...options, retention: { keepDays: { flwo: 3 }, mostBytes: null } })).rejects.toMatchObject({
      code: 'config-invalid',
    });
  });
});
