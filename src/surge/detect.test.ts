/** How often nothing rings, and how soon something does. */
import { describe, expect, it } from 'vitest';
import { volume } from '../../test/support/volume.ts';
import { type HourCounts, placeOf, type Surge } from '../domain/surge.ts';
import { type History, SURGE_SETTINGS } from './baseline.ts';
import { begin, belongsTo, findCandidates, follow, grown, type HourMemory, type Window } from './detect.ts';
import { HOUR, MINUTE, type NoisyPort, noise, portsFrom, randomFrom, START, type Step, toHour } from './noise.test-support.ts';
import { findSlowCandidates } from './slow-growth.ts';

const WEEK = 7 * 24 * HOUR;

interface Replay {
  readonly surges: Surge[];
  readonly hours: ReadonlyMap<number, HourCounts>;
}

/** The steps as a hub would see them; every candidate is believed, as if it came from many networks. */
function replay(steps: Iterable<Step>, isSlowOn = true): Replay {
  const hours = new Map<number, HourCounts>();
  const history: History = (hour) => hours.get(hour);
  const surges: Surge[] = [];
  const last: Step[] = [];
  const memory: HourMemory = new Map();
  for (const step of steps) {
    last.push(step);
    if (last.length > 12) last.shift();
    const to = step.at + 5 * MINUTE;
    if (step.at % HOUR === 0) memory.clear();
    judge(toWindow(last, to), history, surges, memory);
    if (to % HOUR !== 0) continue;
    hours.set(to - HOUR, toHour(last));
    if (!isSlowOn) continue;
    const isKnown = (place: number): boolean => surges.some((surge) => surge.place === place && belongsTo(surge, to));
    for (const slow of findSlowCandidates(history, to, isKnown, () => 0, SURGE_SETTINGS))
      surges.push({ id: surges.length, ...begin('north', slow, to, slow.onsetAt, 'slow') });
  }
  return { surges, hours };
}

function toWindow(last: readonly Step[], to: number): Window {
  const two = last.slice(-2);
  const places = two.at(-1)?.counts.keys() ?? [];
  const sources = new Map([...places].map((place) => [place, two.reduce((sum, { counts }) => sum + (counts.get(place) ?? 0), 0)]));
  return { from: to - 10 * MINUTE, to, sources };
}

function judge(window: Window, history: History, surges: Surge[], memory: HourMemory): void {
  for (const [i, surge] of surges.entries()) if (belongsTo(surge, window.to)) surges[i] = follow(surge, window, history, SURGE_SETTINGS);
  const isKnown = (place: number): boolean => surges.some((surge) => surge.place === place && belongsTo(surge, window.to));
  for (const candidate of findCandidates(window, history, isKnown, SURGE_SETTINGS, memory))
    surges.push({ id: surges.length, ...begin('north', candidate, window.to, window.from, 'sudden') });
}

describe('ordinary weeks', () => {
  it('ring at most once a week, from the first hour on', () => {
    const [seeds, weeks, ports] = [volume(1, 5), volume(3, 6), volume(60, 80)];
    const counts = Array.from({ length: seeds }, (_, seed) => {
      const random = randomFrom(seed + 1);
      return replay(noise(portsFrom(ports, random), weeks, random)).surges.length;
    });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(seeds * weeks);
  }, 300_000);
});

describe('a planted surge', () => {
  const place = placeOf(6, 1000);
  const cases = [
    { name: 'a port nobody asked for before', rate: 0.02, more: 9, weeks: 4 },
    { name: 'a quiet port', rate: 1, more: 12, weeks: 4 },
    { name: 'a busy port', rate: 50, more: 120, weeks: 4 },
    { name: 'a busy port of a young sensor', rate: 50, more: 150, weeks: 0.5 },
    { name: 'a new port of a sensor of half a day', rate: 0, more: 9, weeks: 0.5 },
  ];

  it.each(cases)('is found within 15 minutes: $name', ({ rate, more, weeks }) => {
    const port: NoisyPort = { place, rate, rhythm: 0.2, wander: 0.05 };
    for (const seed of [1, 2, 3, 4, 5]) {
      const onset = START + Math.floor(weeks * WEEK) - 8 * HOUR + seed * 7 * MINUTE;
      const planted = (_: number, at: number): number =>
        at + 5 * MINUTE <= onset || at > onset + 2 * HOUR ? 0 : more * Math.min(1, (at + 5 * MINUTE - onset) / (5 * MINUTE));
      const { surges } = replay(noise([port], Math.max(weeks, 0.5), randomFrom(seed), planted), false);
      const found = surges.filter(({ detectedAt }) => detectedAt > onset);
      expect(surges.length - found.length, `before the onset, seed ${seed}`).toBe(0);
      expect(found.length, `once, seed ${seed}`).toBe(1);
      expect((found[0]?.detectedAt ?? Infinity) - onset).toBeLessThanOrEqual(15 * MINUTE);
      expect(found[0]?.endedAt).toBeGreaterThan(onset + 1.5 * HOUR);
      expect(found[0]?.endedAt).toBeLessThan(onset + 3 * HOUR);
    }
  });

  it('that grows slowly is found by the sum over hours, long before any window stands out', () => {
    const random = randomFrom(9);
    const onset = START + 4 * WEEK;
    const slowly = (_: number, at: number): number => (at < onset ? 0 : Math.min(30, (at - onset) / HOUR));
    const { surges } = replay(noise([{ place, rate: 40, rhythm: 0.3, wander: 0.03 }], 5, random, slowly));
    const [first] = surges;
    expect(surges).toHaveLength(1);
    expect(first?.kind).toBe('slow');
    expect(first?.basis).toBe('hour-of-week');
    expect((first?.detectedAt ?? Infinity) - onset).toBeLessThan(36 * HOUR);
  });
});

describe('growth', () => {
  it('has one entry per decade, whatever the order', () => {
    const once = grown([], 1234, 5);
    expect(once).toEqual([
      { at: 5, sources: 10 },
      { at: 5, sources: 100 },
      { at: 5, sources: 1000 },
    ]);
    expect(grown(once, 9999, 6)).toBe(once);
    expect(grown(once, 10_000, 7)).toHaveLength(4);
  });
});
