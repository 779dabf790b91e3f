/** Texts that many findings point at, each stored once per tenant and never changed. */
import { hash } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { rowSet } from './columns.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;

const DIGEST_BYTES = 16;

/** The number of each text; new ones are stored. The tenant must be locked. */
export async function internTexts(trx: Trx, tenant: string, texts: Iterable<string>): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(texts)].map((text) => ({ text, key: hash('sha256', text, 'buffer').subarray(0, DIGEST_BYTES) }));
  if (wanted.length === 0) return new Map();
  const keys = rowSet(wanted, { n: ['int4', (_, n) => n], key: ['uuid', ({ key }) => key] });
  const { rows } = await sql<{ n: number; id: number }>`
    select k.n, t.id from ${keys} as k
    cross join lateral (select id from shared_text where key = k.key and tenant = ${tenant} limit 1) as t`.execute(trx);
  const known = new Map(rows.map(({ n, id }) => [wanted[n]?.text ?? '', id]));
  const fresh = wanted.filter(({ text }) => !known.has(text));
  if (fresh.length === 0) return known;
  const added = rowSet(fresh, { key: ['uuid', ({ key }) => key], content: ['text', ({ text }) => text] });
  const { rows: stored } = await sql<{ id: number; content: string }>`
    insert into shared_text (tenant, key, content) select ${tenant}, k.* from ${added} as k returning id, content`.execute(trx);
  for (const { id, content } of stored) known.set(content, id);
  return known;
}

const contentOf = (column: 'words_id' | 'attribution_id') =>
  sql<string>`(select content from shared_text where shared_text.id = ${sql.ref(`finding.${column}`)})`;

/** For the select list of a question about findings. */
export const SHARED_TEXTS = [contentOf('words_id').as('words'), contentOf('attribution_id').as('attribution')] as const;
