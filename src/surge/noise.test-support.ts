/**
 * Weeks of ordinary days for tests: ports from very quiet to very busy, with the rhythm of
 * day and week, and counts that scatter more than Poisson counts do.
 */
import { placeOf, SLOTS } from '../domain/surge.ts';
import { packHour, type SlotCount } from './hour-counts.ts';

export const HOUR = 3_600_000;
export const MINUTE = 60_000;
export const START = Date.UTC(2026, 0, 5); // a Monday

/** Small, fast and repeatable (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function poisson(rate: number, random: () => number): number {
  if (rate > 60) return Math.max(0, Math.round(rate + Math.sqrt(rate) * normal(random)));
  const stop = Math.exp(-rate);
  let product = random();
  let count = 0;
  for (; product > stop; count++) product *= random();
  return count;
}

export interface NoisyPort {
  readonly place: number;
  /** Sources per five minutes, on average. */
  readonly rate: number;
  /** How much the day shakes it: 0 not at all. */
  readonly rhythm: number;
  /** Standard deviation of the rate's slow wandering, in logarithms. */
  readonly wander: number;
}

export const portsFrom = (count: number, random: () => number): NoisyPort[] =>
  Array.from({ length: count }, (_, i) => ({
    place: placeOf(i % 5 === 0 ? 17 : 6, 1000 + i),
    rate: Math.exp(-3 + 8 * random()),
    rhythm: 0.5 * random(),
    wander: 0.15 * random(),
  }));

export interface Step {
  readonly at: number; // start of the five minutes
  readonly counts: ReadonlyMap<number, number>;
}

/** Steps of five minutes, one after another; `more` adds what is planted. */
export function* noise(
  ports: readonly NoisyPort[],
  weeks: number,
  random: () => number,
  more: (place: number, at: number) => number = () => 0,
): Generator<Step> {
  const drift = new Map(ports.map(({ place }) => [place, 0]));
  for (let at = START; at < START + weeks * 7 * 24 * HOUR; at += 5 * MINUTE) {
    const counts = new Map<number, number>();
    const day = Math.sin((2 * Math.PI * (at % (24 * HOUR))) / (24 * HOUR));
    const isWeekend = [0, 6].includes(new Date(at).getUTCDay());
    for (const { place, rate, rhythm, wander } of ports) {
      const next = (drift.get(place) ?? 0) * 0.98 + 0.2 * wander * normal(random);
      drift.set(place, next);
      const expected = rate * Math.exp(rhythm * day - (isWeekend ? rhythm / 2 : 0) + next);
      counts.set(place, poisson(expected + more(place, at), random));
    }
    yield { at, counts };
  }
}

/** The hour that ends with the newest of these twelve steps; sources do not come twice here. */
export function toHour(steps: readonly Step[]): ReturnType<typeof packHour> {
  const hour = steps[0]?.at ?? 0;
  const counts: SlotCount[] = [];
  for (const place of steps[0]?.counts.keys() ?? []) {
    const values = steps.map((step) => step.counts.get(place) ?? 0);
    for (let slot = 0; slot < SLOTS; slot++) add(counts, place, slot, (values[2 * slot] ?? 0) + (values[2 * slot + 1] ?? 0));
    add(
      counts,
      place,
      SLOTS,
      values.reduce((sum, value) => sum + value, 0),
    );
  }
  return packHour(hour, 0b111_1111, counts);
}

function add(counts: SlotCount[], place: number, slot: number, sources: number): void {
  if (sources >= 3) counts.push({ place, slot, sources });
}
