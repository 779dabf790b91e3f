/**
 * Files of exporters' datagrams as batches of flow rows, whatever the protocol.
 *
 * Borders between batches depend on rows and datagrams alone, so the same file always
 * gives the same batches. Losses and waiting data are settled once, at the end.
 */
import { setImmediate } from 'node:timers/promises';
import type { Reason } from '../domain/reason.ts';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import { isYaguraError, type YaguraError } from '../engine/errors.ts';
import type { CollectContext, CollectedBatch, Input } from '../engine/modules.ts';
import { type DatagramFormat, type Origin, readDatagrams } from './datagram-files.ts';
import type { FlowColumns } from './flow-columns.ts';
import type { SensorMinutes } from './sensor-minutes.ts';

/** A batch is handed over when it has this many rows. */
const ROWS_PER_BATCH = 250_000;
/** What is set aside is counted in full; the bytes of only so many are kept. */
const MOST_EXCERPTS = 1000;

export interface FlowDecoder {
  readonly columns: FlowColumns;
  readonly minutes: SensorMinutes;
  /** Datagrams taken so far. */
  readonly datagrams: number;
  /** Records made and set aside so far. */
  readonly records: number;
  take(datagram: Uint8Array, from: Origin, receivedAt: number): void;
  /** Gives up what has waited too long. */
  expire?(now: number): void;
  /** Nothing more will come: settles what is waited for, and the losses. */
  finish(at: number): void;
}

export type SetAside = (exporter: string, reason: Reason, excerpt: () => string) => void;

/** `decoderFor` is given where to tell of datagrams that cannot be used. */
export async function* collectDatagrams(
  input: Input,
  format: DatagramFormat,
  context: CollectContext,
  decoderFor: (setAside: SetAside) => FlowDecoder,
): AsyncGenerator<CollectedBatch> {
  let excerpts = 0;
  const decoder = decoderFor((_exporter, reason, excerpt) =>
    context.quarantine(decoder.datagrams, reason, excerpts++ < MOST_EXCERPTS ? excerpt() : ''),
  );
  let given = 0;
  let last = 0;
  const batch = (): CollectedBatch => {
    const records = decoder.records - given;
    given = decoder.records;
    return { records, columns: takeColumns(decoder, context), findings: [] };
  };
  let fault: unknown;
  try {
    for await (const { datagrams, position } of readDatagrams(input, format)) {
      for (const { bytes, from, receivedAt } of datagrams) {
        context.signal.throwIfAborted();
        decoder.take(bytes, from, receivedAt);
        decoder.expire?.(receivedAt);
        last = receivedAt;
        if (decoder.columns.rows >= ROWS_PER_BATCH) yield batch();
      }
      context.progress(position);
      // Other work of this thread gets its turn between blocks.
      await setImmediate();
    }
  } catch (error) {
    fault = error;
  }
  decoder.finish(last);
  if (decoder.columns.rows > 0 || decoder.minutes.count > 0) yield batch();
  if (fault !== undefined) throw fault;
}

/** The flow rows and the minutes of exporters that wait; empty ones are left out. */
export function takeColumns(decoder: FlowDecoder, { tenant, sensor }: { readonly tenant: string; readonly sensor: string }): ColumnBatch[] {
  const flows = decoder.columns.rows > 0 ? decoder.columns.take(tenant, sensor) : undefined;
  const minutes = decoder.minutes.take(tenant, sensor);
  return [flows, minutes].filter((columns) => columns !== undefined);
}

/**
 * Reads files as one stream in the order given. `rowsReady` is called when many rows wait
 * and at the end. Gives what is wrong with a file that is damaged further on, which still
 * says what it has.
 */
export async function readAll(
  inputs: readonly Input[],
  format: DatagramFormat,
  decoder: FlowDecoder,
  rowsReady: () => void,
): Promise<YaguraError | undefined> {
  let problem: YaguraError | undefined;
  for (const input of inputs) {
    try {
      for await (const { datagrams } of readDatagrams(input, format)) {
        for (const { bytes, from, receivedAt } of datagrams) {
          decoder.take(bytes, from, receivedAt);
          decoder.expire?.(receivedAt);
          if (decoder.columns.rows >= ROWS_PER_BATCH) rowsReady();
        }
      }
    } catch (error) {
      if (!isYaguraError(error, 'input-malformed') || decoder.datagrams === 0) throw error;
      problem = error;
    }
  }
  return problem;
}
