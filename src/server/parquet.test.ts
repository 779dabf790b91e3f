/** The written file is read by an engine that is not ours. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { query } from 'chdb';
import { afterAll, expect, it } from 'vitest';
import { type ParquetColumn, type ParquetRow, writeParquet } from './parquet.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-parquet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function written(columns: readonly ParquetColumn[], groups: readonly (readonly ParquetRow[])[]): Promise<string> {
  async function* pages() {
    yield* groups;
  }
  const file = join(folder, 'table.parquet');
  writeFileSync(file, Buffer.concat(await Array.fromAsync(writeParquet(columns, pages()))));
  return `file('${file}', 'Parquet')`;
}

const AT = Date.UTC(2026, 2, 14, 1, 2, 3, 456);
const COLUMNS: ParquetColumn[] = [
  { name: 'time', kind: 'time' },
  { name: 'source', kind: 'text' },
  { name: 'packets', kind: 'integer' },
];

it('keeps times, texts and large numbers over several row groups', async () => {
  const groups = [
    [
      [AT, '192.0.2.1', 1],
      [AT + 1, '東京 "x"', 2 ** 52],
    ],
    [],
    [[0, '', -5]],
  ]; // prettier-ignore
  const table = await written(COLUMNS, groups);
  expect(query(`SELECT toUnixTimestamp64Milli(time), source, packets FROM ${table}`, 'JSONCompactEachRow').trim().split('\n')).toEqual([
    `[${AT}, "192.0.2.1", 1]`,
    `[${AT + 1}, "東京 \\"x\\"", ${2 ** 52}]`,
    `[0, "", -5]`,
  ]);
  expect(query(`DESCRIBE ${table}`, 'TSV')).toContain('DateTime64(3');
});

it('writes a table without rows, and one with many columns and row groups', async () => {
  expect(query(`SELECT count() FROM ${await written(COLUMNS, [])}`, 'TSV').trim()).toBe('0');
  const columns = Array.from({ length: 30 }, (_, i): ParquetColumn => ({ name: `c${i}`, kind: 'integer' }));
  const groups = Array.from({ length: 20 }, (_, group) =>
    Array.from({ length: 100 }, (_row, row) => columns.map((_column, i) => group * row * i)),
  );
  expect(query(`SELECT count(), sum(c29) FROM ${await written(columns, groups)}`, 'TSV').trim()).toBe(`2000\t${190 * 4950 * 29}`);
});
