/** What tests of this module need: a context that remembers, and files made of lines. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reason } from '../../domain/reason.ts';
import type { Column } from '../../domain/telemetry-table.ts';
import { createLog } from '../../engine/log.ts';
import type { CollectContext, CollectedBatch, Input } from '../../engine/modules.ts';
import collector from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-shadowserver-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
export const RECEIVED_AT = Date.UTC(2026, 10, 22);
const decoder = new TextDecoder();

export function fileOf(name: string, content: string | Uint8Array): Input {
  const path = join(folder, name);
  writeFileSync(path, content);
  return { name, path, size: Buffer.byteLength(content) };
}

export interface Told {
  readonly quarantined: { record: number; reason: Reason; excerpt: string }[];
  readonly alarms: { code: string; detail: Readonly<Record<string, unknown>> }[];
}

export function contextOf(file = ''): CollectContext & Told {
  const told: Told = { quarantined: [], alarms: [] };
  return {
    ...told,
    tenant: 'main',
    sensor: '',
    receivedAt: RECEIVED_AT,
    fileDigest: createHash('sha256').update(file).digest(),
    log: createLog('silent'),
    signal: new AbortController().signal,
    quarantine: (record, reason, excerpt) => void told.quarantined.push({ record, reason, excerpt }),
    alarm: (code, detail) => void told.alarms.push({ code, detail }),
    progress: () => undefined,
  };
}

export interface Outcome extends Told {
  readonly batches: readonly CollectedBatch[];
  readonly findings: CollectedBatch['findings'];
  readonly stored: Record<string, unknown>[];
  readonly records: number;
  readonly error: unknown;
}

/** Takes a whole file; an error ends up beside what came before it. */
export async function collectAll(input: Input, settings: Record<string, unknown> = {}): Promise<Outcome> {
  const context = contextOf(input.name);
  const batches: CollectedBatch[] = [];
  let error: unknown;
  try {
    for await (const batch of collector.collect(input, collector.settings.parse(settings), context)) batches.push(batch);
  } catch (caught) {
    error = caught;
  }
  return {
    batches,
    error,
    findings: batches.flatMap((batch) => batch.findings),
    stored: batches.flatMap((batch) => batch.columns.flatMap((columns) => rowsOf(columns.rows, columns.columns))),
    records: batches.reduce((sum, batch) => sum + batch.records, 0),
    quarantined: context.quarantined,
    alarms: context.alarms,
  };
}

function rowsOf(rows: number, columns: Readonly<Record<string, Column>>): Record<string, unknown>[] {
  return Array.from({ length: rows }, (_, i) =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, valueAt(column, i, rows)])),
  );
}

function valueAt(column: Column, i: number, rows: number): unknown {
  if ('codes' in column) return column.dictionary[column.codes[i] ?? -1];
  if ('offsets' in column) {
    const { data, offsets } = column;
    return decoder.decode(data.subarray(offsets[i], offsets[i + 1]));
  }
  if (column instanceof Uint8Array) {
    const width = column.length / rows;
    return Buffer.from(column.subarray(i * width, (i + 1) * width)).toString('hex');
  }
  return (column as Uint16Array | Uint32Array)[i];
}
