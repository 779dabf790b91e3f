import { mkdirSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isYaguraError } from '../engine/errors.ts';
import { ADDRESS_TABLE_CREDITS, loadAddressTables, parseAddressTables, toTableDate } from './address-tables.ts';
import { findIpv4, findPoint, parsePoint } from './range-table.ts';

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

const bytes = (...lines: string[]): Uint8Array => Buffer.from(`${lines.join('\n')}\n`);

describe('tables from CSV', () => {
  const tables = parseAddressTables(
    {
      asnIpv4: bytes('3221225984,3221226239,64496,"Example ""One"", Inc."', '3325256704,3325256959,64497,Example Two'),
      asnIpv6: bytes('42540766411282592856903984951653826560,42540766490510755371168322545197776895,64498,Example Six'),
      countryIpv4: bytes('3221225984,3221226239,JP'),
      countryIpv6: bytes('42540766411282592856903984951653826560,42540766490510755371168322545197776895,AU'),
    },
    '2026-06-17',
  );
  const ask = (text: string): [number, string | undefined] => {
    const point = parsePoint(text) ?? 0;
    return [findPoint(tables.asn, point), tables.countries[findPoint(tables.country, point)]];
  };

  it('keep AS numbers, names with quotes and commas, and countries', () => {
    expect(ask('192.0.2.7')).toEqual([64496, 'JP']);
    expect(ask('198.51.100.255')).toEqual([64497, '']);
    expect(ask('2001:db8::1')).toEqual([64498, 'AU']);
    expect(ask('203.0.113.1')).toEqual([0, '']);
    expect(tables.asName(64496)).toBe('Example "One", Inc.');
    expect(tables.asName(64511)).toBeNull();
  });
});

it('reads the day out of the version and refuses a version without one', () => {
  expect(toTableDate('2.3.2026061719')).toBe('2026-06-17');
  expect(() => toTableDate('2.3.1')).toThrow('names no day');
});

it('names the sources in both languages', () => {
  expect(ADDRESS_TABLE_CREDITS[0]?.en).toMatch(/RouteViews.*DB-IP.*CC BY 4\.0/);
  expect(ADDRESS_TABLE_CREDITS[0]?.ja).toMatch(/RouteViews.*DB-IP.*CC BY 4\.0/);
  expect(ADDRESS_TABLE_CREDITS[1]?.en).toContain('CC0');
});

describe('the installed tables', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'yagura-tables-')), 'cache');
  const fresh = loadAddressTables(folder);
  const cacheFile = (): string => join(folder, readdirSync(folder)[0] ?? '');

  it('know well-known networks', () => {
    const ask = (text: string): number => findPoint(fresh.asn, parsePoint(text) ?? 0);
    expect(fresh.tableDate).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(fresh.asName(ask('8.8.8.8'))).toMatch(/google/i);
    expect(fresh.asName(ask('2001:200::1'))).toMatch(/WIDE/i);
    expect(fresh.countries[findPoint(fresh.country, parsePoint('2001:200::1') ?? 0)]).toBe('JP');
    expect(ask('192.168.0.1')).toBe(0);
  });

  it('are the same from the cache, which is one file and quick to read', () => {
    expect(readdirSync(folder)).toHaveLength(1);
    const started = performance.now();
    const warm = loadAddressTables(folder);
    expect(performance.now() - started).toBeLessThan(1000); // 15 ms on a quiet machine
    for (const side of ['asn', 'country'] as const) {
      expect(isSame(warm[side].ipv4.starts, fresh[side].ipv4.starts) && isSame(warm[side].ipv4.values, fresh[side].ipv4.values)).toBe(true);
      expect(isSame(warm[side].ipv6.starts, fresh[side].ipv6.starts) && isSame(warm[side].ipv6.values, fresh[side].ipv6.values)).toBe(true);
    }
    expect(warm.countries).toEqual(fresh.countries);
    expect(warm.asName(2500)).toBe(fresh.asName(2500));
  });

  it.each([
    ['cut short', (path: string): void => truncateSync(path, 1_000_000)],
    ['of another format', (path: string): void => writeFileSync(path, '{"format":"something else"}\n')],
  ])('are made again when the cache is %s', (_, spoil) => {
    const sound = readFileSync(cacheFile());
    spoil(cacheFile());
    expect(findIpv4(loadAddressTables(folder).asn.ipv4, 0x0808_0808)).toBe(findIpv4(fresh.asn.ipv4, 0x0808_0808));
    expect(readFileSync(cacheFile()).equals(sound)).toBe(true);
  });

  it('say what to do when the cache cannot be written', () => {
    const path = join(folder, '..', 'a-file');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, '');
    expect(() => loadAddressTables(join(path, 'cache'))).toSatisfy((act: () => void) => {
      try {
        act();
        return false;
      } catch (error) {
        return isYaguraError(error, 'config-invalid') && error.message.includes('writable');
      }
    });
  });
});
