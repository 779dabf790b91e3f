/**
 * RITA's beacon score once more, in the plainest way there is and sharing nothing with
 * beacon.ts: arrays that are copied and sorted, bars by comparing with every edge. The
 * two must agree to three decimals.
 */
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

function medianOf(values: readonly number[]): number {
  const list = sorted(values);
  const n = list.length;
  return n % 2 === 1 ? (list[(n - 1) / 2] as number) : ((list[n / 2 - 1] as number) + (list[n / 2] as number)) / 2;
}

function statistic(values: readonly number[], otherwise: number): number {
  const list = sorted(values);
  const n = list.length;
  const q1 = medianOf(list.slice(0, Math.floor(n / 2)));
  const q2 = medianOf(list);
  const q3 = medianOf(list.slice(Math.ceil(n / 2)));
  let skew = (q1 + q3 - 2 * q2) / (q3 - q1);
  if (q3 - q1 < 10 || q2 === q1 || q2 === q3) skew = 0;
  const mad = medianOf(list.map((value) => Math.abs(value - q2)));
  let madScore = otherwise;
  if (q2 >= 1) madScore = (q2 - mad) / q2;
  if (madScore < 0) madScore = 0;
  return Math.round(((1 - Math.abs(skew) + madScore) / 2) * 1000) / 1000;
}

export function referenceBeaconScore(times: readonly number[], sizes: readonly number[], min: number, max: number): number | null {
  const ordered = sorted(times);
  const intervals = ordered.slice(1).map((time, i) => time - (ordered[i] as number));
  const positive = intervals.filter((interval) => interval > 0);
  if (positive.length < 3 || sizes.length < 3) return null;
  const ts = statistic(positive, 1);
  const ds = statistic(sizes, 0);

  const edges = Array.from({ length: 25 }, (_, i) => min + (i * (max - min)) / 24);
  const bars = Array.from({ length: 24 }, (_, i) => ordered.filter((time) => isInBar(time, i, edges)).length);

  const mean = sum(bars) / 24;
  const cv = Math.sqrt(sum(bars.map((bar) => (bar - mean) ** 2)) / 24) / mean;
  const cvScore = cv > 1 ? 0 : Math.round((1 - cv) * 1000) / 1000;
  const full = bars.filter((bar) => bar > 0);
  const width = Math.ceil(Math.max(...bars) * 0.05);
  const groups: Record<string, number> = {};
  for (const bar of full) groups[Math.floor(bar / width) * width] = (groups[Math.floor(bar / width) * width] ?? 0) + 1;
  const [largest = 0, second = 0] = sorted(Object.values(groups)).reverse();
  const fit = full.length >= 11 ? Math.min(1, Math.round(((largest + second) / Math.max(full.length - 1, 1)) * 1000) / 1000) : 0;
  const hist = Math.max(cvScore, fit);

  let dur = 0;
  if (full.length >= 6) {
    const text = bars.map((bar) => (bar > 0 ? '1' : '0')).join('');
    const runs = (text + text).split('0').map((run) => run.length);
    const longest = Math.min(24, Math.max(...runs));
    const coverage = Math.ceil((((ordered.at(-1) as number) - (ordered[0] as number)) / (max - min)) * 1000) / 1000;
    dur = Math.max(Math.min(1, coverage), Math.min(1, Math.ceil((longest / 12) * 1000) / 1000));
  }
  return Math.round((0.25 * ts + 0.25 * ds + 0.25 * hist + 0.25 * dur) * 1000) / 1000;
}

function isInBar(time: number, bar: number, edges: readonly number[]): boolean {
  const isBeforeEnd = time < (edges[bar + 1] as number) || bar === 23;
  const isAfterStart = time >= (edges[bar] as number) || bar === 0;
  return isBeforeEnd && isAfterStart;
}
