/** The plain text of a mail: complete by itself, for readers and machines that show nothing else. */
import type { Language, Text } from '../../domain/text.ts';
import { HEADINGS } from '../words.ts';
import type { MailContent, MailGroup, MailRow } from './content.ts';

export const GENUINE_HEADING: Text = { ja: 'このメールが本物か確かめる方法', en: 'How to make sure this message is real' };

const RULE = '-'.repeat(40);

export function toTextPart(content: MailContent): string {
  const { language } = content;
  const parts = [
    ...(content.simulation ? [content.simulation] : []),
    content.addressee,
    content.opening.join('\n'),
    ...content.groups.map((group, index) => `${RULE}\n${toGroupText(group, index + 1, language)}`),
    `${RULE}\n${HEADINGS.answer[language]}\n${content.answer}`,
    `  ${content.answerUrl}\n  ${label(HEADINGS.checkCode[language], content.checkCode, language)}`,
    `${GENUINE_HEADING[language]}\n${content.genuine.join('\n')}`,
    `${RULE}\n${content.sender.join('\n')}\n${label(HEADINGS.number[language], content.number, language)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function toGroupText(group: MailGroup, number: number, language: Language): string {
  return [
    `${number}. ${group.title}`,
    `${group.summary}${language === 'ja' ? '' : ' '}${group.risk}`,
    `${HEADINGS.seen[language]}\n${group.rows.map((row) => toRowText(row, language)).join('\n')}${group.more ? `\n${group.more}` : ''}`,
    `${HEADINGS.steps[language]}\n${group.steps.map((step, index) => toStepText(step, index + 1, language)).join('\n')}`,
  ].join('\n\n');
}

function toRowText(row: MailRow, language: Language): string {
  const target = row.source === '' ? row.target : language === 'ja' ? `${row.target}（${row.source}）` : `${row.target} (${row.source})`;
  const facts = [row.caseId, target, label(HEADINGS.severity[language], row.severity, language)].join('  ');
  const seen = `${label(HEADINGS.lastSeen[language], row.lastSeen, language)}${language === 'ja' ? `（${row.count}）` : ` (${row.count} times)`}`;
  return `* ${facts}\n  ${seen}\n  ${row.because}`;
}

function toStepText(step: MailGroup['steps'][number], number: number, language: Language): string {
  return `  ${number}) ${step.action}${language === 'ja' || step.detail === '' ? '' : ' '}${step.detail}`;
}

function label(name: string, value: string, language: Language): string {
  return language === 'ja' ? `${name}：${value}` : `${name}: ${value}`;
}
