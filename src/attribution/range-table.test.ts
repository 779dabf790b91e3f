import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, fromIpv4Number, type Prefix, parseAddress, parsePrefix } from '../domain/address.ts';
import {
  findIpv4,
  findIpv6,
  findPoint,
  flattenPrefixes,
  Ipv4RangeBuilder,
  Ipv6RangeBuilder,
  parsePoint,
  toBigInt,
  toPoint,
} from './range-table.ts';

const LAST = 2 ** 32 - 1;

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed) throw new Error(`not a prefix: ${text}`);
  return parsed;
}

/** Many short prefixes in few places, so that they nest and touch. */
const arbitraryPrefix = fc
  .record({ isIpv4: fc.boolean(), head: fc.integer({ min: 0, max: 3 }), tail: fc.integer({ min: 0, max: 255 }), cut: fc.nat(16) })
  .map(({ isIpv4, head, tail, cut }) => {
    const bytes = isIpv4
      ? fromIpv4Number(((192 + head) << 24) | (tail << 16))
      : new Uint8Array([0x20, 0x01, head, tail, ...Array(12).fill(0)]);
    const length = (isIpv4 ? 96 : 16) + cut;
    const start = bytes.map((byte, i) => byte & (0xff << Math.min(8, Math.max(0, 8 * (i + 1) - length))));
    const end = start.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, length - 8 * i))));
    return { start, end, length } satisfies Prefix;
  });

const distinctPrefixes = fc.uniqueArray(arbitraryPrefix, {
  selector: ({ start, length }) => `${start.join('.')}/${length}`,
  maxLength: 40,
});

function innermost(prefixes: readonly Prefix[], address: Uint8Array): number {
  let best = -1;
  prefixes.forEach((one, i) => {
    if (contains(one, address) && one.length > (prefixes[best]?.length ?? -1)) best = i;
  });
  return best;
}

describe('IPv4 ranges', () => {
  it('answer with the range that holds the address, 0 in gaps and at both ends of the space', () => {
    const builder = new Ipv4RangeBuilder();
    builder.add(10, 19, 7);
    builder.add(20, 29, 8);
    builder.add(0x0001_0000, 0x0001_ffff, 9);
    const ranges = builder.finish();
    const asked = [0, 9, 10, 19, 20, 29, 30, 0xffff, 0x1_0000, 0x1_ffff, 0x2_0000, LAST];
    expect(asked.map((address) => findIpv4(ranges, address))).toEqual([0, 0, 7, 7, 8, 8, 0, 0, 9, 9, 0, 0]);
  });

  it('cover the whole space when told to', () => {
    const builder = new Ipv4RangeBuilder();
    builder.add(0, LAST, 3);
    expect([0, 1, 2 ** 31, LAST].map((address) => findIpv4(builder.finish(), address))).toEqual([3, 3, 3, 3]);
  });

  it('let the earlier row keep its addresses where rows overlap', () => {
    const builder = new Ipv4RangeBuilder();
    builder.add(100, 200, 1);
    builder.add(150, 180, 2);
    builder.add(190, 250, 3);
    const ranges = builder.finish();
    expect([100, 150, 200, 201, 250, 251].map((address) => findIpv4(ranges, address))).toEqual([1, 1, 1, 3, 3, 0]);
  });

  it('agree with a walk over the rows', () => {
    const rows = fc.array(fc.tuple(fc.nat(200_000), fc.integer({ min: 1, max: 70_000 }), fc.integer({ min: 1, max: 3 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(rows, fc.array(fc.nat(3_000_000), { minLength: 20 }), (steps, asked) => {
        const builder = new Ipv4RangeBuilder();
        let at = 0;
        const placed = steps.map(([gap, length, value]) => {
          const row = { start: at + gap, end: at + gap + length - 1, value };
          at = row.end + 1;
          builder.add(row.start, row.end, value);
          return row;
        });
        const ranges = builder.finish();
        for (const address of [...asked, ...placed.flatMap((row) => [row.start - 1, row.start, row.end, row.end + 1])]) {
          if (address < 0) continue;
          const row = placed.find((one) => one.start <= address && address <= one.end);
          expect(findIpv4(ranges, address)).toBe(row?.value ?? 0);
        }
      }),
    );
  });
});

describe('IPv6 ranges', () => {
  it('tell addresses apart by any of their bits', () => {
    const builder = new Ipv6RangeBuilder();
    const add = (text: string, value: number): void => {
      const { start, end } = prefix(text);
      builder.add(toBigInt(start), toBigInt(end), value);
    };
    add('2001:db8::/48', 1);
    add('2001:db8:8000::/33', 2);
    add('3fff::8000:0:0/81', 3);
    add('ffff::/16', 4);
    const ranges = builder.finish();
    const ask = (text: string): number => findIpv6(ranges, parseAddress(text) ?? new Uint8Array(16));
    expect(['2001:db8::1', '2001:db8:0:ffff:ffff:ffff:ffff:ffff', '2001:db8:1::'].map(ask)).toEqual([1, 1, 0]);
    expect(['2001:db8:8000::', '3fff::7fff:ffff:ffff', '3fff::8000:0:0', '::', 'ffff:ffff::'].map(ask)).toEqual([2, 0, 3, 0, 4]);
  });
});

describe('nested prefixes made flat', () => {
  it('answer with the innermost prefix and lead to the larger ones around it', () => {
    const prefixes = ['203.0.113.0/24', '203.0.113.128/25', '0.0.0.0/0', '2001:db8::/32', '203.0.113.255/32'].map(prefix);
    const { ranges, parents } = flattenPrefixes(prefixes);
    const ask = (text: string): number => findPoint(ranges, parsePoint(text) ?? 0) - 1;
    expect(['203.0.113.1', '203.0.113.130', '203.0.113.255', '203.0.114.0', '2001:db8::1', '2001:db9::'].map(ask)).toEqual([
      0, 1, 4, 2, 3, -1,
    ]);
    expect([...parents]).toEqual([2, 0, -1, -1, 1]);
  });

  it('agree with looking at every prefix, parents included', () => {
    fc.assert(
      fc.property(distinctPrefixes, fc.array(arbitraryPrefix, { maxLength: 20 }), (prefixes, others) => {
        const { ranges, parents } = flattenPrefixes(prefixes);
        for (const address of [...prefixes, ...others].flatMap(({ start, end }) => [start, end])) {
          expect(findPoint(ranges, toPoint(address)) - 1).toBe(innermost(prefixes, address));
        }
        prefixes.forEach((one, i) => {
          const around = prefixes.filter((other) => other !== one && other.length < one.length && sameSpace(other, one));
          expect(parents[i]).toBe(prefixes.findIndex((other) => other === around[innermost(around, one.start)]));
        });
      }),
    );
  });
});

/** `::/0` and its like do not hold IPv4 addresses, though they are around them as numbers. */
function sameSpace(a: Prefix, b: Prefix): boolean {
  return a.length >= 96 === b.length >= 96;
}
