/**
 * From windows of ten minutes to surges that begin, grow and end.
 *
 * A window is judged every five minutes, so a surge is seen at most five minutes after it
 * has passed its limit. Judging a window again changes nothing: a surge is known by its
 * port and its time, and one that flares up again soon after its end is the same surge.
 */
import { type HourCounts, SLOTS, type Surge, type SurgeEnd } from '../domain/surge.ts';
import {
  type Baseline,
  baselineOf,
  enterLimit,
  type History,
  highestUsual,
  type SurgeSettings,
  scoreOf,
  stayLimit,
  usualOf,
} from './baseline.ts';
import { isWatched } from './hour-counts.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SLOT = 10 * MINUTE;
export const WINDOW_MS = 10 * MINUTE;
export const WINDOW_STEP_MS = 5 * MINUTE;
/** So many watched slots at the usual level end a surge. */
const QUIET_SLOTS = 6;
/** A surge that comes back within this time never ended. */
export const SAME_SURGE_MS = 2 * HOUR;
/** What goes on for so long is what is usual now. */
const LONGEST_MS = 7 * DAY;

/** Distinct sources of every place within ten minutes. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly sources: ReadonlyMap<number, number>;
}

export interface Candidate {
  readonly place: number;
  readonly sources: number;
  readonly baseline: Baseline;
  readonly limit: number;
  readonly score: number;
}

/** What is usual in an hour, by place: the windows of one hour share it. */
export type HourMemory = Map<number, Baseline | null>;

/** Places above their limit, the most unusual first. Those that `isKnown` are left out. */
export function findCandidates(
  window: Window,
  history: History,
  isKnown: (place: number) => boolean,
  settings: SurgeSettings,
  memory: HourMemory = new Map(),
): Candidate[] {
  const found: Candidate[] = [];
  const before = Math.floor((window.to - 1) / HOUR) * HOUR;
  for (const [place, sources] of window.sources) {
    if (sources < settings.fewest || isKnown(place)) continue;
    const baseline = remembered(memory, place, () => baselineOf(history, place, before, 'slot', before));
    if (!baseline) continue;
    const limit = enterLimit(baseline, settings);
    if (sources <= limit || sources <= highestUsual(history, place, window.to - 1, before)) continue;
    found.push({ place, sources, baseline, limit, score: scoreOf(baseline, sources) });
  }
  return found.sort((a, b) => b.score - a.score);
}

function remembered(memory: HourMemory, place: number, work: () => Baseline | null): Baseline | null {
  const known = memory.get(place);
  if (known !== undefined) return known;
  const baseline = work();
  memory.set(place, baseline);
  return baseline;
}

/** Whether a time belongs to a surge of the same place: within it, or so close that it is the same. */
export const belongsTo = ({ onsetAt, lastAt, endedAt }: Surge, at: number): boolean =>
  at > onsetAt - HOUR && at <= (endedAt === null ? Math.max(lastAt, onsetAt) + LONGEST_MS : endedAt + SAME_SURGE_MS);

/** The surge after a watched window: higher, still going on, or over. */
export function follow(surge: Surge, window: Window, history: History, settings: SurgeSettings): Surge {
  if (window.to <= surge.lastAt || window.from < surge.onsetAt - WINDOW_MS) return surge;
  const sources = window.sources.get(surge.place) ?? 0;
  const baseline = baselineOf(history, surge.place, window.to - 1, 'slot', Math.min(surge.onsetAt, window.from));
  const stay = baseline ? stayOf(surge, baseline, settings) : surge.usual + (surge.limit - surge.usual) / 2;
  if (sources > stay) return goOn(surge, window.to, sources);
  if (surge.endedAt !== null || quietSlots(history, surge.lastAt, window.to) < QUIET_SLOTS) return surge;
  return end(surge, 'over');
}

/** What grew slowly never stood out of a single window: it goes on while it is somewhat above usual. */
const stayOf = ({ kind }: Surge, baseline: Baseline, settings: SurgeSettings): number =>
  kind === 'slow' ? Math.expm1(baseline.median + baseline.deviation) : stayLimit(baseline, settings);

function goOn(surge: Surge, at: number, sources: number): Surge {
  // A surge that ended is only taken up again by what would be a surge by itself.
  if (surge.endedAt !== null && (sources <= surge.limit || at > surge.endedAt + SAME_SURGE_MS || surge.endReason === 'became-usual'))
    return surge;
  const higher = sources > surge.peak ? { peak: sources, peakAt: at } : {};
  const next = { ...surge, ...higher, lastAt: at, endedAt: null, endReason: null };
  return at - surge.onsetAt > LONGEST_MS ? end(next, 'became-usual') : next;
}

const end = (surge: Surge, endReason: SurgeEnd): Surge => ({ ...surge, endedAt: surge.lastAt, endReason });

/** Slots in which the sensor watched, wholly between two times. */
function quietSlots(history: History, from: number, to: number): number {
  let count = 0;
  for (let slot = Math.ceil(from / SLOT) * SLOT; slot + SLOT <= to && count < QUIET_SLOTS; slot += SLOT) {
    const hour: HourCounts | undefined = history(Math.floor(slot / HOUR) * HOUR);
    if (hour && isWatched(hour, (slot / SLOT) % SLOTS)) count++;
  }
  return count;
}

/** A surge as it is when it is recognised; evidence and onset are looked up by the caller. */
export function begin(
  sensor: string,
  { place, sources, baseline, limit }: Candidate,
  at: number,
  onsetAt: number,
  kind: Surge['kind'],
): Omit<Surge, 'id'> {
  return {
    sensor,
    place,
    kind,
    onsetAt,
    detectedAt: at,
    lastAt: at,
    endedAt: null,
    endReason: null,
    basis: baseline.basis,
    samples: baseline.samples,
    usual: usualOf(baseline),
    limit,
    peak: sources,
    peakAt: at,
    sources: 0,
    networks: 0,
    asns: 0,
    evidence: { countries: [], networks: [], fresh: 0, singlePacket: 0, marks: {} },
    growth: [],
  };
}

/** Passing 10, 100, 1000 … sources is an entry of its own, made once. */
export function grown(growth: Surge['growth'], sources: number, at: number): Surge['growth'] {
  const last = growth.at(-1)?.sources ?? 0;
  const passed: { at: number; sources: number }[] = [];
  for (let step = Math.max(10, last * 10); step <= sources; step *= 10) passed.push({ at, sources: step });
  return passed.length === 0 ? growth : [...growth, ...passed];
}
