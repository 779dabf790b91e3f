/**
 * The words all channels share, and how figures, times and addresses are written.
 *
 * Both languages are written, not translated. Raw times are UTC and labelled so where
 * they stand: a provider needs the exact second to find the line behind an address.
 */
import type { Constituent } from '../domain/constituent.ts';
import type { Severity } from '../domain/finding.ts';
import type { NoticeItem } from '../domain/notice.ts';
import type { Language, Text } from '../domain/text.ts';
import { toHarmlessLine, toOneLine } from './safe-text.ts';

export const SEVERITY_WORDS: Readonly<Record<Severity, Text>> = {
  critical: { ja: '緊急', en: 'Critical' },
  high: { ja: '高', en: 'High' },
  medium: { ja: '中', en: 'Medium' },
  low: { ja: '低', en: 'Low' },
  info: { ja: '参考', en: 'For information' },
};

export const HEADINGS = {
  seen: { ja: '見えたこと', en: 'What we saw' },
  steps: { ja: 'していただきたいこと', en: 'What we ask you to do' },
  answer: { ja: '結果をお知らせください（登録は不要です）', en: 'Tell us how it went (no account needed)' },
  case: { ja: '案件', en: 'Case' },
  address: { ja: '対象', en: 'Address' },
  port: { ja: 'ポート', en: 'Port' },
  sourcePort: { ja: '送信元ポート', en: 'Source port' },
  times: { ja: '回数', en: 'Times' },
  severity: { ja: '重要度', en: 'Severity' },
  lastSeen: { ja: '最後の観測（UTC）', en: 'Last seen (UTC)' },
  checkCode: { ja: '確認コード', en: 'Check code' },
  number: { ja: '番号', en: 'Number' },
  date: { ja: '日付', en: 'Date' },
} as const satisfies Record<string, Text>;

export const NOT_AN_ACCUSATION: Text = {
  ja: 'どなたかを責めるお知らせではありません。持ち主が気づいていないことがよくあります。',
  en: 'This is not an accusation. Owners are often not aware of it.',
};

export const NEVER_ASKED: Text = {
  ja: 'パスワード、お金、口座の番号、遠隔操作をお願いすることは決してありません。入れていただくソフトウェアもありません。',
  en: 'We never ask for passwords, money, bank details or remote access, and there is no software to install.',
};

/** The first line of anything made from a simulation, so that nobody takes an exercise for real. */
export const SIMULATION: Text = {
  ja: '【訓練・模擬】これは訓練のための模擬のお知らせです。実際の機器についてのものではありません。',
  en: '[SIMULATION] This is a notice from an exercise. It is not about a real device.',
};

/** Providers pass a notice on to the customer behind the address. */
export function toProviderHint(constituent: Constituent): Text | null {
  if (constituent.kind !== 'isp' && constituent.kind !== 'carrier') return null;
  return {
    ja: 'ご契約者のアドレスの場合は、アドレス、送信元ポート、時刻（UTC）からご契約者を調べ、この内容をお伝えください。',
    en: 'If an address is used by one of your customers, look them up by address, source port and time (UTC) and pass this on.',
  };
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** '2026-06-17 14:32:10' in UTC; the label stands in the heading. */
export function formatUtc(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

/** '2026-06-17T14:32:10Z', or with milliseconds when there are any. */
export function toIso(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

export function formatDate(at: number, language: Language, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, day: 'numeric', month: 'long', year: 'numeric' });
  if (language === 'en') return format.format(at);
  const [year, month, day] = new Date(at).toLocaleDateString('sv-SE', { timeZone }).split('-').map(Number);
  return `${year}年${month}月${day}日`;
}

/** 'TCP 23', '53', or '' when the finding is about no port. */
export function formatPort(item: Pick<NoticeItem, 'port' | 'transport'>): string {
  return [item.transport?.toUpperCase(), item.port].filter((part) => part !== null && part !== undefined).join(' ');
}

/** Behind a shared address only the source port and the second tell who it was. */
export function formatSourcePort(item: Pick<NoticeItem, 'sourcePort'>, language: Language): string {
  if (item.sourcePort === null) return '';
  return language === 'ja' ? `送信元${item.sourcePort}` : `source ${item.sourcePort}`;
}

export function formatAsset(asset: string): string {
  return toHarmlessLine(asset);
}

/** What to type: no scheme, no line breaks. */
export function toTypedUrl(answerUrl: string): string {
  return toOneLine(answerUrl).replace(/^https?:\/\//i, '');
}

/** What the two-dimensional code opens: the very address that is printed beside it. */
export function toOpenedUrl(answerUrl: string): string {
  const url = toOneLine(answerUrl);
  return /^https?:\/\//i.test(url) ? url : `https://${url}`;
}

/** Constituents are organisations, so the honorific is 御中. */
export function toAddressee(constituent: Constituent, language: Language): string {
  const name = toHarmlessLine(constituent.name[language]);
  return language === 'ja' ? `${name}　御中` : name;
}

/** The first sentence of a step is the action; the rest explains it. */
export function splitStep(step: string): { readonly action: string; readonly detail: string } {
  const end = /。|\.(?=\s)/.exec(step);
  if (!end) return { action: step, detail: '' };
  const cut = end.index + 1;
  return { action: step.slice(0, cut), detail: step.slice(cut).trim() };
}
