import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { START, victim } from '../rows.test-support.ts';
import { busiestMinute, estimateRate, peakNeeded, toIntervals } from './attack.ts';

describe('attack intervals', () => {
  it('join minutes over silences of up to the gap', () => {
    const row = victim({ 0: 5, 1: 7, 7: 1, 14: 2 }); // five silent minutes, then six
    expect(toIntervals(row, 5)).toEqual([
      { from: START, to: START + 8 * 60_000, packets: 13, peakPerMinute: 7 },
      { from: START + 14 * 60_000, to: START + 15 * 60_000, packets: 2, peakPerMinute: 2 },
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
});
