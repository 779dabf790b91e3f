import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import { type ArrivedRow, createArrivalsFeed, sampleMarks, shareOf, summarise, toMessage } from './arrivals.ts';
import type { Arrivals } from './contract.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 5, 18, 5, 30);

interface Cell {
  readonly country?: string;
  readonly class?: number;
  readonly protocol?: number;
  readonly port?: number;
  readonly packets?: number;
  readonly minute?: number;
}

function batchOf(cells: readonly Cell[]): ColumnBatch {
  const dictionary = [...new Set(cells.map((cell) => cell.country ?? 'JP'))];
  return {
    table: 'telescope_minute',
    rows: cells.length,
    columns: {
      minute: Uint32Array.from(cells, (cell) => (cell.minute ?? NOW) / 1000),
      class: Uint8Array.from(cells, (cell) => cell.class ?? 1),
      protocol: Uint8Array.from(cells, (cell) => cell.protocol ?? 6),
      port: Uint16Array.from(cells, (cell) => cell.port ?? 23),
      packets: Uint32Array.from(cells, (cell) => cell.packets ?? 1),
      country: { dictionary, codes: Uint8Array.from(cells, (cell) => dictionary.indexOf(cell.country ?? 'JP')) },
    },
  };
}

const head = { mode: 'live', at: NOW, newest: NOW, place: { longitude: 0, latitude: 0 }, replay: null } as const;
const row = (over: Partial<ArrivedRow> = {}): ArrivedRow => ({
  country: 'JP',
  class: 'tcp-scan',
  protocol: 6,
  port: 23,
  packets: 1,
  ...over,
});

describe('a stored batch', () => {
  it('becomes rows of country, class and port without addresses', () => {
    const rows = summarise(
      batchOf([
        { packets: 3 },
        { packets: 4 },
        { country: '', class: 2, protocol: 17, port: 53 },
        { country: 'US', class: 3, protocol: 1, port: 0 },
      ]),
    );
    expect(rows).toEqual([
      row({ packets: 7 }),
      row({ country: '', class: 'udp-probe', protocol: 17, port: 53 }),
      row({ country: 'US', class: 'ping', protocol: 1, port: 0 }),
    ]);
  });

  it('keeps every packet when there are more ports than are told apart', () => {
    const cells = Array.from({ length: 60_000 }, (_, port) => ({ port }));
    const rows = summarise(batchOf(cells));
    expect(rows.length).toBeLessThanOrEqual(20_002);
    expect(rows.reduce((sum, { packets }) => sum + packets, 0)).toBe(60_000);
  });
});

describe('sampling', () => {
  it('gives marks in proportion, as many as the whole is worth', () => {
    expect(sampleMarks([{ packets: 700 }, { packets: 200 }, { packets: 100 }], 10, 0)).toEqual([70, 20, 10]);
    fc.assert(
      fc.property(
        fc.array(fc.record({ packets: fc.integer({ min: 1, max: 1e6 }) }), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (rows, perMark, phase) => {
          const marks = sampleMarks(rows, perMark, phase);
          const total = rows.reduce((sum, { packets }) => sum + packets, 0);
          expect(Math.abs(marks.reduce((sum, n) => sum + n, 0) - total / perMark)).toBeLessThanOrEqual(1);
          for (const [i, n] of marks.entries()) expect(Math.abs(n - (rows[i]?.packets ?? 0) / perMark)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('tells each packet of a batch exactly once, whatever the number of shares', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 60 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (packets, turns, phase) => {
        const shares = Array.from({ length: turns }, (_, turn) => shareOf(packets, turns, turn, phase));
        expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
        expect(shares.reduce((sum, n) => sum + n, 0)).toBe(packets);
      }),
    );
  });
});

describe('a message', () => {
  it('has exact totals, joined rows and the busiest port', () => {
    const message = toMessage(head, [row({ packets: 5 }), row({ port: 2323, packets: 9 }), row({ class: 'ping', packets: 2 })], 0);
    expect(message.packets).toBe(16);
    expect(message.classes).toMatchObject({ 'tcp-scan': 14, ping: 2, backscatter: 0 });
    expect(message.rows[0]).toMatchObject({ port: 2323, packets: 14, marks: 14 });
  });

  it('stays small, and says what it left out', () => {
    const rows = Array.from({ length: 1500 }, (_, i) => row({ country: `C${i}`, packets: 1000 }));
    const message = toMessage(head, rows, 7);
    expect(message.rows).toHaveLength(300);
    expect(message.rest).toBe(1_200_000);
    expect(message.packets).toBe(1_500_000);
    expect(message.rows.reduce((sum, { marks }) => sum + marks, 0)).toBeLessThanOrEqual(301);
  });
});

describe('the feed', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  const stored = [
    { ...row({ packets: 4 }), minute: NOW - MINUTE },
    { ...row({ country: 'US', packets: 6 }), minute: NOW },
  ];
  const open = (lastStoredAt: number | null = NOW) =>
    createArrivalsFeed({ now: () => NOW, lastStoredAt: async () => lastStoredAt, read: async () => (lastStoredAt === null ? [] : stored) });
  const listenTo = (feed: ReturnType<typeof open>, tenant = 'main') => {
    const heard: Arrivals[] = [];
    const stop = feed.listen(tenant, (message) => heard.push(message));
    return { heard, stop };
  };
  const pass = async (seconds: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(seconds * 1000));

  it('says at once that there is nothing, and goes on when something comes', async () => {
    const feed = open(null);
    const { heard, stop } = listenTo(feed);
    await pass(0);
    expect(heard[0]).toMatchObject({ mode: 'empty', packets: 0 });
    feed.observe('main', [batchOf([{ packets: 12 }])]);
    await pass(1);
    expect(heard.at(-1)).toMatchObject({ mode: 'live', packets: 12 });
    stop();
  });

  it('tells a batch over the time it took to gather', async () => {
    const feed = open();
    const { heard, stop } = listenTo(feed);
    feed.observe('main', [batchOf([{ packets: 1 }])]);
    await pass(10);
    feed.observe('main', [batchOf([{ packets: 500 }])]);
    heard.length = 0;
    await pass(10);
    expect(heard.map(({ packets }) => packets)).toEqual(Array.from({ length: 10 }, () => 50));
    stop();
  });

  it('calls an old file an import, and replays the last hour once nothing comes', async () => {
    const feed = open();
    const { heard, stop } = listenTo(feed);
    feed.observe('main', [batchOf([{ minute: NOW - 60 * MINUTE }])]);
    await pass(1);
    expect(heard.at(-1)?.mode).toBe('import');
    await pass(8);
    const first = heard.find(({ mode }) => mode === 'replay');
    expect(first?.replay).toEqual({ from: NOW - 59 * MINUTE, to: NOW + MINUTE, at: NOW - 59 * MINUTE, speed: 60 });
    heard.length = 0;
    await pass(60);
    expect(heard.reduce((sum, { packets }) => sum + packets, 0)).toBe(10);
    stop();
  });

  it('shows one tenant nothing of another', async () => {
    const feed = createArrivalsFeed({ now: () => NOW, lastStoredAt: async () => null, read: async () => [] });
    const other = listenTo(feed, 'other');
    feed.observe('main', [batchOf([{ packets: 12 }])]);
    await pass(3);
    expect(other.heard.every(({ packets, mode }) => packets === 0 && mode === 'empty')).toBe(true);
    other.stop();
  });

  it('stops when nobody listens', async () => {
    const feed = open();
    const { heard, stop } = listenTo(feed);
    await pass(2);
    stop();
    const before = heard.length;
    await pass(5);
    expect(heard).toHaveLength(before);
  });
});
