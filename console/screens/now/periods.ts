/** Which period the figures of the screen are about, and how it is said. */
import type { Format } from '../../format.ts';
import type { Period } from '../../queries.ts';
import type { Words } from '../../words/ja.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const RANGES = ['all', 'week', 'day', 'hour'] as const;
export type Range = (typeof RANGES)[number];
const RANGE_MS: Readonly<Record<Exclude<Range, 'all'>, number>> = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS };
const RECENT_MS = 2 * HOUR_MS;
const USUAL_STEP_SECONDS = 600;

export const isRecent = (data: Period, now: number): boolean => now - data.to < RECENT_MS;

/** A day where there is more than a day and it is going on; otherwise everything. */
export const standardRange = (data: Period, now: number): Range => (data.to - data.from > DAY_MS && isRecent(data, now) ? 'day' : 'all');

/** The end is the end of the last minute with data. */
export function periodFor(range: Range, data: Period): Period {
  const end = data.to + MINUTE_MS;
  return range === 'all' ? { from: data.from, to: end } : { from: Math.max(data.from, end - RANGE_MS[range]), to: end };
}

/** The last day in whole steps: a step that is still filling would look like a fall. */
export function usualPeriod(data: Period): { readonly period: Period; readonly step: number } | null {
  const stepMs = USUAL_STEP_SECONDS * 1000;
  const to = Math.floor((data.to + MINUTE_MS) / stepMs) * stepMs;
  const from = Math.max(Math.floor(data.from / stepMs) * stepMs, to - DAY_MS);
  return to - from < 2 * stepMs ? null : { period: { from, to }, step: USUAL_STEP_SECONDS };
}

/** "the last 24 hours"; old captures have none of ours, only of their own. */
export function spanWords(range: Range, period: Period, isLive: boolean, words: Words, format: Format): string {
  if (range === 'all') return words.now.spanAll(...spanEnds(period, format));
  const live = { hour: 'spanHour', day: 'spanDay', week: 'spanWeek' } as const;
  const past = { hour: 'spanLastHour', day: 'spanLastDay', week: 'spanLastWeek' } as const;
  return words.now[isLive ? live[range] : past[range]];
}

function spanEnds(period: Period, format: Format): [string, string] {
  const isOneDay = format.date(period.from) === format.date(period.to);
  return isOneDay ? [format.dateTime(period.from), format.time(period.to)] : [format.date(period.from), format.date(period.to)];
}
