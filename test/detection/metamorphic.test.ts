/**
 * What must not change findings: where a capture was cut into files, in which order they
 * come, that it comes again, in which order the packets of a minute were written. And how
 * far lost packets may change them.
 *
 * Over a generated darknet with a thousand findings and over real captures; how the cuts
 * fall is drawn anew in each run, and a failure names the draw.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createRandom } from '../support/c2-world.ts';
import { hasSharedData, sharedData } from '../support/shared-data.ts';
import { mostOf, range } from './binomial.ts';
import { type CapturedPacket, readPackets, writeCapture } from './capture-file.ts';
import { type Detection, type Judged, keyOf, openDetection } from './detection.ts';
import { type Fate, fateOf, newChances, readSources, type SeenBySource } from './dropping.ts';
import { expectOnPage, toTable } from './page.ts';

const TELESCOPE = 65_536;
const MINUTES = 10 * 60_000;
const DARKNET = ['darknet-synthetic', 'darknet_seed1.pcap'] as const;
/** Ethernet all of them, so that they can be joined in one file. */
const REAL = [
  ['scan', 'nDPI__synscan.pcap'],
  ['scan', 'StratosphereLinuxIPS__test12-icmp-portscan.pcap'],
  ['malware', 'StratosphereLinuxIPS__malicious-ssh-bruteforce.pcap'],
  ['dos', 'suricata-verify__denial6-5.pcap'],
  ['normal', 'nDPI__tor.pcap'],
  ['normal', 'zeek__wikipedia.pcap'],
] as const;

const runs = inject('isThorough') ? 20 : 1;
const seeds = fc.integer({ min: 1, max: 1_000_000_000 });
const draw = (check: (seed: number) => Promise<void>): Promise<void> =>
  fc.assert(fc.asyncProperty(seeds, check), { numRuns: runs, endOnFailure: true });

const timeOf = ({ second, nanosecond }: CapturedPacket): number => second * 1e9 + nanosecond;

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const order = [...values];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}

/** Two to four pieces, cut anywhere. */
function cut(packets: readonly CapturedPacket[], random: () => number): CapturedPacket[][] {
  const places = Array.from({ length: 1 + Math.floor(random() * 3) }, () => 1 + Math.floor(random() * (packets.length - 1)));
  const borders = [0, ...[...new Set(places)].sort((a, b) => a - b), packets.length];
  return borders.slice(1).map((to, i) => packets.slice(borders[i], to));
}

function shuffledWithinMinutes(packets: readonly CapturedPacket[], random: () => number): CapturedPacket[] {
  const minutes = Map.groupBy(packets, ({ second }) => Math.floor(second / 60));
  return [...minutes.values()].flatMap((own) => shuffled(own, random));
}

interface Subject {
  readonly path: string;
  readonly packets: readonly CapturedPacket[];
  readonly findings: readonly Judged[];
}

describe.skipIf(!hasSharedData)('findings', () => {
  let detection: Detection;
  let darknet: Subject;
  /** All real captures as one sensor meets them. */
  let real: Subject;
  let files = 0;

  const write = (packets: readonly CapturedPacket[]): string => writeCapture(join(detection.folder, `piece-${files++}.pcap`), packets);
  const judge = (...paths: readonly string[]): Promise<readonly Judged[]> => detection.judge(paths, TELESCOPE);

  beforeAll(async () => {
    detection = await openDetection();
    const path = sharedData('telemetry', ...DARKNET);
    darknet = { path, packets: await readPackets(path), findings: await judge(path) };
    const paths = REAL.map(([folder, file]) => sharedData('telemetry', folder, file));
    const packets = (await Promise.all(paths.map(readPackets))).flat().sort((a, b) => timeOf(a) - timeOf(b));
    real = { path: write(packets), packets, findings: await judge(...paths) };
  }, MINUTES);
  afterAll(() => detection.close());

  it('are there to be changed', () => {
    expect(darknet.findings.length).toBeGreaterThan(900);
    expect(new Set(darknet.findings.map(({ kind }) => kind))).toEqual(new Set(['infected-host', 'scanner', 'dos-victim']));
    expect(real.findings.map(({ asset }) => asset).sort()).toEqual(['172.16.0.8', '192.168.1.109']);
  });

  it(
    'are the same when captures are joined in one file',
    async () => {
      expect(await judge(real.path)).toEqual(real.findings);
      const both = [...real.findings, ...darknet.findings].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      expect(await judge(write([...real.packets, ...darknet.packets]))).toEqual(both);
    },
    MINUTES,
  );

  it(
    'are the same however a capture is cut, in whatever order the pieces come',
    async () => {
      await draw(async (seed) => {
        const random = createRandom(seed);
        for (const { packets, findings } of [real, darknet]) {
          expect(await judge(...shuffled(cut(packets, random), random).map(write))).toEqual(findings);
        }
      });
    },
    MINUTES,
  );

  it(
    'are the same when the packets of a minute come in another order',
    async () => {
      await draw(async (seed) => {
        const random = createRandom(seed);
        for (const { packets, findings } of [real, darknet]) {
          expect(await judge(write(shuffledWithinMinutes(packets, random)))).toEqual(findings);
        }
      });
    },
    MINUTES,
  );

  it(
    'are the same when a file comes again, under another name too',
    async () => {
      const copy = join(detection.folder, 'again.pcap');
      for (const { path, findings } of [real, darknet]) {
        copyFileSync(path, copy);
        expect(await judge(path, copy, path)).toEqual(findings);
      }
    },
    MINUTES,
  );

  describe('of which packets were lost', () => {
    /** So seldom may each of the statements fail by chance. */
    const ALPHA = 1e-6;
    let sources: SeenBySource;
    beforeAll(() => {
      sources = readSources(darknet.packets);
    });

    interface Bound {
      readonly fates: readonly Fate[];
      readonly lost: number;
      readonly milder: number;
      readonly fresh: number;
    }

    function boundOf(p: number): Bound {
      const fates = darknet.findings.map((finding) => fateOf(finding, sources, p));
      return {
        fates,
        lost: mostOf(
          fates.map(({ lost }) => lost),
          ALPHA,
        ),
        milder: mostOf(
          fates.map(({ milder }) => milder),
          ALPHA,
        ),
        fresh: mostOf(newChances(sources, p), ALPHA),
      };
    }

    interface Change {
      readonly lost: number;
      readonly milder: number;
      readonly fresh: number;
      readonly counts: readonly (readonly [before: number, after: number])[];
    }

    async function drop(p: number, seed: number): Promise<Change> {
      const random = createRandom(seed);
      const left = await judge(write(darknet.packets.filter(() => random() >= p)));
      const before = new Map(darknet.findings.map((one) => [keyOf(one), one]));
      const after = new Map(left.map((one) => [keyOf(one), one]));
      const kept = left.flatMap((one) => {
        const known = before.get(keyOf(one));
        return known ? [{ known, one }] : [];
      });
      return {
        lost: darknet.findings.filter((one) => !after.has(keyOf(one))).length,
        milder: kept.filter(({ known, one }) => known.severity !== one.severity).length,
        fresh: left.length - kept.length,
        counts: kept.map(({ known, one }) => [known.count, one.count]),
      };
    }

    function expectWithin(change: Change, bound: Bound, p: number): void {
      expect(change.lost).toBeLessThanOrEqual(bound.lost);
      expect(change.milder).toBeLessThanOrEqual(bound.milder);
      expect(change.fresh).toBeLessThanOrEqual(bound.fresh);
      const each = ALPHA / darknet.findings.length;
      const outside = change.counts.filter(([before, after]) => {
        const { low, high } = range(before, 1 - p, each);
        return after < low || after > high;
      });
      expect(outside).toEqual([]);
    }

    const sum = (chances: readonly number[]): string => chances.reduce((total, one) => total + one, 0).toFixed(1);

    it(
      'change within the bound, which the documentation states',
      async () => {
        const rows: (string | number)[][] = [];
        for (const [p, seed] of [
          [0.01, 1],
          [0.05, 2],
          [0.2, 3],
        ] as const) {
          const bound = boundOf(p);
          const change = await drop(p, seed);
          expectWithin(change, bound, p);
          const expected = [sum(bound.fates.map(({ lost }) => lost)), sum(bound.fates.map(({ milder }) => milder))];
          rows.push([
            `${p * 100} %`,
            expected[0] ?? '',
            bound.lost,
            change.lost,
            expected[1] ?? '',
            bound.milder,
            change.milder,
            bound.fresh,
            change.fresh,
          ]);
        }
        const head = ['dropped', 'lost, mean at most', 'bound', 'seen', 'milder, mean at most', 'bound', 'seen', 'new, bound', 'seen'];
        expectOnPage('dropping', `\n${toTable(head, rows)}\n`);
        // The bound says something: one packet in a hundred costs a few findings of a thousand.
        expect(boundOf(0.01).lost).toBeLessThan(darknet.findings.length / 50);
      },
      MINUTES,
    );

    it(
      'change within the bound whatever is dropped',
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.double({ min: 0.001, max: 0.5, noNaN: true }), seeds, async (p, seed) => {
            expectWithin(await drop(p, seed), boundOf(p), p);
          }),
          { numRuns: runs, endOnFailure: true },
        );
      },
      MINUTES,
    );
  });
});
