/**
 * What a filter means, said a second time: on plain rows instead of in SQL.
 *
 * It is the reference the store's answers are compared with, so it shares no code with
 * them beyond the tree. A row holds the values a field stands for: two for either end.
 */
import { type Address, compareAddresses } from '../address.ts';
import type { FieldId } from './fields.ts';
import type { Filter, FilterTerm } from './filter.ts';

export interface FilterRow {
  /** Numbers, words or addresses a field stands for. Marks: those that are set. */
  valuesOf(field: FieldId): readonly (number | string | Address)[];
}

export function isLetThrough(filter: Filter, row: FilterRow): boolean {
  switch (filter.kind) {
    case 'everything':
      return true;
    case 'and':
      return filter.terms.every((term) => isLetThrough(term, row));
    case 'or':
      return filter.terms.some((term) => isLetThrough(term, row));
    case 'not':
      return !isLetThrough(filter.term, row);
    case 'prefixes':
    case 'ranges':
    case 'comparison':
    case 'words':
    case 'flags':
      return row.valuesOf(filter.field).some((value) => holds(filter, value));
  }
}

function holds(term: FilterTerm, value: number | string | Address): boolean {
  switch (term.kind) {
    case 'prefixes':
      return term.prefixes.some(
        ({ start, end }) => compareAddresses(start, value as Address) <= 0 && compareAddresses(value as Address, end) <= 0,
      );
    case 'ranges':
      return term.ranges.some(({ low, high }) => low <= Number(value) && Number(value) <= high);
    case 'comparison':
      return compares[term.operator](Number(value), term.value);
    case 'words':
      return term.words.includes(String(value));
    case 'flags':
      return term.only ? value === term.flags : (Number(value) & term.flags) === term.flags;
  }
}

const compares = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
};
