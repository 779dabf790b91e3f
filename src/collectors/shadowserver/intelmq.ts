/**
 * A stored record as the event IntelMQ makes of the same row, for those who feed it on.
 *
 * Compared field by field with IntelMQ's own output, so its habits are kept: what a field
 * refuses is kept under extra as it came, what the schema does not know likewise, and the
 * report's constants have the last word.
 */
import { type Converted, convert, NOTHING, type RowView, UNFIT } from './conversions.ts';
import { type FactTable, genericFacts, loadFacts } from './facts.ts';
import { harmonise, isHarmonised } from './harmonised.ts';

export interface StoredRecord {
  readonly report: string;
  readonly observedAt?: number; // Unix ms
  readonly receivedAt: number; // Unix ms
  readonly attributes: Readonly<Record<string, string>>; // column → text as received
  readonly file?: string;
}

type Event = Record<string, unknown>;

/** Values that stand for "none" in any field but extra. */
const EMPTY: ReadonlySet<unknown> = new Set(['', '-', 'N/A']);

/** The harmonised event with flat keys, without `raw`. `facts` defaults to the built-in table. */
export function toIntelmqEvent(record: StoredRecord, facts: FactTable = loadFacts()): Event {
  const { attributes, receivedAt } = record;
  const report = facts.reports.get(record.report) ?? genericFacts(facts, record.report, Object.keys(attributes));
  const event: Event = {
    'feed.name': report.feed,
    'time.observation': `${new Date(receivedAt).toISOString().slice(0, 19)}+00:00`,
  };
  if (report.documentation !== undefined) event['feed.documentation'] = report.documentation;
  const row: RowView = { cells: attributes, receivedAt };
  const extra: Event = {};
  const left: Event = {};
  for (const [column, text] of Object.entries(attributes)) {
    const rules = report.columns.get(column) ?? [];
    let isPlaced = false;
    for (const [i, rule] of rules.entries()) {
      const value = convert(rule.conversion, text, row);
      // A required field without a usable value leaves its text visible; an optional one just stays away.
      isPlaced = value === NOTHING ? i > 0 || !report.required.includes(column) : place(rule.field, value, event, extra);
    }
    if (!isPlaced && text !== '') left[`extra.${column}`] = text;
  }
  for (const [field, value] of Object.entries(report.constants)) event[field] = harmonise(field, value) ?? value;
  return Object.assign(event, extra, left);
}

/** Puts a value where it belongs; false when its field refuses it. */
function place(field: string, value: Exclude<Converted, typeof NOTHING>, event: Event, extra: Event): boolean {
  if (value === UNFIT) return false;
  if (field.startsWith('extra.')) {
    extra[field] = value;
    return true;
  }
  if (EMPTY.has(value)) return true;
  if (!isHarmonised(field)) {
    extra[`extra.${field}`] = value;
    return true;
  }
  const usual = harmonise(field, value);
  if (usual !== undefined) event[field] = usual;
  return usual !== undefined;
}
