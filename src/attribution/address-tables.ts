/**
 * Which network and which country an address belongs to, from public tables.
 *
 * Two packages bring the tables as CSV text, 42 MB of it. Reading that takes seconds, so
 * it is done once per edition: the result is kept in the cache folder as one file of
 * typed arrays that is read back as it is. The cache is never trusted further than its
 * header: another format, edition or size means it is made again.
 *
 * A country is where the address block was registered, not where a machine stands; the
 * console says "estimated, from registry data" wherever it shows one.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Text } from '../domain/text.ts';
import { YaguraError } from '../engine/errors.ts';
import { Ipv4RangeBuilder, Ipv6RangeBuilder, type Ranges, toIpv4Ranges } from './range-table.ts';

/** The licences of the tables ask for these words wherever their results are shown. */
export const ADDRESS_TABLE_CREDITS: readonly Text[] = [
  {
    ja: 'アドレスとAS番号の対応表：RouteViews（routeviews.org）、DB-IP（https://db-ip.com）、NRO（nro.net）のデータをip-location-dbが統合したもの。CC BY 4.0。',
    en: 'Addresses to AS numbers: data of RouteViews (routeviews.org), DB-IP (https://db-ip.com) and NRO (nro.net), merged by ip-location-db. CC BY 4.0.',
  },
  {
    ja: 'アドレスと国の対応表：ip-location-dbのasn-country。CC0 1.0。',
    en: 'Addresses to countries: asn-country of ip-location-db. CC0 1.0.',
  },
];

export interface AddressTables {
  /** Day of the tables' edition, '2026-06-17'. */
  readonly tableDate: string;
  readonly asn: Ranges; // values are AS numbers
  readonly country: Ranges; // values are places in `countries`
  readonly countries: readonly string[]; // ISO 3166-1 alpha-2; the first is '' for unknown
  asName(asn: number): string | null;
}

/** The CSV texts as the packages bring them: first and last address as decimal numbers, then AS number and name, or country. */
export interface AddressTableSources {
  readonly asnIpv4: Uint8Array;
  readonly asnIpv6: Uint8Array;
  readonly countryIpv4: Uint8Array;
  readonly countryIpv6: Uint8Array;
}

/** Everything an AddressTables is made of, flat: this is what the cache keeps. */
interface PackedTables {
  readonly asn: Ranges;
  readonly country: Ranges;
  readonly countries: readonly string[];
  readonly named: Uint32Array; // AS numbers that have a name, ascending
  readonly nameOffsets: Uint32Array; // one more than `named`
  readonly names: Uint8Array; // UTF-8, end to end
}

/** The tables of the installed packages; `cacheFolder` is made when missing. */
export function loadAddressTables(cacheFolder: string): AddressTables {
  const asn = findPackage('@ip-location-db/asn');
  const country = findPackage('@ip-location-db/asn-country');
  const editions = [...new Set([asn.version, country.version])].join('-');
  const cachePath = join(cacheFolder, `address-tables-${editions}`);
  const cached = readCache(cachePath);
  if (cached) return toAddressTables(cached, toTableDate(asn.version));
  const packed = packTables({
    asnIpv4: readTable(asn.folder, 'asn-ipv4-num.csv'),
    asnIpv6: readTable(asn.folder, 'asn-ipv6-num.csv'),
    countryIpv4: readTable(country.folder, 'asn-country-ipv4-num.csv'),
    countryIpv6: readTable(country.folder, 'asn-country-ipv6-num.csv'),
  });
  writeCache(cachePath, packed);
  return toAddressTables(packed, toTableDate(asn.version));
}

/** Tables from CSV bytes, without package or cache. */
export function parseAddressTables(sources: AddressTableSources, tableDate: string): AddressTables {
  return toAddressTables(packTables(sources), tableDate);
}

function toAddressTables(packed: PackedTables, tableDate: string): AddressTables {
  const { asn, country, countries } = packed;
  return { tableDate, asn, country, countries, asName: (number) => readName(packed, number) };
}

function readName({ named, nameOffsets, names }: PackedTables, asn: number): string | null {
  let low = 0;
  let high = named.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((named[middle] ?? 0) < asn) low = middle + 1;
    else high = middle;
  }
  if (named[low] !== asn) return null;
  return Buffer.from(names.buffer, names.byteOffset, names.length).toString('utf8', nameOffsets[low], nameOffsets[low + 1]);
}

/** '2.3.2026061719' → '2026-06-17': the packages carry their day in the patch number. */
export function toTableDate(version: string): string {
  const match = /\.(\d{4})(\d{2})(\d{2})\d*$/.exec(version);
  if (!match) throw new YaguraError('config-invalid', `The address tables have the version ${version}, which names no day.`);
  return `${match[1]}-${match[2]}-${match[3]}`;
}

function findPackage(name: string): { folder: string; version: string } {
  try {
    const path = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
    return { folder: dirname(path), version };
  } catch (cause) {
    throw new YaguraError('config-invalid', `The address tables are missing: install the package ${name}.`, { cause });
  }
}

function readTable(folder: string, file: string): Uint8Array {
  try {
    return readFileSync(join(folder, file));
  } catch (cause) {
    throw new YaguraError('input-unreadable', 'The address table cannot be read; install its package again.', { file, cause });
  }
}

// ---- CSV to tables

function packTables(sources: AddressTableSources): PackedTables {
  const nameOf = new Map<number, string>();
  const countryCode = new Map<string, number>([['', 0]]);
  const toAsn = (rest: string): number => {
    const comma = rest.indexOf(',');
    const asn = Number(comma < 0 ? rest : rest.slice(0, comma));
    if (comma >= 0 && !nameOf.has(asn)) nameOf.set(asn, unquote(rest.slice(comma + 1)));
    return asn;
  };
  const toCountry = (rest: string): number => {
    const known = countryCode.get(rest);
    if (known !== undefined) return known;
    const code = countryCode.size;
    countryCode.set(rest, code);
    return code;
  };
  const asn = { ipv4: packIpv4(sources.asnIpv4, toAsn), ipv6: packIpv6(sources.asnIpv6, toAsn) };
  const country = { ipv4: packIpv4(sources.countryIpv4, toCountry), ipv6: packIpv6(sources.countryIpv6, toCountry) };
  return { asn, country, countries: [...countryCode.keys()], ...packNames(nameOf) };
}

function packIpv4(csv: Uint8Array, toValue: (rest: string) => number) {
  const ranges = new Ipv4RangeBuilder();
  eachRow(csv, (start, end, rest) => ranges.add(Number(start), Number(end), toValue(rest)));
  return ranges.finish();
}

function packIpv6(csv: Uint8Array, toValue: (rest: string) => number) {
  const ranges = new Ipv6RangeBuilder();
  eachRow(csv, (start, end, rest) => ranges.add(BigInt(start), BigInt(end), toValue(rest)));
  return ranges.finish();
}

const NEWLINE = 10;
const COMMA = 44;

/** Only the last field may be quoted, so the first two commas of a line are borders. */
function eachRow(csv: Uint8Array, take: (start: string, end: string, rest: string) => void): void {
  const bytes = Buffer.from(csv.buffer, csv.byteOffset, csv.length);
  for (let line = 0; line < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, line);
    const end = newline < 0 ? bytes.length : newline;
    const first = bytes.indexOf(COMMA, line);
    const second = bytes.indexOf(COMMA, first + 1);
    if (first > line && second > first && second < end) {
      take(
        bytes.toString('latin1', line, first),
        bytes.toString('latin1', first + 1, second),
        bytes.toString('utf8', second + 1, end).trimEnd(),
      );
    }
    line = end + 1;
  }
}

function unquote(field: string): string {
  return field.startsWith('"') && field.endsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
}

function packNames(nameOf: ReadonlyMap<number, string>): Pick<PackedTables, 'named' | 'nameOffsets' | 'names'> {
  const named = Uint32Array.from(nameOf.keys()).sort();
  const texts = Array.from(named, (asn) => Buffer.from(nameOf.get(asn) ?? ''));
  const nameOffsets = new Uint32Array(named.length + 1);
  texts.forEach((text, i) => {
    nameOffsets[i + 1] = (nameOffsets[i] ?? 0) + text.length;
  });
  return { named, nameOffsets, names: Buffer.concat(texts) };
}

// ---- The cache file: a line of JSON that says how long each array is, then the arrays

const FORMAT = 'yagura address tables 1';

interface CacheHeader {
  readonly format: string;
  readonly countries: readonly string[];
  readonly lengths: readonly number[]; // bytes of each array, in the order of `toSections`
}

function toSections(packed: PackedTables): Uint8Array[] {
  const { asn, country, named, nameOffsets, names } = packed;
  const arrays = [asn.ipv4, asn.ipv6, country.ipv4, country.ipv6].flatMap(({ starts, values }) => [starts, values]);
  return [...arrays, named, nameOffsets, names].map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
}

function writeCache(path: string, packed: PackedTables): void {
  const sections = toSections(packed);
  const header: CacheHeader = { format: FORMAT, countries: packed.countries, lengths: sections.map((section) => section.length) };
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'w');
    try {
      for (const part of [padded(JSON.stringify(header)), ...sections]) writeWhole(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (cause) {
    throw new YaguraError('config-invalid', 'The cache of the address tables cannot be written; make its folder writable.', {
      file: path,
      cause,
    });
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** Padded to a multiple of four, newline last, so that the arrays after it are aligned. */
function padded(header: string): Buffer {
  const length = Math.ceil((Buffer.byteLength(header) + 1) / 4) * 4;
  const bytes = Buffer.alloc(length, ' ');
  bytes.write(header);
  bytes[length - 1] = NEWLINE;
  return bytes;
}

function readCache(path: string): PackedTables | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  const body = bytes.indexOf(NEWLINE) + 1;
  const header = parseHeader(bytes.toString('utf8', 0, body));
  if (!header || body + header.lengths.reduce((sum, length) => sum + length, 0) !== bytes.length) return undefined;
  return fromSections(header, cut(bytes, body, header.lengths));
}

function parseHeader(line: string): CacheHeader | undefined {
  try {
    const header = JSON.parse(line) as CacheHeader;
    return header.format === FORMAT ? header : undefined;
  } catch {
    return undefined;
  }
}

function cut(bytes: Buffer, body: number, lengths: readonly number[]): Uint8Array[] {
  let at = body;
  return lengths.map((length) => {
    const section = bytes.subarray(at, at + length);
    at += length;
    return section;
  });
}

function fromSections({ countries }: CacheHeader, sections: readonly Uint8Array[]): PackedTables {
  const words = (place: number): Uint32Array => {
    const section = sections[place] ?? new Uint8Array();
    return new Uint32Array(section.buffer, section.byteOffset, section.length / 4);
  };
  const ranges = (place: number): Ranges => ({
    ipv4: toIpv4Ranges(words(place), words(place + 1)),
    ipv6: { starts: words(place + 2), values: words(place + 3) },
  });
  return {
    asn: ranges(0),
    country: ranges(4),
    countries,
    named: words(8),
    nameOffsets: words(9),
    names: sections[10] ?? new Uint8Array(),
  };
}
