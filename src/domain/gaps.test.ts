import { describe, expect, it } from 'vitest';
import { ASSET_GAP, fillGaps, hasGaps, TIME_GAP } from './gaps.ts';

const sentence = { ja: `${ASSET_GAP} が見えました（${TIME_GAP}）。`, en: `${ASSET_GAP} was seen (${TIME_GAP}).` };

describe('a sentence with gaps', () => {
  it('is completed with the asset and the minute of the judgement', () => {
    expect(fillGaps(sentence, '192.0.2.1', Date.UTC(2026, 2, 3, 5, 5, 53))).toEqual({
      ja: '192.0.2.1 が見えました（2026年3月3日 05:05 UTC）。',
      en: '192.0.2.1 was seen (3 March 2026, 05:05 UTC).',
    });
  });

  it('takes what is filled in literally', () => {
    expect(fillGaps({ ja: ASSET_GAP, en: ASSET_GAP }, "{time} $& $'", 0)).toEqual({ ja: "{time} $& $'", en: "{time} $& $'" });
  });

  it('is told from one that is complete', () => {
    expect([hasGaps(sentence), hasGaps({ ja: '{1,2}', en: '{"asset"}' })]).toEqual([true, false]);
    const complete = { ja: '{0}', en: '{ asset }' };
    expect(fillGaps(complete, '192.0.2.1', 0)).toEqual(complete);
  });
});
