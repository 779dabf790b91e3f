/**
 * Cuts Noto Sans JP down to the characters this program really shows.
 *
 * The whole family is 5 MB in 124 pieces and a dense Japanese screen would fetch fifty of
 * them. Our own words come from a known set of files, so one small file per weight holds
 * them all and is preloaded; the full family stays behind it for names in the data.
 * A cut is kept in .cache under the hash of its characters, because cutting takes seconds.
 */
import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'vite';

type SubsetFont = (font: Buffer, text: string, options: { targetFormat: 'woff2' }) => Promise<Buffer>;
const { resolve } = createRequire(import.meta.url);

const WEIGHTS = [
  { weight: 400, file: '400Regular/NotoSansJP_400Regular.ttf' },
  { weight: 500, file: '500Medium/NotoSansJP_500Medium.ttf' },
  { weight: 600, file: '600SemiBold/NotoSansJP_600SemiBold.ttf' },
] as const;

/** Where our words are written; comments come along and cost little. */
const TEXTS = ['console/**/*.{ts,tsx}', 'catalogue/**/*.{yaml,yml,csv}', 'src/**/*.ts'];

interface CutFont {
  readonly weight: number;
  readonly name: string;
  readonly bytes: Buffer;
}

export function consoleFonts(root: string): Plugin {
  let fonts: readonly CutFont[] = [];
  return {
    name: 'yagura-console-fonts',
    async buildStart() {
      fonts = await cutFonts(root);
    },
    generateBundle() {
      for (const font of fonts) this.emitFile({ type: 'asset', fileName: `assets/${font.name}`, source: font.bytes });
      this.emitFile({ type: 'asset', fileName: `assets/${sheetName(fonts)}`, source: sheet(fonts) });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const font = fonts.find((candidate) => request.url === `/assets/${candidate.name}`);
        if (font) response.setHeader('content-type', 'font/woff2').end(font.bytes);
        else if (request.url === `/assets/${sheetName(fonts)}`) response.setHeader('content-type', 'text/css').end(sheet(fonts));
        else next();
      });
    },
    transformIndexHtml: () => [
      ...fonts.map((font) => ({
        tag: 'link',
        attrs: { rel: 'preload', href: `/assets/${font.name}`, as: 'font', type: 'font/woff2', crossorigin: true },
        injectTo: 'head' as const,
      })),
      { tag: 'link', attrs: { rel: 'stylesheet', href: `/assets/${sheetName(fonts)}` }, injectTo: 'head' as const },
    ],
  };
}

const sheet = (fonts: readonly CutFont[]): string =>
  fonts
    .map(
      (font) =>
        `@font-face{font-family:"Yagura Sans";font-style:normal;font-weight:${font.weight};font-display:swap;` +
        `src:url(/assets/${font.name}) format("woff2")}\n`,
    )
    .join('');

const sheetName = (fonts: readonly CutFont[]): string => `yagura-sans-${shortHash(sheet(fonts))}.css`;

const shortHash = (data: string): string => createHash('sha256').update(data).digest('hex').slice(0, 12);

async function cutFonts(root: string): Promise<CutFont[]> {
  const characters = await ourCharacters(root);
  const folder = join(root, '.cache/console-fonts');
  await mkdir(folder, { recursive: true });
  return Promise.all(WEIGHTS.map((weight) => cutFont(folder, characters, weight)));
}

async function cutFont(folder: string, characters: string, { weight, file }: (typeof WEIGHTS)[number]): Promise<CutFont> {
  const source = resolve(`@expo-google-fonts/noto-sans-jp/${file}`);
  const name = `yagura-sans-${weight}-${shortHash(`${file} ${characters}`)}.woff2`;
  const path = join(folder, name);
  const kept = await readFile(path).catch(() => undefined);
  if (kept) return { weight, name, bytes: kept };
  const bytes = await (await loadSubsetFont())(await readFile(source), characters, { targetFormat: 'woff2' });
  await writeFile(`${path}.${process.pid}`, bytes);
  await rename(`${path}.${process.pid}`, path);
  return { weight, name, bytes };
}

/** The package has no types of its own. */
async function loadSubsetFont(): Promise<SubsetFont> {
  const specifier = 'subset-font';
  const loaded = (await import(specifier)) as { default: SubsetFont };
  return loaded.default;
}

/** Every character of our texts once, in order, with ASCII, kana and the usual signs whatever the texts say. */
async function ourCharacters(root: string): Promise<string> {
  const files = TEXTS.flatMap((pattern) => globSync(pattern, { cwd: root })).filter((file) => !/\.test\.tsx?$/.test(file));
  const texts = await Promise.all(files.map((file) => readFile(join(root, file), 'utf8')));
  const always = [range(0x20, 0x7e), range(0xa1, 0xff), range(0x3001, 0x3015), range(0x3041, 0x3096), range(0x30a1, 0x30fe)].join('');
  const signs = '–—‘’“”…′″−×÷≤≥≠→←↑↓↻▲▼▾▸●◆○◇■□＋／（）：；？！％～〜〒様御中';
  const all = new Set(Array.from(`${texts.join('')}${always}${signs}`));
  return [...all]
    .filter((character) => character >= ' ')
    .sort()
    .join('');
}

const range = (from: number, to: number): string =>
  String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, index) => from + index));
