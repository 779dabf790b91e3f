/**
 * The tree a filter is, once its words are understood.
 *
 * The tree knows fields and values but no table and no SQL: the store turns it into
 * conditions, a test evaluates it on plain rows, and both must agree. Values are already
 * in the form the store keeps: prefixes of 16 bytes, protocol numbers, milliseconds.
 */
import type { Prefix } from '../address.ts';
import type { Text } from '../text.ts';
import type { FieldId } from './fields.ts';

/** Both ends included. */
export interface NumberRange {
  readonly low: number;
  readonly high: number;
}

export type Comparison = '<' | '<=' | '>' | '>=';

export type Filter =
  | { readonly kind: 'everything' }
  | { readonly kind: 'and'; readonly terms: readonly Filter[] }
  | { readonly kind: 'or'; readonly terms: readonly Filter[] }
  | { readonly kind: 'not'; readonly term: Filter }
  | FilterTerm;

/** One question about one field. A term with several values holds when one of them does. */
export type FilterTerm =
  | { readonly kind: 'prefixes'; readonly field: FieldId; readonly prefixes: readonly Prefix[] }
  | { readonly kind: 'ranges'; readonly field: FieldId; readonly ranges: readonly NumberRange[] }
  | { readonly kind: 'comparison'; readonly field: FieldId; readonly operator: Comparison; readonly value: number }
  | { readonly kind: 'words'; readonly field: FieldId; readonly words: readonly string[] }
  /** `only`: these flags and no others; else at least these. */
  | { readonly kind: 'flags'; readonly field: FieldId; readonly flags: number; readonly only: boolean };

/** Why a text is no filter, and where. */
export interface FilterProblem {
  readonly position: number;
  readonly length: number;
  readonly text: Text;
  /** The whole text as it may have been meant. */
  readonly suggestion: string | null;
}

export type ParsedFilter = { readonly ok: true; readonly filter: Filter } | { readonly ok: false; readonly problem: FilterProblem };

export interface FilterCompletion {
  readonly text: string;
  readonly title: Text;
  readonly kind: 'field' | 'operator' | 'value' | 'connective';
  /** Characters of the text it replaces. */
  readonly from: number;
  readonly to: number;
}

/** Bounds that keep a filter readable, and its question within what an engine takes. */
export const FILTER_LIMITS = { characters: 4000, depth: 32, terms: 200 } as const;
