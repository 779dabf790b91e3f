/** What a mail says and how it is built; that it really arrives is in smtp.test.ts. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { simpleParser } from 'mailparser';
import { describe, expect, it } from 'vitest';
import { FINDING_KINDS } from '../../domain/finding.ts';
import type { Notice } from '../../domain/notice.ts';
import type { Language } from '../../domain/text.ts';
import { buildConstituent, buildItem, buildItems, buildNotice, deliverContext, partOf, renderContext, SENDER } from '../test-support.ts';
import mail from './index.ts';

const settings = mail.settings.parse({});
const newOutbox = (): string => mkdtempSync(join(tmpdir(), 'yagura-mail-'));

async function render(over: Partial<Notice> = {}) {
  const { subject, parts } = await mail.render(buildNotice(over), settings, renderContext);
  return { subject, text: partOf(parts, 'text/plain'), html: partOf(parts, 'text/html'), csv: partOf(parts, 'text/csv'), parts };
}

const readCsv = (csv: string): Record<string, string>[] => parse(csv, { columns: true, bom: true });

describe('the words of a mail', () => {
  it('begin with a subject that alarms nobody', async () => {
    const items = buildItems(3);
    expect((await render({ items })).subject).toBe('【Yagura】対応をお願いしたい機器などが3件あります（N-000123）');
    expect((await render({ items, language: 'en' })).subject).toBe('[Yagura] 3 devices or services need your attention (N-000123)');
    expect((await render({ language: 'en' })).subject).toBe('[Yagura] 1 device or service needs your attention (N-000123)');
  });

  it.each(['ja', 'en'] as const)('give what a reader needs to answer and to check, in %s', async (language) => {
    const { text, html } = await render({ language });
    for (const part of [text, html]) {
      for (const needed of [
        'N-000123',
        '7K4M-2QXR',
        'check.example/a',
        SENDER.mail,
        SENDER.name[language],
        '203.0.113.5',
        'TCP 23',
        'Y-1042',
        '40123',
      ]) {
        expect(part).toContain(needed);
      }
      expect(part).toContain(buildItem().because[language]);
      expect(part).toContain(language === 'ja' ? '決してありません' : 'We never ask');
    }
  });

  it('speak Japanese to the ones and English to the others', async () => {
    const [ja, en] = [await render(), await render({ language: 'en', constituent: buildConstituent({ kind: 'isp' }) })];
    expect(en.text).not.toMatch(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u);
    expect(en.html).not.toMatch(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u);
    expect(ja.text).toContain('みなと市役所　御中');
    expect(ja.text).not.toMatch(/[!！]/);
    expect(en.text).not.toContain('!');
  });

  it('say in the first line and in the subject that it is an exercise', async () => {
    const ja = await render({ isSimulation: true });
    expect(ja.subject).toMatch(/^【訓練・模擬】/);
    expect(ja.text).toMatch(/^【訓練・模擬】/);
    expect(ja.html).toContain('【訓練・模擬】');
    expect(ja.parts.map((part) => part.fileName)).toContain('N-000123-simulation.csv');
    const en = await render({ isSimulation: true, language: 'en' });
    expect(en.subject).toMatch(/^\[SIMULATION\]/);
    expect(en.text).toMatch(/^\[SIMULATION\]/);
    expect((await render()).text).not.toContain('模擬');
  });

  it('never ask for a password and print no telephone number, whatever the finding', async () => {
    for (const kind of FINDING_KINDS) {
      for (const language of ['ja', 'en'] as const) {
        const { text } = await render({ language, items: [buildItem({ kind })] });
        expect(text).not.toMatch(/(send|tell|give|enter)( us)? (your|the) password/i);
        expect(text).not.toMatch(/パスワードを(お知らせ|教えて|送って|入力)/);
        expect(text).not.toMatch(/(?:\+\d{1,3}[ -]|\b0)\d{1,4}-\d{2,4}-\d{4}\b|tel:/i);
      }
    }
  });

  it('tell a provider to pass it on', async () => {
    expect((await render({ constituent: buildConstituent({ kind: 'isp' }) })).text).toContain('ご契約者');
    expect((await render()).text).not.toContain('ご契約者');
  });

  it('show the gravest kind first and at most twenty of each; the table has them all', async () => {
    const items = [
      ...buildItems(45, () => ({ kind: 'exposed-service', severity: 'medium' })),
      buildItem({ kind: 'infected-host', severity: 'critical', asset: '192.0.2.7', fingerprint: 'f'.repeat(64) }),
    ];
    const { text, html, csv } = await render({ items });
    expect(text.indexOf('1. 不正なプログラム')).toBeGreaterThan(0);
    expect(text.indexOf('2. インターネットから直接')).toBeGreaterThan(text.indexOf('1. 不正な'));
    expect(text.match(/^\* Y-/gm)).toHaveLength(21);
    expect(text).toContain('ほかに25件あります。すべて添付の表（CSV）にあります。');
    expect(html.match(/<th scope="row"/g)).toHaveLength(21);
    expect(readCsv(csv)).toHaveLength(46);
  });
});

describe('the table', () => {
  it('has a byte order mark, fixed columns, UTC times and the reader’s reasons', async () => {
    const { parts } = await mail.render(
      buildNotice({ items: [buildItem({ sourcePort: null, port: null, transport: null })] }),
      settings,
      renderContext,
    );
    const bytes = parts.find((part) => part.mediaType === 'text/csv')?.content;
    expect(Array.from(bytes?.subarray(0, 3) ?? [])).toEqual([0xef, 0xbb, 0xbf]);
    const [row] = readCsv(Buffer.from(bytes ?? []).toString('utf8'));
    expect(row).toEqual({
      case: 'Y-1042',
      kind: 'telnet-scanner',
      identifier: 'mirai',
      address: '203.0.113.5',
      port: '',
      transport: '',
      source_port: '',
      first_seen_utc: '2026-06-03T04:05:06Z',
      last_seen_utc: '2026-06-17T14:32:10Z',
      count: '17402',
      severity: 'high',
      confidence: '92',
      because: buildItem().because.ja,
    });
    const [english] = readCsv((await render({ language: 'en' })).csv);
    expect(english?.['because']).toBe(buildItem().because.en);
  });
});

describe('the HTML part', () => {
  it.each(['ja', 'en'] as Language[])('loads nothing, links nowhere and can be read aloud, in %s', async (language) => {
    const { html } = await render({ language, items: buildItems(5, (index) => ({ kind: index % 2 ? 'spam' : 'scanner' })) });
    expect(html).not.toMatch(/<(a|img|script|link|iframe|object|form|input|svg|video)\b/i);
    expect(html).not.toMatch(/\b(src|href|srcset|background|action|on\w+)\s*=/i);
    expect(html).not.toMatch(/url\(|@import|https?:/i);
    expect(html).toMatch(new RegExp(`<html lang="${language}">`));
    expect(html).toMatch(/<title>[^<]+<\/title>/);
    expect(html.match(/<h1/g)).toHaveLength(1);
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    const tables = html.match(/<table[\s\S]*?<\/table>/g) ?? [];
    expect(tables).toHaveLength(2);
    for (const table of tables) {
      expect(table).toMatch(/<caption/);
      expect(table.match(/<th scope="col"/g)).toHaveLength(4);
      expect(table.match(/<th\b(?! scope)/g)).toBeNull();
    }
  });

  it('sets no colour of its own but the hairlines, so that dark mode works', async () => {
    const { html } = await render();
    expect(new Set(html.match(/#[0-9a-f]{3,8}\b/gi)?.filter((color) => /^#[0-9a-f]{6}$/i.test(color)))).toEqual(new Set(['#75828b']));
    expect(html).not.toMatch(/[;"]\s*(color|background(-color)?)\s*:/);
  });
});

const withNames = (name: string): Partial<Notice> => ({ constituent: buildConstituent({ name: { ja: name, en: name } }) });
const withMail = (address: string): Partial<Notice> => ({
  constituent: buildConstituent({ contact: { mail: [address], letter: null } }),
});

describe('hostile text', () => {
  const nasty = fc
    .array(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\u2028',
        '\0',
        '<script>alert(1)</script>',
        '</td></table>',
        '=cmd()',
        '@SUM(1)',
        '"',
        "'",
        ',',
        '\u202E',
        'Bcc: a@b.example',
        '&',
        'http://evil.example/',
        '機器',
        'x',
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((parts) => parts.join(''));

  it('never breaks out of its place', async () => {
    const calm = await render({ items: [buildItem(), buildItem()] });
    await fc.assert(
      fc.asyncProperty(nasty, nasty, nasty, async (name, reason, asset) => {
        const notice: Partial<Notice> = {
          constituent: buildConstituent({ name: { ja: name, en: name } }),
          items: [buildItem({ asset, identifier: name, caseId: asset, because: { ja: reason, en: reason } }), buildItem()],
        };
        const context = { ...renderContext, sender: { ...SENDER, name: { ja: name, en: name }, answerUrl: 'check.example/a' } };
        const { subject, parts } = await mail.render(buildNotice(notice), settings, context);
        const [text, html, csv] = ['text/plain', 'text/html', 'text/csv'].map((type) => partOf(parts, type)) as [string, string, string];
        expect(subject).not.toMatch(/[\r\n\0]/);
        expect(html).not.toMatch(/<script|https?:/i);
        expect(html.match(/<tr>/g)).toHaveLength(3);
        expect(html.match(/<\/table>/g)).toHaveLength(1);
        expect(text.split('\n')).toHaveLength(calm.text.split('\n').length);
        expect(text).not.toMatch(/[\0\u202E\u2028\r]/);
        const rows = readCsv(csv);
        expect(rows).toHaveLength(2);
        for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@]/);
      }),
      { numRuns: 60 },
    );
  });

  it('in a finding leaves the headers as they are', async () => {
    const evil = 'x\r\nBcc: thief@evil.example\r\n\r\n<b>';
    const outbox = newOutbox();
    await mail.deliver(
      buildNotice({ items: [buildItem({ asset: evil, because: { ja: evil, en: evil } })] }),
      settings,
      deliverContext(outbox),
    );
    const message = await simpleParser(readFileSync(join(outbox, 'mail', 'N-000123.eml')));
    expect(message.bcc).toBeUndefined();
    expect([...message.headers.keys()]).not.toContain('bcc');
    expect(message.attachments).toHaveLength(1);
  });

  it.each([
    ['a name with a line break', withNames('Minato\r\nBcc: thief@evil.example')],
    ['an address with a line break', withMail('it@minato.example\r\nBcc: thief@evil.example')],
    ['two addresses in one', withMail('it@minato.example,thief@evil.example')],
    ['an address with a display name', withMail('IT <it@minato.example>')],
    ['no address at all', { constituent: buildConstituent({ contact: { mail: [], letter: null } }) }],
    ['a number that is a path', { id: '../../N-1' }],
  ] as [string, Partial<Notice>][])('as %s is refused for good, and nothing is written', async (_what, over) => {
    const outbox = newOutbox();
    const receipt = await mail.deliver(buildNotice(over), settings, deliverContext(outbox));
    expect(receipt).toMatchObject({ outcome: 'failed', isFinal: true });
    expect(receipt.detail).not.toContain('thief');
    expect(readdirSync(outbox)).toEqual([]);
  });

  it('as the sender’s name is refused as well', async () => {
    const context = deliverContext(newOutbox(), { sender: { ...SENDER, name: { ja: 'a\nb', en: 'a\nb' } } });
    expect(await mail.deliver(buildNotice(), settings, context)).toMatchObject({ outcome: 'failed', isFinal: true });
  });
});

describe('a mail laid into the outbox', () => {
  it.each(['ja', 'en'] as const)('is a valid message that says the same as the preview, in %s', async (language) => {
    const outbox = newOutbox();
    const notice = buildNotice({ language });
    const receipt = await mail.deliver(notice, settings, deliverContext(outbox));
    expect(receipt).toEqual({ outcome: 'delivered', at: deliverContext('').now, detail: 'mail/N-000123.eml', isFinal: true });
    const bytes = readFileSync(join(outbox, 'mail', 'N-000123.eml'));
    expect(bytes.toString('latin1')).not.toMatch(/[^\r]\n|\r[^\n]|[\x80-\xff]/); // CRLF only, seven bits only
    for (const line of bytes.toString('latin1').split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
    const message = await simpleParser(bytes);
    const { subject, parts } = await mail.render(notice, settings, renderContext);
    expect(message.subject).toBe(subject);
    expect(message.from?.value).toEqual([{ name: SENDER.name[language], address: SENDER.mail }]);
    expect(message.text?.trim()).toBe(partOf(parts, 'text/plain').trim());
    expect(message.html).toBe(partOf(parts, 'text/html'));
    expect(message.date?.getTime()).toBe(notice.createdAt);
    expect(message.headers.get('auto-submitted')).toBe('auto-generated');
    expect(message.headers.get('x-yagura-notice')).toBe('N-000123');
    expect(message.headers.has('list-unsubscribe')).toBe(false);
    expect(message.attachments.map(({ filename, contentType }) => [filename, contentType])).toEqual([['N-000123.csv', 'text/csv']]);
    expect(message.attachments[0]?.content.toString('utf8')).toBe(partOf(parts, 'text/csv'));
  });

  it('is delivered once, however often it is tried', async () => {
    const outbox = newOutbox();
    const path = join(outbox, 'mail', 'N-000123.eml');
    await mail.deliver(buildNotice(), settings, deliverContext(outbox));
    writeFileSync(path, 'taken and marked by somebody');
    expect(await mail.deliver(buildNotice(), settings, deliverContext(outbox))).toMatchObject({ outcome: 'delivered' });
    expect(readFileSync(path, 'utf8')).toBe('taken and marked by somebody');
    expect(readdirSync(join(outbox, 'mail'))).toEqual(['N-000123.eml']);
  });

  it('is the same bytes from the same notice', async () => {
    const [first, second] = [newOutbox(), newOutbox()];
    for (const outbox of [first, second])
      await mail.deliver(buildNotice(), settings, deliverContext(outbox, { now: Math.random() * 1e12 }));
    expect(readFileSync(join(first, 'mail', 'N-000123.eml'))).toEqual(readFileSync(join(second, 'mail', 'N-000123.eml')));
  });

  it('is tried again later when the disk says no', async () => {
    const outbox = newOutbox();
    writeFileSync(join(outbox, 'mail'), 'a file where the folder should be');
    const receipt = await mail.deliver(buildNotice(), settings, deliverContext(outbox));
    expect(receipt).toMatchObject({ outcome: 'failed', isFinal: false });
    expect(receipt.detail).not.toContain(outbox);
  });
});

describe('the settings', () => {
  it('know their servers', () => {
    expect(mail.settings.safeParse({ smtp: { url: 'smtp://user:p%40ss@mail.example:587' } }).success).toBe(true);
    expect(mail.settings.safeParse({ smtp: { url: 'smtps://mail.example' } }).success).toBe(true);
    for (const url of ['http://mail.example', 'mail.example', 'smtp://', 'smtp://mail.example?tls=no', 'smtp://a:50%@mail.example', '']) {
      expect(mail.settings.safeParse({ smtp: { url } }).success, url).toBe(false);
    }
  });

  it('reach whom has an address', () => {
    expect(mail.reaches(buildConstituent())).toBe(true);
    expect(mail.reaches(buildConstituent({ contact: { mail: [], letter: null } }))).toBe(false);
  });
});
