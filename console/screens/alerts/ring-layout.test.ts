/** Ranges share the ring, addresses stand inside their range, and marks do not cover each other. */
import { describe, expect, it } from 'vitest';
import { layArcs, laySpots } from './ring-layout.ts';

describe('the ring', () => {
  it('gives every range a part, larger ones more, and no two the same', () => {
    const arcs = layArcs(['192.0.2.0/24', '203.0.113.0/28', '2001:db8::/48']);
    expect(arcs.map(({ range }) => range)).toEqual(['192.0.2.0/24', '203.0.113.0/28', '2001:db8::/48']);
    for (const [i, arc] of arcs.entries()) {
      expect(arc.to).toBeGreaterThan(arc.from);
      expect(arc.to).toBeLessThanOrEqual(1);
      expect(arc.from).toBeGreaterThanOrEqual(i === 0 ? 0 : (arcs[i - 1]?.to ?? 1));
    }
    const [middle, small, large] = arcs.map(({ from, to }) => to - from);
    expect(small).toBeLessThan(middle ?? 0);
    expect(middle).toBeLessThan(large ?? 0);
  });

  it('places addresses by their number, and what is outside nowhere', () => {
    const arcs = layArcs(['192.0.2.0/24']);
    const spots = laySpots(arcs, [{ host: '192.0.2.0' }, { host: '192.0.2.128' }, { host: '198.51.100.1' }], 0.01);
    expect(spots.map(({ turn }) => Number(turn.toFixed(3)))).toEqual([0, 0.5]);
    const six = laySpots(layArcs(['2001:db8::/48']), [{ host: '2001:db8:0:8000::' }], 0.01);
    expect(six[0]?.turn).toBeCloseTo(0.5, 3);
  });

  it('moves neighbours outwards', () => {
    const arcs = layArcs(['192.0.2.0/24']);
    const spots = laySpots(arcs, [{ host: '192.0.2.1' }, { host: '192.0.2.2' }, { host: '192.0.2.200' }], 0.05);
    expect(spots.map(({ level }) => level)).toEqual([0, 1, 0]);
  });
});
