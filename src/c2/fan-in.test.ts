/** Fan-in: exact tails against counting everything, and false discovery rates by their definition. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { falseDiscoveryRates, liftOf, logFactorial, logTail } from './fan-in.ts';

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return k < 0 || k > n ? 0 : Math.round(result);
}

describe('the hypergeometric tail', () => {
  it('is what counting all draws gives', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }), fc.nat(25), fc.nat(25), fc.nat(25), (clients, infected, serverClients, k) => {
        fc.pre(infected <= clients && serverClients <= clients && k <= Math.min(infected, serverClients));
        let expected = 0;
        for (let x = k; x <= Math.min(infected, serverClients); x++) {
          expected += (choose(infected, x) * choose(clients - infected, serverClients - x)) / choose(clients, serverClients);
        }
        expect(Math.exp(logTail({ clients, infected, serverClients, serverInfected: k }))).toBeCloseTo(expected, 9);
      }),
    );
  });

  it('is exact where no double could hold it', () => {
    const counts = { clients: 1_000_000, infected: 500, serverClients: 500, serverInfected: 500 };
    const exact = logFactorial(500) + logFactorial(999_500) - logFactorial(1_000_000);
    expect(logTail(counts)).toBeCloseTo(exact, 4);
    expect(Math.exp(logTail(counts))).toBe(0);
  });

  it('is 1 for none and impossible for too many', () => {
    expect(logTail({ clients: 10, infected: 3, serverClients: 4, serverInfected: 0 })).toBe(0);
    expect(logTail({ clients: 10, infected: 3, serverClients: 4, serverInfected: 4 })).toBe(Number.NEGATIVE_INFINITY);
  });
});

it('says how many times as often infected hosts come', () => {
  expect(liftOf({ clients: 1000, infected: 20, serverClients: 10, serverInfected: 5 })).toBe(25);
  expect(liftOf({ clients: 1000, infected: 0, serverClients: 10, serverInfected: 0 })).toBe(0);
});

it('knows factorials from the table and beyond it', () => {
  expect(logFactorial(10)).toBeCloseTo(Math.log(3_628_800), 12);
  expect(logFactorial(256) - logFactorial(255)).toBeCloseTo(Math.log(256), 9);
});

describe('false discovery rates', () => {
  it('are those of the worked example of Benjamini and Hochberg (1995)', () => {
    const p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1];
    const rates = falseDiscoveryRates(p.map(Math.log), p.length);
    expect([...rates].filter((rate) => rate <= 0.05)).toHaveLength(4);
    expect(rates[3]).toBeCloseTo((0.0095 * 15) / 4, 12);
  });

  it('count comparisons that are not listed', () => {
    const [alone = 0] = falseDiscoveryRates([Math.log(0.01)], 1);
    const [amongMany = 0] = falseDiscoveryRates([Math.log(0.001)], 100);
    expect(alone).toBeCloseTo(0.01, 12);
    expect(amongMany).toBeCloseTo(0.1, 12);
  });

  it('never fall as p grows', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-9, max: 1, noNaN: true }), { minLength: 1 }), (p) => {
        const rates = falseDiscoveryRates(p.map(Math.log), p.length + 5);
        const pairs = p.map((value, i) => [value, rates[i] ?? 0] as const).sort((a, b) => a[0] - b[0]);
        for (let i = 1; i < pairs.length; i++) expect(pairs[i]?.[1]).toBeGreaterThanOrEqual(pairs[i - 1]?.[1] ?? 0);
      }),
    );
  });
});
