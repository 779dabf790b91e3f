import { expect, it } from 'vitest';
import { FAMILIES, type Family, familyOf } from './families.ts';
import { miraiSource, tcp } from './rows.test-support.ts';

it('every family has a source, a first day and words in both languages', () => {
  expect(FAMILIES.length).toBeGreaterThan(0);
  for (const family of FAMILIES) {
    expect(family.validFrom).not.toBeNull();
    expect(family.sources.join(' ')).toMatch(/https:\/\//);
    expect(family.title.ja).not.toBe('');
  }
});

it('the same id never has two versions of one number', () => {
  const editions = FAMILIES.map(({ id, version }) => `${id}/${version}`);
  expect(new Set(editions).size).toBe(editions.length);
});

it('an old day is judged by the version that held on it', () => {
  const first = FAMILIES.find(({ id }) => id === 'satori');
  if (!first) throw new Error('the catalogue has no satori');
  const second: Family = { ...first, version: 2, ports: [37215], validFrom: Date.UTC(2020, 0, 1) };
  const both = [first, second];
  const at = (year: number, ports = [tcp(37215, 9), tcp(52869, 9)]) =>
    familyOf(miraiSource(ports, [], { lastSeenAt: Date.UTC(year, 6, 1) }), 'mirai', both)?.version;
  expect(at(2017)).toBeUndefined();
  expect(at(2018)).toBe(1);
  expect(at(2018, [tcp(37215, 9)])).toBeUndefined();
  expect(at(2021, [tcp(37215, 9)])).toBe(2);
});
