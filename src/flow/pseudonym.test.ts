import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, formatAddress, fromIpv4Number, type Prefix, parseAddress, parsePrefix } from '../domain/address.ts';
import { FlowColumns } from './flow-columns.ts';
import { Pseudonymiser } from './pseudonym.ts';

const KEY = Uint8Array.from([
  21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34,
  2,
]);
const prefix = (text: string): Prefix => parsePrefix(text) as Prefix;
const address = (text: string): Address => parseAddress(text) as Address;
const everything = new Pseudonymiser(KEY, [prefix('0.0.0.0/0'), prefix('::/0')]);
const commonBits = (a: Address, b: Address): number => {
  for (let bit = 0; bit < 128; bit++) {
    const mask = 0x80 >>> (bit & 7);
    if (((a[bit >>> 3] ?? 0) & mask) !== ((b[bit >>> 3] ?? 0) & mask)) return bit;
  }
  return 128;
};
const anyIpv4 = fc.nat(0xffff_ffff).map(fromIpv4Number);
const anyIpv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.of(0x20, 1, ...bytes.subarray(2)));

describe('pseudonyms', () => {
  it.each([
    ['128.11.68.132', '135.242.180.132'],
    ['129.118.74.4', '134.136.186.123'],
    ['130.132.252.244', '133.68.164.234'],
  ])('are those of the published reference: %s', (original, pseudonym) => {
    const whole = new Pseudonymiser(KEY, [prefix('0.0.0.0/0')]);
    expect(formatAddress(whole.pseudonymOf(address(original)))).toBe(pseudonym);
  });

  it.each([
    ['IPv4', anyIpv4],
    ['IPv6', anyIpv6],
  ])('share exactly as many first bits as the addresses do: %s', (_family, any) => {
    fc.assert(
      fc.property(any, any, fc.nat(127), (a, other, cut) => {
        // Half of the pairs share a long beginning, as neighbours do.
        const b = cut % 2 === 0 ? other : a.map((byte, i) => (i < cut >>> 3 ? byte : (other[i] ?? 0)));
        expect(commonBits(everything.pseudonymOf(a), everything.pseudonymOf(b))).toBe(commonBits(a, b));
      }),
    );
  });

  it('stay inside the prefix of the customer, and leave all others alone', () => {
    const ours = new Pseudonymiser(KEY, [prefix('203.0.113.0/24'), prefix('203.0.113.64/26'), prefix('2001:db8::/32')]);
    const inside = formatAddress(ours.pseudonymOf(address('203.0.113.77')));
    expect(inside).toMatch(/^203\.0\.113\./);
    expect(inside).not.toBe('203.0.113.77');
    expect(formatAddress(ours.pseudonymOf(address('2001:db8::1')))).toMatch(/^2001:db8:/);
    for (const other of ['203.0.112.255', '203.0.114.0', '2001:db9::1', '::']) {
      expect(formatAddress(ours.pseudonymOf(address(other)))).toBe(other);
    }
  });

  it('depend on the key, and a short one is refused', () => {
    const other = new Pseudonymiser(
      KEY.map((byte) => byte ^ 1),
      [prefix('0.0.0.0/0')],
    );
    expect(other.pseudonymOf(address('192.0.2.1'))).not.toEqual(everything.pseudonymOf(address('192.0.2.1')));
    expect(() => new Pseudonymiser(KEY.subarray(1), [])).toThrow('32 bytes');
  });

  it('replace every address column of a batch and nothing else', () => {
    const columns = new FlowColumns();
    columns.reserve(2);
    columns.source.set(address('203.0.113.5'), 0);
    columns.destination.set(address('198.51.100.1'), 0);
    columns.source.set(address('198.51.100.1'), 16);
    columns.destination.set(address('203.0.113.5'), 16);
    columns.natSource.set(address('203.0.113.9'), 16);
    columns.rows = 2;
    const batch = columns.take('main', 'edge');
    const before = structuredClone(batch);
    const hidden = new Pseudonymiser(KEY, [prefix('203.0.113.0/24')]).columns(batch);
    const read = (name: string, row: number): string =>
      formatAddress((hidden.columns[name] as Uint8Array).subarray(row * 16, row * 16 + 16));
    expect(read('source', 0)).toBe(read('destination', 1));
    expect(read('source', 0)).not.toBe('203.0.113.5');
    expect([read('destination', 0), read('source', 1)]).toEqual(['198.51.100.1', '198.51.100.1']);
    expect(read('nat_source', 0)).toBe('::');
    expect(batch).toEqual(before);
    expect(hidden.columns['packets']).toBe(batch.columns['packets']);
  });
});
