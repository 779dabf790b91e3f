/**
 * What is known about each report type: its columns, where they go, what it means.
 *
 * The facts lie in catalogue/shadowserver, written down by what differs: a column has one
 * usual rule, a report names only its exceptions, and a report about IPv6 is `like` its
 * older sister (same columns and meaning, its own name, severity and exceptions). Where an
 * operator gives the provider's published schema file, mappings come from that instead;
 * what a report means to its reader stays ours.
 */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { FINDING_KINDS, type FindingKind, type FindingRole, SEVERITIES, type Severity } from '../../domain/finding.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { type Conversion, isConversion, SPEAKS_WHEN_EMPTY } from './conversions.ts';

interface Rule {
  readonly field: string; // 'source.ip', 'extra.banner'
  readonly conversion: Conversion;
}

export interface ReportFacts {
  readonly id: string; // as in file names: 'scan_telnet'
  readonly isKnown: boolean;
  readonly feed: string;
  readonly documentation: string | undefined; // URL
  readonly constants: Readonly<Record<string, string>>; // fields that are the same in every record
  readonly severity: Severity;
  readonly kind: FindingKind;
  readonly role: FindingRole;
  /** Which side of an event the report is about. */
  readonly side: 'source' | 'destination';
  /** The service as the reader of a notice knows it. */
  readonly label: Text | undefined;
  readonly required: readonly string[];
  /** Every known column with its rules, required ones first. */
  readonly columns: ReadonlyMap<string, readonly Rule[]>;
}

export interface FactTable {
  readonly reports: ReadonlyMap<string, ReportFacts>;
  /** The usual rules of a column, for reports nobody has described. */
  readonly usualRules: (column: string) => readonly Rule[];
}

const PAGES = 'https://www.shadowserver.org/what-we-do/network-reporting/';
const CATALOGUE = new URL('../../../catalogue/shadowserver/', import.meta.url);

const ruleText = z.string().transform((text, context) => {
  const [field = '', conversion = ''] = text.split(' | ');
  if (isConversion(conversion)) return { field, conversion };
  context.addIssue(`"${text}" names no conversion`);
  return z.NEVER;
});
const ruleTexts = z.union([z.array(ruleText), ruleText.transform((rule) => [rule])]);
const columnsFile = z.strictObject({
  about: z.string(),
  rules: z.record(z.string(), ruleTexts),
  groups: z.record(z.string(), z.array(z.string())),
});

const meaning = {
  page: z.string().optional(),
  classification: z.string().optional(), // 'taxonomy/type'
  identifier: z.string().optional(),
  application: z.string().optional(),
  transport: z.string().optional(),
  kind: z.enum(FINDING_KINDS),
  role: z.enum(['source', 'victim', 'c2', 'amplifier']).default('source'),
  side: z.enum(['source', 'destination']).default('source'),
  label: z.union([z.strictObject({ ja: z.string(), en: z.string() }), z.string().transform((text) => ({ ja: text, en: text }))]).optional(),
  required: z.array(z.string()),
  columns: z.array(z.string()), // '@name' is a group of columns.json
};
const own = { feed: z.string(), severity: z.enum(SEVERITIES), rules: z.record(z.string(), ruleTexts).default({}) };
const describedReport = z.strictObject({ ...meaning, ...own });
const likeReport = z.strictObject({ like: z.string(), ...own });
const reportsFile = z.record(z.string(), z.union([describedReport, likeReport]));
type DescribedReport = z.infer<typeof describedReport>;

let builtIn: FactTable | undefined;

/** The built-in table, read once. */
export function loadFacts(): FactTable {
  builtIn ??= buildFacts(readCatalogue('columns.json', columnsFile), readCatalogue('reports.json', reportsFile));
  return builtIn;
}

function readCatalogue<T>(name: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(readFileSync(new URL(name, CATALOGUE), 'utf8')));
}

function buildFacts(columns: z.infer<typeof columnsFile>, reports: z.infer<typeof reportsFile>): FactTable {
  const usualRules = (column: string): readonly Rule[] =>
    resolve(column, columns.rules[column] ?? [{ field: 'extra', conversion: 'text' }]);
  const described = (id: string): DescribedReport => {
    const report = reports[id];
    if (!report) throw new YaguraError('internal', `the table of report types has no "${id}"`);
    return 'like' in report ? { ...described(report.like), feed: report.feed, severity: report.severity, rules: report.rules } : report;
  };
  const toFacts = (id: string): ReportFacts => {
    const report = described(id);
    const expanded = report.columns.flatMap((name) => (name.startsWith('@') ? (columns.groups[name.slice(1)] ?? []) : [name]));
    const names = new Set([...report.required, ...expanded]);
    const rulesOf = (name: string): readonly Rule[] => {
      const exception = report.rules[name];
      return exception ? resolve(name, exception) : usualRules(name);
    };
    return {
      id,
      isKnown: true,
      feed: report.feed,
      documentation: report.page === undefined ? undefined : PAGES + report.page,
      constants: toConstants(report),
      severity: report.severity,
      kind: report.kind,
      role: report.role,
      side: report.side,
      label: report.label,
      required: report.required,
      columns: new Map([...names].map((name) => [name, rulesOf(name)])),
    };
  };
  return { usualRules, reports: new Map(Object.keys(reports).map((id) => [id, toFacts(id)])) };
}

const resolve = (column: string, rules: readonly Rule[]): readonly Rule[] =>
  rules.map((rule) => (rule.field === 'extra' ? { ...rule, field: `extra.${column}` } : rule));

function toConstants(report: DescribedReport): Record<string, string> {
  const [taxonomy, type] = report.classification?.split('/') ?? [];
  const all = {
    'classification.taxonomy': taxonomy,
    'classification.type': type,
    'classification.identifier': report.identifier,
    'protocol.application': report.application,
    'protocol.transport': report.transport,
  };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Facts for a report nobody has described: its columns mean what they usually mean. */
export function genericFacts(table: FactTable, id: string, header: readonly string[]): ReportFacts {
  return {
    id,
    isKnown: false,
    feed: id,
    documentation: undefined,
    constants: { 'classification.taxonomy': 'other', 'classification.type': 'undetermined' },
    severity: 'info',
    kind: 'other',
    role: 'source',
    side: 'source',
    label: undefined,
    required: ['timestamp'],
    columns: new Map(header.map((column) => [column, table.usualRules(column)])),
  };
}

/** True when an empty cell of this column must be kept. */
export const speaksWhenEmpty = (facts: ReportFacts, column: string): boolean =>
  facts.columns.get(column)?.some((rule) => SPEAKS_WHEN_EMPTY.has(rule.conversion)) ?? false;

/** The published schema's names for our conversions; a name of the future is taken as plain text. */
const PUBLISHED_CONVERSIONS: Readonly<Record<string, Conversion>> = {
  validate_to_none: 'text',
  convert_int: 'integer',
  invalidate_zero: 'non-zero',
  convert_bool: 'yes-no',
  validate_ip: 'address',
  add_UTC_to_timestamp: 'utc-time',
  extract_cve_from_tag: 'cve-list',
  convert_float: 'decimal',
  convert_date: 'date',
  convert_date_utc: 'utc-date',
  convert_http_host_and_url: 'full-url',
  validate_fqdn: 'domain',
  validate_network: 'network',
  category_or_detail: 'category-or-detail',
  force_base64: 'base64',
  scan_exchange_taxonomy: 'exchange-taxonomy',
  scan_exchange_type: 'exchange-type',
  scan_exchange_identifier: 'exchange-identifier',
};

// Some carry a fourth value that tells a conversion to look at the whole row; ours know that themselves.
const publishedField = z.tuple([z.string(), z.string(), z.string().optional()]).rest(z.unknown());
const publishedReport = z.object({
  feed_name: z.string(),
  file_name: z.string(),
  url: z.string().optional(),
  constant_fields: z.record(z.string(), z.string()).default({}),
  required_fields: z.array(publishedField).default([]),
  optional_fields: z.array(publishedField).default([]),
});
type PublishedReport = z.infer<typeof publishedReport>;

/** Facts from the provider's published schema file. Throws 'config-invalid' when the file is not one. */
export async function loadPublishedSchema(path: string): Promise<FactTable> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new YaguraError('config-invalid', 'the setting schemaFile names a file that cannot be read', { file: path, cause });
  });
  const reports = parsePublished(path, content).map((report) => publishedFacts(report, loadFacts()));
  return { usualRules: loadFacts().usualRules, reports: new Map(reports.map((facts) => [facts.id, facts])) };
}

function parsePublished(path: string, content: string): PublishedReport[] {
  try {
    const entries = z.record(z.string(), z.unknown()).parse(JSON.parse(content));
    const reports = Object.entries(entries).filter(([name]) => name !== '_meta');
    return z
      .array(publishedReport)
      .min(1)
      .parse(reports.map(([, report]) => report));
  } catch (cause) {
    throw new YaguraError('config-invalid', "the setting schemaFile does not name Shadowserver's report schema in JSON", {
      file: path,
      cause,
    });
  }
}

function publishedFacts(report: PublishedReport, ours: FactTable): ReportFacts {
  const columns = new Map<string, Rule[]>();
  for (const [field, column, conversion] of [...report.required_fields, ...report.optional_fields]) {
    const rule: Rule = {
      field: field === 'extra.' ? `extra.${column}` : field,
      conversion: conversion === undefined ? 'verbatim' : (PUBLISHED_CONVERSIONS[conversion] ?? 'text'),
    };
    columns.set(column, [...(columns.get(column) ?? []), rule]);
  }
  const meant = ours.reports.get(report.file_name) ?? guessMeaning(report);
  return {
    ...meant,
    id: report.file_name,
    isKnown: true,
    feed: report.feed_name,
    documentation: report.url,
    constants: report.constant_fields,
    required: report.required_fields.map(([, column]) => column),
    columns,
  };
}

const KIND_BY_TYPE: Readonly<Record<string, FindingKind>> = {
  'infected-system': 'infected-host',
  'system-compromise': 'compromised-host',
  'vulnerable-system': 'exposed-service',
  'potentially-unwanted-accessible': 'exposed-service',
  'weak-crypto': 'weak-encryption',
  'ddos-amplifier': 'amplifier',
  scanner: 'scanner',
  'brute-force': 'brute-force',
  'c2-server': 'command-and-control',
  'malware-distribution': 'malware-distribution',
  phishing: 'phishing',
  spam: 'spam',
  blacklist: 'blocklisted',
  'data-leak': 'compromised-account',
};

/** For a report type newer than this program: its classification tells most of what it means. */
function guessMeaning(report: PublishedReport): Pick<ReportFacts, 'severity' | 'kind' | 'role' | 'side' | 'label'> {
  const type = report.constant_fields['classification.type'] ?? '';
  const isVulnerable = report.file_name.endsWith('_vulnerable');
  const kind = isVulnerable ? 'vulnerable-service' : (KIND_BY_TYPE[type] ?? 'other');
  const service = report.constant_fields['protocol.application'];
  const role: FindingRole = kind === 'amplifier' ? 'amplifier' : kind === 'command-and-control' ? 'c2' : 'source';
  return { severity: 'medium', kind, role, side: 'source', label: service === undefined ? undefined : { ja: service, en: service } };
}
