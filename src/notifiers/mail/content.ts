/**
 * What a mail says, before it becomes plain text or HTML.
 *
 * Both parts are made from this one structure, so they can never say different things.
 * All text here is already one line each and free of characters that hide or reorder.
 */
import type { Notice, NoticeItem } from '../../domain/notice.ts';
import type { Language, Text } from '../../domain/text.ts';
import type { RenderContext } from '../../engine/modules.ts';
import { type DigestGroup, toDigest } from '../digest.ts';
import { toHarmlessLine, toOneLine } from '../safe-text.ts';
import {
  formatAsset,
  formatCount,
  formatPort,
  formatSourcePort,
  formatUtc,
  NEVER_ASKED,
  NOT_AN_ACCUSATION,
  SEVERITY_WORDS,
  SIMULATION,
  splitStep,
  toAddressee,
  toProviderHint,
  toTypedUrl,
} from '../words.ts';

/** More would bury the advice; the table attached has them all. */
const ROWS_SHOWN = 20;

export interface MailRow {
  readonly caseId: string;
  readonly target: string; // address and port
  readonly source: string; // source port, or ''
  readonly severity: string;
  readonly lastSeen: string;
  readonly count: string;
  readonly because: string;
}

export interface MailGroup {
  readonly title: string;
  readonly summary: string;
  readonly risk: string;
  readonly steps: readonly { readonly action: string; readonly detail: string }[];
  readonly rows: readonly MailRow[];
  readonly more: string | null; // what the table above leaves out
}

export interface MailContent {
  readonly language: Language;
  readonly number: string;
  readonly subject: string;
  readonly simulation: string | null;
  readonly addressee: string;
  readonly opening: readonly string[];
  readonly groups: readonly MailGroup[];
  readonly answer: string;
  readonly answerUrl: string;
  readonly checkCode: string;
  readonly genuine: readonly string[];
  readonly sender: readonly string[];
}

export function toMailContent(notice: Notice, from: string, context: RenderContext): MailContent {
  const { language } = notice;
  const groups = toDigest(notice.items).map((group) => toGroup(group, language, context));
  return {
    language,
    number: toOneLine(notice.id),
    subject: toSubject(notice),
    simulation: notice.isSimulation ? SIMULATION[language] : null,
    addressee: toAddressee(notice.constituent, language),
    opening: toOpening(notice, context),
    groups,
    answer: ANSWER[language],
    answerUrl: toTypedUrl(context.sender.answerUrl),
    checkCode: toOneLine(notice.checkCode),
    genuine: toGenuine(notice, from, context, groups),
    sender: [toHarmlessLine(context.sender.name[language]), toHarmlessLine(context.sender.postalAddress[language])],
  };
}

function toSubject(notice: Notice): string {
  const count = formatCount(notice.items.length);
  const number = toOneLine(notice.id);
  const { isSimulation } = notice;
  if (notice.language === 'ja') {
    return `${isSimulation ? '【訓練・模擬】' : ''}【Yagura】対応をお願いしたい機器などが${count}件あります（${number}）`;
  }
  const what = notice.items.length === 1 ? 'device or service needs' : 'devices or services need';
  return `${isSimulation ? '[SIMULATION] ' : ''}[Yagura] ${count} ${what} your attention (${number})`;
}

function toOpening(notice: Notice, context: RenderContext): string[] {
  const { language } = notice;
  const sender = toHarmlessLine(context.sender.name[language]);
  const count = formatCount(notice.items.length);
  const seen: Text = {
    ja: `${sender}です。貴組織に割り当てられたアドレスなどについて、確かめていただきたい点が${count}件見えています。`,
    en: `${sender} sees ${count} ${notice.items.length === 1 ? 'point' : 'points'} to check on addresses that belong to your organisation.`,
  };
  const hint = toProviderHint(notice.constituent);
  return [seen[language], NOT_AN_ACCUSATION[language], ...(hint ? [hint[language]] : [])];
}

function toGroup(group: DigestGroup, language: Language, context: RenderContext): MailGroup {
  const advice = context.advice(group.kind);
  const count = group.items.length;
  const title = toOneLine(advice.title[language]);
  const rest = count - ROWS_SHOWN;
  return {
    title: language === 'ja' ? `${title}（${formatCount(count)}件）` : `${title} (${formatCount(count)})`,
    summary: toOneLine(advice.summary[language]),
    risk: toOneLine(advice.risk[language]),
    steps: advice.steps.map((step) => splitStep(toOneLine(step[language]))),
    rows: group.items.slice(0, ROWS_SHOWN).map((item) => toRow(item, language)),
    more: rest > 0 ? MORE[language](formatCount(rest)) : null,
  };
}

function toRow(item: NoticeItem, language: Language): MailRow {
  return {
    caseId: toHarmlessLine(item.caseId),
    target: [formatAsset(item.asset), formatPort(item)].filter(Boolean).join(' '),
    source: formatSourcePort(item, language),
    severity: SEVERITY_WORDS[item.severity][language],
    lastSeen: formatUtc(item.lastSeenAt),
    count: language === 'ja' ? `${formatCount(item.count)}件` : formatCount(item.count),
    because: toHarmlessLine(item.because[language]),
  };
}

const MORE: Readonly<Record<Language, (count: string) => string>> = {
  ja: (count) => `ほかに${count}件あります。すべて添付の表（CSV）にあります。`,
  en: (count) => `There are ${count} more. All of them are in the attached table (CSV).`,
};

const ANSWER: Text = {
  ja: 'ブラウザーに次の宛先をご自身で入力し、確認コードを入れてください。直した、こちらの機器ではない、誤りと思う、手伝ってほしい、のどれでもお答えいただけます。',
  en: 'Type this address yourself into a browser and enter the check code. You can say that it is fixed, that it is not yours, that we are wrong, or that you would like help.',
};

function toGenuine(notice: Notice, from: string, context: RenderContext, groups: readonly MailGroup[]): string[] {
  const { language } = notice;
  const sender = toHarmlessLine(context.sender.name[language]);
  const isComplete = groups.every((group) => group.more === null);
  const lines: Readonly<Record<Language, readonly string[]>> = {
    ja: [
      `このお知らせは、いつも${toOneLine(from)}から送ります。ほかの差出人から届いたときは、開かずに消してください。`,
      `電話番号は、わざとここに載せていません。${sender}の公式ページや広報で代表番号をご自身で調べてお電話になり、番号「${notice.id}」をお伝えください。`,
      NEVER_ASKED.ja,
      isComplete ? '添付は表（CSV）が一つだけです。開かなくても、この文面だけでご対応いただけます。' : '添付は表（CSV）が一つだけです。',
    ],
    en: [
      `These notices always come from ${toOneLine(from)}. If one comes from another sender, delete it unopened.`,
      `We give no telephone number here on purpose. Look up our main number yourself, on our official site or in a public notice, and give them the number “${notice.id}”.`,
      NEVER_ASKED.en,
      isComplete
        ? 'The one attachment is a table (CSV). You can act on this message without opening it.'
        : 'The one attachment is a table (CSV).',
    ],
  };
  return lines[language].map(toOneLine);
}
