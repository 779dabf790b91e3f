/** What the chart of today against usual says in figures, and in one sentence. */
import type { Usual } from '../../src/server/contract.ts';

const HOUR_MS = 3_600_000;

type Series = Pick<Usual, 'from' | 'to' | 'stepSeconds' | 'today' | 'gaps' | 'usual'>;

/** Packets of a step as packets a minute. */
export const perMinute = (packets: number, { stepSeconds }: Pick<Usual, 'stepSeconds'>): number => (packets * 60) / stepSeconds;

export function isInGap({ from, stepSeconds, gaps }: Pick<Usual, 'from' | 'stepSeconds' | 'gaps'>, index: number): boolean {
  const middle = from + (index + 0.5) * stepSeconds * 1000;
  return gaps.some((gap) => middle >= gap.from && middle < gap.to);
}

export interface Comparison {
  /** Packets a minute over the last hour. */
  readonly now: number;
  /** Share above (+) or below (−) the median of the same hour; null when it cannot be compared. */
  readonly change: number | null;
  /** Between the 10th and the 90th percentile: nothing to speak of. */
  readonly isUsual: boolean;
}

/**
 * The last hour against the same hour before. With a gap in it nothing is compared: fewer
 * packets while nobody watched are no decrease.
 */
export function compareLastHour(series: Series): Comparison | null {
  const steps = Math.max(1, Math.round(HOUR_MS / 1000 / series.stepSeconds));
  const first = Math.max(0, series.today.length - steps);
  const indices = series.today.map((_, i) => i).slice(first);
  const watched = indices.filter((i) => series.today[i] != null && !isInGap(series, i));
  if (watched.length === 0) return null;
  const sum = (values: readonly (number | null)[] | undefined): number | null =>
    values && watched.every((i) => values[i] != null) ? watched.reduce((total, i) => total + (values[i] ?? 0), 0) : null;
  const now = sum(series.today) ?? 0;
  const rate = perMinute(now / watched.length, series);
  const { low, median, high } = series.usual ?? {};
  const [from, middle, to] = [sum(low), sum(median), sum(high)];
  const isComparable = watched.length === indices.length && middle !== null && middle > 0;
  if (!isComparable) return { now: rate, change: null, isUsual: false };
  return { now: rate, change: now / middle - 1, isUsual: from !== null && to !== null && now >= from && now <= to };
}
