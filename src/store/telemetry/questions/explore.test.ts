/**
 * The same questions to every engine, and to plain rows: what a filter lets through in
 * the store is what it lets through when it is evaluated by hand.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyTelemetry } from '../../../../test/support/empty-data.ts';
import { runs } from '../../../../test/support/volume.ts';
import { EXPLORE_SOURCES, type ExploreRow, type ExploreSource } from '../../../domain/explore.ts';
import { anyFilter } from '../../../domain/filter/arbitrary.test-support.ts';
import { isLetThrough } from '../../../domain/filter/evaluate.test-support.ts';
import { parseFilter } from '../../../domain/filter/parse.ts';
import { printFilter } from '../../../domain/filter/print.ts';
import { createLog } from '../../../engine/log.ts';
import { cells, toBatch } from '../fixtures/cells.ts';
import { hasServer, startServer, type TestServer } from '../fixtures/clickhouse-server.ts';
import {
  cellBatch,
  cellRow,
  EXPLORE_DAY,
  exploreCells,
  exploreFlows,
  flowBatch,
  flowRow,
  multiplied,
  type Values,
} from '../fixtures/explore-rows.ts';
import { openTelemetry, type TelemetryStore } from '../index.ts';
import type { RowOrder } from './explore-rows.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const day = { from: EXPLORE_DAY, to: EXPLORE_DAY + 24 * HOUR };
const folder = mkdtempSync(join(tmpdir(), 'yagura-explore-'));
const ROWS: Readonly<Record<ExploreSource, readonly Values[]>> = { telescope: exploreCells(500, 7), flow: exploreFlows(500, 8) };
const FILTERS = runs(40, 150);
let server: TestServer | undefined;

beforeAll(async () => {
  if (hasServer) server = await startServer();
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a question about the rows must say, by hand. */
function expected(source: ExploreSource, filterText: string, raw: boolean): Values[] {
  const parsed = parseFilter(source, filterText);
  if (!parsed.ok) throw new Error(parsed.problem.text.en);
  return ROWS[source].filter((row) => isLetThrough(parsed.filter, source === 'flow' ? flowRow(row, raw) : cellRow(row)));
}

const packetsOf = (source: ExploreSource, rows: readonly Values[], raw: boolean): number =>
  rows.reduce((sum, row) => sum + multiplied(row, 'packets', raw || source === 'telescope'), 0);

const engines = [
  { name: 'embedded engine', isHere: true, url: () => undefined },
  { name: 'server over HTTP', isHere: hasServer, url: () => `${server?.url}/explore_${process.pid}` },
];

describe.each(engines)('exploring: $name', ({ name, isHere, url }) => {
  let store: TelemetryStore;
  beforeAll(async () => {
    if (!isHere) return;
    const place = join(folder, name.replaceAll(' ', '-'));
    const where = url() === undefined ? { path: emptyTelemetry(place) } : { url: url() };
    store = await openTelemetry({
      ...where,
      spoolDirectory: `${place}-spool`,
      log: createLog('silent'),
      memoryBytes: 800 << 20,
      retention: { keepDays: { flow: 1 }, mostBytes: null },
    });
    await store.insert([cellBatch(ROWS.telescope), flowBatch(ROWS.flow)], 'main');
    const stranger = { tenant: 'other', minute: EXPLORE_DAY / 1000, packets: 1_000_000n, bytes: 1n };
    await store.insert([flowBatch([stranger]), cells([{ at: EXPLORE_DAY, tenant: 'other', packets: 1_000_000 }])], 'other');
  });
  afterAll(async () => store?.close());

  describe.skipIf(!isHere).each(EXPLORE_SOURCES)('%s', (source) => {
    const scope = { tenant: 'main', source, ...day, filter: '' };

    it(`answers any filter as the rows do (${FILTERS.numRuns})`, async () => {
      await fc.assert(
        fc.asyncProperty(anyFilter(source), fc.boolean(), async (filter, raw) => {
          const text = printFilter(source, filter);
          const rows = expected(source, text, raw);
          const question = { ...scope, filter: text, raw };
          const top = await store.explore.top({ ...question, by: ['protocol'], measure: 'flows', limit: 100 });
          expect(top.total).toBe(rows.length);
          expect(top.rows.reduce((sum, row) => sum + (row.records ?? 0), 0)).toBe(rows.length);
          expect(top.rows.reduce((sum, row) => sum + row.packets, 0)).toBe(packetsOf(source, rows, raw));
        }),
        FILTERS,
      );
    });

    it.each<RowOrder>(['time', 'packets', 'bytes'])('gives every row once, page by page, by %s', async (order) => {
      const found: ExploreRow[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await store.explore.rows({ ...scope, filter: 'protocol tcp, udp', order, limit: 23, cursor });
        expect(page.rows.length).toBeLessThanOrEqual(23);
        found.push(...page.rows);
        cursor = page.cursor;
      }
      const rows = expected(source, 'protocol tcp, udp', false);
      expect(found).toHaveLength(rows.length);
      const sizes = found.map((row) => Number(row[order]));
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
      const sumOf = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0);
      expect(sumOf(found.map((row) => Number(row['packets'])))).toBe(packetsOf(source, rows, source === 'telescope'));
    });

    it.each(['packets', 'bytes', 'flows', 'sources'] as const)('splits %s over time without losing any', async (measure) => {
      const question = { ...scope, measure, stepSeconds: 3600 };
      const whole = await store.explore.series({ ...question, by: null, top: 5 });
      const split = await store.explore.series({ ...question, by: 'source-port', top: 3 });
      expect(whole.series).toHaveLength(1);
      expect(split.series.map(({ key }) => key === '…')).toEqual([false, false, false, true]);
      if (measure === 'sources') return;
      const sums = whole.series[0]?.values.map((_, step) => split.series.reduce((sum, { values }) => sum + (values[step] ?? 0), 0));
      expect(sums).toEqual(whole.series[0]?.values);
      const { total } = await store.explore.top({ ...scope, by: ['sensor'], measure, limit: 1 });
      expect(sums?.reduce((sum, value) => sum + value, 0)).toBe(total);
    });

    it('counts distinct sources of any group', async () => {
      const rows = expected(source, 'port 23', false);
      const { total, rows: top } = await store.explore.top({
        ...scope,
        filter: 'port 23',
        by: ['country', 'protocol'].map((by) => (source === 'flow' ? by.replace('country', 'source-country') : by)),
        measure: 'sources',
        limit: 50,
      });
      expect(total).toBe(new Set(rows.map((row) => String(row['source']))).size);
      expect(top[0]?.sources).toBeGreaterThan(0);
      expect(top[0]?.keys).toHaveLength(2);
    });

    it('keeps tenants apart', async () => {
      const other = await store.explore.top({ ...scope, tenant: 'other', by: ['source'], measure: 'packets', limit: 10 });
      expect(other).toMatchObject({ total: 1_000_000, rows: [{ packets: 1_000_000 }] });
      const nobody = { ...scope, tenant: "nobody' OR 1" };
      expect((await store.explore.rows({ ...nobody, order: 'packets', limit: 5 })).rows).toEqual([]);
      expect((await store.explore.series({ ...nobody, by: 'source', measure: 'packets', stepSeconds: 3600, top: 3 })).series).toEqual([]);
      expect(await store.explore.range(nobody.tenant, source)).toEqual({ firstAt: null, lastAt: null });
      expect((await store.explore.names('other', source)).sensors).toEqual(['north']);
    });

    it('refuses what it does not understand', async () => {
      const top = { ...scope, by: ['source'], measure: 'packets', limit: 1 } as const;
      await expect(store.explore.top({ ...top, filter: 'source 1' })).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining('character 8'),
      });
      await expect(store.explore.top({ ...top, by: ['tenant'] })).rejects.toMatchObject({ code: 'usage' });
      await expect(store.explore.top({ ...top, by: ['packets'] })).rejects.toMatchObject({ code: 'usage' });
      await expect(store.explore.top({ ...top, by: [] })).rejects.toMatchObject({ code: 'usage' });
      await expect(store.explore.top({ ...top, to: scope.from })).rejects.toMatchObject({ code: 'usage' });
      for (const cursor of ['', 'x', Buffer.from('["flow","time",["1\' OR 1"],1]').toString('base64url')]) {
        await expect(store.explore.rows({ ...scope, order: 'time', limit: 1, cursor })).rejects.toMatchObject({ code: 'usage' });
      }
      const { cursor } = await store.explore.rows({ ...scope, order: 'time', limit: 1 });
      await expect(store.explore.rows({ ...scope, order: 'bytes', limit: 1, cursor: cursor ?? '' })).rejects.toMatchObject({
        code: 'usage',
      });
    });
  });

  describe.skipIf(!isHere)('rollups', () => {
    const uneven = { from: EXPLORE_DAY + 17 * MINUTE, to: EXPLORE_DAY + 23 * HOUR + 5 * MINUTE };
    it.each([
      ['', ['port']],
      ['class tcp-scan and not country JP', ['asn', 'protocol']],
      ['sensor north', ['class']],
    ])('tell the same as the cells: %s by %s', async (filter, by) => {
      for (const period of [day, uneven]) {
        const scope = { tenant: 'main', source: 'telescope', ...period, filter, by, limit: 50 } as const;
        const quick = await store.explore.top({ ...scope, measure: 'packets' });
        // `ttl` is in no rollup and holds for every row.
        const slow = await store.explore.top({
          ...scope,
          filter: `ttl >= 0${filter === '' ? '' : ` and (${filter})`}`,
          measure: 'packets',
        });
        expect(slow.rows.every(({ records }) => records !== null)).toBe(true);
        const strip = ({ rows, total }: typeof quick) => ({
          total,
          rows: rows.map(({ keys, packets, bytes }) => ({ keys, packets, bytes })),
        });
        expect(strip(quick)).toEqual(strip(slow));
        const series = { ...scope, measure: 'packets', by: null, stepSeconds: 7200, top: 1 } as const;
        const { series: lines } = await store.explore.series(series);
        expect(lines[0]?.values.reduce((sum, value) => sum + value, 0)).toBe(quick.total);
      }
    });
  });

  describe.skipIf(!isHere)('data quality', () => {
    const at = EXPLORE_DAY - 48 * HOUR;
    const scope = { tenant: 'quality', from: at, to: at + 2 * HOUR, filter: '' };
    beforeAll(async () => {
      const minute = (offset: number) => at / 1000 + offset * 60;
      const quiet = {
        tenant: 'quality',
        sensor: 'north',
        exporter: '',
        kind: 'telescope',
        lost_unit: '',
        minute: minute(30),
        received: 0n,
      };
      const router = {
        ...quiet,
        exporter: '192.0.2.1',
        kind: 'ipfix',
        lost_unit: 'record',
        received: 10n,
        records: 90n,
        lost: 10n,
        dropped: 1n,
      };
      const flows = [0, 10, 11].map((offset) => ({ tenant: 'quality', minute: minute(offset), sampling: offset === 0 ? 0 : 100 }));
      const minutes = toBatch('sensor_minute', [quiet, { ...router, minute: minute(60) }, { ...router, minute: minute(61), lost: 5n }]);
      await store.insert([flowBatch(flows), minutes], 'quality');
    });

    it('adds up what each lost and how it sampled', async () => {
      const telescope = await store.explore.quality({ ...scope, source: 'telescope' });
      expect(telescope).toMatchObject({ origins: [{ sensor: 'north', kind: 'telescope', received: 0 }], sampling: null });
      const { origins, sampling } = await store.explore.quality({ ...scope, source: 'flow' });
      const sums = { received: 20, records: 180, lost: 15, lostUnit: 'record', dropped: 2, malformed: 0, withoutTemplate: 0 };
      expect(origins).toEqual([{ sensor: 'north', exporter: '192.0.2.1', kind: 'ipfix', ...sums }]);
      expect(sampling).toEqual({ low: 100, high: 100, unknownRecords: 1, isMultiplied: true });
    });

    it('asks only those the filter is held to', async () => {
      const other = await store.explore.quality({ ...scope, source: 'flow', filter: 'exporter 198.51.100.1 and tcp' });
      expect(other).toEqual({ erasedUntil: null, origins: [], sampling: null });
    });

    it('says when single records are gone and only sums of them are left', async () => {
      await store.enforceRetention(EXPLORE_DAY + 20 * HOUR, () => Promise.resolve());
      const question = { ...scope, to: EXPLORE_DAY + HOUR, source: 'flow' } as const;
      expect((await store.explore.quality(question)).erasedUntil).toBe(EXPLORE_DAY);
      expect((await store.explore.quality({ ...question, tenant: 'other' })).erasedUntil).toBeNull();
      const top = { ...question, by: ['protocol'], limit: 9 };
      expect(await store.explore.top({ ...top, measure: 'packets' })).toMatchObject({ total: expect.any(Number), rows: [{}] });
      expect((await store.explore.top({ ...top, filter: 'duration >= 0', measure: 'packets' })).rows).toEqual([]);
    });
  });
});
