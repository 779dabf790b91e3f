/**
 * The HTML of a mail.
 *
 * It loads nothing and links nowhere: the address to answer at is text to type, so
 * that nobody learns from us to follow links in mails. Colours are the reader's own,
 * which is why it can be read in dark mode; weight and hairlines carry the structure.
 */
import type { Language } from '../../domain/text.ts';
import { escapeHtml as e } from '../safe-text.ts';
import { HEADINGS } from '../words.ts';
import type { MailContent, MailGroup, MailRow } from './content.ts';
import { toHtmlPage } from './html-page.ts';
import { GENUINE_HEADING } from './text-part.ts';

const MONO = "font-family:'Noto Sans Mono',Menlo,Consolas,monospace";
const LINE = '#75828b'; // reaches 3:1 on white and on near-black
const H2 = 'margin:28px 0 6px;font-size:17px;line-height:1.5;font-weight:600';
const H3 = 'margin:14px 0 4px;font-size:14px;line-height:1.5;font-weight:600';
const P = 'margin:0 0 8px';
const CELL = `border-bottom:1px solid ${LINE};padding:6px 10px 6px 0;text-align:left;vertical-align:top;font-size:13px;line-height:1.55`;

export function toHtmlPart(content: MailContent): string {
  const { language } = content;
  return toHtmlPage(
    language,
    content.subject,
    `${content.simulation ? `<p style="margin:0 0 16px;border:2px dashed ${LINE};padding:8px 12px;font-weight:600">${e(content.simulation)}</p>` : ''}
<p style="${P}">${e(content.addressee)}</p>
<h1 style="margin:12px 0 10px;font-size:21px;line-height:1.45;font-weight:600">${e(HEADLINE[language](content))}</h1>
${content.opening.map((line) => `<p style="${P}">${e(line)}</p>`).join('\n')}
${content.groups.map((group, index) => toGroupHtml(group, index + 1, language)).join('\n')}
${toAnswerHtml(content)}
<section>
<h2 style="${H2}">${e(GENUINE_HEADING[language])}</h2>
<div style="border-left:4px solid ${LINE};padding-left:14px">
${content.genuine.map((line) => `<p style="${P}">${e(line)}</p>`).join('\n')}
</div>
</section>
<p style="margin:28px 0 0;border-top:1px solid ${LINE};padding-top:8px;font-size:13px">${content.sender.map(e).join('<br>')}<br>${e(HEADINGS.number[language])} ${e(content.number)}</p>`,
  );
}

const HEADLINE: Readonly<Record<Language, (content: MailContent) => string>> = {
  ja: (content) => `対応をお願いしたいこと（${content.number}）`,
  en: (content) => `What we would like you to look at (${content.number})`,
};

function toGroupHtml(group: MailGroup, number: number, language: Language): string {
  const detail = (text: string): string => (text === '' ? '' : `${language === 'ja' ? '' : ' '}${e(text)}`);
  return `<section>
<h2 style="${H2}">${number}. ${e(group.title)}</h2>
<p style="${P}">${e(group.summary)}${language === 'ja' ? '' : ' '}${e(group.risk)}</p>
<h3 style="${H3}">${e(HEADINGS.seen[language])}</h3>
${toTableHtml(group, language)}
${group.more ? `<p style="margin:8px 0 0">${e(group.more)}</p>` : ''}
<h3 style="${H3}">${e(HEADINGS.steps[language])}</h3>
<ol style="margin:0;padding:0 0 0 1.6em">
${group.steps.map((step) => `<li style="margin:0 0 4px"><b style="font-weight:600">${e(step.action)}</b>${detail(step.detail)}</li>`).join('\n')}
</ol>
</section>`;
}

function toTableHtml(group: MailGroup, language: Language): string {
  const heads = [HEADINGS.case, HEADINGS.address, HEADINGS.severity, HEADINGS.lastSeen];
  return `<table style="width:100%;border-collapse:collapse;border-top:1px solid ${LINE}">
<caption style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)">${e(group.title)}</caption>
<thead><tr>${heads.map((head) => `<th scope="col" style="${CELL};font-weight:600${head === HEADINGS.severity ? ';white-space:nowrap' : ''}">${e(head[language])}</th>`).join('')}</tr></thead>
<tbody>
${group.rows.map(toRowHtml).join('\n')}
</tbody>
</table>`;
}

/** Few columns, so that a telephone can show them; the address stands above its reason. */
function toRowHtml(row: MailRow): string {
  const target = `<b style="font-weight:600">${e(row.target)}</b>${row.source === '' ? '' : ` <span style="white-space:nowrap">${e(row.source)}</span>`}`;
  return [
    `<tr><th scope="row" style="${CELL};font-weight:400;white-space:nowrap">${e(row.caseId)}</th>`,
    `<td style="${CELL};overflow-wrap:anywhere">${target}<br>${e(row.because)}</td>`,
    `<td style="${CELL};white-space:nowrap">${e(row.severity)}</td>`,
    `<td style="${CELL};padding-right:0;font-variant-numeric:tabular-nums">${e(row.lastSeen)}</td></tr>`,
  ].join('');
}

function toAnswerHtml(content: MailContent): string {
  const { language } = content;
  return `<section style="margin:28px 0 0;border:1px solid ${LINE};padding:14px 18px">
<h2 style="margin:0 0 6px;font-size:17px;line-height:1.5;font-weight:600">${e(HEADINGS.answer[language])}</h2>
<p style="${P}">${e(content.answer)}</p>
<p style="margin:0;${MONO};font-size:18px">${e(content.answerUrl)}</p>
<p style="margin:0">${e(HEADINGS.checkCode[language])} <b style="${MONO};font-size:20px;letter-spacing:.06em;font-weight:600">${e(content.checkCode)}</b></p>
</section>`;
}
