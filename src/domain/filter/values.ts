/**
 * What may stand behind a field: from the words people write to values, and back.
 *
 * Each type of field has one reader and one writer here, and the writer's words read as
 * the same value. A reader that refuses says why and, where it can guess, what was meant.
 */
import { formatAddress, formatPrefix, type Prefix, parseAddress, parsePrefix } from '../address.ts';
import type { FieldType } from '../explore.ts';
import type { Text } from '../text.ts';
import { TRAFFIC_CLASSES } from '../traffic-class.ts';
import type { FilterField } from './fields.ts';
import type { NumberRange } from './filter.ts';
import { quoteName } from './tokens.ts';

export type Read<V> = { readonly value: V } | { readonly problem: Text; readonly instead?: string | undefined };

/** IANA protocol numbers people call by name. */
export const PROTOCOL_NAMES: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  ipip: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  ospf: 89,
  pim: 103,
  vrrp: 112,
  l2tp: 115,
  sctp: 132,
};
const NAME_OF_PROTOCOL = new Map(Object.entries(PROTOCOL_NAMES).map(([name, number]) => [number, name]));
export const toProtocolName = (protocol: number): string => NAME_OF_PROTOCOL.get(protocol) ?? String(protocol);

/** TCP flags by bit, lowest first. */
const FLAG_LETTERS = 'FSRPAUEC';
export const NO_FLAGS = 'none';
export function toFlagLetters(flags: number): string {
  const letters = FLAG_LETTERS.split('')
    .filter((_, bit) => flags & (1 << bit))
    .join('');
  return letters === '' ? NO_FLAGS : letters;
}

export const CLASS_WORDS: readonly string[] = TRAFFIC_CLASSES.map(({ id }) => id);
export const MARK_WORDS = ['mirai', 'zmap', 'masscan', 'nmap', 'bare'] as const;
/** In the order of the codes in the table. */
export const DIRECTION_WORDS = ['ingress', 'egress', 'unknown'] as const;
export const UNKNOWN = 'unknown';

const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};
const TIMES: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

export function readPrefix(word: string): Read<Prefix> {
  const value = parsePrefix(word);
  if (value) return { value };
  const [address = '', length] = word.split('/');
  const network = length === undefined ? undefined : networkOf(address, Number(length));
  if (network !== undefined) {
    return {
      problem: {
        ja: `「${word}」はネットワークの先頭ではありません。${network} のことですか`,
        en: `"${word}" is not the start of its network; did you mean ${network}?`,
      },
      instead: network,
    };
  }
  return {
    problem: {
      ja: `「${word}」はアドレスではありません。203.0.113.7 や 2001:db8::/32 のように書いてください`,
      en: `"${word}" is no address; write it like 203.0.113.7 or 2001:db8::/32`,
    },
  };
}

/** The prefix of this length that the address is in. */
function networkOf(text: string, length: number): string | undefined {
  const address = parseAddress(text);
  const bits = text.includes(':') ? 128 : 32;
  if (!address || !Number.isInteger(length) || length < 0 || length > bits) return undefined;
  const start = new Uint8Array(address);
  for (let bit = length + (128 - bits); bit < 128; bit++) start[bit >>> 3] = (start[bit >>> 3] ?? 0) & ~(0x80 >>> (bit & 7));
  return `${formatAddress(start)}/${length}`;
}

export function writePrefix(prefix: Prefix): string {
  return prefix.length === 128 ? formatAddress(prefix.start) : formatPrefix(prefix);
}

/** A number, a name that stands for one, or two of them with a hyphen between. */
export function readRange(field: FilterField, word: string): Read<NumberRange> {
  const single = readNumber(field, word);
  if ('value' in single) return { value: { low: single.value, high: single.value } };
  const hyphen = word.indexOf('-', 1);
  if (hyphen < 0) return single;
  const low = readNumber(field, word.slice(0, hyphen));
  const high = readNumber(field, word.slice(hyphen + 1));
  if (!('value' in low)) return low;
  if (!('value' in high)) return high;
  if (low.value <= high.value) return { value: { low: low.value, high: high.value } };
  const instead = `${word.slice(hyphen + 1)}-${word.slice(0, hyphen)}`;
  return {
    problem: { ja: `範囲が逆です。${instead} のことですか`, en: `The range runs backwards; did you mean ${instead}?` },
    instead,
  };
}

export function readNumber(field: FilterField, word: string): Read<number> {
  const value = numberIn(field.type, word.toLowerCase());
  if (value === undefined || !Number.isInteger(value) || value < 0) return { problem: noNumber(field, word) };
  if (value <= field.highest) return { value };
  return {
    problem: {
      ja: `「${field.title.ja}」に使える値は ${field.highest} までです`,
      en: `${field.title.en} goes up to ${field.highest}`,
    },
  };
}

function numberIn(type: FieldType, word: string): number | undefined {
  if (type === 'protocol' && Object.hasOwn(PROTOCOL_NAMES, word)) return PROTOCOL_NAMES[word];
  const bare = type === 'asn' ? word.replace(/^as/, '') : word;
  const [, digits, unit = ''] = /^(\d{1,16}(?:\.\d{1,6})?)([a-z]*)$/.exec(bare) ?? [];
  const units = unitsOf(type);
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (digits === undefined || factor === undefined) return undefined;
  // 1.1k is 1100 and not 1100.0000000000002.
  return Math.round(Number(digits) * factor * 1e6) / 1e6;
}

function unitsOf(type: FieldType): Readonly<Record<string, number>> {
  if (type === 'duration') return TIMES;
  return type === 'number' ? SIZES : { '': 1 };
}

function noNumber(field: FilterField, word: string): Text {
  const [example = '1'] = field.examples;
  return {
    ja: `「${word}」は「${field.title.ja}」の値ではありません。例: ${field.id} ${example}`,
    en: `"${word}" is no value of ${field.title.en.toLowerCase()}; for example: ${field.id} ${example}`,
  };
}

export function writeNumber(field: FilterField, value: number): string {
  if (field.type === 'protocol') return toProtocolName(value);
  return field.type === 'duration' ? `${value}ms` : String(value);
}

export function writeRange(field: FilterField, { low, high }: NumberRange): string {
  return low === high ? writeNumber(field, low) : `${writeNumber(field, low)}-${writeNumber(field, high)}`;
}

export function readFlags(word: string): Read<number> {
  if (word.toLowerCase() === NO_FLAGS) return { value: 0 };
  const letters = word.toUpperCase().split('');
  if (letters.length > 0 && letters.every((letter) => FLAG_LETTERS.includes(letter))) {
    return { value: letters.reduce((flags, letter) => flags | (1 << FLAG_LETTERS.indexOf(letter)), 0) };
  }
  return {
    problem: {
      ja: `「${word}」はTCPフラグではありません。F S R P A U E C の文字、または none を書いてください`,
      en: `"${word}" are no TCP flags; write letters of F S R P A U E C, or none`,
    },
  };
}

/** The words a field of this type is limited to; undefined when any word is possible. */
export function wordsOf(type: FieldType): readonly string[] | undefined {
  if (type === 'class') return CLASS_WORDS;
  if (type === 'mark') return MARK_WORDS;
  return type === 'direction' ? DIRECTION_WORDS : undefined;
}

/** Countries are kept as the table keeps them: upper case, '' for unknown. */
export function readWord(field: FilterField, word: string): Read<string> {
  if (field.type === 'country') return readCountry(word);
  const known = wordsOf(field.type);
  if (!known) return { value: field.id === 'exporter' ? toPlainAddress(word) : word };
  const lower = word.toLowerCase();
  if (known.includes(lower)) return { value: lower };
  const instead = nearest(lower, known);
  return {
    problem: {
      ja: `「${word}」という${field.title.ja}はありません。使えるのは ${known.join('、')} です`,
      en: `There is no ${field.title.en.toLowerCase()} "${word}"; there are ${known.join(', ')}`,
    },
    instead,
  };
}

function readCountry(word: string): Read<string> {
  if (word.toLowerCase() === UNKNOWN) return { value: '' };
  if (/^[a-z]{2}$/i.test(word)) return { value: word.toUpperCase() };
  return {
    problem: {
      ja: `「${word}」は国・地域コードではありません。JP のような二文字、または unknown を書いてください`,
      en: `"${word}" is no country code; write two letters like JP, or unknown`,
    },
  };
}

/** Exporters are stored as address text: other spellings of the same address mean it too. */
function toPlainAddress(word: string): string {
  const address = parseAddress(word);
  return address ? formatAddress(address) : word;
}

export function writeWord(field: FilterField, word: string): string {
  return field.type === 'country' && word === '' ? UNKNOWN : quoteName(word);
}

/** The word with the fewest letters to change, if that is few. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(3, Math.floor(word.length / 2) + 1);
  for (const candidate of known) {
    const changes = distance(word, candidate);
    if (changes < fewest) [best, fewest] = [candidate, changes];
  }
  return best;
}

/** Edit distance (Levenshtein 1966), row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
