/**
 * The addresses that somebody registered, for asking of every source that comes in.
 *
 * Whose an address was is decided later by attribution, which knows times and nesting;
 * this table only sorts out the many sources that are nobody's we serve. Ranges that
 * touch are one.
 */
import { compareAddresses, fromIpv4Number, isMappedIpv4, type Prefix, parsePrefix, toIpv4Number } from '../domain/address.ts';
import type { Constituent } from '../domain/constituent.ts';

/** First and last address, 16 bytes each. */
export type AddressRange = Pick<Prefix, 'start' | 'end'>;

export interface RangeTable {
  /** Sorted, none touching another. */
  readonly ranges: readonly AddressRange[];
  /** Whether the 16 bytes at this place lie in one of them. */
  has(sources: Uint8Array, at: number): boolean;
}

/** The prefixes a constituent has registered, whenever they are valid. */
export const rangesOf = (constituent: Constituent): string[] =>
  constituent.resources.filter(({ kind }) => kind === 'prefix').map(({ value }) => value);

/** Those valid at a moment. */
export const rangesAt = (constituent: Constituent, at: number): string[] =>
  constituent.resources
    .filter(({ kind, validFrom, validTo }) => kind === 'prefix' && (validFrom ?? -Infinity) <= at && at < (validTo ?? Infinity))
    .map(({ value }) => value);

export function toRangeTable(prefixes: readonly string[]): RangeTable {
  const ranges = unite(prefixes.flatMap((text) => parsePrefix(text) ?? []));
  const ipv4 = ranges.filter(({ start }) => isMappedIpv4(start));
  const starts = Uint32Array.from(ipv4, ({ start }) => toIpv4Number(start));
  const ends = Uint32Array.from(ipv4, ({ end }) => toIpv4Number(end));
  const ipv6 = ranges.filter(({ start }) => !isMappedIpv4(start));
  return {
    ranges,
    has(sources, at) {
      if (!isMappedAt(sources, at)) {
        if (ipv6.length === 0) return false;
        const address = sources.subarray(at, at + 16);
        return ipv6.some(({ start, end }) => compareAddresses(start, address) <= 0 && compareAddresses(address, end) <= 0);
      }
      const number = ipv4At(sources, at + 12);
      const place = lastNotAbove(starts, number);
      return place >= 0 && number <= (ends[place] ?? 0);
    },
  };
}

// Asked for every cell that comes in: nothing is allocated for IPv4.
function isMappedAt(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 10] !== 0xff || bytes[at + 11] !== 0xff) return false;
  for (let i = at; i < at + 10; i++) if (bytes[i] !== 0) return false;
  return true;
}

function ipv4At(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

function unite(prefixes: readonly Prefix[]): AddressRange[] {
  const united: AddressRange[] = [];
  for (const { start, end } of [...prefixes].sort((a, b) => compareAddresses(a.start, b.start))) {
    const last = united.at(-1);
    if (last && compareAddresses(start, next(last.end)) <= 0) {
      if (compareAddresses(end, last.end) > 0) united[united.length - 1] = { start: last.start, end };
    } else united.push({ start, end });
  }
  return united;
}

/** The address after it; after the last IPv4 address comes none that is IPv4. */
function next(address: Uint8Array): Uint8Array {
  if (isMappedIpv4(address)) return toIpv4Number(address) === 0xffffffff ? address : fromIpv4Number(toIpv4Number(address) + 1);
  const following = address.slice();
  for (let i = 15; i >= 0; i--) {
    following[i] = ((following[i] ?? 0) + 1) & 255;
    if (following[i] !== 0) break;
  }
  return following;
}

/** The place of the greatest value that is not above it; -1: all are. */
function lastNotAbove(sorted: Uint32Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
