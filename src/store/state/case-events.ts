/** Timelines: who knew or did what about a case, when. Written by the set, never changed. */
import { sql, type Transaction } from 'kysely';
import type { Text } from '../../domain/text.ts';
import { rowSet } from './columns.ts';
import type { Database } from './schema.ts';

export interface NewEvent {
  readonly caseNumber: number;
  readonly at: number;
  readonly actor: string;
  readonly what: string;
  readonly text: Text;
}

export async function insertEvents(trx: Transaction<Database>, tenant: string, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = rowSet(events, {
    case_number: ['int4', (event) => event.caseNumber],
    at: ['int8', (event) => event.at],
    actor: ['text', (event) => event.actor],
    what: ['text', (event) => event.what],
    text_ja: ['text', (event) => event.text.ja],
    text_en: ['text', (event) => event.text.en],
  });
  await sql`
    insert into case_event (tenant, case_number, at, actor, what, text_ja, text_en) select ${tenant}, k.* from ${rows} as k`.execute(trx);
}
