import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvRecord, CsvSplitter } from './csv.ts';

/** All records of a text that arrives in pieces of a size. */
function split(text: string, pieceSize = text.length || 1): CsvRecord[] {
  const splitter = new CsvSplitter();
  const records: CsvRecord[] = [];
  const take = (): void => {
    for (let record = splitter.next(); record; record = splitter.next()) records.push(record);
  };
  for (let i = 0; i < text.length; i += pieceSize) {
    splitter.push(text.slice(i, i + pieceSize));
    take();
  }
  splitter.end();
  take();
  return records;
}

const cellsOf = (text: string, pieceSize?: number): (readonly string[])[] => split(text, pieceSize).map((record) => record.cells);

describe('a CSV text', () => {
  it.each([
    [
      'plain',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['no last line break', 'a,b', [['a', 'b']]],
    [
      'empty cells',
      'a,,\n,,',
      [
        ['a', '', ''],
        ['', '', ''],
      ],
    ],
    ['quotes', '"a","b ""c""",""\n', [['a', 'b "c"', '']]],
    ['commas and lines in quotes', '"a,b","c\nd"\ne\n', [['a,b', 'c\nd'], ['e']]],
    [
      'CRLF',
      'a,"b"\r\n"c",d\r\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['blank lines', 'a\n\n\r\nb\n', [['a'], ['b']]],
    ['a quoted empty line', '""\na\n', [[''], ['a']]],
    ['a quote inside a bare cell', 'a"b,c\n', [['a"b', 'c']]],
    ['text after a closing quote, as escaped quotes of other tools', String.raw`"x=\"\"y\"\"",b`, [[String.raw`x=\\"y\"\""`, 'b']]],
  ])('%s', (_name, text, expected) => {
    expect(cellsOf(text)).toEqual(expected);
  });

  it('tells a quote that never closes', () => {
    expect(split('a,"b\nc,d\n').map((record) => record.isTorn)).toEqual([true]);
  });

  it('can be resumed inside a record', () => {
    const splitter = new CsvSplitter();
    splitter.push('"a,b\nc,d\ne,f\n');
    splitter.end();
    const torn = splitter.next() as CsvRecord;
    splitter.resume(torn, splitter.textOf(torn).indexOf('\n') + 1);
    expect([splitter.next()?.cells, splitter.next()?.cells, splitter.next()]).toEqual([['c', 'd'], ['e', 'f'], undefined]);
  });

  it('reads the same in pieces of any size', () => {
    const piece = fc.constantFrom('a', '"', ',', '\n', '\r\n', '""', 'é', '日本', '"x"', ',"y",');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (pieces, size) => {
        const text = pieces.join('');
        expect(cellsOf(text, size)).toEqual(cellsOf(text));
      }),
    );
  });

  it('gives back what was written by the rules', () => {
    const cell = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\r'));
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 5 }), (rows) => {
        const text = rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\n');
        expect(cellsOf(text)).toEqual(rows);
      }),
    );
  });
});
