/** Pictures of findings: what is drawn lies where its time is, says what it counts, and is safe as text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FindingPicture } from '../../../src/server/explanation-contract.ts';
import { type PictureWords, type Shape, toSvg } from './drawing.ts';
import { drawFinding, heightOfPicture, tableOfFinding } from './finding-picture.ts';

const FROM = Date.UTC(2026, 5, 17, 15);
const WORDS: PictureWords = {
  noData: 'No data',
  time: 'Time',
  port: 'Port',
  otherPorts: 'other ports',
  packets: 'Packets',
  perMinute: 'Busiest minute',
  targets: 'Targets',
  marked: 'With the mark',
  attack: 'Attack',
  busiest: 'most',
  first: 'First',
  last: 'Last',
  offset: () => 0,
  clock: (at) => new Date(at).toISOString().slice(11, 16),
  day: (at) => new Date(at).toISOString().slice(5, 10),
  full: (at) => new Date(at).toISOString().slice(0, 16),
  count: String,
};

const pictureArbitrary = fc
  .record({
    kind: fc.constantFrom('activity', 'footprint', 'flood'),
    steps: fc.uniqueArray(fc.integer({ min: 0, max: 119 }), { maxLength: 60 }),
    packets: fc.integer({ min: 1, max: 100_000 }),
    ports: fc.integer({ min: 1, max: 12 }),
    more: fc.integer({ min: 0, max: 500 }),
    gap: fc.option(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 61, max: 120 }))),
    stepSeconds: fc.constantFrom(60, 600, 3600),
  })
  .map(({ kind, steps, packets, ports, more, gap, stepSeconds }): FindingPicture => {
    const at = (step: number): number => FROM + step * stepSeconds * 1000;
    return {
      kind,
      title: { ja: '図', en: 'Picture' },
      alt: { ja: '文', en: 'Sentence' },
      from: FROM,
      to: at(120),
      stepSeconds,
      isWhole: true,
      gaps: gap ? [{ from: at(gap[0]), to: at(gap[1]) }] : [],
      ports: Array.from({ length: ports }, (_, i) => ({ name: `${i + 20}/TCP`, packets })),
      distinctPorts: ports + more,
      cells: steps.flatMap((step) => [{ step, port: step % ports, packets }, ...(more > 0 ? [{ step, port: -1, packets: 1 }] : [])]),
      steps: steps.toSorted((a, b) => a - b).map((step) => ({ step, packets, busiestMinute: packets, marked: step % 2, targets: 3 })),
      intervals: kind === 'flood' ? [{ from: at(3), to: at(9), packets }] : [],
    };
  });

const numbersOf = (shape: Shape): number[] => Object.values(shape).filter((value) => typeof value === 'number');

describe('a picture', () => {
  it('draws nothing outside its frame and no figure that is none, at any width', () => {
    fc.assert(
      fc.property(pictureArbitrary, fc.integer({ min: 280, max: 1400 }), (picture, width) => {
        const drawing = drawFinding(picture, { width, height: heightOfPicture(picture) }, WORDS, 'Sentence');
        for (const shape of drawing.shapes) {
          for (const value of numbersOf(shape)) expect(Number.isFinite(value)).toBe(true);
          if (shape.kind !== 'rect') continue;
          expect(shape.width).toBeGreaterThan(0);
          expect(shape.height).toBeGreaterThanOrEqual(0);
          expect(shape.x).toBeGreaterThanOrEqual(0);
          expect(shape.x + shape.width).toBeLessThanOrEqual(width + 3);
          expect(shape.y + shape.height).toBeLessThanOrEqual(drawing.height);
        }
        expect(toSvg(drawing)).not.toMatch(/NaN|undefined|Infinity/);
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it('has the same figures in its table', () => {
    fc.assert(
      fc.property(pictureArbitrary, (picture) => {
        const { head, rows } = tableOfFinding(picture, WORDS);
        const expected =
          picture.kind === 'footprint' ? picture.ports.length + Number(picture.distinctPorts > picture.ports.length) : picture.steps.length;
        expect(rows).toHaveLength(expected);
        for (const row of rows) expect(row).toHaveLength(head.length);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('leaves the curve of a flood open where nobody watched', () => {
    const picture: FindingPicture = {
      kind: 'flood',
      title: { ja: '図', en: 'Picture' },
      alt: { ja: '文', en: 'Sentence' },
      from: FROM,
      to: FROM + 10 * 60_000,
      stepSeconds: 60,
      isWhole: true,
      gaps: [{ from: FROM + 3 * 60_000, to: FROM + 6 * 60_000 }],
      ports: [],
      distinctPorts: 0,
      cells: [],
      steps: [{ step: 1, packets: 9, busiestMinute: 9, marked: 0, targets: 9 }],
      intervals: [],
    };
    const drawing = drawFinding(picture, { width: 800, height: 270 }, WORDS, '');
    const curve = drawing.shapes.find((shape) => shape.kind === 'path');
    expect(curve?.kind === 'path' ? curve.d.match(/M/g) : null).toHaveLength(2);
    expect(drawing.shapes.some((shape) => shape.role === 'gap')).toBe(true);
  });

  it('cannot be broken out of by a name', () => {
    const shapes: Shape[] = [{ kind: 'text', x: 1, y: 1, text: '<script>"&', anchor: 'start', role: 'label' }];
    expect(toSvg({ width: 10, height: 10, alt: '</title><script>', shapes })).not.toContain('<script');
  });
});
