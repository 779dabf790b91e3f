/** A surge as a picture: ten-minute counts beside what was usual at each time. */
import { SLOTS, type Surge, VALUES } from '../domain/surge.ts';
import { baselineOf, enterLimit, type History, type SurgeSettings, usualOf } from './baseline.ts';
import { findPlace, isWatched, toLog } from './hour-counts.ts';

const SLOT = 600_000;
const HOUR = SLOT * SLOTS;

export interface SurgeSeries {
  readonly from: number;
  readonly stepSeconds: number;
  /** Null: nobody watched all of the step. */
  readonly sources: (number | null)[];
  /** Null: nothing to compare with. */
  readonly usual: (number | null)[];
  readonly high: (number | null)[];
}

export function surgeSeries({ place, onsetAt }: Surge, history: History, from: number, to: number, settings: SurgeSettings): SurgeSeries {
  const start = Math.floor(from / SLOT) * SLOT;
  const length = Math.max(0, Math.ceil((to - start) / SLOT));
  const times = Array.from({ length }, (_, i) => start + i * SLOT);
  // What is usual within an hour is one figure; a surge that goes on is no part of it.
  const baselines = new Map(
    [...new Set(times.map(toHour))].map((hour) => [hour, baselineOf(history, place, hour, 'slot', Math.min(hour, onsetAt))]),
  );
  const of = (at: number, figure: (baseline: NonNullable<ReturnType<typeof baselineOf>>) => number): number | null => {
    const baseline = baselines.get(toHour(at));
    return baseline ? round(figure(baseline)) : null;
  };
  return {
    from: start,
    stepSeconds: SLOT / 1000,
    sources: times.map((at) => sourcesAt(history, place, at)),
    usual: times.map((at) => of(at, usualOf)),
    high: times.map((at) => of(at, (baseline) => enterLimit(baseline, settings))),
  };
}

const toHour = (at: number): number => Math.floor(at / HOUR) * HOUR;
const round = (value: number): number => Math.round(value * 10) / 10;

function sourcesAt(history: History, place: number, at: number): number | null {
  const hour = history(toHour(at));
  const slot = (at - toHour(at)) / SLOT;
  if (!hour || !isWatched(hour, slot)) return null;
  const index = findPlace(hour, place);
  return index < 0 ? 0 : Math.round(Math.expm1(toLog(hour.values[index * VALUES + slot] ?? 0)));
}
