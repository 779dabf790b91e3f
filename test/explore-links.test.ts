/** Figures of the Now screen lead into exploration: their filters must be ones it understands. */
import { describe, expect, it } from 'vitest';
import { exploreAddress, filterFor } from '../console/parts/explore-address.ts';
import { parseFilter } from '../src/domain/filter/parse.ts';

describe('links into exploration', () => {
  it('name the thing and the period', () => {
    expect(exploreAddress('port', 'tcp/23', { from: 1000, to: 2000 })).toBe(
      '/explore?source=telescope&filter=port%2023%20and%20protocol%20tcp&from=1000&to=2000',
    );
  });

  it.each([
    ['port', 'tcp/23'],
    ['port', 'udp/5060'],
    ['port', 'icmp/0'],
    ['port', 'icmpv6/0'],
    ['port', '47/0'],
    ['network', '64496'],
    ['network', '0'],
    ['country', 'JP'],
    ['country', ''],
    ['source', '192.0.2.1'],
    ['source', '2001:db8::1'],
  ] as const)('%s %s is a filter exploration understands', (by, key) => {
    expect(parseFilter('telescope', filterFor(by, key))).toMatchObject({ ok: true });
  });
});
