/**
 * From a cell's text to a value: one small function per conversion of the fact table.
 *
 * The names are ours; the behaviour is that of the functions the published schema names,
 * quirks included, because the IntelMQ events made here are compared field by field with
 * IntelMQ's own.
 */
import { domainToASCII } from 'node:url';
import { formatAddress, formatPrefix, parseAddress, parseIpv4Number, parsePrefix } from '../../domain/address.ts';
import { formatMoment, parseMoment } from './time.ts';

/** Nothing to say: the field stays away. */
export const NOTHING = Symbol('nothing');
/** The text does not fit the field: it is kept under extra as it came. */
export const UNFIT = Symbol('unfit');
export type Converted = string | number | boolean | typeof NOTHING | typeof UNFIT;

/** The rest of the row, for the few conversions that look beyond their own cell. */
export interface RowView {
  readonly cells: Readonly<Record<string, string>>;
  readonly receivedAt: number; // Unix ms
}

type Convert = (text: string, row: RowView) => Converted;

const INTEGER = /^\s*[+-]?\d+(?:_\d+)*\s*$/;
const DECIMAL = /^\s*[+-]?(?:\d+(?:_\d+)*\.?(?:\d+)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const YES = new Set(['y', 'yes', 'true', 'enabled', '1']);
const NO = new Set(['n', 'no', 'false', 'disabled', '0']);
const WEBSHELL = 'exchange;webshell';

const plainNumber = (text: string): number => Number(text.replaceAll('_', ''));
const isText = (text: string): boolean => text !== '' && text !== '0' && text !== 'unknown';

const CONVERT = {
  verbatim: (text) => text,
  text: (text) => (isText(text) ? text : NOTHING),
  integer: (text) => (text === '' ? NOTHING : INTEGER.test(text) ? plainNumber(text) : UNFIT),
  'non-zero': (text) => (text === '' ? NOTHING : INTEGER.test(text) ? plainNumber(text) || NOTHING : UNFIT),
  decimal: (text) => (text === '' ? NOTHING : DECIMAL.test(text) ? plainNumber(text) : UNFIT),
  'yes-no': (text) => (YES.has(text.toLowerCase()) ? true : NO.has(text.toLowerCase()) ? false : NOTHING),
  address: (text) => (!text.includes('/') && toAddressText(text) !== undefined ? text : NOTHING),
  network: (text) => (text.includes('/') && toNetworkText(text) !== undefined ? text : NOTHING),
  domain: (text) => (toDomainText(text) === undefined ? NOTHING : text),
  'utc-time': (text) => `${text} UTC`,
  date: (text) => toDateText(text),
  // The schema's own reader takes an empty time of day for today's midnight; so does this one.
  'utc-date': (text, row) =>
    text === '' ? formatMoment({ ms: row.receivedAt - (row.receivedAt % 86_400_000), fraction: '' }) : toDateText(text),
  'full-url': toFullUrl,
  'category-or-detail': (text, row) => [text, row.cells['detail'] ?? ''].find(isText) ?? NOTHING,
  base64: (text) => (text === '' ? NOTHING : isBase64(text) ? text : Buffer.from(text, 'utf8').toString('base64')),
  'cve-list': toCveList,
  'exchange-taxonomy': (text) => (text === WEBSHELL ? 'intrusions' : 'vulnerable'),
  'exchange-type': (text) => (text === WEBSHELL ? 'system-compromise' : 'vulnerable-system'),
  'exchange-identifier': (text) => (text === WEBSHELL ? 'exchange-server-webshell' : 'vulnerable-exchange-server'),
} satisfies Record<string, Convert>;

export type Conversion = keyof typeof CONVERT;
export const CONVERSIONS = Object.keys(CONVERT) as readonly Conversion[];
export const isConversion = (name: string): name is Conversion => Object.hasOwn(CONVERT, name);

/** Conversions to which an empty cell says something; their columns keep empty cells. */
export const SPEAKS_WHEN_EMPTY: ReadonlySet<Conversion> = new Set<Conversion>([
  'utc-date',
  'category-or-detail',
  'exchange-taxonomy',
  'exchange-type',
  'exchange-identifier',
]);

export const convert = (conversion: Conversion, text: string, row: RowView): Converted => CONVERT[conversion](text, row);

function toDateText(text: string): Converted {
  const moment = parseMoment(text);
  return moment ? formatMoment(moment) : NOTHING;
}

/** Reports split an address of the web into host and path, or give the whole request line. */
function toFullUrl(text: string, { cells }: RowView): string {
  const host = cells['cc_dns'] ?? cells['http_host'] ?? '';
  const request = cells['url'] ?? cells['http_url'] ?? '';
  if (host === '' || request === '') return text;
  const path = request.replace(/^[^/]*/, '').replace(/\s.*$/, '');
  const scheme = cells['application'] === 'https' ? 'https' : 'http';
  return `${scheme}://${host}${path}`;
}

function toCveList(tag: string): Converted {
  const ids = new Set(tag.split(';').filter((part) => /^cve-\d+-\d+$/.test(part)));
  return ids.size === 0 ? NOTHING : [...ids].sort().join(';');
}

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);

/** The usual spelling of an address, or undefined. 0.0.0.0 stands for "none" in these reports. */
export function toAddressText(text: string): string | undefined {
  const address = parseAddress(text.trim().replace(/%.*$/, ''));
  const usual = address && formatAddress(address);
  return usual === '0.0.0.0' ? undefined : usual;
}

/** The usual spelling of a network; bits beyond its length are cleared, as reports leave them set. */
export function toNetworkText(text: string): string | undefined {
  const [host = '', bits = ''] = text.trim().split('/');
  const address = parseAddress(host);
  const isIpv4 = parseIpv4Number(host) !== undefined;
  if (!address || !/^\d{1,3}$/.test(bits) || Number(bits) > (isIpv4 ? 32 : 128)) return undefined;
  const length = Number(bits) + (isIpv4 ? 96 : 0);
  const start = address.map((byte, i) => byte & (0xff << Math.max(0, Math.min(8, 8 - (length - 8 * i)))));
  const prefix = parsePrefix(`${formatAddress(start)}/${Number(bits)}`);
  return prefix && formatPrefix(prefix);
}

/** A domain in lower case and ASCII, or undefined for addresses, parts of URLs and impossible labels. */
export function toDomainText(text: string): string | undefined {
  const trimmed = text.trim().replace(/^\.+|\.+$/g, '');
  if (trimmed === '' || /[:/?#]/.test(trimmed)) return undefined;
  const ascii = /^[\x20-\x7e]+$/.test(trimmed) ? trimmed.toLowerCase() : domainToASCII(trimmed);
  const hasGoodLabels = ascii.split('.').every((label) => label.length > 0 && label.length < 64);
  return hasGoodLabels && parseAddress(ascii) === undefined ? ascii : undefined;
}
