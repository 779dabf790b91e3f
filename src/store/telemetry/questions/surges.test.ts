/** How many sources asked for a port, on every engine, against the same counted by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeOf } from '../../../domain/surge.ts';
import { createLog } from '../../../engine/log.ts';
import { type Cell, cells } from '../fixtures/cells.ts';
import { TestEngines } from '../fixtures/engines.ts';
import { openTelemetry, type TelemetryStore } from '../index.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOON = Date.UTC(2026, 2, 14, 12);
const TELNET = placeOf(6, 23);

const folder = mkdtempSync(join(tmpdir(), 'yagura-surge-questions-'));
const engines = new TestEngines(folder);

/** A host of the n-th network. */
const host = (network: number, of = 1): string => `2001:db8:${(network + 1).toString(16)}::${of}`;

/** Every minute of two hours three of thirty hosts on 23/TCP; some others that must not count. */
const rows: readonly Cell[] = [
  ...Array.from({ length: 120 }, (_, i) =>
    [0, 1, 2].map((n): Cell => {
      const place = (3 * i + n) % 30;
      return {
        at: NOON - HOUR + i * MINUTE,
        source: host(place),
        asn: place === 29 ? 0 : 64_496 + (place % 4),
        country: place < 10 ? 'JP' : 'NL',
        mirai: place % 2,
      };
    }),
  ).flat(),
  ...Array.from({ length: 5 }, (_, n): Cell => ({ at: NOON, source: `192.0.2.${n + 1}`, packets: 1 })),
  ...Array.from({ length: 9 }, (_, n): Cell => ({ at: NOON, source: host(50 + n), class: 'backscatter' })),
  ...Array.from({ length: 9 }, (_, n): Cell => ({ at: NOON, source: host(50 + n), tenant: 'other' })),
  ...Array.from({ length: 9 }, (_, n): Cell => ({ at: NOON, source: host(50 + n), sensor: 'south', port: 80 })),
  ...Array.from({ length: 40 }, (_, n): Cell => ({ at: NOON, source: host(70), port: 1000 + n })),
  { at: NOON - DAY, source: host(3) },
];

beforeAll(() => engines.start(), 180_000);
afterAll(async () => {
  await engines.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(engines.list)('sources of ports: $name', ({ place, isHere }) => {
  let store: TelemetryStore;
  beforeAll(async () => {
    if (!isHere) return;
    store = await openTelemetry({ ...place(80), spoolDirectory: join(folder, `spool-${Math.random()}`), log: createLog('silent') });
    await store.insert([cells(rows)], 'all');
  }, 180_000);
  afterAll(() => store?.close());
  const test = it.skipIf(!isHere);

  const distinct = (from: number, to: number): number =>
    new Set(
      rows
        .filter(
          (row) =>
            row.at >= from &&
            row.at < to &&
            row.port === undefined &&
            (row.sensor ?? 'north') === 'north' &&
            row.class === undefined &&
            row.tenant === undefined,
        )
        .map(({ source }) => source),
    ).size;

  test('tells the hours that have packets, and the span of each sensor', async () => {
    const packets = await store.surges.hourPackets({ tenant: 'main', sensor: 'north', from: NOON - HOUR, to: NOON + HOUR });
    expect([...packets]).toEqual([
      [NOON - HOUR, 180],
      [NOON, 180 + 5 + 9 + 40],
    ]);
    expect(await store.surges.spans('main')).toEqual([
      { sensor: 'north', from: NOON - DAY, to: NOON + HOUR, cellsFrom: NOON - 36 * HOUR },
      { sensor: 'south', from: NOON, to: NOON + MINUTE, cellsFrom: NOON - 36 * HOUR },
    ]);
  });

  test('counts every window of ten minutes that ends within the hour', async () => {
    const windows = (await store.surges.windows('main', 'north', NOON)).filter((one) => one.place === TELNET);
    expect(windows.map(({ to }) => to).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, i) => NOON + (i + 1) * 5 * MINUTE),
    );
    for (const { to, sources } of windows) expect(sources).toBe(distinct(to - 10 * MINUTE, to));
    expect(await store.surges.portHour('main', 'north', NOON)).toEqual([{ place: TELNET, sources: 35 }]);
  });

  test('counts minutes of one port', async () => {
    const minutes = await store.surges.minutes({
      tenant: 'main',
      sensor: 'north',
      place: TELNET,
      from: NOON - 2 * MINUTE,
      to: NOON + 2 * MINUTE,
    });
    expect(minutes).toEqual([3, 3, 8, 3]);
  });

  test.each([0, NOON + DAY])('says whose they are, by minutes or by hours: cells since %i', async (cellsFrom) => {
    const found = await store.surges.sources({ tenant: 'main', sensor: 'north', place: TELNET, from: NOON, to: NOON + HOUR }, cellsFrom);
    expect(found).toMatchObject({ sources: 35, networks: 31, asns: 4 });
    expect(found.evidence.countries).toEqual([
      ['NL', 20],
      ['JP', 15],
    ]);
    expect(found.evidence).toMatchObject({ singlePacket: 5, marks: { mirai: 15 }, fresh: 34 });
    expect(found.fresh).toEqual({ networks: 30, asns: 4, known: 33, largestAs: 13 });
  });

  test('puts sources with the same ports together, and the too broad aside', async () => {
    const { sets, broad } = await store.surges.portSets({ tenant: 'main', sensor: 'north', from: NOON - 12 * HOUR, to: NOON + 12 * HOUR });
    expect(broad).toBe(1);
    expect(sets.map(({ ports, sources, firstSeenAt, networks }) => [ports, sources, firstSeenAt, networks])).toEqual([
      [[TELNET], 35, NOON - HOUR, 31],
    ]);
    expect(sets[0]?.asns.reduce((sum, [, sources]) => sum + sources, 0)).toBe(35);
  });
});
