/** Exact figures of sums of independent yes-or-no events; small enough to be checked by hand. */

import { logFactorial } from '../../src/c2/fan-in.ts';

/** P(exactly k of n), each with probability q, 0 < q < 1. */
export function binomial(n: number, k: number, q: number): number {
  const ways = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  return Math.exp(ways + k * Math.log(q) + (n - k) * Math.log1p(-q));
}

/** P(fewer than k of n). */
export function fewerThan(k: number, n: number, q: number): number {
  let sum = 0;
  for (let i = 0; i < Math.min(k, n + 1); i++) sum += binomial(n, i, q);
  return Math.min(1, sum);
}

/** The range that n thinned packets leave with a probability of at most `alpha`, half of it on either side. */
export function range(n: number, q: number, alpha: number): { readonly low: number; readonly high: number } {
  let low = 0;
  for (let below = binomial(n, 0, q); below <= alpha / 2 && low < n; below += binomial(n, low, q)) low++;
  let high = n;
  for (let above = binomial(n, n, q); above <= alpha / 2 && high > 0; above += binomial(n, high, q)) high--;
  return { low, high };
}

/** P(exactly k happen), for every k, of independent events with these probabilities. */
export function countsOf(chances: readonly number[]): Float64Array {
  const counts = new Float64Array(chances.length + 1);
  counts[0] = 1;
  for (const [i, chance] of chances.entries()) {
    for (let k = i + 1; k > 0; k--) counts[k] = (counts[k] as number) * (1 - chance) + (counts[k - 1] as number) * chance;
    counts[0] *= 1 - chance;
  }
  return counts;
}

/** P(fewer than k happen). */
export const fewerHappen = (k: number, chances: readonly number[]): number =>
  Math.min(
    1,
    countsOf(chances)
      .subarray(0, k)
      .reduce((sum, one) => sum + one, 0),
  );

/** The least number that is exceeded with a probability of at most `alpha`. */
export function mostOf(chances: readonly number[], alpha: number): number {
  const counts = countsOf(chances);
  let most = counts.length - 1;
  for (let above = counts[most] as number; above <= alpha && most > 0; above += counts[most] as number) most--;
  return most;
}
