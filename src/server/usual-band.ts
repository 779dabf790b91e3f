/**
 * From earlier days to "usual": the 10th to 90th percentile and the median of every step.
 *
 * Fewer than three days say nothing about what is usual, so there is no band then; a step
 * that was watched on fewer than three days has none either.
 */
const FEWEST_DAYS = 3;

export interface UsualBand {
  readonly low: (number | null)[];
  readonly median: (number | null)[];
  readonly high: (number | null)[];
}

/** `earlier`: packets per step of each earlier day, null where nobody watched. Null when usual is not known yet. */
export function usualBand(earlier: readonly (readonly (number | null)[])[], steps: number): UsualBand | null {
  if (earlier.length < FEWEST_DAYS) return null;
  const samples = Array.from({ length: steps }, (_, i) => earlier.map((day) => day[i] ?? null).filter((n) => n !== null));
  const at = (share: number): (number | null)[] => samples.map((values) => (values.length < FEWEST_DAYS ? null : quantile(values, share)));
  return { low: at(0.1), median: at(0.5), high: at(0.9) };
}

/** Between the two nearest ranks, as most statistics programs do it (Hyndman and Fan 1996, type 7). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
