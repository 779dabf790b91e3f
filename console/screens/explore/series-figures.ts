/** Arithmetic of the chart over time: bands, runs that were watched, and which steps a drag means. */
import type { ExploreSeriesAnswer } from '../../../src/server/explore-contract.ts';

export interface Band {
  readonly key: string | null;
  readonly total: number;
  readonly values: readonly number[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

const rank = (key: string | null, order: readonly string[]): number => {
  const at = order.indexOf(key ?? '');
  return at < 0 ? order.length : at;
};

/** Stacked in the given order; what stands on nothing stands on the axis. */
export function toBands({ series }: ExploreSeriesAnswer, order: readonly string[]): Band[] {
  let base: readonly number[] = (series[0]?.values ?? []).map(() => 0);
  return [...series]
    .sort((a, b) => rank(a.key, order) - rank(b.key, order))
    .map(({ key, values, total }) => {
      const lower = base;
      const upper = values.map((value, i) => (lower[i] ?? 0) + value);
      base = upper;
      return { key, total, values, lower, upper };
    });
}

export const startOf = (answer: ExploreSeriesAnswer): number => Math.floor(answer.from / 60_000) * 60_000;

export const stepStart = (answer: ExploreSeriesAnswer, index: number): number =>
  Math.min(answer.to, startOf(answer) + index * answer.stepSeconds * 1000);

export function isUnwatched(answer: ExploreSeriesAnswer, index: number): boolean {
  const middle = (stepStart(answer, index) + stepStart(answer, index + 1)) / 2;
  return answer.gaps.some((gap) => middle >= gap.from && middle < gap.to);
}

/** Runs of steps somebody watched: each is drawn on its own, and nothing between them. */
export function watchedRuns(answer: ExploreSeriesAnswer): number[][] {
  const runs: number[][] = [[]];
  const count = answer.series[0]?.values.length ?? 0;
  for (let index = 0; index < count; index++) {
    if (isUnwatched(answer, index)) runs.push([]);
    else runs.at(-1)?.push(index);
  }
  return runs.filter((run) => run.length > 0);
}

/** The largest step that was watched; undefined when all are zero. */
export function peakOf(answer: ExploreSeriesAnswer): number | undefined {
  const sums = (answer.series[0]?.values ?? []).map((_, i) => answer.series.reduce((sum, one) => sum + (one.values[i] ?? 0), 0));
  let peak: number | undefined;
  sums.forEach((sum, i) => {
    if (sum > 0 && !isUnwatched(answer, i) && (peak === undefined || sum > (sums[peak] ?? 0))) peak = i;
  });
  return peak;
}

/** Outward to whole steps within the answer. */
export function toSteps(answer: ExploreSeriesAnswer, a: number, b: number): { from: number; to: number } {
  const step = answer.stepSeconds * 1000;
  const start = startOf(answer);
  const low = Math.max(0, Math.floor((Math.min(a, b) - start) / step));
  const high = Math.max(low + 1, Math.ceil((Math.max(a, b) - start) / step));
  return { from: Math.max(answer.from, start + low * step), to: Math.min(answer.to, start + high * step) };
}
