/**
 * Hands a finished message to a mail server and says truthfully what it answered.
 *
 * Only a server's permanent refusal of this sender, recipient or message is final.
 * Everything else (no connection, no TLS, a wrong password, a temporary refusal) is
 * somebody's outage and is tried again later. No secret leaves this file.
 */
import { createTransport } from 'nodemailer';
import type { SmtpSettings } from './schema.ts';

export interface SmtpEnvelope {
  readonly from: string;
  readonly to: readonly string[];
}

export interface SmtpAnswer {
  readonly outcome: 'delivered' | 'failed';
  readonly detail: string;
  readonly isFinal: boolean;
}

const ANSWER_LENGTH = 500;

export async function sendMessage(
  message: Buffer,
  envelope: SmtpEnvelope,
  settings: SmtpSettings,
  signal: AbortSignal,
): Promise<SmtpAnswer> {
  const transport = createTransport(toTransportOptions(settings));
  try {
    const info = await transport.sendMail({ raw: message, envelope: { from: envelope.from, to: [...envelope.to] }, signal });
    const refused = (info.rejectedErrors ?? []).map((error) => toWords(error, settings));
    const rest = refused.length > 0 ? `; ${refused.length} of ${envelope.to.length} recipients refused: ${refused.join('; ')}` : '';
    return { outcome: 'delivered', detail: tidy(`${info.response}${rest}`, settings), isFinal: true };
  } catch (error) {
    return { outcome: 'failed', detail: toWords(error, settings), isFinal: isRefused(error) };
  } finally {
    transport.close();
  }
}

function toTransportOptions(settings: SmtpSettings) {
  const url = new URL(settings.url);
  const isSecure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLocal = isLoopback(host);
  const user = decodeURIComponent(url.username);
  return {
    host,
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    secure: isSecure,
    requireTLS: !isSecure && !isLocal && settings.tls === 'required',
    // A server on this very machine rarely has a certificate in its own name.
    tls: { rejectUnauthorized: !isLocal, minVersion: 'TLSv1.2' as const },
    ...(user === '' ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    connectionTimeout: settings.connectSeconds * 1000,
    greetingTimeout: settings.connectSeconds * 1000,
    dnsTimeout: settings.connectSeconds * 1000,
    socketTimeout: settings.answerSeconds * 1000,
    logger: false,
  };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

interface SmtpError {
  readonly code?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
  readonly message: string;
}

function asSmtpError(error: unknown): SmtpError {
  return error instanceof Error ? error : { message: 'unknown' };
}

function isRefused(error: unknown): boolean {
  const { code, responseCode } = asSmtpError(error);
  return (code === 'EENVELOPE' || code === 'EMESSAGE') && typeof responseCode === 'number' && responseCode >= 500;
}

function toWords(error: unknown, settings: SmtpSettings): string {
  const { code, response, message } = asSmtpError(error);
  const words = typeof response === 'string' && response !== '' ? response : message;
  return tidy(typeof code === 'string' ? `${words} (${code})` : words, settings);
}

/** One line of bounded length without the password in any form a server might echo. */
function tidy(words: string, settings: SmtpSettings): string {
  const url = new URL(settings.url);
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  const secrets = [
    settings.url,
    url.password,
    password,
    Buffer.from(password).toString('base64'),
    Buffer.from(`\0${user}\0${password}`).toString('base64'),
  ];
  const clean = secrets
    .filter((secret) => password !== '' && secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '[redacted]'), words);
  return clean
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .slice(0, ANSWER_LENGTH);
}
