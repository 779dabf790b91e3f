/**
 * The goals of detection on one simulated day, through the real pipeline: a small stand-in
 * for the whole table of docs/detection.md, so that a change that costs findings is noticed.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { runTable } from '../src/cli/score-table.ts';
import { type TableRow, toRows } from '../src/simulation/score-table.ts';

describe('one day of the small country', () => {
  let rows: readonly TableRow[] = [];
  beforeAll(async () => {
    rows = toRows(await runTable({ seeds: 1, scales: ['small'], samplings: [1, 100], weeks: 0, progress: () => undefined }));
  }, 900_000);

  const rowOf = (detector: string, sampling: number): TableRow => {
    const row = rows.find((one) => one.detector === detector && one.sampling === sampling);
    if (!row) throw new Error(`${detector} at 1:${sampling} is not in the table`);
    return row;
  };

  it.each([
    ['infected-host', 0.999, 1],
    ['scanner', 0.98, 0.98],
    ['telnet-scanner', 0.98, 0.98],
    ['dos-victim', 0.95, 0.95],
    ['surge', 0.95, 1],
  ])('meets the goals for %s', (detector, precision, recall) => {
    expect(rowOf(detector, 1).precision.value).toBeGreaterThanOrEqual(precision);
    expect(rowOf(detector, 1).recall.value).toBeGreaterThanOrEqual(recall);
  });

  // A fifth of the customers of one camera's cloud are infected: that one may be put before the two people who decide.
  it.each([
    [1, 0.95],
    [100, 0.7],
  ])('finds C&C servers at 1:%i, and names the hardest look-alike at most', (sampling, recall) => {
    const { precision, ...row } = rowOf('command-and-control', sampling);
    expect(row.recall.value).toBeGreaterThanOrEqual(recall);
    expect(row.lookAlikesNamed).toBeLessThanOrEqual(1);
    expect(precision.of - precision.hits).toBe(row.lookAlikesNamed);
  });
});
