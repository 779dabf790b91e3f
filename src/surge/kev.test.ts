/** The list is read whatever else stands in it, and fits only by product and date. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { placeOf } from '../domain/surge.ts';
import { fittingKev, parseKev, toPortProducts } from './kev.ts';

const EXAMPLE = readFileSync(new URL('fixtures/kev-example.json', import.meta.url), 'utf8');
const CATALOGUE = readFileSync(new URL('../../catalogue/port-products.yaml', import.meta.url), 'utf8');
const catalogue = toPortProducts(parse(CATALOGUE), 'port-products.yaml');
const { entries, ...file } = parseKev(EXAMPLE, 'kev-example.json');

describe('the list', () => {
  it('is read with fields of the future, and bad entries are named', () => {
    expect(file).toEqual({
      version: '2026.06.01',
      releasedAt: Date.UTC(2026, 5, 1, 12),
      skipped: [
        { entry: 4, reason: expect.stringContaining('cveID') },
        { entry: 5, reason: expect.stringContaining('dateAdded') },
      ],
    });
    expect(entries.map(({ cve, addedAt }) => [cve, addedAt])).toEqual([
      ['CVE-1900-0001', Date.UTC(2026, 4, 25)],
      ['CVE-1900-0002', Date.UTC(2026, 4, 30)],
      ['CVE-1900-0003', Date.UTC(2025, 0, 10)],
    ]);
    expect(entries[0]).toMatchObject({ vendor: 'Akarigumo', dueAt: Date.UTC(2026, 5, 15), ransomware: 'Unknown' });
  });

  it.each([
    ['cveID,vendorProject\nCVE-1900-0001,x', 'not JSON'],
    ['[]', 'not a list of known exploited'],
    ['{"vulnerabilities":[]}', 'no entry'],
    ['{"vulnerabilities":[{"cveID":1}]}', 'no entry'],
  ])('that is none says so: %s', (text, reason) => {
    expect(() => parseKev(text, 'list.json')).toThrow(reason);
  });
});

describe('what fits', () => {
  const onset = Date.UTC(2026, 5, 17);

  it('is listed at most 60 days before, and usually listens there', () => {
    expect(fittingKev(entries, catalogue, placeOf(6, 23), onset)).toEqual([
      { entry: entries[0], service: 'Telnet', words: ['telnet'], daysBefore: 23 },
    ]);
    expect(fittingKev(entries, catalogue, placeOf(6, 8080), onset).map(({ entry }) => entry.cve)).toEqual(['CVE-1900-0001']);
    expect(fittingKev(entries, catalogue, placeOf(6, 20_880), onset).map(({ entry }) => entry.cve)).toEqual(['CVE-1900-0002']);
    expect(fittingKev(entries, catalogue, placeOf(6, 6379), onset)).toEqual([]);
    expect(fittingKev(entries, catalogue, placeOf(17, 23), onset)).toEqual([]);
    expect(fittingKev(entries, catalogue, placeOf(6, 23), Date.UTC(2026, 4, 24))).toEqual([]);
    expect(fittingKev(entries, catalogue, placeOf(6, 23), Date.UTC(2026, 8, 1))).toEqual([]);
  });
});
