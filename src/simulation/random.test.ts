import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventCount, fractionOf, keyOf, Random } from './random.ts';

describe('random numbers', () => {
  it('are the same for ever', () => {
    const random = new Random(keyOf(42, 1, 2, 3));
    expect([keyOf(42, 1, 2, 3), ...Array.from({ length: 4 }, () => random.next())]).toMatchInlineSnapshot(`
      [
        4246339523,
        2272044007,
        1472077705,
        152836617,
        2153079587,
      ]
    `);
  });

  it('start again from the same key, whatever was drawn before', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(50), (key, drawn) => {
        const random = new Random(1);
        for (let i = 0; i < drawn; i++) random.next();
        random.restart(key);
        expect([random.next(), random.next()]).toEqual(((fresh) => [fresh.next(), fresh.next()])(new Random(key)));
      }),
    );
  });

  it('differ for neighbouring keys and fill the range evenly', () => {
    const keys = new Set<number>();
    const buckets = Array.from({ length: 16 }, () => 0);
    for (let minute = 0; minute < 20_000; minute++) {
      const key = keyOf(7, 5, minute);
      keys.add(key);
      const bucket = Math.floor(fractionOf(key) * 16);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    expect(keys.size).toBeGreaterThan(19_990);
    for (const count of buckets) expect(Math.abs(count - 1250)).toBeLessThan(150);
  });
});

describe('how many events happen', () => {
  it.each([0.001, 0.3, 2, 11.9, 12.1, 250])('keeps the mean of %d', (mean) => {
    const draws = 40_000;
    let sum = 0;
    for (let i = 0; i < draws; i++) sum += eventCount(mean, fractionOf(keyOf(3, i)));
    expect(Math.abs(sum / draws - mean)).toBeLessThan(5 * Math.sqrt(mean / draws) + 0.01);
  });

  it('is none where none are expected', () => {
    expect(eventCount(0, 0.999)).toBe(0);
  });
});
