/**
 * When a surge began, to the minute: the change point of a Poisson count.
 *
 * Of all minutes at which the rate could have changed, the one that makes what was seen
 * most likely (two rates, maximum likelihood) and after which there was more than before.
 */

/** `perMinute`: distinct sources of each minute. Returns the index of the first minute after the change. */
export function changePoint(perMinute: readonly number[]): number {
  const total = perMinute.reduce((sum, count) => sum + count, 0);
  let before = 0;
  let best = { at: 0, likelihood: Number.NEGATIVE_INFINITY };
  for (let at = 0; at < perMinute.length; at++) {
    const after = total - before;
    const rest = perMinute.length - at;
    const isRise = at === 0 || after / rest > before / at;
    const likelihood = share(before, at) + share(after, rest);
    if (isRise && likelihood > best.likelihood) best = { at, likelihood };
    before += perMinute[at] ?? 0;
  }
  return best.at;
}

/** Log-likelihood of a count over minutes at its own mean rate, but for what all splits have in common. */
const share = (count: number, minutes: number): number => (count === 0 || minutes === 0 ? 0 : count * Math.log(count / minutes));
