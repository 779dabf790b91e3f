/** Why a datagram, a data set or a template cannot be used, in the words an operator reads beside it. */
import type { Reason, ReasonSentences } from '../../domain/reason.ts';

export const REASONS = {
  'not-an-export': {
    ja: '{exporter} からのデータグラムは、NetFlow v5・v9・IPFIXのいずれでもありません（バージョン {version}）。',
    en: 'The datagram of {exporter} is neither NetFlow v5 or v9 nor IPFIX (version {version}).',
  },
  'datagram-cut': {
    ja: '{exporter} からのデータグラムは、ヘッダーの示す長さ（{stated}バイト）に足りません。実際は{present}バイトです。',
    en: 'The datagram of {exporter} is shorter than its header says: {present} of {stated} bytes.',
  },
  'set-broken': {
    ja: '{exporter} からのデータグラムで、セット {set} の長さ（{length}バイト）が正しくありません。以降は読み取れません。',
    en: 'Set {set} in a datagram of {exporter} has a wrong length ({length} bytes); what follows cannot be read.',
  },
  'record-broken': {
    ja: '{exporter} のテンプレート {template} のデータが、テンプレートどおりの長さになっていません。',
    en: 'Data for template {template} of {exporter} does not have the lengths that the template states.',
  },
  'template-broken': {
    ja: '{exporter} のテンプレート {template} は、示された項目数が入る長さになっていません。',
    en: 'Template {template} of {exporter} is too short for the fields it announces.',
  },
  'template-empty': {
    ja: '{exporter} のテンプレート {template} には、長さのある項目が一つもありません。',
    en: 'Template {template} of {exporter} has no field with any length.',
  },
  'template-enormous': {
    ja: '{exporter} のテンプレート {template} は大きすぎます（{fields}項目、{bytes}バイト）。',
    en: 'Template {template} of {exporter} is too large ({fields} fields, {bytes} bytes).',
  },
  'template-number': {
    ja: '{exporter} のテンプレート番号 {template} は使えません（256未満）。',
    en: 'Template number {template} of {exporter} cannot be used (below 256).',
  },
  'templates-too-many': {
    ja: '{exporter} のテンプレートが多すぎるため、{template} は受け付けません。',
    en: '{exporter} has too many templates; {template} is not taken.',
  },
} as const satisfies ReasonSentences;

export const reason = (code: keyof typeof REASONS, parameters: Reason['parameters']): Reason => ({ code, parameters });
