/** Rows grow, are handed over and start anew as zeros; rows that counted nothing can be left out. */
import { describe, expect, it } from 'vitest';
import { FlowColumns } from './flow-columns.ts';

function withCounts(counts: readonly number[]): FlowColumns {
  const columns = new FlowColumns();
  columns.reserve(counts.length);
  for (const count of counts) {
    const row = columns.rows++;
    columns.packets[2 * row] = count;
    columns.sourcePort[row] = 100 + row;
    columns.sourceWords[4 * row + 3] = row;
  }
  return columns;
}

describe('flow columns', () => {
  it('keep their rows when they grow, also seen as words', () => {
    const columns = withCounts([1, 2]);
    columns.reserve(100_000);
    expect(columns.capacity).toBeGreaterThanOrEqual(100_002);
    expect([columns.packets[2], columns.sourceWords[7], columns.source[28]]).toEqual([2, 1, 1]);
    expect(columns.sourceWords.buffer).toBe(columns.source.buffer);
  });

  it('are zero again after they were taken', () => {
    const columns = withCounts([1, 2, 3]);
    expect(columns.exporterIndex('192.0.2.1')).toBe(0);
    expect(columns.exporterIndex('192.0.2.2')).toBe(1);
    expect(columns.exporterIndex('192.0.2.1')).toBe(0);
    expect(columns.take('main', 's')).toMatchObject({ table: 'flow', rows: 3 });
    expect([columns.rows, columns.exporterCount, columns.hasExporter('192.0.2.1')]).toEqual([0, 0, false]);
    expect(columns.sourcePort.every((port) => port === 0)).toBe(true);
    expect(columns.source.every((byte) => byte === 0)).toBe(true);
  });

  it('leave out rows that counted nothing', () => {
    const columns = withCounts([0, 5, 0, 7, 0]);
    columns.dropUncounted(1);
    expect([...columns.sourcePort.subarray(0, 5)]).toEqual([100, 101, 103, 0, 0]);
    expect([...columns.packets.subarray(0, 8)]).toEqual([0, 0, 5, 0, 7, 0, 0, 0]);
    expect(columns.sourceWords[11]).toBe(3);
    expect(columns.rows).toBe(3);
  });
});
