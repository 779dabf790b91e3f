/** Why a packet cannot be used, in the words an operator reads beside it. */
import type { Reason, ReasonSentences } from '../../domain/reason.ts';

export const REASONS = {
  malformed: {
    ja: 'パケットのヘッダーが壊れているか、長さの値が互いに食い違っています。',
    en: 'The headers of the packet are broken, or the lengths they state contradict each other.',
  },
  'no-time': {
    ja: 'パケットに時刻がないか、保存できる範囲（1970年から2106年まで）の外です。',
    en: 'The packet has no time, or one outside what can be stored (1970 to 2106).',
  },
} as const satisfies ReasonSentences;

const withoutValues = (code: keyof typeof REASONS): Reason => ({ code, parameters: {} });
export const MALFORMED = withoutValues('malformed');
export const WITHOUT_TIME = withoutValues('no-time');
