/**
 * Splits CSV text into records, chunk by chunk.
 *
 * Written by hand for two reasons. The established consumers of these reports read them
 * with Python's csv module, and a stray quote inside a value must come out as it does
 * there or the same row means two things in two places: after a closing quote that is
 * not followed by a comma the rest of the cell is taken literally. And a broken quote
 * must not swallow the rest of a file: the reader sees where a record began and ended
 * and may resume inside it.
 */

/** Longest record that is waited for, in characters; more than any real banner or certificate. */
const LONGEST_RECORD = 1 << 20;

export interface CsvRecord {
  readonly cells: readonly string[];
  /** Where it lies in the buffer; valid until the next `push`. */
  readonly start: number;
  readonly end: number;
  /** The text ended, or the record grew too long, inside a quoted cell. */
  readonly isTorn: boolean;
  /** A closing quote was followed by more text: taken literally, and a reason to doubt the row's shape. */
  readonly isLoose: boolean;
}

export class CsvSplitter {
  #buffer = '';
  #position = 0;
  #isComplete = false;

  push(text: string): void {
    this.#buffer = this.#position < this.#buffer.length ? this.#buffer.slice(this.#position) + text : text;
    this.#position = 0;
  }

  /** No more text will come: what is left is the last record. */
  end(): void {
    this.#isComplete = true;
  }

  /** The next record, or undefined when more text is needed or none is left. Blank lines are no records. */
  next(): CsvRecord | undefined {
    for (;;) {
      const record = this.#read();
      if (!record) return undefined;
      this.#position = record.end;
      if (record.cells.length > 1 || record.cells[0] !== '' || this.textOf(record).includes('"')) return record;
    }
  }

  textOf(record: CsvRecord): string {
    return this.#buffer.slice(record.start, record.end);
  }

  /** Goes back into a record: the next one begins at this offset of its text. */
  resume(record: CsvRecord, offset: number): void {
    this.#position = record.start + offset;
  }

  #read(): CsvRecord | undefined {
    const buffer = this.#buffer;
    const start = this.#position;
    if (start >= buffer.length) return undefined;
    const lineEnd = buffer.indexOf('\n', start);
    if (lineEnd < 0 && !this.#isComplete && buffer.length - start < LONGEST_RECORD) return undefined;
    const end = lineEnd < 0 ? buffer.length : lineEnd;
    const line = buffer.slice(start, buffer.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end);
    if (!line.includes('"')) return { cells: line.split(','), start, end: end + 1, isTorn: false, isLoose: false };
    return this.#readQuoted(start);
  }

  #readQuoted(start: number): CsvRecord | undefined {
    const buffer = this.#buffer;
    const cells: string[] = [];
    let at = start;
    let isLoose = false;
    for (;;) {
      const cell = buffer.charCodeAt(at) === 34 ? readQuotedCell(buffer, at) : readBareCell(buffer, at, '');
      if (cell === undefined) {
        if (!this.#isComplete && buffer.length - start < LONGEST_RECORD) return undefined;
        return { cells, start, end: buffer.length, isTorn: true, isLoose };
      }
      cells.push(cell.text);
      isLoose ||= cell.isLoose;
      at = cell.end;
      if (buffer.charCodeAt(at) === 44) at += 1;
      else if (at < buffer.length) return { cells, start, end: at + 1, isTorn: false, isLoose };
      else if (this.#isComplete) return { cells, start, end: at, isTorn: false, isLoose };
      else return undefined;
    }
  }
}

interface Cell {
  readonly text: string;
  /** Index of the comma or line feed after it, or the length of the text. */
  readonly end: number;
  readonly isLoose: boolean;
}

/** Undefined when the closing quote is not there. */
function readQuotedCell(buffer: string, open: number): Cell | undefined {
  let text = '';
  let from = open + 1;
  for (;;) {
    const quote = buffer.indexOf('"', from);
    if (quote < 0) return undefined;
    const after = buffer.charCodeAt(quote + 1);
    if (after === 34) {
      text += buffer.slice(from, quote + 1);
      from = quote + 2;
      continue;
    }
    text = text === '' ? buffer.slice(from, quote) : text + buffer.slice(from, quote);
    if (after === 44 || after === 10 || Number.isNaN(after)) return { text, end: quote + 1, isLoose: false };
    if (after === 13 && buffer.charCodeAt(quote + 2) === 10) return { text, end: quote + 2, isLoose: false };
    return { ...readBareCell(buffer, quote + 1, text), isLoose: true };
  }
}

function readBareCell(buffer: string, from: number, before: string): Cell {
  let end = from;
  for (let code = buffer.charCodeAt(end); code !== 44 && code !== 10 && end < buffer.length; code = buffer.charCodeAt(end)) end += 1;
  const isCarriageReturn = buffer.charCodeAt(end) !== 44 && end > from && buffer.charCodeAt(end - 1) === 13;
  return { text: before + buffer.slice(from, isCarriageReturn ? end - 1 : end), end, isLoose: false };
}
