/**
 * Answers of exploration as files: a table, page by page, in one of three forms.
 *
 * Nothing is collected before it is sent, so a million rows need the memory of a page.
 * A failure halfway breaks the transfer off instead of ending a file that looks whole.
 */
import { BYTE_ORDER_MARK, type CsvCell, toCsvLine } from '../notifiers/csv.ts';
import type { ExportFormat } from './explore-contract.ts';
import { type ParquetColumn, type ParquetRow, writeParquet } from './parquet.ts';

export interface ExportTable {
  readonly columns: readonly ParquetColumn[];
  readonly pages: AsyncIterable<readonly ParquetRow[]>;
}

export const EXPORT_TYPES: Readonly<Record<ExportFormat, { readonly mediaType: string; readonly ending: string }>> = {
  csv: { mediaType: 'text/csv; charset=utf-8', ending: 'csv' },
  json: { mediaType: 'application/x-ndjson', ending: 'jsonl' },
  parquet: { mediaType: 'application/vnd.apache.parquet', ending: 'parquet' },
};

export function writeExport(format: ExportFormat, { columns, pages }: ExportTable): AsyncIterable<Uint8Array> {
  if (format === 'parquet') return writeParquet(columns, pages);
  return format === 'csv' ? writeCsv(columns, pages) : writeJson(columns, pages);
}

async function* writeCsv(columns: readonly ParquetColumn[], pages: ExportTable['pages']): AsyncGenerator<Uint8Array> {
  yield Buffer.from(BYTE_ORDER_MARK + toCsvLine(columns.map(({ name }) => name)));
  for await (const rows of pages) {
    yield Buffer.from(rows.map((row) => toCsvLine(columns.map((column, i) => toCsvCell(column, row[i] ?? '')))).join(''));
  }
}

/** Times as people and spreadsheets read them; numbers stay numbers, texts are guarded against formulas. */
function toCsvCell({ kind }: ParquetColumn, value: string | number): CsvCell {
  return kind === 'time' ? new Date(Number(value)).toISOString() : value;
}

async function* writeJson(columns: readonly ParquetColumn[], pages: ExportTable['pages']): AsyncGenerator<Uint8Array> {
  for await (const rows of pages) {
    const lines = rows.map((row) => JSON.stringify(Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? '']))));
    yield Buffer.from(lines.map((line) => `${line}\n`).join(''));
  }
}
