import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeError, isYaguraError } from '../engine/errors.ts';
import { parseConstituents, readConstituentsFile } from './constituents-file.ts';

const YAML = `# Constituents of the example country
constituents:
  - id: example-net
    name: { ja: エグザンプルネット, en: Example Net }
    kind: isp
    language: ja
    mail: [abuse@example.jp, noc@example.jp]
    letter:
      postalCode: 100-0001
      lines: [東京都千代田区千代田1-1, エグザンプルビル3階]
      recipient: 佐藤花子
      department: 対応窓口
    resources:
      - { prefix: 203.0.113.0/24, from: 2026-01-01, to: 2026-07-01 }
      - { asn: 64496 }
      - { domain: 例え.example }
  - id: example-town
    name: { ja: 例町, en: Example Town }
    kind: municipality
    language: en
    resources:
      - { prefix: 2001:DB8:0::/48, from: 2026-01-01T09:00:00+09:00 }
`;

const HEADER =
  'constituent_id,name_ja,name_en,kind,language,mail,postal_code,address_lines,recipient,department,resource,valid_from,valid_to';
const CSV = `\ufeff${HEADER}
example-net,エグザンプルネット,Example Net,isp,ja,abuse@example.jp|noc@example.jp,100-0001,東京都千代田区千代田1-1|エグザンプルビル3階,佐藤花子,対応窓口,203.0.113.0/24,2026-01-01,2026-07-01
example-net,,,,,,,,,,AS64496,,
example-town,例町,"Example Town",municipality,en,,,,,,2001:db8::/48,2026-01-01T00:00:00Z,
example-net,,,,,,,,,,例え.example,,
`;

function failure(text: string, file = 'constituents.yaml'): string {
  try {
    parseConstituents(text, file);
  } catch (error) {
    expect(isYaguraError(error, 'input-malformed')).toBe(true);
    return describeError(error);
  }
  return 'accepted';
}

describe('a YAML file of constituents', () => {
  it('becomes constituents, in canonical form', () => {
    const [net, town] = parseConstituents(YAML, 'constituents.yaml');
    expect(net).toEqual({
      id: 'example-net',
      name: { ja: 'エグザンプルネット', en: 'Example Net' },
      kind: 'isp',
      language: 'ja',
      contact: {
        mail: ['abuse@example.jp', 'noc@example.jp'],
        letter: {
          postalCode: '100-0001',
          lines: ['東京都千代田区千代田1-1', 'エグザンプルビル3階'],
          recipient: '佐藤花子',
          department: '対応窓口',
        },
      },
      resources: [
        { kind: 'prefix', value: '203.0.113.0/24', validFrom: Date.UTC(2026, 0, 1), validTo: Date.UTC(2026, 6, 1) },
        { kind: 'asn', value: '64496', validFrom: null, validTo: null },
        { kind: 'domain', value: 'xn--r8jz45g.example', validFrom: null, validTo: null },
      ],
    });
    expect(town?.contact).toEqual({ mail: [], letter: null });
    expect(town?.resources[0]).toMatchObject({ value: '2001:db8::/48', validFrom: Date.UTC(2026, 0, 1) });
  });

  const change = (from: string, to: string): string => YAML.replace(from, to);

  it.each([
    ['an unknown key', change('    kind: isp', '    kind: isp\n    colour: red'), 6, 'unknown key colour'],
    ['an unknown key of a resource', change('{ asn: 64496 }', '{ asn: 64496, form: 2026-01-01 }'), 15, 'unknown key form'],
    ['a resource that is two things', change('{ asn: 64496 }', '{ asn: 64496, domain: example.org }'), 15, 'a resource is one of'],
    ['a resource that is nothing', change('{ asn: 64496 }', '{ from: 2026-01-01 }'), 15, 'a resource is one of'],
    ['an unknown key at the top', `${YAML}people: []\n`, 23, 'unknown key people'],
    ['host bits', change('203.0.113.0/24', '203.0.113.1/24'), 14, '203.0.113.1/24 is not a prefix'],
    ['an AS number out of range', change('asn: 64496', 'asn: 4294967296'), 15, '4294967296 is not an AS number'],
    ['no domain', change('domain: 例え.example', 'domain: no_domain'), 16, 'no_domain is not a domain'],
    ['a day that is none', change('from: 2026-01-01,', 'from: 2026-02-30,'), 14, '2026-02-30 is neither a day'],
    ['an instant without zone', change('T09:00:00+09:00', 'T09:00:00'), 22, 'neither a day'],
    ['an end before the beginning', change('to: 2026-07-01', 'to: 2026-01-01'), 14, 'ends before it begins'],
    ['an unknown kind', change('kind: isp', 'kind: shop'), 5, 'kind'],
    ['a wrong mail address', change('noc@example.jp', 'noc'), 7, 'not a mail address'],
    ['a letter without recipient', change('      recipient: 佐藤花子\n', ''), 8, 'letter.recipient'],
    ['a missing name', change('    name: { ja: 例町, en: Example Town }\n', ''), 17, 'name: it is missing'],
    ['a misspelt key', change('    name: { ja: 例町', '    nme: { ja: 例町'), 18, 'unknown key nme'],
    ['a strange id', change('id: example-net', 'id: Example Net'), 3, 'small letters'],
    ['the same id twice', change('id: example-town', 'id: example-net'), 17, 'already used on line 3'],
    ['unsound YAML', change('kind: isp', 'kind: [isp'), 6, 'not sound YAML'],
    ['no list', 'constituents: 3\n', 1, 'constituents'],
    ['another file altogether', 'seed: 42\n', 1, 'constituents: it is missing'],
  ])('is refused for %s, with the line', (_, text, line, reason) => {
    const message = failure(text);
    expect(message).toContain(reason);
    expect(message).toContain(`constituents.yaml, line ${line}:`);
  });

  it('is refused when two constituents hold the same resource at the same time, naming both', () => {
    const rival = change('prefix: 2001:DB8:0::/48, from: 2026-01-01T09:00:00+09:00', 'prefix: 203.0.113.0/24, from: 2026-06-30');
    expect(failure(rival)).toBe('constituents.yaml, line 22: 203.0.113.0/24 is held by example-net and example-town at the same time');
    expect(failure(rival.replace('from: 2026-06-30', 'from: 2026-07-01'))).toBe('accepted');
  });
});

describe('a CSV file of constituents', () => {
  it('says the same as the YAML file', () => {
    expect(parseConstituents(CSV, 'constituents.csv')).toEqual(parseConstituents(YAML, 'constituents.yaml'));
  });

  it.each([
    ['an unknown column', CSV.replace('department,resource', 'section,resource'), 1, 'unknown column section'],
    ['a missing column', CSV.replace(',valid_to', ''), 1, 'valid_to is missing'],
    ['a missing cell', CSV.replace('AS64496,,', 'AS64496'), 3, '11 cells where the header has 13'],
    [
      'particulars that differ',
      CSV.replace('example-net,,,,,,,,,,AS64496', 'example-net,,,firm,,,,,,,AS64496'),
      3,
      'kind of example-net differs from line 2',
    ],
    ['an empty id', CSV.replace('example-town,', ','), 4, 'constituent_id is empty'],
    ['a wrong resource', CSV.replace('2001:db8::/48', '2001:db8::1/48'), 4, 'not a prefix'],
    ['a wrong day', CSV.replace('2026-07-01', '1 July'), 2, '1 July is neither'],
    ['open quotes', CSV.replace('"Example Town"', '"Example Town'), 5, 'not sound CSV'],
  ])('is refused for %s, with the line', (_, text, line, reason) => {
    const message = failure(text, 'constituents.csv');
    expect(message).toContain(reason);
    expect(message).toContain(`constituents.csv, line ${line}:`);
  });
});

describe('reading the file itself', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-constituents-'));

  it('goes by the name', async () => {
    writeFileSync(join(folder, 'a.csv'), CSV);
    writeFileSync(join(folder, 'a.yaml'), YAML);
    expect(await readConstituentsFile(join(folder, 'a.csv'))).toEqual(await readConstituentsFile(join(folder, 'a.yaml')));
  });

  it('refuses other encodings and absent files', async () => {
    writeFileSync(join(folder, 'sjis.csv'), Buffer.from([0x83, 0x47, 0x83, 0x4f, 0x0a]));
    await expect(readConstituentsFile(join(folder, 'sjis.csv'))).rejects.toThrow('save it as UTF-8');
    await expect(readConstituentsFile(join(folder, 'none.csv'))).rejects.toSatisfy((error: unknown) =>
      isYaguraError(error, 'input-unreadable'),
    );
  });
});
