/**
 * Where ranges and addresses lie on the ring of an organisation.
 *
 * A range's arc grows with the logarithm of its size: a /48 beside a /24 would otherwise
 * be the whole ring. Inside its arc every address has its place by its number.
 */

interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

export interface Arc {
  readonly range: string;
  /** Of the whole turn, 0 to 1, clockwise from the top. */
  readonly from: number;
  readonly to: number;
}

export interface Spot<Item> {
  readonly item: Item;
  readonly turn: number;
  /** 0 on the ring; higher ones stand further out because the place is taken. */
  readonly level: number;
}

const GAP = 0.008;

export function layArcs(ranges: readonly string[]): Arc[] {
  const known = ranges.flatMap((range) => {
    const span = spanOf(range);
    return span ? [{ range, weight: 1 + (span.last - span.first).toString(2).length }] : [];
  });
  const total = known.reduce((sum, { weight }) => sum + weight, 0);
  const room = 1 - (known.length > 1 ? known.length * GAP : 0);
  let at = 0;
  return known.map(({ range, weight }) => {
    const from = at;
    const to = from + (weight / total) * room;
    at = to + GAP;
    return { range, from, to };
  });
}

/** Addresses outside every arc (of a range given up since) are left out. */
export function laySpots<Item extends { readonly host: string }>(
  arcs: readonly Arc[],
  items: readonly Item[],
  nearest: number,
): Spot<Item>[] {
  const placed: Spot<Item>[] = [];
  for (const item of items) {
    const turn = turnOf(arcs, item.host);
    if (turn === undefined) continue;
    const taken = new Set(placed.filter((one) => distance(one.turn, turn) < nearest).map(({ level }) => level));
    let level = 0;
    while (taken.has(level)) level++;
    placed.push({ item, turn, level });
  }
  return placed;
}

const distance = (a: number, b: number): number => Math.min(Math.abs(a - b), 1 - Math.abs(a - b));

function turnOf(arcs: readonly Arc[], host: string): number | undefined {
  const address = numberOf(host);
  if (address === undefined) return undefined;
  for (const { range, from, to } of arcs) {
    const span = spanOf(range);
    if (!span || address < span.first || address > span.last) continue;
    const share = Number(((address - span.first) * 10_000n) / (span.last - span.first + 1n)) / 10_000;
    return from + (to - from) * share;
  }
  return undefined;
}

function spanOf(range: string): Span | undefined {
  const [text = '', length = ''] = range.split('/');
  const bits = text.includes(':') ? 128 : 32;
  const address = numberOf(text);
  if (address === undefined || !/^\d{1,3}$/.test(length) || Number(length) > bits) return undefined;
  const size = 1n << BigInt(bits - Number(length));
  const base = text.includes(':') ? address : address - MAPPED;
  const first = (base / size) * size + (text.includes(':') ? 0n : MAPPED);
  return { first, last: first + size - 1n };
}

/** IPv4 addresses keep apart from IPv6 ones by standing where ::ffff:0:0 does. */
const MAPPED = 0xffffn << 32n;

const groups = (side: string): string[] => (side === '' ? [] : side.split(':'));

function numberOf(text: string): bigint | undefined {
  if (!text.includes(':')) {
    const parts = text.split('.').map(Number);
    if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return undefined;
    return MAPPED + parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  }
  const [head = '', tail] = text.split('::');
  const [left, right] = [groups(head), groups(tail ?? '')];
  const missing = 8 - left.length - right.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) return undefined;
  const all = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => sum * 65_536n + BigInt(Number.parseInt(group, 16)), 0n);
}
