/**
 * Keeps docs/detection-captures.md true: each part of it between two marks is what a test
 * found out. With UPDATE_DOCS=1 the test writes its part, otherwise it compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'detection-captures.md');

export function expectOnPage(part: string, text: string): void {
  const [begin, end] = [`<!-- ${part}: begin -->\n`, `<!-- ${part}: end -->`];
  const page = readFileSync(PAGE, 'utf8');
  const from = page.indexOf(begin) + begin.length;
  const to = page.indexOf(end);
  if (from < begin.length || to < from) throw new Error(`the page has no part ${part}`);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(PAGE, `${page.slice(0, from)}${text}${page.slice(to)}`);
  else expect(page.slice(from, to), 'run it with UPDATE_DOCS=1 to write it anew').toBe(text);
}

export const toTable = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('');
