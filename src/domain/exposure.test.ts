import { describe, expect, it } from 'vitest';
import { exposureOf } from './exposure.ts';
import type { WatchedSensor } from './watching.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2026, 2, 1);
const day = { from: START, to: START + DAY };
const sensor = (more: Partial<WatchedSensor> = {}): WatchedSensor => ({
  id: 'north',
  firstAt: START - DAY,
  gaps: [],
  history: [{ from: 0, to: Infinity, addresses: 4096 }],
  ...more,
});

describe('what was watched', () => {
  it('is addresses times days', () => {
    expect(exposureOf([sensor()], day)).toEqual({
      addressDays: 4096,
      addresses: { low: 4096, high: 4096, average: 4096 },
      watched: 1,
      sensors: 1,
    });
  });

  it('leaves gaps out, and the time before a sensor began', () => {
    const gaps = [{ from: START, to: START + 6 * HOUR }];
    expect(exposureOf([sensor({ gaps })], day)).toMatchObject({ addressDays: 3072, watched: 0.75, addresses: { average: 4096 } });
    const late = sensor({ id: 'south', firstAt: START + 12 * HOUR });
    expect(exposureOf([sensor(), late], day)).toEqual({
      addressDays: 4096 + 2048,
      addresses: { low: 4096, high: 8192, average: 6144 },
      watched: 1,
      sensors: 2,
    });
    expect(exposureOf([sensor({ firstAt: START + 2 * DAY })], day)).toEqual({ addressDays: null, addresses: null, watched: 0, sensors: 0 });
  });

  it('follows changes of the number of addresses', () => {
    const history = [
      { from: 0, to: START + 18 * HOUR, addresses: 1000 },
      { from: START + 18 * HOUR, to: Infinity, addresses: 2000 },
    ];
    expect(exposureOf([sensor({ history })], day)).toMatchObject({
      addressDays: 1250,
      addresses: { low: 1000, high: 2000, average: 1250 },
    });
  });

  it('is unknown as soon as one count is, for a time in which that sensor watched', () => {
    const history = [
      { from: 0, to: START + HOUR, addresses: null },
      { from: START + HOUR, to: Infinity, addresses: 256 },
    ];
    expect(exposureOf([sensor(), sensor({ id: 'south', history })], day)).toMatchObject({ addressDays: null, watched: 1 });
    const gaps = [{ from: START - HOUR, to: START + HOUR }];
    expect(exposureOf([sensor({ history, gaps })], day).addresses?.low).toBe(256);
  });
});
