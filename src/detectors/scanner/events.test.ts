/**
 * Scan events against a plain reading of the packets: however they are cut into files and
 * minutes, the same events come out.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanCell } from '../../domain/question.ts';
import { isKept, rateOf, type ScanEvent, toScanEvents } from './events.ts';

interface Probe {
  readonly at: number; // seconds
  readonly bit: number;
}

const PLACE = { protocol: 6, port: 23 };
const START = Date.UTC(2026, 5, 3, 22) / 1000; // two hours before midnight

/** As a collector stores one file: a cell per minute. */
function toCells(probes: readonly Probe[]): ScanCell[] {
  return [...Map.groupBy(probes, ({ at }) => Math.floor(at / 60) * 60)].map(([minute, own]) => ({
    minute,
    packets: own.length,
    targetsHigh: own.reduce((bits, { bit }) => bits | (bit >= 32 ? 1 << (bit - 32) : 0), 0),
    targetsLow: own.reduce((bits, { bit }) => bits | (bit < 32 ? 1 << bit : 0), 0),
  }));
}

const probes = fc.array(fc.record({ at: fc.integer({ min: START, max: START + 14_400 }), bit: fc.nat(63) }), { maxLength: 120 });
const timeouts = fc.constantFrom(60, 600, 624, 3600);

/** The definition, packet by packet at the precision of minutes. */
function straight(all: readonly Probe[], timeout: number): number[] {
  const minutes = [...new Set(all.map(({ at }) => Math.floor(at / 60) * 60))].sort((a, b) => a - b);
  return minutes.filter((minute, i) => i === 0 || minute - (minutes[i - 1] ?? 0) > timeout).map((minute) => minute * 1000);
}

describe('scan events', () => {
  it('are the same from hourly files, one big file, live batches and any order', () => {
    fc.assert(
      fc.property(probes, timeouts, fc.array(fc.integer({ min: START, max: START + 14_400 }), { maxLength: 20 }), (all, timeout, cuts) => {
        const whole = toScanEvents({ ...PLACE, cells: toCells(all) }, timeout);
        const hourly = [...Map.groupBy(all, ({ at }) => Math.floor(at / 3600)).values()].flatMap(toCells);
        const live = [...Map.groupBy(all, ({ at }) => cuts.filter((cut) => cut <= at).length).values()].flatMap(toCells).reverse();
        expect(toScanEvents({ ...PLACE, cells: hourly }, timeout)).toEqual(whole);
        expect(toScanEvents({ ...PLACE, cells: live }, timeout)).toEqual(whole);
        expect(whole.map(({ from }) => from)).toEqual(straight(all, timeout));
        expect(whole.reduce((sum, { packets }) => sum + packets, 0)).toBe(all.length);
      }),
    );
  });

  it('go on over midnight for whoever sees the time before it', () => {
    const midnight = Date.UTC(2026, 5, 4) / 1000;
    const all = Array.from({ length: 40 }, (_, i) => ({ at: midnight - 1200 + i * 60, bit: i }));
    const [event, ...others] = toScanEvents({ ...PLACE, cells: toCells(all) }, 624);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ from: (midnight - 1200) * 1000, to: (midnight + 1200) * 1000, packets: 40 });
    // Judged without the evening before, half of it would be left.
    const after = toScanEvents({ ...PLACE, cells: toCells(all.filter(({ at }) => at >= midnight)) }, 624);
    expect(after[0]?.packets).toBe(20);
  });

  it('never claim more targets than packets, and say when the count is a lower bound', () => {
    const full = Array.from({ length: 64 }, (_, bit) => ({ at: START, bit }));
    const [once] = toScanEvents({ ...PLACE, cells: toCells(full) }, 600);
    expect(once).toMatchObject({ targets: 64, areTargetsALowerBound: false });
    const [many] = toScanEvents({ ...PLACE, cells: toCells(Array.from({ length: 20 }, () => full).flat()) }, 600);
    expect(many).toMatchObject({ targets: 266, areTargetsALowerBound: true });
  });
});

describe('an event is kept', () => {
  const event: ScanEvent = { ...PLACE, from: 0, to: 600_000, packets: 30, targets: 12, areTargetsALowerBound: false };
  const limits = { minPackets: 20, minTargets: 10, minRate: 10, addresses: 475_136 };

  it('with enough packets, enough different addresses, and fast enough for the size of the sensor', () => {
    expect(rateOf(event, 475_136)).toBeCloseTo(452, 0); // 0.05 a second at one of 9,039 parts of IPv4
    expect(isKept(event, limits)).toBe(true);
    expect(isKept({ ...event, packets: 19 }, limits)).toBe(false);
    expect(isKept({ ...event, targets: 9 }, limits)).toBe(false);
    expect(isKept({ ...event, to: 36_000_000 }, limits)).toBe(false); // 7.5 packets a second
    expect(isKept({ ...event, to: 36_000_000 }, { ...limits, addresses: null })).toBe(true);
  });
});
