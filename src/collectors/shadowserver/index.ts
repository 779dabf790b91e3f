/**
 * The Shadowserver collector: daily CSV reports about exposed, weak and infected hosts.
 *
 * The reports are judgements already, so each row becomes a stored record with every
 * column it had and, where its resource is known, a finding.
 */
import type { Head } from '../../engine/modules.ts';
import { defineCollector } from '../../engine/modules.ts';
import { collectReport } from './collect.ts';
import { CsvSplitter } from './csv.ts';
import { loadFacts } from './facts.ts';
import { inspectReport } from './inspect.ts';
import { REASONS } from './reasons.ts';
import { isReportHeader, toColumnNames, typeFromName } from './report-type.ts';
import { type ShadowserverSettings, shadowserverSettings } from './schema.ts';

export default defineCollector<ShadowserverSettings>({
  id: 'shadowserver',
  title: { ja: 'Shadowserverの報告', en: 'Shadowserver reports' },
  description: {
    ja: 'Shadowserverが毎日届けるCSV形式の報告（gzip・Zstandard圧縮可）を、公開されているすべての種類について読み取ります。知らない列や種類も捨てずに保存し、変化を知らせます。',
    en: 'Reads the daily CSV reports of Shadowserver, also compressed with gzip or Zstandard, in every published type. Unknown columns and types are kept and reported, never dropped.',
  },
  input: 'feed',
  reasons: REASONS,
  settings: shadowserverSettings,
  recognises,
  inspect: inspectReport,
  collect: collectReport,
});

/** By the header: a column called timestamp beside columns that only these reports have. The name decides little. */
function recognises(head: Head): number {
  const splitter = new CsvSplitter();
  splitter.push(new TextDecoder().decode(head.bytes));
  splitter.end();
  const header = splitter.next();
  if (!header || header.isTorn) return 0;
  const columns = toColumnNames(header.cells);
  if (!isReportHeader(columns)) return 0;
  const known = new Set([...loadFacts().reports.values()].flatMap((facts) => Array.from(facts.columns.keys())));
  const share = columns.filter((name) => known.has(name)).length / columns.length;
  const isStated = loadFacts().reports.has(typeFromName(head.name) ?? '');
  if (share >= 0.5) return isStated || share >= 0.8 ? 1 : 0.8;
  return isStated ? 0.6 : 0.2;
}
