/**
 * The ways arrivals take over the map: arcs that bow upward from a country to the tower.
 *
 * Each is computed once into evenly spaced points; a moving mark is then two reads and an
 * interpolation per frame.
 */
import type { Point } from './map-projection.ts';

const BOW = 0.2;
const TOP = 5;
export const CURVE_POINTS = 48;

/** Control point of the arc: above the middle, and never off the map. */
function controlOf([fromX, fromY]: Point, [toX, toY]: Point): Point {
  const distance = Math.hypot(toX - fromX, toY - fromY);
  const highest = TOP - Math.sqrt(Math.max(0, fromY - TOP) * Math.max(0, toY - TOP)); // where the arc's own top touches TOP
  return [(fromX + toX) / 2, Math.max(highest, (fromY + toY) / 2 - Math.max(distance * BOW, Math.min(24, distance + 12)))];
}

/** The arc as an SVG path. */
export function arcPath(from: Point, to: Point): string {
  const [x, y] = controlOf(from, to);
  return `M${round(from[0])} ${round(from[1])}Q${round(x)} ${round(y)} ${round(to[0])} ${round(to[1])}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** x and y of evenly spaced points from begin to end, one after the other. */
export function arcPoints(from: Point, to: Point): Float32Array {
  const [controlX, controlY] = controlOf(from, to);
  const fine = 4 * CURVE_POINTS;
  const walked = new Float64Array(fine + 1);
  const at = (t: number): Point => [
    (1 - t) ** 2 * from[0] + 2 * t * (1 - t) * controlX + t ** 2 * to[0],
    (1 - t) ** 2 * from[1] + 2 * t * (1 - t) * controlY + t ** 2 * to[1],
  ];
  let last = at(0);
  for (let i = 1; i <= fine; i++) {
    const next = at(i / fine);
    walked[i] = (walked[i - 1] ?? 0) + Math.hypot(next[0] - last[0], next[1] - last[1]);
    last = next;
  }
  const length = walked[fine] ?? 0;
  const points = new Float32Array(2 * CURVE_POINTS);
  for (let i = 0, place = 0; i < CURVE_POINTS; i++) {
    const wanted = (length * i) / (CURVE_POINTS - 1);
    while (place < fine - 1 && (walked[place + 1] ?? 0) < wanted) place++;
    const before = walked[place] ?? 0;
    const step = (walked[place + 1] ?? before) - before;
    const [x, y] = at((place + (step > 0 ? (wanted - before) / step : 0)) / fine);
    points[2 * i] = x;
    points[2 * i + 1] = y;
  }
  return points;
}
