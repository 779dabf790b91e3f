/**
 * From a value on the screen to the next filter.
 *
 * A filter is kept as its reader wrote it: only terms that the click contradicts are
 * taken out, the new one is added at the end. A filter with "or" at its top goes into
 * brackets first, so that "and" binds what was meant.
 */
import type { ExploreSource } from '../../../src/domain/explore.ts';

export type Value = string | number;
export type ValueRow = Readonly<Record<string, Value>>;

const RESERVED = new Set(['and', 'or', 'not', 'in', 'only', 'any', 'none']);
/** Fields where an empty value has a word of its own. */
const COUNTRIES = new Set(['country', 'source-country', 'destination-country']);
const ADDRESSES = new Set(['source', 'destination', 'nat-source', 'nat-destination']);
const SENDERS: Readonly<Record<string, string>> = {
  source: 'source',
  destination: 'source',
  'nat-source': 'source',
  'nat-destination': 'source',
  asn: 'asn',
  'source-asn': 'source-asn',
  'destination-asn': 'source-asn',
  country: 'country',
  'source-country': 'source-country',
  'destination-country': 'source-country',
};
const WITH_PORTS = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite']);

/** The condition that holds for exactly this value; undefined when nothing can be asked. */
export function termFor(field: string, value: Value): string | undefined {
  const text = String(value).trim();
  if (COUNTRIES.has(field)) return `${field} ${text === '' ? 'unknown' : text}`;
  if (field === 'sensor' || field === 'exporter') return `${field} ${quoted(text)}`;
  if (text === '') return undefined;
  if (field === 'flags') return text === 'none' ? 'flags none' : `flags only ${text}`;
  if (field === 'mark') {
    return text
      .split(/\s+/)
      .map((mark) => `mark ${mark}`)
      .join(' and ');
  }
  return `${field} ${ADDRESSES.has(field) ? text : quoted(text)}`;
}

function quoted(text: string): string {
  return /^[\p{L}\p{N}._:/+-]+$/u.test(text) && !RESERVED.has(text.toLowerCase()) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

const TOKENS = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|[()（）]|&&|\|\||&|\||[^\s()（）"'&|]+/gsu;

interface Split {
  readonly terms: readonly string[];
  readonly hasOr: boolean;
}

/** The conditions that are joined by "and" at the top. */
function topTerms(filter: string): Split {
  const terms: string[] = [];
  let depth = 0;
  let hasOr = false;
  let start = 0;
  for (const { 0: token, index } of filter.matchAll(TOKENS)) {
    if (token === '(' || token === '（') depth++;
    else if (token === ')' || token === '）') depth--;
    else if (depth > 0) continue;
    else if (/^(?:or|\|\|?)$/i.test(token)) hasOr = true;
    else if (/^(?:and|&&?)$/i.test(token)) {
      terms.push(filter.slice(start, index).trim());
      start = index + token.length;
    }
  }
  terms.push(filter.slice(start).trim());
  return { terms: terms.filter((term) => term !== ''), hasOr };
}

function joined(terms: readonly string[]): string {
  return [...new Set(terms)].join(' and ');
}

const kept = (filter: string, drop: (term: string) => boolean): string[] => {
  const { terms, hasOr } = topTerms(filter);
  if (hasOr) return [`(${filter.trim()})`];
  return terms.filter((term) => !/^any$/i.test(term) && !drop(term));
};

const isAbout = (field: string, term: string): boolean => {
  const bare = term.toLowerCase().replace(/^not\s+/, '');
  return bare.startsWith(`${field} `);
};

/** Only this value: other plain conditions on the same field go, because both at once would hold nowhere. */
export function onlyThis(filter: string, field: string, value: Value): string | undefined {
  const term = termFor(field, value);
  if (term === undefined) return undefined;
  return joined([...kept(filter, (known) => field !== 'mark' && isAbout(field, known)), term]);
}

/** Everything but this value. */
export function notThis(filter: string, field: string, value: Value): string | undefined {
  const term = termFor(field, value);
  if (term === undefined) return undefined;
  const negated = term.includes(' and ') ? `not (${term})` : `not ${term}`;
  return joined([...kept(filter, (known) => known === term), negated]);
}

export const canAskWhatItDid = (field: string): boolean => Object.hasOwn(SENDERS, field);

/** All this sender did, whatever was filtered before. */
export function whatItDid(source: ExploreSource, field: string, value: Value): { filter: string; by: string } | undefined {
  const sender = SENDERS[field];
  const filter = sender === undefined ? undefined : termFor(sender, value);
  if (filter === undefined) return undefined;
  return { filter, by: source === 'telescope' ? 'port' : 'destination,destination-port' };
}

/** The fields that say what kind of thing was done. */
export const DEED_FIELDS: Readonly<Record<ExploreSource, readonly string[]>> = {
  telescope: ['class', 'protocol', 'port'],
  flow: ['protocol', 'destination-port'],
};

/** Everyone who did what this row shows. */
export function whoElse(source: ExploreSource, row: ValueRow): { filter: string; by: string } | undefined {
  const protocol = String(row['protocol'] ?? '').toLowerCase();
  const terms = DEED_FIELDS[source]
    .filter((field) => row[field] !== undefined && (!field.endsWith('port') || protocol === '' || WITH_PORTS.has(protocol)))
    .map((field) => termFor(field, row[field] ?? ''))
    .filter((term) => term !== undefined);
  return terms.length === 0 ? undefined : { filter: joined(terms), by: 'source' };
}

/** The one sender a filter is about, if there is one. */
export function soleSource(filter: string): string | undefined {
  const { terms, hasOr } = topTerms(filter);
  if (hasOr) return undefined;
  const found = terms.flatMap((term) => /^(?:source|src(?: ip| host)?)\s+(?:in\s+|=\s*)?([0-9a-f.:]+)$/i.exec(term)?.[1] ?? []);
  return found.length === 1 ? found[0] : undefined;
}
