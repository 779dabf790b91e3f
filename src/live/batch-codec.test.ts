/** What goes in comes out; nothing else comes through. */
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/volume.ts';
import { FlowColumns } from '../flow/flow-columns.ts';
import { SensorMinutes } from '../flow/sensor-minutes.ts';
import { decodeBatch, encodeBatch } from './batch-codec.ts';
import type { LiveBatch } from './live-batch.ts';

function batchOf(packets: readonly number[], sensor = 'edge-1'): LiveBatch {
  const flows = new FlowColumns();
  flows.reserve(packets.length);
  for (const count of packets) flows.packets[flows.rows++ * 2] = count;
  const minutes = new SensorMinutes();
  minutes.open({ exporter: '192.0.2.1', domain: 7, kind: 'netflow-5', lostUnit: 'flow' }, 60_000).received = packets.length;
  const quality = minutes.take('main', sensor);
  const columns = [...(packets.length > 0 ? [flows.take('main', sensor)] : []), ...(quality ? [quality] : [])];
  const bad = [{ from: '192.0.2.1', reason: { code: 'odd', parameters: { length: 3 } }, excerpt: 'abc' }];
  return {
    token: 'run:1',
    collector: 'netflow',
    sensor,
    source: 'netflow 127.0.0.1:2055',
    records: packets.length,
    columns,
    quarantined: 1,
    bad,
    alarms: [],
  };
}

/** The batch with its head changed. */
async function tampered(batch: LiveBatch, change: (head: Record<string, unknown>) => void): Promise<Uint8Array> {
  const { zstdDecompressSync } = await import('node:zlib');
  const content = zstdDecompressSync(await encodeBatch(batch));
  const from = content.indexOf(10) + 1;
  const to = content.indexOf(10, from);
  const head = JSON.parse(content.subarray(from, to).toString()) as Record<string, unknown>;
  change(head);
  return zstdCompressSync(Buffer.concat([content.subarray(0, from), Buffer.from(`${JSON.stringify(head)}\n`), content.subarray(to + 1)]));
}

interface Head {
  columns: { table: string; rows: number; columns: Record<string, { width?: number; dictionary?: string[] }> }[];
}
const first = (head: unknown): Head['columns'][number] => {
  const [table] = (head as Head).columns;
  if (!table) throw new Error('no table');
  return table;
};

describe('batches as bytes', () => {
  it('come back as they were', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(0xffff_ffff), { maxLength: 50 }), async (packets) => {
        const batch = batchOf(packets);
        const back = await decodeBatch(await encodeBatch(batch));
        expect({ ...back, columns: [] }).toEqual({ ...batch, columns: [] });
        expect(back.columns.map(({ table, rows }) => [table, rows])).toEqual(batch.columns.map(({ table, rows }) => [table, rows]));
        for (const [i, { columns, rows }] of batch.columns.entries()) {
          for (const [name, column] of Object.entries(columns)) {
            const again = back.columns[i]?.columns[name];
            if (again && 'dictionary' in again && 'dictionary' in column) expect(textsOf(again, rows)).toEqual(textsOf(column, rows));
            else expect(again).toEqual(column);
          }
        }
      }),
      runs(15, 40),
    );
  });

  it.each<[string, (head: Record<string, unknown>) => void, RegExp]>([
    ['an unknown table', (head) => (first(head).table = 'feed_record'), /table/],
    ['more rows than there are', (head) => (first(head).rows = 1000), /cut short|dictionary/],
    ['fewer rows than there are', (head) => (first(head).rows = 1), /behind the last column/],
    ['a missing column', (head) => delete first(head).columns['bytes'], /bytes is missing/],
    [
      'a column that is the hub’s to fill in',
      (head) => (first(head).columns['source_asn'] = { width: 4 }),
      /source_asn is not a column that a sensor/,
    ],
    ['a wrong type', (head) => (first(head).columns['minute'] = { width: 8 }), /minute: must be DateTime/],
    [
      'a text where a number belongs',
      (head) => (first(head).columns['minute'] = { width: 1, dictionary: ['x'] }),
      /minute: must be DateTime/,
    ],
    ['codes without entries', (head) => (first(head).columns['sensor'] = { width: 1, dictionary: [] }), /code without a dictionary entry/],
    ['a token that could leave its folder', (head) => (head['token'] = '../../x'), /token/],
    ['an unknown key', (head) => (head['more'] = 1), /more|nrecognized/],
  ])('refuse %s', async (_what, change, message) => {
    await expect(tampered(batchOf([1, 2, 3]), change).then(decodeBatch)).rejects.toThrow(message);
  });

  it('refuse what is no batch, and what is cut anywhere', async () => {
    await expect(decodeBatch(Buffer.from('{}'))).rejects.toMatchObject({ code: 'input-malformed' });
    await expect(decodeBatch(zstdCompressSync(Buffer.from('hello')))).rejects.toMatchObject({ code: 'input-malformed' });
    await expect(decodeBatch(zstdCompressSync(Buffer.alloc(300 << 20)))).rejects.toThrow(/too large/);
    const whole = await encodeBatch(batchOf([1, 2, 3]));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        await expect(decodeBatch(whole.subarray(0, length))).rejects.toMatchObject({ code: 'input-malformed' });
      }),
      runs(8, 30),
    );
  });
});

function textsOf(
  column: { readonly dictionary: readonly string[]; readonly codes: { readonly [row: number]: number } },
  rows: number,
): string[] {
  return Array.from({ length: rows }, (_, row) => column.dictionary[column.codes[row] ?? 0] ?? '');
}
