/**
 * How much was watched: addresses times the time in which their sensor watched.
 *
 * Packets divided by it are comparable between sensors, days and years, because a gap
 * takes away from both sides. It is not known at all as soon as one sensor that watched
 * has an unknown number of addresses; then nothing is divided.
 */
import { type Interval, intersect, lengthOf, unite, type WatchedSensor, within } from './watching.ts';

const DAY = 86_400_000;

export interface Exposure {
  /** Observed addresses times days of watching; null when a count is unknown. */
  readonly addressDays: number | null;
  /** Lowest and highest sum of addresses, and the average while anybody watched; null likewise. */
  readonly addresses: { readonly low: number; readonly high: number; readonly average: number } | null;
  /** Part of the time in which every sensor watched that there was; before the first one nobody did. */
  readonly watched: number;
  readonly sensors: number;
}

/** The times within the period in which a sensor watched. */
function watchOf(sensor: WatchedSensor, period: Interval): Interval[] {
  if (sensor.firstAt === null) return [];
  const there = within([{ from: sensor.firstAt, to: Infinity }], period);
  const gaps = unite(sensor.gaps);
  const starts = [-Infinity, ...gaps.map(({ to }) => to)];
  const ends = [...gaps.map(({ from }) => from), Infinity];
  return intersect(
    starts.map((from, i) => ({ from, to: ends[i] ?? Infinity })),
    there,
  );
}

/** Sensors that began after the period do not belong to it. */
export function exposureOf(sensors: readonly WatchedSensor[], period: Interval): Exposure {
  const present = sensors.filter(({ firstAt }) => firstAt !== null && firstAt < period.to);
  const watches = present.map((sensor) => ({ sensor, watch: watchOf(sensor, period) }));
  const somebody = lengthOf(watches.flatMap(({ watch }) => watch));
  const earliest = Math.min(...present.map(({ firstAt }) => firstAt ?? Infinity));
  const missed = within([{ from: -Infinity, to: earliest }, ...present.flatMap(({ gaps }) => gaps)], period);
  const watched = period.to > period.from ? 1 - lengthOf(missed) / (period.to - period.from) : 0;
  const counted = watches.map(({ sensor, watch }) => countsOf(sensor, watch));
  const base = { watched, sensors: present.length };
  if (somebody === 0 || counted.includes(null)) return { ...base, addressDays: null, addresses: null };
  const spans = counted.flatMap((one) => one ?? []);
  const addressDays = spans.reduce((sum, { addresses, span }) => sum + (addresses * lengthOf([span])) / DAY, 0);
  const sums = sumsOver(spans);
  return {
    ...base,
    addressDays,
    addresses: { low: Math.min(...sums), high: Math.max(...sums), average: addressDays / (somebody / DAY) },
  };
}

interface Counted {
  readonly addresses: number;
  readonly span: Interval;
}

/** Null when somebody watched without anyone knowing how many addresses. */
function countsOf({ history }: WatchedSensor, watch: readonly Interval[]): Counted[] | null {
  const spans = history.flatMap(({ from, to, addresses }) => within(watch, { from, to }).map((span) => ({ addresses, span })));
  if (lengthOf(spans.map(({ span }) => span)) < lengthOf(watch)) return null;
  return spans.some(({ addresses }) => addresses === null) ? null : (spans as Counted[]);
}

/** The sum of addresses in force between any two changes. */
function sumsOver(spans: readonly Counted[]): number[] {
  const changes = spans
    .flatMap(({ addresses, span }) => [
      { at: span.from, by: addresses },
      { at: span.to, by: -addresses },
    ])
    .sort((a, b) => a.at - b.at);
  const sums: number[] = [];
  let sum = 0;
  changes.forEach(({ at, by }, i) => {
    sum += by;
    if (sum > 0 && changes[i + 1]?.at !== at) sums.push(sum);
  });
  return sums;
}
