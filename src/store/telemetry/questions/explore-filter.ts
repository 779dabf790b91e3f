/**
 * A filter's tree as a condition. Values become literals through the `sql` tag, names come
 * from the allow-list; nothing a person typed is ever SQL.
 */
import type { Prefix } from '../../../domain/address.ts';
import type { ExploreSource } from '../../../domain/explore.ts';
import type { FieldId } from '../../../domain/filter/fields.ts';
import type { Filter, FilterTerm, NumberRange } from '../../../domain/filter/filter.ts';
import { DIRECTION_WORDS, MARK_WORDS } from '../../../domain/filter/values.ts';
import { TRAFFIC_CLASSES } from '../../../domain/traffic-class.ts';
import { YaguraError } from '../../../engine/errors.ts';
import { joinSql, type Sql, sql, trusted } from '../sql.ts';
import { columnsOf, markCondition } from './explore-fields.ts';

export interface FilterContext {
  readonly source: ExploreSource;
  readonly raw: boolean;
}

export function filterCondition(filter: Filter, context: FilterContext): Sql {
  switch (filter.kind) {
    case 'everything':
      return sql`1`;
    case 'and':
    case 'or':
      return sql`(${joinSql(
        filter.terms.map((term) => filterCondition(term, context)),
        filter.kind === 'and' ? ' AND ' : ' OR ',
      )})`;
    case 'not':
      return sql`NOT (${filterCondition(filter.term, context)})`;
    case 'prefixes':
    case 'ranges':
    case 'comparison':
    case 'words':
    case 'flags':
      return termCondition(filter, context);
  }
}

/** Holds when one of the columns the field stands for holds. */
function termCondition(term: FilterTerm, { source, raw }: FilterContext): Sql {
  if (term.field === 'mark' && term.kind === 'words') return anyOf(marksOf(term.words).map(markCondition));
  const columns = columnsOf(source, term.field, raw);
  if (columns.length === 0) throw new YaguraError('usage', `${source} has no field ${term.field}`);
  return anyOf(columns.map(({ value }) => columnCondition(term, value)));
}

function columnCondition(term: FilterTerm, column: Sql): Sql {
  switch (term.kind) {
    case 'prefixes':
      return prefixCondition(term.prefixes, column);
    case 'ranges':
      return rangeCondition(term.ranges, column);
    case 'comparison':
      return sql`${column} ${trusted(term.operator)} ${term.value}`;
    case 'words':
      return sql`${column} IN ${codesOf(term.field, term.words)}`;
    case 'flags':
      return term.only ? sql`${column} = ${term.flags}` : sql`bitAnd(${column}, ${term.flags}) = ${term.flags}`;
  }
}

function prefixCondition(prefixes: readonly Prefix[], column: Sql): Sql {
  const single = prefixes.filter(({ length }) => length === 128).map(({ start }) => start);
  const wide = prefixes.filter(({ length }) => length !== 128);
  return anyOf([
    ...(single.length > 0 ? [sql`${column} IN ${single}`] : []),
    ...wide.map(({ start, end }) => sql`(${column} >= ${start} AND ${column} <= ${end})`),
  ]);
}

function rangeCondition(ranges: readonly NumberRange[], column: Sql): Sql {
  const single = ranges.filter(({ low, high }) => low === high).map(({ low }) => low);
  const wide = ranges.filter(({ low, high }) => low !== high);
  return anyOf([
    ...(single.length > 0 ? [sql`${column} IN ${single}`] : []),
    ...wide.map(({ low, high }) => sql`(${column} >= ${low} AND ${column} <= ${high})`),
  ]);
}

/** Words as the table keeps them: codes for classes and directions. */
function codesOf(field: FieldId, words: readonly string[]): readonly (string | number)[] {
  if (field === 'class') return TRAFFIC_CLASSES.filter(({ id }) => words.includes(id)).map(({ code }) => code);
  if (field === 'direction') return DIRECTION_WORDS.map((_, code) => code).filter((code) => words.includes(DIRECTION_WORDS[code] ?? ''));
  return words;
}

const marksOf = (words: readonly string[]) => MARK_WORDS.filter((mark) => words.includes(mark));

function anyOf(conditions: readonly Sql[]): Sql {
  return conditions.length === 1 && conditions[0] ? conditions[0] : sql`(${joinSql(conditions, ' OR ')})`;
}

/** Every field a filter asks about. */
export function fieldsIn(filter: Filter): ReadonlySet<FieldId> {
  if (filter.kind === 'everything') return new Set();
  if (filter.kind === 'not') return fieldsIn(filter.term);
  if (filter.kind === 'and' || filter.kind === 'or') return new Set(filter.terms.flatMap((term) => [...fieldsIn(term)]));
  return new Set([filter.field]);
}

/** The words a field is held to by conditions that must all hold; undefined when it is free. */
export function wordsHeldTo(filter: Filter, field: FieldId): readonly string[] | undefined {
  if (filter.kind === 'words' && filter.field === field) return filter.words;
  return filter.kind === 'and' ? filter.terms.map((term) => wordsHeldTo(term, field)).find((words) => words !== undefined) : undefined;
}
