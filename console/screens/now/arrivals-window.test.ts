import { describe, expect, it } from 'vitest';
import type { Arrivals } from '../../../src/server/contract.ts';
import { byCountry, classTotal, EMPTY_WINDOW, restOf, stillMarks, totalOf, withMessage } from './arrivals-window.ts';

type Row = Arrivals['rows'][number];
const row = (over: Partial<Row> = {}): Row => ({
  country: 'JP',
  class: 'tcp-scan',
  protocol: 6,
  port: 23,
  packets: 10,
  marks: 10,
  ...over,
});

function message(rows: readonly Row[], over: Partial<Arrivals> = {}): Arrivals {
  const classes: Record<string, number> = {};
  for (const { class: id, packets } of rows) classes[id] = (classes[id] ?? 0) + packets;
  const packets = rows.reduce((sum, one) => sum + one.packets, 0);
  const place = { longitude: 0, latitude: 0 };
  return { mode: 'live', at: 0, newest: 0, place, replay: null, packets, classes, packetsPerMark: 1, rows: [...rows], rest: 0, ...over };
}
const replayAt = (at: number) => ({ mode: 'replay' as const, replay: { from: 0, to: 60, at, speed: 60 } });

describe('the figures beside the picture', () => {
  it('sum the messages exactly, by class and by country, busiest first', () => {
    const first = message([row(), row({ country: 'US', class: 'ping', protocol: 1, port: 0, packets: 3, marks: 3 })], { rest: 2 });
    const window = withMessage(withMessage(EMPTY_WINDOW, first), message([row({ packets: 4 }), row({ port: 2323, packets: 5 })]));
    expect(totalOf(window)).toBe(22);
    expect(classTotal(window, 'tcp-scan')).toBe(19);
    expect(restOf(window)).toBe(2);
    expect(byCountry(window)).toEqual([
      { country: 'JP', packets: 19, class: 'tcp-scan', protocol: 6, port: 23 },
      { country: 'US', packets: 3, class: 'ping', protocol: 1, port: 0 },
    ]);
  });

  it('are those of the last sixty messages', () => {
    let window = EMPTY_WINDOW;
    for (let i = 0; i < 70; i++) window = withMessage(window, message([row()]));
    expect(totalOf(window)).toBe(600);
  });

  it('begin anew when another mode begins or a replay starts over', () => {
    let window = withMessage(EMPTY_WINDOW, message([row()]));
    window = withMessage(window, message([row({ packets: 1 })], replayAt(1)));
    expect(totalOf(window)).toBe(1);
    window = withMessage(window, message([row({ packets: 1 })], replayAt(2)));
    expect(totalOf(window)).toBe(2);
    window = withMessage(window, message([row({ packets: 1 })], replayAt(1)));
    expect(totalOf(window)).toBe(1);
  });
});

describe('the still picture', () => {
  it('keeps few marks as they are and thins many in proportion', () => {
    const few = withMessage(EMPTY_WINDOW, message([row({ marks: 7 })]));
    expect(stillMarks(few)).toEqual([{ country: 'JP', class: 'tcp-scan', marks: 7 }]);
    const many = withMessage(EMPTY_WINDOW, message([row({ marks: 300 }), row({ country: 'US', marks: 100 })]));
    expect(stillMarks(many).map(({ marks }) => marks)).toEqual([120, 40]);
  });
});
