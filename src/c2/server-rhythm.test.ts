/** What the clients of a server have in common: the middle client of a whole record, all of them of a sampled one. */
import { describe, expect, it } from 'vitest';
import type { C2ClientSeries } from '../domain/c2-flows.ts';
import { keepsTime, serverRhythm } from './server-rhythm.ts';

const DAY = 86_400;
const window = { from: 0, to: DAY, bars: 24 };
const habits = { activeTimeoutMs: 300_000, precisionMs: 1 };

function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function client(times: readonly number[], bytes: (i: number) => number): C2ClientSeries {
  return {
    key: '1',
    isSeed: true,
    family: null,
    startedAt: Float64Array.from(times, (time) => time * 1000),
    durationMs: new Float64Array(times.length),
    bytes: Float64Array.from(times, (_, i) => bytes(i)),
    packets: new Float64Array(times.length).fill(1),
    clientPort: Uint16Array.from(times, (_, i) => 1024 + i),
  };
}

const beacon = (period: number, kept: number, random: () => number): C2ClientSeries =>
  client(
    Array.from({ length: Math.floor(DAY / period) }, (_, i) => i * period + 7).filter(() => random() < kept),
    () => 120,
  );
const person = (random: () => number): C2ClientSeries =>
  client(
    Array.from({ length: 60 }, () => 30_000 + Math.floor(40_000 * random() ** 2)).sort((a, b) => a - b),
    () => Math.floor(1500 * random()),
  );

describe('where every packet was looked at', () => {
  it('the middle of the clients speaks for the server', () => {
    const random = createRandom(1);
    const rhythm = serverRhythm([beacon(60, 1, random), beacon(60, 1, random), person(random)], false, window, habits);
    expect(rhythm).toMatchObject({ score: 1, periodSeconds: 60, judgedClients: 3, periodLog10P: null });
    expect(keepsTime(rhythm, 0.7)).toBe(true);
  });

  it('people keep no time', () => {
    const random = createRandom(2);
    const rhythm = serverRhythm([person(random), person(random), person(random)], false, window, habits);
    expect(rhythm?.score).toBeLessThan(0.7);
  });

  it('too few connections say nothing', () => {
    expect(serverRhythm([client([1, 2, 3], () => 1)], false, window, habits)).toBeNull();
    expect(keepsTime(null, 0.7)).toBe(false);
  });
});

describe('under sampling', () => {
  it('the period is found in all clients together, with its chance', () => {
    const random = createRandom(3);
    const rhythm = serverRhythm(
      Array.from({ length: 8 }, () => beacon(300, 0.05, random)),
      true,
      window,
      habits,
    );
    expect(rhythm?.periodSeconds).toBeCloseTo(300, 0);
    expect(rhythm?.periodLog10P).toBeLessThan(-2);
    expect(keepsTime(rhythm, 0.7)).toBe(true);
  });

  it('people keep no time, though their hours and sizes may be even', () => {
    const random = createRandom(4);
    const rhythm = serverRhythm([person(random), person(random)], true, window, habits);
    expect(rhythm?.periodSeconds).toBeNull();
    expect(keepsTime(rhythm, 0)).toBe(false);
  });
});
