/** Real deliveries to a real mail server on this machine, and every way it can say no. */
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { Writable } from 'node:stream';
import { simpleParser } from 'mailparser';
import pino from 'pino';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { Receipt } from '../../domain/notice.ts';
import { buildConstituent, buildNotice, deliverContext, partOf, renderContext, SENDER } from '../test-support.ts';
import mail from './index.ts';
import type { MailSettings } from './schema.ts';
import { isLoopback } from './smtp.ts';

interface Arrival {
  readonly raw: Buffer;
  readonly isSecure: boolean;
  readonly envelope: SMTPServerSession['envelope'];
}

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

function refusal(code: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode: code });
}

async function startServer(options: SMTPServerOptions = {}): Promise<{ port: number; arrivals: Arrival[] }> {
  const arrivals: Arrival[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        arrivals.push({ raw: Buffer.concat(chunks), isSecure: session.secure, envelope: { ...session.envelope } });
        callback(null);
      });
    },
    ...options,
  });
  server.on('error', () => undefined); // clients that give up are part of the tests
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, arrivals };
}

const withServer = (url: string, over: Record<string, unknown> = {}): MailSettings =>
  mail.settings.parse({ smtp: { url, connectSeconds: 2, answerSeconds: 3, ...over } });

const deliver = (settings: MailSettings, notice = buildNotice(), over = {}): Promise<Receipt> =>
  mail.deliver(notice, settings, deliverContext('unused', over));

describe('a delivery', () => {
  it('arrives as it was previewed, and the receipt is the server’s answer', async () => {
    const { port, arrivals } = await startServer();
    const settings = { ...withServer(`smtp://127.0.0.1:${port}`), replyTo: 'desk@centre.example', bounceTo: 'bounce@centre.example' };
    const notice = buildNotice({
      constituent: buildConstituent({ contact: { mail: ['it@minato.example', 'head@minato.example'], letter: null } }),
    });
    const receipt = await deliver(settings, notice);
    expect(receipt).toMatchObject({ outcome: 'delivered', isFinal: true });
    expect(receipt.detail).toMatch(/^250 /);
    const [arrival] = arrivals;
    expect(arrival?.envelope.mailFrom).toMatchObject({ address: 'bounce@centre.example' });
    expect(arrival?.envelope.rcptTo.map(({ address }) => address)).toEqual(['it@minato.example', 'head@minato.example']);
    const message = await simpleParser(arrival?.raw ?? '');
    const { subject, parts } = await mail.render(notice, settings, renderContext);
    expect(message.subject).toBe(subject);
    expect(message.from?.value).toEqual([{ name: '国の観測センター', address: SENDER.mail }]);
    expect(message.replyTo?.value[0]?.address).toBe('desk@centre.example');
    expect(message.text?.trim()).toBe(partOf(parts, 'text/plain').trim());
    expect(message.html).toBe(partOf(parts, 'text/html'));
    expect(message.attachments[0]?.content.toString('utf8')).toBe(partOf(parts, 'text/csv'));
    expect(message.headers.get('auto-submitted')).toBe('auto-generated');
    expect(message.headers.get('x-yagura-notice')).toBe('N-000123');
  });

  it('keeps its Message-ID when repeated, and differs between notices', async () => {
    const { port, arrivals } = await startServer();
    const settings = withServer(`smtp://127.0.0.1:${port}`);
    await deliver(settings, buildNotice(), { now: 1 });
    await deliver(settings, buildNotice(), { now: 2 });
    await deliver(settings, buildNotice({ id: 'N-000124' }));
    const ids = await Promise.all(arrivals.map(async ({ raw }) => (await simpleParser(raw)).messageId));
    expect(ids[0]).toMatch(/^<yagura\.N-000123\.[0-9a-f]{16}@centre\.example>$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(arrivals[1]?.raw).toEqual(arrivals[0]?.raw);
  });

  it('signs in when the address of the server says so', async () => {
    const seen: string[] = [];
    const { port, arrivals } = await startServer({
      authOptional: false,
      onAuth: (auth, _session, callback) => {
        seen.push(`${auth.username}:${auth.password}`);
        callback(null, { user: auth.username ?? '' });
      },
    });
    expect(await deliver(withServer(`smtp://hub:p%40ss%2Fword@127.0.0.1:${port}`))).toMatchObject({ outcome: 'delivered' });
    expect(seen).toEqual(['hub:p@ss/word']);
    expect(arrivals[0]?.isSecure).toBe(true); // STARTTLS, where offered
  });
});

describe('a refusal', () => {
  it.each([
    [451, false],
    [421, false],
    [550, true],
    [552, true],
  ])('of the message with %i is final: %s', async (code, isFinal) => {
    const { port } = await startServer({
      onData: (stream, _session, callback) => {
        stream.resume();
        stream.on('end', () => callback(refusal(code, 'not like this')));
      },
    });
    const receipt = await deliver(withServer(`smtp://127.0.0.1:${port}`));
    expect(receipt).toMatchObject({ outcome: 'failed', isFinal });
    expect(receipt.detail).toContain(`${code} not like this`);
  });

  it.each([
    [450, false],
    [550, true],
  ])('of every recipient with %i is final: %s', async (code, isFinal) => {
    const { port } = await startServer({ onRcptTo: (_address, _session, callback) => callback(refusal(code, 'no such box')) });
    expect(await deliver(withServer(`smtp://127.0.0.1:${port}`))).toMatchObject({ outcome: 'failed', isFinal });
  });

  it('of the sender is final', async () => {
    const { port } = await startServer({ onMailFrom: (_address, _session, callback) => callback(refusal(553, 'not from you')) });
    expect(await deliver(withServer(`smtp://127.0.0.1:${port}`))).toMatchObject({ outcome: 'failed', isFinal: true });
  });

  it('of one recipient among two is told, and the other is served', async () => {
    const { port, arrivals } = await startServer({
      onRcptTo: ({ address }, _session, callback) => callback(address === 'gone@minato.example' ? refusal(550, 'no such box') : null),
    });
    const notice = buildNotice({
      constituent: buildConstituent({ contact: { mail: ['it@minato.example', 'gone@minato.example'], letter: null } }),
    });
    const receipt = await deliver(withServer(`smtp://127.0.0.1:${port}`), notice);
    expect(receipt).toMatchObject({ outcome: 'delivered' });
    expect(receipt.detail).toMatch(/1 of 2 recipients refused: .*550/);
    expect(arrivals).toHaveLength(1);
  });
});

describe('an outage', () => {
  it('of a server that is not there is tried again', async () => {
    const { port } = await startServer();
    for (const close of open.splice(0)) await close();
    expect(await deliver(withServer(`smtp://127.0.0.1:${port}`))).toMatchObject({ outcome: 'failed', isFinal: false });
  });

  it('of a server that says nothing ends in time', async () => {
    const server: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => server.close(() => resolve())));
    const startedAt = performance.now();
    const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await deliver(withServer(url, { connectSeconds: 1 }))).toMatchObject({ outcome: 'failed', isFinal: false });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('because we are stopping is tried again', async () => {
    const server: Server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push(() => new Promise((resolve) => server.close(() => resolve())));
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await deliver(withServer(url), buildNotice(), { signal: stop.signal })).toMatchObject({ outcome: 'failed', isFinal: false });
  });
});

describe('a secret', () => {
  it('shows neither in the receipt nor in the log, and a wrong one is not the notice’s fault', async () => {
    const lines: string[] = [];
    const log = pino(
      { level: 'trace' },
      new Writable({ write: (chunk: Buffer, _encoding, done) => (lines.push(chunk.toString()), done()) }),
    );
    const { port } = await startServer({
      authOptional: false,
      onAuth: (auth, _session, callback) => callback(refusal(535, `no: ${auth.username ?? ''} / ${auth.password ?? ''}`)),
    });
    const receipt = await deliver(withServer(`smtp://hub:s3cret%21word@127.0.0.1:${port}`), buildNotice(), { log });
    expect(receipt).toMatchObject({ outcome: 'failed', isFinal: false });
    expect(receipt.detail).toContain('535');
    expect(receipt.detail).toContain('[redacted]');
    for (const words of [receipt.detail, ...lines]) expect(words).not.toMatch(/s3cret|czNjcmV0/);
    expect(lines.length).toBeGreaterThan(0);
  });
});

/** 0.0.0.0 reaches this machine without being called loopback, which is what makes these testable. */
describe('encryption', () => {
  it('is required beyond this machine: a server without it is not spoken to', async () => {
    const { port, arrivals } = await startServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
    expect(await deliver(withServer(`smtp://0.0.0.0:${port}`))).toMatchObject({ outcome: 'failed', isFinal: false });
    expect(arrivals).toHaveLength(0);
  });

  it('needs a certificate one can trust', async () => {
    const { port, arrivals } = await startServer();
    const receipt = await deliver(withServer(`smtp://0.0.0.0:${port}`));
    expect(receipt).toMatchObject({ outcome: 'failed', isFinal: false });
    expect(arrivals).toHaveLength(0);
  });

  it('can be waived by the operator for a server without it', async () => {
    const { port, arrivals } = await startServer({ disabledCommands: ['STARTTLS', 'AUTH'] });
    expect(await deliver(withServer(`smtp://0.0.0.0:${port}`, { tls: 'optional' }))).toMatchObject({ outcome: 'delivered' });
    expect(arrivals[0]?.isSecure).toBe(false);
  });

  it('is there from the first byte with smtps', async () => {
    const { port, arrivals } = await startServer({ secure: true });
    expect(await deliver(withServer(`smtps://127.0.0.1:${port}`))).toMatchObject({ outcome: 'delivered' });
    expect(arrivals[0]?.isSecure).toBe(true);
  });

  it('knows what this machine is called', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', 'localhost'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '127.0.0.1.example', 'mail.example', '192.0.2.1'].some(isLoopback)).toBe(false);
  });
});
