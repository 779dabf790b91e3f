import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, formatPrefix, fromIpv4Number, parseAddress, parsePrefix } from '../domain/address.ts';
import type { Constituent, Resource } from '../domain/constituent.ts';
import { parseAddressTables } from './address-tables.ts';
import { ATTRIBUTION_CONFIDENCE, createAttributor, STALE_TABLE_CONFIDENCE } from './attributor.ts';

const DAY = 86_400_000;
const at = (text: string): number => Date.parse(text);
const TABLE_DATE = '2026-06-17';
const NOW = at('2026-06-20');

const tables = parseAddressTables(
  {
    asnIpv4: Buffer.from('3221225984,3221226239,64496,Example One\n3405803776,3405804031,64497,Example Two\n'), // 192.0.2.0/24, 203.0.113.0/24
    asnIpv6: Buffer.from('42540766411282592856903984951653826560,42540766490510755371168322545197776895,64498,Example Six\n'), // 2001:db8::/32
    countryIpv4: Buffer.from('3221225984,3221226239,JP\n3405803776,3405804031,AU\n'),
    countryIpv6: Buffer.from('42540766411282592856903984951653826560,42540766490510755371168322545197776895,JP\n'),
  },
  TABLE_DATE,
);

function resource(value: string, validFrom: number | null = null, validTo: number | null = null): Resource {
  const kind = /[/:]/.test(value) ? 'prefix' : /^\d+$/.test(value) ? 'asn' : 'domain';
  return { kind, value, validFrom, validTo };
}

function constituent(id: string, ...resources: readonly Resource[]): Constituent {
  return { id, name: { ja: id, en: id }, kind: 'isp', language: 'ja', contact: { mail: [], letter: null }, resources };
}

const ip = (value: string) => ({ kind: 'ip', value });

describe('whose an address was', () => {
  it('goes to the most specific prefix', () => {
    const attributor = createAttributor(tables, [
      constituent('large', resource('203.0.113.0/24')),
      constituent('small', resource('203.0.113.128/25')),
      constituent('six', resource('2001:db8:1::/48')),
    ]);
    expect(attributor.attribute(ip('203.0.113.200'), NOW)).toEqual({
      constituentId: 'small',
      via: 'constituent-prefix',
      resource: '203.0.113.128/25',
      asOf: NOW,
      confidence: ATTRIBUTION_CONFIDENCE['constituent-prefix'],
      network: { asn: 64497, asName: 'Example Two', country: 'AU', tableDate: TABLE_DATE },
    });
    expect(attributor.attribute(ip('203.0.113.1'), NOW).constituentId).toBe('large');
    expect(attributor.attribute(ip('::ffff:203.0.113.1'), NOW).constituentId).toBe('large');
    expect(attributor.attribute(ip('2001:db8:1::9'), NOW)).toMatchObject({ constituentId: 'six', network: { asn: 64498, country: 'JP' } });
  });

  it('is only true for a moment: each holder in its own time, the larger holder in between', () => {
    const attributor = createAttributor(tables, [
      constituent('first', resource('203.0.113.128/25', at('2026-01-01'), at('2026-02-01'))),
      constituent('second', resource('203.0.113.128/25', at('2026-03-01'), null)),
      constituent('parent', resource('203.0.113.0/24', at('2026-01-01'), null)),
    ]);
    const holder = (time: string): string | null => attributor.attribute(ip('203.0.113.200'), at(time)).constituentId;
    expect(holder('2025-12-31T23:59:59.999Z')).toBeNull();
    expect(holder('2026-01-01')).toBe('first');
    expect(holder('2026-01-31T23:59:59.999Z')).toBe('first');
    expect(holder('2026-02-01')).toBe('parent');
    expect(holder('2026-03-01')).toBe('second');
  });

  it('falls back to a registered AS number, less surely far from the day of the tables', () => {
    const attributor = createAttributor(tables, [constituent('as', resource('64496'), resource('198.51.100.0/24'))]);
    expect(attributor.attribute(ip('192.0.2.1'), NOW)).toMatchObject({
      constituentId: 'as',
      via: 'constituent-asn',
      resource: '64496',
      confidence: 70,
    });
    expect(attributor.attribute(ip('192.0.2.1'), NOW - 500 * DAY).confidence).toBe(STALE_TABLE_CONFIDENCE);
    expect(attributor.attribute(ip('198.51.100.1'), NOW - 500 * DAY).confidence).toBe(95);
  });

  it('says nobody, with the network all the same', () => {
    const attributor = createAttributor(tables, []);
    expect(attributor.attribute(ip('192.0.2.1'), NOW)).toEqual({
      constituentId: null,
      via: null,
      resource: null,
      asOf: NOW,
      confidence: 0,
      network: { asn: 64496, asName: 'Example One', country: 'JP', tableDate: TABLE_DATE },
    });
    expect(attributor.attribute(ip('198.51.100.1'), NOW).network).toEqual({
      asn: null,
      asName: null,
      country: null,
      tableDate: TABLE_DATE,
    });
    expect(attributor.attribute(ip('not an address'), NOW).network.tableDate).toBeNull();
  });

  it('keeps IPv4 addresses out of IPv6 prefixes that are around them as numbers', () => {
    const attributor = createAttributor(tables, [constituent('all-six', resource('::/0'))]);
    expect(attributor.attribute(ip('192.0.2.1'), NOW).constituentId).toBeNull();
    expect(attributor.attribute(ip('2001:db8::1'), NOW).constituentId).toBe('all-six');
  });
});

describe('whose a block, a name or a mailbox was', () => {
  const attributor = createAttributor(tables, [
    constituent('net', resource('203.0.113.0/25'), resource('64496')),
    constituent('town', resource('example.jp')),
    constituent('school', resource('school.example.jp', at('2026-04-01'), null)),
  ]);

  it.each([
    ['net', '203.0.113.64/26', 'net'],
    ['net', '203.0.113.0/24', null], // only half of it is theirs
    ['net', '192.0.2.0/28', 'net'],
    ['net', 'nonsense', null],
    ['fqdn', 'www.example.jp', 'town'],
    ['fqdn', 'EXAMPLE.JP.', 'town'],
    ['fqdn', 'badexample.jp', null],
    ['fqdn', 'a.school.example.jp', 'school'],
    ['fqdn', '192.0.2.1', 'net'],
    ['email', 'hana@school.example.jp', 'school'],
    ['account', 'hana@example.jp', 'town'],
    ['account', 'hana', null],
    ['url', 'https://www.example.jp:8443/a@b?c=http://example.org/', 'town'],
    ['url', 'www.example.jp/path', 'town'],
    ['url', 'http://203.0.113.1/x', 'net'],
    ['url', 'http://[2001:db8::1]/x', null],
    ['url', 'http://', null],
  ])('%s %s: %s', (kind, value, expected) => {
    expect(attributor.attribute({ kind, value }, NOW).constituentId).toBe(expected);
  });

  it('falls back to the shorter domain before the longer one was held', () => {
    expect(attributor.attribute({ kind: 'fqdn', value: 'a.school.example.jp' }, at('2026-03-31'))).toMatchObject({
      constituentId: 'town',
      via: 'constituent-domain',
      resource: 'example.jp',
      confidence: 90,
    });
  });
});

it('agrees with looking at every prefix of every constituent', () => {
  const held = fc.record({
    head: fc.integer({ min: 0, max: 3 }),
    tail: fc.integer({ min: 0, max: 255 }),
    length: fc.integer({ min: 0, max: 18 }),
    from: fc.option(fc.integer({ min: 0, max: 9 })),
    span: fc.option(fc.integer({ min: 1, max: 5 })),
  });
  fc.assert(
    fc.property(fc.array(held, { maxLength: 30 }), fc.array(fc.tuple(fc.nat(3), fc.nat(255), fc.nat(11))), (claims, questions) => {
      const resources = claims.map(({ head, tail, length, from, span }) => {
        const mask = length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0;
        const start = fromIpv4Number(((((192 + head) << 24) | (tail << 16)) & mask) >>> 0);
        return resource(formatPrefix({ start, end: start, length: 96 + length }), from, span === null ? null : (from ?? 0) + span);
      });
      const attributor = createAttributor(
        tables,
        resources.map((one, i) => constituent(`c${i}`, one)),
      );
      for (const [head, tail, time] of questions) {
        const text = `${192 + head}.${tail}.7.7`;
        const answer = attributor.attribute(ip(text), time);
        const best = resources.filter((one) => isHeld(one, text, time)).sort((a, b) => lengthOf(b) - lengthOf(a))[0];
        expect(answer.resource).toBe(best?.value ?? null);
        const holder = resources[Number(answer.constituentId?.slice(1))];
        if (best) expect(holder && isHeld(holder, text, time)).toBe(true);
      }
    }),
  );
});

function isHeld({ value, validFrom, validTo }: Resource, address: string, time: number): boolean {
  const prefix = parsePrefix(value);
  const asked = parseAddress(address);
  if (!prefix || !asked || !contains(prefix, asked)) return false;
  return (validFrom ?? -Infinity) <= time && time < (validTo ?? Infinity);
}

const lengthOf = ({ value }: Resource): number => Number(value.split('/')[1]);

it('gives network and country for whole columns of sources', () => {
  const attributor = createAttributor(tables, []);
  const texts = ['192.0.2.9', '203.0.113.255', '2001:db8::7', '198.51.100.1', '::'];
  const sources = new Uint8Array(16 * (texts.length + 1)); // longer than rows, as batches may be
  texts.forEach((text, i) => sources.set(parseAddress(text) ?? [], 16 * i));
  const { asn, country } = attributor.networkColumns(sources, texts.length);
  expect([...asn]).toEqual([64496, 64497, 64498, 0, 0]);
  expect([...country.codes].map((code) => country.dictionary[code])).toEqual(['JP', 'AU', 'JP', '', '']);
  expect(attributor.network('2001:db8::7')).toMatchObject({ asn: 64498, asName: 'Example Six', country: 'JP' });
});
