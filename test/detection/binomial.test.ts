/** The figures behind the bound for lost packets, against values worked out by hand. */
import { describe, expect, it } from 'vitest';
import { binomial, countsOf, fewerHappen, fewerThan, mostOf, range } from './binomial.ts';

describe('sums of yes-or-no events', () => {
  it('are counted exactly', () => {
    expect(binomial(4, 2, 0.5)).toBeCloseTo(6 / 16, 12);
    expect(fewerThan(2, 4, 0.5)).toBeCloseTo(5 / 16, 12);
    expect(fewerThan(9, 4, 0.5)).toBeCloseTo(1, 12);
    expect([...countsOf([0.5, 0.25])]).toEqual([0.375, 0.5, 0.125]);
    expect(fewerHappen(2, [0.5, 0.25])).toBe(0.875);
  });

  it('with different chances are the binomial ones when the chances are equal', () => {
    const counts = countsOf(Array.from({ length: 30 }, () => 0.3));
    for (let k = 0; k <= 30; k++) expect(counts[k]).toBeCloseTo(binomial(30, k, 0.3), 12);
  });

  it('leave their range as seldom as asked', () => {
    expect(range(4, 0.5, 0.2)).toEqual({ low: 1, high: 3 });
    const { low, high } = range(1000, 0.9, 0.01);
    const outside = fewerThan(low, 1000, 0.9) + (1 - fewerThan(high + 1, 1000, 0.9));
    expect(outside).toBeLessThanOrEqual(0.01);
    expect(outside).toBeGreaterThan(0.005);
    expect(range(1, 0.9, 1e-6)).toEqual({ low: 0, high: 1 });
  });

  it('exceed their most as seldom as asked', () => {
    expect(mostOf([0.5, 0.25], 0.125)).toBe(1);
    expect(mostOf([0.5, 0.25], 0.12)).toBe(2);
    expect(mostOf([], 0.1)).toBe(0);
    expect(mostOf([0, 0, 0], 1e-6)).toBe(0);
  });
});
