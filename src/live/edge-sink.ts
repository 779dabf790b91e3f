/** Where live batches of an edge collector go: into its spool, on the way to the hub. */
import type { Log } from '../engine/log.ts';
import type { EdgeSpool } from './edge-spool.ts';
import type { LiveAlarm, LiveBatch, LiveSink } from './live-batch.ts';

export function createEdgeSink(spool: EdgeSpool, signal: AbortSignal, log: Log): LiveSink {
  return {
    store: (batch) => spool.put(batch, signal),
    // Only the hub refuses batches; what cannot even be spooled is a fault of this program.
    setAside: (batch, error) =>
      Promise.resolve(log.error({ err: error, source: batch.source, records: batch.records }, 'a batch could not be spooled and is lost')),
    alarm: (origin: Pick<LiveBatch, 'source'>, { code, text }: LiveAlarm) =>
      Promise.resolve(log.error({ code, source: origin.source }, text.en)),
  };
}
