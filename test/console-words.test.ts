/**
 * The console speaks two languages as equals: the same keys, nothing empty, Japanese in
 * the Japanese catalogue and none of it in the English one.
 */
import { describe, expect, it } from 'vitest';
import { en } from '../console/words/en.ts';
import { countEn, figure, shortEn, shortJa, startEn, thingsJa } from '../console/words/figure.ts';
import { ja } from '../console/words/ja.ts';

type Entry = readonly [path: string, value: string];

/** Sentences with gaps are filled in: counts where a number fits, a plain name elsewhere. */
function entriesOf(value: unknown, path = '', count = 3): Entry[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, fill(value as (...given: unknown[]) => unknown, count)]];
  return Object.entries(value as object).flatMap(([key, inner]) => entriesOf(inner, path === '' ? key : `${path}.${key}`, count));
}

function fill(sentence: (...given: unknown[]) => unknown, count: number): string {
  const given = Array.from({ length: sentence.length }, () => Object.assign(String(count), {}));
  const numbers = Array.from({ length: sentence.length }, () => count);
  try {
    return String(sentence(...numbers));
  } catch {
    return String(sentence(...given));
  }
}

const JAPANESE = /[\u3041-\u30ff\u4e00-\u9fff]/;
/** Signs, names and abbreviations that are the same in both languages, and the other language's own name. */
const SAME = new Set(['app.other', 'common.none', 'common.csv', 'common.join', 'common.bracket', 'common.range', 'common.shown']);
const LATIN_IN_JAPANESE = new Set([
  'now.network',
  'trafficMany.ping',
  'resourceKind.asn',
  'trafficClass.ping',
  'fact.pingPackets',
  'case.by',
  'case.heading',
  'case.registered',
  'sensors.milliseconds',
  'sensors.detailTitle',
  'statistics.observedRange',
  'explore.amount',
]);

const japanese = entriesOf(ja);
const english = entriesOf(en);

describe('the words of the console', () => {
  it('has the same keys in both languages', () => {
    expect(english.map(([path]) => path)).toEqual(japanese.map(([path]) => path));
    expect(japanese.length).toBeGreaterThan(300);
  });

  it('leaves nothing empty and no gap unfilled', () => {
    for (const [path, value] of [...japanese, ...english]) {
      expect(value.trim(), path).not.toBe('');
      expect(value, path).not.toMatch(/undefined|NaN|\[object/);
    }
  });

  it('writes Japanese in the Japanese catalogue', () => {
    const odd = japanese.filter(([path, value]) => !JAPANESE.test(value) && !SAME.has(path) && !LATIN_IN_JAPANESE.has(path));
    expect(odd).toEqual([]);
  });

  it('leaves no English sentence in the Japanese catalogue', () => {
    const odd = japanese.filter(([, value]) => /[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}/.test(value));
    expect(odd).toEqual([]);
  });

  it('writes no Japanese in the English catalogue, the name of the tower apart', () => {
    const odd = english.filter(([path, value]) => JAPANESE.test(value) && path !== 'app.other');
    expect(odd).toEqual([]);
  });

  it('keeps to the wording rules: no exclamation marks, no pleading, no "resolved"', () => {
    for (const [path, value] of [...japanese, ...english]) {
      expect(value, path).not.toMatch(/[!！]|解決|対応済み|収束|攻撃元の国/);
      expect(value, path).not.toMatch(/\b(?:please|resolved|attacking country)\b/i);
    }
  });

  it('types no space between Japanese and Latin characters: the browser makes it', () => {
    const odd = japanese.filter(([, value]) =>
      /[\u3041-\u30ff\u4e00-\u9fff] [A-Za-z0-9]|[A-Za-z0-9] [\u3041-\u30ff\u4e00-\u9fff]/.test(value),
    );
    expect(odd.map(([path]) => path).filter((path) => !SPACED.has(path))).toEqual([]);
  });

  it('counts in the singular where there is one', () => {
    const one = entriesOf(en, '', 1).filter(([, value]) =>
      /\b1 (?:cases|findings|files|records|notices|hosts|days|rows|items|sensors|sources)\b/.test(value),
    );
    expect(one).toEqual([]);
  });
});

/** Label and value side by side: "コード E-1", not running text. */
const SPACED = new Set(['state.code', 'watch.stale', 'nav.decisions']);

describe('figures in sentences', () => {
  it('groups thousands and writes a true minus sign', () => {
    expect(figure(12480)).toBe('12,480');
    expect(figure(-3)).toBe('\u22123');
  });

  it('shortens only what is long', () => {
    expect(shortJa(9999)).toBe('9,999');
    expect(shortJa(1_320_000)).toBe('132万');
    expect(shortEn(1_320_000)).toBe('1.32 million');
    expect(shortEn(297_432)).toBe('297,000');
  });

  it('starts English sentences with a word up to ten', () => {
    expect(startEn(7)).toBe('Seven');
    expect(startEn(12)).toBe('12');
    expect(countEn(1, 'case')).toBe('1 case');
    expect(countEn(2, 'case')).toBe('2 cases');
  });

  it('uses the Japanese counter up to nine', () => {
    expect(thingsJa(9)).toBe('9つ');
    expect(thingsJa(12)).toBe('12');
  });
});
