/**
 * Reads a filter: `source in 203.0.113.0/24 and not (port 20-25,80 or flags S)`.
 *
 * Written by hand and top down, one function per rule, because the same walk has to tell
 * three things: the tree, the one place where the text goes wrong with a sentence about
 * it, and, for completion, what could stand where the text ends. `or` binds weakest,
 * then `and`, then `not`.
 */
import { parsePrefix } from '../address.ts';
import type { ExploreSource } from '../explore.ts';
import type { Text } from '../text.ts';
import { type FieldId, type FilterField, fieldNamed, fieldOf, phrasesOf, titleOf } from './fields.ts';
import { type Comparison, FILTER_LIMITS, type Filter, type FilterProblem, type FilterTerm, type ParsedFilter } from './filter.ts';
import { type Token, tokensOf } from './tokens.ts';
import {
  CLASS_WORDS,
  MARK_WORDS,
  nearest,
  PROTOCOL_NAMES,
  type Read,
  readFlags,
  readNumber,
  readPrefix,
  readRange,
  readWord,
} from './values.ts';

/** What could stand at the end of the text. */
export type Wanted =
  | { readonly kind: 'term' }
  | { readonly kind: 'connective'; readonly canClose: boolean }
  | { readonly kind: 'predicate'; readonly field: FilterField }
  | { readonly kind: 'value'; readonly field: FilterField };

export function parseFilter(source: ExploreSource, text: string): ParsedFilter {
  return new FilterParser(source, text).parse();
}

/** What could follow the text, in the order in which the walk came across it. */
export function wantedAfter(source: ExploreSource, text: string): readonly Wanted[] {
  const parser = new FilterParser(source, text);
  parser.parse();
  // A mistake before the end leaves no grammar to complete: the walk did not come so far.
  return parser.wanted;
}

/** Ends the walk at the first mistake. */
class Mistake extends Error {
  readonly problem: FilterProblem;
  constructor(problem: FilterProblem) {
    super(problem.text.en);
    this.problem = problem;
  }
}

const COMPARISONS: readonly string[] = ['<', '<=', '>', '>='] satisfies Comparison[];
const isComparison = (sign: string): sign is Comparison => COMPARISONS.includes(sign);
const COMPARABLE = new Set(['number', 'port', 'duration', 'asn']);

class FilterParser {
  readonly wanted: Wanted[] = [];
  readonly #source: ExploreSource;
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #brackets = 0;
  #terms = 0;

  constructor(source: ExploreSource, text: string) {
    this.#source = source;
    this.#text = text;
    this.#tokens = text.length > FILTER_LIMITS.characters ? [] : tokensOf(text);
  }

  parse(): ParsedFilter {
    try {
      return { ok: true, filter: this.#everything() };
    } catch (error) {
      if (error instanceof Mistake) return { ok: false, problem: error.problem };
      throw error;
    }
  }

  #everything(): Filter {
    const { characters } = FILTER_LIMITS;
    if (this.#text.length > characters) {
      throw new Mistake({
        position: characters,
        length: this.#text.length - characters,
        text: { ja: `フィルターは${characters}文字までです`, en: `A filter has at most ${characters} characters` },
        suggestion: null,
      });
    }
    const open = this.#tokens.find((token) => token.isOpen);
    if (open) this.#fail(open, { ja: '引用符が閉じていません', en: 'The closing quote is missing' });
    if (this.#token.kind === 'end') {
      this.#want({ kind: 'term' });
      return { kind: 'everything' };
    }
    const filter = this.#or();
    this.#mustEnd();
    return filter;
  }

  #mustEnd(): void {
    const token = this.#token;
    if (token.kind === 'end') return;
    if (token.text === ')') this.#fail(token, { ja: '対応する「(」がありません', en: 'There is no opening bracket for this one' }, '');
    this.#fail(
      token,
      { ja: `「${token.text}」の前に and か or が必要です`, en: `and or or is missing before "${token.text}"` },
      `and ${this.#written(token)}`,
    );
  }

  #or(): Filter {
    const terms = [this.#and()];
    while (this.#takes('or', '||')) terms.push(this.#and());
    return joined('or', terms);
  }

  #and(): Filter {
    const terms = [this.#not()];
    while (this.#takes('and', '&&')) terms.push(this.#not());
    return joined('and', terms);
  }

  #not(): Filter {
    if (!this.#takes('not', '!')) return this.#operand();
    return this.#deeper(() => ({ kind: 'not', term: this.#not() }));
  }

  #operand(): Filter {
    this.#want({ kind: 'term' });
    const token = this.#token;
    if (this.#takes('(')) return this.#bracketed(token);
    const filter = this.#term();
    this.#want({ kind: 'connective', canClose: this.#brackets > 0 });
    return filter;
  }

  #bracketed(opening: Token): Filter {
    this.#brackets++;
    const filter = this.#deeper(() => this.#or());
    if (!this.#takes(')')) {
      const text = { ja: '「(」が閉じられていません', en: 'This bracket is not closed' };
      if (this.#token.kind !== 'end') this.#mustEnd();
      throw new Mistake({ position: opening.position, length: 1, text, suggestion: `${this.#text.trimEnd()})` });
    }
    this.#brackets--;
    this.#want({ kind: 'connective', canClose: this.#brackets > 0 });
    return filter;
  }

  #deeper<T>(rule: () => T): T {
    if (++this.#depth > FILTER_LIMITS.depth) {
      const { depth } = FILTER_LIMITS;
      this.#fail(this.#token, { ja: `括弧とnotの入れ子は${depth}段までです`, en: `Brackets and not may be nested ${depth} deep` });
    }
    const result = rule();
    this.#depth--;
    return result;
  }

  #term(): Filter {
    const token = this.#token;
    if (++this.#terms > FILTER_LIMITS.terms) {
      const { terms } = FILTER_LIMITS;
      this.#fail(token, { ja: `条件は${terms}個までです`, en: `A filter has at most ${terms} conditions` });
    }
    if (token.kind === 'end') this.#fail(token, { ja: '条件がありません', en: 'A condition is missing here' });
    const id = this.#fieldId();
    if (id !== undefined) return this.#predicate(this.#fieldHere(id, token));
    const alone = token.kind === 'word' ? this.#alone(token.text) : undefined;
    if (!alone) return this.#unknown(token);
    this.#at++;
    return alone;
  }

  /** Two words that mean a field together come before one that does. */
  #fieldId(): FieldId | undefined {
    const [first, second] = [this.#token, this.#tokens[this.#at + 1]];
    if (first.kind !== 'word') return undefined;
    const pair = second?.kind === 'word' ? fieldNamed(this.#source, `${first.text} ${second.text}`) : undefined;
    const id = pair ?? fieldNamed(this.#source, first.text);
    if (id !== undefined) this.#at += pair === undefined ? 1 : 2;
    return id;
  }

  #fieldHere(id: FieldId, token: Token): FilterField {
    const field = fieldOf(this.#source, id);
    if (field) return field;
    const title = titleOf(id);
    if (this.#source === 'telescope') {
      return this.#fail(token, {
        ja: `観測網の記録に「${title.ja}」はありません。フローで使えます`,
        en: `The telescope keeps no ${title.en.toLowerCase()}; flow records have it`,
      });
    }
    return this.#fail(token, {
      ja: `フローの記録に「${title.ja}」はありません。観測網で使えます`,
      en: `Flow records have no ${title.en.toLowerCase()}; the telescope has it`,
    });
  }

  /** Values that say by themselves which field they are of: an address, tcp, mirai, ping. */
  #alone(word: string): Filter | undefined {
    const lower = word.toLowerCase();
    if (lower === 'any') return { kind: 'everything' };
    const prefix = parsePrefix(word);
    if (prefix) return { kind: 'prefixes', field: 'address', prefixes: [prefix] };
    const protocol = Object.hasOwn(PROTOCOL_NAMES, lower) ? PROTOCOL_NAMES[lower] : undefined;
    if (protocol !== undefined) return { kind: 'ranges', field: 'protocol', ranges: [{ low: protocol, high: protocol }] };
    if (this.#source !== 'telescope') return undefined;
    if (CLASS_WORDS.includes(lower)) return { kind: 'words', field: 'class', words: [lower] };
    return MARK_WORDS.some((mark) => mark === lower) ? { kind: 'words', field: 'mark', words: [lower] } : undefined;
  }

  #unknown(token: Token): never {
    const { text } = token;
    if (token.kind === 'word' && /^\d+(?:-\d+)?$/.test(text)) {
      this.#fail(
        token,
        { ja: `数 ${text} だけでは何の値か分かりません`, en: `The number ${text} alone does not say of what` },
        `port ${text}`,
      );
    }
    if (token.kind === 'sign') this.#fail(token, { ja: `「${text}」の前に条件が必要です`, en: `A condition is missing before "${text}"` });
    const meant = nearest(text.toLowerCase(), phrasesOf(this.#source));
    const hint = meant === undefined ? { ja: '', en: '' } : { ja: `「${meant}」のことですか`, en: ` Did you mean ${meant}?` };
    return this.#fail(token, { ja: `「${text}」という項目はありません。${hint.ja}`, en: `There is no field "${text}".${hint.en}` }, meant);
  }

  #predicate(field: FilterField): Filter {
    this.#want({ kind: 'predicate', field });
    const sign = this.#token;
    if (sign.kind === 'sign' && isComparison(sign.text)) return this.#comparison(field, sign.text);
    const isNegated = this.#takes('!=') || this.#takesNotIn();
    if (!isNegated) this.#takes('in', '=');
    const term = this.#values(field);
    return isNegated ? { kind: 'not', term } : term;
  }

  #takesNotIn(): boolean {
    const [not, next] = [this.#token, this.#tokens[this.#at + 1]];
    if (not.text.toLowerCase() !== 'not' || next?.text.toLowerCase() !== 'in') return false;
    this.#at += 2;
    return true;
  }

  #comparison(field: FilterField, operator: Comparison): FilterTerm {
    if (!COMPARABLE.has(field.type)) {
      this.#fail(
        this.#token,
        { ja: `「${field.title.ja}」に大小の比較は使えません`, en: `${field.title.en} cannot be compared by size` },
        'in',
      );
    }
    this.#at++;
    const value = this.#value(field, (word) => readNumber(field, word));
    return { kind: 'comparison', field: field.id, operator, value };
  }

  #values(field: FilterField): FilterTerm {
    switch (field.type) {
      case 'address':
        return { kind: 'prefixes', field: field.id, prefixes: this.#list(field, readPrefix) };
      case 'flags':
        return this.#flags(field);
      case 'class':
      case 'mark':
      case 'direction':
      case 'country':
      case 'name':
        return { kind: 'words', field: field.id, words: this.#list(field, (word) => readWord(field, word)) };
      case 'port':
      case 'number':
      case 'duration':
      case 'protocol':
      case 'asn':
        return { kind: 'ranges', field: field.id, ranges: this.#list(field, (word) => readRange(field, word)) };
    }
  }

  #flags(field: FilterField): FilterTerm {
    const only = this.#takes('only');
    const flags = this.#value(field, readFlags);
    return { kind: 'flags', field: field.id, flags, only: only || flags === 0 };
  }

  /** `a, b, c` or, as nfdump writes it, `[ a b c ]`. */
  #list<V>(field: FilterField, read: (word: string) => Read<V>): V[] {
    const opening = this.#token;
    if (!this.#takes('[')) {
      const values = [this.#value(field, read)];
      while (this.#takes(',')) values.push(this.#value(field, read));
      return values;
    }
    const values: V[] = [];
    while (!this.#takes(']')) {
      if (this.#token.kind === 'end' && values.length > 0) {
        this.#want({ kind: 'value', field });
        this.#fail(opening, { ja: '「[」が閉じられていません', en: 'This list is not closed' });
      }
      values.push(this.#value(field, read));
      this.#takes(',');
    }
    if (values.length === 0) this.#fail(opening, { ja: '一覧が空です', en: 'The list is empty' });
    return values;
  }

  #value<V>(field: FilterField, read: (word: string) => Read<V>): V {
    this.#want({ kind: 'value', field });
    const token = this.#token;
    if (token.kind === 'end' || token.kind === 'sign' || isConnective(token)) return this.#noValue(field, token);
    const result = read(token.text);
    if (!('value' in result)) return this.#fail(token, result.problem, result.instead);
    this.#at++;
    return result.value;
  }

  #noValue(field: FilterField, token: Token): never {
    const [example = ''] = field.examples;
    return this.#fail(token, {
      ja: `「${field.title.ja}」の値がありません。例: ${field.id} ${example}`,
      en: `${field.title.en} needs a value; for example: ${field.id} ${example}`,
    });
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '', position: this.#text.length, length: 0 };
  }

  /** Moves on when the next word or sign is one of these. */
  #takes(...words: readonly string[]): boolean {
    const { kind, text } = this.#token;
    if (kind === 'end' || kind === 'text' || !words.includes(text.toLowerCase())) return false;
    this.#at++;
    return true;
  }

  #want(wanted: Wanted): void {
    if (this.#token.kind === 'end') this.wanted.push(wanted);
  }

  #written({ position, length }: Token): string {
    return this.#text.slice(position, position + length);
  }

  /** `instead` replaces the token in the suggestion. */
  #fail({ position, length }: Token, text: Text, instead?: string): never {
    const suggestion =
      instead === undefined ? null : (this.#text.slice(0, position) + instead + this.#text.slice(position + length)).trim();
    throw new Mistake({ position, length, text, suggestion });
  }
}

const isConnective = ({ kind, text }: Token): boolean => kind === 'word' && ['and', 'or', 'not'].includes(text.toLowerCase());

function joined(kind: 'and' | 'or', terms: readonly Filter[]): Filter {
  const [first] = terms;
  return terms.length === 1 && first ? first : { kind, terms };
}
