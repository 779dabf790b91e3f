/**
 * Sets a letter on A4 for a window envelope, folded in three.
 *
 * The first page carries everything one finding needs. It is measured in rising
 * density and the roomiest that fits is taken; only a very long text runs over. Lists
 * follow from the second page, with the head of the table repeated.
 */
import type { Language, Text } from '../../domain/text.ts';
import { HEADINGS } from '../words.ts';
import type { LetterContent, LetterList, LetterSection, LetterStep, LetterTable } from './content.ts';
import { drawCode, drawFoldMarks, drawMark } from './drawings.ts';
import type { Run, Weight } from './japanese-lines.ts';
import { A4, CONTROL, HAIRLINE, INK, INK_2, INK_3, type Laid, mm, type Paper, type Role } from './paper.ts';

const LEFT = mm(22);
const WIDTH = mm(166);
const BOTTOM = mm(274);
const FIRST_TOP = mm(72);
const NEXT_TOP = mm(24);

/** Body size in points and line height, the roomiest first. */
const DENSITIES: Readonly<Record<Language, readonly Density[]>> = {
  ja: [
    { size: 10.5, leading: 1.8, gap: 1 },
    { size: 10.5, leading: 1.7, gap: 0.9 },
    { size: 10.5, leading: 1.6, gap: 0.8 },
    { size: 10, leading: 1.55, gap: 0.7 },
    { size: 9.5, leading: 1.5, gap: 0.6 },
  ],
  en: [
    { size: 10.5, leading: 1.62, gap: 1 },
    { size: 10.5, leading: 1.52, gap: 0.9 },
    { size: 10.5, leading: 1.45, gap: 0.8 },
    { size: 10, leading: 1.4, gap: 0.7 },
    { size: 9.5, leading: 1.38, gap: 0.6 },
  ],
};

interface Density {
  readonly size: number;
  readonly leading: number;
  readonly gap: number;
}

/** A measured part of the page; `before` is the space above it unless it stands on top. */
interface Block {
  readonly role: Role;
  readonly before: number;
  readonly height: number;
  draw(y: number): void;
}

const ANSWER_TEXT = {
  typeYourself: {
    ja: [
      ['ブラウザーに次の宛先を', false],
      ['ご自身で入力', true],
      ['し、確認コードを入れてください。右の図も同じ画面を開きます。', false],
    ],
    en: [
      ['Type this address yourself', true],
      [' into a browser and enter the check code. The square on the right opens the same page.', false],
    ],
  },
} as const;

const GENUINE_HEADING: Text = { ja: 'この手紙が本物か確かめる方法', en: 'How to make sure this letter is real' };

/** Draws the whole letter; returns the number of pages. */
export function layLetter(paper: Paper, content: LetterContent): number {
  drawHead(paper, content);
  const density = chooseDensity(paper, content);
  const flow = startFlow(paper, content);
  for (const block of toFirstPage(paper, content, density)) flow.place(block);
  if (content.sections.length > 0) {
    flow.nextPage();
    for (const section of content.sections) placeSection(paper, flow, section, content.language);
    if (content.rest) flow.place(toTextBlock(paper, [run(content.rest)], { size: 10, leading: 1.6, before: mm(4) }));
  }
  return drawFooters(paper, content);
}

function chooseDensity(paper: Paper, content: LetterContent): Density {
  const choices = DENSITIES[content.language];
  const room = BOTTOM - FIRST_TOP;
  const fits = (density: Density): boolean =>
    toFirstPage(paper, content, density).reduce((sum, block, index) => sum + block.height + (index === 0 ? 0 : block.before), 0) <= room;
  return choices.find(fits) ?? choices[2] ?? { size: 10.5, leading: 1.6, gap: 0.8 };
}

// The first page

function toFirstPage(paper: Paper, content: LetterContent, density: Density): Block[] {
  const { size, leading, gap } = density;
  const body = { size, leading };
  return [
    toTextBlock(paper, [run(content.title, 'semibold')], { role: 'H1', size: 18, leading: 1.4, before: 0, byPhrase: true }),
    toTextBlock(paper, [run(content.lead, 'medium')], { size: 12, leading: 1.65, before: mm(1.5) * gap }),
    ...content.paragraphs.map((text, index) => toTextBlock(paper, [run(text)], { ...body, before: mm(index === 0 ? 3.5 : 1.5) * gap })),
    ...(content.facts ? [toFactsBlock(paper, content.facts, mm(3.5) * gap)] : []),
    toTextBlock(paper, [run(content.stepsHeading, 'semibold')], {
      role: 'H2',
      size: 11.5,
      leading: 1.5,
      before: mm(4.5) * gap,
      byPhrase: true,
    }),
    ...content.steps.map((step, index) => toStepBlock(paper, step, index + 1, content.language, { ...body, before: mm(1) * gap })),
    toAnswerBlock(paper, content, mm(5) * gap),
    toGenuineBlock(paper, content, mm(5) * gap, Math.min(leading, 1.7), size),
  ];
}

interface BlockStyle {
  readonly role?: Role;
  readonly size: number;
  readonly leading: number;
  readonly before: number;
  readonly byPhrase?: boolean;
}

function toTextBlock(paper: Paper, runs: readonly Run[], style: BlockStyle): Block {
  const laid = paper.lay(runs, { ...style, width: WIDTH });
  return { role: style.role ?? 'P', before: style.before, height: laid.height, draw: (y) => laid.draw(LEFT, y) };
}

function toStepBlock(paper: Paper, step: LetterStep, number: number, language: Language, style: BlockStyle): Block {
  const indent = mm(8);
  const space = language === 'ja' || step.detail === '' ? '' : ' ';
  const figure = paper.lay([run(String(number), 'semibold')], { size: 13, leading: (style.size * style.leading) / 13, width: indent });
  const text = paper.lay([run(step.action, 'semibold'), run(`${space}${step.detail}`)], { ...style, width: WIDTH - indent });
  return {
    role: 'P',
    before: style.before,
    height: text.height,
    draw: (y) => {
      figure.draw(LEFT, y);
      text.draw(LEFT + indent, y);
    },
  };
}

/** One finding's raw facts in a strip; the address gives way when it is a long one. */
function toFactsBlock(paper: Paper, facts: LetterTable, before: number): Block {
  const columns = facts.heads.map((head, index): [string, string] => [head, facts.rows[0]?.[index] ?? '']);
  const lay = (text: string, size: number, color: string, width: number): Laid =>
    paper.lay([run(text)], { size, leading: 1.45, width, color });
  const gap = mm(5);
  const natural = columns.map(([head, value]) => Math.max(lay(head, 8.5, INK_3, WIDTH).width, lay(value, 9.5, INK, WIDTH).width) + 0.1);
  const over = natural.reduce((sum, width) => sum + width + gap, -gap) - WIDTH;
  const widths = natural.map((width) => (over > 0 && width === Math.max(...natural) ? width - over : width));
  const heads = columns.map(([head], index) => lay(head, 8.5, INK_3, widths[index] ?? WIDTH));
  const values = columns.map(([, value], index) => lay(value, 9.5, INK, widths[index] ?? WIDTH));
  const steps = widths.map((width) => width + gap);
  const height = tallest(heads) + tallest(values) + mm(3);
  return {
    role: 'P',
    before,
    height,
    draw: (y) => {
      drawRule(paper, y);
      drawCells(heads, steps, y + mm(1.5));
      drawCells(values, steps, y + mm(1.5) + tallest(heads));
      drawRule(paper, y + height);
    },
  };
}

function toAnswerBlock(paper: Paper, content: LetterContent, before: number): Block {
  const padding = mm(5);
  const codeSize = mm(32);
  const width = WIDTH - padding * 2 - codeSize - mm(6);
  const { language } = content;
  const parts: Stack = [
    { laid: paper.lay([run(HEADINGS.answer[language], 'semibold')], { size: 11.5, leading: 1.5, width }), gap: 0 },
    {
      laid: paper.lay(
        ANSWER_TEXT.typeYourself[language].map(([text, isStrong]) => run(text, isStrong ? 'semibold' : 'regular')),
        { size: 10.5, leading: language === 'ja' ? 1.65 : 1.55, width },
      ),
      gap: mm(0.5),
    },
    { laid: layTyped(paper, content.answer.url, 'mono', 14, width), gap: mm(1.2) },
    { laid: layCheckCode(paper, content, width), gap: mm(1.2) },
  ];
  const textHeight = heightOf(parts);
  const height = Math.max(textHeight, codeSize) + mm(7.5);
  return {
    role: 'P',
    before,
    height,
    draw: (y) => {
      paper.document.rect(LEFT, y, WIDTH, height).lineWidth(mm(0.4)).strokeColor(INK).stroke();
      drawStack(parts, LEFT + padding, y + (height - textHeight) / 2);
      drawCode(paper.document, content.answer.opened, LEFT + WIDTH - padding - codeSize, y + (height - codeSize) / 2, codeSize);
    },
  };
}

/** What people type keeps to one line as long as it can be read. */
function layTyped(paper: Paper, text: string, weight: Weight, size: number, width: number): Laid {
  const face: Weight = /^[\u0020-\u007e]*$/.test(text) ? weight : 'medium';
  const attempt = (points: number): Laid => paper.lay([run(text, face)], { size: points, leading: 1.5, width });
  for (let points = size; points > 9; points -= 1) {
    const laid = attempt(points);
    if (laid.height <= points * 1.5 + 0.01) return laid;
  }
  return attempt(9);
}

function layCheckCode(paper: Paper, content: LetterContent, width: number): Laid {
  const label = paper.lay([run(HEADINGS.checkCode[content.language])], { size: 9.5, leading: 24 / 9.5, width, color: INK_2 });
  const code = paper.lay([run(content.answer.code, 'mono-strong')], { size: 16, leading: 1.5, width, tracking: 0.06 });
  return {
    width,
    height: code.height,
    draw: (x, y) => {
      label.draw(x, y + 1.5);
      code.draw(x + label.width + mm(4), y);
    },
  };
}

function toGenuineBlock(paper: Paper, content: LetterContent, before: number, leading: number, size: number): Block {
  const indent = mm(6.5);
  const width = WIDTH - indent;
  const heading = paper.lay([run(GENUINE_HEADING[content.language], 'semibold')], { size: 11.5, leading: 1.5, width });
  const text = paper.lay(
    content.genuine.map((part) => run(part.text, part.isStrong ? 'semibold' : 'regular')),
    { size, leading, width },
  );
  const height = heading.height + mm(0.8) + text.height;
  return {
    role: 'P',
    before,
    height,
    draw: (y) => {
      paper.document.rect(LEFT, y, mm(1.5), height).fill(CONTROL);
      heading.draw(LEFT + indent, y);
      text.draw(LEFT + indent, y + heading.height + mm(0.8));
    },
  };
}

// The head of the first page

function drawHead(paper: Paper, content: LetterContent): void {
  paper.decorate(() => drawFoldMarks(paper.document));
  if (content.simulation) drawSimulation(paper, content.simulation, mm(60));
  paper.read('P', () => drawRecipient(paper, content));
  paper.read('P', () => drawSender(paper, content));
}

/** The window shows 20 to 106 mm by 14 to 56 mm; long addresses are set smaller rather than cut. */
function drawRecipient(paper: Paper, content: LetterContent): void {
  const stacks = [11, 10, 9, 8, 7].map((size) => layRecipient(paper, content, size));
  const stack = stacks.find((candidate) => heightOf(candidate) <= mm(35)) ?? stacks.at(-1) ?? [];
  drawStack(stack, mm(25), mm(19.5));
}

function layRecipient(paper: Paper, { recipient }: LetterContent, size: number): Stack {
  const width = mm(78);
  const address = recipient.address.map((line) => ({ laid: paper.lay([run(line)], { size, leading: 1.65, width }), gap: 0 }));
  if (recipient.isNameFirst) {
    const name = recipient.name.map((line) => ({ laid: paper.lay([run(line)], { size, leading: 1.65, width }), gap: 0 }));
    return [...name, ...address];
  }
  const name = recipient.name.map((line, index) => ({
    laid: paper.lay([run(line)], { size: size * 1.18, leading: 1.5, width }),
    gap: index === 0 ? mm(2.2) : 0,
  }));
  return [...address, ...name];
}

function drawSender(paper: Paper, content: LetterContent): void {
  const x = mm(126);
  const width = mm(51);
  const name = paper.lay([run(content.sender.name, 'semibold')], { size: 11, leading: 1.45, width, byPhrase: true });
  const address = paper.lay([run(content.sender.address)], { size: 8.5, leading: 1.45, width, color: INK_2 });
  const height = name.height + address.height;
  drawMark(paper.document, x, mm(16) + Math.max(0, height - mm(8)) / 2, mm(8));
  name.draw(x + mm(11), mm(16));
  address.draw(x + mm(11), mm(16) + name.height);
  drawReference(paper, content, x, mm(16) + height + mm(5));
}

function drawReference(paper: Paper, content: LetterContent, x: number, y: number): void {
  const rows = [
    [HEADINGS.date[content.language], content.date],
    [HEADINGS.number[content.language], content.number],
  ] as const;
  const style = { size: 9.5, leading: 1.7, width: mm(62) };
  const labels = rows.map(([label]) => paper.lay([run(label)], { ...style, color: INK_3 }));
  const indent = Math.max(...labels.map((label) => label.width)) + mm(4);
  for (const [index, [, value]] of rows.entries()) {
    const top = y + index * style.size * style.leading;
    labels[index]?.draw(x, top);
    paper.lay([run(value)], style).draw(x + indent, top);
  }
}

// Lists

interface Flow {
  place(block: Block): void;
  /** Places rows one by one; `repeat` is drawn again on top of every new page. */
  placeRows(rows: readonly Block[], repeat: Block): void;
  /** Starts a page unless this much fits on the present one. */
  keep(height: number): void;
  nextPage(): void;
}

function startFlow(paper: Paper, content: LetterContent): Flow {
  let y = FIRST_TOP;
  let isTop = true;
  const nextPage = (): void => {
    paper.document.addPage();
    if (content.simulation) drawSimulation(paper, content.simulation, mm(12));
    y = NEXT_TOP;
    isTop = true;
  };
  const place = (block: Block): void => {
    if (y + (isTop ? 0 : block.before) + block.height > BOTTOM && !isTop) nextPage();
    if (!isTop) y += block.before;
    paper.read(block.role, () => block.draw(y));
    y += block.height;
    isTop = false;
  };
  return {
    nextPage,
    place,
    keep: (height) => {
      if (y + height > BOTTOM && !isTop) nextPage();
    },
    placeRows: (rows, repeat) => {
      place(repeat);
      for (const row of rows) {
        if (y + row.height > BOTTOM) {
          nextPage();
          place(repeat);
        }
        place(row);
      }
    },
  };
}

function placeSection(paper: Paper, flow: Flow, section: LetterSection, language: Language): void {
  const size = 9.5;
  const leading = language === 'ja' ? 1.65 : 1.5;
  const intro = [
    toTextBlock(paper, [run(section.title, 'semibold')], { role: 'H2', size: 13, leading: 1.5, before: mm(8), byPhrase: true }),
    ...(section.summary === null ? [] : [toTextBlock(paper, [run(section.summary)], { size, leading, before: mm(0.5) })]),
    ...section.steps.map((step, index) =>
      toStepBlock(paper, step, index + 1, language, { size, leading, before: mm(index === 0 ? 2 : 0.5) }),
    ),
  ];
  const { head, rows } = toListBlocks(paper, section.list, language);
  const needed = intro.reduce((sum, block) => sum + block.before + block.height, 0) + head.before + head.height + (rows[0]?.height ?? 0);
  flow.keep(needed);
  for (const block of intro) flow.place(block);
  flow.placeRows(rows, head);
}

const COLUMNS = [16, 52, 20, 24, 38, 16].map(mm);

function toListBlocks(paper: Paper, list: LetterList, language: Language): { head: Block; rows: Block[] } {
  const cells = (texts: readonly string[], weight: Weight, color: string): Laid[] =>
    texts.map((text, index) => paper.lay([run(text, weight)], { size: 8.5, leading: 1.5, width: (COLUMNS[index] ?? 0) - mm(2), color }));
  const heads = cells(list.heads, 'regular', INK_3);
  const head: Block = {
    role: 'P',
    before: mm(3),
    height: tallest(heads) + mm(1.6),
    draw: (y) => {
      drawCells(heads, COLUMNS, y);
      drawRule(paper, y + tallest(heads) + mm(1.6), CONTROL);
    },
  };
  const reasonStyle = { size: 8.5, leading: language === 'ja' ? 1.6 : 1.45, width: WIDTH - (COLUMNS[0] ?? 0), color: INK_2 };
  const rows = list.rows.map((texts, index): Block => {
    const facts = cells(texts, 'medium', INK);
    const reason = paper.lay([run(list.reasons[index] ?? '')], reasonStyle);
    const height = tallest(facts) + reason.height + mm(3.4);
    return {
      role: 'P',
      before: 0,
      height,
      draw: (y) => {
        drawCells(facts, COLUMNS, y + mm(1.6));
        reason.draw(LEFT + (COLUMNS[0] ?? 0), y + mm(1.8) + tallest(facts));
        drawRule(paper, y + height);
      },
    };
  });
  return { head, rows };
}

// Small parts

function run(text: string, weight: Weight = 'regular'): Run {
  return { text, weight };
}

/** Lines one below the other, with the space above each. */
type Stack = readonly { readonly laid: Laid; readonly gap: number }[];

function heightOf(stack: Stack): number {
  return stack.reduce((sum, part) => sum + part.gap + part.laid.height, 0);
}

function drawStack(stack: Stack, x: number, y: number): void {
  let top = y;
  for (const part of stack) {
    part.laid.draw(x, top + part.gap);
    top += part.gap + part.laid.height;
  }
}

function tallest(cells: readonly Laid[]): number {
  return Math.max(0, ...cells.map((cell) => cell.height));
}

function drawCells(cells: readonly Laid[], widths: readonly number[], y: number): void {
  let x = LEFT;
  for (const [index, cell] of cells.entries()) {
    cell.draw(x, y);
    x += widths[index] ?? 0;
  }
}

function drawRule(paper: Paper, y: number, color: string = HAIRLINE): void {
  paper.document
    .moveTo(LEFT, y)
    .lineTo(LEFT + WIDTH, y)
    .lineWidth(mm(0.25))
    .strokeColor(color)
    .stroke();
}

function drawSimulation(paper: Paper, text: string, y: number): void {
  const laid = paper.lay([run(text, 'semibold')], { size: 10, leading: 1.5, width: WIDTH - mm(6) });
  const box = paper.document;
  paper.read('P', () => {
    box
      .save()
      .rect(LEFT, y, WIDTH, laid.height + mm(2.5))
      .lineWidth(mm(0.3))
      .dash(mm(1.2), { space: mm(0.9) })
      .strokeColor(INK)
      .stroke();
    box.undash().restore();
    laid.draw(LEFT + mm(3), y + mm(1.25));
  });
}

function drawFooters(paper: Paper, content: LetterContent): number {
  const { count } = paper.document.bufferedPageRange();
  for (let page = 0; page < count; page += 1) {
    paper.document.switchToPage(page);
    paper.decorate(() => drawFooter(paper, content, `${page + 1} / ${count}`));
  }
  return count;
}

function drawFooter(paper: Paper, content: LetterContent, page: string): void {
  const separator = content.language === 'ja' ? '　' : '  ';
  const style = { size: 9, leading: 1.6, color: INK_2 };
  const y = A4.height - mm(16.7);
  drawRule(paper, A4.height - mm(18.7));
  const place = paper.lay([run(`${content.number}${separator}${page}`)], { ...style, width: mm(60) });
  place.draw(LEFT + WIDTH - place.width, y);
  paper
    .lay([run(`${content.sender.name}${separator}${content.sender.address}`)], { ...style, width: WIDTH - place.width - mm(4) })
    .draw(LEFT, y);
}
