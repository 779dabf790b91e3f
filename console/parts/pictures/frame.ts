/** What every picture over time shares: its time axis, its value axis, and the hatched times when nobody watched. */
import { scaleLinear } from 'd3-scale';
import type { PictureWords, Shape } from './drawing.ts';

export interface Span {
  readonly from: number; // Unix ms
  readonly to: number;
}

export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (at: number) => number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const NARROW = 480;
const CLOCK_PX = 78;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TICKS = [5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY];

export function frameOf({ width, height }: Size, period: Span, leftRoom: number): Frame {
  const [left, right, top, bottom] = [width < NARROW ? Math.min(leftRoom, 64) : leftRoom, width - 12, 14, height - 40];
  const scale = scaleLinear([period.from, period.to], [left, right]);
  return { left, right, top, bottom, x: (at) => scale(at) };
}

/** Hours below the picture and, where a day begins, its date below them. */
export function timeAxis(frame: Frame, { from, to }: Span, words: PictureWords): Shape[] {
  const room = Math.max(1, Math.floor((frame.right - frame.left) / CLOCK_PX));
  const step = TICKS.find((one) => (to - from) / one <= room) ?? 7 * DAY;
  // Steps of the reader's own clock, so that a day begins at their midnight.
  const shift = words.offset(from);
  const shapes: Shape[] = [];
  let lastDay = '';
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) {
    const x = frame.x(at);
    const day = words.day(at);
    shapes.push({ kind: 'line', x1: x, y1: frame.top, x2: x, y2: frame.bottom, role: 'axis' });
    const isEdge = x > frame.right - 20;
    shapes.push({ kind: 'text', x, y: frame.bottom + 16, text: words.clock(at), anchor: isEdge ? 'end' : 'middle', role: 'label' });
    if (day !== lastDay && !isEdge) shapes.push({ kind: 'text', x, y: frame.bottom + 32, text: day, anchor: 'middle', role: 'label' });
    lastDay = day;
  }
  return shapes;
}

/** Hatched over its whole time, with a word where there is room for it. */
export function gapShapes(frame: Frame, gaps: readonly Span[], words: PictureWords): Shape[] {
  return gaps.flatMap((gap): Shape[] => {
    const [from, to] = [Math.max(frame.left, frame.x(gap.from)), Math.min(frame.right, frame.x(gap.to))];
    if (to - from < 1) return [];
    const area: Shape = {
      kind: 'rect',
      x: from,
      y: frame.top,
      width: to - from,
      height: frame.bottom - frame.top,
      role: 'gap',
      says: words.noData,
    };
    const middle = (frame.top + frame.bottom) / 2;
    const label: Shape = { kind: 'text', x: (from + to) / 2, y: middle, text: words.noData, anchor: 'middle', role: 'gap-label' };
    return to - from > 56 ? [area, label] : [area];
  });
}

export interface ValueAxis {
  readonly y: (value: number) => number;
  readonly shapes: readonly Shape[];
}

/** From zero to a round figure above the greatest value. */
export function valueAxis(frame: Frame, greatest: number, words: PictureWords): ValueAxis {
  const scale = scaleLinear([0, Math.max(1, greatest)], [frame.bottom, frame.top + 6]).nice(4);
  const shapes = scale.ticks(4).flatMap((tick): Shape[] => {
    const y = scale(tick);
    return [
      { kind: 'line', x1: frame.left, y1: y, x2: frame.right, y2: y, role: 'axis' },
      { kind: 'text', x: frame.left - 8, y: y + 4, text: words.count(tick), anchor: 'end', role: 'label' },
    ];
  });
  return { y: (value) => scale(value), shapes };
}
