import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIpv4Number } from '../domain/address.ts';
import { chapterActors, residentActors } from './actors.ts';
import {
  addressOf,
  assignmentLog,
  chapterAt,
  chapterOf,
  createCountry,
  DAY,
  DEFAULT_UNTIL,
  foreignAddress,
  HOUR,
  holderOf,
  ipv4,
  isInBlock,
  type Lease,
  lineOfRank,
  organisationBlock,
  SCALES,
  WANDERING_BLOCK,
} from './country.ts';
import { ORGANISATIONS, PROVIDERS } from './organisations.ts';

const country = createCountry({ seed: 42, scale: 'small' });
const NEVER_ROUTED = [
  { start: ipv4(100, 64, 0, 0), length: 10 },
  { start: ipv4(198, 18, 0, 0), length: 15 },
  { start: ipv4(240, 0, 0, 0), length: 4 },
];

describe('addresses of the country', () => {
  it.each(SCALES)('lie in blocks that are never routed, at scale %s', (scale) => {
    const larger = createCountry({ seed: 7, scale });
    for (const actor of [...residentActors(larger), ...chapterActors(larger, chapterAt(DEFAULT_UNTIL))]) {
      const address = addressOf(larger, actor.host, DEFAULT_UNTIL - HOUR);
      expect(
        NEVER_ROUTED.some((block) => isInBlock(block, address)),
        formatIpv4Number(address),
      ).toBe(true);
    }
  });

  it('belong to one line at a time', () => {
    for (const at of [DEFAULT_UNTIL - DAY, DEFAULT_UNTIL - 7 * HOUR, DEFAULT_UNTIL + 400 * DAY]) {
      const addresses = new Set<number>();
      for (let rank = 0; rank < country.lineCount; rank++) addresses.add(addressOf(country, lineOfRank(country, rank), at));
      expect(addresses.size).toBe(country.lineCount);
    }
  });

  it('abroad are never given twice', () => {
    const nearby = fc.nat(0x03ff_fffe);
    fc.assert(fc.property(nearby, nearby, (a, b) => a === b || foreignAddress(country, a) !== foreignAddress(country, b)));
  });

  it('use only documentation AS numbers and .example names', () => {
    for (const { asn } of PROVIDERS) expect((asn >= 64_496 && asn <= 64_511) || (asn >= 65_536 && asn <= 65_551)).toBe(true);
    for (const mail of [...PROVIDERS, ...ORGANISATIONS].flatMap((party) => party.mail)) expect(mail).toMatch(/@[a-z0-9-]+\.example$/);
  });
});

function moved(provider: string): boolean {
  return assignmentLog(country, DEFAULT_UNTIL - DAY, DEFAULT_UNTIL).some(
    (lease) => lease.lineId.startsWith(provider) && lease.to < DEFAULT_UNTIL,
  );
}

describe('the assignment log', () => {
  it('covers the span of each line without holes and agrees with the address at any time', () => {
    const from = DEFAULT_UNTIL - DAY;
    const byLine = Map.groupBy(assignmentLog(country, from, DEFAULT_UNTIL), (lease) => lease.lineId);
    expect(byLine.size).toBe(country.lineCount);
    for (const leases of byLine.values()) {
      expect(leases[0]?.from).toBe(from);
      expect(leases.at(-1)?.to).toBe(DEFAULT_UNTIL);
      leases.reduce((before: Lease, lease) => {
        expect(lease.from).toBe(before.to);
        return lease;
      });
    }
    const host = lineOfRank(country, 11);
    for (const lease of byLine.get(host.lineId) ?? []) {
      expect(addressOf(country, host, lease.from)).toBe(lease.address);
      expect(addressOf(country, host, lease.to - 1)).toBe(lease.address);
    }
  });

  it('moves the lines of providers with short leases, and only those', () => {
    expect(moved('irie-mobile')).toBe(true);
    expect(moved('tomoshibi-net')).toBe(false);
  });
});

describe('who is responsible', () => {
  it('is the organisation inside its provider, the provider around it, and nobody without registration', () => {
    const city = ORGANISATIONS[0];
    if (!city) throw new Error('there is no city');
    expect(holderOf(country, organisationBlock(city).start, DEFAULT_UNTIL)).toBe('umibe-city');
    expect(holderOf(country, ipv4(100, 64, 0, 9), DEFAULT_UNTIL)).toBe('minato-hikari');
    expect(holderOf(country, ipv4(100, 84, 0, 9), DEFAULT_UNTIL)).toBeNull(); // Orchard Cloud
    expect(holderOf(country, ipv4(240, 1, 2, 3), DEFAULT_UNTIL)).toBeNull();
  });

  it('changes for the wandering block in the middle of the span', () => {
    const at = Date.UTC(2026, 5, 18);
    expect(country.transferAt).toBe(at);
    expect(holderOf(country, WANDERING_BLOCK.start + 10, at - 1)).toBe('minato-hikari');
    expect(holderOf(country, WANDERING_BLOCK.start + 10, at)).toBe('kitakaze-cable');
  });
});

describe('a chapter', () => {
  it('has its flood, gap and wave one after another within its day', () => {
    for (let number = chapterAt(DEFAULT_UNTIL) - 30; number < chapterAt(DEFAULT_UNTIL) + 30; number++) {
      const { startAt, flood, gap, waveAt } = chapterOf(country, number);
      expect(chapterAt(startAt)).toBe(number);
      expect([startAt, flood.from, flood.to, gap.from, gap.to, waveAt, startAt + DAY]).toEqual(
        [startAt, flood.from, flood.to, gap.from, gap.to, waveAt, startAt + DAY].toSorted((a, b) => a - b),
      );
      expect(gap.to - gap.from).toBe(1.5 * HOUR);
    }
  });
});
