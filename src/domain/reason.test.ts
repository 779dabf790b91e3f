/** Reasons become sentences in both languages, whatever stands in the record. */
import { describe, expect, it } from 'vitest';
import { blanksOf } from './blanks.ts';
import { explainReason } from './reason.ts';

const SENTENCES = { late: { ja: '「{value}」は{days}日遅れています。', en: '“{value}” is {days} days late.' } };

describe('a reason', () => {
  it('is told in both languages with its values', () => {
    expect(explainReason(SENTENCES, { code: 'late', parameters: { value: 'a', days: 2 } })).toEqual({
      ja: '「a」は2日遅れています。',
      en: '“a” is 2 days late.',
    });
  });

  it('takes a value as it is, even one that looks like a gap or a replacement', () => {
    const told = explainReason(SENTENCES, { code: 'late', parameters: { value: '{days} $& $1', days: 2 } });
    expect(told.en).toBe('“{days} $& $1” is 2 days late.');
  });

  it('without a sentence stands for itself', () => {
    expect(explainReason(SENTENCES, { code: 'no time', parameters: {} })).toEqual({ ja: 'no time', en: 'no time' });
    expect(explainReason(SENTENCES, { code: 'late', parameters: {} }).en).toBe('“{value}” is {days} days late.');
  });

  it('names its gaps', () => {
    expect(blanksOf(SENTENCES.late.en)).toEqual(['value', 'days']);
  });
});
