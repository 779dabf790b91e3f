/**
 * What third parties report about the country: daily files in the form of Shadowserver's
 * reports, with the same names of files and columns, so that the hub reads them like real ones.
 *
 * A report dated one day tells of the UTC day before, as it would arrive in the morning.
 * Others survey better than a telescope hears: exposed Telnet, open resolvers, old
 * encryption, and infected devices that called a sinkhole.
 */
import { formatIpv4Number } from '../domain/address.ts';
import type { FindingKind, Transport } from '../domain/finding.ts';
import { exposedHosts, organisationRoles } from './actors.ts';
import { addressOf, type Country, DAY, type Host, holderOf, isInBlock, lineOfRank, MINUTE, providerBlock, SINKHOLE } from './country.ts';
import type { HostRole } from './organisations.ts';
import { fractionOf, keyOf, Random } from './random.ts';

interface ReportKind {
  readonly kind: FindingKind;
  readonly columns: readonly string[];
}

const SCAN_COLUMNS = [
  'timestamp',
  'severity',
  'ip',
  'protocol',
  'port',
  'hostname',
  'tag',
  'asn',
  'geo',
  'region',
  'city',
  'naics',
  'hostname_source',
  'sector',
];
const DEVICE_COLUMNS = ['device_vendor', 'device_type', 'device_model', 'device_version', 'device_sector'];
const words = (text: string): string[] => text.trim().split(/\s+/);

/** Column names in the order of the provider's own list. */
export const REPORT_KINDS = {
  scan_telnet: { kind: 'exposed-service', columns: [...SCAN_COLUMNS, 'banner'] },
  scan6_telnet: { kind: 'exposed-service', columns: [...SCAN_COLUMNS, 'banner'] },
  scan_dns: { kind: 'amplifier', columns: [...SCAN_COLUMNS, 'dns_version', 'min_amplification'] },
  scan_ntpmonitor: { kind: 'amplifier', columns: [...SCAN_COLUMNS, 'packets', 'response_size', 'amplification'] },
  scan_http_vulnerable: {
    kind: 'vulnerable-service',
    columns: [
      ...SCAN_COLUMNS,
      ...words(`http http_code http_reason content_type connection www_authenticate set_cookie server content_length
        transfer_encoding http_date version build_date detail build_branch`),
    ],
  },
  scan_ssl_poodle: {
    kind: 'weak-encryption',
    columns: [
      ...SCAN_COLUMNS,
      ...DEVICE_COLUMNS,
      ...words(`handshake cipher_suite ssl_poodle cert_length subject_common_name issuer_common_name cert_issue_date
        cert_expiration_date sha1_fingerprint cert_serial_number ssl_version signature_algorithm key_algorithm
        subject_organization_name subject_organization_unit_name subject_country subject_state_or_province_name
        subject_locality_name subject_street_address subject_postal_code subject_surname subject_given_name
        subject_email_address subject_business_category subject_serial_number issuer_organization_name
        issuer_organization_unit_name issuer_country issuer_state_or_province_name issuer_locality_name
        issuer_street_address issuer_postal_code issuer_surname issuer_given_name issuer_email_address
        issuer_business_category issuer_serial_number sha256_fingerprint sha512_fingerprint md5_fingerprint
        http_response_type http_code http_reason content_type http_connection www_authenticate set_cookie server_type
        content_length transfer_encoding http_date cert_valid self_signed cert_expired browser_trusted validation_level
        browser_error tlsv13_support tlsv13_cipher raw_cert raw_cert_chain jarm page_sha256fp`),
    ],
  },
  event4_sinkhole: {
    kind: 'infected-host',
    columns: words(`timestamp protocol src_ip src_port src_asn src_geo src_region src_city src_hostname src_naics src_sector
      device_vendor device_type device_model severity dst_ip dst_port dst_asn dst_geo dst_region dst_city dst_hostname
      dst_naics dst_sector public_source infection family tag application version event_id ssl_cipher ssl_servername`),
  },
} as const satisfies Record<string, ReportKind>;
export type ReportId = keyof typeof REPORT_KINDS;

/** One record of a report, and what is true about it. */
export interface ReportRecord {
  readonly report: ReportId;
  readonly kind: FindingKind;
  readonly identifier: string;
  readonly at: number;
  readonly asset: string;
  readonly port: number | null; // of the service; null for events, whose source port changes
  readonly transport: Transport;
  readonly holder: string | null;
  readonly lineId: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface Report {
  readonly name: string;
  readonly text: string;
  readonly records: number;
}

/** The reports that arrive on the day that holds `day`, about the UTC day before. */
export function feedReports(country: Country, day: number): Report[] {
  const records = feedRecords(country, day);
  const date = new Date(day).toISOString().slice(0, 10);
  return (Object.keys(REPORT_KINDS) as ReportId[]).flatMap((report) => {
    const own = records.filter((record) => record.report === report);
    return own.length === 0 ? [] : [{ name: `${date}-${report}-simulated.csv`, text: toCsv(report, own), records: own.length }];
  });
}

/** The records of those reports, in order of time. */
export function feedRecords(country: Country, day: number): ReportRecord[] {
  const date = Math.floor(day / DAY) * DAY;
  const surveyor = new Surveyor(country, date - DAY);
  return [...surveyor.telnet(), ...surveyor.telnetIpv6(), ...surveyor.services(), ...surveyor.sinkhole()].toSorted((a, b) => a.at - b.at);
}

function toCsv(report: ReportId, records: readonly ReportRecord[]): string {
  const columns: readonly string[] = REPORT_KINDS[report].columns;
  const lines = [columns, ...records.map((record) => columns.map((column) => record.values[column] ?? ''))].map(toCsvLine);
  return `${lines.join('\n')}\n`;
}

function toCsvLine(cells: readonly string[]): string {
  return cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
}

const toTimestamp = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

interface Service {
  readonly report: ReportId;
  readonly identifier: string;
  readonly transport: Transport;
  readonly port: number;
  readonly severity: string;
  readonly tag: string;
  readonly more: Readonly<Record<string, string>>;
}

const SERVICES: Readonly<Partial<Record<HostRole, Service>>> = {
  'open-resolver': {
    report: 'scan_dns',
    identifier: 'dns-open-resolver',
    transport: 'udp',
    port: 53,
    severity: 'medium',
    tag: 'openresolver',
    more: { dns_version: 'resolver 1.0', min_amplification: '4.6190' },
  },
  'vulnerable-web': {
    report: 'scan_http_vulnerable',
    identifier: 'vulnerable-http',
    transport: 'tcp',
    port: 443,
    severity: 'high',
    tag: 'old-firmware',
    more: {
      http: 'HTTP/1.1',
      http_code: '200',
      http_reason: 'OK',
      content_type: 'text/html',
      version: '1.02',
      detail: 'firmware without support',
    },
  },
  'old-encryption': {
    report: 'scan_ssl_poodle',
    identifier: 'ssl-poodle',
    transport: 'tcp',
    port: 443,
    severity: 'low',
    tag: 'ssl-poodle',
    more: {
      handshake: 'TLSv1.0',
      cipher_suite: 'TLS_RSA_WITH_AES_128_CBC_SHA',
      ssl_poodle: 'Y',
      ssl_version: '2',
      self_signed: 'N',
      cert_valid: 'Y',
    },
  },
};

/** Looks at the country for one UTC day. */
class Surveyor {
  readonly #country: Country;
  readonly #from: number;

  constructor(country: Country, from: number) {
    this.#country = country;
    this.#from = from;
  }

  /** A survey reaches most hosts, not all; each at its own minute. */
  #seen(subject: number, share: number): number | undefined {
    const key = keyOf(this.#country.seed, 0x5ee2, subject, this.#from / DAY);
    if (fractionOf(key) >= share) return undefined;
    return this.#from + (keyOf(this.#country.seed, 0x5ee3, subject, this.#from / DAY) % 1440) * MINUTE + (key % 60) * 1000;
  }

  *telnet(): Generator<ReportRecord> {
    const hosts = [
      ...exposedHosts(this.#country),
      ...organisationRoles(this.#country).flatMap(({ host, role }) => (role === 'exposed-telnet' ? [host] : [])),
    ];
    for (const [n, host] of hosts.entries()) {
      const at = this.#seen(n, 0.9);
      if (at !== undefined) yield this.#telnetRecord('scan_telnet', host, at, n % 8 === 0 ? 2323 : 23);
    }
  }

  *telnetIpv6(): Generator<ReportRecord> {
    for (const [n, host] of exposedHosts(this.#country).entries()) {
      const at = n % 9 === 0 ? this.#seen(0x1_0000 + n, 0.8) : undefined;
      if (at === undefined || 'address' in host.place) continue;
      const { provider, block, slot } = host.place;
      const asset = `2001:db8:${(((provider + 1) << 12) | block).toString(16)}:${(slot + 1).toString(16)}::1`;
      const owner = this.#country.providers[provider];
      yield this.#telnetRecord('scan6_telnet', host, at, 23, { asset, holder: owner?.isRegistered ? owner.id : null });
    }
  }

  #telnetRecord(report: ReportId, host: Host, at: number, port: number, ipv6?: { asset: string; holder: string | null }): ReportRecord {
    const { vendor, model, firmware } = host.device;
    const service: Service = {
      report,
      identifier: 'open-telnet',
      transport: 'tcp',
      port,
      severity: 'high',
      tag: port === 23 ? 'telnet' : 'telnet-alt',
      more: { banner: `|${vendor} ${model} v${firmware}|login:` },
    };
    return this.#record(service, host, at, ipv6);
  }

  /** Open resolvers on some lines; the weaknesses of organisations' servers. */
  *services(): Generator<ReportRecord> {
    const resolver = SERVICES['open-resolver'];
    for (const [n, host] of exposedHosts(this.#country).entries()) {
      const at = n % 6 === 1 ? this.#seen(0x2_0000 + n, 0.9) : undefined;
      if (at !== undefined && resolver) yield this.#record(resolver, host, at);
      const clockAt = n % 10 === 3 ? this.#seen(0x3_0000 + n, 0.9) : undefined;
      if (clockAt !== undefined) yield this.#record(NTP_MONITOR, host, clockAt);
    }
    for (const [n, { host, role }] of organisationRoles(this.#country).entries()) {
      const service = SERVICES[role];
      const at = service ? this.#seen(0x4_0000 + n, 0.95) : undefined;
      if (service && at !== undefined) yield this.#record(service, host, at);
    }
  }

  #record(service: Service, host: Host, at: number, ipv6?: { asset: string; holder: string | null }): ReportRecord {
    const address = addressOf(this.#country, host, at);
    const asset = ipv6?.asset ?? formatIpv4Number(address);
    const { vendor, type, model, firmware } = host.device;
    return {
      report: service.report,
      kind: REPORT_KINDS[service.report].kind,
      identifier: service.identifier,
      at,
      asset,
      port: service.port,
      transport: service.transport,
      holder: ipv6 ? ipv6.holder : holderOf(this.#country, address, at),
      lineId: host.lineId,
      values: {
        timestamp: toTimestamp(at),
        severity: service.severity,
        ip: asset,
        protocol: service.transport,
        port: String(service.port),
        tag: service.tag,
        asn: String(this.#asnOf(address)),
        geo: 'ZZ',
        naics: '0',
        device_vendor: vendor,
        device_type: type,
        device_model: model,
        device_version: firmware,
        ...service.more,
      },
    };
  }

  #asnOf(address: number): number {
    return this.#country.providers.find((_, place) => isInBlock(providerBlock(place), address))?.asn ?? 0;
  }

  /** Infected devices that asked a domain which now belongs to the defenders. */
  *sinkhole(): Generator<ReportRecord> {
    const { domesticBots, domesticTelnet } = this.#country.size;
    const random = new Random();
    for (let n = 0; n < domesticBots + domesticTelnet; n++) {
      if (n % 2 === 1 && n < domesticBots) continue;
      const infection = n < domesticBots ? 'mirai' : 'andromeda';
      const host = n < domesticBots ? lineOfRank(this.#country, n) : lineOfRank(this.#country, domesticBots + domesticTelnet + n);
      random.restart(keyOf(this.#country.seed, 0x51b4, n, this.#from / DAY));
      const times = 1 + random.below(3);
      for (let i = 0; i < times; i++) yield this.#sinkholeRecord(host, infection, this.#from + random.below(86_400) * 1000, random);
    }
  }

  #sinkholeRecord(host: Host, infection: string, at: number, random: Random): ReportRecord {
    const address = addressOf(this.#country, host, at);
    const asset = formatIpv4Number(address);
    return {
      report: 'event4_sinkhole',
      kind: 'infected-host',
      identifier: infection,
      at,
      asset,
      port: null,
      transport: 'tcp',
      holder: holderOf(this.#country, address, at),
      lineId: host.lineId,
      values: {
        timestamp: toTimestamp(at),
        protocol: 'tcp',
        src_ip: asset,
        src_port: String(32_768 + random.below(28_000)),
        src_asn: String(this.#asnOf(address)),
        src_geo: 'ZZ',
        src_naics: '0',
        device_vendor: infection === 'mirai' ? host.device.vendor : '',
        device_type: infection === 'mirai' ? host.device.type : '',
        device_model: infection === 'mirai' ? host.device.model : '',
        severity: 'critical',
        dst_ip: formatIpv4Number(SINKHOLE),
        dst_port: infection === 'mirai' ? '48101' : '80',
        dst_asn: '65550',
        dst_geo: 'ZZ',
        infection,
        family: infection,
        tag: infection,
        event_id: `${at.toString(36)}-${random.next().toString(36)}`,
      },
    };
  }
}

const NTP_MONITOR: Service = {
  report: 'scan_ntpmonitor',
  identifier: 'ntp-monitor',
  transport: 'udp',
  port: 123,
  severity: 'medium',
  tag: 'ntpmonitor',
  more: { packets: '14', response_size: '6160', amplification: '770.0' },
};
