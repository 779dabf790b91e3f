/** Exports as they arrive on a UDP port: the decoder, and a memory that survives restarts. */
import type { CollectedBatch, DatagramDecoder, LiveContext } from '../../engine/modules.ts';
import { takeColumns } from '../../flow/collect-datagrams.ts';
import type { Origin } from '../../flow/datagram-files.ts';
import { NetflowDecoder } from './decoder.ts';
import { recall, remember } from './memory.ts';
import type { NetflowSettings } from './schema.ts';

/** Templates change rarely; a crash may cost the changes of the last minute. */
const REMEMBER_EVERY_MS = 60_000;

export async function openExports(settings: NetflowSettings, context: LiveContext): Promise<DatagramDecoder> {
  const decoder = new NetflowDecoder({
    settings,
    isLive: true,
    quarantine: (exporter, reason, excerpt) => context.quarantine(exporter, reason, excerpt()),
  });
  await recall(context.folder, decoder, context.log);
  return new LiveExports(decoder, context);
}

class LiveExports implements DatagramDecoder {
  readonly #decoder: NetflowDecoder;
  readonly #context: LiveContext;
  #given = 0;
  #remembered: number;
  #rememberedAt = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(decoder: NetflowDecoder, context: LiveContext) {
    this.#decoder = decoder;
    this.#context = context;
    this.#remembered = decoder.changes;
  }

  take(datagram: Uint8Array, from: Origin, receivedAt: number): void {
    this.#decoder.take(datagram, from, receivedAt);
  }

  flush(now: number): Omit<CollectedBatch, 'findings'> {
    const decoder = this.#decoder;
    decoder.expire(now);
    decoder.settleLosses(now);
    const batch = { records: decoder.records - this.#given, columns: takeColumns(decoder, this.#context) };
    this.#given = decoder.records;
    if (now - this.#rememberedAt >= REMEMBER_EVERY_MS) this.#remember(now);
    return batch;
  }

  async close(): Promise<void> {
    this.#remember(this.#rememberedAt);
    await this.#writing;
  }

  #remember(now: number): void {
    const { changes } = this.#decoder;
    this.#rememberedAt = now;
    if (changes === this.#remembered) return;
    this.#remembered = changes;
    // One writer at a time; a failure costs the memory, not the flows.
    this.#writing = this.#writing
      .then(() => remember(this.#context.folder, this.#decoder))
      .catch((error: unknown) => this.#context.log.warn({ err: error }, 'templates could not be written down'));
  }
}
