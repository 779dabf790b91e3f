/**
 * Breaks text into lines the way Japanese is set (禁則処理), English along with it.
 *
 * No line starts with 、。）」ー or a small kana, none ends with an opening bracket, a
 * figure stays with its counter (10秒), Latin words stay whole, and a narrow space is
 * set where Japanese meets Latin letters or figures. PDF writers know nothing of this
 * and break anywhere, which is the first thing a Japanese reader notices.
 *
 * Pure: the caller says how wide a piece of text is, in ems.
 */

export type Weight = 'regular' | 'medium' | 'semibold' | 'mono' | 'mono-strong';

export interface Run {
  readonly text: string;
  readonly weight: Weight;
}

/** A piece of one run with its place in the line. */
interface Piece extends Run {
  readonly x: number; // ems from the line's start
}

export interface Line {
  readonly pieces: readonly Piece[];
  readonly width: number; // ems
}

export type Measure = (text: string, weight: Weight) => number;

export interface LineOptions {
  /** For headings: break between phrases instead of between any two characters. */
  readonly byPhrase?: boolean;
}

const NOT_AT_START = new Set(
  '、。，．・：；？！゛゜ヽヾゝゞ々ー）］｝〕〉》」』】〙〗〟’”｠»ァィゥェォッャュョヮヵヶぁぃぅぇぉっゃゅょゎゕゖ〜～–‐゠…‥,.:;!?)]}%％‰°℃',
);
const NOT_AT_END = new Set('（［｛〔〈《「『【〘〖〝‘“｟«([{￥＄£#№〒');
const OPENING = new Set('（［｛〔〈《「『【〘〖｟');
const CLOSING = new Set('、。，．）］｝〕〉》」』】〙〗｠');
const COUNTERS = new Set('年月日時分秒件回台個度番号文字桁人社通枚頁つ点');
const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}\u3000-\u303f\uff01-\uff60ー々〜]/u;
const LETTER_OF_JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}ー々]/u;
const LATIN = /[\p{Script=Latin}\p{Nd}]/u;

/** Between Japanese and Latin, as browsers set it. */
const AUTO_SPACE = 0.125;
const HALF = 0.5;
/** A last line shorter than this is a stub, in ems. */
const STUB = 4;

interface Atom {
  readonly text: string;
  readonly weight: Weight;
  readonly width: number;
  readonly isSpace: boolean;
  readonly isForced: boolean; // the line ends here
  readonly mayBreakBefore: boolean;
}

export function breakLines(runs: readonly Run[], width: number, measure: Measure, options: LineOptions = {}): readonly Line[] {
  const atoms = splitLongAtoms(toAtoms(runs, measure, options), width, measure);
  const lines = fill(atoms, width).map((part) => toLine(part, measure));
  return lines.length > 0 ? lines : [{ pieces: [], width: 0 }];
}

type Part = readonly Atom[];

function fill(atoms: Part, width: number): Part[] {
  const parts: Part[] = [];
  let start = 0;
  while (start < atoms.length) {
    const end = findEnd(atoms, start, width);
    parts.push(atoms.slice(start, end));
    start = skipSpaces(atoms, end);
  }
  return avoidStub(parts, width);
}

/** A last line of two or three characters looks forgotten: the line above gives it some of its own. */
function avoidStub(parts: Part[], width: number): Part[] {
  const [above, last] = [parts.at(-2), parts.at(-1)];
  if (!above || !last || above.at(-1)?.isForced || widthOf(last) >= STUB || width < STUB * 3) return parts;
  const atoms = [...above, ...last];
  for (let less = 1; less <= STUB; less += 1) {
    const end = findEnd(atoms, 0, width - less);
    const rest = atoms.slice(skipSpaces(atoms, end));
    const isBetter = widthOf(rest) >= STUB && findEnd(rest, 0, width) === rest.length;
    if (isBetter) return [...parts.slice(0, -2), atoms.slice(0, end), rest];
  }
  return parts;
}

function widthOf(part: Part): number {
  return part.reduce((sum, atom) => sum + atom.width, 0);
}

/** Japanese is set character by character, everything else word by word. */
function toAtoms(runs: readonly Run[], measure: Measure, options: LineOptions): Atom[] {
  const text = runs.map((run) => run.text).join('');
  const phraseStarts = options.byPhrase ? findPhraseStarts(text) : null;
  const atoms: Atom[] = [];
  let offset = 0;
  for (const run of runs) {
    for (const [part] of run.text.matchAll(/\s+|[^\s]/gu)) {
      const previous = atoms.at(-1);
      const isSpace = /^[^\S\u3000]+$/.test(part);
      if (previous && joins(previous, part, run.weight, isSpace)) {
        const joined = previous.text + part;
        atoms[atoms.length - 1] = { ...previous, text: joined, width: measure(joined, run.weight) };
      } else {
        const mayBreakBefore =
          previous !== undefined && mayBreak(previous.text, part, previous.isSpace) && (phraseStarts?.has(offset) ?? true);
        atoms.push({
          text: part,
          weight: run.weight,
          width: measure(part, run.weight),
          isSpace,
          isForced: part.includes('\n'),
          mayBreakBefore,
        });
      }
      offset += part.length;
    }
  }
  return atoms;
}

function joins(previous: Atom, part: string, weight: Weight, isSpace: boolean): boolean {
  return !previous.isSpace && !isSpace && previous.weight === weight && !JAPANESE.test(previous.text) && !JAPANESE.test(part);
}

const firstOf = (text: string): string => String.fromCodePoint(text.codePointAt(0) ?? 0x20);
const lastOf = (text: string): string => /.$/su.exec(text)?.[0] ?? '';

function mayBreak(before: string, after: string, isAfterSpace: boolean): boolean {
  const [last, first] = [lastOf(before), firstOf(after)];
  if (NOT_AT_START.has(first) || NOT_AT_END.has(last)) return false;
  if (isAfterSpace) return true;
  if (/\s/.test(first)) return false; // the space stays at the end of its line
  if (!JAPANESE.test(last) && !JAPANESE.test(first)) return false;
  if (/\p{Nd}/u.test(last) && COUNTERS.has(first)) return false;
  return !(last === first && /[…‥―—]/.test(last));
}

/** Where a phrase may start: at a word that is not a mere particle or ending. */
function findPhraseStarts(text: string): ReadonlySet<number> {
  const starts = new Set<number>();
  for (const { segment, index } of new Intl.Segmenter('ja', { granularity: 'word' }).segment(text)) {
    if (!/^(\p{Script=Hiragana}{1,2}|[がをにはのでともへやか]\p{Script=Hiragana}*)$/u.test(segment)) starts.add(index);
  }
  return starts;
}

/** An address or a file name longer than the line has to be cut somewhere; after a separator if there is one. */
function splitLongAtoms(atoms: readonly Atom[], width: number, measure: Measure): readonly Atom[] {
  return atoms.flatMap((atom) => (atom.width <= width || atom.isSpace ? [atom] : splitAtom(atom, width, measure)));
}

function splitAtom(atom: Atom, width: number, measure: Measure): Atom[] {
  const parts: string[] = [];
  let part = '';
  for (const character of atom.text) {
    if (part !== '' && measure(part + character, atom.weight) > width) {
      const cut = Math.max(...['/', '.', ':', '-', '_', '@', '&', '='].map((mark) => part.lastIndexOf(mark))) + 1;
      const isNear = cut > part.length / 2;
      parts.push(isNear ? part.slice(0, cut) : part);
      part = isNear ? part.slice(cut) : '';
    }
    part += character;
  }
  return [...parts, part].map((text, index) => ({
    text,
    weight: atom.weight,
    width: measure(text, atom.weight),
    isSpace: false,
    isForced: false,
    mayBreakBefore: index > 0 || atom.mayBreakBefore,
  }));
}

/** Index after the last atom of the line that starts at `start`. */
function findEnd(atoms: readonly Atom[], start: number, width: number): number {
  let x = 0;
  let lastBreak = start;
  for (let index = start; index < atoms.length; index += 1) {
    const atom = atoms[index] as Atom;
    if (atom.isForced) return index + 1;
    if (index > start && atom.mayBreakBefore) lastBreak = index;
    x += leadingSpace(atoms[index - 1], atom, index === start) + atom.width;
    const visible = atom.isSpace ? 0 : x - (CLOSING.has(atom.text) ? HALF : 0);
    if (visible > width + 1e-9 && index > start) return lastBreak > start ? lastBreak : index;
  }
  return atoms.length;
}

/** Added before an atom: the narrow space between scripts, or the blank half of a bracket taken away. */
function leadingSpace(previous: Atom | undefined, atom: Atom, isLineStart: boolean): number {
  if (isLineStart || !previous) return OPENING.has(atom.text) ? -HALF : 0;
  const [last, first] = [lastOf(previous.text), firstOf(atom.text)];
  const isDoubleBlank = (CLOSING.has(last) && (CLOSING.has(first) || OPENING.has(first))) || (OPENING.has(last) && OPENING.has(first));
  if (isDoubleBlank) return -HALF;
  const meets = (LETTER_OF_JAPANESE.test(last) && LATIN.test(first)) || (LATIN.test(last) && LETTER_OF_JAPANESE.test(first));
  return meets ? AUTO_SPACE : 0;
}

function skipSpaces(atoms: readonly Atom[], from: number): number {
  let index = from;
  while (atoms[index]?.isSpace) index += 1;
  return index;
}

/**
 * Neighbours of one weight that touch become one piece, so that the text can be searched
 * and copied. A piece is measured as a whole, because the font brings some kana closer.
 */
function toLine(atoms: readonly Atom[], measure: Measure): Line {
  const kept = [...atoms];
  while (kept.at(-1)?.isSpace) kept.pop();
  const pieces: { text: string; weight: Weight; lead: number }[] = [];
  for (const [index, atom] of kept.entries()) {
    const lead = leadingSpace(kept[index - 1], atom, index === 0);
    const open = pieces.at(-1);
    if (open && lead === 0 && open.weight === atom.weight) open.text += atom.text;
    else pieces.push({ text: atom.text, weight: atom.weight, lead });
  }
  let width = 0;
  const placed = pieces.map(({ text, weight, lead }): Piece => {
    const x = width + lead;
    width = x + measure(text, weight);
    return { text, weight, x };
  });
  return { pieces: placed, width };
}
