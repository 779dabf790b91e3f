/** Seeds: what findings and a file of indicators make, and that a family's name can hide no address. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4Number } from '../domain/address.ts';
import { parseIndicators, readIndicators, toFamily, toSeeds } from './seeds.ts';

describe('a file of indicators', () => {
  it('has an address, a port if known and a family if known on each line', () => {
    const text = '# seen by others\n192.0.2.1\n192.0.2.2:6667 mirai\r\n2001:db8::1\n[2001:db8::2]:443  gafgyt # two\n\n';
    expect(parseIndicators(text)).toEqual([
      { address: '192.0.2.1', port: null, transport: null, family: null },
      { address: '192.0.2.2', port: 6667, transport: null, family: 'mirai' },
      { address: '2001:db8::1', port: null, transport: null, family: null },
      { address: '2001:db8::2', port: 443, transport: null, family: 'gafgyt' },
    ]);
  });

  it.each(['example.org', '192.0.2.1:0', '192.0.2.1:70000', '192.0.2.1 mirai more', '192.0.2', '[192.0.2.1'])(
    'refuses %s with its line',
    (line) =>
      expect(() => parseIndicators(`192.0.2.9\n${line}`, 'own.txt')).toThrow(
        expect.objectContaining({ code: 'input-malformed', line: 2, file: 'own.txt' }),
      ),
  );
});

it('says which file of indicators is not there', () =>
  expect(readIndicators('/nowhere/own.txt')).rejects.toMatchObject({ code: 'input-unreadable', file: '/nowhere/own.txt' }));

it('takes infected hosts and named servers from findings, and nothing without an address', () => {
  const finding = { identifier: 'mirai', port: null, transport: null } as const;
  const seeds = toSeeds([
    { ...finding, kind: 'infected-host', asset: { kind: 'ip', value: '192.0.2.1' } },
    { ...finding, kind: 'command-and-control', asset: { kind: 'ip', value: '198.51.100.1' }, port: 443, transport: 'tcp' },
    { ...finding, kind: 'command-and-control', asset: { kind: 'fqdn', value: 'c2.example.com' } },
    { ...finding, kind: 'scanner', asset: { kind: 'ip', value: '192.0.2.3' } },
  ]);
  expect(seeds.hosts).toEqual([{ address: '192.0.2.1', family: 'mirai' }]);
  expect(seeds.servers).toEqual([{ address: '198.51.100.1', port: 443, transport: 'tcp', family: 'mirai' }]);
});

describe("a family's name", () => {
  it.each(['mirai', 'Gafgyt', 'family-3', 'hajime', 'qbot', 'zhtrap'])('may be %s', (name) => expect(toFamily(name)).toBe(name));

  it('can hold no address', () => {
    const separator = fc.constantFrom('.', '-', '_', '');
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), separator, fc.constantFrom('', 'host-', 'ip'), (number, mark, prefix) => {
        const text = prefix + formatIpv4Number(number).replaceAll('.', mark);
        expect(toFamily(text)).toBeNull();
        expect(toFamily(number.toString(16).padStart(8, '0'))).toBeNull();
        expect(toFamily(String(number).padStart(10, '0'))).toBeNull();
      }),
    );
  });

  it('is nothing when it is a sentence', () => expect(toFamily('talks to 192.0.2.1')).toBeNull());
});
