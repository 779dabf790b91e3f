/**
 * A sheet to set type on: millimetres in, PDF out.
 *
 * Everything is measured before it is drawn, so that a page can be tried in several
 * densities and only the one that fits reaches the paper. The same input gives the
 * same bytes: the creation date is the notice's own, so a preview is the delivery.
 */
import PDFDocument from 'pdfkit';
import type { Language } from '../../domain/text.ts';
import type { Fonts } from './fonts.ts';
import { breakLines, type Line, type LineOptions, type Run, type Weight } from './japanese-lines.ts';

export const INK = '#161C21';
export const INK_2 = '#434F58';
export const INK_3 = '#58646D';
export const CONTROL = '#75828B';
export const HAIRLINE = '#D6DCE0';

export const mm = (millimetres: number): number => (millimetres * 72) / 25.4;

export const A4 = { width: mm(210), height: mm(297) };

/** Middle of ascent and descent above the baseline, in ems. */
const MIDDLE: Readonly<Record<Weight, number>> = { regular: 0.436, medium: 0.436, semibold: 0.436, mono: 0.388, 'mono-strong': 0.388 };

interface TypeStyle extends LineOptions {
  readonly size: number; // points
  readonly leading: number; // line height in ems
  readonly width: number; // points
  readonly color?: string;
  readonly tracking?: number; // ems between characters
}

/** Something measured that can be drawn at a place. */
export interface Laid {
  readonly height: number;
  readonly width: number;
  draw(x: number, y: number): void;
}

export type Document = InstanceType<typeof PDFDocument>;

/** What a part is for those who have the page read to them. */
export type Role = 'H1' | 'H2' | 'P';

export interface Paper {
  readonly document: Document;
  /** Draws a part of the text, in reading order. */
  read(role: Role, draw: () => void): void;
  /** Draws what is no part of the text: folds, page numbers. */
  decorate(draw: () => void): void;
  lay(runs: readonly Run[], style: TypeStyle): Laid;
  finish(): Promise<Uint8Array>;
}

export interface PaperInfo {
  readonly title: string;
  readonly author: string;
  readonly subject: string;
  readonly createdAt: number;
  readonly language: Language;
}

export function openPaper(fonts: Fonts, info: PaperInfo): Paper {
  const document = new PDFDocument({
    size: [A4.width, A4.height],
    margin: 0,
    bufferPages: true,
    pdfVersion: '1.7',
    tagged: true,
    lang: info.language === 'ja' ? 'ja-JP' : 'en',
    displayTitle: true,
    info: {
      Title: info.title,
      Author: info.author,
      Subject: info.subject,
      Creator: 'Yagura',
      Producer: 'Yagura',
      CreationDate: new Date(info.createdAt),
    },
  });
  for (const [name, bytes] of Object.entries(fonts)) document.registerFont(name, bytes);
  const bytes = collect(document);
  const measure = createMeasure(document);
  const root = document.struct('Document');
  document.addStructure(root);
  return {
    document,
    read: (role, draw) => {
      root.add(document.struct(role, {}, draw));
    },
    decorate: (draw) => {
      document.markContent('Artifact', { type: 'Pagination' });
      draw();
      document.endMarkedContent();
    },
    lay: (runs, style) => layText(document, breakLines(runs, style.width / style.size, measure, style), style),
    finish: () => {
      root.end();
      document.end();
      return bytes;
    },
  };
}

/** Widths in ems, remembered: most characters of a letter come again and again. */
function createMeasure(document: Document): (text: string, weight: Weight) => number {
  const known = new Map<string, number>();
  return (text, weight) => {
    const key = `${weight}\u001f${text}`;
    let width = known.get(key);
    if (width === undefined) {
      width = document.font(weight).fontSize(1000).widthOfString(text) / 1000;
      known.set(key, width);
    }
    return width;
  };
}

function layText(document: Document, lines: readonly Line[], style: TypeStyle): Laid {
  const step = style.leading * style.size;
  return {
    height: lines.length * step,
    width: Math.max(...lines.map((line) => line.width)) * style.size,
    draw: (x, y) => {
      for (const [index, line] of lines.entries()) drawLine(document, line, style, x, y + index * step + step / 2);
    },
  };
}

function drawLine(document: Document, line: Line, style: TypeStyle, x: number, middle: number): void {
  for (const piece of line.pieces) {
    document
      .font(piece.weight)
      .fontSize(style.size)
      .fillColor(style.color ?? INK);
    document.text(piece.text, x + piece.x * style.size, middle + MIDDLE[piece.weight] * style.size, {
      lineBreak: false,
      baseline: 'alphabetic',
      ...(style.tracking ? { characterSpacing: style.tracking * style.size } : {}),
    });
  }
}

function collect(document: Document): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
}
