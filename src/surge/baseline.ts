/**
 * What is usual for a port at a time, and from how many sources on it is a surge.
 *
 * The same hour of the week is the fair comparison, but a young sensor has no weeks: then
 * the same hour of the day, then all hours, and the answer says which. A slot in which the
 * sensor did not watch all the time says nothing and is left out.
 *
 * The limit asks three things at once, because each fails somewhere: the robust z of
 * log(1 + x) for busy ports; the chance of a Poisson count for quiet ones, whose deviation
 * is zero most of the time; and more than 99 of 100 slots before, for ports with bursts.
 */
import { FEWEST_SOURCES, type HourCounts, SLOTS, type SurgeBasis, VALUES } from '../domain/surge.ts';
import { findPlace, isWatched, toLog } from './hour-counts.ts';
import { medianOf, quantileOf, robustDeviation } from './robust.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
export const HISTORY_WEEKS = 4;

export interface SurgeSettings {
  /** Robust z from which a window is a candidate, and above which a surge goes on. */
  readonly enter: number;
  readonly stay: number;
  /** Deviations of a Poisson count beyond the median. */
  readonly chance: number;
  /** New /24 (IPv6 /48) and AS that must take part. */
  readonly networks: number;
  readonly asns: number;
  /** Sources that must not belong to the largest AS. */
  readonly outside: number;
  readonly fewest: number;
}

export const SURGE_SETTINGS: SurgeSettings = { enter: 5, stay: 2.5, chance: 6, networks: 10, asns: 2, outside: 3, fewest: 10 };

/** Counts of a sensor by the hour. */
export type History = (hour: number) => HourCounts | undefined;

export interface Baseline {
  readonly basis: SurgeBasis;
  readonly samples: number;
  /** Of log(1 + sources). */
  readonly median: number;
  readonly deviation: number;
}

/** Deviations below this are luck: even a steady port breathes. */
const LEAST_DEVIATION = 0.08;
const FEWEST_WEEKS = 3;
const FEWEST_DAYS = 5;
const MOST_DAYS = 14;
/** Three hours of slots: with less, nothing is usual yet. */
const FEWEST_SAMPLES = 18;

/** Of one slot of ten minutes, or of whole hours. */
export type Grain = 'slot' | 'hour';

/**
 * The baseline of a place at a time; null while there is too little history. Nothing from
 * `before` on counts: neither the hour itself nor a surge that is going on.
 */
export function baselineOf(history: History, place: number, at: number, grain: Grain, before: number): Baseline | null {
  const hour = Math.floor(at / HOUR) * HOUR;
  const weekly = gather(history, place, grain, before, hoursBack(hour, WEEK, HISTORY_WEEKS));
  if (weekly.turns >= FEWEST_WEEKS) return toBaseline('hour-of-week', weekly);
  const daily = gather(history, place, grain, before, hoursBack(hour, DAY, MOST_DAYS));
  if (daily.turns >= FEWEST_DAYS) return toBaseline('hour-of-day', daily);
  const all = gather(history, place, grain, before, hoursBefore(hour));
  return all.values.length >= FEWEST_SAMPLES ? toBaseline('all-hours', all) : null;
}

/** The hour and its two neighbours, so many turns of a period ago. */
function hoursBack(hour: number, period: number, turns: number): number[][] {
  return Array.from({ length: turns }, (_, i) => [-HOUR, 0, HOUR].map((shift) => hour - (i + 1) * period + shift));
}

/** Further back the time of day is too different. */
const RECENT_HOURS = 12;
const hoursBefore = (hour: number): number[][] => [Array.from({ length: RECENT_HOURS }, (_, i) => hour - (i + 1) * HOUR)];

interface Samples {
  readonly values: readonly number[];
  /** Turns of the period that had any. */
  readonly turns: number;
}

/** Where fewer sources than are kept were seen, the most there can have been; zero when there never were more. */
function gather(history: History, place: number, grain: Grain, before: number, turns: readonly (readonly number[])[]): Samples {
  const values: number[] = [];
  let seen = 0;
  let used = 0;
  for (const turn of turns) {
    const length = values.length;
    for (const hour of turn) {
      const counts = hour < before ? history(hour) : undefined;
      if (counts) seen += addHour(values, counts, place, grain, before);
    }
    if (values.length > length) used++;
  }
  const absent = seen === 0 ? 0 : Math.log1p(FEWEST_SOURCES - 1);
  return { values: values.map((value) => (value === 0 ? absent : value)), turns: used };
}

const SLOT = 600_000;

/** Returns how many of the added values are kept counts. */
function addHour(values: number[], counts: HourCounts, place: number, grain: Grain, before: number): number {
  const at = findPlace(counts, place);
  let seen = 0;
  const add = (slot: number): void => {
    if (!isWatched(counts, slot)) return;
    const value = at < 0 ? 0 : (counts.values[at * VALUES + slot] ?? 0);
    if (value > 0) seen++;
    values.push(toLog(value));
  };
  if (grain === 'hour') add(SLOTS);
  else for (let slot = 0; slot < SLOTS; slot++) if (counts.hour + (slot + 1) * SLOT <= before) add(slot);
  return seen;
}

/** Few samples tell the deviation badly: it is taken larger then. */
const FEW = 6;

function toBaseline(basis: SurgeBasis, { values }: Samples): Baseline {
  const logs = Float64Array.from(values);
  const median = medianOf(logs);
  const deviation = Math.max(LEAST_DEVIATION, robustDeviation(logs, median)) * (1 + FEW / values.length);
  return { basis, samples: values.length, median, deviation };
}

export const usualOf = ({ median }: Baseline): number => Math.expm1(median);

/** So many sources are a surge, as far as the baseline can tell. */
export function enterLimit(baseline: Baseline, settings: SurgeSettings): number {
  return Math.max(settings.fewest, byDeviation(baseline, settings.enter), byChance(baseline, settings.chance));
}

/** Above this a surge goes on. */
export function stayLimit(baseline: Baseline, settings: SurgeSettings): number {
  return Math.max(byDeviation(baseline, settings.stay), byChance(baseline, settings.chance / 2));
}

const byDeviation = ({ median, deviation }: Baseline, z: number): number => Math.expm1(median + z * deviation);

/** A Poisson count passes this about once in a billion windows (checked by a test). */
function byChance(baseline: Baseline, deviations: number): number {
  const usual = usualOf(baseline);
  return usual + deviations * Math.sqrt(usual) + deviations;
}

/** What 99 of 100 earlier slots of the last weeks did not pass, whatever the hour. */
export function highestUsual(history: History, place: number, at: number, before: number): number {
  const hour = Math.floor(at / HOUR) * HOUR;
  const all = Array.from({ length: (HISTORY_WEEKS * WEEK) / HOUR }, (_, i) => hour - (i + 1) * HOUR);
  const { values } = gather(history, place, 'slot', before, [all]);
  return values.length === 0 ? 0 : Math.expm1(quantileOf(Float64Array.from(values).sort(), 0.99));
}

/** Robust z of a number of sources. */
export const scoreOf = ({ median, deviation }: Baseline, sources: number): number => (Math.log1p(sources) - median) / deviation;
