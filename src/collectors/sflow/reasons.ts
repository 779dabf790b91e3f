/** Why a datagram cannot be used, in the words an operator reads beside it. */
import type { Reason, ReasonSentences } from '../../domain/reason.ts';

export const REASONS = {
  'version-unknown': {
    ja: '{exporter} からのデータグラムはsFlowバージョン5ではありません（バージョン {version}）。',
    en: 'The datagram of {exporter} is not sFlow version 5 (version {version}).',
  },
  'datagram-broken': {
    ja: '{exporter} からのsFlowデータグラムは、{at}バイト目で示された長さが全体（{length}バイト）を超えています。それより前のサンプルは使いました。',
    en: 'In the sFlow datagram of {exporter}, a length at byte {at} reaches behind its end ({length} bytes); the samples before it were used.',
  },
} as const satisfies ReasonSentences;

export const reason = (code: keyof typeof REASONS, parameters: Reason['parameters']): Reason => ({ code, parameters });
