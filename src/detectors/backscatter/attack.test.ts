import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerMinute } from '../../domain/question.ts';
import { START, victim } from '../rows.test-support.ts';
import { busiestMinute, busiestWindow, estimateRate, isAttack, peakNeeded, toIntervals } from './attack.ts';

describe('attack intervals', () => {
  it('join minutes over silences of up to the gap', () => {
    const row = victim({ 0: 5, 1: 7, 7: 1, 14: 2 }); // five silent minutes, then six
    expect(toIntervals(row, 5)).toMatchObject([
      { from: START, to: START + 7 * 60_000 + 59_000, packets: 13, peakPerMinute: 7, window: { least: 7, most: 11 } },
      { from: START + 14 * 60_000, to: START + 14 * 60_000 + 59_000, packets: 2, peakPerMinute: 2, window: { least: 2, most: 2 } },
    ]);
    expect(toIntervals(row, 4)).toHaveLength(3);
    expect(toIntervals(row, 6)).toHaveLength(1);
    expect(toIntervals(victim({}), 5)).toEqual([]);
  });

  it('lose no packet and never touch each other', () => {
    const minutes = fc.uniqueArray(fc.nat(200), { maxLength: 60 }).map((offsets) => offsets.sort((a, b) => a - b));
    fc.assert(
      fc.property(minutes, fc.nat(10), (offsets, gap) => {
        const row = victim(Object.fromEntries(offsets.map((offset, i) => [offset, i + 1])));
        const intervals = toIntervals(row, gap);
        expect(intervals.reduce((sum, { packets }) => sum + packets, 0)).toBe(row.packets);
        intervals.slice(1).forEach((interval, i) => {
          expect(interval.from - (intervals[i]?.to ?? 0)).toBeGreaterThan(gap * 60_000);
        });
      }),
    );
  });
});

describe('the busiest sixty seconds', () => {
  /** The minutes a collector would have stored of answers at these milliseconds. */
  const toMinutes = (times: readonly number[]): AnswerMinute[] =>
    [
      ...Map.groupBy(
        times.toSorted((a, b) => a - b),
        (at) => Math.floor(at / 60_000),
      ),
    ].map(([minute, own]) => ({
      minute: minute * 60,
      packets: own.length,
      firstAt: own[0] ?? 0,
      lastAt: own.at(-1) ?? 0,
      services: [],
      distinctServices: 1,
    }));
  /** Straight from the definition: every window that begins with an answer. */
  const exact = (times: readonly number[]): number =>
    Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));

  it('lie between what stored minutes can tell', () => {
    const minute = fc.integer({ min: 0, max: 6 * 60_000 });
    fc.assert(
      fc.property(fc.array(minute, { minLength: 1, maxLength: 80 }), (times) => {
        const { least, most } = busiestWindow(toMinutes(times));
        expect(exact(times)).toBeGreaterThanOrEqual(least);
        expect(exact(times)).toBeLessThanOrEqual(most);
      }),
    );
  });

  it('are known exactly when a burst crosses the minute', () => {
    const times = [50_000, 55_000, 59_000, 61_000, 65_000, 70_000];
    expect(busiestWindow(toMinutes(times))).toEqual({ least: 6, most: 6 });
  });

  it('decide by what is certain', () => {
    const [interval] = toIntervals(victim({ 0: 20, 1: 20 }), 5);
    if (!interval) throw new Error('no interval');
    const limits = { minPackets: 25, minSeconds: 60, minInWindow: 20 };
    expect(isAttack(interval, limits)).toBe(true);
    expect(isAttack(interval, { ...limits, minInWindow: 21 })).toBe(false); // 39 would be possible, 20 are certain
    expect(isAttack(interval, { ...limits, minSeconds: 120 })).toBe(false);
    expect(isAttack(interval, { ...limits, minPackets: 41 })).toBe(false);
  });
});

it('finds the busiest minute, the first of equals', () => {
  expect(busiestMinute(victim({ 0: 5, 3: 9, 8: 9 }))).toEqual({ at: START + 180_000, packets: 9 });
});

it.each([
  [30, 2 ** 24, 30],
  [30, 2 ** 26, 30],
  [30, 2 ** 22, 8],
  [30, 65_536, 2],
  [30, 256, 2],
  [30, null, 2],
  [1, 256, 1],
])('asks for a peak of %i at 2^24 addresses: at %s it is %i', (peak, addresses, needed) => {
  expect(peakNeeded(peak, addresses)).toBe(needed);
});

it('scales a minute to the Internet, with its interval', () => {
  const { packetsPerSecond, low, high } = estimateRate(36, 65_536); // one packet a minute is 65,536 / 60 a second
  expect(packetsPerSecond).toBeCloseTo(39_321.6, 1);
  expect(low).toBeCloseTo(26_476.5, 1); // 36 − 1.96 · 6
  expect(high).toBeCloseTo(52_166.7, 1);
  expect(estimateRate(1, 65_536).low).toBe(0);
  expect(estimateRate(72, 65_536, 2).packetsPerSecond).toBe(packetsPerSecond);
});
