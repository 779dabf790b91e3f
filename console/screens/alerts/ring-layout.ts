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
  /** Where its address lies. */
  readonly turn: number;
  /** Where its mark stands: moved aside when neighbours need the place. May pass 1. */
  readonly shownAt: number;
  /** 0 is the circle of marks next to the ring. */
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

/**
 * Marks beside the ring, the first items nearest to it, none closer to another than
 * `nearest` (a share of a turn). Addresses outside every arc (of a range given up since)
 * are left out, and so is what has no place on the given number of circles.
 */
export function laySpots<Item extends { readonly host: string }>(
  arcs: readonly Arc[],
  items: readonly Item[],
  nearest: number,
  levels: number,
): Spot<Item>[] {
  const known = items.flatMap((item) => {
    const turn = turnOf(arcs, item.host);
    return turn === undefined ? [] : [{ item, turn }];
  });
  const room = Math.max(1, Math.floor(1 / nearest));
  return Array.from({ length: levels }, (_, level) => {
    const own = fromWidestGap(known.slice(level * room, (level + 1) * room));
    const places = spread(
      own.map(({ turn }) => turn),
      nearest,
    );
    return own.map(({ item, turn }, i) => ({ item, turn, shownAt: places[i] ?? turn, level }));
  }).flat();
}

/** In order around the ring, beginning after the widest empty stretch; turns grow past 1 rather than fall. */
function fromWidestGap<Item>(spots: readonly { readonly item: Item; readonly turn: number }[]): { item: Item; turn: number }[] {
  const sorted = [...spots].sort((a, b) => a.turn - b.turn);
  const gapBefore = (i: number): number => (sorted[i]?.turn ?? 0) - (i === 0 ? (sorted.at(-1)?.turn ?? 0) - 1 : (sorted[i - 1]?.turn ?? 0));
  const start = sorted.reduce((best, _, i) => (gapBefore(i) > gapBefore(best) ? i : best), 0);
  return [...sorted.slice(start), ...sorted.slice(0, start).map((spot) => ({ ...spot, turn: spot.turn + 1 }))];
}

/** The nearest places to these ascending ones that keep a distance: crowds are spread around their middle. */
function spread(turns: readonly number[], distance: number): number[] {
  const crowds: { sum: number; count: number }[] = [];
  turns.forEach((turn, i) => {
    let crowd = { sum: turn - i * distance, count: 1 };
    for (let before = crowds.at(-1); before && before.sum / before.count >= crowd.sum / crowd.count; before = crowds.at(-1)) {
      crowds.pop();
      crowd = { sum: crowd.sum + before.sum, count: crowd.count + before.count };
    }
    crowds.push(crowd);
  });
  return crowds.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count)).map((place, i) => place + i * distance);
}

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
