/**
 * Sentences with gaps: the same words for many findings, completed where they are read.
 *
 * A daily report says one thing about a hundred thousand hosts. Its sentence is written
 * once, with gaps where the asset and the time of the judgement go, so that a finding is
 * stored without its words. A sentence without gaps is complete as it stands.
 */
import type { Text } from './text.ts';

export const ASSET_GAP = '{asset}';
export const TIME_GAP = '{time}';

const GAPS = /\{(?:asset|time)\}/g;
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

export const hasGaps = ({ ja, en }: Text): boolean => ja.search(GAPS) >= 0 || en.search(GAPS) >= 0;

/** The sentence about this asset, judged at this time (Unix ms). What is filled in is not searched again. */
export function fillGaps({ ja, en }: Text, asset: string, at: number): Text {
  const time = timeWords(at);
  return {
    ja: ja.replace(GAPS, (gap) => (gap === ASSET_GAP ? asset : time.ja)),
    en: en.replace(GAPS, (gap) => (gap === ASSET_GAP ? asset : time.en)),
  };
}

/** '2026年3月3日 05:05 UTC', '3 March 2026, 05:05 UTC'. */
function timeWords(at: number): Text {
  const date = new Date(at);
  const clock = date.toISOString().slice(11, 16);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  return { ja: `${year}年${month + 1}月${day}日 ${clock} UTC`, en: `${day} ${MONTHS[month]} ${year}, ${clock} UTC` };
}
