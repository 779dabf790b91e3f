/** What makes an alert, what continues one, and that the way the shares come changes nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeShares } from './place.ts';
import { OWN_RANGE_SETTINGS as SETTINGS } from './settings.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 5, 1);

const seen = (hour: number, packets: number, targetBits = '0000000000000001') => ({
  firstSeenAt: T0 + hour * HOUR,
  lastSeenAt: T0 + hour * HOUR + 60_000,
  packets,
  targetBits,
});
const alertsOf = (placed: readonly { alert: number }[]): number => new Set(placed.map(({ alert }) => alert)).size;

describe('raising', () => {
  it('believes three packets or two targets, not one packet or two to one target', () => {
    expect(placeShares('OUTBOUND_INFECTION', [seen(0, 1)], [], SETTINGS)).toEqual([]);
    expect(placeShares('OUTBOUND_INFECTION', [seen(0, 2)], [], SETTINGS)).toEqual([]);
    expect(alertsOf(placeShares('OUTBOUND_INFECTION', [seen(0, 3)], [], SETTINGS))).toBe(1);
    expect(alertsOf(placeShares('INTERNAL_SPREAD', [seen(0, 2, '0000000000000003')], [], SETTINGS))).toBe(1);
  });

  it('counts slow hosts together within a day, and no longer', () => {
    expect(
      alertsOf(
        placeShares(
          'OUTBOUND_INFECTION',
          [0, 9, 20].map((hour) => seen(hour, 1)),
          [],
          SETTINGS,
        ),
      ),
    ).toBe(1);
    expect(
      placeShares(
        'OUTBOUND_INFECTION',
        [0, 30, 60, 90].map((hour) => seen(hour, 1)),
        [],
        SETTINGS,
      ),
    ).toEqual([]);
  });

  it('does not take a few stray answers for an attack', () => {
    expect(placeShares('UNDER_ATTACK', [seen(0, 24, 'ffffffffffffffff')], [], SETTINGS)).toEqual([]);
    expect(alertsOf(placeShares('UNDER_ATTACK', [seen(0, 25)], [], SETTINGS))).toBe(1);
  });
});

describe('continuing', () => {
  const open = { number: 7, firstSeenAt: T0, lastSeenAt: T0 + HOUR, closedAt: null };

  it('adds to the alert there is, however little', () => {
    expect(placeShares('OUTBOUND_INFECTION', [seen(20, 1)], [open], SETTINGS)).toMatchObject([{ alert: 7 }]);
  });

  it('raises another after the quiet period', () => {
    expect(placeShares('OUTBOUND_INFECTION', [seen(26, 5)], [open], SETTINGS)).toMatchObject([{ alert: -1 }]);
  });

  it('raises another when it begins after a person closed the first', () => {
    const closed = { ...open, closedAt: T0 + 2 * HOUR };
    expect(placeShares('OUTBOUND_INFECTION', [seen(1.5, 5)], [closed], SETTINGS)).toMatchObject([{ alert: 7 }]);
    expect(placeShares('OUTBOUND_INFECTION', [seen(3, 5)], [closed], SETTINGS)).toMatchObject([{ alert: -1 }]);
  });

  it('is the same for any order of the shares', () => {
    const share = fc.record({ hour: fc.integer({ min: 0, max: 200 }), packets: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.uniqueArray(share, { selector: ({ hour }) => hour, maxLength: 12 }), (list) => {
        const shares = list.map(({ hour, packets }) => seen(hour, packets));
        const groups = (placed: readonly { share: { firstSeenAt: number }; alert: number }[]): string[] =>
          placed.map((one) => `${one.share.firstSeenAt}→${one.alert}`).sort();
        expect(groups(placeShares('OUTBOUND_INFECTION', [...shares].reverse(), [], SETTINGS))).toEqual(
          groups(placeShares('OUTBOUND_INFECTION', shares, [], SETTINGS)),
        );
      }),
    );
  });
});
