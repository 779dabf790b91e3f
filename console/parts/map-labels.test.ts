import { describe, expect, it } from 'vitest';
import { placeLabels } from './map-labels.ts';

const tower = [460, 250] as const;

describe('names on the map', () => {
  it('stand to the right of their dot, or to the left at the edge', () => {
    const [india, chile] = placeLabels(
      [
        { key: 'IN', text: 'India', at: [300, 300] },
        { key: 'XX', text: 'A long name', at: [990, 300] },
      ],
      tower,
      12,
    );
    expect(india).toMatchObject({ key: 'IN', x: 307, anchor: 'start' });
    expect(chile).toMatchObject({ key: 'XX', anchor: 'end' });
  });

  it('never cover one another or the tower: the less important one moves or goes', () => {
    const crowd = Array.from({ length: 12 }, (_, i) => ({ key: String(i), text: '国の名前', at: [300, 300 + i / 10] as const }));
    const placed = placeLabels(crowd, tower, 12);
    expect(placed[0]?.key).toBe('0');
    expect(placed.length).toBeLessThan(8);
    expect(new Set(placed.map(({ y, anchor }) => `${Math.round(y / 6)} ${anchor}`)).size).toBe(placed.length);
    expect(placeLabels([{ key: 'JP', text: 'Japan', at: tower }], tower, 12)).toEqual([]);
  });
});
