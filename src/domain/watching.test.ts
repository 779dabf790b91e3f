import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AddressPeriod,
  definitionChanges,
  type Interval,
  intersect,
  lengthOf,
  mayCompare,
  unite,
  unwatched,
  type WatchedSensor,
  within,
} from './watching.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 2, 1);
const steady: readonly AddressPeriod[] = [{ from: 0, to: Infinity, addresses: 4096 }];
const sensor = (more: Partial<WatchedSensor> = {}): WatchedSensor => ({
  id: 'north',
  firstAt: START - 30 * DAY,
  gaps: [],
  history: steady,
  ...more,
});
const day = (n: number): Interval => ({ from: START + n * DAY, to: START + (n + 1) * DAY });
const reasonsOf = (sensors: readonly WatchedSensor[], a = day(0), b = day(1)): string[] =>
  mayCompare(a, b, sensors).reasons.map(({ en }) => en);

const intervals = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 40 })).map(([from, length]) => ({ from, to: from + length })));
const covers = (list: readonly Interval[], at: number): boolean => list.some(({ from, to }) => from <= at && at < to);
const moments = Array.from({ length: 250 }, (_, at) => at);

describe('intervals', () => {
  it('unite to the same moments, sorted and apart', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const united = unite(list);
        expect(moments.map((at) => covers(united, at))).toEqual(moments.map((at) => covers(list, at)));
        united.forEach((one, i) => expect(one.from).toBeGreaterThan(united[i - 1]?.to ?? -1));
      }),
    );
  });

  it('intersect to the moments in both', () => {
    fc.assert(
      fc.property(intervals, intervals, (a, b) => {
        const both = intersect(a, b);
        expect(moments.filter((at) => covers(both, at))).toEqual(moments.filter((at) => covers(a, at) && covers(b, at)));
        expect(lengthOf(both)).toBe(moments.filter((at) => covers(both, at)).length);
      }),
    );
  });
});

describe('the time in which nobody watched', () => {
  it('is what no sensor covers, the time before its first sign of life included', () => {
    const gap = { from: START + 2 * HOUR, to: START + 6 * HOUR };
    const late = sensor({ id: 'south', firstAt: START + 4 * HOUR });
    expect(unwatched([sensor({ gaps: [gap] })], day(0))).toEqual([gap]);
    expect(unwatched([sensor({ gaps: [gap] }), late], day(0))).toEqual([{ from: gap.from, to: START + 4 * HOUR }]);
    expect(unwatched([], day(0))).toEqual([day(0)]);
    expect(unwatched([sensor(), sensor({ firstAt: null })], day(0))).toEqual([]);
  });
});

describe('comparing two periods', () => {
  it('is allowed while the same addresses were watched without a gap', () => {
    expect(mayCompare(day(0), day(1), [sensor()])).toEqual({ isComparable: true, reasons: [] });
  });

  it('is refused over a gap in either period, not over one elsewhere', () => {
    const gapOn = (n: number) => sensor({ gaps: within([{ from: START + n * DAY + HOUR, to: START + n * DAY + 2 * HOUR }], day(n)) });
    expect(reasonsOf([gapOn(0)])).toEqual(['There is a gap in one of the periods.']);
    expect(reasonsOf([gapOn(1)])).toEqual(['There is a gap in one of the periods.']);
    expect(reasonsOf([gapOn(5)])).toEqual([]);
  });

  it('is refused when the number of addresses changed in or between them', () => {
    const changedAt = (at: number) =>
      sensor({
        history: [
          { from: 0, to: at, addresses: 4096 },
          { from: at, to: Infinity, addresses: 8192 },
        ],
      });
    expect(reasonsOf([changedAt(START + 30 * HOUR)])).toHaveLength(1);
    expect(reasonsOf([changedAt(START + 3 * DAY)], day(0), day(6))).toHaveLength(1);
    expect(reasonsOf([changedAt(START + 9 * DAY)], day(0), day(6))).toEqual([]);
    expect(reasonsOf([changedAt(START)])).toEqual([]);
  });

  it('is refused when a sensor began meanwhile, and when there was none', () => {
    expect(reasonsOf([sensor(), sensor({ id: 'south', firstAt: START + DAY })])).toEqual([
      'A sensor began during the periods or between them.',
    ]);
    expect(reasonsOf([sensor({ firstAt: null })])).toEqual(['Nothing was observed in either period.']);
  });
});

describe('changes of what a figure means', () => {
  it('are new sensors and other counts within the period', () => {
    const history = [
      { from: 0, to: START + HOUR, addresses: null },
      { from: START + HOUR, to: START + 2 * DAY, addresses: 256 },
      { from: START + 2 * DAY, to: Infinity, addresses: 512 },
    ];
    const found = definitionChanges([sensor({ history }), sensor({ id: 'south', firstAt: START + 3 * HOUR })], day(0));
    expect(found.map(({ at, kind, text }) => [at, kind, text.en])).toEqual([
      [START + HOUR, 'addresses', 'The number of addresses one sensor observes changed from unknown to 256.'],
      [START + 3 * HOUR, 'sensor-added', 'One more sensor began to watch.'],
    ]);
  });
});
