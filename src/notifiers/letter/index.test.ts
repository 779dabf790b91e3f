/** The letter as bytes, as text and as a file for the print service. */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FINDING_KINDS } from '../../domain/finding.ts';
import type { Notice } from '../../domain/notice.ts';
import {
  buildConstituent,
  buildItem,
  buildItems,
  buildNotice,
  deliverContext,
  LONG_REASON,
  renderContext,
  SENDER,
} from '../test-support.ts';
import letter from './index.ts';

const settings = letter.settings.parse({});
const folder = mkdtempSync(join(tmpdir(), 'yagura-letter-'));
const newOutbox = (): string => mkdtempSync(join(folder, 'outbox-'));

const PDF_READER = 'pdftotext';
const hasPdfTools = spawnSync(PDF_READER, ['-v']).error === undefined;
if (!hasPdfTools) process.stderr.write('pdftotext is absent: the tests that read the words of a letter are skipped.\n');

async function render(over: Partial<Notice> = {}, context = renderContext): Promise<Uint8Array> {
  const { parts } = await letter.render(buildNotice(over), settings, context);
  expect(parts.map((part) => [part.mediaType, part.fileName])).toEqual([['application/pdf', `${over.id ?? 'N-000123'}.pdf`]]);
  return parts[0]?.content ?? new Uint8Array();
}

/** Pages as text without white space, which the reader of a PDF guesses from distances. */
function readPages(pdf: Uint8Array): string[] {
  const path = join(folder, 'read.pdf');
  writeFileSync(path, pdf);
  const text = execFileSync(PDF_READER, ['-raw', path, '-'], { encoding: 'utf8' });
  return text
    .split('\f')
    .slice(0, -1)
    .map((page) => page.replace(/\s+/g, ''));
}

const source = (pdf: Uint8Array): string => Buffer.from(pdf).toString('latin1');
const countPages = (pdf: Uint8Array): number => source(pdf).match(/\/Type \/Page\b(?!s)/g)?.length ?? 0;

let kinds: Promise<[string, Uint8Array][]> | undefined;

/** A letter of every kind in both languages, at its longest; made once. */
function everyKind(): Promise<[string, Uint8Array][]> {
  const constituent = buildConstituent({ kind: 'isp' });
  const all = FINDING_KINDS.flatMap((kind) => (['ja', 'en'] as const).map((language) => ({ kind, language })));
  kinds ??= Promise.all(
    all.map(async ({ kind, language }): Promise<[string, Uint8Array]> => {
      const pdf = await render({ language, items: [buildItem({ kind, because: LONG_REASON })], isSimulation: true, constituent });
      return [`${kind} ${language}`, pdf];
    }),
  );
  return kinds;
}

describe('the sheet', () => {
  it('is A4 with its fonts embedded, tagged and in its language', async () => {
    const pdf = source(await render());
    expect(pdf.slice(0, 8)).toBe('%PDF-1.7');
    const boxes = [...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)];
    expect(boxes.length).toBeGreaterThan(0);
    for (const [, width, height] of boxes) {
      expect(Number(width)).toBeCloseTo(595.28, 1);
      expect(Number(height)).toBeCloseTo(841.89, 1);
    }
    const descriptors = pdf.match(/\/Type \/FontDescriptor/g)?.length ?? 0;
    expect(descriptors).toBeGreaterThanOrEqual(4);
    expect(pdf.match(/\/FontFile2? \d+ 0 R/g)).toHaveLength(descriptors);
    expect(pdf).toMatch(/\/MarkInfo/);
    expect(pdf).toContain('/Lang (ja-JP)');
    expect(pdf).not.toMatch(/\/(JavaScript|URI|EmbeddedFile|AcroForm)\b/);
  });

  it('is the same bytes whenever it is made, so the preview is the delivery', async () => {
    const [first, second] = [await render(), await render()];
    expect(Buffer.from(first).equals(second)).toBe(true);
    const outbox = newOutbox();
    await letter.deliver(buildNotice(), settings, deliverContext(outbox));
    expect(readFileSync(join(outbox, 'letters', 'N-000123.pdf')).equals(first)).toBe(true);
    expect(Buffer.from(await render({ createdAt: 1 })).equals(first)).toBe(false);
  });

  it('holds one finding on one page, whatever it is about', async () => {
    for (const [name, pdf] of await everyKind()) expect(countPages(pdf), name).toBe(1);
  });

  it('lists several from the second page on', async () => {
    expect(countPages(await render({ items: buildItems(2) }))).toBe(2);
    expect(countPages(await render({ items: buildItems(30) }))).toBeGreaterThan(2);
  });

  it('survives very long words of any kind', async () => {
    const long = 'x'.repeat(400);
    const pdf = await render({
      items: [buildItem({ asset: long, because: { ja: `${'とても長い説明です。'.repeat(60)}${long}`, en: long } }), buildItem()],
      constituent: buildConstituent({
        contact: { mail: [], letter: { postalCode: '000-0000', lines: ['例示県'.repeat(30)], recipient: '役所'.repeat(40) } },
      }),
    });
    expect(countPages(pdf)).toBeGreaterThan(1);
  });
});

describe.skipIf(!hasPdfTools)('the words of a letter', () => {
  it.each(['ja', 'en'] as const)('are all there, in %s', async (language) => {
    const [page] = readPages(await render({ language }));
    for (const needed of [
      'N-000123',
      '7K4M-2QXR',
      'check.example/a',
      '203.0.113.5',
      'TCP23',
      '40123',
      'Y-1042',
      '2026-06-1714:32:10',
      SENDER.name[language],
      SENDER.postalAddress[language],
    ]) {
      expect(page).toContain(needed.replace(/\s/g, ''));
    }
    expect(page).toContain(buildItem().because[language].replace(/\s/g, ''));
    expect(page).toContain(language === 'ja' ? '2026年6月19日' : '19June2026');
  });

  it('say first what was seen, then that it accuses nobody, then what to do', async () => {
    const [page = ''] = readPages(await render());
    const places = [
      buildItem().because.ja,
      'どなたかを責めるお知らせではありません',
      'していただきたいこと',
      '結果をお知らせください',
      '本物か確かめる方法',
    ].map((words) => page.indexOf(words));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('address an organisation with 御中, in the window’s order', async () => {
    const [page = ''] = readPages(await render());
    expect(page.indexOf('〒000-0000')).toBeLessThan(page.indexOf('総務部情報政策課御中'));
    expect(page).not.toContain('様');
    const abroad = buildConstituent({
      language: 'en',
      contact: {
        mail: [],
        letter: { postalCode: '00000', lines: ['P.O. Box 1', 'Port Town'], recipient: 'Island Telecom Ltd.', country: 'Exampleland' },
      },
    });
    const [english = ''] = readPages(await render({ language: 'en', constituent: abroad }));
    expect(english).toContain('IslandTelecomLtd.P.O.Box1PortTown00000Exampleland');
  });

  it('never ask for a password and print no telephone number', async () => {
    for (const [name, pdf] of await everyKind()) {
      const [page = ''] = readPages(pdf);
      expect(page, name).not.toMatch(/パスワードを(お知らせ|教えて|送って|入力)|(send|tell|give|enter)(us)?(your|the)password/i);
      expect(page, name).toMatch(/パスワード、お金、口座の番号、遠隔操作をお願いすることは決してありません|Weneveraskforpasswords/);
      expect(page, name).not.toMatch(/(?:\+\d{1,3}-?|\b0)\d{1,4}-\d{2,4}-\d{4}\b/);
    }
  });

  it('say on every page that it is an exercise', async () => {
    const pages = readPages(await render({ items: buildItems(40), isSimulation: true }));
    expect(pages.length).toBeGreaterThan(2);
    for (const page of pages) expect(page).toContain('【訓練・模擬】');
    for (const page of readPages(await render({ items: buildItems(3) }))) expect(page).not.toContain('模擬');
  });

  it('list every finding once, with its kind’s own steps, and number the pages', async () => {
    const items = buildItems(30, (index) => ({
      kind: index < 10 ? 'exposed-service' : 'telnet-scanner',
      severity: index < 10 ? 'low' : 'high',
    }));
    const pages = readPages(await render({ items }));
    const all = pages.slice(1).join('');
    for (const item of items) expect(all.split(item.caseId)).toHaveLength(2);
    expect(all).toContain('外から使う必要があるかを決める');
    expect(pages[0]).toContain('外からのTelnetを止める');
    for (const [index, page] of pages.entries()) expect(page).toContain(`N-000123${index + 1}/${pages.length}`);
  });

  it('count what a limit leaves out', async () => {
    const { parts } = await letter.render(buildNotice({ items: buildItems(9) }), letter.settings.parse({ maxRows: 4 }), renderContext);
    const all = readPages(parts[0]?.content ?? new Uint8Array()).join('');
    expect(all.match(/Y-100\d/g)).toHaveLength(4);
    expect(all).toContain('ほかに5件あります');
  });
});

describe('hostile text', () => {
  const nasty = fc
    .array(fc.constantFrom('\r\n', '\0', '<script>', '=cmd', '"', ',', '\u202E', ') Tj ET', '\\', '𠮷', '👾', 'ไทย', 'あ'), {
      maxLength: 6,
    })
    .map((parts) => parts.join(''));

  it('neither breaks the sheet nor the index', async () => {
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (name, words) => {
        const outbox = newOutbox();
        const notice = buildNotice({
          items: [buildItem({ asset: name, because: { ja: words, en: words } })],
          constituent: buildConstituent({
            contact: { mail: [], letter: { postalCode: words, lines: [name], recipient: name, country: words } },
          }),
        });
        expect(await letter.deliver(notice, settings, deliverContext(outbox))).toMatchObject({ outcome: 'delivered' });
        const rows = readIndex(outbox);
        expect(rows).toHaveLength(1);
        for (const cell of Object.values(rows[0] ?? {})) expect(cell).not.toMatch(/^[=+\-@]/);
        rmSync(outbox, { recursive: true });
      }),
      { numRuns: 12 },
    );
  });

  it('in a number is refused for good', async () => {
    const outbox = newOutbox();
    expect(await letter.deliver(buildNotice({ id: '../N-1' }), settings, deliverContext(outbox))).toMatchObject({
      outcome: 'failed',
      isFinal: true,
    });
    expect(readdirSync(outbox)).toEqual([]);
  });
});

function readIndex(outbox: string): Record<string, string>[] {
  return parse(readFileSync(join(outbox, 'letters', 'index.csv')), { columns: true, bom: true, relax_column_count: true });
}

describe('the print service’s folder', () => {
  it('gets the letter and one line about it', async () => {
    const outbox = newOutbox();
    const receipt = await letter.deliver(buildNotice({ isSimulation: true }), settings, deliverContext(outbox));
    expect(receipt).toMatchObject({ outcome: 'delivered', detail: 'letters/N-000123.pdf', isFinal: true });
    expect(readIndex(outbox)).toEqual([
      expect.objectContaining({
        notice: 'N-000123',
        file: 'N-000123.pdf',
        pages: '1',
        recipient: 'みなと市役所',
        postal_code: '000-0000',
        created_utc: '2026-06-18T23:30:00Z',
        simulation: 'yes',
      }),
    ]);
    expect(readdirSync(join(outbox, 'letters')).sort()).toEqual(['N-000123.pdf', 'index.csv']);
  });

  it('gets nothing twice, even when the letter was taken away', async () => {
    const outbox = newOutbox();
    await letter.deliver(buildNotice(), settings, deliverContext(outbox));
    rmSync(join(outbox, 'letters', 'N-000123.pdf'));
    expect(await letter.deliver(buildNotice(), settings, deliverContext(outbox))).toMatchObject({ outcome: 'delivered' });
    expect(readdirSync(join(outbox, 'letters'))).toEqual(['index.csv']);
    expect(readIndex(outbox)).toHaveLength(1);
  });

  it('is made whole after a crash between letter and line, or within the line', async () => {
    const outbox = newOutbox();
    await letter.deliver(buildNotice(), settings, deliverContext(outbox));
    appendFileSync(join(outbox, 'letters', 'index.csv'), 'N-000124,N-0001');
    await letter.deliver(buildNotice({ id: 'N-000124' }), settings, deliverContext(outbox));
    const complete = readIndex(outbox).filter((row) => row['sha256']?.length === 64);
    expect(complete.map((row) => row['notice'])).toEqual(['N-000123', 'N-000124']);
  });

  it('keeps its lines apart when letters are finished together', async () => {
    const outbox = newOutbox();
    const ids = Array.from({ length: 8 }, (_, index) => `N-00020${index}`);
    await Promise.all(ids.map((id) => letter.deliver(buildNotice({ id }), settings, deliverContext(outbox))));
    expect(
      readIndex(outbox)
        .map((row) => row['notice'] ?? '')
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(ids);
  });

  it('is tried again later when the disk says no', async () => {
    const outbox = newOutbox();
    writeFileSync(join(outbox, 'letters'), '');
    expect(await letter.deliver(buildNotice(), settings, deliverContext(outbox))).toMatchObject({ outcome: 'failed', isFinal: false });
  });

  it('is for those with a postal address', async () => {
    const nowhere = buildConstituent({ contact: { mail: ['a@minato.example'], letter: null } });
    expect(letter.reaches(nowhere)).toBe(false);
    expect(letter.reaches(buildConstituent())).toBe(true);
    expect(await letter.deliver(buildNotice({ constituent: nowhere }), settings, deliverContext(newOutbox()))).toMatchObject({
      outcome: 'failed',
      isFinal: true,
    });
  });
});
