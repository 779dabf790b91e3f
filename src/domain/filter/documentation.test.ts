/** The page about filters shows only filters that read, and every field there is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXPLORE_SOURCES } from '../explore.ts';
import { FIELD_IDS } from './fields.ts';
import { parseFilter } from './parse.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/filters.md'), 'utf8');

it('names every field in both languages', () => {
  for (const half of page.split('## Filters in English')) {
    expect(FIELD_IDS.filter((id) => !half.includes(`\`${id}\``))).toEqual([]);
  }
});

it('shows examples that read', () => {
  const blocks = [...page.matchAll(/```\n([^`]+)```/g)].flatMap((match) => (match[1] ?? '').trim().split('\n'));
  const cells = [...page.matchAll(/\| `([^`]+)` \| (?:●|送信元のみ|source)? ?\|/g)].map((match) => match[1] ?? '');
  expect(blocks).toHaveLength(4);
  expect(cells.length).toBeGreaterThan(30);
  for (const example of [...blocks, ...cells]) {
    expect(
      EXPLORE_SOURCES.some((source) => parseFilter(source, example).ok),
      example,
    ).toBe(true);
  }
});
