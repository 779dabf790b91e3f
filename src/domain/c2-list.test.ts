/** The gate of the C&C list: what may pass, and what no invention gets through. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { C2Entry } from '../server/c2-contract.ts';
import { formatAddress, fromIpv4Number, parseAddress } from './address.ts';
import type { C2Candidate } from './c2.ts';
import { FAMILY_NAMES, isAboutServerOnly, knownFamily, namesAnotherAddress, toListEntry, withheldFor } from './c2-list.ts';

const CLIENT = '198.51.100.77';
const candidate: C2Candidate = {
  address: '203.0.113.9',
  port: 443,
  transport: 'tcp',
  firstSeenAt: Date.UTC(2026, 5, 1, 10, 20, 33, 123),
  lastSeenAt: Date.UTC(2026, 5, 2, 10, 20, 59, 999),
  score: 0.91234,
  methods: ['fan-in', 'beacon'],
  family: 'mirai',
  features: { lift: 12.5, periodSeconds: 60, knownDays: null },
  because: { ja: '感染端末8台が集まっています。', en: 'Eight infected hosts meet there.' },
};

describe('a line of the list', () => {
  it('has the fields of its schema and says minutes, not moments', () => {
    const entry = toListEntry(candidate);
    expect(entry).toEqual({
      address: '203.0.113.9',
      port: 443,
      first: '2026-06-01T10:20:00Z',
      last: '2026-06-02T10:20:00Z',
      score: 0.912,
      method: 'beacon+fan-in',
      family: 'Mirai',
    });
    expect(C2Entry.safeParse(entry).success).toBe(true);
  });

  it('says a family only by a known name, however it is written', () => {
    expect(knownFamily('cobalt strike')).toBe('CobaltStrike');
    expect(knownFamily('Gozi-ISFB')).toBe('Gozi ISFB');
    expect(FAMILY_NAMES.some((name) => /\d{2}/.test(name))).toBe(false);
    for (const crafted of [
      CLIENT,
      `mirai ${CLIENT}`,
      '198-51-100-77',
      'c633644d',
      '3325256781',
      'mirai\u200b198.51.100.77',
      'one-nine-eight',
      '=HYPERLINK("http://203.0.113.9")',
      '１９８．５１．１００．７７',
      '2001:db8::77',
    ]) {
      const entry = toListEntry({ ...candidate, family: crafted });
      expect(entry).not.toHaveProperty('family');
      expect(C2Entry.safeParse({ ...entry, family: crafted }).success, crafted).toBe(false);
    }
  });

  it('refuses every field more, every other form and every other address in any field', () => {
    const entry = toListEntry(candidate);
    const wrong: object[] = [
      { ...entry, client: CLIENT },
      { ...entry, clients: [CLIENT] },
      { ...entry, because: 'Eight infected hosts' },
      { ...entry, first: `${entry.first} ${CLIENT}` },
      { ...entry, last: CLIENT },
      { ...entry, method: `beacon ${CLIENT}` },
      { ...entry, method: 'beacon+198.51.100.77' },
      { ...entry, port: CLIENT },
      { ...entry, port: 3_325_256_781 },
      { ...entry, score: 3_325_256_781 },
      { ...entry, score: 0.912_198_051 },
      { ...entry, address: `${entry.address},${CLIENT}` },
      { ...entry, address: `${entry.address} ${CLIENT}` },
      { ...entry, address: `${entry.address}%${CLIENT}` },
      { ...entry, address: '' },
    ];
    for (const one of wrong) expect(C2Entry.safeParse(one).success, JSON.stringify(one)).toBe(false);
  });

  it('carries no address that was in the free texts, whatever the candidate says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.string({ maxLength: 12 }), (number, words) => {
        const client = formatAddress(fromIpv4Number(number));
        fc.pre(client !== candidate.address);
        const line = JSON.stringify(toListEntry({ ...candidate, family: words + client }));
        return !line.includes(client);
      }),
    );
  });
});

describe('whose address may stand there', () => {
  const nobody = { isOwnRange: false, isClient: false };
  it.each([
    ['a server of the open Internet', candidate, nobody, undefined],
    ['a private address', { ...candidate, address: '10.1.2.3' }, nobody, 'not-public'],
    ['an address behind a provider’s gateway', { ...candidate, address: '100.64.0.9' }, nobody, 'not-public'],
    ['a private address in disguise', { ...candidate, address: '::ffff:192.168.0.1' }, nobody, 'not-public'],
    ['an address of an own range', candidate, { ...nobody, isOwnRange: true }, 'own-range'],
    ['an address that acted as a client', candidate, { ...nobody, isClient: true }, 'client'],
    ['one that another names as well', { ...candidate, methods: ['indicator' as const] }, { isOwnRange: true, isClient: true }, undefined],
    ['no port', { ...candidate, port: 0 }, nobody, 'no-server-port'],
  ])('%s', (_, one, facts, expected) => {
    expect(withheldFor(one, facts)).toBe(expected);
  });
});

describe('what may be stored', () => {
  it('is about the server only', () => {
    expect(isAboutServerOnly(candidate)).toBe(true);
    expect(isAboutServerOnly({ ...candidate, because: { ja: 'なし', en: `from ${candidate.address}` } })).toBe(true);
    expect(isAboutServerOnly({ ...candidate, because: { ja: 'なし', en: `from ${CLIENT}` } })).toBe(false);
    expect(isAboutServerOnly({ ...candidate, family: `x-${CLIENT}-y` })).toBe(false);
    expect(isAboutServerOnly({ ...candidate, features: { [CLIENT]: 1 } })).toBe(false);
    expect(isAboutServerOnly({ ...candidate, features: { lift: Number.NaN } })).toBe(false);
    expect(isAboutServerOnly({ ...candidate, address: 'host.example' })).toBe(false);
  });

  it('finds addresses in sentences', () => {
    expect(namesAnotherAddress('at 10:20 and 12:30:45 on port 443', candidate.address)).toBe(false);
    expect(namesAnotherAddress('version 1.2.3', candidate.address)).toBe(false);
    for (const text of [
      CLIENT,
      `(${CLIENT})`,
      '2001:db8::77',
      'x 2001:DB8:0:0:0:0:0:77.',
      '::ffff:198.51.100.77',
      '１９８．５１．１００．７７',
      '198.51.\u200b100.77',
    ]) {
      expect(namesAnotherAddress(text, candidate.address), text).toBe(true);
    }
    expect(parseAddress(CLIENT)).toBeDefined();
  });
});
