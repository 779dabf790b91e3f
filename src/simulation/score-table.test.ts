import { describe, expect, it } from 'vitest';
import { chapterAt, chapterOf, createCountry, DEFAULT_UNTIL, MINUTE } from './country.ts';
import { readCapture } from './fixtures/read-capture.ts';
import { formatTable, type Tried, toRows } from './score-table.ts';
import { Tally } from './tally.ts';
import { Thinning } from './thinning.ts';
import { trafficBetween } from './traffic.ts';

const tried = (over: Partial<Tried>): Tried => ({
  detector: 'scanner',
  scale: 'small',
  sampling: 1,
  hits: 9,
  falseAlarms: 1,
  foundOfDetectable: 8,
  detectable: 10,
  foundOfPlanted: 9,
  planted: 20,
  lookAlikesNamed: 0,
  ...over,
});

describe('the table', () => {
  it('adds the seeds up and keeps detectors, scales and samplings apart', () => {
    const rows = toRows([tried({}), tried({ hits: 11, falseAlarms: 0, lookAlikesNamed: 2 }), tried({ sampling: 100 })]);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      runs: 2,
      precision: { hits: 20, of: 21 },
      recall: { hits: 16, of: 20 },
      recallOfAll: { hits: 18, of: 40 },
      lookAlikesNamed: 2,
    });
  });

  it('never rounds up to all of them', () => {
    const [row] = toRows([tried({ hits: 99_999, falseAlarms: 1 })]);
    expect(formatTable(row ? [row] : [])).toContain('0.999 [');
  });

  it('says nothing where there is nothing to divide by', () => {
    const table = formatTable(toRows([tried({ hits: 0, falseAlarms: 0, foundOfDetectable: 0, detectable: 0 })]));
    expect(table.split('\n')[2]).toMatch(/\| – +\| – +\| 0\.450/);
  });
});

describe('thinning', () => {
  const country = createCountry({ seed: 3, scale: 'small' });
  const { flood } = chapterOf(country, chapterAt(DEFAULT_UNTIL - 1));
  const tally = new Tally();
  const minutes = [...trafficBetween(country, flood.from, flood.from + 20 * MINUTE, tally)];
  const planted = [...tally.planted(country, flood.from, flood.from + 20 * MINUTE)];

  it('keeps every Nth packet as it was', () => {
    const thinning = new Thinning(7);
    const kept = minutes.flatMap(({ records }) => [...readCapture(thinning.keep(records), true)]);
    const all = minutes.flatMap(({ records }) => [...readCapture(records, true)]);
    expect(kept).toEqual(all.filter((_, n) => n % 7 === 0));
  });

  it('comes to the same truth when nothing is left out', () => {
    const thinning = new Thinning(1);
    for (const { records } of minutes) thinning.keep(records);
    const again = thinning.planted(planted);
    expect(again.map(({ asset, packets, isDetectable }) => [asset, packets, isDetectable])).toEqual(
      planted.map(({ asset, packets, isDetectable }) => [asset, packets, isDetectable]),
    );
  });

  it('leaves less to be found the more is left out', () => {
    const detectable = [1, 10, 100].map((every) => {
      const thinning = new Thinning(every);
      for (const { records } of minutes) thinning.keep(records);
      return thinning.planted(planted).filter((one) => one.isDetectable).length;
    });
    expect(detectable).toEqual(detectable.toSorted((a, b) => b - a));
    expect(detectable[0]).toBeGreaterThan(detectable[2] ?? 0);
  });
});
