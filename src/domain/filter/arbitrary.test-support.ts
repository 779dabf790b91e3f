/** Any filter at all of a source, for property tests; values are drawn from few, so that rows match now and then. */
import fc from 'fast-check';
import { type Prefix, parseAddress, parsePrefix } from '../address.ts';
import type { ExploreSource } from '../explore.ts';
import { type FilterField, fieldsOf } from './fields.ts';
import type { Filter, FilterTerm } from './filter.ts';
import { wordsOf } from './values.ts';

const prefixOf = (text: string): Prefix => {
  const prefix = parsePrefix(text);
  if (!prefix) throw new Error(`no prefix: ${text}`);
  return prefix;
};

export const ADDRESSES = ['192.0.2.1', '192.0.2.200', '198.51.100.7', '203.0.113.0', '2001:db8::1', '2001:db8:1::', '::'];
export const SENSORS = ['north', 'south', 'o\'hare \\ "x"', '東 1', 'and', ''];
export const COUNTRIES = ['JP', 'US', ''];
const PREFIXES = ['192.0.2.0/24', '192.0.2.1', '198.51.100.0/25', '0.0.0.0/0', '::/0', '2001:db8::/32', '203.0.113.0', '2001:db8::/47'];

const anyAddress = fc.uint8Array({ minLength: 16, maxLength: 16 });
const anyPrefix: fc.Arbitrary<Prefix> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PREFIXES).map(prefixOf) },
  { weight: 1, arbitrary: anyAddress.map((address) => ({ start: address, end: address, length: 128 })) },
);

/** Small and telling numbers come first; others are anywhere within the field's bounds. */
export const numberFor = (field: FilterField): fc.Arbitrary<number> =>
  fc.oneof(
    fc.constantFrom(...[0, 1, 2, 6, 17, 22, 23, 80, 100, 1000].map((value) => Math.min(value, field.highest))),
    fc.nat({ max: Math.min(field.highest, 2 ** 31 - 1) }),
    fc.constant(field.highest),
  );

const many = <V>(value: fc.Arbitrary<V>): fc.Arbitrary<V[]> => fc.array(value, { minLength: 1, maxLength: 4 });

function anyTerm(field: FilterField): fc.Arbitrary<FilterTerm> {
  const { id, type } = field;
  const number = numberFor(field);
  switch (type) {
    case 'address':
      return many(anyPrefix).map((prefixes) => ({ kind: 'prefixes', field: id, prefixes }));
    case 'flags':
      return fc
        .record({ flags: fc.nat({ max: 255 }), only: fc.boolean() })
        .map(({ flags, only }) => ({ kind: 'flags', field: id, flags, only: only || flags === 0 }));
    case 'name':
    case 'country':
    case 'class':
    case 'mark':
    case 'direction':
      return many(fc.constantFrom(...namesFor(field))).map((words) => ({ kind: 'words', field: id, words }));
    case 'port':
    case 'number':
    case 'duration':
    case 'asn':
    case 'protocol':
      break;
  }
  const ranges = many(fc.tuple(number, number)).map((pairs): FilterTerm => {
    return { kind: 'ranges', field: id, ranges: pairs.map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) })) };
  });
  const comparison = fc
    .record({ operator: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const), value: number })
    .map((one): FilterTerm => ({ kind: 'comparison', field: id, ...one }));
  return type === 'protocol' ? ranges : fc.oneof(ranges, comparison);
}

function namesFor({ id, type }: FilterField): readonly string[] {
  if (id === 'exporter') return ['192.0.2.1', '2001:db8::1', 'lab'];
  return type === 'country' ? COUNTRIES : (wordsOf(type) ?? SENSORS);
}

export function anyFilter(source: ExploreSource): fc.Arbitrary<Filter> {
  const term: fc.Arbitrary<Filter> = fc.constantFrom(...fieldsOf(source)).chain(anyTerm);
  const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 8, arbitrary: term },
      { weight: 1, arbitrary: fc.constant<Filter>({ kind: 'everything' }) },
      { weight: 3, arbitrary: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }).map((terms): Filter => ({ kind: 'and', terms })) },
      { weight: 3, arbitrary: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }).map((terms): Filter => ({ kind: 'or', terms })) },
      { weight: 2, arbitrary: tie('filter').map((inner): Filter => ({ kind: 'not', term: inner })) },
    ),
  }));
  return filter;
}

export const addressBytes = (text: string): Uint8Array => {
  const address = parseAddress(text);
  if (!address) throw new Error(`no address: ${text}`);
  return address;
};
