/** What a letter draws besides type: the mark, fold marks, the two-dimensional code. */
import { create } from 'qrcode';
import { CONTROL, type Document, INK, mm } from './paper.ts';

/** The watchtower, as in the product's mark; its bell is ink because on paper nothing waits. */
const TOWER = ['M4.5 10.5 16 3l11.5 7.5', 'M8.5 18h15M10.5 18 7 29.5M21.5 18 25 29.5M9.2 23.6h13.6'];
const POSTS = 'M10.5 10v8M21.5 10v8';
const BELL = 'M12.9 15.6c.9-.9 1-2 1.2-3.1.2-1.2.9-2 1.9-2s1.7.8 1.9 2c.2 1.1.3 2.2 1.2 3.1z';

export function drawMark(document: Document, x: number, y: number, size: number): void {
  document
    .save()
    .translate(x, y)
    .scale(size / 32)
    .lineJoin('round')
    .lineCap('round')
    .strokeColor(INK)
    .fillColor(INK);
  for (const path of TOWER) document.lineWidth(2).path(path).stroke();
  document.lineWidth(1.6).path(POSTS).stroke();
  document.lineWidth(1).path(BELL).fillAndStroke();
  document.restore();
}

/** An A4 sheet folded in three fits the long window envelope (長形3号, DL). */
export function drawFoldMarks(document: Document): void {
  for (const y of [99, 198]) document.moveTo(0, mm(y)).lineTo(mm(5), mm(y)).lineWidth(mm(0.25)).strokeColor(CONTROL).stroke();
}

/** Vector squares in one path: sharp in any print. Half the quiet zone is inside `size`, the other half is the box's padding. */
export function drawCode(document: Document, text: string, x: number, y: number, size: number): void {
  const { modules } = create(text, { errorCorrectionLevel: 'M' });
  const quiet = 2;
  const unit = size / (modules.size + quiet * 2);
  document.save().fillColor(INK);
  for (let row = 0; row < modules.size; row += 1) {
    for (const [from, to] of darkStretches(modules.size, (column) => Boolean(modules.get(row, column)))) {
      document.rect(x + (quiet + from) * unit, y + (quiet + row) * unit, (to - from) * unit, unit);
    }
  }
  document.fill().restore();
}

function darkStretches(size: number, isDark: (column: number) => boolean): [number, number][] {
  const stretches: [number, number][] = [];
  for (let column = 0; column < size; column += 1) {
    if (!isDark(column)) continue;
    const open = stretches.at(-1);
    if (open && open[1] === column) open[1] = column + 1;
    else stretches.push([column, column + 1]);
  }
  return stretches;
}
