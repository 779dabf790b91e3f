/** What is usual, from which history, and that nobody's absence counts as quiet. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/volume.ts';
import { type HourCounts, placeOf } from '../domain/surge.ts';
import { baselineOf, enterLimit, type History, highestUsual, SURGE_SETTINGS, usualOf } from './baseline.ts';
import { fromBytes, packHour, toBytes, toLog, toValue, watchedMask } from './hour-counts.ts';
import { changePoint } from './onset.ts';
import { surgeSeries } from './series.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 2, 14, 12);
const place = placeOf(6, 23);
const ALL = 0b111_1111;

/** Hours before NOW with so many sources in every slot. */
function historyOf(hours: number, sources: (hour: number) => number, watched: (hour: number) => number = () => ALL): History {
  const kept = new Map<number, HourCounts>();
  for (let i = 1; i <= hours; i++) {
    const hour = NOW - i * HOUR;
    const slots = [0, 1, 2, 3, 4, 5, 6].map((slot) => ({ place, slot, sources: sources(hour) }));
    kept.set(hour, packHour(hour, watched(hour), slots));
  }
  return (hour) => kept.get(hour);
}

describe('the basis', () => {
  const steady = (): number => 20;

  it.each([
    [2, null],
    [6, 'all-hours'],
    [4 * 24, 'all-hours'],
    [6 * 24, 'hour-of-day'],
    [20 * 24, 'hour-of-day'],
    [22 * 24, 'hour-of-week'],
    [40 * 24, 'hour-of-week'],
  ])('of %i hours of history is %s', (hours, basis) => {
    const found = baselineOf(historyOf(hours, steady), place, NOW, 'slot', NOW);
    expect(found?.basis ?? null).toBe(basis);
    if (found) expect(usualOf(found)).toBeCloseTo(20, 1);
  });

  it('is the same hour: a busy evening is no surge on any evening', () => {
    const evening = (hour: number): number => (new Date(hour).getUTCHours() === 12 ? 200 : 20);
    const weekly = baselineOf(historyOf(29 * 24, evening), place, NOW, 'slot', NOW);
    // The hours beside it count too, so the median stays with the two quiet ones, and the limit knows of the busy one.
    expect(weekly?.basis).toBe('hour-of-week');
    expect(highestUsual(historyOf(29 * 24, evening), place, NOW, NOW)).toBeCloseTo(200, 0);
  });

  it('leaves out slots in which nobody watched, and does not take them for quiet', () => {
    const halfBlind = historyOf(30 * 24, steady, (hour) => ((hour / HOUR) % 2 === 0 ? 0 : ALL));
    const found = baselineOf(halfBlind, place, NOW, 'slot', NOW);
    expect(found && usualOf(found)).toBeCloseTo(20, 1);
    const blind = historyOf(30 * 24, steady, () => 0);
    expect(baselineOf(blind, place, NOW, 'slot', NOW)).toBeNull();
  });

  it('never sees what comes after the time it is asked for', () => {
    const rising = historyOf(12, (hour) => (hour >= NOW - 2 * HOUR ? 1000 : 20));
    const found = baselineOf(rising, place, NOW, 'slot', NOW - 2 * HOUR);
    expect(found && usualOf(found)).toBeCloseTo(20, 1);
  });
});

describe('the limit', () => {
  /** P(X > limit) of a Poisson count. */
  function tail(rate: number, limit: number): number {
    let term = Math.exp(-rate);
    let below = 0;
    for (let k = 0; k <= limit; k++) {
      below += term;
      term *= rate / (k + 1);
    }
    return Math.max(0, 1 - below);
  }

  it('is passed by chance less than once in a hundred million windows', () => {
    for (const rate of [3, 5, 10, 20, 50, 100, 200]) {
      const baseline = { basis: 'hour-of-week', samples: 72, median: Math.log1p(rate), deviation: 0 } as const;
      expect(tail(rate, enterLimit(baseline, SURGE_SETTINGS))).toBeLessThan(1e-8);
    }
  });

  it('never falls when more was usual', () => {
    const rates = fc.tuple(fc.double({ min: 0, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true }));
    const limit = (rate: number): number =>
      enterLimit({ basis: 'all-hours', samples: 50, median: Math.log1p(rate), deviation: 0.1 }, SURGE_SETTINGS);
    fc.assert(
      fc.property(rates, ([a, b]) => limit(Math.min(a, b)) <= limit(Math.max(a, b))),
      runs(100, 5000),
    );
  });
});

describe('counts of an hour', () => {
  it('survive the way to the store and back', () => {
    const hour = packHour(NOW, 5, [
      { place: placeOf(17, 65_535), slot: 6, sources: 9_000_000 },
      { place: 0, slot: 0, sources: 3 },
      { place, slot: 2, sources: 1234 },
    ]);
    expect(fromBytes(NOW, 5, toBytes(hour))).toEqual(hour);
    expect([...hour.places]).toEqual([0, place, placeOf(17, 65_535)]);
  });

  it('are kept to a quarter of a thousandth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 8_000_000 }), (sources) => {
        expect(Math.abs(Math.expm1(toLog(toValue(sources))) / sources - 1)).toBeLessThan(0.000_25);
      }),
      runs(100, 5000),
    );
  });

  it('know which slots were watched from end to end', () => {
    const minute = 60_000;
    expect(watchedMask(NOW, NOW - HOUR, NOW + HOUR, [])).toBe(ALL);
    expect(watchedMask(NOW, NOW + 10 * minute, NOW + 35 * minute, [])).toBe(0b000_0110);
    expect(watchedMask(NOW, 0, NOW + DAY, [{ from: NOW + 25 * minute, to: NOW + 30 * minute }])).toBe(0b011_1011);
  });
});

describe('the onset', () => {
  it('is the minute at which the rate changed', () => {
    expect(changePoint([2, 3, 1, 2, 2, 9, 11, 8, 10])).toBe(5);
    expect(changePoint([0, 0, 0, 0, 4])).toBe(4);
    expect(changePoint([5, 5, 5])).toBe(0);
    expect(changePoint([])).toBe(0);
  });

  it('is found wherever a rise is planted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 58 }), fc.integer({ min: 0, max: 10 }), (at, before) => {
        const minutes = Array.from({ length: 60 }, (_, i) => (i < at ? before : before * 3 + 10));
        expect(changePoint(minutes)).toBe(at);
      }),
      runs(50, 1000),
    );
  });
});

describe('the picture', () => {
  it('shows a gap as nothing and the surge against what was usual before it', () => {
    const history = historyOf(
      24,
      (hour) => (hour >= NOW - 2 * HOUR ? 500 : 20),
      (hour) => (hour === NOW - 5 * HOUR ? 0 : ALL),
    );
    const surge = { place, onsetAt: NOW - 2 * HOUR } as Parameters<typeof surgeSeries>[0];
    const { sources, usual, high } = surgeSeries(surge, history, NOW - 6 * HOUR, NOW, SURGE_SETTINGS);
    expect(sources).toHaveLength(36);
    expect(sources.slice(6, 12)).toEqual([null, null, null, null, null, null]);
    expect(sources.at(-1)).toBe(500);
    expect(usual.at(-1)).toBe(20);
    expect(high.at(-1)).toBeGreaterThan(40);
    expect(high.at(-1)).toBeLessThan(80);
  });
});
