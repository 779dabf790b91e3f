/** The advice is content, and content has rules too: both languages, plain, short, no fear. */
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FINDING_KINDS } from '../domain/finding.ts';
import type { Text } from '../domain/text.ts';
import { isYaguraError } from '../engine/errors.ts';
import { loadAdvice } from './advice.ts';
import { ADVICE_FOLDER } from './test-support.ts';
import { splitStep } from './words.ts';

const advice = loadAdvice(ADVICE_FOLDER);

const FORBIDDEN = [
  /検出しました/,
  /安全です|安心/,
  /感染しています/,
  /問題ありません/,
  /[!！]/,
  /危険|脅威|至急|直ちに/,
  /解決しました|対応済み/,
  /あなたの(せい|責任)|怠/,
  /detected|is infected|are infected/i,
  /\b(danger|dangerous|urgent|immediately|critical|warning!|threat|hacker|cyber)\b/i,
  /\b(your fault|you failed|careless)\b/i,
  /\p{Extended_Pictographic}/u,
  /(送って|お知らせ|入力して|教えて)[^。]*パスワード|パスワードを(送|教え|お知らせ|入力)/,
  /\b(send|tell|give)\b[^.]*\bpassword/i,
];

function sentences(text: string, language: keyof Text): string[] {
  const parts = language === 'ja' ? text.split(/(?<=。)/) : text.split(/(?<=[.?])\s+/);
  return parts.filter((part) => part.trim() !== '');
}

describe('the catalogue of advice', () => {
  it('has exactly one file per finding kind', () => {
    expect(readdirSync(ADVICE_FOLDER).sort()).toEqual(FINDING_KINDS.map((kind) => `${kind}.yaml`).sort());
  });

  it('refuses a kind it does not know', () => {
    expect(() => advice('no-such-kind')).toThrow(expect.objectContaining({ code: 'not-found' }));
  });
});

describe.each(FINDING_KINDS)('advice about %s', (kind) => {
  const { title, summary, risk, steps } = advice(kind);
  const all: readonly Text[] = [title, summary, risk, ...steps];

  it('says everything in both languages', () => {
    for (const text of all) {
      expect(text.ja).toMatch(/[\p{Script=Hiragana}]/u);
      expect(text.en).toMatch(/^[A-Z][\p{Script=Latin}\p{P}\p{N}\s]+$/u);
    }
  });

  it('has one to four steps, each beginning with a short action', () => {
    expect(steps.length).toBeGreaterThanOrEqual(1);
    expect(steps.length).toBeLessThanOrEqual(4);
    for (const step of steps) {
      expect(splitStep(step.ja).action.length, step.ja).toBeLessThanOrEqual(40);
      expect(splitStep(step.en).action.length, step.en).toBeLessThanOrEqual(70);
      expect(splitStep(step.ja).action).toMatch(/。$/);
    }
  });

  it('keeps its sentences short', () => {
    for (const text of [summary, risk, ...steps]) {
      for (const sentence of sentences(text.ja, 'ja')) expect(sentence.length, sentence).toBeLessThanOrEqual(75);
      for (const sentence of sentences(text.en, 'en')) expect(sentence.split(/\s+/).length, sentence).toBeLessThanOrEqual(28);
    }
    expect(sentences(summary.ja, 'ja')).toHaveLength(1);
    expect(sentences(summary.en, 'en')).toHaveLength(1);
    expect(title.ja.length).toBeLessThanOrEqual(28);
    expect(title.en.length).toBeLessThanOrEqual(62);
  });

  it('frightens, blames and promises nothing', () => {
    for (const text of all) {
      for (const pattern of FORBIDDEN) {
        expect(text.ja).not.toMatch(pattern);
        expect(text.en).not.toMatch(pattern);
      }
    }
  });

  it('sets no space between Japanese and Latin letters of its own making', () => {
    for (const text of all)
      expect(text.ja).not.toMatch(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}] | [\p{Script=Han}\p{Script=Hiragana}]/u);
  });
});

describe('a broken catalogue', () => {
  it.each([
    ['a missing file', (folder: string) => rmSync(join(folder, 'spam.yaml'))],
    ['a file that is no YAML', (folder: string) => writeFileSync(join(folder, 'spam.yaml'), 'a: [')],
    ['a missing language', (folder: string) => writeFileSync(join(folder, 'spam.yaml'), 'kind: spam\ntitle: { ja: あ }\n')],
    ['a file about another kind', (folder: string) => cpSync(join(folder, 'other.yaml'), join(folder, 'spam.yaml'))],
  ])('with %s stops the start and names the file', (_what, breakIt) => {
    const folder = mkdtempSync(join(tmpdir(), 'yagura-advice-'));
    cpSync(ADVICE_FOLDER, folder, { recursive: true });
    breakIt(folder);
    expect(() => loadAdvice(folder)).toThrow(expect.objectContaining({ code: 'config-invalid', file: 'spam.yaml' }));
    try {
      loadAdvice(folder);
    } catch (error) {
      expect(isYaguraError(error, 'config-invalid')).toBe(true);
    }
    rmSync(folder, { recursive: true });
  });
});
