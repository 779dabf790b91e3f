/** Connections from flow records: cut ones are joined, heartbeats are not, and nothing counts twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { C2ClientSeries } from '../domain/c2-flows.ts';
import { toConnections } from './connections.ts';

const habits = { activeTimeoutMs: 300_000, precisionMs: 1 };
const MINUTE = 60_000;

interface Piece {
  readonly at: number;
  readonly lasted?: number;
  readonly bytes?: number;
  readonly port?: number;
}

const series = (pieces: readonly Piece[]): C2ClientSeries => ({
  key: '1',
  isSeed: true,
  family: null,
  startedAt: Float64Array.from(pieces, ({ at }) => at),
  durationMs: Float64Array.from(pieces, ({ lasted }) => lasted ?? 0),
  bytes: Float64Array.from(pieces, ({ bytes }) => bytes ?? 100),
  packets: Float64Array.from(pieces, () => 1),
  clientPort: Uint16Array.from(pieces, ({ port }) => port ?? 40_000),
});
const joined = (pieces: readonly Piece[], precisionMs = 1): [number[], number[]] => {
  const { at, bytes } = toConnections(series(pieces), { ...habits, precisionMs });
  return [[...at], [...bytes]];
};

describe('records of one client at one server', () => {
  it('that an active timeout cut are one connection', () => {
    const pieces = [0, 300_000, 600_000].map((at) => ({ at, lasted: 299_000 }));
    expect(joined(pieces)).toEqual([[0], [300]]);
  });

  it('that end in silence are a heartbeat each, on an open connection', () => {
    expect(joined([0, 1, 2, 3].map((i) => ({ at: i * MINUTE, lasted: 200 })))[0]).toEqual([0, 60, 120, 180]);
  });

  it('from different ports are different connections', () => {
    expect(
      joined([
        { at: 0, lasted: 299_000, port: 1 },
        { at: 300_000, port: 2 },
      ])[0],
    ).toEqual([0, 300]);
  });

  it('that two routers exported count once', () => {
    expect(
      joined([
        { at: 0, lasted: 5000, bytes: 100 },
        { at: 3, lasted: 4990, bytes: 90 },
      ]),
    ).toEqual([[0], [100]]);
  });

  it('are as exact in time as the exporter is', () => {
    expect(joined([{ at: 61_999 }])[0]).toEqual([61]);
    expect(joined([{ at: 61_999 }], 10_000)[0]).toEqual([60]);
  });

  it('are the same when a long connection is cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 150_000, max: 300_000 }), { minLength: 1, maxLength: 20 }), (lengths) => {
        let at = 0;
        const pieces = lengths.map((lasted) => {
          const piece = { at, lasted };
          at += lasted + 1;
          return piece;
        });
        expect(joined(pieces)).toEqual([[0], [100 * lengths.length]]);
      }),
    );
  });
});
