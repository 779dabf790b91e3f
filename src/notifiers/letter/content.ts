/**
 * What a letter says, before it becomes a page.
 *
 * First what was seen, then that it accuses nobody, then at most four steps. A letter
 * about one finding fits one page; more are listed from the second page on.
 */
import type { Notice, NoticeItem } from '../../domain/notice.ts';
import type { Language, Text } from '../../domain/text.ts';
import type { RenderContext } from '../../engine/modules.ts';
import { type DigestGroup, toDigest } from '../digest.ts';
import { toHarmlessLine, toOneLine } from '../safe-text.ts';
import {
  formatAsset,
  formatCount,
  formatDate,
  formatPort,
  formatUtc,
  HEADINGS,
  NEVER_ASKED,
  NOT_AN_ACCUSATION,
  SEVERITY_WORDS,
  SIMULATION,
  splitStep,
  toOpenedUrl,
  toProviderHint,
  toTypedUrl,
} from '../words.ts';

export interface LetterStep {
  readonly action: string;
  readonly detail: string;
}

export interface LetterTable {
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A list of findings: under each row stands its reason, over the whole width. */
export interface LetterList extends LetterTable {
  readonly reasons: readonly string[]; // one per row
}

/** One kind of finding as it stands from the second page on. */
export interface LetterSection {
  readonly title: string;
  readonly summary: string | null; // null when it stands on the first page, as for the steps
  readonly steps: readonly LetterStep[];
  readonly list: LetterList;
}

export interface LetterContent {
  readonly language: Language;
  readonly number: string;
  readonly date: string;
  readonly simulation: string | null;
  readonly recipient: { readonly address: readonly string[]; readonly name: readonly string[]; readonly isNameFirst: boolean };
  readonly sender: { readonly name: string; readonly address: string };
  readonly title: string;
  readonly lead: string;
  readonly paragraphs: readonly string[];
  readonly facts: LetterTable | null; // of a single finding
  readonly stepsHeading: string;
  readonly steps: readonly LetterStep[];
  readonly answer: { readonly url: string; readonly opened: string; readonly code: string };
  readonly genuine: readonly { readonly text: string; readonly isStrong: boolean }[];
  readonly sections: readonly LetterSection[];
  readonly rest: string | null; // what the list leaves out
}

export interface LetterLimits {
  readonly timeZone: string;
  readonly maxRows: number;
}

export function toLetterContent(notice: Notice, limits: LetterLimits, context: RenderContext): LetterContent {
  const { language } = notice;
  const groups = toDigest(notice.items);
  const gravest = groups[0];
  const advice = gravest ? context.advice(gravest.kind) : context.advice('other');
  const isSingle = notice.items.length === 1;
  const hasOneKind = groups.length <= 1;
  const title = toOneLine(advice.title[language]);
  return {
    language,
    number: toOneLine(notice.id),
    date: formatDate(notice.createdAt, language, limits.timeZone),
    simulation: notice.isSimulation ? SIMULATION[language] : null,
    recipient: toRecipient(notice),
    sender: { name: toOneLine(context.sender.name[language]), address: toOneLine(context.sender.postalAddress[language]) },
    title: hasOneKind ? title : SEVERAL_TITLE[language],
    lead: hasOneKind ? toOneLine(advice.summary[language]) : toSeveralLead(notice, groups.length),
    paragraphs: toParagraphs(notice, isSingle, hasOneKind ? toOneLine(advice.risk[language]) : null),
    facts: isSingle && notice.items[0] ? toFacts(notice.items[0], language) : null,
    stepsHeading: hasOneKind ? HEADINGS.steps[language] : toFirstHeading(title, language),
    steps: advice.steps.map((step) => splitStep(toOneLine(step[language]))),
    answer: {
      url: toTypedUrl(context.sender.answerUrl),
      opened: toOpenedUrl(context.sender.answerUrl),
      code: toOneLine(notice.checkCode),
    },
    genuine: toGenuine(notice, context),
    sections: isSingle ? [] : toSections(groups, limits.maxRows, language, context),
    rest: toRest(notice.items.length - limits.maxRows, language),
  };
}

/** Japanese letters put the address above the name, others the name first. */
function toRecipient(notice: Notice): LetterContent['recipient'] {
  const { language, constituent } = notice;
  const address = constituent.contact.letter;
  const isJapanese = language === 'ja';
  const names = [address?.recipient ?? constituent.name[language], address?.department ?? ''].map(toOneLine).filter(Boolean);
  const name = isJapanese ? names.map((part, index) => (index === names.length - 1 ? `${part}　御中` : part)) : names;
  const code = toOneLine(address?.postalCode ?? '');
  const lines = (address?.lines ?? []).map(toOneLine).filter(Boolean);
  const country = address?.country ? [toOneLine(address.country)] : [];
  if (isJapanese) return { address: [...(code ? [`〒${code}`] : []), ...lines, ...country], name, isNameFirst: false };
  const last = [lines.at(-1), code].filter(Boolean).join(' ');
  return { address: [...lines.slice(0, -1), ...(last ? [last] : []), ...country], name, isNameFirst: true };
}

const SEVERAL_TITLE: Text = { ja: 'お使いの機器などについて確かめていただきたいこと', en: 'About several things to check on your network' };

function toSeveralLead(notice: Notice, kinds: number): string {
  const count = formatCount(notice.items.length);
  return notice.language === 'ja'
    ? `${kinds}種類、あわせて${count}件について、ご対応をお願いしたい点があります。`
    : `There are ${count} points of ${kinds} kinds that we would like you to look at.`;
}

function toParagraphs(notice: Notice, isSingle: boolean, risk: string | null): string[] {
  const { language } = notice;
  const space = language === 'ja' ? '' : ' ';
  const hint = toProviderHint(notice.constituent)?.[language];
  const first = isSingle && notice.items[0] ? toHarmlessLine(notice.items[0].because[language]) : toSeveralSeen(notice);
  return [first, [NOT_AN_ACCUSATION[language], risk, hint].filter(Boolean).join(space)];
}

function toSeveralSeen(notice: Notice): string {
  const count = formatCount(notice.items.length);
  return notice.language === 'ja'
    ? `貴組織に割り当てられたアドレスなどについて、${count}件が見えています。一覧は次のページからです。`
    : `We see ${count} of them on addresses that belong to your organisation. The list begins on the next page.`;
}

function toFirstHeading(title: string, language: Language): string {
  return language === 'ja' ? `まず、していただきたいこと：${title}` : `What to do first: ${title.charAt(0).toLowerCase()}${title.slice(1)}`;
}

function toFacts(item: NoticeItem, language: Language): LetterTable {
  const cells: [Text, string][] = [
    [HEADINGS.case, toOneLine(item.caseId)],
    [HEADINGS.address, formatAsset(item.asset)],
    [HEADINGS.port, formatPort(item)],
    [HEADINGS.sourcePort, item.sourcePort === null ? '' : String(item.sourcePort)],
    [HEADINGS.lastSeen, formatUtc(item.lastSeenAt)],
    [HEADINGS.times, formatCount(item.count)],
    [HEADINGS.severity, SEVERITY_WORDS[item.severity][language]],
  ];
  const known = cells.filter(([, value]) => value !== '');
  return { heads: known.map(([head]) => head[language]), rows: [known.map(([, value]) => value)] };
}

function toGenuine(notice: Notice, context: RenderContext): LetterContent['genuine'] {
  const sender = toOneLine(context.sender.name[notice.language]);
  const number = toOneLine(notice.id);
  if (notice.language === 'ja') {
    return [
      { text: `電話番号は、わざとここに載せていません。${sender}の公式ページや広報で`, isStrong: false },
      { text: '代表番号をご自身で調べて', isStrong: true },
      { text: `お電話になり、番号「${number}」をお伝えください。`, isStrong: false },
      { text: NEVER_ASKED.ja, isStrong: true },
    ];
  }
  return [
    { text: 'We print no telephone number here on purpose. ', isStrong: false },
    { text: 'Look up our main number yourself', isStrong: true },
    { text: `, on our official site or in a public notice, and give them the number “${number}”. `, isStrong: false },
    { text: NEVER_ASKED.en, isStrong: true },
  ];
}

function toSections(groups: readonly DigestGroup[], maxRows: number, language: Language, context: RenderContext): LetterSection[] {
  const sections: LetterSection[] = [];
  let room = maxRows;
  for (const [index, group] of groups.entries()) {
    const advice = context.advice(group.kind);
    const shown = group.items.slice(0, Math.max(0, room));
    room -= shown.length;
    if (shown.length === 0) continue;
    sections.push({
      title: toSectionTitle(groups.length === 1 ? LIST[language] : advice.title[language], group.items.length, language),
      summary: groups.length === 1 ? null : toOneLine(advice.summary[language]),
      steps: index === 0 ? [] : advice.steps.map((step) => splitStep(toOneLine(step[language]))),
      list: toList(shown, language),
    });
  }
  return sections;
}

const LIST: Text = { ja: '一覧', en: 'List' };

function toSectionTitle(title: string, count: number, language: Language): string {
  return language === 'ja' ? `${toOneLine(title)}（${formatCount(count)}件）` : `${toOneLine(title)} (${formatCount(count)})`;
}

function toList(items: readonly NoticeItem[], language: Language): LetterList {
  const heads = [HEADINGS.case, HEADINGS.address, HEADINGS.port, HEADINGS.sourcePort, HEADINGS.lastSeen, HEADINGS.severity];
  return {
    heads: heads.map((head) => head[language]),
    rows: items.map((item) => [
      toOneLine(item.caseId),
      formatAsset(item.asset),
      formatPort(item) || '–',
      item.sourcePort === null ? '–' : String(item.sourcePort),
      formatUtc(item.lastSeenAt),
      SEVERITY_WORDS[item.severity][language],
    ]),
    reasons: items.map((item) => toHarmlessLine(item.because[language])),
  };
}

function toRest(count: number, language: Language): string | null {
  if (count <= 0) return null;
  return language === 'ja'
    ? `ほかに${formatCount(count)}件あります。すべての一覧が必要なときは、回答画面でお知らせください。`
    : `There are ${formatCount(count)} more. If you need the complete list, tell us on the answer page.`;
}
