/** Timelines: who knew or did what about a case or an alert, when. Written by the set, never changed. */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Text } from '../../domain/text.ts';
import { rowSet } from './columns.ts';
import type { Database } from './schema.ts';

export interface TimelineEvent {
  readonly at: number;
  readonly actor: string;
  readonly what: string;
  readonly text: Text;
}

export interface NewEvent extends TimelineEvent {
  readonly caseNumber: number;
}

export async function insertEvents(trx: Transaction<Database>, tenant: string, events: readonly NewEvent[]): Promise<void> {
  await insertTimeline(trx, tenant, { table: 'case_event', subject: 'case_number', numberOf: (event) => event.caseNumber }, events);
}

interface Timeline<Event> {
  readonly table: 'case_event' | 'own_range_event';
  /** The column with the number of what it is about. */
  readonly subject: string;
  readonly numberOf: (event: Event) => number;
}

export async function insertTimeline<Event extends TimelineEvent>(
  trx: Kysely<Database>,
  tenant: string,
  { table, subject, numberOf }: Timeline<Event>,
  events: readonly Event[],
): Promise<void> {
  if (events.length === 0) return;
  const rows = rowSet(events, {
    number: ['int4', numberOf],
    at: ['int8', (event) => event.at],
    actor: ['text', (event) => event.actor],
    what: ['text', (event) => event.what],
    text_ja: ['text', (event) => event.text.ja],
    text_en: ['text', (event) => event.text.en],
  });
  await sql`
    insert into ${sql.table(table)} (tenant, ${sql.ref(subject)}, at, actor, what, text_ja, text_en)
    select ${tenant}, k.* from ${rows} as k`.execute(trx);
}
