/**
 * How many distinct destinations a cell's bitmap tells of.
 *
 * Cells carry 64 bits, one per hash of a destination; laid over each other they still
 * count every destination once, which sums of counts would not.
 */

const BITMAP_BITS = 64;

/**
 * Distinct destinations by linear counting (Whang et al. 1990): m ln(m / z) with z of m
 * bits still zero. A full bitmap only says that there were at least as many as with one
 * bit left.
 */
export function estimateTargets(bitsHex: unknown): { targets: number; areTargetsALowerBound: boolean } {
  const hex = String(bitsHex);
  return estimateFromWords(Number.parseInt(hex.slice(0, -8) || '0', 16), Number.parseInt(hex.slice(-8), 16));
}

/** The same of a bitmap as its two words. */
export function estimateFromWords(high: number, low: number): { targets: number; areTargetsALowerBound: boolean } {
  const zeros = BITMAP_BITS - countBits(high) - countBits(low);
  const targets = Math.round(BITMAP_BITS * Math.log(BITMAP_BITS / Math.max(zeros, 1)));
  return { targets, areTargetsALowerBound: zeros === 0 };
}

/** Ones among 32 bits. */
function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits | 0; rest !== 0; rest &= rest - 1) count++;
  return count;
}
