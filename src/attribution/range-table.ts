/**
 * Sorted disjoint address ranges, each with one number, and the fastest way to ask them.
 *
 * Tables that map addresses to networks have half a million rows and are asked for every
 * telescope cell, so they are typed arrays: no objects, no parsing of prefixes, and they
 * can be written to disk and read back as they are. A range ends where the next starts;
 * gaps are ranges with the value 0. IPv4 has an index by the first 16 bits, which leaves
 * a few steps of binary search; IPv6 compares 64 bits at a time in halves of 32.
 */
import { type Address, isMappedIpv4, type Prefix, parseAddress, parseIpv4Number, toIpv4Number } from '../domain/address.ts';

export interface Ipv4Ranges {
  readonly starts: Uint32Array; // ascending, the first is 0
  readonly values: Uint32Array;
  /** For each first 16 bits h, the first range that starts after h.0.0. 65,537 entries. */
  readonly index: Uint32Array;
}

export interface Ipv6Ranges {
  readonly starts: Uint32Array; // four words per range, ascending, the first is ::
  readonly values: Uint32Array;
}

export interface Ranges {
  readonly ipv4: Ipv4Ranges;
  readonly ipv6: Ipv6Ranges;
}

export function toIpv4Ranges(starts: Uint32Array, values: Uint32Array): Ipv4Ranges {
  const index = new Uint32Array(65_537);
  let position = 0;
  for (let head = 0; head < 65_536; head++) {
    const first = head * 65_536;
    while (position < starts.length && (starts[position] ?? 0) <= first) position++;
    index[head] = position;
  }
  index[65_536] = starts.length;
  return { starts, values, index };
}

/** The value of the range that holds the address; 0 when none does. */
export function findIpv4(ranges: Ipv4Ranges, address: number): number {
  const { starts, index } = ranges;
  const head = address >>> 16;
  let low = index[head] ?? 0;
  let high = index[head + 1] ?? 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return ranges.values[low - 1] ?? 0;
}

/** As findIpv4; the 16 bytes begin at `offset`. */
export function findIpv6(ranges: Ipv6Ranges, bytes: Uint8Array, offset = 0): number {
  const { starts, values } = ranges;
  const w0 = readWord(bytes, offset);
  const w1 = readWord(bytes, offset + 4);
  const w2 = readWord(bytes, offset + 8);
  const w3 = readWord(bytes, offset + 12);
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = middle * 4;
    const isAtOrBefore =
      compare64(starts[at] ?? 0, starts[at + 1] ?? 0, w0, w1) || compare64(starts[at + 2] ?? 0, starts[at + 3] ?? 0, w2, w3);
    if (isAtOrBefore <= 0) low = middle + 1;
    else high = middle;
  }
  return values[low - 1] ?? 0;
}

/** An address as it is looked up: IPv4 as its number, which spares an object per question; IPv6 as its bytes. */
export type Point = number | Address;

export function toPoint(address: Address): Point {
  return isMappedIpv4(address) ? toIpv4Number(address) : address;
}

/** Address text as a point; undefined when it is not an address. */
export function parsePoint(text: string): Point | undefined {
  const ipv4 = parseIpv4Number(text);
  if (ipv4 !== undefined) return ipv4;
  const address = parseAddress(text);
  return address && toPoint(address);
}

export function findPoint(ranges: Ranges, point: Point): number {
  return typeof point === 'number' ? findIpv4(ranges.ipv4, point) : findIpv6(ranges.ipv6, point);
}

function compare64(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  return aHigh === bHigh ? aLow - bLow : aHigh - bHigh;
}

function readWord(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

const AFTER_LAST_IPV4 = 2 ** 32;

/** Collects IPv4 ranges in ascending order. Where rows overlap the earlier one keeps its addresses. */
export class Ipv4RangeBuilder {
  readonly #starts: number[] = [];
  readonly #values: number[] = [];
  #next = 0; // the first address not yet spoken for

  add(start: number, end: number, value: number): void {
    const from = Math.max(start, this.#next);
    if (from > end) return;
    if (from > this.#next) this.#push(this.#next, 0);
    this.#push(from, value);
    this.#next = end + 1;
  }

  finish(): Ipv4Ranges {
    if (this.#next < AFTER_LAST_IPV4) this.#push(this.#next, 0);
    return toIpv4Ranges(Uint32Array.from(this.#starts), Uint32Array.from(this.#values));
  }

  #push(start: number, value: number): void {
    if (this.#values.at(-1) === value) return;
    this.#starts.push(start);
    this.#values.push(value);
  }
}

const AFTER_LAST_IPV6 = 1n << 128n;

/** As Ipv4RangeBuilder, on 128-bit numbers: building is rare, asking is not. */
export class Ipv6RangeBuilder {
  readonly #words: number[] = [];
  readonly #values: number[] = [];
  #next = 0n;

  add(start: bigint, end: bigint, value: number): void {
    const from = start > this.#next ? start : this.#next;
    if (from > end) return;
    if (from > this.#next) this.#push(this.#next, 0);
    this.#push(from, value);
    this.#next = end + 1n;
  }

  finish(): Ipv6Ranges {
    if (this.#next < AFTER_LAST_IPV6) this.#push(this.#next, 0);
    return { starts: Uint32Array.from(this.#words), values: Uint32Array.from(this.#values) };
  }

  #push(start: bigint, value: number): void {
    if (this.#values.at(-1) === value) return;
    for (const shift of [96n, 64n, 32n, 0n]) this.#words.push(Number((start >> shift) & 0xffff_ffffn));
    this.#values.push(value);
  }
}

export function toBigInt(address: Address): bigint {
  let value = 0n;
  for (let at = 0; at < 16; at += 4) value = (value << 32n) | BigInt(readWord(address, at));
  return value;
}

/** Prefixes made disjoint: a range's value is 1 + the number of the innermost prefix around it. */
export interface NestedRanges {
  readonly ranges: Ranges;
  /** For each prefix the number of the next larger one around it, -1 for none. */
  readonly parents: Int32Array;
}

/** Prefixes nest or are apart, never overlap in part; so a stack of open prefixes is enough. Prefixes must be distinct. */
export function flattenPrefixes(prefixes: readonly Prefix[]): NestedRanges {
  const ordered = prefixes
    .map((prefix, number) => ({ number, start: toBigInt(prefix.start), end: toBigInt(prefix.end), isIpv4: isIpv4Prefix(prefix) }))
    .sort((a, b) => (a.start < b.start || (a.start === b.start && a.end > b.end) ? -1 : 1));
  const parents = new Int32Array(prefixes.length).fill(-1);
  const ipv4 = new Ipv4RangeBuilder();
  const ipv6 = new Ipv6RangeBuilder();
  sweep(
    ordered.filter((prefix) => prefix.isIpv4),
    parents,
    (start, end, value) => ipv4.add(toIpv4(start), toIpv4(end), value),
  );
  sweep(
    ordered.filter((prefix) => !prefix.isIpv4),
    parents,
    (start, end, value) => ipv6.add(start, end, value),
  );
  return { ranges: { ipv4: ipv4.finish(), ipv6: ipv6.finish() }, parents };
}

function isIpv4Prefix(prefix: Prefix): boolean {
  return prefix.length >= 96 && isMappedIpv4(prefix.start);
}

function toIpv4(address: bigint): number {
  return Number(address & 0xffff_ffffn);
}

interface OpenPrefix {
  readonly number: number;
  readonly start: bigint;
  readonly end: bigint;
}

function sweep(ordered: readonly OpenPrefix[], parents: Int32Array, emit: (start: bigint, end: bigint, value: number) => void): void {
  const open: OpenPrefix[] = [];
  let at = 0n;
  const emitTo = (end: bigint, value: number): void => {
    if (end >= at) emit(at, end, value);
    if (end + 1n > at) at = end + 1n;
  };
  const closeBefore = (start: bigint): void => {
    for (let top = open.at(-1); top && top.end < start; top = open.at(-1)) {
      emitTo(top.end, top.number + 1);
      open.pop();
    }
  };
  for (const prefix of ordered) {
    closeBefore(prefix.start);
    const parent = open.at(-1);
    if (parent) {
      parents[prefix.number] = parent.number;
      emitTo(prefix.start - 1n, parent.number + 1);
    }
    at = prefix.start;
    open.push(prefix);
  }
  closeBefore(AFTER_LAST_IPV6);
}
