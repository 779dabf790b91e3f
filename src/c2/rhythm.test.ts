/** The periodogram test: periods are found among few times, and chance is called chance. */
import { describe, expect, it } from 'vitest';
import { findRhythm, logGammaTail, POINTS, powers } from './rhythm.ts';

const DAY = 86_400;

function createRandom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/** A beacon of which each time is kept with a probability. */
function thinned(period: number, kept: number, random: () => number): Float64Array {
  const times: number[] = [];
  for (let at = random() * period; at < DAY; at += period) if (random() < kept) times.push(Math.floor(at));
  return Float64Array.from(times);
}

const atRandom = (count: number, random: () => number): Float64Array =>
  Float64Array.from({ length: count }, () => Math.floor(random() * DAY)).sort();

describe('the periodogram', () => {
  it('is the plain sum at every frequency', () => {
    const at = Float64Array.of(10, 500, 7000, 7001, 40_000);
    const power = powers(at, 0, DAY);
    for (const frequency of [1, 8, 100, 4000]) {
      const block = Array.from({ length: 64 }, (_, i) => plain(at, Math.floor(frequency / 64) * 64 + i)).sort((a, b) => a - b);
      const level = Math.max(1, (block[32] as number) / Math.log(2));
      expect(power[frequency]).toBeCloseTo(plain(at, frequency) / level, 6);
    }
  });
});

function plain(at: Float64Array, frequency: number): number {
  const step = DAY / POINTS;
  let x = 0;
  let y = 0;
  for (const time of at) {
    const phase = (2 * Math.PI * frequency * Math.floor(time / step)) / POINTS;
    x += Math.cos(phase);
    y += Math.sin(phase);
  }
  return (x * x + y * y) / at.length;
}

describe('a rhythm', () => {
  it.each([
    [60, 0.1],
    [300, 0.1],
    [600, 0.2],
    [1800, 0.5],
  ])('of %i seconds is found when %f of it was seen', (period, kept) => {
    const rhythm = findRhythm([thinned(period, kept, createRandom(period))], 0, DAY);
    expect(rhythm?.logP).toBeLessThan(Math.log(0.001));
    expect(rhythm?.periodSeconds).toBeCloseTo(period, -1);
    expect(rhythm?.concentration).toBeGreaterThan(0.5);
  });

  it('is found in several clients of whom each alone says too little', () => {
    const random = createRandom(5);
    const clients = Array.from({ length: 12 }, () => thinned(300, 0.03, random));
    const together = findRhythm(clients, 0, DAY);
    expect(together?.logP).toBeLessThan(Math.log(1e-6));
    expect(together?.periodSeconds).toBeCloseTo(300, 0);
  });

  it('is found behind jitter', () => {
    const random = createRandom(8);
    const clients = Array.from({ length: 6 }, () => {
      const times: number[] = [];
      for (let at = random() * 300; at < DAY; at += 300 * (0.9 + 0.2 * random())) if (random() < 0.1) times.push(Math.floor(at));
      return Float64Array.from(times);
    });
    const rhythm = findRhythm(clients, 0, DAY);
    expect(rhythm?.logP).toBeLessThan(Math.log(0.001));
    expect(rhythm?.periodSeconds).toBeGreaterThan(285);
    expect(rhythm?.periodSeconds).toBeLessThan(315);
  });

  it('is not found among times at random more often than the level says', () => {
    const random = createRandom(11);
    const found = Array.from({ length: 200 }, () => findRhythm([atRandom(60, random), atRandom(20, random)], 0, DAY));
    const significant = found.filter((rhythm) => (rhythm?.logP ?? 0) < Math.log(0.05)).length;
    expect(significant).toBeLessThanOrEqual(20); // 10 expected
  });

  it('is not found in daily habits: sessions in the waking hours', () => {
    const random = createRandom(3);
    const found = Array.from({ length: 100 }, () => {
      const sessions = Array.from({ length: 15 }, () => (8 + 14 * random()) * 3600);
      const at = Float64Array.from(sessions.flatMap((start) => Array.from({ length: 8 }, () => Math.floor(start + random() * 300)))).sort();
      return findRhythm([at], 0, DAY);
    });
    expect(found.filter((rhythm) => (rhythm?.logP ?? 0) < Math.log(0.01)).length).toBeLessThanOrEqual(4);
  });

  it('needs something to go by', () => {
    expect(findRhythm([Float64Array.of(1, 2, 3)], 0, DAY)).toBeNull();
    expect(findRhythm([], 0, DAY)).toBeNull();
  });
});

describe('the tail of the gamma distribution', () => {
  it.each([
    [1, 3, Math.exp(-3)],
    [2, 3, 4 * Math.exp(-3)],
    [5, 5, 0.440_493],
  ])('of shape %i beyond %f', (shape, z, expected) => expect(Math.exp(logGammaTail(shape, z))).toBeCloseTo(expected, 5));

  it('stays a number where doubles end', () => expect(logGammaTail(400, 5000)).toBeLessThan(-2000));
});
