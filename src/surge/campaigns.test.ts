/** Who asks for the same ports belongs together, also among a hundred thousand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/volume.ts';
import { type Campaign, placeOf } from '../domain/surge.ts';
import type { PortSet } from '../engine/surge-ports.ts';
import { CAMPAIGN_SETTINGS, clusterPortSets, continueCampaigns } from './campaigns.ts';
import { bandKeys, jaccard } from './min-hash.ts';
import { randomFrom } from './noise.test-support.ts';

const DAY = 86_400_000;
const tcp = (...ports: number[]): number[] => ports.map((port) => placeOf(6, port));
const set = (ports: readonly number[], sources: number, networks = sources, asns = 3): PortSet => ({
  ports,
  sources,
  firstSeenAt: 1000,
  networks,
  countries: [['JP', sources]],
  asns: Array.from({ length: asns }, (_, i) => [String(64_496 + i), Math.ceil(sources / asns)] as const),
});

describe('clusters', () => {
  it('put like port sets together and leave unlike ones apart', () => {
    const found = clusterPortSets(
      [
        set(tcp(80, 81, 8080, 8443), 50),
        set(tcp(80, 81, 8080), 30),
        set(tcp(23, 2323), 90),
        set(tcp(23), 10),
        set(tcp(22), 4),
        set(tcp(5555), 40, 1, 1),
      ],
      CAMPAIGN_SETTINGS,
    );
    expect(found.map(({ ports, size }) => [ports, size])).toEqual([
      [tcp(23, 2323), 90],
      [tcp(80, 81, 8080, 8443), 80],
      [tcp(23), 10],
    ]);
    expect(found[1]?.evidence.countries).toEqual([['JP', 80]]);
  });

  it('lose nobody and count nobody twice', () => {
    const sets = fc.array(
      fc.tuple(fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 50 })),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(sets, (drawn) => {
        const all = drawn.map(([ports, sources]) => set(tcp(...ports.toSorted((a, b) => a - b)), sources));
        const found = clusterPortSets(all, { similarity: 0.6, sources: 1, networks: 1, asns: 1 });
        expect(found.reduce((sum, { size }) => sum + size, 0)).toBe(all.reduce((sum, { sources }) => sum + sources, 0));
      }),
      runs(50, 1000),
    );
  });

  it('are found among a hundred thousand sources in seconds', () => {
    const random = randomFrom(7);
    const planted = Array.from({ length: 40 }, (_, i) => [0, 1, 2, 3, 4, 5].map((more) => 1000 + 50 * i + more));
    const sets = Array.from({ length: 100_000 }, (_, i) => {
      const base = planted[i % 50];
      const ports = base ? base.filter(() => random() > 0.1) : Array.from({ length: 4 }, () => Math.floor(random() * 65_536));
      return set(
        tcp(...new Set(ports.length > 0 ? ports : [1])).sort((a, b) => a - b),
        1,
      );
    });
    const startedAt = performance.now();
    const found = clusterPortSets(sets, { ...CAMPAIGN_SETTINGS, networks: 1 });
    const seconds = (performance.now() - startedAt) / 1000;
    for (const base of planted) expect(found.some(({ ports, size }) => size > 1000 && jaccard(ports, tcp(...base)) >= 0.6)).toBe(true);
    expect(seconds).toBeLessThan(20);
  }, 60_000);
});

describe('MinHash', () => {
  it('lets sets of similarity 0.6 and more meet in a band, nearly always', () => {
    const random = randomFrom(3);
    const met = Array.from({ length: 400 }, () => {
      const base = Array.from({ length: 8 }, () => Math.floor(random() * 65_536)).sort((a, b) => a - b);
      const like = base
        .slice(0, 6)
        .concat(70_000)
        .sort((a, b) => a - b); // 6 of 9 in common: 0.67
      const keys = new Set(bandKeys(base));
      return Array.from(bandKeys(like)).some((key) => keys.has(key));
    });
    expect(met.filter(Boolean).length / met.length).toBeGreaterThan(0.99);
  });

  it('measures what sets have in common', () => {
    expect(jaccard(tcp(1, 2, 3), tcp(2, 3, 4))).toBe(0.5);
    expect(jaccard([], [])).toBe(1);
    expect(jaccard(tcp(1), tcp(2))).toBe(0);
  });
});

describe('from day to day', () => {
  const one = clusterPortSets([set(tcp(80, 8080), 20)], CAMPAIGN_SETTINGS);
  const other = clusterPortSets([set(tcp(80, 8080), 25), set(tcp(7547, 5555, 37_215), 30)], CAMPAIGN_SETTINGS);

  it('a known port set goes on, another is new, and the first day can call nothing new', () => {
    const first = continueCampaigns([], one, 0, 'north', false, 0.6);
    expect(first.begun.map(({ isNew }) => isNew)).toEqual([null]);
    const known: Campaign[] = first.begun.map((campaign, id) => ({ id, ...campaign }));
    const second = continueCampaigns(known, other, DAY, 'north', true, 0.6);
    expect(second.changed.map(({ id, firstDay, lastDay, size, days }) => [id, firstDay, lastDay, size, days.length])).toEqual([
      [0, 0, DAY, 25, 2],
    ]);
    expect(second.begun.map(({ ports, isNew }) => [ports, isNew])).toEqual([[tcp(5555, 7547, 37_215), true]]);
  });

  it('judging a day again changes nothing', () => {
    const known = continueCampaigns([], one, 0, 'north', false, 0.6).begun.map((campaign, id): Campaign => ({ id, ...campaign }));
    const again = continueCampaigns(known, one, 0, 'north', false, 0.6);
    expect(again).toEqual({ changed: known, begun: [], gone: [] });
    expect(continueCampaigns(known, [], 0, 'north', false, 0.6).gone).toEqual(known);
  });
});
