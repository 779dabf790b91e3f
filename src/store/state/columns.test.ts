import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { rowSet } from './columns.ts';
import { describeState } from './test-support.ts';

const text = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll('\u0000', ''));
const row = fc.record({
  words: fc.option(text),
  bytes: fc.option(fc.uint8Array({ maxLength: 40 })),
  small: fc.option(fc.integer({ min: -32_768, max: 32_767 })),
  whole: fc.option(fc.integer()),
  large: fc.option(fc.maxSafeInteger()),
});

describeState('binary columns', (opened) => {
  it('arrive as they were sent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const set = rowSet(rows, {
          words: ['text', (one) => one.words],
          bytes: ['bytea', (one) => one.bytes],
          small: ['int2', (one) => one.small],
          whole: ['int4', (one) => one.whole],
          large: ['int8', (one) => one.large],
        });
        const { rows: read } = await sql<(typeof rows)[number]>`select * from ${set} as k`.execute(opened().state.db);
        const plain = (one: (typeof rows)[number]) => ({ ...one, bytes: one.bytes && [...one.bytes] });
        expect(read.map(plain)).toEqual(rows.map(plain));
      }),
      { numRuns: 50 },
    );
  });

  it('arrive in every row when they say the same throughout', async () => {
    await fc.assert(
      fc.asyncProperty(row, fc.integer({ min: 0, max: 5 }), async (constant, count) => {
        const rows = Array.from({ length: count }, () => constant);
        const set = rowSet(rows, {
          n: ['int4', (_, n) => n],
          words: ['text', (one) => one.words],
          small: ['int2', (one) => one.small],
          large: ['int8', (one) => one.large],
        });
        const { rows: read } = await sql`select * from ${set} as k`.execute(opened().state.db);
        expect(read).toEqual(rows.map(({ words, small, large }, n) => ({ n, words, small, large })));
      }),
      { numRuns: 30 },
    );
  });
});
