/**
 * When we were watching, and what may be said about periods in which we were not.
 *
 * A gap is a time in which a sensor was not heard of, neither by what it saw nor by its
 * own sign of life; a sensor that was alive and saw nothing has no gap. Two periods may
 * only be compared, above all a decrease only be claimed, when no gap lies in either and
 * the same number of addresses was observed throughout both.
 */
import type { Text } from './text.ts';

/** Unix ms; `to` is exclusive. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** How many addresses a sensor observed and since when; null: nobody has said. */
export interface AddressPeriod extends Interval {
  readonly addresses: number | null;
}

/** One sensor as far as comparing needs it. */
export interface WatchedSensor {
  readonly id: string;
  /** When it was heard of first; null: never. */
  readonly firstAt: number | null;
  /** Times without a sign of it, since it was heard of first. */
  readonly gaps: readonly Interval[];
  readonly history: readonly AddressPeriod[];
}

/** Sorted and merged: no two of the result touch. */
export function unite(intervals: readonly Interval[]): Interval[] {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else if (to > from) merged.push({ from, to });
  }
  return merged;
}

/** The times that lie in both lists; each list is united first, then both are walked once. */
export function intersect(one: readonly Interval[], other: readonly Interval[]): Interval[] {
  const [a, b] = [unite(one), unite(other)];
  const both: Interval[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i], b[j]];
    if (!left || !right) break;
    const [from, to] = [Math.max(left.from, right.from), Math.min(left.to, right.to)];
    if (from < to) both.push({ from, to });
    if (left.to < right.to) i++;
    else j++;
  }
  return both;
}

/** The parts of the intervals within a period. */
export const within = (intervals: readonly Interval[], period: Interval): Interval[] => intersect(intervals, [period]);

export const lengthOf = (intervals: readonly Interval[]): number => unite(intervals).reduce((sum, { from, to }) => sum + to - from, 0);

/** What of a period the sensor was away: before its first sign of life, and in its gaps. */
function awayOf(sensor: WatchedSensor, period: Interval): Interval[] {
  const before = sensor.firstAt === null ? period.to : sensor.firstAt;
  return within([{ from: -Infinity, to: before }, ...sensor.gaps], period);
}

/** When not one of the sensors watched. Without any sensor that is the whole period. */
export function unwatched(sensors: readonly WatchedSensor[], period: Interval): Interval[] {
  return sensors.reduce<Interval[]>((common, sensor) => intersect(common, awayOf(sensor, period)), within([period], period));
}

/** The same sensors with only the gaps that touch a period: cheap to ask about many short ones. */
export const touching = (sensors: readonly WatchedSensor[], period: Interval): WatchedSensor[] =>
  sensors.map((sensor) => ({ ...sensor, gaps: sensor.gaps.filter(({ from, to }) => from < period.to && to > period.from) }));

/** The count valid at a moment; null when nobody has said. */
export const addressesAt = (history: readonly AddressPeriod[], at: number): number | null =>
  history.find(({ from, to }) => from <= at && at < to)?.addresses ?? null;

/** Something that changes what a figure means. */
export interface DefinitionChange {
  readonly at: number;
  readonly kind: 'addresses' | 'sensor-added';
  readonly sensor: string;
  readonly text: Text;
}

const figure = new Intl.NumberFormat('en-US');
const countText = (count: number | null): Text =>
  count === null ? { ja: '不明', en: 'unknown' } : { ja: figure.format(count), en: figure.format(count) };

/** Sensors that began, and changes of how many addresses they observe, within the period. */
export function definitionChanges(sensors: readonly WatchedSensor[], period: Interval): DefinitionChange[] {
  const isInside = (at: number): boolean => at > period.from && at < period.to;
  const earliest = Math.min(...sensors.map(({ firstAt }) => firstAt ?? Infinity));
  const added = sensors.flatMap(({ id, firstAt }): DefinitionChange[] =>
    firstAt !== null && firstAt > earliest && isInside(firstAt)
      ? [
          {
            at: firstAt,
            kind: 'sensor-added',
            sensor: id,
            text: { ja: 'センサーが1台増えました。', en: 'One more sensor began to watch.' },
          },
        ]
      : [],
  );
  const changed = sensors.flatMap(({ id, history }) =>
    history.flatMap(({ from, addresses }, i): DefinitionChange[] => {
      const before = history[i - 1];
      return before && isInside(from) ? [{ at: from, kind: 'addresses', sensor: id, text: changeText(before.addresses, addresses) }] : [];
    }),
  );
  return [...added, ...changed].sort((a, b) => a.at - b.at);
}

function changeText(before: number | null, after: number | null): Text {
  const [old, now] = [countText(before), countText(after)];
  return {
    ja: `あるセンサーの観測アドレス数が${old.ja}から${now.ja}に変わりました。`,
    en: `The number of addresses one sensor observes changed from ${old.en} to ${now.en}.`,
  };
}

export interface Comparability {
  readonly isComparable: boolean;
  /** Why not, one sentence each; empty when the periods may be compared. */
  readonly reasons: readonly Text[];
}

/**
 * Whether two periods may be compared. Blocks every claim of a decrease (and of an
 * increase) when a gap, a new sensor or another number of addresses touches either.
 */
export function mayCompare(a: Interval, b: Interval, sensors: readonly WatchedSensor[]): Comparability {
  const span = { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
  const used = sensors.filter(({ firstAt }) => firstAt !== null && firstAt < span.to);
  const reasons: Text[] = [];
  if (used.length === 0) reasons.push({ ja: 'どちらの期間にも観測がありません。', en: 'Nothing was observed in either period.' });
  if (used.some((sensor) => [a, b].some((period) => within(sensor.gaps, period).length > 0))) {
    reasons.push({ ja: '期間内に欠測があります。', en: 'There is a gap in one of the periods.' });
  }
  if (used.some(({ firstAt }) => firstAt !== null && [a, b].some((period) => firstAt > period.from))) {
    reasons.push({ ja: '期間の途中または間にセンサーが増えました。', en: 'A sensor began during the periods or between them.' });
  }
  if (used.some(({ history }) => hasChanged(history, a, b))) {
    reasons.push({
      ja: '期間の途中または間に観測アドレス数が変わりました。',
      en: 'The number of observed addresses changed during the periods or between them.',
    });
  }
  return { isComparable: reasons.length === 0, reasons };
}

/** Every count valid in either period; what was in force only between them does no harm. */
function hasChanged(history: readonly AddressPeriod[], a: Interval, b: Interval): boolean {
  const countsIn = (period: Interval): (number | null)[] => {
    const said = history.filter(({ from, to }) => from < period.to && to > period.from).map(({ addresses }) => addresses);
    return said.length === 0 ? [null] : said;
  };
  return new Set([...countsIn(a), ...countsIn(b)]).size > 1;
}
