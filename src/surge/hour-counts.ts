/**
 * Four weeks of counts per port, small enough to keep in memory.
 *
 * A count is kept as its logarithm in two bytes (to 0.02 %): what is usual is judged in
 * logarithms anyway, and the busiest port of a national sensor has more sources than two
 * plain bytes can say.
 */
import { HOUR_SLOT, type HourCounts, SLOTS, VALUES } from '../domain/surge.ts';

const STEPS = 4096; // per unit of the natural logarithm; 65535 is 8.9 million sources

export const toValue = (sources: number): number => Math.min(65_535, Math.round(Math.log1p(sources) * STEPS));
export const toLog = (value: number): number => value / STEPS;

/** Sources of one place in the slots that have any; slot 6 is the whole hour. */
export interface SlotCount {
  readonly place: number;
  readonly slot: number;
  readonly sources: number;
}

export function packHour(hour: number, watched: number, counts: readonly SlotCount[]): HourCounts {
  const places = Uint32Array.from(new Set(counts.map(({ place }) => place))).sort();
  const positions = new Map(Array.from(places, (place, i) => [place, i]));
  const values = new Uint16Array(places.length * VALUES);
  for (const { place, slot, sources } of counts) values[(positions.get(place) ?? 0) * VALUES + slot] = toValue(sources);
  return { hour, watched, places, values };
}

/** Index of a place, or −1. */
export function findPlace({ places }: HourCounts, place: number): number {
  let low = 0;
  let high = places.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const value = places[middle] ?? 0;
    if (value === place) return middle;
    if (value < place) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

export const isWatched = (hour: HourCounts, slot: number): boolean => ((hour.watched >>> slot) & 1) === 1;

/** Little-endian: how many places, the places, their values. */
export function toBytes({ places, values }: HourCounts): Uint8Array {
  const bytes = new Uint8Array(4 + places.length * (4 + 2 * VALUES));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, places.length, true);
  places.forEach((place, i) => view.setUint32(4 + 4 * i, place, true));
  const start = 4 + 4 * places.length;
  values.forEach((value, i) => view.setUint16(start + 2 * i, value, true));
  return bytes;
}

export function fromBytes(hour: number, watched: number, bytes: Uint8Array): HourCounts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  const places = Uint32Array.from({ length: count }, (_, i) => view.getUint32(4 + 4 * i, true));
  const start = 4 + 4 * count;
  const values = Uint16Array.from({ length: count * VALUES }, (_, i) => view.getUint16(start + 2 * i, true));
  return { hour, watched, places, values };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Which slots lie wholly in the time that is known and outside the gaps. */
export function watchedMask(hour: number, knownFrom: number, knownTo: number, gaps: readonly { from: number; to: number }[]): number {
  const isClear = (from: number, to: number): boolean =>
    from >= knownFrom && to <= knownTo && gaps.every((gap) => gap.to <= from || gap.from >= to);
  let mask = isClear(hour, hour + HOUR) ? 1 << HOUR_SLOT : 0;
  for (let slot = 0; slot < SLOTS; slot++) if (isClear(hour + slot * 10 * MINUTE, hour + (slot + 1) * 10 * MINUTE)) mask |= 1 << slot;
  return mask;
}
