/**
 * sFlow files as batches of flow rows, and what is in them.
 *
 * Borders between batches depend on rows alone, so the same file always gives the same batches.
 */
import { setImmediate } from 'node:timers/promises';
import type { ColumnBatch } from '../../domain/telemetry-table.ts';
import { isYaguraError, type YaguraError } from '../../engine/errors.ts';
import type { CollectContext, CollectedBatch, Input } from '../../engine/modules.ts';
import { readDatagrams } from '../../flow/datagram-files.ts';
import { SflowDecoder } from './decoder.ts';
import { SFLOW } from './recognise.ts';
import type { SflowSettings } from './schema.ts';

const ROWS_PER_BATCH = 250_000;
/** What is set aside is counted in full; the bytes of only so many are kept. */
const MOST_EXCERPTS = 1000;

export async function* collectSamples(input: Input, _settings: SflowSettings, context: CollectContext): AsyncGenerator<CollectedBatch> {
  let excerpts = 0;
  const decoder: SflowDecoder = new SflowDecoder((_exporter, reason, excerpt) =>
    context.quarantine(decoder.tally.datagrams, reason, excerpts++ < MOST_EXCERPTS ? excerpt() : ''),
  );
  let given = 0;
  let last = 0;
  const batch = (): CollectedBatch => {
    const records = recordsOf(decoder);
    const taken = { records: records - given, columns: takeColumns(decoder, context), findings: [] };
    given = records;
    return taken;
  };
  let fault: unknown;
  try {
    for await (const { datagrams, position } of readDatagrams(input, SFLOW)) {
      for (const { bytes, from, receivedAt } of datagrams) {
        context.signal.throwIfAborted();
        decoder.take(bytes, from.address, receivedAt);
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
  decoder.settleLosses(last);
  if (decoder.columns.rows > 0 || decoder.minutes.count > 0) yield batch();
  if (fault !== undefined) throw fault;
}

/** Samples of packets, and datagrams of which not all could be read. */
export const recordsOf = ({ tally }: SflowDecoder): number => tally.flowSamples + tally.broken;

export function takeColumns(
  decoder: SflowDecoder,
  { tenant, sensor }: { readonly tenant: string; readonly sensor: string },
): ColumnBatch[] {
  const flows = decoder.columns.rows > 0 ? decoder.columns.take(tenant, sensor) : undefined;
  const minutes = decoder.minutes.take(tenant, sensor);
  return [flows, minutes].filter((columns) => columns !== undefined);
}

/** Says what is in files, read as one stream in the order given. */
export async function inspectSamples(inputs: readonly Input[]): Promise<Record<string, unknown>> {
  const decoder = new SflowDecoder(() => undefined);
  let problem: YaguraError | undefined;
  for (const input of inputs) {
    try {
      for await (const { datagrams } of readDatagrams(input, SFLOW)) {
        for (const { bytes, from, receivedAt } of datagrams) decoder.take(bytes, from.address, receivedAt);
        decoder.columns.take('', '');
        decoder.minutes.take('', '');
      }
    } catch (error) {
      // A file that is damaged further on still says what it has.
      if (!isYaguraError(error, 'input-malformed') || decoder.tally.datagrams === 0) throw error;
      problem = error;
    }
  }
  const { tally } = decoder;
  return {
    export_datagrams: tally.datagrams,
    versions: ['5'],
    agents: decoder.agents,
    sample_headers: tally.samples,
    flow_samples: tally.flowSamples,
    records_with_ipv4_src: tally.ipv4Records,
    records_with_ipv6_src: tally.ipv6Records,
    sampling_intervals: [...tally.rates].sort((a, b) => a - b),
    lost: decoder.takeLost(),
    malformed: tally.broken,
    ...(tally.ipv6Datagrams > 0 && { ipv6_packets: tally.ipv6Datagrams }),
    ...(problem && { problem: problem.message }),
  };
}
