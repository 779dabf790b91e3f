/** What a question is about, checked: tenant, source, whole minutes, a filter that reads, fields that can be grouped by. */
import type { ExploreScope, ExploreSource } from '../../../domain/explore.ts';
import { type FilterField, fieldNamed, fieldOf, fieldsOf } from '../../../domain/filter/fields.ts';
import type { Filter } from '../../../domain/filter/filter.ts';
import { parseFilter } from '../../../domain/filter/parse.ts';
import { YaguraError } from '../../../engine/errors.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { inPeriod } from './conditions.ts';
import { columnOf, type ExploreColumn } from './explore-fields.ts';
import { filterCondition } from './explore-filter.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** A scope after its checks. */
export interface Scope {
  readonly tenant: string;
  readonly source: ExploreSource;
  readonly from: number;
  readonly to: number;
  readonly raw: boolean;
  readonly filter: Filter;
}

export function toScope({ tenant, source, from, to, filter, raw = false }: ExploreScope): Scope {
  const parsed = parseFilter(source, filter);
  if (!parsed.ok) {
    const { position, text } = parsed.problem;
    throw new YaguraError('usage', `filter, character ${position + 1}: ${text.en}`);
  }
  const start = Math.floor(from / MINUTE) * MINUTE;
  const end = Math.ceil(to / MINUTE) * MINUTE;
  if (end <= start) throw new YaguraError('usage', 'the period ends before it begins');
  return { tenant, source, from: start, to: end, raw, filter: parsed.filter };
}

export const tableOf = (source: ExploreSource): Sql => trusted(source === 'flow' ? 'flow' : 'telescope_minute');

/** The rows of the raw table within the scope. */
export function scopeCondition(scope: Scope): Sql {
  const conditions = [inPeriod(scope), filterCondition(scope.filter, scope)];
  // The hour as the key of the table spells it, so that it is used whatever the engine can conclude by itself.
  if (scope.source === 'flow') {
    const hours = [Math.floor(scope.from / HOUR), Math.floor((scope.to - 1) / HOUR)] as const;
    conditions.push(sql`intDiv(toUInt32(minute), 3600) >= ${hours[0]} AND intDiv(toUInt32(minute), 3600) <= ${hours[1]}`);
  }
  return joinSql(conditions, ' AND ');
}

/** A field that can be grouped by, with its column. */
export interface Grouping {
  readonly field: FilterField;
  readonly column: ExploreColumn;
}

const MOST_GROUPINGS = 3;

export function groupingsOf(source: ExploreSource, words: readonly string[]): Grouping[] {
  if (words.length < 1 || words.length > MOST_GROUPINGS) {
    throw new YaguraError('usage', `group by one to ${MOST_GROUPINGS} fields`);
  }
  return words.map((word) => groupingOf(source, word.trim()));
}

function groupingOf(source: ExploreSource, word: string): Grouping {
  const id = fieldNamed(source, word);
  const field = id === undefined ? undefined : fieldOf(source, id);
  const column = field?.canGroup ? columnOf(source, field.id, true) : undefined;
  if (field && column) return { field, column };
  const known = fieldsOf(source).filter(({ canGroup }) => canGroup);
  const ends = known.filter((other) => other.id.endsWith(`-${id}`)).map((other) => other.id);
  const choice = ends.length > 0 ? ends : known.map((other) => other.id);
  throw new YaguraError('usage', `cannot group by "${word}"; ${ends.length > 0 ? 'choose an end' : 'there are'}: ${choice.join(', ')}`);
}
