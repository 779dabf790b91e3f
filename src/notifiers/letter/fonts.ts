/**
 * The typefaces of a letter, embedded so that it looks the same at every print service.
 *
 * Japanese comes from static files, because the PDF writer can cut those down to the
 * characters used. The typewriter face for what people type is made from its variable
 * file once per process.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Weight } from './japanese-lines.ts';

const require = createRequire(import.meta.url);

interface SubsetFont {
  (font: Buffer, text: string, options: { targetFormat: 'truetype'; variationAxes: Readonly<Record<string, number>> }): Promise<Buffer>;
}

const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');

export type Fonts = Readonly<Record<Weight, Buffer>>;

let loaded: Promise<Fonts> | undefined;

/** Read once per process: five megabytes a weight. */
export function loadFonts(): Promise<Fonts> {
  loaded ??= readFonts();
  return loaded;
}

async function readFonts(): Promise<Fonts> {
  const read = (path: string): Buffer => readFileSync(require.resolve(path));
  const subsetFont = require('subset-font') as SubsetFont;
  const mono = read('@fontsource-variable/noto-sans-mono/files/noto-sans-mono-latin-wght-normal.woff2');
  return {
    regular: read('@expo-google-fonts/noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf'),
    medium: read('@expo-google-fonts/noto-sans-jp/500Medium/NotoSansJP_500Medium.ttf'),
    semibold: read('@expo-google-fonts/noto-sans-jp/600SemiBold/NotoSansJP_600SemiBold.ttf'),
    mono: await subsetFont(mono, PRINTABLE, { targetFormat: 'truetype', variationAxes: { wght: 500 } }),
    'mono-strong': await subsetFont(mono, PRINTABLE, { targetFormat: 'truetype', variationAxes: { wght: 600 } }),
  };
}
