import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatScore, ratio, type ScoredFinding, score } from './score.ts';
import { type Planted, parseTruth } from './truth.ts';

const planted = (over: Partial<Planted>): Planted => ({
  kind: 'infected-host',
  identifier: 'mirai',
  asset: '192.0.2.1',
  port: null,
  source: 'telescope',
  constituentId: 'a',
  firstSeenAt: 1,
  lastSeenAt: 2,
  packets: 5,
  records: 0,
  isDetectable: true,
  lineIds: [],
  alsoTrue: [],
  ...over,
});
const found = (value: string, over: Partial<ScoredFinding> = {}): ScoredFinding => ({
  kind: 'infected-host',
  asset: { value },
  constituentId: 'a',
  ...over,
});
const scoreOf = (all: readonly Planted[], findings: readonly ScoredFinding[]) =>
  score({ seed: 1, scale: 'small', planted: [...all] }, findings).kinds;

describe('score', () => {
  it('counts hits, misses and false alarms by kind and asset', () => {
    const [kind] = scoreOf(
      [
        planted({ asset: '192.0.2.1' }),
        planted({ asset: '192.0.2.2' }),
        planted({ asset: '192.0.2.3', isDetectable: false }),
        planted({ asset: '192.0.2.4', isDetectable: false }),
      ],
      [found('192.0.2.1'), found('192.0.2.3'), found('198.51.100.9')],
    );
    expect(kind).toMatchObject({ planted: 4, detectable: 2, found: 3, truePositive: 2, falsePositive: 1, missed: 1 });
    expect(kind?.precision).toMatchObject({ hits: 2, of: 3 });
    expect(kind?.recall).toMatchObject({ hits: 1, of: 2, value: 0.5 });
    expect(kind?.recallAll).toMatchObject({ hits: 2, of: 4, value: 0.5 });
  });

  it('counts several findings about one asset once', () => {
    const [kind] = scoreOf([planted({})], [found('192.0.2.1'), found('192.0.2.1')]);
    expect(kind).toMatchObject({ found: 1, truePositive: 1, falsePositive: 0 });
  });

  it('lets a true judgement of another kind count neither way', () => {
    const kinds = scoreOf([planted({ alsoTrue: ['scanner'] })], [found('192.0.2.1', { kind: 'scanner' }), found('192.0.2.1')]);
    expect(kinds.find((one) => one.kind === 'scanner')).toMatchObject({
      found: 1,
      falsePositive: 0,
      alsoTrue: 1,
      precision: { value: null },
    });
  });

  it('calls an attribution right only when every finding on the asset names the right holder', () => {
    const all = [planted({ asset: '192.0.2.1' }), planted({ asset: '192.0.2.2', constituentId: null })];
    expect(scoreOf(all, [found('192.0.2.1'), found('192.0.2.2', { constituentId: null })])[0]?.attributionCorrect.value).toBe(1);
    expect(scoreOf(all, [found('192.0.2.1', { constituentId: 'b' }), found('192.0.2.2')])[0]?.attributionCorrect.value).toBe(0);
  });

  it('merges what telescope and feed say about one asset', () => {
    const [kind] = scoreOf([planted({ isDetectable: false }), planted({ source: 'feed', identifier: 'andromeda' })], []);
    expect(kind).toMatchObject({ planted: 1, detectable: 1, missed: 1 });
  });

  it('is empty for nothing', () => {
    expect(scoreOf([], [])).toEqual([]);
  });

  it('keeps its sums for whatever was planted and found', () => {
    const asset = fc.integer({ min: 0, max: 20 }).map((n) => `192.0.2.${n}`);
    const plantedSome = fc.array(fc.record({ asset, isDetectable: fc.boolean() }).map(planted));
    fc.assert(
      fc.property(plantedSome, fc.array(asset.map((value) => found(value))), (all, findings) => {
        for (const one of scoreOf(all, findings)) {
          expect(one.truePositive + one.falsePositive + one.alsoTrue).toBe(one.found);
          expect(one.recall.hits + one.missed).toBe(one.detectable);
          expect(one.detectable).toBeLessThanOrEqual(one.planted);
        }
      }),
    );
  });
});

describe('ratio', () => {
  it('carries the interval of Wilson', () => {
    expect(ratio(8, 10).low).toBeCloseTo(0.4902, 4);
    expect(ratio(8, 10).high).toBeCloseTo(0.9433, 4);
    expect(ratio(10, 10).low).toBeCloseTo(0.7225, 4);
    expect(ratio(0, 0)).toEqual({ hits: 0, of: 0, value: null, low: null, high: null });
  });
});

describe('formatScore', () => {
  it('draws one line per kind', () => {
    const table = formatScore(score({ seed: 1, scale: 'small', planted: [planted({})] }, [found('192.0.2.1')]));
    expect(table.split('\n')).toHaveLength(2);
    expect(table).toContain('infected-host');
    expect(table).toContain('1.000 [0.207, 1.000]');
  });
});

describe('parseTruth', () => {
  it('refuses what is not a truth, saying what is wrong', () => {
    expect(() => parseTruth('{', 'truth.json')).toThrow('not JSON');
    expect(() => parseTruth('{"seed": 1}', 'truth.json')).toThrow('scale');
  });
});
