import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsvLine } from './csv.ts';

const read = (line: string): string[][] => parse(line, { relax_column_count: true });

/** Any text at all; the built-in generator of it takes seconds to get going. */
const anyText = fc.array(fc.integer({ min: 0, max: 0x10ffff }), { minLength: 1, maxLength: 40 }).map((points) =>
  points
    .filter((point) => point < 0xd800 || point > 0xdfff)
    .map((point) => String.fromCodePoint(point % 7 === 0 ? point % 0x2100 : point))
    .join(''),
);

describe('a CSV line', () => {
  it('quotes where it must and ends as RFC 4180 wants', () => {
    expect(toCsvLine(['a', 'b,c', 'd "e"', 7, null])).toBe('a,"b,c","d ""e""",7,\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '\u200B=1'])('guards %j against being run as a formula', (cell) => {
    expect(read(toCsvLine([cell]))[0]?.[0]).toMatch(/^'/);
  });

  it('reads back as one record with as many cells, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 2, maxLength: 6 }), (cells) => {
        const records = read(toCsvLine(cells));
        expect(records).toHaveLength(1);
        expect(records[0]).toHaveLength(cells.length);
        for (const cell of records[0] ?? []) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });
});
