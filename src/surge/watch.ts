/**
 * Looks for surges and campaigns whenever observations have come in.
 *
 * It asks which hours of a telescope have other packets than when they were last counted,
 * counts those again and judges their windows in order of time. So live input, files, late
 * files and a restart all lead to the same surges, and an hour that did not change costs
 * nothing. Looks are gathered: many files in a row are looked at together.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HOUR_SLOT, type HourCounts, SLOTS, type Surge } from '../domain/surge.ts';
import type { Interval } from '../domain/watching.ts';
import type { Log } from '../engine/log.ts';
import type { SensorSpan, SurgeReader, SurgeStore, WindowCount } from '../engine/surge-ports.ts';
import { HISTORY_WEEKS, type History, SURGE_SETTINGS } from './baseline.ts';
import { CAMPAIGN_SETTINGS, clusterPortSets, continueCampaigns, REMEMBERED_DAYS } from './campaigns.ts';
import {
  begin,
  belongsTo,
  type Candidate,
  findCandidates,
  follow,
  grown,
  type HourMemory,
  SAME_SURGE_MS,
  WINDOW_MS,
  WINDOW_STEP_MS,
  type Window,
} from './detect.ts';
import { fromBytes, packHour, type SlotCount, toBytes, watchedMask } from './hour-counts.ts';
import { changePoint } from './onset.ts';
import { findSlowCandidates } from './slow-growth.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KEPT_MS = HISTORY_WEEKS * 7 * DAY + DAY;
/** How far back a sudden surge's begin is looked for. */
const ONSET_MS = 3 * HOUR;
/** More at once than this is one event with a thousand ports; the most unusual stand for it. */
const MOST_AT_ONCE = 20;
/** After a slow surge became usual, what is usual takes so long to catch up. */
const SLOW_REST_MS = 21 * DAY;
/** So long after a late hour is judged again. */
const FOLLOWING_MS = DAY;
/** Between two looks: so many times as long as the last one took. */
const REST_FACTOR = 4;
const LEAST_REST_MS = 1000;
const CAMPAIGN_REST_FACTOR = 20;
const QUICK_MS = 2000;

export interface SurgeWatchParts {
  readonly telemetry: SurgeReader;
  readonly store: SurgeStore;
  /** When a sensor did not watch. */
  gaps(tenant: string, sensor: string, period: Interval): Promise<readonly Interval[]>;
  announce(tenant: string): void;
  readonly log: Log;
}

interface SensorState {
  readonly hours: Map<number, HourCounts>;
  readonly counted: Map<number, { readonly packets: number; readonly until: number }>;
  /** Days whose campaigns are to be told again, and when that may be done (performance.now). */
  readonly owedDays: Set<number>;
  campaignsDueAt: number;
  campaignsTook: number;
}

/** One sensor while its changed hours are being judged. */
interface Work {
  readonly tenant: string;
  readonly span: SensorSpan;
  readonly state: SensorState;
  readonly gaps: readonly Interval[];
  readonly surges: Surge[];
  readonly touched: Set<number>;
}

export class SurgeWatch {
  readonly #parts: SurgeWatchParts;
  readonly #sensors = new Map<string, Promise<SensorState>>();
  readonly #waiting = new Set<string>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #isUrgent = false;

  constructor(parts: SurgeWatchParts) {
    this.#parts = parts;
  }

  /** Something came in; looks soon, together with whatever else comes in until then. */
  note(tenant: string): void {
    this.#waiting.add(tenant);
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when everything noted so far has been looked at. */
  async settled(): Promise<void> {
    this.#isUrgent = true;
    while (this.#running) await this.#running;
    this.#isUrgent = false;
  }

  /** Whether something that came in has not been looked at yet. */
  get isBehind(): boolean {
    return this.#running !== undefined;
  }

  /** Finishes the hour it is at; what was noted and not looked at shows itself at the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** Counts of a sensor's last weeks. */
  async history(tenant: string, sensor: string): Promise<History> {
    const { hours } = await this.#stateOf(tenant, sensor);
    return (hour) => hours.get(hour);
  }

  /** How many hours there are to compare with. */
  async countedHours(tenant: string, sensor: string): Promise<number> {
    return (await this.#stateOf(tenant, sensor)).hours.size;
  }

  async #run(): Promise<void> {
    await sleep(0);
    for (let [tenant] = this.#waiting; tenant !== undefined && !this.#closing.signal.aborted; [tenant] = this.#waiting) {
      this.#waiting.delete(tenant);
      const startedAt = performance.now();
      await this.#look(tenant).catch((error: unknown) => {
        this.#sensors.clear(); // what was half done is read again
        this.#parts.log.warn({ err: error }, 'the look for surges failed and will be tried again with the next observations');
      });
      if (this.#waiting.size > 0) await this.#rest(performance.now() - startedAt);
    }
  }

  /** In small pieces, so that somebody who waits does not wait for the rest. */
  async #rest(took: number): Promise<void> {
    const until = performance.now() + Math.max(LEAST_REST_MS, took * REST_FACTOR);
    while (performance.now() < until && !this.#isUrgent && !this.#closing.signal.aborted) await sleep(50);
  }

  async #look(tenant: string): Promise<void> {
    const { telemetry } = this.#parts;
    for (const span of await telemetry.spans(tenant)) {
      const state = await this.#stateOf(tenant, span.sensor);
      const oldest = Math.max(floor(span.from, HOUR), Math.ceil(span.cellsFrom / HOUR) * HOUR, floor(span.to - KEPT_MS, HOUR));
      const packets = await telemetry.hourPackets({ tenant, sensor: span.sensor, from: oldest, to: span.to });
      const fresh = [...packets.keys()].filter((hour) => hasChanged(state, hour, packets.get(hour) ?? 0, span.to));
      for (const hour of fresh) state.owedDays.add(floor(hour, DAY));
      if (fresh.length === 0) {
        await this.#judgeCampaigns(tenant, span, state);
        continue;
      }
      const changed = withFollowing(fresh, [...packets.keys()]);
      const work = await this.#begin(tenant, span, state, changed[0] ?? span.from);
      for (const hour of changed) {
        if (this.#closing.signal.aborted) return;
        await this.#judgeHour(work, hour, packets.get(hour) ?? 0);
      }
      await this.#judgeCampaigns(tenant, span, state);
      await this.#forget(work, oldest);
      this.#parts.announce(tenant);
    }
  }

  async #begin(tenant: string, span: SensorSpan, state: SensorState, from: number): Promise<Work> {
    const [away, { rows }] = await Promise.all([
      this.#parts.gaps(tenant, span.sensor, { from: from - WINDOW_MS, to: span.to }),
      this.#parts.store.surges(tenant, { sensor: span.sensor, since: from - SLOW_REST_MS }),
    ]);
    return { tenant, span, state, gaps: away, surges: [...rows], touched: new Set() };
  }

  async #judgeHour(work: Work, hour: number, packets: number): Promise<void> {
    const { telemetry, store } = this.#parts;
    const { tenant, span, state } = work;
    const [windows, whole] = await Promise.all([
      telemetry.windows(tenant, span.sensor, hour),
      telemetry.portHour(tenant, span.sensor, hour),
    ]);
    const watched = watchedMask(hour, span.from, span.to, work.gaps);
    const counts = packHour(hour, watched, [...toSlots(hour, windows), ...whole.map((one) => ({ ...one, slot: HOUR_SLOT }))]);
    const countedUntil = Math.min(hour + HOUR, span.to);
    state.hours.set(hour, counts);
    await this.#judgeWindows(work, hour, countedUntil, windows);
    if (countedUntil === hour + HOUR) await this.#judgeSlowly(work, hour + HOUR);
    await this.#save(work);
    // The last step: an hour that is not marked as counted is judged again.
    await store.writeHour(tenant, span.sensor, { hour, packets, countedUntil, watched, counts: toBytes(counts) });
    state.counted.set(hour, { packets, until: countedUntil });
  }

  async #judgeWindows(work: Work, hour: number, until: number, counts: readonly WindowCount[]): Promise<void> {
    const byEnd = Map.groupBy(counts, ({ to }) => to);
    const memory: HourMemory = new Map();
    const history = historyOf(work.state);
    for (let to = hour + WINDOW_STEP_MS; to <= until; to += WINDOW_STEP_MS) {
      const from = to - WINDOW_MS;
      if (from < work.span.from || work.gaps.some((gap) => gap.from < to && gap.to > from)) continue;
      const window: Window = { from, to, sources: new Map((byEnd.get(to) ?? []).map(({ place, sources }) => [place, sources])) };
      followAll(work, window, history);
      const found = findCandidates(window, history, (place) => isKnown(work, place, to), SURGE_SETTINGS, memory);
      if (found.length > MOST_AT_ONCE)
        this.#parts.log.warn({ ports: found.length, sensor: work.span.sensor }, 'many ports surge at once; the most unusual are kept');
      for (const candidate of found.slice(0, MOST_AT_ONCE)) await this.#beginSudden(work, candidate, window);
    }
  }

  /** One network or one scanner with many addresses is no trend, so whoever is new is looked at before. */
  async #beginSudden(work: Work, candidate: Candidate, { from, to }: Window): Promise<void> {
    if (!(await this.#isWidespread(work, candidate.place, from, to))) return;
    const draft = begin(work.span.sensor, candidate, to, await this.#onsetOf(work, candidate.place, to), 'sudden');
    await this.#add(work, { ...draft, growth: grown([], candidate.sources, to) });
  }

  async #judgeSlowly(work: Work, to: number): Promise<void> {
    const since = (place: number): number => Math.max(0, ...work.surges.filter((one) => one.place === place).map(restsUntil));
    const found = findSlowCandidates(historyOf(work.state), to, (place) => isKnown(work, place, to), since, SURGE_SETTINGS);
    for (const candidate of found.slice(0, MOST_AT_ONCE)) {
      if (await this.#isWidespread(work, candidate.place, candidate.onsetAt, to))
        await this.#add(work, begin(work.span.sensor, candidate, to, candidate.onsetAt, 'slow'));
    }
  }

  async #isWidespread({ tenant, span }: Work, place: number, from: number, to: number): Promise<boolean> {
    const { fresh } = await this.#parts.telemetry.sources({ tenant, sensor: span.sensor, place, from, to }, span.cellsFrom);
    const { networks, asns, outside } = SURGE_SETTINGS;
    const isOfManyAsns = fresh.asns >= asns && fresh.known - fresh.largestAs >= outside;
    // Where the address tables know no AS at all, the networks have to do.
    return fresh.networks >= networks && (isOfManyAsns || fresh.known === 0);
  }

  async #onsetOf({ tenant, span, gaps }: Work, place: number, to: number): Promise<number> {
    const blind = gaps.filter((gap) => gap.to <= to).map((gap) => gap.to);
    const from = Math.max(to - ONSET_MS, Math.ceil(span.from / MINUTE) * MINUTE, ...blind);
    const minutes = await this.#parts.telemetry.minutes({ tenant, sensor: span.sensor, place, from, to });
    return from + changePoint(minutes) * MINUTE;
  }

  async #add(work: Work, draft: Omit<Surge, 'id'>): Promise<void> {
    const surge = await this.#parts.store.addSurge(work.tenant, draft);
    work.surges.push(surge);
    work.touched.add(surge.id);
    const { sensor, place, onsetAt } = surge;
    this.#parts.log.info({ sensor, place, onsetAt }, 'a surge began');
  }

  /** What changed is written once an hour of data, with whose the sources are. */
  async #save({ tenant, span, surges, touched }: Work): Promise<void> {
    const { telemetry, store } = this.#parts;
    for (const [i, surge] of surges.entries()) {
      if (!touched.has(surge.id)) continue;
      const period = { tenant, sensor: span.sensor, place: surge.place, from: surge.onsetAt, to: Math.max(surge.lastAt, surge.detectedAt) };
      const { sources, networks, asns, evidence } = await telemetry.sources(period, span.cellsFrom);
      const next = { ...surge, sources, networks, asns, evidence, growth: grown(surge.growth, sources, surge.lastAt) };
      surges[i] = next;
      await store.changeSurge(tenant, next);
    }
    touched.clear();
  }

  /** A whole day is looked at, so not every minute: it may take a twentieth of the time, or be quick when somebody waits. */
  async #judgeCampaigns(tenant: string, span: SensorSpan, state: SensorState): Promise<void> {
    const isQuick = this.#isUrgent && state.campaignsTook < QUICK_MS;
    if (state.owedDays.size === 0 || (performance.now() < state.campaignsDueAt && !isQuick)) return;
    const startedAt = performance.now();
    await this.#tellCampaigns(
      tenant,
      span,
      [...state.owedDays].sort((a, b) => a - b),
    );
    state.owedDays.clear();
    state.campaignsTook = performance.now() - startedAt;
    state.campaignsDueAt = performance.now() + CAMPAIGN_REST_FACTOR * state.campaignsTook;
  }

  async #tellCampaigns(tenant: string, span: SensorSpan, days: readonly number[]): Promise<void> {
    const { telemetry, store } = this.#parts;
    for (const day of days) {
      const { sets, broad } = await telemetry.portSets({ tenant, sensor: span.sensor, from: day, to: day + DAY });
      const [known, earlier] = await Promise.all([store.campaigns(tenant, span.sensor), store.campaignDays(tenant, span.sensor)]);
      const hasEarlier = earlier.some((one) => one.day < day && one.day >= day - REMEMBERED_DAYS * DAY);
      const found = clusterPortSets(sets, CAMPAIGN_SETTINGS);
      const change = continueCampaigns(known, found, day, span.sensor, hasEarlier, CAMPAIGN_SETTINGS.similarity);
      const sources = sets.reduce((sum, set) => sum + set.sources, 0);
      await store.writeCampaigns(tenant, span.sensor, { day, sources, broad }, change);
    }
  }

  async #forget({ tenant, span, state }: Work, oldest: number): Promise<void> {
    const old = [...state.hours.keys()].filter((hour) => hour < floor(span.to - KEPT_MS, HOUR) && hour < oldest);
    if (old.length === 0) return;
    for (const hour of old) {
      state.hours.delete(hour);
      state.counted.delete(hour);
    }
    await this.#parts.store.forgetHours(tenant, span.sensor, Math.max(...old) + HOUR);
  }

  #stateOf(tenant: string, sensor: string): Promise<SensorState> {
    const key = `${tenant}/${sensor}`;
    const known = this.#sensors.get(key);
    if (known) return known;
    const state = this.#read(tenant, sensor);
    this.#sensors.set(key, state);
    state.catch(() => this.#sensors.delete(key));
    return state;
  }

  async #read(tenant: string, sensor: string): Promise<SensorState> {
    const [rows, told] = await Promise.all([this.#parts.store.hours(tenant, sensor, 0), this.#parts.store.campaignDays(tenant, sensor)]);
    // An interrupted day may be told in part: the newest is told again, and those that never were.
    const newest = floor(rows.at(-1)?.hour ?? 0, DAY);
    const owed = rows.map(({ hour }) => floor(hour, DAY)).filter((day) => day === newest || !told.some((one) => one.day === day));
    return {
      hours: new Map(rows.map(({ hour, watched, counts }) => [hour, fromBytes(hour, watched, counts)])),
      counted: new Map(rows.map(({ hour, packets, countedUntil }) => [hour, { packets, until: countedUntil }])),
      owedDays: new Set(owed),
      campaignsDueAt: 0,
      campaignsTook: 0,
    };
  }
}

const floor = (at: number, unit: number): number => Math.floor(at / unit) * unit;
const historyOf =
  ({ hours }: SensorState): History =>
  (hour) =>
    hours.get(hour);

function hasChanged({ counted }: SensorState, hour: number, packets: number, until: number): boolean {
  const known = counted.get(hour);
  return known === undefined || known.packets !== packets || known.until < Math.min(hour + HOUR, until);
}

/** What came late may go on in hours that were judged without it. */
function withFollowing(changed: readonly number[], all: readonly number[]): number[] {
  let last = Number.NEGATIVE_INFINITY;
  const isChanged = new Set(changed);
  return all.filter((hour) => {
    if (isChanged.has(hour)) last = hour;
    return hour - last <= FOLLOWING_MS;
  });
}

/** Of the windows, those that are slots of the hour. */
function toSlots(hour: number, windows: readonly WindowCount[]): SlotCount[] {
  return windows.flatMap(({ to, place, sources }) => {
    const slot = (to - hour) / WINDOW_MS - 1;
    return Number.isInteger(slot) && slot >= 0 && slot < SLOTS ? [{ place, slot, sources }] : [];
  });
}

function followAll(work: Work, window: Window, history: History): void {
  for (const [i, surge] of work.surges.entries()) {
    const next = follow(surge, window, history, SURGE_SETTINGS);
    if (next === surge) continue;
    work.surges[i] = next;
    work.touched.add(next.id);
  }
}

const isKnown = ({ surges }: Work, place: number, at: number): boolean =>
  surges.some((surge) => surge.place === place && belongsTo(surge, at));

const restsUntil = ({ lastAt, endedAt, endReason }: Surge): number =>
  endReason === 'became-usual' ? (endedAt ?? lastAt) + SLOW_REST_MS : (endedAt ?? lastAt) + SAME_SURGE_MS;
