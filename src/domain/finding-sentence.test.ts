import { describe, expect, it } from 'vitest';
import { ASSET_BLANK, completeSentence, hasBlanks, TIME_BLANK } from './finding-sentence.ts';

const sentence = { ja: `${ASSET_BLANK} が見えました（${TIME_BLANK}）。`, en: `${ASSET_BLANK} was seen (${TIME_BLANK}).` };

describe('a sentence with blanks', () => {
  it('is completed with the asset and the minute of the judgement', () => {
    expect(completeSentence(sentence, '192.0.2.1', Date.UTC(2026, 2, 3, 5, 5, 53))).toEqual({
      ja: '192.0.2.1 が見えました（2026年3月3日 05:05 UTC）。',
      en: '192.0.2.1 was seen (3 March 2026, 05:05 UTC).',
    });
  });

  it('takes what is filled in literally', () => {
    expect(completeSentence({ ja: ASSET_BLANK, en: ASSET_BLANK }, "{time} $& $'", 0)).toEqual({ ja: "{time} $& $'", en: "{time} $& $'" });
  });

  it('is told from one that is complete', () => {
    expect([hasBlanks(sentence), hasBlanks({ ja: '{1,2}', en: '{"asset"}' })]).toEqual([true, false]);
    const complete = { ja: '{0}', en: '{ asset } {constructor}' };
    expect(completeSentence(complete, '192.0.2.1', 0)).toEqual(complete);
  });
});
