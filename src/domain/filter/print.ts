/** Writes a tree as the text that reads as the same tree, with the fields' own words. */
import type { ExploreSource } from '../explore.ts';
import { type FilterField, fieldOf } from './fields.ts';
import type { Filter, FilterTerm } from './filter.ts';
import { toFlagLetters, writeNumber, writePrefix, writeRange, writeWord } from './values.ts';

export function printFilter(source: ExploreSource, filter: Filter): string {
  switch (filter.kind) {
    case 'everything':
      return 'any';
    case 'and':
    case 'or':
      return filter.terms.map((term) => printPart(source, filter.kind, term)).join(` ${filter.kind} `);
    case 'not':
      return `not ${printPart(source, 'not', filter.term)}`;
    case 'prefixes':
    case 'ranges':
    case 'comparison':
    case 'words':
    case 'flags':
      return printTerm(source, filter);
  }
}

/** In brackets where the reader would otherwise bind it differently. */
function printPart(source: ExploreSource, within: 'and' | 'or' | 'not', part: Filter): string {
  const text = printFilter(source, part);
  const isJoined = part.kind === 'and' || part.kind === 'or';
  const binds = part.kind === 'and' && within === 'or';
  return isJoined && !binds ? `(${text})` : text;
}

function printTerm(source: ExploreSource, term: FilterTerm): string {
  const field = fieldOf(source, term.field);
  if (!field) throw new RangeError(`${source} has no field ${term.field}`);
  return `${field.id} ${printValues(field, term)}`;
}

function printValues(field: FilterField, term: FilterTerm): string {
  switch (term.kind) {
    case 'prefixes':
      return `in ${term.prefixes.map(writePrefix).join(', ')}`;
    case 'ranges':
      return term.ranges.map((range) => writeRange(field, range)).join(', ');
    case 'comparison':
      return `${term.operator} ${writeNumber(field, term.value)}`;
    case 'words':
      return term.words.map((word) => writeWord(field, word)).join(', ');
    case 'flags':
      return term.only && term.flags !== 0 ? `only ${toFlagLetters(term.flags)}` : toFlagLetters(term.flags);
  }
}
