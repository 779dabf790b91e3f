/**
 * Whose resource it was at a time: a constituent's prefix, domain or AS number.
 *
 * The most specific fact wins, among those valid at the time asked about: a prefix
 * someone registered with us says more than the AS number it is announced from. Without
 * a constituent the answer still carries the network and country of the address, so that
 * the orphan queue shows where to look.
 *
 * Prefixes nest, and each may have had several holders over time. They are flattened into
 * disjoint ranges that point at the innermost prefix; from there the larger ones around it
 * are tried until one was held at that time. One lookup costs the same for ten
 * constituents and for ten thousand.
 */
import { compareAddresses, formatPrefix, type Prefix, parsePrefix } from '../domain/address.ts';
import type { Attribution, AttributionVia, Attributor, Constituent, NetworkFacts, Resource } from '../domain/constituent.ts';
import type { DictionaryColumn } from '../domain/telemetry-table.ts';
import { YaguraError } from '../engine/errors.ts';
import type { AddressTables } from './address-tables.ts';
import { findIpv4, findIpv6, findPoint, flattenPrefixes, type NestedRanges, type Point, parsePoint, toPoint } from './range-table.ts';

/**
 * How sure an attribution is, 0 to 100. A registered prefix and a registered domain were
 * checked when the constituent was taken on; what is left is a slip in the register. An AS
 * number also needs the address table to be right, and part of an AS may be let to others.
 */
export const ATTRIBUTION_CONFIDENCE = {
  'constituent-prefix': 95,
  'constituent-domain': 90,
  'constituent-asn': 70,
} as const satisfies Record<AttributionVia, number>;

/** The same for an AS number when the table is from another time than the one asked about: blocks change hands. */
export const STALE_TABLE_CONFIDENCE = 45;
const TABLE_HOLDS_DAYS = 366;

const DAY = 86_400_000;
const NO_NETWORK: NetworkFacts = { asn: null, asName: null, country: null, tableDate: null };

/** One constituent's claim to a resource. */
interface Holding {
  readonly constituentId: string;
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

/** The prefixes constituents hold, ready to be asked. */
interface PrefixRegister {
  readonly nested: NestedRanges;
  readonly prefixes: readonly Prefix[];
  readonly holdings: readonly (readonly Holding[])[]; // of each prefix, latest first
}

type HoldingsByValue = ReadonlyMap<string, readonly Holding[]>;

export function createAttributor(tables: AddressTables, constituents: readonly Constituent[]): Attributor {
  const prefixes = toPrefixRegister(holdingsOf(constituents, 'prefix'));
  const domains = holdingsOf(constituents, 'domain');
  const asns = holdingsOf(constituents, 'asn');
  const factsOf = createNetworkFacts(tables);
  const tableAt = Date.parse(tables.tableDate);

  const attributePoint = (point: Point, whole: Prefix | undefined, at: number): Attribution => {
    const network = factsOf(point);
    const byPrefix = findByPrefix(prefixes, point, whole, at);
    if (byPrefix) return toAttribution('constituent-prefix', byPrefix, at, network);
    const byAsn = network.asn === null ? undefined : validAt(asns.get(String(network.asn)), at);
    if (!byAsn) return toNobody(at, network);
    const isStale = Math.abs(tableAt - at) > TABLE_HOLDS_DAYS * DAY;
    return toAttribution('constituent-asn', byAsn, at, network, isStale ? STALE_TABLE_CONFIDENCE : undefined);
  };

  const attributeDomain = (domain: string, at: number): Attribution => {
    const holding = findByDomain(domains, domain, at);
    return holding ? toAttribution('constituent-domain', holding, at, NO_NETWORK) : toNobody(at, NO_NETWORK);
  };

  return {
    attribute({ kind, value }, at) {
      if (kind === 'net') {
        const prefix = parsePrefix(value);
        return prefix ? attributePoint(toPoint(prefix.start), prefix, at) : toNobody(at, NO_NETWORK);
      }
      const host = kind === 'ip' ? value : hostOf(kind, value);
      const point = parsePoint(host);
      if (point !== undefined) return attributePoint(point, undefined, at);
      return kind === 'ip' ? toNobody(at, NO_NETWORK) : attributeDomain(host, at);
    },
    network(text) {
      const point = parsePoint(text);
      return point === undefined ? NO_NETWORK : factsOf(point);
    },
    networkColumns: (sources, rows) => toNetworkColumns(tables, sources, rows),
  };
}

// ---- Registers

function holdingsOf(constituents: readonly Constituent[], kind: Resource['kind']): HoldingsByValue {
  const byValue = new Map<string, Holding[]>();
  for (const constituent of constituents) {
    for (const resource of constituent.resources.filter((one) => one.kind === kind)) {
      const value = canonical(resource);
      const holdings = byValue.get(value) ?? [];
      byValue.set(value, holdings);
      const { validFrom, validTo } = resource;
      holdings.push({ constituentId: constituent.id, value, from: validFrom ?? -Infinity, to: validTo ?? Infinity });
    }
  }
  for (const holdings of byValue.values()) holdings.sort((a, b) => b.from - a.from);
  return byValue;
}

function canonical({ kind, value }: Resource): string {
  if (kind !== 'prefix') return value.toLowerCase();
  return formatPrefix(toPrefix(value));
}

function toPrefix(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (!prefix) throw new YaguraError('config-invalid', `${text} is not a prefix; write it as 203.0.113.0/24.`);
  return prefix;
}

function toPrefixRegister(byValue: HoldingsByValue): PrefixRegister {
  const prefixes = [...byValue.keys()].map(toPrefix);
  return { nested: flattenPrefixes(prefixes), prefixes, holdings: [...byValue.values()] };
}

// ---- Questions

/** The innermost prefix around the point, or around a whole block, that somebody held at that time. */
function findByPrefix(register: PrefixRegister, point: Point, whole: Prefix | undefined, at: number): Holding | undefined {
  const { nested, prefixes, holdings } = register;
  for (let i = findPoint(nested.ranges, point) - 1; i >= 0; i = nested.parents[i] ?? -1) {
    const holding = !whole || isAround(prefixes[i], whole) ? validAt(holdings[i], at) : undefined;
    if (holding) return holding;
  }
  return undefined;
}

function isAround(outer: Prefix | undefined, inner: Prefix): boolean {
  return outer !== undefined && compareAddresses(inner.end, outer.end) <= 0;
}

/** The longest registered domain that is the name itself or an ending of it. */
function findByDomain(domains: HoldingsByValue, name: string, at: number): Holding | undefined {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  for (let i = 0; i < labels.length; i++) {
    const holding = validAt(domains.get(labels.slice(i).join('.')), at);
    if (holding) return holding;
  }
  return undefined;
}

function validAt(holdings: readonly Holding[] | undefined, at: number): Holding | undefined {
  if (holdings) for (const holding of holdings) if (holding.from <= at && at < holding.to) return holding;
  return undefined;
}

/** The host a name-like asset is about; for a URL that names an address, the address. */
function hostOf(kind: string, value: string): string {
  if (kind === 'url') return hostOfUrl(value);
  if (kind === 'email' || kind === 'account') return value.slice(value.lastIndexOf('@') + 1);
  return value;
}

function hostOfUrl(value: string): string {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  return url ? url.hostname.replace(/^\[|\]$/g, '') : '';
}

// ---- Answers

function toAttribution(via: AttributionVia, holding: Holding, asOf: number, network: NetworkFacts, confidence?: number): Attribution {
  const { constituentId, value } = holding;
  return { constituentId, via, resource: value, asOf, confidence: confidence ?? ATTRIBUTION_CONFIDENCE[via], network };
}

function toNobody(asOf: number, network: NetworkFacts): Attribution {
  return { constituentId: null, via: null, resource: null, asOf, confidence: 0, network };
}

/** The facts of a network are one shared object: many sources are in few networks, most networks in one country. */
function createNetworkFacts(tables: AddressTables): (point: Point) => NetworkFacts {
  const known = new Map<number, NetworkFacts[]>(); // by AS number, then by place of the country
  return (point) => {
    const asn = findPoint(tables.asn, point);
    const country = findPoint(tables.country, point);
    const ofAsn = known.get(asn) ?? [];
    const before = ofAsn[country];
    if (before) return before;
    const facts = toNetworkFacts(tables, asn, country);
    ofAsn[country] = facts;
    known.set(asn, ofAsn);
    return facts;
  };
}

function toNetworkFacts(tables: AddressTables, asn: number, country: number): NetworkFacts {
  const { countries, tableDate } = tables;
  return { asn: asn || null, asName: asn ? tables.asName(asn) : null, country: countries[country] || null, tableDate };
}

function toNetworkColumns(tables: AddressTables, sources: Uint8Array, rows: number): { asn: Uint32Array; country: DictionaryColumn } {
  const asn = new Uint32Array(rows);
  const codes = new Uint16Array(rows);
  for (let row = 0; row < rows; row++) {
    const at = row * 16;
    if (isIpv4At(sources, at)) {
      const address = readIpv4(sources, at + 12);
      asn[row] = findIpv4(tables.asn.ipv4, address);
      codes[row] = findIpv4(tables.country.ipv4, address);
    } else {
      asn[row] = findIpv6(tables.asn.ipv6, sources, at);
      codes[row] = findIpv6(tables.country.ipv6, sources, at);
    }
  }
  return { asn, country: { dictionary: tables.countries, codes } };
}

function isIpv4At(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 10] !== 0xff || bytes[at + 11] !== 0xff) return false;
  for (let i = at; i < at + 10; i++) if (bytes[i] !== 0) return false;
  return true;
}

function readIpv4(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}
