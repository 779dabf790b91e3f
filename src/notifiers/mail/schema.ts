/** Settings of the mail channel; the form in the console and the documentation are made from them. */
import { z } from 'zod';

const smtpUrl = z
  .string()
  .refine(isSmtpUrl, 'must look like smtp://user:password@mail.example:587 or smtps://user:password@mail.example')
  .describe('Mail server; smtps:// speaks TLS from the start. Holds a secret.')
  .meta({ writeOnly: true });

export const mailSettings = z.strictObject({
  smtp: z
    .strictObject({
      url: smtpUrl,
      tls: z
        .enum(['required', 'optional'])
        .default('required')
        .describe("'optional' also sends without encryption; for a server in the same machine room only. Loopback never needs it."),
      connectSeconds: z.number().int().min(1).max(120).default(15),
      answerSeconds: z.number().int().min(1).max(600).default(60),
    })
    .optional()
    .describe('Absent: messages are laid into the outbox as .eml files'),
  from: z.email().optional().describe("The one address notices come from; absent: the sender's mail address"),
  replyTo: z.email().optional().describe('Where answers by mail go; absent: to the sender'),
  bounceTo: z.email().optional().describe('Envelope sender, which receives bounces; absent: the sender'),
});

export type MailSettings = z.infer<typeof mailSettings>;
export type SmtpSettings = NonNullable<MailSettings['smtp']>;

function isSmtpUrl(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') return false;
  return url.search === '' && url.hash === '' && [url.username, url.password].every(isDecodable);
}

function isDecodable(part: string): boolean {
  try {
    return decodeURIComponent(part) !== undefined;
  } catch {
    return false;
  }
}
