/** Line breaking by the rules of Japanese setting, on examples and on anything at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakLines, type Line, type LineOptions, type Run } from './japanese-lines.ts';

/** Full-width characters are one em, the others half. */
const measure = (text: string): number =>
  Array.from(text).reduce((sum, character) => sum + (/[\u3000-\u9fff\uff00-\uffef]/.test(character) ? 1 : 0.5), 0);

const textOf = (line: Line): string => line.pieces.map((piece) => piece.text).join('');
const plain = (text: string): Run[] => [{ text, weight: 'regular' }];
const set = (text: string, width: number, options?: LineOptions): string[] => breakLines(plain(text), width, measure, options).map(textOf);

const NEVER_FIRST = /^[、。，．：；？！ー）］｝〕〉》」』】ァィゥェォッャュョぁぃぅぇぉっゃゅょ々…,.;!?)\]}]/u;
const NEVER_LAST = /[（［｛〔〈《「『【(]$/u;

describe('Japanese lines', () => {
  it('never start with a full stop or comma', () => {
    expect(set('あいうえお。かきくけこ、さしすせそ', 5.5)).toEqual(['あいうえお。', 'かきくけこ、', 'さしすせそ']);
    expect(set('あいうえおか。きくけこさ', 6)).toEqual(['あいうえお', 'か。きくけこ', 'さ']);
  });

  it('push a character over rather than start with a small kana or a long mark', () => {
    expect(set('あいうえチェック', 5)).toEqual(['あいうえ', 'チェック']);
    expect(set('あいうルーター', 4)).toEqual(['あいう', 'ルーター']);
  });

  it('never end with an opening bracket', () => {
    expect(set('あいうえお「かきくけこ」', 6)).toEqual(['あいうえお', '「かきくけこ」']);
  });

  it('keep a figure with its counter and words whole', () => {
    expect(set('あいうえ10秒待つ', 5.5)).toEqual(['あいうえ', '10秒待つ']);
    expect(set('ああああTelnetの入り口', 6)[1]).toMatch(/^Telnet/);
  });

  it('leave a little room where scripts meet, and none inside', () => {
    const [line] = breakLines(plain('機器10台のTelnet'), 40, measure);
    expect(line?.pieces.map((piece) => [piece.text, piece.x])).toEqual([
      ['機器', 0],
      ['10', 2.125],
      ['台の', 3.25],
      ['Telnet', 5.375],
    ]);
  });

  it('close the gap between brackets and trim it at the start of a line', () => {
    expect(breakLines(plain('「あ」、'), 40, measure)[0]).toMatchObject({ width: 3, pieces: [{ x: -0.5 }, { text: '、', x: 2 }] });
  });

  it('break headings between phrases', () => {
    const lines = set('不正なプログラムが動いているおそれがある機器について', 14, { byPhrase: true });
    expect(lines.join('')).toBe('不正なプログラムが動いているおそれがある機器について');
    for (const line of lines.slice(1)) expect(line).not.toMatch(/^[がをにはのでとも]/);
  });

  it('do not leave a stub of two characters', () => {
    const lines = set('いろはにほへとちりぬるをわかよたれそつねならむうゐの', 12);
    expect(lines.at(-1)?.length).toBeGreaterThanOrEqual(4);
  });

  it('keep weights apart and in order', () => {
    const [line] = breakLines(
      [
        { text: '電源を切る。', weight: 'semibold' },
        { text: '10秒待ちます。', weight: 'regular' },
      ],
      40,
      measure,
    );
    expect(line?.pieces.map((piece) => piece.weight)).toEqual(['semibold', 'regular', 'regular']);
  });

  it('end where the text says so', () => {
    expect(set('TCP 23\n送信元40123', 40)).toEqual(['TCP 23', '送信元40123']);
  });
});

describe('English lines', () => {
  it('break at spaces only, and drop the space', () => {
    expect(set('one two three four', 5)).toEqual(['one two', 'three four']);
  });

  it('cut an address longer than the line after a separator', () => {
    const lines = set('2001:db8:1234:5678:9abc:def0:1234:5678', 10);
    expect(lines.join('')).toBe('2001:db8:1234:5678:9abc:def0:1234:5678');
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/:$/);
  });
});

describe('any text', () => {
  const characters = fc.constantFrom(...'あいうえおかきくけこ漢字機器設定、。「」（）ーッャ・…10 23abcXYZ.-/:　,!?々〜'.split(''));
  const text = fc.array(characters, { maxLength: 120 }).map((list) => list.join(''));

  it('loses nothing but spaces at line ends', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 40 }), (value, width) => {
        expect(set(value, width).join('').replace(/ /g, '')).toBe(value.replace(/ /g, ''));
      }),
    );
  });

  it('fits its lines, with closing marks allowed to hang by half', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 8, max: 40 }), (value, width) => {
        for (const line of breakLines(plain(value), width, measure)) expect(line.width).toBeLessThanOrEqual(width + 0.5 + 1e-6);
      }),
    );
  });

  it('keeps the rules wherever the line offers another break', () => {
    const words = fc.constantFrom('機器を', '設定、', '「更新」', '（登録）', 'ルーター', '10秒', 'Telnet', '直す。', 'チェック');
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), fc.integer({ min: 10, max: 40 }), (list, width) => {
        const lines = set(list.join(''), width);
        for (const line of lines.slice(1)) expect(line).not.toMatch(NEVER_FIRST);
        for (const line of lines.slice(0, -1)) expect(line).not.toMatch(NEVER_LAST);
      }),
    );
  });
});
