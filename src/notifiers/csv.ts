/**
 * Writes CSV that spreadsheets and programs read alike: RFC 4180, UTF-8 with a byte
 * order mark, because the spreadsheet most recipients use guesses wrongly without it.
 *
 * A cell that a spreadsheet would run as a formula gets a leading apostrophe: the
 * reasons may quote what an attacker sent.
 */
import { toOneLine } from './safe-text.ts';

export type CsvCell = string | number | null;

export const BYTE_ORDER_MARK = '\u{feff}';
const FORMULA_START = /^[=+\-@＝＋－＠]/;

export function toCsvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(toCell).join(',')}\r\n`;
}

function toCell(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const line = toOneLine(cell);
  const guarded = FORMULA_START.test(line) ? `'${line}` : line;
  return /[",]|^ | $/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
