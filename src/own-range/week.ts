/**
 * The week a receipt speaks of, and the quiet that ends an alert.
 *
 * "Nothing seen" is only worth saying together with whether anybody watched: silence of a
 * dead sensor looks the same as silence of a healthy network.
 */
import { type Interval, lengthOf, within } from '../domain/watching.ts';

const DAY = 86_400_000;
const WEEK = 7 * DAY;
/** 5 January 1970 was a Monday. */
const FIRST_MONDAY = 4 * DAY;

/** The last whole week, Monday to Monday UTC; null while the watch has seen less than a day of it. */
export function lastWeek(now: number, since: number): (Interval & { readonly week: number }) | null {
  const to = FIRST_MONDAY + Math.floor((now - FIRST_MONDAY) / WEEK) * WEEK;
  const week = to - WEEK;
  const from = Math.max(week, since);
  return to - from < DAY ? null : { week, from, to };
}

/** Whether it has been quiet for long enough, not counting times in which a sensor that saw it did not watch. */
export function isOver(lastSeenAt: number, now: number, gaps: readonly Interval[], quietMs: number): boolean {
  const quiet = { from: lastSeenAt, to: now };
  return now - lastSeenAt - lengthOf(within(gaps, quiet)) >= quietMs;
}
