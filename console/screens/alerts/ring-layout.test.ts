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
    const spots = laySpots(arcs, [{ host: '192.0.2.0' }, { host: '192.0.2.128' }, { host: '198.51.100.1' }], 0.01, 1);
    expect(spots.map(({ turn }) => Number(turn.toFixed(3)))).toEqual([0, 0.5]);
    const six = laySpots(layArcs(['2001:db8::/48']), [{ host: '2001:db8:0:8000::' }], 0.01, 1);
    expect(six[0]?.turn).toBeCloseTo(0.5, 3);
  });

  it('moves crowds apart around their middle, and the rest to the next circle', () => {
    const arcs = layArcs(['192.0.2.0/24']);
    const hosts = Array.from({ length: 30 }, (_, i) => ({ host: `192.0.2.${i}` }));
    const spots = laySpots(arcs, hosts, 0.05, 2);
    expect(spots).toHaveLength(30);
    for (const level of [0, 1]) {
      const places = spots.filter((spot) => spot.level === level).map(({ shownAt }) => shownAt);
      for (const [i, place] of places.entries()) if (i > 0) expect(place - (places[i - 1] ?? 0)).toBeGreaterThanOrEqual(0.05 - 1e-9);
      expect((places.at(-1) ?? 0) - (places[0] ?? 0)).toBeLessThanOrEqual(0.95 + 1e-9);
    }
    expect(laySpots(arcs, hosts, 0.05, 1)).toHaveLength(20);
    expect(laySpots(arcs, [{ host: '192.0.2.10' }, { host: '192.0.2.200' }], 0.05, 1).every(({ turn, shownAt }) => turn === shownAt)).toBe(
      true,
    );
  });
});
