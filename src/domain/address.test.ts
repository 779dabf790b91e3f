import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareAddresses,
  contains,
  formatAddress,
  formatPrefix,
  fromIpv4Number,
  parseAddress,
  parsePrefix,
  toIpv4Number,
} from './address.ts';

const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is written %s (RFC 5952)', (input, canonical) => {
    const address = parseAddress(input);
    expect(address && formatAddress(address)).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '2001:db8',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '1.2.3.4::',
  ])('refuses %j', (input) => expect(parseAddress(input)).toBeUndefined());

  it('round-trips every address', () => {
    fc.assert(
      fc.property(bytes, (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
    fc.assert(
      fc.property(fc.nat(0xffffffff), (value) => {
        expect(toIpv4Number(fromIpv4Number(value))).toBe(value);
      }),
    );
  });

  it('never throws on any text', () => {
    fc.assert(fc.property(fc.string(), (input) => void [parseAddress(input), parsePrefix(input)]));
  });
});

describe('prefixes', () => {
  it('knows its borders', () => {
    const prefix = parsePrefix('203.0.113.64/26');
    expect(prefix && [formatAddress(prefix.start), formatAddress(prefix.end), formatPrefix(prefix)]).toEqual([
      '203.0.113.64',
      '203.0.113.127',
      '203.0.113.64/26',
    ]);
  });

  it.each(['203.0.113.1/24', '203.0.113.0/33', '2001:db8::1/32', '1.2.3.4/', '1.2.3.4/2/3'])('refuses %s', (input) => {
    expect(parsePrefix(input)).toBeUndefined();
  });

  it('contains exactly the addresses between its borders', () => {
    fc.assert(
      fc.property(bytes, fc.nat(128), bytes, (seed, length, address) => {
        const start = seed.map((byte, i) => (length >= 8 * (i + 1) ? byte : length <= 8 * i ? 0 : byte & (0xff << (8 - (length - 8 * i)))));
        const end = start.map((byte, i) => (length >= 8 * (i + 1) ? byte : length <= 8 * i ? 255 : byte | (0xff >>> (length - 8 * i))));
        const isBetween = compareAddresses(start, address) <= 0 && compareAddresses(address, end) <= 0;
        expect(contains({ start, end, length }, address)).toBe(isBetween);
      }),
    );
  });
});
