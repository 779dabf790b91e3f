/** RITA's formulas on its own worked values, and against a second implementation. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BARS, beaconModifier, beaconScore, countBars, durationScore, histogramScore, sizeScore, timeScore } from './beacon.ts';
import { referenceBeaconScore } from './beacon-reference.test-support.ts';

const DAY = 86_400;
const window = { from: 0, to: DAY, bars: BARS };
const list = (...values: number[]): Float64Array => Float64Array.from(values);
const steps = (...gaps: number[]): Float64Array => {
  let at = 1_517_338_924;
  return list(at, ...gaps.map((gap) => (at += gap)));
};
const heights = (...bars: number[]): Uint32Array => Uint32Array.from(bars);

/** The expected values are those of RITA's own tests (analysis/beacons_test.go). */
describe('the evenness of gaps, as RITA works it out', () => {
  it.each([
    ['equal gaps of a second', steps(1, 1, 1, 1, 1, 1, 1, 1, 1), 1],
    ['equal gaps of a minute', steps(60, 60, 60, 60, 60, 60, 60, 60, 60), 1],
    ['close gaps', steps(98, 99, 99, 100, 100, 100, 101, 101, 102), 0.995],
    ['two modes', steps(98, 300, 98, 300, 98, 300, 98, 300, 98, 300), 0.746],
    ['no order', steps(1, 299, 25, 5000 - 25, 90, 2, 42, 500, 1500), 0.083],
  ])('%s', (_, at, expected) => expect(timeScore(at)).toBeCloseTo(expected, 3));

  it('needs three gaps that are not zero', () => {
    expect(timeScore(list(60, 60, 60, 60, 60, 60))).toBeNull();
    expect(timeScore(steps(60, 60))).toBeNull();
    expect(timeScore(list())).toBeNull();
  });
});

describe('the evenness of sizes, as RITA works it out', () => {
  it.each([
    ['one to ten', list(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), 0.773],
    ['all alike', list(60, 60, 60, 60, 60, 60, 60, 60, 60), 1],
    ['close', list(98, 99, 99, 100, 100, 100, 101, 101, 102), 0.995],
  ])('%s', (_, sizes, expected) => expect(sizeScore(sizes)).toBeCloseTo(expected, 3));

  it('says nothing for a median below one byte', () => expect(sizeScore(list(0, 0, 0, 0))).toBe(0.5));
});

describe('how a day is filled', () => {
  it('is steady when every hour has as many', () => expect(histogramScore(heights(...Array<number>(24).fill(7)))).toBe(1));

  it('is bimodal when hours alternate between two heights', () =>
    expect(histogramScore(heights(...Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 4 : 40))))).toBe(1));

  it('is nothing when all lies in one hour', () => expect(histogramScore(heights(100, ...Array<number>(23).fill(0)))).toBe(0));

  it('is long when it goes on over midnight', () => {
    const bars = heights(...Array.from({ length: 24 }, (_, i) => (i < 4 || i >= 20 ? 1 : 0)));
    expect(durationScore(bars, 0, 1, window)).toBe(0.667); // 8 in a row of 12
    expect(durationScore(bars, 0, DAY * 0.9, window)).toBe(0.9);
  });

  it('is no duration below six hours', () =>
    expect(durationScore(heights(1, 1, 1, 1, 1, ...Array<number>(19).fill(0)), 0, DAY, window)).toBe(0));

  it('puts what lies at the end into the last bar', () =>
    expect([...countBars(list(0, 3600, DAY), window)].map(Boolean)).toEqual([true, true, ...Array<boolean>(21).fill(false), true]));
});

describe('what is known around a beacon', () => {
  it.each([
    [{ prevalence: 0.01, knownDays: null, isIndicator: false, bytes: 0 }, 0.3],
    [{ prevalence: 0.6, knownDays: 60, isIndicator: false, bytes: 0 }, -0.3],
    [{ prevalence: 0.1, knownDays: 14, isIndicator: true, bytes: 25e6 }, 0.15],
    [{ prevalence: 0.1, knownDays: 14, isIndicator: true, bytes: 24e6 }, 0],
  ])('%o', (context, expected) => expect(beaconModifier(context)).toBeCloseTo(expected, 6));
});

describe('two implementations', () => {
  const gap = fc.oneof(
    fc.constantFrom(60, 300, 3600),
    fc.integer({ min: 54, max: 66 }),
    fc.integer({ min: 0, max: 5000 }),
    fc.constantFrom(30, 900),
  );
  const size = fc.oneof(fc.constant(412), fc.integer({ min: 40, max: 1500 }), fc.integer({ min: 400, max: 430 }));
  const connection = fc.tuple(gap, size);

  it('agree to three decimals on beacons of every kind', () => {
    fc.assert(
      fc.property(fc.array(connection, { minLength: 1, maxLength: 400 }), fc.integer({ min: 0, max: 80_000 }), (connections, start) => {
        let now = start;
        const times = connections.map(([step]) => (now += step)).filter((time) => time <= DAY);
        const sizes = connections.slice(0, times.length).map(([, bytes]) => bytes);
        const ours = beaconScore(Float64Array.from(times), Float64Array.from(sizes), window);
        const reference = referenceBeaconScore(times, sizes, 0, DAY);
        if (reference === null) expect(ours).toBeNull();
        else expect(ours?.score).toBeCloseTo(reference, 3);
      }),
      { numRuns: 300 },
    );
  });

  const shapes: readonly [string, (i: number, random: number) => number, number][] = [
    ['periodic', () => 60, 0.9],
    ['jittered by a tenth', (_, random) => 300 * (0.9 + 0.2 * random), 0.85],
    ['of two modes', (i) => (i % 2 === 0 ? 60 : 600), 0],
    ['at random', (_, random) => -900 * Math.log(1 - random), 0],
  ];
  it.each(shapes)('agree on a day of a beacon %s', (_, next, least) => {
    let state = 12_345;
    const random = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    const times: number[] = [];
    for (let at = 17, i = 0; at < DAY; at += Math.max(1, Math.round(next(i++, random())))) times.push(at);
    const sizes = times.map(() => 200 + Math.floor(random() * 20));
    const ours = beaconScore(Float64Array.from(times), Float64Array.from(sizes), window)?.score ?? 0;
    expect(ours).toBeCloseTo(referenceBeaconScore(times, sizes, 0, DAY) ?? -1, 3);
    expect(ours).toBeGreaterThanOrEqual(least);
  });
});
