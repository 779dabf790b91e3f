/** The range table against plain prefixes, for any addresses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, fromIpv4Number, parseAddress, parsePrefix } from '../domain/address.ts';
import { toRangeTable } from './ranges.ts';

const bytesOf = (text: string): Uint8Array => parseAddress(text) ?? new Uint8Array(16);

describe('the range table', () => {
  it('knows what lies inside, at its borders and beside it', () => {
    const table = toRangeTable(['192.0.2.0/25', '192.0.2.128/25', '203.0.113.64/26', '2001:db8::/32']);
    expect(table.ranges).toHaveLength(3); // the two halves are one
    const inside = ['192.0.2.0', '192.0.2.127', '192.0.2.128', '192.0.2.255', '203.0.113.64', '203.0.113.127', '2001:db8:1::1'];
    const outside = ['192.0.1.255', '192.0.3.0', '203.0.113.63', '203.0.113.128', '2001:db9::', '0.0.0.0', '255.255.255.255'];
    for (const text of inside) expect(table.has(bytesOf(text), 0), text).toBe(true);
    for (const text of outside) expect(table.has(bytesOf(text), 0), text).toBe(false);
  });

  it('says the same as looking at every prefix', () => {
    const address = fc.integer({ min: 0, max: 0xffff }).map((low) => fromIpv4Number((0xc0000000 + low) >>> 0));
    const prefix = fc
      .tuple(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 17, max: 32 }))
      .map(([low, length]) => `192.0.${low >>> 8}.${low & 255}/${length}`)
      .filter((text) => parsePrefix(text) !== undefined);
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 12 }), fc.array(address, { minLength: 1, maxLength: 20 }), (prefixes, addresses) => {
        const table = toRangeTable(prefixes);
        const column = new Uint8Array(addresses.length * 16);
        addresses.forEach((one, i) => column.set(one, i * 16));
        addresses.forEach((one, i) => {
          const isInside = prefixes.some((text) => contains(parsePrefix(text) ?? { start: one, end: one, length: 128 }, one));
          expect(table.has(column, i * 16)).toBe(isInside);
        });
      }),
    );
  });
});
