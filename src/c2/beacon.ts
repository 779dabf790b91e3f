/**
 * How much like a beacon one client's connections to one server look: the score that RITA
 * version 5 gives (analysis/beacons.go, fields ts, ds, hist and dur), by its published formulas.
 *
 * Four questions, a quarter each: are the gaps even (ts), are the sizes even (ds), is the
 * day evenly filled or in two steady modes (hist), and does it go on for long (dur)?
 * RITA looks at 24 hours in 24 bars; here period and bars are parameters, and what was
 * said in hours keeps its share of the period.
 *
 * Times are whole seconds and sizes bytes, as the guard "quartiles less than 10 apart say
 * nothing of skew" presumes.
 */

export interface BeaconWindow {
  readonly from: number; // Unix seconds
  readonly to: number;
  readonly bars: number;
}

export interface BeaconScore {
  readonly score: number;
  readonly ts: number;
  readonly ds: number;
  readonly hist: number;
  readonly dur: number;
}

export const BARS = 24;
const LEAST_INTERVALS = 3;
const LEAST_SIZES = 3;
const LEAST_QUARTILE_DISTANCE = 10;
/** Bars whose heights differ by less than this share of the highest are of one mode. */
const MODE_WIDTH = 0.05;
const OUTLIER_BARS = 1;
/** Of 24 bars: for two modes at least 11 must be filled, for a duration 6; 12 in a row are ideal. */
const BIMODAL_BARS = 11 / 24;
const DURATION_BARS = 6 / 24;
const IDEAL_RUN = 12 / 24;

const round3 = (value: number): number => Math.round(value * 1000) / 1000;
const ceil3 = (value: number): number => Math.ceil(value * 1000) / 1000;

/** `at` sorted, in seconds. Null: fewer than four different times, so there is nothing to score. */
export function beaconScore(at: Float64Array, bytes: Float64Array, window: BeaconWindow): BeaconScore | null {
  const ts = timeScore(at);
  const ds = sizeScore(bytes);
  if (ts === null || ds === null || window.to <= window.from) return null;
  const bars = countBars(at, window);
  const hist = histogramScore(bars);
  const dur = durationScore(bars, at[0] as number, at[at.length - 1] as number, window);
  return { score: round3((ts + ds + hist + dur) / 4), ts, ds, hist, dur };
}

/** Null: fewer than three gaps that are not zero. */
export function timeScore(at: Float64Array): number | null {
  const gaps = new Float64Array(Math.max(0, at.length - 1));
  let count = 0;
  for (let i = 1; i < at.length; i++) {
    const gap = (at[i] as number) - (at[i - 1] as number);
    if (gap > 0) gaps[count++] = gap;
  }
  return count < LEAST_INTERVALS ? null : evenness(gaps.subarray(0, count).sort(), 1);
}

/** Null: fewer than three sizes. */
export function sizeScore(bytes: Float64Array): number | null {
  return bytes.length < LEAST_SIZES ? null : evenness(bytes.slice().sort(), 0);
}

/** Of sorted values: half symmetry (Bowley's skewness), half closeness to the median. */
export function evenness(sorted: Float64Array, whenMedianIsSmall: number): number {
  const middle = median(sorted);
  const symmetry = 1 - Math.abs(bowleySkewness(sorted, middle));
  const closeness = middle >= 1 ? Math.max(0, (middle - deviation(sorted, middle)) / middle) : whenMedianIsSmall;
  return round3((symmetry + closeness) / 2);
}

function bowleySkewness(sorted: Float64Array, middle: number): number {
  const half = sorted.length >> 1;
  const lower = median(sorted.subarray(0, half));
  const upper = median(sorted.subarray(sorted.length - half));
  const distance = upper - lower;
  return distance < LEAST_QUARTILE_DISTANCE || middle === lower || middle === upper ? 0 : (lower + upper - 2 * middle) / distance;
}

function deviation(values: Float64Array, middle: number): number {
  return median(values.map((value) => Math.abs(value - middle)).sort());
}

export function median(sorted: Float64Array): number {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}

/** Connections per bar; what lies outside counts in the first or last one. */
export function countBars(at: Float64Array, { from, to, bars }: BeaconWindow): Uint32Array {
  const counts = new Uint32Array(bars);
  const step = (to - from) / bars;
  let bar = 0;
  for (const time of at) {
    while (bar < bars - 1 && time >= from + (bar + 1) * step) bar++;
    counts[bar] = (counts[bar] as number) + 1;
  }
  return counts;
}

export function histogramScore(bars: Uint32Array): number {
  return Math.max(steadyScore(bars), bimodalScore(bars));
}

/** One less the coefficient of variation over all bars. */
function steadyScore(bars: Uint32Array): number {
  const mean = bars.reduce((sum, height) => sum + height, 0) / bars.length;
  if (mean === 0) return 0;
  const variance = bars.reduce((sum, height) => sum + (height - mean) ** 2, 0) / bars.length;
  const variation = Math.sqrt(variance) / mean;
  return variation > 1 ? 0 : round3(1 - variation);
}

/** The share of filled bars that have one of the two commonest heights. */
function bimodalScore(bars: Uint32Array): number {
  const filled = countFilled(bars);
  if (filled < Math.ceil(bars.length * BIMODAL_BARS)) return 0;
  const width = Math.ceil(Math.max(...bars) * MODE_WIDTH);
  const modes = new Map<number, number>();
  for (const height of bars) {
    const mode = Math.floor(height / width);
    if (height > 0) modes.set(mode, (modes.get(mode) ?? 0) + 1);
  }
  const [first = 0, second = 0] = [...modes.values()].sort((a, b) => b - a);
  return Math.min(1, round3((first + second) / Math.max(filled - OUTLIER_BARS, 1)));
}

/** The longer of: how much of the period lies between first and last, how many bars in a row are filled. */
export function durationScore(bars: Uint32Array, first: number, last: number, { from, to }: BeaconWindow): number {
  if (countFilled(bars) < Math.ceil(bars.length * DURATION_BARS)) return 0;
  const coverage = ceil3((last - first) / (to - from));
  const consistency = ceil3(longestRun(bars) / Math.max(1, Math.round(bars.length * IDEAL_RUN)));
  return Math.min(1, Math.max(coverage, consistency));
}

const countFilled = (bars: Uint32Array): number => bars.reduce((sum, height) => sum + (height > 0 ? 1 : 0), 0);

/** Of filled bars; it may go on from the end of the period at its beginning. */
function longestRun(bars: Uint32Array): number {
  let longest = 0;
  let run = 0;
  for (let i = 0; i < bars.length * 2; i++) {
    run = (bars[i % bars.length] as number) > 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return Math.min(longest, bars.length);
}

export interface BeaconContext {
  /** Share of all clients that use the server. */
  readonly prevalence: number;
  /** Since when it is known; null: not before this period. */
  readonly knownDays: number | null;
  readonly isIndicator: boolean;
  readonly bytes: number;
}

const STEP = 0.15;
const MEGABYTE = 1_000_000;

/** What RITA adds to or takes from the score for what is known around it. Those about HTTP and TLS need packets and are left out. */
export function beaconModifier({ prevalence, knownDays, isIndicator, bytes }: BeaconContext): number {
  const rarity = prevalence <= 0.02 ? STEP : prevalence >= 0.5 ? -STEP : 0;
  const novelty = knownDays === null || knownDays <= 7 ? STEP : knownDays >= 30 ? -STEP : 0;
  const threat = isIndicator && bytes >= 25 * MEGABYTE ? STEP : 0;
  return rarity + novelty + threat;
}
