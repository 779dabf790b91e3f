import { describe, expect, it } from 'vitest';
import { detectionProbability, eventTimeout, hitRate, internetWideRate, scanLimits, slowestScanVisible, timeoutFor } from './thresholds.ts';

describe('thresholds for a telescope', () => {
  it('know how rarely a slow scan shows in a /24', () => {
    const perSecond = hitRate(256, 10);
    expect(perSecond).toBeCloseTo(5.9605e-7, 11);
    expect(1 / perSecond / 86_400).toBeCloseTo(19.42, 2); // days
    expect(internetWideRate(256, perSecond)).toBeCloseTo(10, 9);
  });

  it('wait longer the rarer the hits', () => {
    expect(timeoutFor(1, 0.01)).toBeCloseTo(4.60517, 5);
    expect(timeoutFor(hitRate(65_536, 100), 0.05)).toBeCloseTo(1963.28, 1); // ln 20 · 65,536 / 100
  });

  it.each([
    [4, 0.5, 2, 0.6875], // 1 − (1 + 4) / 16
    [3, 0.5, 3, 0.125],
    [256, 0.01, 1, 0.92369], // 1 − 0.99^256
    [256, 0.01, 2, 0.72635], // − 2.56 · 0.99^255
    [10, 1, 10, 1],
    [10, 1, 11, 0],
    [10, 0, 1, 0],
    [10, 0.3, 0, 1],
    [2 ** 24, 1e-6, 1, 1], // 16.8 expected
  ])('n=%i, coverage %d, k=%i: %d', (addresses, coverage, hits, probability) => {
    expect(detectionProbability(addresses, coverage, hits)).toBeCloseTo(probability, 4);
  });

  it('say which scan is just fast enough to be seen', () => {
    expect(slowestScanVisible(65_536, 86_400, 1, 0.95)).toBeCloseTo(2.2723, 3); // −ln 0.05 · 65,536 / 86,400
    const slowest = slowestScanVisible(65_536, 3600, 3, 0.9);
    const mean = hitRate(65_536, slowest) * 3600;
    expect(1 - Math.exp(-mean) * (1 + mean + mean ** 2 / 2)).toBeCloseTo(0.9, 6);
  });
});

describe('what a sensor can see', () => {
  const settings = { minPackets: 20, minTargets: 10, timeoutRate: 100, cutProbability: 0.01, probability: 0.95 };

  it.each([
    [475_136, 600], // 416 s, but minutes are what is stored
    [65_536, 3018],
    [4096, 21_600], // 13 hours, but days are judged
    [null, 21_600],
  ])('of %s addresses an event ends after %i seconds of silence', (addresses, seconds) => {
    expect(eventTimeout(addresses, 100, 0.01)).toBe(seconds);
  });

  it('is cut short of an ongoing scan with the stated probability', () => {
    const timeout = eventTimeout(65_536, 100, 0.01);
    expect(Math.exp(-hitRate(65_536, 100) * timeout)).toBeCloseTo(0.01, 4);
  });

  it('is stated as the slowest scan and the least coverage', () => {
    const limits = scanLimits(65_536, settings);
    expect(limits.slowestPacketsPerSecond).toBeCloseTo(21.1, 1);
    expect(detectionProbability(65_536, limits.leastCoverage, 10)).toBeCloseTo(0.95, 6);
    expect(scanLimits(5, settings).leastCoverage).toBe(1);
  });
});
