/** From a report file to stored records and findings, in batches that come out the same every time. */
import type { DetectedFinding } from '../../domain/finding.ts';
import type { CollectContext, CollectedBatch, Input } from '../../engine/modules.ts';
import { alarmAboutAddresses, alarmAboutDrift, alarmAboutShortRows } from './drift.ts';
import { type FactTable, genericFacts, loadFacts, loadPublishedSchema, type ReportFacts } from './facts.ts';
import { RecordColumns } from './record-columns.ts';
import { type Chunk, excerptOf, type RawRow, readReportFile } from './report-file.ts';
import { type Recognition, recogniseReport } from './report-type.ts';
import { RowReader } from './row-reader.ts';
import type { ShadowserverSettings } from './schema.ts';

const BATCH_ROWS = 5_000;

export const loadTable = async (settings: ShadowserverSettings): Promise<FactTable> =>
  settings.schemaFile === undefined ? loadFacts() : await loadPublishedSchema(settings.schemaFile);

export interface Subject {
  readonly facts: ReportFacts;
  readonly recognition: Recognition;
}

/** The facts a file is read by: the operator's word, else what name and columns say. */
export function chooseFacts(table: FactTable, name: string, settings: ShadowserverSettings, { columns, rows }: Chunk): Subject {
  const recognition = recogniseReport(table, name, columns, rows[0]?.cells);
  const told = settings.reportType;
  const facts = told === undefined ? recognition.facts : table.reports.get(told);
  const id = told ?? recognition.statedType ?? 'unknown';
  return { recognition, facts: facts ?? genericFacts(table, id, columns) };
}

export async function* collectReport(
  input: Input,
  settings: ShadowserverSettings,
  context: CollectContext,
): AsyncGenerator<CollectedBatch> {
  const table = await loadTable(settings);
  let collection: Collection | undefined;
  try {
    for await (const chunk of readReportFile(input, context.signal)) {
      collection ??= new Collection(chooseFacts(table, input.name, settings, chunk), settings, context, chunk.columns);
      yield* collection.take(chunk.rows);
      context.progress(chunk.bytes);
    }
  } catch (error) {
    if (collection) yield* collection.finish();
    throw error;
  }
  if (collection) yield* collection.finish();
}

/** One file on its way: the batch being filled and what is to be said at the end. */
class Collection {
  readonly #facts: ReportFacts;
  readonly #context: CollectContext;
  readonly #reader: RowReader;
  readonly #width: number;
  #columns: RecordColumns;
  #findings: DetectedFinding[] = [];
  #records = 0;
  #damagedAddresses = 0;
  #shortRows = 0;

  constructor({ facts, recognition }: Subject, settings: ShadowserverSettings, context: CollectContext, columns: readonly string[]) {
    this.#facts = facts;
    this.#context = context;
    this.#width = columns.length;
    this.#reader = new RowReader(facts, columns, { tenant: context.tenant, provider: settings.provider, receivedAt: context.receivedAt });
    this.#columns = this.#emptyColumns();
    alarmAboutDrift(context.alarm.bind(context), facts, recognition, columns);
  }

  *take(rows: readonly RawRow[]): Generator<CollectedBatch> {
    for (const row of rows) {
      this.#add(row);
      if (this.#records === BATCH_ROWS) yield this.#toBatch();
    }
  }

  *finish(): Generator<CollectedBatch> {
    const alarm = this.#context.alarm.bind(this.#context);
    if (this.#damagedAddresses > 0) alarmAboutAddresses(alarm, this.#facts.id, this.#damagedAddresses);
    if (this.#shortRows > 0) alarmAboutShortRows(alarm, this.#facts.id, this.#shortRows);
    if (this.#records > 0) yield this.#toBatch();
  }

  #add(row: RawRow): void {
    this.#records += 1;
    const read = row.fault ?? this.#reader.read(row.cells);
    if ('code' in read) {
      this.#context.quarantine(row.number, read, excerptOf(row));
      return;
    }
    if (row.cells.length < this.#width) this.#shortRows += 1;
    if (read.hasBadAddress) this.#damagedAddresses += 1;
    if (read.finding) this.#findings.push(read.finding);
    this.#columns.add(read, row.number);
  }

  #emptyColumns(): RecordColumns {
    const { tenant, receivedAt, fileDigest } = this.#context;
    return new RecordColumns(BATCH_ROWS, { tenant, receivedAt, file: fileDigest, report: this.#facts.id });
  }

  #toBatch(): CollectedBatch {
    const stored = this.#columns.toBatch();
    const batch = { records: this.#records, columns: stored.rows > 0 ? [stored] : [], findings: this.#findings };
    this.#columns = this.#emptyColumns();
    this.#findings = [];
    this.#records = 0;
    return batch;
  }
}
