/**
 * What a command says: results on standard output, everything else on standard error.
 *
 * With --json a result is one JSON object per line and nothing else, so that scripts can
 * rely on it. Progress is drawn only for a person, that is on a terminal.
 */
import { describeError, ERRORS, YaguraError } from '../engine/errors.ts';

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Says one line for an error and gives its exit status. */
export function sayError(error: unknown): number {
  say(`yagura: ${describeError(error)}`);
  return error instanceof YaguraError ? ERRORS[error.code].exit : ERRORS.internal.exit;
}

/** Aligned columns; wide characters count as two cells, as terminals draw them. */
export function printTable(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = heads.map((head, i) => Math.max(cells(head), ...rows.map((row) => cells(row[i] ?? ''))));
  const draw = (row: readonly string[]): string => row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - cells(cell))).join('  ');
  for (const row of [heads, ...rows]) printLine(draw(row).trimEnd());
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/gu;

function cells(text: string): number {
  return Array.from(text).length + (text.match(WIDE)?.length ?? 0);
}

export interface Bar {
  update(done: number, total: number, note?: string): void;
  end(): void;
}

const REDRAW_MS = 100;

/** A progress bar on a terminal; silent when standard error is a file or a pipe. */
export function progressBar(label: string, isQuiet = false): Bar {
  if (isQuiet || !process.stderr.isTTY) return { update: () => undefined, end: () => undefined };
  let drawnAt = 0;
  let isDrawn = false;
  return {
    update(done, total, note = '') {
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS && done < total) return;
      drawnAt = now;
      isDrawn = true;
      process.stderr.write(`\r\u001b[K${drawBar(label, done, total, note, process.stderr.columns)}`);
    },
    end() {
      if (isDrawn) process.stderr.write('\r\u001b[K');
    },
  };
}

function drawBar(label: string, done: number, total: number, note: string, columns: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const filled = Math.round(share * 24);
  const bar = '█'.repeat(filled) + '░'.repeat(24 - filled);
  const line = `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${label}  ${note}`;
  return Array.from(line)
    .slice(0, Math.max(20, columns - 1))
    .join('');
}
