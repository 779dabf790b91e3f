import { describe, expect, it } from 'vitest';
import { MAP_HEIGHT, MAP_WIDTH } from '../parts/map-projection.ts';
import { makeWorldMap } from './world-map.ts';

describe('the map of the world', () => {
  const map = makeWorldMap();

  it('is one path for the land and one for the borders, on the map', () => {
    expect(map.land.startsWith('M')).toBe(true);
    expect(map.land.length).toBeLessThan(80_000);
    expect(map.borders.length).toBeGreaterThan(10_000);
    const numbers = (map.land.match(/-?[\d.]+/g) ?? []).map(Number);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(MAP_WIDTH);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  });

  it('knows where countries are, small ones too, by their two letters', () => {
    expect(Object.keys(map.places).length).toBeGreaterThan(220);
    for (const code of ['JP', 'US', 'CN', 'SG', 'HK', 'TW', 'MT', 'NL']) expect(map.places[code], code).toBeDefined();
    for (const [code, [x, y]] of Object.entries(map.places)) {
      expect(x >= 0 && x <= MAP_WIDTH && y >= 0, code).toBe(true);
      expect(y <= MAP_HEIGHT, code).toBe(true);
    }
  });

  it('has the archipelago in the middle, Europe on the left, America on the right', () => {
    const x = (code: string): number => map.places[code]?.[0] ?? Number.NaN;
    expect(Math.abs(x('JP') - MAP_WIDTH / 2)).toBeLessThan(60);
    expect(x('FR')).toBeLessThan(200); // its largest part, not the mean of all of them
    expect(x('US')).toBeGreaterThan(700);
  });
});
