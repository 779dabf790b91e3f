/**
 * Which report a file is: by its name, which states the type, else by its columns.
 *
 * A name only counts when the columns do not speak against it. Many report types share
 * their columns; then the header cannot tell and the operator is asked to.
 */
import { basename } from 'node:path';
import { parseAddress, parseIpv4Number } from '../../domain/address.ts';
import type { FactTable, ReportFacts } from './facts.ts';

export interface Recognition {
  /** Undefined when neither name nor columns tell. */
  readonly facts: ReportFacts | undefined;
  /** The name of the type as far as it is known, also when its facts are not. */
  readonly statedType: string | undefined;
  /** More than one type fits the columns equally well. */
  readonly candidates: readonly string[];
}

/** `2026-03-03-scan_telnet-country-geo.csv.gz` and `scan_telnet.csv` are both scan_telnet. */
export function typeFromName(name: string): string | undefined {
  return /^(?:\d{4}-\d{2}-\d{2}-)?([a-z]\w*)(?:[-. (].*)?\.csv(?:\.gz|\.zst)?$/i.exec(basename(name))?.[1];
}

/** Names in the header row as they are used from here on: trimmed, and each of them once. */
export function toColumnNames(cells: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return cells.map((cell, i) => {
    const name = cell.trim() || `column_${i + 1}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name}_${times}`;
  });
}

/** Every report has a column called timestamp; with it go names like `ip` or `src_ip`, never sentences. */
export function isReportHeader(columns: readonly string[]): boolean {
  return columns.includes('timestamp') && columns.length > 1 && columns.every((name) => /^[\w .:/-]{1,80}$/.test(name));
}

export function recogniseReport(
  table: FactTable,
  name: string,
  columns: readonly string[],
  firstRow: readonly string[] | undefined,
): Recognition {
  const statedType = typeFromName(name);
  const stated = statedType === undefined ? undefined : table.reports.get(statedType);
  if (stated && shareKnown(stated, columns) >= 0.5) return { facts: stated, statedType, candidates: [] };
  // A name in the form of a report type that is not in the table is a type we do not know, not a riddle.
  if (!stated && statedType?.includes('_')) return { facts: undefined, statedType, candidates: [] };
  const best = bestFits(table, columns, firstRow);
  const [only] = best;
  if (only && best.length === 1) return { facts: only, statedType: only.id, candidates: [] };
  return { facts: undefined, statedType: undefined, candidates: best.map((facts) => facts.id) };
}

const countKnown = (facts: ReportFacts, columns: readonly string[]): number => columns.filter((name) => facts.columns.has(name)).length;
const shareKnown = (facts: ReportFacts, columns: readonly string[]): number => countKnown(facts, columns) / columns.length;

/** Scores this close to the best one do not decide between two types. */
const MARGIN = 0.05;

/** The reports that fit the header best, when any fits well; the first row's address, protocol and tag rule some out. */
function bestFits(table: FactTable, columns: readonly string[], firstRow: readonly string[] | undefined): ReportFacts[] {
  const version = addressVersion(columns, firstRow);
  const protocol = (firstRow?.[columns.indexOf('protocol')] ?? '').toLowerCase();
  const tag = (firstRow?.[columns.indexOf('tag')] ?? '').toLowerCase();
  const fits = [...table.reports.values()]
    .filter((facts) => shareKnown(facts, columns) >= 0.85 && facts.required.every((name) => columns.includes(name)))
    .filter((facts) => version === undefined || isAboutIpv6(facts.id) === (version === 6))
    .filter((facts) => protocol === '' || !/_(tcp|udp)$/.test(facts.id) || facts.id.endsWith(protocol));
  const tagged = tag === '' ? [] : fits.filter((facts) => subjectWords(facts).some((word) => tag.includes(word)));
  const scored = (tagged.length > 0 ? tagged : fits).map((facts) => ({
    facts,
    score: (2 * countKnown(facts, columns)) / (columns.length + facts.columns.size),
  }));
  const top = Math.max(...scored.map((fit) => fit.score));
  return scored.filter((fit) => fit.score > top - MARGIN).map((fit) => fit.facts);
}

const COMMON_WORDS = new Set(['scan', 'event', 'honeypot', 'population', 'vulnerable', 'tcp', 'udp']);

/** What a report is about, by the words of its name: `scan_mqtt_anon` is about mqtt. */
function subjectWords(facts: ReportFacts): string[] {
  const words = facts.id.replaceAll(/\d/g, '').split('_');
  return words.filter((word) => word.length > 2 && !COMMON_WORDS.has(word));
}

const isAboutIpv6 = (id: string): boolean => /^[a-z]+6_|_[a-z]+6$/.test(id);

function addressVersion(columns: readonly string[], firstRow: readonly string[] | undefined): 4 | 6 | undefined {
  const at = columns.findIndex((name) => name === 'ip' || name === 'src_ip' || name === 'http_referer_ip');
  const text = firstRow?.[at] ?? '';
  if (parseIpv4Number(text) !== undefined) return 4;
  return parseAddress(text) ? 6 : undefined;
}
