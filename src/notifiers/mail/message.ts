/**
 * Composes the bytes of a mail: the same notice gives the same bytes and the same
 * Message-ID, so that a receiver can drop a second copy after a crash of ours.
 */
import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import type { Notice } from '../../domain/notice.ts';
import type { RenderContext, RenderedNotice } from '../../engine/modules.ts';
import { isPlainId } from '../outbox-file.ts';
import { hasLineBreak, toOneLine } from '../safe-text.ts';
import type { MailSettings } from './schema.ts';

const ADDRESS = /^[^\s<>()[\]\\,;:"@\p{Cc}\p{Cf}]{1,64}@[^\s<>()\\,;"@\p{Cc}\p{Cf}]{1,255}$/u;

export const fromAddress = (settings: MailSettings, context: RenderContext): string => settings.from ?? context.sender.mail;

/** Why this notice must not become a mail; null when it may. Values are not repeated: they may be hostile. */
export function findProblem(notice: Notice, settings: MailSettings, context: RenderContext): string | null {
  const { sender } = context;
  const addresses = [...notice.constituent.contact.mail, fromAddress(settings, context)];
  const names = [sender.name.ja, sender.name.en, notice.constituent.name.ja, notice.constituent.name.en];
  if (!isPlainId(notice.id)) return 'the notice number has characters that may not stand in a header';
  if (notice.constituent.contact.mail.length === 0) return 'the constituent has no mail address';
  if (addresses.some(hasLineBreak)) return 'a mail address contains a line break; correct the contact';
  if (!addresses.every((address) => ADDRESS.test(address))) return 'a mail address is not valid; correct the contact';
  if (names.some(hasLineBreak)) return 'a name contains a line break; correct the constituent or the sender';
  return null;
}

/** Derived from what never changes about a notice, so a repeated delivery has the same one. */
function toMessageId(notice: Notice, from: string): string {
  const digest = createHash('sha256').update(`${notice.tenant}\u001f${notice.id}\u001f${notice.createdAt}`).digest('hex');
  const host = from.slice(from.lastIndexOf('@') + 1);
  return `<yagura.${notice.id}.${digest.slice(0, 16)}@${host}>`;
}

export async function composeMessage(
  notice: Notice,
  rendered: RenderedNotice,
  settings: MailSettings,
  context: RenderContext,
): Promise<Buffer> {
  const from = fromAddress(settings, context);
  const messageId = toMessageId(notice, from);
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const info = await composer.sendMail({
    from: { name: toOneLine(context.sender.name[notice.language]), address: from },
    to: [...notice.constituent.contact.mail],
    ...(settings.replyTo ? { replyTo: settings.replyTo } : {}),
    subject: rendered.subject,
    date: new Date(notice.createdAt),
    messageId,
    baseBoundary: createHash('sha256').update(messageId).digest('hex').slice(0, 32),
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Yagura-Notice': notice.id,
      'Content-Language': notice.language,
      ...(notice.isSimulation ? { 'X-Yagura-Simulation': 'yes' } : {}),
    },
    text: partText(rendered, 'text/plain'),
    html: partText(rendered, 'text/html'),
    attachments: rendered.parts
      .filter((part) => part.mediaType in ATTACHED)
      .map((part) => ({
        filename: part.fileName,
        content: Buffer.from(part.content),
        contentType: ATTACHED[part.mediaType] ?? part.mediaType,
        contentDisposition: 'attachment' as const,
      })),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return info.message as Buffer; // by the buffer option
}

/** Parts that are attached, and the content type they have there. */
const ATTACHED: Readonly<Record<string, string>> = {
  'text/csv': 'text/csv; charset=utf-8',
  'application/xml': 'application/xml; charset=utf-8',
};

function partText(rendered: RenderedNotice, mediaType: string): string {
  const part = rendered.parts.find((candidate) => candidate.mediaType === mediaType);
  return part ? Buffer.from(part.content).toString('utf8') : '';
}
