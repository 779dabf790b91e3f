/**
 * Is there a period behind these times, when most of them are missing?
 *
 * Under sampling the gaps between what was seen are multiples of the period, and their
 * statistics say nothing. The periodogram does: times at random give at each frequency a
 * power that is exponentially distributed with mean 1, a period gives one as large as the
 * number of times. That the greatest of m powers exceeds z by chance has probability
 * 1 − (1 − e^−z)^m (Walker's large-sample test). Several clients of one server are looked
 * at together: their phases differ, their period does not, so powers are added and the
 * sum of K follows a gamma distribution of shape K.
 *
 * Regular pulses have as much power at every multiple of their frequency as at the
 * frequency itself; the period is that of the lowest among the great.
 */

export interface Rhythm {
  /** ln of the chance of so great a power among so many frequencies. */
  readonly logP: number;
  readonly periodSeconds: number;
  /** How closely the times keep to the period, 0 to 1: mean length of the sum of phases. */
  readonly concentration: number;
}

export const POINTS = 8192;
/** A period must come round at least so often in the whole time. */
const LEAST_ROUNDS = 8;
const LEAST_TIMES = 4;
/** Slower change of activity, day and night or sessions, lifts neighbouring frequencies together; the median of such a block is taken out. */
const BLOCK = 64;
const LN2 = Math.log(2);
/** Jitter spreads a line over its neighbours: the sum of several finds it again. */
const WIDTHS = [1, 8];
/** A multiple of the frequency has about as much power; half of it is clearly above chance. */
const GREAT_SHARE = 0.5;

/** Times in seconds of each client; null when nobody was seen often enough. */
export function findRhythm(clients: readonly Float64Array[], from: number, to: number): Rhythm | null {
  const heard = clients.filter((at) => at.length >= LEAST_TIMES);
  if (heard.length === 0 || to <= from) return null;
  const total = new Float64Array(POINTS / 2);
  for (const at of heard) addPowers(total, powers(at, from, to));
  const lines = WIDTHS.map((width) => findLine(total, heard.length, width));
  const line = lines.reduce((best, other) => (other.logP < best.logP ? other : best));
  const logP = Math.min(0, line.logP + Math.log(WIDTHS.length));
  const periodSeconds = (to - from) / line.place;
  return { logP, periodSeconds, concentration: concentrationAt(heard, periodSeconds) };
}

interface Line {
  readonly logP: number;
  readonly place: number; // rounds in the whole time
}

/** The greatest power of `width` neighbours together, and the lowest place of one like it. */
function findLine(powerOfAll: Float64Array, clients: number, width: number): Line {
  const sums = slidingSums(powerOfAll, width);
  const greatest = sums.reduce((most, power) => Math.max(most, power), 0);
  const logP = logOfAny(logGammaTail(clients * width, greatest), POINTS / 2 - LEAST_ROUNDS);
  return { logP, place: lowestGreat(sums, clients * width, greatest) + (width - 1) / 2 };
}

function slidingSums(power: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(power.length);
  let sum = 0;
  for (let i = LEAST_ROUNDS; i < power.length; i++) {
    sum += power[i] as number;
    if (i >= LEAST_ROUNDS + width) sum -= power[i - width] as number;
    if (i >= LEAST_ROUNDS + width - 1) sums[i - width + 1] = sum;
  }
  return sums;
}

function addPowers(total: Float64Array, more: Float64Array): void {
  for (let i = LEAST_ROUNDS; i < total.length; i++) total[i] = (total[i] as number) + (more[i] as number);
}

function lowestGreat(total: Float64Array, usual: number, greatest: number): number {
  const least = usual + (greatest - usual) * GREAT_SHARE;
  let place = LEAST_ROUNDS;
  while (place < total.length - 1 && (total[place] as number) < least) place++;
  while (place < total.length - 1 && (total[place + 1] as number) > (total[place] as number)) place++;
  return place;
}

/** |Σ e^(iωt)|² / n at every whole number of rounds in the period; 1 on average for times at random. */
export function powers(at: Float64Array, from: number, to: number): Float64Array {
  const real = new Float64Array(POINTS);
  const imaginary = new Float64Array(POINTS);
  const perSecond = POINTS / (to - from);
  for (const time of at) {
    const place = Math.min(POINTS - 1, Math.max(0, Math.floor((time - from) * perSecond)));
    real[place] = (real[place] as number) + 1;
  }
  transform(real, imaginary);
  const result = new Float64Array(POINTS / 2);
  for (let i = 0; i < result.length; i++) result[i] = ((real[i] as number) ** 2 + (imaginary[i] as number) ** 2) / at.length;
  takeOutBlocks(result);
  return result;
}

function takeOutBlocks(power: Float64Array): void {
  for (let from = 0; from < power.length; from += BLOCK) {
    const block = power.subarray(from, from + BLOCK);
    const sorted = block.slice().sort();
    const level = Math.max(1, (sorted[sorted.length >> 1] as number) / LN2);
    for (let i = 0; i < block.length; i++) block[i] = (block[i] as number) / level;
  }
}

/** The fast Fourier transform in place, radix 2; the length is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const n = real.length;
  reverseBits(real, n);
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    const stride = n / size;
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < half; k++) {
        const cos = COSINES[k * stride] as number;
        const sin = SINES[k * stride] as number;
        const a = start + k;
        const b = a + half;
        const re = (real[b] as number) * cos - (imaginary[b] as number) * sin;
        const im = (real[b] as number) * sin + (imaginary[b] as number) * cos;
        real[b] = (real[a] as number) - re;
        imaginary[b] = (imaginary[a] as number) - im;
        real[a] = (real[a] as number) + re;
        imaginary[a] = (imaginary[a] as number) + im;
      }
    }
  }
}

const COSINES = Float64Array.from({ length: POINTS / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / POINTS));
const SINES = Float64Array.from({ length: POINTS / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / POINTS));

/** The input is real, so only one array needs its order changed. */
function reverseBits(values: Float64Array, n: number): void {
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    const kept = values[i] as number;
    values[i] = values[j] as number;
    values[j] = kept;
  }
}

/** ln P(G > z) for a gamma distribution of whole shape K and scale 1: e^−z Σ z^j/j!. */
export function logGammaTail(shape: number, z: number): number {
  let term = 1;
  let sum = 1;
  let taken = 0; // logarithms taken out so that the sum stays a number
  for (let j = 1; j < shape; j++) {
    term *= z / j;
    sum += term;
    if (sum < 1e200) continue;
    taken += Math.log(sum);
    term /= sum;
    sum = 1;
  }
  return Math.min(0, taken + Math.log(sum) - z);
}

/** ln of 1 − (1 − p)^m. */
function logOfAny(logP: number, m: number): number {
  if (logP < -30) return logP + Math.log(m);
  return Math.log(-Math.expm1(m * Math.log1p(-Math.exp(logP))));
}

function concentrationAt(clients: readonly Float64Array[], periodSeconds: number): number {
  let sum = 0;
  for (const at of clients) {
    let x = 0;
    let y = 0;
    for (const time of at) {
      const phase = (2 * Math.PI * time) / periodSeconds;
      x += Math.cos(phase);
      y += Math.sin(phase);
    }
    sum += Math.hypot(x, y) / at.length;
  }
  return sum / clients.length;
}
