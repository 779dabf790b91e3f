import { describe, expect, it } from 'vitest';
import { compareLastHour } from './usual-figures.ts';

const STEP = 600;
const hour = (packets: number): number[] => Array.from({ length: 6 }, () => packets);
const series = {
  from: 0,
  to: 2 * 3_600_000,
  stepSeconds: STEP,
  today: [...hour(100), ...hour(120)],
  gaps: [],
  usual: { low: [...hour(70), ...hour(80)], median: [...hour(90), ...hour(100)], high: [...hour(105), ...hour(110)] },
};

describe('the last hour against usual', () => {
  it('is above by its share of the median, as packets a minute', () => {
    expect(compareLastHour(series)).toEqual({ now: 12, change: expect.closeTo(0.2), isUsual: false });
  });

  it('is usual within the band', () => {
    expect(compareLastHour({ ...series, today: hour(105).concat(hour(95)) })?.isUsual).toBe(true);
  });

  it('compares nothing while usual is not known', () => {
    expect(compareLastHour({ ...series, usual: null })).toEqual({ now: 12, change: null, isUsual: false });
  });

  it('never calls a gap a decrease', () => {
    const gap = { from: 7 * STEP * 1000, to: 9 * STEP * 1000 };
    const today = [...hour(100), 120, 0, 0, 120, 120, 120];
    expect(compareLastHour({ ...series, today, gaps: [gap] })).toEqual({ now: 12, change: null, isUsual: false });
    expect(compareLastHour({ ...series, gaps: [{ from: 0, to: series.to }] })).toBeNull();
  });
});
