import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantile, usualBand } from './usual-band.ts';

describe('usual', () => {
  it('is not known from fewer than three days', () => {
    expect(usualBand([], 2)).toBeNull();
    expect(usualBand([[1], [2]], 1)).toBeNull();
  });

  it('is the range of the same step on earlier days', () => {
    const days = Array.from({ length: 11 }, (_, i) => [i * 10, null]);
    expect(usualBand(days, 2)).toEqual({ low: [10, null], median: [50, null], high: [90, null] });
  });

  it('leaves out days on which nobody watched that step, and never takes them for zero', () => {
    expect(usualBand([[100], [100], [null], [100], [null]], 1)).toEqual({ low: [100], median: [100], high: [100] });
    expect(usualBand([[100], [100], [null]], 1)).toEqual({ low: [null], median: [null], high: [null] });
  });

  it('keeps quantiles within the values and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e6), { minLength: 1, maxLength: 28 }), (values) => {
        const [low, median, high] = [0.1, 0.5, 0.9].map((share) => quantile(values, share)) as [number, number, number];
        expect(low).toBeGreaterThanOrEqual(Math.min(...values));
        expect(median).toBeGreaterThanOrEqual(low);
        expect(high).toBeGreaterThanOrEqual(median);
        expect(high).toBeLessThanOrEqual(Math.max(...values));
      }),
    );
  });
});
