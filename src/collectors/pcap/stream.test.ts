/** The stream against the file: the same aggregates, however the bytes and flushes are cut. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { runs } from '../../../test/support/volume.ts';
import { createLog } from '../../engine/log.ts';
import type { LiveContext } from '../../engine/modules.ts';
import { CaptureStream } from './stream.ts';
import { type Cell, captureOf, cellsOf, collectAll, ethernet, fileOf, ipv4, merged, START, sectionOf, tcp, udp } from './test-support.ts';

interface Told {
  readonly quarantined: string[];
  readonly alarms: string[];
}

function contextOf(told: Told = { quarantined: [], alarms: [] }): LiveContext {
  return {
    tenant: 'main',
    sensor: 'telescope',
    log: createLog('silent'),
    folder: '',
    quarantine: (_from, reason) => told.quarantined.push(reason.code),
    alarm: (code) => told.alarms.push(code),
  };
}

/** Gives the bytes in pieces of the sizes given, over and over, flushing after every second piece. */
function streamed(content: Uint8Array, sizes: readonly number[], told?: Told): { cells: Cell[]; quality: Cell[] } {
  const decoder = new CaptureStream(contextOf(told));
  const cells: Cell[] = [];
  const quality: Cell[] = [];
  const flush = (): void => {
    for (const batch of decoder.flush(START * 1000).columns) (batch.table === 'telescope_minute' ? cells : quality).push(...cellsOf(batch));
  };
  for (let at = 0, turn = 0; at < content.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    decoder.take(content.subarray(at, at + size));
    at += size;
    if (turn % 2 === 1) flush();
  }
  flush();
  return { cells, quality };
}

const REAL = [
  ['darknet-synthetic', 'darknet_seed1.pcap'],
  ['scan', 'nDPI__synscan.pcap'],
  ['malware', 'nDPI__bot.pcap'],
] as const;

const sum = (rows: readonly Cell[], column: string): number => rows.reduce((total, row) => total + Number(row[column]), 0);

const packetAt = fc.record({
  source: fc.integer({ min: 1, max: 4 }).map((last) => `192.0.2.${last}`),
  port: fc.constantFrom(22, 23, 2323),
  isTcp: fc.boolean(),
  second: fc.integer({ min: START, max: START + 600 }),
});
const packets = fc.array(packetAt, { minLength: 1, maxLength: 80 }).map((list) =>
  list.map(({ source, port, isTcp, second }) => ({
    bytes: ethernet(0x0800, ipv4(isTcp ? 6 : 17, isTcp ? tcp({ destination: port }) : udp(40_000, port), { source })),
    second,
  })),
);
const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });

const CAPTURES = runs(30, 150);

describe('the stream of captures', () => {
  it(`gives the same sums per cell as the file, whatever the cut (${CAPTURES.numRuns} captures)`, async () => {
    await fc.assert(
      fc.asyncProperty(packets, sizes, fc.boolean(), async (list, cut, isNg) => {
        const content = isNg ? sectionOf(list) : captureOf(list);
        const file = await collectAll(fileOf(content));
        const { cells, quality } = streamed(content, cut);
        expect(merged(cells)).toEqual(merged(file.cells));
        expect(sum(quality, 'received')).toBe(list.length);
      }),
      CAPTURES,
    );
  });

  it(`goes on in the middle with what a restart needs (${CAPTURES.numRuns} captures)`, async () => {
    await fc.assert(
      fc.asyncProperty(packets, fc.nat(), fc.boolean(), async (list, where, isNg) => {
        const content = isNg ? Buffer.concat([sectionOf(list), sectionOf(list, { isBig: true })]) : captureOf(list);
        const cut = where % (content.length + 1);
        const first = new CaptureStream(contextOf());
        first.take(content.subarray(0, cut));
        const { head, undecoded } = first.restart();
        const second = new CaptureStream(contextOf());
        second.take(head);
        second.take(content.subarray(cut - undecoded));
        const cells = [first, second].flatMap((decoder) =>
          decoder
            .flush(0)
            .columns.filter((batch) => batch.table === 'telescope_minute')
            .flatMap(cellsOf),
        );
        expect(merged(cells)).toEqual(merged((await collectAll(fileOf(content))).cells));
      }),
      CAPTURES,
    );
  });

  it('tells one row per silent minute', () => {
    const decoder = new CaptureStream(contextOf());
    const rows = [0, 20_000, 61_000, 119_999, 120_000].flatMap((at) => decoder.flush(START * 1000 + at).columns.flatMap(cellsOf));
    expect(rows.map((row) => [Number(row['minute']) - START, row['kind'], row['received']])).toEqual([
      [0, 'telescope', 0n],
      [60, 'telescope', 0n],
      [120, 'telescope', 0n],
    ]);
  });

  it('keeps what came before a fault, and says what cannot be read', () => {
    const told: Told = { quarantined: [], alarms: [] };
    const good = captureOf([{ bytes: ethernet(0x0800, ipv4(6, tcp())), second: START }]);
    const decoder = new CaptureStream(contextOf(told));
    expect(() => decoder.take(Buffer.concat([good, Buffer.alloc(16, 0xff)]))).toThrow(/damaged/);
    expect(decoder.flush(0).records).toBe(1);
    expect(() => new CaptureStream(contextOf()).take(Buffer.from('this is not a capture'))).toThrow(/not a capture/);
    streamed(captureOf([ethernet(0x0800, ipv4(6, Buffer.alloc(3), { total: 900 }))]), [64], told);
    streamed(captureOf([Buffer.alloc(20)], { link: 250 }), [64], told);
    expect(told).toEqual({ quarantined: ['malformed'], alarms: ['capture-link-type-unknown'] });
  });

  it.skipIf(!hasSharedData)('agrees with the file on real captures', async () => {
    for (const [folder, name] of REAL) {
      const path = sharedData('telemetry', folder, name);
      const content = readFileSync(path);
      const { cells } = streamed(content, [65_536, 1, 999]);
      expect(cells.length).toBeGreaterThan(10);
      expect(merged(cells)).toEqual(merged((await collectAll({ name, path, size: content.length })).cells));
    }
  });
});
