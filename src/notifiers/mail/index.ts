/**
 * Mail: one digest per constituent, as plain text, HTML and a table.
 *
 * Without a mail server the finished messages are laid into the outbox as .eml files,
 * so that a hub can be tried, and a centre can send them by its own means. A message
 * that was handed over twice after a crash has the same Message-ID both times; more a
 * sender cannot do.
 */
import { join } from 'node:path';
import type { Notice, Receipt } from '../../domain/notice.ts';
import { type DeliverContext, defineNotifier, type RenderContext, type RenderedNotice } from '../../engine/modules.ts';
import { writeOnce } from '../outbox-file.ts';
import { toMailContent } from './content.ts';
import { toHtmlPart } from './html-part.ts';
import { composeMessage, findProblem, fromAddress } from './message.ts';
import { renderOwnRange } from './own-range.ts';
import { type MailSettings, mailSettings, type SmtpSettings } from './schema.ts';
import { sendMessage } from './smtp.ts';
import { toTableName, toTablePart } from './table-part.ts';
import { toTextPart } from './text-part.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function renderMail(notice: Notice, settings: MailSettings, context: RenderContext): RenderedNotice {
  if (notice.ownRange) return renderOwnRange(notice, notice.ownRange, fromAddress(settings, context), context);
  const content = toMailContent(notice, fromAddress(settings, context), context);
  return {
    subject: content.subject,
    parts: [
      { mediaType: 'text/plain', fileName: `${notice.id}.txt`, content: bytes(toTextPart(content)) },
      { mediaType: 'text/html', fileName: `${notice.id}.html`, content: bytes(toHtmlPart(content)) },
      { mediaType: 'text/csv', fileName: toTableName(notice), content: bytes(toTablePart(notice)) },
    ],
  };
}

async function deliverMail(notice: Notice, settings: MailSettings, context: DeliverContext): Promise<Receipt> {
  const problem = findProblem(notice, settings, context);
  if (problem !== null) return { outcome: 'failed', at: context.now, detail: problem, isFinal: true };
  const message = await composeMessage(notice, renderMail(notice, settings, context), settings, context);
  const receipt = settings.smtp
    ? await sendBySmtp(message, notice, settings, settings.smtp, context)
    : await layIntoOutbox(message, notice, context);
  const level = receipt.outcome === 'delivered' ? 'debug' : 'warn';
  context.log[level]({ notice: notice.id, outcome: receipt.outcome, isFinal: receipt.isFinal, answer: receipt.detail }, 'mail');
  return receipt;
}

async function sendBySmtp(
  message: Buffer,
  notice: Notice,
  settings: MailSettings,
  smtp: SmtpSettings,
  context: DeliverContext,
): Promise<Receipt> {
  const envelope = { from: settings.bounceTo ?? fromAddress(settings, context), to: notice.constituent.contact.mail };
  const answer = await sendMessage(message, envelope, smtp, context.signal);
  return { ...answer, at: context.now };
}

async function layIntoOutbox(message: Buffer, notice: Notice, context: DeliverContext): Promise<Receipt> {
  const file = join('mail', `${notice.id}.eml`);
  try {
    await writeOnce(join(context.outbox, file), message);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return { outcome: 'failed', at: context.now, detail: `${file} cannot be written (${reason})`, isFinal: false };
  }
  return { outcome: 'delivered', at: context.now, detail: file, isFinal: true };
}

export default defineNotifier<MailSettings>({
  id: 'mail',
  title: { ja: 'メール', en: 'Mail' },
  description: {
    ja: '組織ごとに1通のまとめをメールで送り、全件の表（CSV）を添えます。メールサーバーの設定がなければ、送信トレイに.emlとして置きます。',
    en: 'Sends one digest per constituent with a table (CSV) of everything. Without a mail server it lays .eml files into the outbox.',
  },
  settings: mailSettings,
  reaches: (constituent) => constituent.contact.mail.length > 0,
  render: async (notice, settings, context) => renderMail(notice, settings, context),
  deliver: deliverMail,
});
