/**
 * Finding similar sets without comparing all with all: MinHash and banding (Broder 1997).
 *
 * A set is summed up by the smallest of its hashes under many hash functions; two sets
 * agree in each with the probability of their Jaccard similarity. Sets that agree in all
 * rows of one band are worth a real comparison.
 */
const BANDS = 16;
const ROWS = 3;
const HASHES = BANDS * ROWS;

const SEEDS = Uint32Array.from({ length: HASHES }, (_, i) => mix(0x9e37_79b9 * (i + 1)));

/** A good 32-bit mixer (from the finaliser of MurmurHash3). */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One key for each band: sets with an equal key are candidates. */
export function bandKeys(set: readonly number[]): Float64Array {
  const smallest = new Uint32Array(HASHES).fill(0xffff_ffff);
  for (const element of set) {
    for (let i = 0; i < HASHES; i++) {
      const hash = mix(element ^ (SEEDS[i] ?? 0));
      if (hash < (smallest[i] ?? 0)) smallest[i] = hash;
    }
  }
  return Float64Array.from({ length: BANDS }, (_, band) => band * 2 ** 32 + digest(smallest.subarray(band * ROWS, (band + 1) * ROWS)));
}

/** A wrong agreement only costs one comparison. */
const digest = (row: Uint32Array): number => row.reduce((hash, value) => mix(hash ^ value), 0x5bd1_e995);

/** How much two ascending lists have in common: |A ∩ B| / |A ∪ B|. */
export function jaccard(a: readonly number[], b: readonly number[]): number {
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] ?? 0, b[j] ?? 0];
    if (left === right) common++;
    if (left <= right) i++;
    if (right <= left) j++;
  }
  const union = a.length + b.length - common;
  return union === 0 ? 1 : common / union;
}
