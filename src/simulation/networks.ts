/**
 * Whose networks the simulated addresses are: tables in the form of the real ones.
 *
 * The country's addresses are never routed, so the real tables know nothing of them; with
 * these a simulated hub shows networks and countries as a real one does. The networks
 * abroad have invented names and documentation AS numbers (RFC 5398).
 */
import { parsePrefix } from '../domain/address.ts';
import { type Country, providerBlock, providerIpv6, researchAddress, WANDERING_BLOCK } from './country.ts';
import { RESEARCH_GROUPS } from './organisations.ts';

interface Abroad {
  readonly asn: number;
  readonly name: string;
  readonly country: string;
  /** Share of the foreign space, in sixteenths. */
  readonly share: number;
}

const ABROAD: readonly Abroad[] = [
  { asn: 65543, name: 'Blue Delta Hosting', country: 'NL', share: 3 },
  { asn: 65544, name: 'Prairie Wind Communications', country: 'US', share: 3 },
  { asn: 65545, name: 'Monsoon Broadband', country: 'IN', share: 2 },
  { asn: 65546, name: 'Lotus Pond Telecom', country: 'VN', share: 2 },
  { asn: 65547, name: 'Araucaria Net', country: 'BR', share: 2 },
  { asn: 65548, name: 'Spice Island Link', country: 'ID', share: 1 },
  { asn: 65549, name: 'Black Forest Cloud', country: 'DE', share: 1 },
  { asn: 65550, name: 'Maple Ridge Cable', country: 'CA', share: 1 },
  { asn: 64510, name: 'Southern Cross Mobile', country: 'AU', share: 1 },
];
/** Whom everybody visits, and who rents out servers: 245.0.0.0/15 in parts. */
const CONTENT: readonly { readonly first: number; readonly last: number; readonly asn: number; readonly name: string }[] = [
  { first: 0xf5000000, last: 0xf5001fff, asn: 64497, name: 'Glass Bridge Content' },
  { first: 0xf5002000, last: 0xf5003fff, asn: 64498, name: 'Common Time and Names' },
  { first: 0xf5004000, last: 0xf5004fff, asn: 64499, name: 'Porch Light Device Cloud' },
  { first: 0xf5005000, last: 0xf501ffff, asn: 65536, name: 'Many Rooms Hosting' },
];
const RESEARCH_ASN = 64506;
const FOREIGN_START = 0xf0000000; // 240.0.0.0/6
const SIXTEENTH = 0x0040_0000;

interface Row {
  readonly first: number | bigint;
  readonly last: number | bigint;
  readonly asn: number;
  readonly name: string;
  readonly country: string;
}

export interface NetworkTables {
  readonly asnIpv4: Uint8Array;
  readonly asnIpv6: Uint8Array;
  readonly countryIpv4: Uint8Array;
  readonly countryIpv6: Uint8Array;
}

/** CSV as ip-location-db writes it: first and last address as decimal numbers, then AS number and name, or country. */
export function networkTables(country: Country): NetworkTables {
  const ipv4 = [...domesticRows(country), ...foreignRows(), ...researchRows(), ...contentRows()].sort(
    (a, b) => Number(a.first) - Number(b.first),
  );
  const ipv6 = country.providers.map((provider, place) => ({
    ...rangeOf(providerIpv6(place)),
    asn: provider.asn,
    name: provider.name.en,
    country: 'JP',
  }));
  return { asnIpv4: asnCsv(ipv4), asnIpv6: asnCsv(ipv6), countryIpv4: countryCsv(ipv4), countryIpv6: countryCsv(ipv6) };
}

function domesticRows(country: Country): Row[] {
  const rows = country.providers.map((provider, place) => ({ ...provider, block: providerBlock(place) }));
  const wandering = rows.slice(0, 1).map((row) => ({ ...row, block: WANDERING_BLOCK }));
  return [...rows, ...wandering].map(({ asn, name, block }) => ({
    first: block.start,
    last: block.start + 2 ** (32 - block.length) - 1,
    asn,
    name: name.en,
    country: 'JP',
  }));
}

function foreignRows(): Row[] {
  let first = FOREIGN_START;
  return ABROAD.map(({ share, ...network }) => {
    const last = first + share * SIXTEENTH - 1;
    const row = { first, last, ...network };
    first = last + 1;
    return row;
  });
}

function researchRows(): Row[] {
  return RESEARCH_GROUPS.map((group, place) => ({
    first: researchAddress(place, 0) - 1,
    last: researchAddress(place, 0) + 0xfffe,
    asn: RESEARCH_ASN + place,
    name: group.name.en,
    country: place % 2 === 0 ? 'US' : 'FR',
  }));
}

const contentRows = (): Row[] => CONTENT.map((row) => ({ ...row, country: 'US' }));

const toNumber = (address: Uint8Array): bigint => BigInt(`0x${Buffer.from(address).toString('hex')}`);

function rangeOf(prefix: string): { first: bigint; last: bigint } {
  const parsed = parsePrefix(prefix);
  if (!parsed) throw new RangeError(`${prefix} is not a prefix`);
  return { first: toNumber(parsed.start), last: toNumber(parsed.end) };
}

const asnCsv = (rows: readonly Row[]): Uint8Array =>
  Buffer.from(rows.map((row) => `${row.first},${row.last},${row.asn},${row.name}\n`).join(''));
const countryCsv = (rows: readonly Row[]): Uint8Array =>
  Buffer.from(rows.map((row) => `${row.first},${row.last},${row.country}\n`).join(''));
