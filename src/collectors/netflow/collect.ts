/**
 * Files of exports as batches of flow rows.
 *
 * Borders between batches depend on rows and datagrams alone, so the same file always
 * gives the same batches. Sequence gaps and waiting data are settled once, at the end.
 */
import { setImmediate } from 'node:timers/promises';
import type { ColumnBatch } from '../../domain/telemetry-table.ts';
import type { CollectContext, CollectedBatch, Input } from '../../engine/modules.ts';
import { readDatagrams } from '../../flow/datagram-files.ts';
import { NetflowDecoder } from './decoder.ts';
import { EXPORTS } from './recognise.ts';
import type { NetflowSettings } from './schema.ts';

/** A batch is handed over when it has this many rows. */
const ROWS_PER_BATCH = 250_000;
/** What is set aside is counted in full; the bytes of only so many are kept. */
const MOST_EXCERPTS = 1000;

export async function* collectExports(input: Input, settings: NetflowSettings, context: CollectContext): AsyncGenerator<CollectedBatch> {
  let excerpts = 0;
  const decoder = new NetflowDecoder({
    settings,
    isLive: false,
    quarantine: (_exporter, reason, excerpt) =>
      context.quarantine(decoder.tally.datagrams, reason, excerpts++ < MOST_EXCERPTS ? excerpt() : ''),
  });
  let given = 0;
  let last = 0;
  const batch = (): CollectedBatch => {
    const records = decoder.tally.records + decoder.tally.quarantined;
    const taken = { records: records - given, columns: takeColumns(decoder, context), findings: [] };
    given = records;
    return taken;
  };
  let fault: unknown;
  try {
    for await (const { datagrams, position } of readDatagrams(input, EXPORTS)) {
      for (const { bytes, from, receivedAt } of datagrams) {
        context.signal.throwIfAborted();
        decoder.take(bytes, from, receivedAt);
        decoder.expire(receivedAt);
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
  decoder.giveUp();
  decoder.settleLosses(last);
  if (decoder.columns.rows > 0 || decoder.minutes.count > 0) yield batch();
  if (fault !== undefined) throw fault;
}

export function takeColumns(
  decoder: NetflowDecoder,
  { tenant, sensor }: { readonly tenant: string; readonly sensor: string },
): ColumnBatch[] {
  const flows = decoder.columns.rows > 0 ? decoder.columns.take(tenant, sensor) : undefined;
  const minutes = decoder.minutes.take(tenant, sensor);
  return [flows, minutes].filter((columns) => columns !== undefined);
}
