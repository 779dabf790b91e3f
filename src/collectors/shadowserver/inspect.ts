/** What is in a report file, as one flat object; nothing is stored. */
import type { Input } from '../../engine/modules.ts';
import { chooseFacts, loadTable, type Subject } from './collect.ts';
import { type Drift, driftOf } from './drift.ts';
import { readReportFile } from './report-file.ts';
import { RowReader } from './row-reader.ts';
import type { ShadowserverSettings } from './schema.ts';

export async function inspectReport(input: Input, settings: ShadowserverSettings): Promise<Record<string, unknown>> {
  const table = await loadTable(settings);
  let subject: Subject | undefined;
  let reader: RowReader | undefined;
  let drift: Drift = { unknown: [], missing: [], requiredMissing: [] };
  let columns = 0;
  const seen = { records: 0, quarantined: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
  for await (const chunk of readReportFile(input)) {
    subject ??= chooseFacts(table, input.name, settings, chunk);
    reader ??= new RowReader(subject.facts, chunk.columns, { tenant: '', provider: settings.provider, receivedAt: 0 });
    drift = driftOf(subject.facts, chunk.columns);
    columns = chunk.columns.length;
    for (const row of chunk.rows) {
      const read = row.fault ?? reader.read(row.cells);
      seen.records += 1;
      if ('code' in read) seen.quarantined += 1;
      else {
        seen.first = Math.min(seen.first, read.observedAt);
        seen.last = Math.max(seen.last, read.observedAt);
      }
    }
  }
  return {
    file: input.name,
    collector: 'shadowserver',
    format: 'csv',
    report: subject?.facts.id ?? null,
    report_known: subject?.facts.isKnown ?? false,
    records: seen.records,
    columns,
    unknown_columns: drift.unknown,
    missing_columns: drift.missing,
    required_missing: drift.requiredMissing,
    first_at: toIso(seen.first),
    last_at: toIso(seen.last),
    quarantined: seen.quarantined,
  };
}

const toIso = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);
