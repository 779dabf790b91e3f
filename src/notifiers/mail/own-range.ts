/**
 * The mails about an organisation's own addresses: an alert at once, a receipt every week.
 *
 * The text is for a person, the XML beside it for a ticket system; docs/own-range-alert.xsd
 * says what stands in it. A receipt says when nobody watched, because "nothing seen" is
 * worth nothing for those times.
 */
import type { Notice } from '../../domain/notice.ts';
import type { OwnRangeAlert, OwnRangeMessage } from '../../domain/own-range.ts';
import { OWN_RANGE_TITLES, portName } from '../../domain/own-range-text.ts';
import type { Language, Text } from '../../domain/text.ts';
import type { Interval } from '../../domain/watching.ts';
import type { RenderContext, RenderedNotice } from '../../engine/modules.ts';
import { escapeHtml as e, toHarmlessLine, toOneLine } from '../safe-text.ts';
import { formatCount, formatUtc, NEVER_ASKED, SEVERITY_WORDS, SIMULATION, toAddressee } from '../words.ts';
import { toHtmlPage } from './html-page.ts';
import { toOwnRangeXml } from './own-range-xml.ts';

const ALERTS_SHOWN = 20;
const GAPS_SHOWN = 10;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export function renderOwnRange(notice: Notice, message: OwnRangeMessage, from: string, context: RenderContext): RenderedNotice {
  const blocks = toBlocks(notice, message, from, context);
  const subject = toSubject(notice, message);
  const xmlName = `${notice.id}${notice.isSimulation ? '-simulation' : ''}.xml`;
  return {
    subject,
    parts: [
      { mediaType: 'text/plain', fileName: `${notice.id}.txt`, content: bytes(toText(blocks)) },
      { mediaType: 'text/html', fileName: `${notice.id}.html`, content: bytes(toHtml(subject, blocks, notice.language)) },
      { mediaType: 'application/xml', fileName: xmlName, content: bytes(toOwnRangeXml(notice, message, context)) },
    ],
  };
}

function toSubject({ id, language, isSimulation }: Notice, { kind, alerts }: OwnRangeMessage): string {
  const number = toOneLine(id);
  const count = formatCount(alerts.length);
  const mark = isSimulation ? { ja: '【訓練・模擬】', en: '[SIMULATION] ' } : { ja: '', en: '' };
  const hosts = alerts.length === 1 ? 'host of your ranges' : 'hosts of your ranges';
  const said: Text =
    kind === 'alert'
      ? { ja: `【Yagura】貴組織のアドレスについての警報が${count}件あります`, en: `[Yagura] Alert about ${count} ${hosts}` }
      : { ja: '【Yagura】貴組織のアドレスについての週報', en: '[Yagura] Weekly receipt about your ranges' };
  return language === 'ja' ? `${mark.ja}${said.ja}（${number}）` : `${mark.en}${said.en} (${number})`;
}

/** A mail as headings, paragraphs and lists: both forms are made from it. */
type Block = { readonly heading: string } | { readonly lines: readonly string[] } | { readonly list: readonly string[] };

function toBlocks(notice: Notice, message: OwnRangeMessage, from: string, context: RenderContext): Block[] {
  const { language } = notice;
  const said = (text: Text): string => text[language];
  return [
    ...(notice.isSimulation ? [{ lines: [said(SIMULATION)] }] : []),
    { lines: [toAddressee(notice.constituent, language)] },
    ...(message.kind === 'alert' ? toAlertBlocks(message, language) : toReceiptBlocks(message, language)),
    { heading: said(WATCHED) },
    { list: message.ranges.slice(0, ALERTS_SHOWN).map(toHarmlessLine) },
    { heading: said(GENUINE) },
    { lines: [said(fromText(toOneLine(from))), said(NEVER_ASKED), said(ATTACHED)] },
    {
      lines: [
        toHarmlessLine(said(context.sender.name)),
        toHarmlessLine(said(context.sender.postalAddress)),
        language === 'ja' ? `番号：${toOneLine(notice.id)}` : `Number: ${toOneLine(notice.id)}`,
      ],
    },
  ];
}

const WATCHED: Text = { ja: '見守っているアドレス', en: 'The addresses we watch for' };
const GENUINE: Text = { ja: 'このメールについて', en: 'About this message' };
const ATTACHED: Text = {
  ja: '添付は機械で読むための同じ内容（XML）が一つだけです。',
  en: 'The one attachment says the same for machines (XML).',
};
const fromText = (from: string): Text => ({
  ja: `このお知らせは、いつも${from}から送ります。`,
  en: `These messages always come from ${from}.`,
});

const ALERT_OPENING: Text = {
  ja: '貴組織に登録されたアドレスが、だれも使っていないアドレスの観測に現れました。',
  en: 'Addresses registered for your organisation have shown up where nobody lives: at our sensors on unused addresses.',
};
const ATTACK_NOTE: Text = {
  ja: '「攻撃を受けている」は、感染しているという意味ではありません。',
  en: '“Under attack” does not mean that the host is infected.',
};

function toAlertBlocks(message: OwnRangeMessage, language: Language): Block[] {
  const opening = [ALERT_OPENING[language]];
  if (message.alerts.some(isAttack)) opening.push(ATTACK_NOTE[language]);
  return [
    { lines: opening },
    ...toAlertList(message.alerts, language),
    { heading: STEPS_HEADING[language] },
    { list: stepsOf(message, language) },
  ];
}

const STEPS_HEADING: Text = { ja: 'していただきたいこと', en: 'What we ask you to do' };
const STEPS: readonly Text[] = [
  { ja: 'アドレスと時刻（UTC）から機器を特定してください。', en: 'Find the device by its address and the time (UTC).' },
  { ja: 'その機器をネットワークから切り離し、マルウェアの有無を調べてください。', en: 'Take it off the network and check it for malware.' },
  {
    ja: '結果（原因）を当センターにお知らせください。警報を閉じます。',
    en: 'Tell us what it was, so that the alert can be closed.',
  },
];
const ATTACK_STEPS: readonly Text[] = [
  { ja: 'サービスが普段どおり動いているか確かめてください。', en: 'Check that the service works as usual.' },
  { ja: '支障があれば、接続事業者に攻撃の遮断を相談してください。', en: 'If it does not, ask your provider to filter the attack.' },
];

const isAttack = (alert: OwnRangeAlert): boolean => alert.class === 'UNDER_ATTACK';

function stepsOf({ alerts }: OwnRangeMessage, language: Language): string[] {
  const steps = [...(alerts.every(isAttack) ? [] : STEPS), ...(alerts.some(isAttack) ? ATTACK_STEPS : [])];
  return steps.map((step) => step[language]);
}

function toAlertList(alerts: readonly OwnRangeAlert[], language: Language): Block[] {
  const shown = alerts.slice(0, ALERTS_SHOWN).flatMap((alert): Block[] => [
    {
      heading: [alert.id, toHarmlessLine(alert.host), OWN_RANGE_TITLES[alert.class][language]].join(language === 'ja' ? '　' : ' · '),
    },
    { lines: [toHarmlessLine(alert.because[language]), factsOf(alert, language)] },
  ]);
  const rest = alerts.length - ALERTS_SHOWN;
  if (rest <= 0) return shown;
  const more = {
    ja: `ほかに${formatCount(rest)}件あります。すべて添付のXMLにあります。`,
    en: `There are ${formatCount(rest)} more, all in the attached XML.`,
  };
  return [...shown, { lines: [more[language]] }];
}

function factsOf(alert: OwnRangeAlert, language: Language): string {
  const severity = SEVERITY_WORDS[alert.severity][language];
  const state = STATES[alert.state][language];
  const ports = alert.ports.slice(0, 4).map(portName).join(', ');
  const last = formatUtc(alert.lastSeenAt);
  return language === 'ja'
    ? `重要度：${severity}　状態：${state}　ポート：${ports}　最後の観測（UTC）：${last}`
    : `Severity: ${severity} · State: ${state} · Ports: ${ports} · Last seen (UTC): ${last}`;
}

const STATES: Readonly<Record<OwnRangeAlert['state'], Text>> = {
  new: { ja: '新規', en: 'new' },
  continuing: { ja: '継続', en: 'continuing' },
  ended: { ja: '終息', en: 'ended' },
  closed: { ja: '終了', en: 'closed' },
};

function toReceiptBlocks(message: OwnRangeMessage, language: Language): Block[] {
  return [
    { lines: [verdictOf(message)[language], healthOf(message)[language]] },
    ...toGapList(message, language),
    ...toAlertList(message.alerts, language),
  ];
}

function verdictOf({ alerts, from, to }: OwnRangeMessage): Text {
  const times = `${formatUtc(from)} – ${formatUtc(to)} UTC`;
  if (alerts.length === 0) {
    return {
      ja: `この期間（${times}）に、貴組織のアドレスは観測に現れませんでした。`,
      en: `In this period (${times}) none of your addresses showed up at our sensors.`,
    };
  }
  const count = formatCount(alerts.length);
  return {
    ja: `この期間（${times}）に、貴組織のアドレスについての警報が${count}件ありました。`,
    en: `In this period (${times}) there ${alerts.length === 1 ? 'was' : 'were'} ${count} ${alerts.length === 1 ? 'alert' : 'alerts'} about your addresses.`,
  };
}

const isWholly = ({ from, to, unwatched }: OwnRangeMessage): boolean => unwatched.some((gap) => gap.from <= from && gap.to >= to);

function healthOf(message: OwnRangeMessage): Text {
  if (isWholly(message)) {
    return {
      ja: 'ただし、この期間はどのセンサーも動いていませんでした。異常がなかったとは言えません。',
      en: 'But no sensor was watching in this period, so this says nothing.',
    };
  }
  if (message.unwatched.length > 0) {
    return {
      ja: '次の時間はどのセンサーも動いていませんでした。その間のことは分かりません。',
      en: 'No sensor was watching at the following times, so this says nothing about them.',
    };
  }
  return {
    ja: `センサー${formatCount(message.sensors)}台が正常に観測していました。`,
    en: `${formatCount(message.sensors)} ${message.sensors === 1 ? 'sensor was' : 'sensors were'} watching and healthy.`,
  };
}

function toGapList(message: OwnRangeMessage, language: Language): Block[] {
  if (message.unwatched.length === 0 || isWholly(message)) return [];
  const shown = message.unwatched.slice(0, GAPS_SHOWN).map(({ from, to }: Interval) => `${formatUtc(from)} – ${formatUtc(to)} UTC`);
  const rest = message.unwatched.length - GAPS_SHOWN;
  const more = rest > 0 ? [language === 'ja' ? `ほか${formatCount(rest)}回` : `and ${formatCount(rest)} more`] : [];
  return [{ list: [...shown, ...more] }];
}

// ---- The two forms

function toText(blocks: readonly Block[]): string {
  const parts = blocks.map((block) => {
    if ('heading' in block) return `■ ${block.heading}`;
    return 'list' in block ? block.list.map((line) => `  * ${line}`).join('\n') : block.lines.join('\n');
  });
  return `${parts.join('\n\n')}\n`;
}

function toHtml(subject: string, blocks: readonly Block[], language: Language): string {
  const body = blocks.map((block) => {
    if ('heading' in block) return `<h2 style="margin:24px 0 6px;font-size:16px;line-height:1.5;font-weight:600">${e(block.heading)}</h2>`;
    if ('list' in block) return `<ul style="margin:0;padding:0 0 0 1.4em">${block.list.map((line) => `<li>${e(line)}</li>`).join('')}</ul>`;
    return block.lines.map((line) => `<p style="margin:0 0 8px">${e(line)}</p>`).join('\n');
  });
  const head = `<h1 style="margin:12px 0 10px;font-size:20px;line-height:1.45;font-weight:600">${e(subject)}</h1>`;
  return toHtmlPage(language, subject, [head, ...body].join('\n'));
}
