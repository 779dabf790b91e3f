/** The code on the letter is read back from the printed page, as a telephone would. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsqr from 'jsqr';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildItems, buildNotice, LONG_REASON, renderContext, SENDER } from '../test-support.ts';
import { toOpenedUrl } from '../words.ts';
import letter from './index.ts';

const PAGE_PRINTER = 'pdftoppm';
const hasPagePrinter = spawnSync(PAGE_PRINTER, ['-v']).error === undefined;
if (!hasPagePrinter) process.stderr.write('pdftoppm is absent: the tests that read the code on a letter are skipped.\n');

const settings = letter.settings.parse({});

/** The reader is CommonJS, so its types put the function one step further away than Node and Vite do. */
const readCode = jsqr as unknown as typeof jsqr.default;

async function typeset(answerUrl: string, over: Parameters<typeof buildNotice>[0] = {}): Promise<Uint8Array> {
  const { parts } = await letter.render(buildNotice(over), settings, { ...renderContext, sender: { ...SENDER, answerUrl } });
  return parts[0]?.content ?? new Uint8Array();
}

/** The first page as grey pixels. */
function printPage(pdf: Uint8Array, dotsPerInch: number): { width: number; height: number; grey: Uint8Array } {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-code-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'letter.pdf'), pdf);
  const options = ['-gray', '-singlefile', '-f', '1', '-r', String(dotsPerInch)];
  execFileSync(PAGE_PRINTER, [...options, join(folder, 'letter.pdf'), join(folder, 'page')]);
  const image = readFileSync(join(folder, 'page.pgm'));
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(image.subarray(0, 40).toString('latin1'));
  if (!head) throw new Error('the page printer wrote no grey image');
  return { width: Number(head[1]), height: Number(head[2]), grey: image.subarray(head[0].length) };
}

function readCodeOf(pdf: Uint8Array, dotsPerInch: number): string | undefined {
  const { width, height, grey } = printPage(pdf, dotsPerInch);
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) pixels.fill(grey[i] ?? 255, i * 4, i * 4 + 4);
  return readCode(pixels, width, height)?.data;
}

describe.skipIf(!hasPagePrinter)('the code on a letter', () => {
  it.each([72, 100, 150, 300])('opens the page that the letter names, printed at %i dots per inch', async (dotsPerInch) => {
    expect(readCodeOf(await typeset('check.example/a'), dotsPerInch)).toBe('https://check.example/a');
  });

  it.each([
    ['in English', 'check.example/a', { language: 'en' }],
    ['with a list behind it', 'check.example/a', { items: buildItems(30) }],
    ['on a full page', 'check.example/a', { items: [{ ...buildItems(1)[0], because: LONG_REASON }] }],
    ['with a long address', `check.example/${'answers/'.repeat(10)}a`, {}],
    ['with an address in Japanese', '窓口.example/回答', {}],
  ] as [string, string, Parameters<typeof buildNotice>[0]][])('is read %s', async (_, answerUrl, over) => {
    expect(readCodeOf(await typeset(answerUrl, over), 150)).toBe(toOpenedUrl(answerUrl));
  });
});
