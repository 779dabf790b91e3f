/**
 * Decides who hears of what: one notice per constituent, by the first channel that reaches it.
 *
 * Many findings become one letter, because a desk that gets a hundred mails reads none.
 * Channels come in order of preference (mail before letter). Whom no channel reaches is
 * left out here and stays visible as an open case.
 */
import { randomInt } from 'node:crypto';
import type { Channel, NoticeCandidate, NoticePlanner, PlannedNotice } from '../engine/ports.ts';

/** Without 0 O 1 I L and U V: the code is read from paper and typed by hand. */
const CODE_ALPHABET = '23456789ABCDEFGHJKMNPQRSTWXYZ';

export const planNotices: NoticePlanner = (candidates, channels) => {
  const byConstituent = Map.groupBy(candidates, ({ constituent }) => constituent.id);
  return [...byConstituent.values()].flatMap((cases) => planNotice(cases, channels));
};

function planNotice(cases: readonly NoticeCandidate[], channels: readonly Channel[]): PlannedNotice[] {
  const constituent = cases[0]?.constituent;
  const items = cases.flatMap((one) => one.items);
  const channel = constituent && channels.find((one) => one.reaches(constituent));
  if (!channel || items.length === 0) return [];
  return [{ channel: channel.id, constituent, checkCode: drawCheckCode(), items }];
}

/** 'XXXX-XXXX': proves to the reader, who types it in, that a notice is ours. */
export const drawCheckCode = (): string => `${drawLetters(4)}-${drawLetters(4)}`;

const drawLetters = (count: number): string =>
  Array.from({ length: count }, () => CODE_ALPHABET[randomInt(CODE_ALPHABET.length)] ?? '').join('');
