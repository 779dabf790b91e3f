/** Where country names stand on the map: beside their dot, never over one another, and left out before they cover anything. */
import { MAP_WIDTH, type Point } from './map-projection.ts';

const WIDE = /[\u3000-\u9fff\uff00-\uffef]/;
const GAP = 7;

export interface PlacedLabel {
  readonly key: string;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** `size` is the letters' height in map units. Names come in order of importance: a later one gives way. */
export function placeLabels(
  names: readonly { readonly key: string; readonly text: string; readonly at: Point }[],
  tower: Point,
  size: number,
): PlacedLabel[] {
  const taken: Box[] = [{ left: tower[0] - 20, right: tower[0] + 20, top: tower[1] - 20, bottom: tower[1] + 20 }];
  const placed: PlacedLabel[] = [];
  for (const { key, text, at } of names) {
    const spot = spotsOf(at, widthOf(text, size), size).find(({ box }) => isFree(box, taken));
    if (!spot) continue;
    taken.push(spot.box);
    placed.push({ key, text, x: spot.x, y: spot.y, anchor: spot.anchor });
  }
  return placed;
}

const widthOf = (text: string, size: number): number =>
  Array.from(text).reduce((sum, letter) => sum + (WIDE.test(letter) ? size : size * 0.56), 0);

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'end';
  readonly box: Box;
}

/** Right, left, then a line lower and a line higher. */
function spotsOf([x, y]: Point, width: number, size: number): Spot[] {
  return [0, size, -size].flatMap((shift) =>
    (['start', 'end'] as const).map((anchor): Spot => {
      const from = anchor === 'start' ? x + GAP : x - GAP;
      const left = anchor === 'start' ? from : from - width;
      const baseline = y + size * 0.35 + shift;
      return { x: from, y: baseline, anchor, box: { left, right: left + width, top: baseline - size, bottom: baseline + size * 0.3 } };
    }),
  );
}

const isFree = (box: Box, taken: readonly Box[]): boolean =>
  box.left >= 0 &&
  box.right <= MAP_WIDTH &&
  taken.every((other) => box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom);
