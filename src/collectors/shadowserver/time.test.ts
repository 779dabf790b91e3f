import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMoment, parseMoment, parseRecordTime } from './time.ts';

describe('times', () => {
  it.each([
    ['2026-03-03 05:05:53', '2026-03-03T05:05:53+00:00'],
    ['2026-03-03 05:05:53 UTC', '2026-03-03T05:05:53+00:00'],
    ['2026-03-03T05:05:53Z', '2026-03-03T05:05:53+00:00'],
    ['2026-03-03T14:05:53+09:00', '2026-03-03T05:05:53+00:00'],
    ['2026-03-03 05:05:53.25', '2026-03-03T05:05:53.250000+00:00'],
    ['2026-03-03 05:05:53.000000+00:00', '2026-03-03T05:05:53+00:00'],
    ['2026-03-03', '2026-03-03T00:00:00+00:00'],
    ['2026/03/03 05:05', '2026-03-03T05:05:00+00:00'],
    ['20260303T050553', '2026-03-03T05:05:53+00:00'],
    ['Wed, 10 Feb 2010 00:00:00 GMT', '2010-02-10T00:00:00+00:00'],
    ['Wednesday, 10-Feb-10 23:59:59 GMT', '2010-02-10T23:59:59+00:00'],
    ['Wed Feb 10 01:02:03 2010', '2010-02-10T01:02:03+00:00'],
    ['10 February 2010 1:02:03 PM', '2010-02-10T13:02:03+00:00'],
    ['Feb 10, 2010', '2010-02-10T00:00:00+00:00'],
    ['Wed, 10 Feb 2010 09:00:00 +0900', '2010-02-10T00:00:00+00:00'],
    ['02/10/2010 00:00:00', '2010-02-10T00:00:00+00:00'],
  ])('%s', (text, expected) => {
    const moment = parseMoment(text);
    expect(moment && formatMoment(moment)).toBe(expected);
  });

  it.each(['', '0', '-1', 'never', '2026-02-30 00:00:00', '2026-13-01', '2026-01-01 25:00:00', '99', '192.0.2.1'])('%j is none', (text) => {
    expect(parseMoment(text)).toBeUndefined();
    expect(parseRecordTime(text)).toBeUndefined();
  });

  it('has one fast form that says the same as the lenient one', () => {
    const dates = fc.date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const text = date.toISOString().slice(0, 19).replace('T', ' ');
        const expected = Math.floor(date.getTime() / 1000) * 1000;
        expect([parseRecordTime(text), parseMoment(`${text} UTC`)?.ms]).toEqual([expected, expected]);
      }),
    );
  });

  it('never fails on any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseMoment(text)));
  });
});
