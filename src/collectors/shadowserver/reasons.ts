/** Why a row of a report cannot be used, in the words an operator reads beside it. */
import type { Reason, ReasonSentences } from '../../domain/reason.ts';

export const REASONS = {
  'time-unreadable': {
    ja: 'timestamp列の値「{value}」を時刻として読み取れません。',
    en: 'The value “{value}” in the column timestamp is no time.',
  },
  'time-out-of-range': {
    ja: '時刻「{value}」は、保存できる範囲（1970年から2106年まで）の外です。',
    en: 'The time “{value}” lies outside what can be stored (1970 to 2106).',
  },
  'port-unreadable': {
    ja: '「{value}」はポート番号ではありません。',
    en: '“{value}” is no port number.',
  },
  'quote-open': {
    ja: '引用符で始まる値が、行の終わりまでに閉じていません。',
    en: 'A quoted value does not end on its line.',
  },
  'width-differs': {
    ja: '値の数（{values}）が列の数（{columns}）と合いません。',
    en: 'The number of values ({values}) is not that of the columns ({columns}).',
  },
} as const satisfies ReasonSentences;

const LONGEST_VALUE = 40;

export const reason = (code: keyof typeof REASONS, parameters: Reason['parameters'] = {}): Reason => ({ code, parameters });

/** About one value of the row; a long one is cut short. */
export const aboutValue = (code: keyof typeof REASONS, value: string): Reason => reason(code, { value: value.slice(0, LONGEST_VALUE) });
