import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arcPath, arcPoints, CURVE_POINTS } from './map-curves.ts';
import { MAP_HEIGHT, MAP_WIDTH, type Point } from './map-projection.ts';

const anywhere = fc.tuple(
  fc.double({ min: 20, max: MAP_WIDTH - 20, noNaN: true }),
  fc.double({ min: 30, max: MAP_HEIGHT - 10, noNaN: true }),
);
const at = (points: Float32Array, i: number): Point => [points[2 * i] ?? Number.NaN, points[2 * i + 1] ?? Number.NaN];

describe('arcs', () => {
  it('begin at the source, end at the tower and stay on the map', () => {
    fc.assert(
      fc.property(anywhere, anywhere, (from, to) => {
        const points = arcPoints(from, to);
        expect(points).toHaveLength(2 * CURVE_POINTS);
        expect(Math.hypot(at(points, 0)[0] - from[0], at(points, 0)[1] - from[1])).toBeLessThan(0.01);
        const last = at(points, CURVE_POINTS - 1);
        expect(Math.hypot(last[0] - to[0], last[1] - to[1])).toBeLessThan(0.01);
        expect(points.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      }),
    );
  });

  it('are walked at an even pace', () => {
    const points = arcPoints([100, 300], [460, 250]);
    const steps = Array.from({ length: CURVE_POINTS - 1 }, (_, i) => {
      const [a, b] = [at(points, i), at(points, i + 1)];
      return Math.hypot(b[0] - a[0], b[1] - a[1]);
    });
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.05);
  });

  it('bow upward', () => {
    const middle = at(arcPoints([100, 300], [460, 300]), CURVE_POINTS / 2);
    expect(middle[1]).toBeLessThan(280);
  });

  it('are the same as drawn faintly below', () => {
    expect(arcPath([100, 300], [500, 300])).toBe('M100 300Q300 220 500 300');
  });
});
