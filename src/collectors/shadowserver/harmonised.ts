/**
 * The fields of IntelMQ's harmonised event and what each accepts.
 *
 * Facts of the published harmonisation, no code of it. A value is brought into its usual
 * form or refused; fields that are not in this table do not exist and their values go
 * under extra.
 */
import { toAddressText, toDomainText, toNetworkText } from './conversions.ts';
import { formatMoment, parseMoment } from './time.ts';

type Value = string | number | boolean;
/** The value in its usual form, or undefined when the field cannot hold it. */
type Accept = (value: Value) => Value | undefined;

const PRINTABLE = /^[ -~]+$/;
const TRANSPORTS =
  /^(?:ip|icmp|igmp|ggp|ipencap|st2|tcp|cbt|egp|igp|bbn-rcc|nvp(?:-ii)?|pup|argus|emcon|xnet|chaos|udp|mux|dcn|hmp|prm|xns-idp|trunk-1|trunk-2|leaf-1|leaf-2|rdp|irtp|iso-tp4|netblt|mfe-nsp|merit-inp|sep|3pc|idpr|xtp|ddp|idpr-cmtp|tp\+\+|il|ipv6|sdrp|ipv6-route|ipv6-frag|idrp|rsvp|gre|mhrp|bna|esp|ah|i-nlsp|swipe|narp|mobile|tlsp|skip|ipv6-icmp|ipv6-nonxt|ipv6-opts|cftp|sat-expak|kryptolan|rvd|ippc|sat-mon|visa|ipcv|cpnx|cphb|wsn|pvp|br-sat-mon|sun-nd|wb-mon|wb-expak|iso-ip|vmtp|secure-vmtp|vines|ttp|nsfnet-igp|dgp|tcf|eigrp|ospf|sprite-rpc|larp|mtp|ax\.25|ipip|micp|scc-sp|etherip|encap|gmtp|ifmp|pnni|pim|aris|scps|qnx|a\/n|ipcomp|snp|compaq-peer|ipx-in-ip|vrrp|pgm|l2tp|ddx|iatp|st|srp|uti|smp|sm|ptp|isis|fire|crtp|crdup|sscopmce|iplt|sps|pipe|sctp|fc|divert)$/;

const text: Accept = (value) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);
const lower: Accept = (value) => (typeof value === 'string' ? text(value.toLowerCase()) : undefined);
const upper: Accept = (value) => (typeof value === 'string' ? text(value.toUpperCase()) : undefined);
const matching =
  (accept: Accept, pattern: RegExp, longest = Number.POSITIVE_INFINITY): Accept =>
  (value) => {
    const usual = accept(value);
    return usual !== undefined && String(usual).length <= longest && pattern.test(String(usual)) ? usual : undefined;
  };

const integer: Accept = (value) =>
  typeof value === 'number' || /^\s*[+-]?\d+\s*$/.test(String(value)) ? Math.trunc(Number(value)) : undefined;
const decimal: Accept = (value) => (value === '' || Number.isNaN(Number(value)) ? undefined : Number(value));
const port: Accept = matching(integer, /^-?\d+$/, 5);
const asn: Accept = (value) => {
  const number = integer(typeof value === 'string' ? value.replace(/^as/i, '') : value);
  return typeof number === 'number' && number > 0 && number <= 4_294_967_295 ? number : undefined;
};
const yesNo: Accept = (value) => {
  if (typeof value === 'boolean') return value;
  return ({ true: true, false: false, 1: true, 0: false } as Record<string, boolean>)[String(value).trim().toLowerCase()];
};
const time: Accept = (value) => {
  const moment = parseMoment(String(value));
  return moment && formatMoment(moment);
};
const address: Accept = (value) => toAddressText(String(value));
const network: Accept = (value) =>
  toNetworkText(String(value).includes('/') ? String(value) : `${value}/${String(value).includes(':') ? 128 : 32}`);
const domain: Accept = (value) => (typeof value === 'string' ? toDomainText(value) : undefined);
const url: Accept = (value) => {
  const usual = String(value)
    .trim()
    .replaceAll('hxxp://', 'http://')
    .replaceAll('hxxps://', 'https://')
    .replace(/^file:\/\/(?=\/)/i, 'file://localhost');
  return /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/?#]/i.test(usual) ? usual : undefined;
};
const country = matching(upper, /^[a-zA-Z0-9]{2}$/, 2);
const registry: Accept = (value) => {
  const usual = String(upper(value)).replace(/^RIPE-?NCC$/, 'RIPE');
  return ['AFRINIC', 'APNIC', 'ARIN', 'LACNIC', 'RIPE'].includes(usual) ? usual : undefined;
};
const digest = matching(text, PRINTABLE, 200);

const SIDE: Readonly<Record<string, Accept>> = {
  abuse_contact: lower,
  account: text,
  allocated: time,
  as_name: text,
  asn,
  domain_suffix: domain,
  fqdn: domain,
  'geolocation.cc': country,
  'geolocation.city': text,
  'geolocation.country': text,
  'geolocation.cymru_cc': country,
  'geolocation.geoip_cc': country,
  'geolocation.latitude': decimal,
  'geolocation.longitude': decimal,
  'geolocation.region': text,
  'geolocation.state': text,
  ip: address,
  local_hostname: text,
  local_ip: address,
  network,
  port,
  registry,
  reverse_dns: domain,
  tor_node: yesNo,
  url,
  urlpath: text,
};

const FIELDS: ReadonlyMap<string, Accept> = new Map([
  ...Object.entries(SIDE).map(([name, accept]): [string, Accept] => [`source.${name}`, accept]),
  ...Object.entries(SIDE).map(([name, accept]): [string, Accept] => [`destination.${name}`, accept]),
  ['classification.identifier', text],
  ['classification.taxonomy', matching(lower, /./, 100)],
  ['classification.type', lower],
  ['comment', text],
  ['event_description.target', text],
  ['event_description.text', text],
  ['event_description.url', url],
  ['feed.documentation', text],
  ['feed.name', text],
  ['malware.hash.md5', digest],
  ['malware.hash.sha1', digest],
  ['malware.hash.sha256', digest],
  ['malware.name', matching(lower, PRINTABLE)],
  ['malware.version', matching(text, PRINTABLE)],
  ['protocol.application', matching(lower, PRINTABLE, 100)],
  ['protocol.transport', matching(lower, TRANSPORTS, 11)],
  ['screenshot_url', url],
  ['status', text],
  ['time.observation', time],
  ['time.source', time],
]);

export const isHarmonised = (field: string): boolean => FIELDS.has(field);

/** The usual form of a value for a field of the table, or undefined when it is refused. */
export const harmonise = (field: string, value: Value): Value | undefined => FIELDS.get(field)?.(value);
