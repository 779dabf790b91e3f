/**
 * What could be typed next, by the same grammar that reads the filter.
 *
 * The word under the caret is set aside, the text before it is read, and whatever the
 * walk could take at its end is offered if it begins like that word.
 */
import type { ExploreSource } from '../explore.ts';
import type { Text } from '../text.ts';
import { TRAFFIC_CLASSES } from '../traffic-class.ts';
import { type FieldId, type FilterField, fieldsOf } from './fields.ts';
import type { FilterCompletion } from './filter.ts';
import { type Wanted, wantedAfter } from './parse.ts';
import { quoteName, tokensOf } from './tokens.ts';
import { PROTOCOL_NAMES, UNKNOWN, wordsOf } from './values.ts';

/** Names that are in the data, by field: sensors, exporters, countries. */
export type KnownNames = Partial<Readonly<Record<FieldId, readonly string[]>>>;

type Offer = Pick<FilterCompletion, 'text' | 'title' | 'kind'>;

const MOST_OFFERS = 40;

export function completeFilter(source: ExploreSource, text: string, caret: number, known: KnownNames = {}): FilterCompletion[] {
  const before = text.slice(0, caret);
  const last = tokensOf(before).at(-2);
  const isTyping = last !== undefined && last.kind !== 'sign' && last.position + last.length === before.length;
  const from = isTyping ? last.position : before.length;
  const begun = isTyping ? last.text.toLowerCase() : '';
  const rest = /^[^\s()[\],<>=!&|"']*/u.exec(text.slice(caret))?.[0].length ?? 0;
  const to = isTyping ? caret + rest : caret;
  const offers = wantedAfter(source, before.slice(0, from)).flatMap((wanted) => offersOf(source, wanted, known));
  const fitting = distinct(offers).filter((offer) => fits(offer, begun));
  return fitting.slice(0, MOST_OFFERS).map((offer) => ({ ...offer, from, to }));
}

/** A finished word is not offered again. */
function fits({ text, title }: Offer, begun: string): boolean {
  const word = text.toLowerCase();
  if (word === begun) return false;
  return word.replace(/^"/, '').startsWith(begun) || (begun.length > 1 && title.ja.startsWith(begun));
}

function distinct(offers: readonly Offer[]): Offer[] {
  return [...new Map(offers.map((offer) => [offer.text, offer])).values()];
}

function offersOf(source: ExploreSource, wanted: Wanted, known: KnownNames): Offer[] {
  switch (wanted.kind) {
    case 'term':
      return [...fieldsOf(source).map(({ id, title }) => ({ text: id, title, kind: 'field' as const })), ...BEGINNINGS];
    case 'connective':
      return wanted.canClose ? [...CONNECTIVES, CLOSING] : CONNECTIVES;
    case 'predicate':
      return [...operatorsOf(wanted.field), ...valuesOf(wanted.field, known)];
    case 'value':
      return valuesOf(wanted.field, known);
  }
}

const offer = (kind: Offer['kind'], text: string, ja: string, en: string): Offer => ({ kind, text, title: { ja, en } });
const NOT = offer('connective', 'not', '次の条件を満たさない', 'the next condition does not hold');
const BEGINNINGS = [NOT, offer('connective', '(', '括弧を開く', 'open a bracket')];
const CLOSING = offer('connective', ')', '括弧を閉じる', 'close the bracket');
const CONNECTIVES = [
  offer('connective', 'and', '両方を満たす', 'both hold'),
  offer('connective', 'or', 'どちらかを満たす', 'one of them holds'),
];
const NOT_IN = offer('operator', 'not in', '次のどれでもない', 'none of these');
const BY_SIZE = [
  offer('operator', '>', 'より大きい', 'more than'),
  offer('operator', '>=', '以上', 'at least'),
  offer('operator', '<', 'より小さい', 'less than'),
  offer('operator', '<=', '以下', 'at most'),
];

function operatorsOf({ type }: FilterField): Offer[] {
  if (type === 'address') return [offer('operator', 'in', '次のどれか', 'one of these'), NOT_IN];
  if (type === 'flags') return [offer('operator', 'only', 'これだけ', 'these and no others')];
  return ['number', 'port', 'duration', 'asn'].includes(type) ? [...BY_SIZE, NOT_IN] : [NOT_IN];
}

function valuesOf(field: FilterField, known: KnownNames): Offer[] {
  const names = known[field.id] ?? [];
  const fixed = fixedValues(field);
  const examples = names.length + fixed.length > 0 ? [] : field.examples.filter((example) => /^[\w.:/-]+$/.test(example));
  return [
    ...fixed,
    ...names.map((name) => value(name === '' ? UNKNOWN : quoteName(name), field.title)),
    ...examples.map((text) => value(text, { ja: `例（${field.title.ja}）`, en: `example (${field.title.en.toLowerCase()})` })),
  ];
}

const value = (text: string, title: Text): Offer => ({ kind: 'value', text, title });

function fixedValues(field: FilterField): Offer[] {
  if (field.type === 'protocol')
    return Object.entries(PROTOCOL_NAMES).map(([name, code]) => offer('value', name, `番号 ${code}`, `number ${code}`));
  if (field.type === 'class') return TRAFFIC_CLASSES.map(({ id, title }) => value(id, title));
  if (field.type === 'flags') return FLAG_WORDS;
  return (wordsOf(field.type) ?? []).map((word) => value(word, field.title));
}

const FLAG_WORDS = [
  offer('value', 'S', '接続の開始（SYN）', 'opening (SYN)'),
  offer('value', 'A', '確認応答（ACK）', 'acknowledging (ACK)'),
  offer('value', 'R', '拒否・中断（RST）', 'refusing or breaking off (RST)'),
  offer('value', 'F', '接続の終了（FIN）', 'closing (FIN)'),
  offer('value', 'SA', '開始への応答（SYN＋ACK）', 'answer to an opening (SYN and ACK)'),
  offer('value', 'none', 'フラグなし', 'no flags at all'),
];
