/** Round trips through the real engine: what goes in as columns comes out as the same values. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runs } from '../../../test/support/volume.ts';
import { type ColumnBatch, type ColumnType, TELEMETRY_TABLES, type TelemetryTableName } from '../../domain/telemetry-table.ts';
import { createLog } from '../../engine/log.ts';
import { readCapabilities } from './capabilities.ts';
import { EmbeddedEngine } from './embedded.ts';
import { cells, feedRows, toBatch } from './fixtures/cells.ts';
import { randomCells } from './fixtures/random-batch.ts';
import { migrate } from './migrations.ts';
import { toNativeBlocks } from './native-block.ts';
import { sql, trusted } from './sql.ts';

type Value = number | bigint | string | Uint8Array;

const folder = mkdtempSync(join(tmpdir(), 'yagura-native-'));
const engine = new EmbeddedEngine({ path: join(folder, 'engine'), memoryBytes: 800 << 20, log: createLog('silent') });
beforeAll(async () => migrate(engine, await readCapabilities(engine)));
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<Value>>> = {
  UInt8: fc.nat(255),
  UInt16: fc.nat(65_535),
  UInt32: fc.nat(4_294_967_295),
  DateTime: fc.integer({ min: 1_700_000_000, max: 1_700_000_000 + 3 * 86_400 }),
  UInt64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  'FixedString(16)': fc.uint8Array({ minLength: 16, maxLength: 16 }),
  'FixedString(32)': fc.uint8Array({ minLength: 32, maxLength: 32 }),
  String: fc.string({ unit: 'grapheme', maxLength: 300 }),
  'LowCardinality(String)': fc.string({ unit: 'grapheme', maxLength: 5 }),
};

function rowsOf(table: TelemetryTableName): fc.Arbitrary<Record<string, Value>[]> {
  const columns = Object.entries(TELEMETRY_TABLES[table].columns).map(([name, type]) => [name, VALUES[type]]);
  return fc.array(fc.record(Object.fromEntries(columns)), { minLength: 1, maxLength: 60 });
}

/** A value as the engine shows it, and the expression that shows it so. */
const toShown = (value: Value): string =>
  typeof value === 'string' || value instanceof Uint8Array
    ? Buffer.from(value as string)
        .toString('hex')
        .toUpperCase()
    : String(value);
function toExpression([name, type]: [string, ColumnType]): string {
  if (type === 'DateTime') return `toString(toUInt32(${name}))`;
  return type.includes('String') ? `hex(${name})` : `toString(${name})`;
}

async function store(batch: ColumnBatch): Promise<void> {
  const file = join(folder, 'block.native');
  for (const block of toNativeBlocks(batch)) {
    writeFileSync(file, Buffer.concat(block));
    await engine.insert({ table: batch.table, columns: Object.keys(TELEMETRY_TABLES[batch.table].columns), file }, {});
  }
}

async function readAll(table: TelemetryTableName): Promise<string[]> {
  const expressions = Object.entries(TELEMETRY_TABLES[table].columns).map(toExpression).join(', ');
  const rows = await engine.query(sql`SELECT ${trusted(expressions)} FROM ${trusted(table)}`);
  return rows.map((row) => row.join(' ')).toSorted();
}

const BATCHES = runs(8, 25);

describe('toNativeBlocks', () => {
  it.each(['telescope_minute', 'feed_record'] as const)(`keeps every value of %s (${BATCHES.numRuns} batches)`, async (table) => {
    const names = Object.keys(TELEMETRY_TABLES[table].columns);
    await fc.assert(
      fc.asyncProperty(rowsOf(table), async (rows) => {
        await engine.exec(sql`TRUNCATE TABLE ${trusted(table)}`);
        await store(toBatch(table, rows));
        expect(await readAll(table)).toEqual(rows.map((row) => names.map((name) => toShown(row[name] ?? 0)).join(' ')).toSorted());
      }),
      BATCHES,
    );
  });

  it('cuts a large batch into equal blocks and loses nothing', async () => {
    await engine.exec(sql`TRUNCATE TABLE telescope_minute`);
    const batch = randomCells({ seed: 3, rows: 500_001, startsAt: Date.UTC(2026, 0, 1), minutes: 60, sources: 100_000 });
    const packets = (batch.columns['packets'] as Uint32Array).reduce((sum, count) => sum + count, 0);
    expect([...toNativeBlocks(batch)]).toHaveLength(2);
    await store(batch);
    expect(await engine.query(sql`SELECT count(), sum(packets) FROM telescope_minute`)).toEqual([['500001', String(packets)]]);
  });

  it('cuts by the size of texts as well', async () => {
    await engine.exec(sql`TRUNCATE TABLE feed_record`);
    const attributes = { banner: 'x'.repeat(40 << 20) };
    const batch = feedRows([1, 2, 3].map((record) => ({ observedAt: 0, receivedAt: Date.UTC(2026, 0, 1), attributes, record })));
    expect([...toNativeBlocks(batch)].map((block) => Buffer.concat(block).length >> 20)).toEqual([80, 40]);
    await store(batch);
    const rows = await engine.query(sql`SELECT record, length(attributes) >= ${40 << 20} FROM feed_record ORDER BY record`);
    expect(rows).toEqual([1, 2, 3].map((record) => [record, 1]));
  });

  it('reads columns that are longer than the batch and views into larger buffers', async () => {
    await engine.exec(sql`TRUNCATE TABLE telescope_minute`);
    const batch = cells([1, 2, 3].map((packets) => ({ at: Date.UTC(2026, 0, 1), packets })));
    const wide = new Uint32Array([9, 5, 6, 7, 9, 9]).subarray(1);
    await store({ ...batch, columns: { ...batch.columns, packets: wide } });
    expect(await engine.query(sql`SELECT packets FROM telescope_minute ORDER BY packets`)).toEqual([[5], [6], [7]]);
  });

  it('has no block for a batch without rows', () => {
    expect([...toNativeBlocks(cells([]))]).toEqual([]);
  });

  it.each([
    ['missing', { packets: undefined }],
    ['not a column', { packetz: new Uint8Array(1) }],
    ['typed array', { packets: new Uint16Array(2) }],
    ['typed array', { source: new Uint8Array(15) }],
    ['dictionary', { tenant: new Uint8Array(1) }],
    ['dictionary entry', { tenant: { dictionary: ['main'], codes: new Uint8Array([1]) } }],
  ])('names the column that is wrong: %s', (what, wrong) => {
    const batch = cells([{ at: 0 }]);
    const columns = Object.fromEntries(Object.entries({ ...batch.columns, ...wrong }).filter(([, column]) => column !== undefined));
    expect(() => [...toNativeBlocks({ ...batch, columns })]).toThrow(what);
  });
});
