/**
 * Growth too slow for any window to stand out: a cumulative sum (CUSUM, Page 1954) over hours.
 *
 * Every hour adds by how much it was above usual, less an allowance; only what keeps on
 * being above piles up. It needs a baseline that knows the rhythm of the day, so it is
 * silent while there are only "all hours" to compare with.
 */
import { HOUR_SLOT, VALUES } from '../domain/surge.ts';
import { type Baseline, baselineOf, type History, type SurgeSettings, scoreOf, usualOf } from './baseline.ts';
import type { Candidate } from './detect.ts';
import { findPlace, isWatched, toLog } from './hour-counts.ts';

const HOUR = 3_600_000;
const ALLOWANCE = 1;
const ALARM = 18;
/** One wild hour must not ring alone. */
const MOST_PER_HOUR = 3;
const LOOK_BACK_HOURS = 96;
/** Growth that matters: a quarter more, and so many sources. */
const LEAST_RATIO = 1.25;
const LEAST_MORE = 20;

export interface SlowCandidate extends Candidate {
  readonly onsetAt: number;
}

/** Places whose sum passed the alarm in the hour that ended at `to`. `since` says from when on a place may be summed up. */
export function findSlowCandidates(
  history: History,
  to: number,
  isKnown: (place: number) => boolean,
  since: (place: number) => number,
  settings: SurgeSettings,
): SlowCandidate[] {
  const hour = history(to - HOUR);
  if (!hour || !isWatched(hour, HOUR_SLOT)) return [];
  const found: SlowCandidate[] = [];
  for (const [i, place] of hour.places.entries()) {
    const sources = Math.expm1(toLog(hour.values[i * VALUES + HOUR_SLOT] ?? 0));
    if (sources < LEAST_MORE + settings.fewest || isKnown(place)) continue;
    const baseline = hourlyBaseline(history, place, to - HOUR);
    if (!baseline || !isEnough(sources, baseline)) continue;
    const onsetAt = alarmOf(history, place, to, since(place));
    if (onsetAt !== null)
      found.push({ place, sources: Math.round(sources), baseline, limit: limitOf(baseline), score: scoreOf(baseline, sources), onsetAt });
  }
  return found.sort((a, b) => b.score - a.score);
}

const limitOf = (baseline: Baseline): number => Math.max(usualOf(baseline) * LEAST_RATIO, usualOf(baseline) + LEAST_MORE);
const isEnough = (sources: number, baseline: Baseline): boolean => sources > limitOf(baseline);

/** Only a baseline that knows the time of day. */
function hourlyBaseline(history: History, place: number, hour: number): Baseline | null {
  const baseline = baselineOf(history, place, hour, 'hour', hour);
  return baseline && baseline.basis !== 'all-hours' ? baseline : null;
}

/** When the sum left zero for the last time, if it is above the alarm now; null otherwise. */
function alarmOf(history: History, place: number, to: number, since: number): number | null {
  let sum = 0;
  let leftZeroAt: number | null = null;
  for (let at = Math.max(to - LOOK_BACK_HOURS * HOUR, Math.ceil(since / HOUR) * HOUR); at < to; at += HOUR) {
    const score = scoreAt(history, place, at);
    if (score === null) continue; // nobody watched: neither more nor less
    sum = Math.max(0, sum + Math.min(score, MOST_PER_HOUR) - ALLOWANCE);
    if (sum === 0) leftZeroAt = null;
    else leftZeroAt ??= at;
  }
  return sum > ALARM ? leftZeroAt : null;
}

function scoreAt(history: History, place: number, hour: number): number | null {
  const counts = history(hour);
  if (!counts || !isWatched(counts, HOUR_SLOT)) return null;
  const baseline = hourlyBaseline(history, place, hour);
  if (!baseline) return null;
  const at = findPlace(counts, place);
  return scoreOf(baseline, at < 0 ? 0 : Math.expm1(toLog(counts.values[at * VALUES + HOUR_SLOT] ?? 0)));
}
