/** Median and median absolute deviation: what a few wild values cannot move. */

/** Of a list that may be sorted in place. NaN when empty. */
export function medianOf(values: Float64Array): number {
  const sorted = values.sort();
  const middle = sorted.length >>> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Makes the MAD of normally distributed values their standard deviation. */
const TO_DEVIATION = 1.4826;

export function robustDeviation(values: Float64Array, median: number): number {
  return TO_DEVIATION * medianOf(values.map((value) => Math.abs(value - median)));
}

/** The value that so large a share of the sorted values does not pass. */
export function quantileOf(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}
