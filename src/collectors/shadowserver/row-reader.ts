/**
 * Reads one row by the facts of its report: when, about which resource, and the judgement
 * that comes with it.
 *
 * Everything that depends only on the header is worked out once per file, because reports
 * have millions of rows. The side matters: most reports are about the source, one about
 * the target; where the source opened the connection its port is a source port, which
 * providers behind shared addresses need, and not a service.
 */
import { hash } from 'node:crypto';
import { type Address, formatAddress, parseAddress } from '../../domain/address.ts';
import {
  type Asset,
  type AssetKind,
  type DetectedFinding,
  type FindingKind,
  fingerprintText,
  SEVERITIES,
  type Severity,
  type Transport,
} from '../../domain/finding.ts';
import type { Reason } from '../../domain/reason.ts';
import type { Text } from '../../domain/text.ts';
import { explain } from './because.ts';
import { convert, toDomainText, toNetworkText } from './conversions.ts';
import { type ReportFacts, speaksWhenEmpty } from './facts.ts';
import { aboutValue } from './reasons.ts';
import { parseRecordTime } from './time.ts';

/** Raised when the judgement of the same row would come out differently. */
const RULE_VERSION = 1;

/**
 * How sure a finding of a kind is, 0..100. A survey asked the resource itself (90 and
 * more); a sinkhole or honeypot saw the traffic (80 to 90); lists of others and kinds that
 * say little stand lower. Fixed numbers: the reports carry none of their own.
 */
const CONFIDENCE: Readonly<Record<FindingKind, number>> = {
  'infected-host': 90,
  'telnet-scanner': 85,
  scanner: 85,
  'brute-force': 85,
  'dos-victim': 80,
  'dos-participant': 80,
  amplifier: 95,
  'exposed-service': 95,
  'vulnerable-service': 90,
  'weak-encryption': 95,
  'compromised-host': 80,
  'compromised-account': 70,
  'command-and-control': 80,
  'malware-distribution': 80,
  phishing: 75,
  spam: 70,
  blocklisted: 50,
  'identified-device': 80,
  other: 50,
};

/** Columns that help an analyst judge; the rest stays with the stored record. */
const TELLING_COLUMNS = `
  tag infection family application version service detail status category reason source
  device_vendor device_type device_model device_version hostname src_hostname asn src_asn geo src_geo
  dst_ip dst_port http_host http_url url domain attack duration count amplification response_size
  vulnerability_id vulnerability_severity banner server servername subject_common_name cert_expiration_date
  cipher_suite handshake entity_name ransomware public_source beacon_host network`
  .trim()
  .split(/\s+/);
const LONGEST_FACT = 256;
const MOST_SENTENCES = 10_000;

/** Where the asset may be found, in this order, when the row has no address. */
const OTHER_ASSETS: readonly (readonly [AssetKind, readonly string[]])[] = [
  ['url', ['url', 'http_url']],
  ['fqdn', ['http_host', 'host', 'domain', 'website', 'request', 'query']],
  ['email', ['email', 'username']],
  ['account', ['account', 'username']],
];

export interface ReadRow {
  readonly observedAt: number; // Unix ms
  readonly asset: Asset | undefined;
  readonly source: Address | undefined;
  readonly port: number;
  readonly identifier: string;
  readonly kind: FindingKind;
  readonly attributes: string; // JSON
  readonly finding: DetectedFinding | undefined;
  readonly hasBadAddress: boolean;
}

export interface RowReaderParts {
  readonly tenant: string;
  readonly provider: string;
  readonly receivedAt: number; // Unix ms
}

type Judged = Pick<DetectedFinding, 'kind' | 'classification' | 'identifier'>;
type Columns = ReturnType<typeof locateColumns>;
type Cells = readonly string[];

/** Which cells carry what; -1 for none. */
function locateColumns(facts: ReportFacts, header: readonly string[]) {
  const mappedTo = (field: string): number =>
    header.findIndex((name) => facts.columns.get(name)?.some((rule) => rule.field === field && rule.conversion !== 'network'));
  const address = mappedTo(`${facts.side}.ip`);
  const mappedPort = mappedTo(`${facts.side}.port`);
  const portBesideAddress = header.indexOf((header[address] ?? '').replace(/ip$/, 'port'));
  const port = mappedPort >= 0 || address < 0 ? mappedPort : portBesideAddress;
  return {
    time: header.indexOf('timestamp'),
    address,
    port,
    isSourcePort: /^src_port$/.test(header[port] ?? '') && facts.role === 'source',
    transport: facts.side === 'source' ? mappedTo('protocol.transport') : -1,
    severity: header.indexOf('severity'),
    tag: header.indexOf('tag'),
    named: [mappedTo('classification.identifier'), mappedTo('malware.name'), header.indexOf('family'), header.indexOf('tag')].filter(
      (i) => i >= 0,
    ),
    subject: subjectColumns(facts.kind, header),
    network: header.findIndex((name) => facts.columns.get(name)?.some((rule) => rule.field === 'source.network')),
    others: OTHER_ASSETS.map(([kind, names]) => [kind, names.map((name) => header.indexOf(name)).filter((i) => i >= 0)] as const),
    telling: TELLING_COLUMNS.map((name) => [name, header.indexOf(name)] as const).filter(([, i]) => i >= 0),
    keys: header.map((name) => `${JSON.stringify(name)}:`),
    keepsEmpty: header.map((name) => speaksWhenEmpty(facts, name)),
  };
}

function subjectColumns(kind: FindingKind, header: readonly string[]): number[] {
  const names: Partial<Record<FindingKind, string[]>> = {
    'infected-host': ['infection', 'family', 'tag'],
    'compromised-host': ['family', 'infection', 'ransomware', 'tag'],
    'brute-force': ['service', 'application'],
    'identified-device': ['device_model', 'device_vendor', 'device_type'],
    blocklisted: ['source', 'reason'],
  };
  return (names[kind] ?? []).map((name) => header.indexOf(name)).filter((i) => i >= 0);
}

export class RowReader {
  readonly #facts: ReportFacts;
  readonly #parts: RowReaderParts;
  readonly #columns: Columns;
  readonly #constantTransport: Transport | null;
  readonly #classification: { taxonomy: string; type: string };
  readonly #rule: DetectedFinding['evidence']['rule'];
  readonly #origin: DetectedFinding['origin'];
  readonly #isExchange: boolean;
  readonly #sentences = new Map<string, Text>();

  constructor(facts: ReportFacts, header: readonly string[], parts: RowReaderParts) {
    const { constants } = facts;
    this.#facts = facts;
    this.#parts = parts;
    this.#columns = locateColumns(facts, header);
    this.#constantTransport = toTransport(constants['protocol.transport']);
    this.#classification = {
      taxonomy: constants['classification.taxonomy'] ?? 'other',
      type: constants['classification.type'] ?? 'undetermined',
    };
    this.#rule = { id: 'shadowserver', version: RULE_VERSION, parameters: { report: facts.id } };
    this.#origin = { module: 'shadowserver', feed: 'shadowserver', report: facts.id };
    this.#isExchange = facts.columns.get('tag')?.some((rule) => rule.conversion === 'exchange-type') ?? false;
  }

  /** The row, or why it cannot be used. */
  read(cells: Cells): ReadRow | Reason {
    const columns = this.#columns;
    const time = cells[columns.time] ?? '';
    const observedAt = parseRecordTime(time);
    if (observedAt === undefined) return aboutValue('time-unreadable', time);
    if (observedAt < 0 || observedAt >= 2 ** 32 * 1000) return aboutValue('time-out-of-range', time);
    const port = toPort(cells[columns.port] ?? '');
    if (port === undefined) return aboutValue('port-unreadable', cells[columns.port] ?? '');
    const addressText = (cells[columns.address] ?? '').trim();
    const source = toSource(addressText);
    const asset: Asset | undefined = source ? { kind: 'ip', value: usualText(addressText, source) } : this.#otherAsset(cells, addressText);
    const judged = this.#classify(cells);
    const finding = asset && this.#findingOf(cells, { ...judged, asset, port, observedAt });
    return {
      observedAt,
      asset,
      source,
      port: columns.isSourcePort ? 0 : (port ?? 0),
      identifier: judged.identifier,
      kind: judged.kind,
      attributes: this.#attributesOf(cells),
      finding,
      hasBadAddress: !asset && isStated(addressText),
    };
  }

  #otherAsset(cells: Cells, addressText: string): Asset | undefined {
    const columns = this.#columns;
    const network = toNetworkText(cells[columns.network] ?? '');
    if (network !== undefined) return { kind: 'net', value: network };
    // A damaged address is not replaced by something else: the record would speak about another resource.
    if (isStated(addressText)) return undefined;
    for (const [kind, places] of columns.others) {
      for (const place of places) {
        const value = toAssetText(kind, (cells[place] ?? '').trim());
        if (value !== undefined) return { kind, value };
      }
    }
    return undefined;
  }

  #findingOf(cells: Cells, seen: Judged & { asset: Asset; port: number | null; observedAt: number }): DetectedFinding {
    const { kind, identifier, classification, asset, observedAt } = seen;
    const { isSourcePort } = this.#columns;
    const port = isSourcePort ? null : seen.port;
    const transport = toTransport(cells[this.#columns.transport]) ?? this.#constantTransport;
    const { tenant } = this.#parts;
    return {
      tenant,
      kind,
      identifier,
      asset,
      port,
      transport,
      fingerprint: hash('sha256', fingerprintText({ tenant, kind, identifier, asset, port, transport }), 'buffer'),
      role: this.#facts.role,
      classification,
      severity: toSeverity(cells[this.#columns.severity]) ?? this.#facts.severity,
      confidence: CONFIDENCE[kind],
      firstSeenAt: observedAt,
      lastSeenAt: observedAt,
      count: 1,
      sourcePort: isSourcePort ? seen.port : null,
      because: this.#explain(kind, port, transport, this.#subjectOf(cells)),
      evidence: { rule: this.#rule, facts: this.#factsOf(cells), sensors: NO_SENSORS },
      origin: this.#origin,
      bucket: null,
    };
  }

  /** One sentence object for all rows that say the same: the store keeps it once. */
  #explain(kind: FindingKind, port: number | null, transport: Transport | null, subject: string): Text {
    const key = `${kind}/${port}/${transport}/${subject}`;
    const before = this.#sentences.get(key);
    if (before) return before;
    if (this.#sentences.size === MOST_SENTENCES) this.#sentences.clear();
    const { label: service, feed: report } = this.#facts;
    const sentence = explain(kind, { port, transport, service, subject, provider: this.#parts.provider, report });
    this.#sentences.set(key, sentence);
    return sentence;
  }

  /** Most reports say one thing only; the Exchange report tells intrusions from weaknesses by its tag. */
  #classify(cells: Cells): Judged {
    const { kind, constants } = this.#facts;
    if (!this.#isExchange) {
      return { kind, classification: this.#classification, identifier: constants['classification.identifier'] ?? this.#nameOf(cells) };
    }
    const tag = cells[this.#columns.tag] ?? '';
    const row = { cells: {}, receivedAt: this.#parts.receivedAt };
    const type = String(convert('exchange-type', tag, row));
    return {
      kind: type === 'system-compromise' ? 'compromised-host' : kind,
      classification: { taxonomy: String(convert('exchange-taxonomy', tag, row)), type },
      identifier: String(convert('exchange-identifier', tag, row)),
    };
  }

  #nameOf(cells: Cells): string {
    for (const i of this.#columns.named) {
      const name = toSlug((cells[i] ?? '').split(/[;,]/)[0] ?? '');
      if (name !== '') return name;
    }
    return toSlug(this.#facts.id);
  }

  #subjectOf(cells: Cells): string {
    for (const i of this.#columns.subject) {
      const text = (cells[i] ?? '').split(';')[0]?.trim() ?? '';
      if (text !== '') return text.slice(0, 60);
    }
    return '';
  }

  #factsOf(cells: Cells): Record<string, string> {
    const facts: Record<string, string> = {};
    for (const [name, i] of this.#columns.telling) {
      const text = cells[i];
      if (text) facts[name] = text.length > LONGEST_FACT ? `${text.slice(0, LONGEST_FACT)}…` : text;
    }
    return facts;
  }

  #attributesOf(cells: Cells): string {
    const { keys, keepsEmpty } = this.#columns;
    let json = '';
    for (let i = 0; i < keys.length; i++) {
      const text = cells[i];
      if (text === undefined || (text === '' && !keepsEmpty[i])) continue;
      json += `${json === '' ? '{' : ','}${keys[i]}${JSON.stringify(text)}`;
    }
    return json === '' ? '{}' : `${json}}`;
  }
}

const NO_SENSORS: readonly string[] = [];

/** 0.0.0.0 stands for "none" in these reports. */
const isStated = (address: string): boolean => address !== '' && address !== '0.0.0.0';
const toSource = (text: string): Address | undefined => (isStated(text) ? parseAddress(text) : undefined);
/** A dotted quad that could be parsed is already in its usual form. */
const usualText = (text: string, address: Address): string => (text.includes(':') ? formatAddress(address) : text);

/** Null when there is none; undefined when it is damaged. */
function toPort(text: string): number | null | undefined {
  if (text === '') return null;
  const port = Number(text);
  return /^\s*\d+\s*$/.test(text) && port <= 65_535 ? port : undefined;
}

const TRANSPORTS: Readonly<Record<string, Transport>> = { tcp: 'tcp', udp: 'udp', icmp: 'icmp' };
const toTransport = (text: string | undefined): Transport | null => TRANSPORTS[text?.toLowerCase() ?? ''] ?? null;

function toSeverity(text: string | undefined): Severity | undefined {
  return text === undefined || text === '' ? undefined : SEVERITIES.find((severity) => severity === text.toLowerCase());
}

function toAssetText(kind: AssetKind, text: string): string | undefined {
  if (kind === 'url') return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]/i.test(text) ? text : undefined;
  if (kind === 'fqdn') return toHost(text);
  if (kind === 'email') return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text) ? text.toLowerCase() : undefined;
  return text === '' ? undefined : text;
}

/** The host of a domain or of a URL; a bare word is no domain that anybody could be found by. */
function toHost(text: string): string | undefined {
  const domain = toDomainText(text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[/?#:].*$/, ''));
  return domain?.includes('.') && !/\s/.test(domain) ? domain : undefined;
}

const toSlug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
