/**
 * The sentence of a finding, with blanks: the same words for many findings, completed where they are read.
 *
 * A daily report says one thing about a hundred thousand hosts. Its sentence is written
 * once, with blanks where the asset and the time of the judgement go, so that a finding is
 * stored without its words. A sentence without blanks is complete as it stands.
 */
import { blanksOf, fillBlanks } from './blanks.ts';
import type { Text } from './text.ts';

export const ASSET_BLANK = '{asset}';
export const TIME_BLANK = '{time}';

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

const isOurs = (name: string): boolean => `{${name}}` === ASSET_BLANK || `{${name}}` === TIME_BLANK;

export const hasBlanks = ({ ja, en }: Text): boolean => blanksOf(ja).some(isOurs) || blanksOf(en).some(isOurs);

/** The sentence about this asset, judged at this time (Unix ms). What is filled in is not searched again. */
export function completeSentence({ ja, en }: Text, asset: string, at: number): Text {
  const time = timeWords(at);
  return { ja: fillBlanks(ja, { asset, time: time.ja }), en: fillBlanks(en, { asset, time: time.en }) };
}

/** '2026年3月3日 05:05 UTC', '3 March 2026, 05:05 UTC'. */
function timeWords(at: number): Text {
  const date = new Date(at);
  const clock = date.toISOString().slice(11, 16);
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  return { ja: `${year}年${month + 1}月${day}日 ${clock} UTC`, en: `${day} ${MONTHS[month]} ${year}, ${clock} UTC` };
}
