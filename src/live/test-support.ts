/**
 * A decoder small enough to check by hand: a datagram is a number per four bytes, each
 * becomes a flow record whose source port and packets tell it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import { type Collector, defineCollector, type LiveContext } from '../engine/modules.ts';
import { FlowColumns } from '../flow/flow-columns.ts';
import type { LiveBatch, LiveSink } from './live-batch.ts';
import type { WorkerOrder } from './worker-protocol.ts';

function decoderOf(context: LiveContext) {
  const columns = new FlowColumns();
  return {
    take(datagram: Uint8Array, from: { readonly address: string }, receivedAt: number): void {
      if (datagram.length % 4 !== 0) return context.quarantine(from.address, { code: 'odd', parameters: {} }, 'odd');
      const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
      const rows = datagram.length / 4;
      columns.reserve(rows);
      const exporter = columns.exporterIndex(from.address);
      for (let i = 0; i < rows; i++) {
        const row = columns.rows++;
        columns.start[row] = receivedAt;
        columns.exporter[row] = exporter;
        columns.source.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1], row * 16);
        columns.destination.set([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 198, 51, 100, 1], row * 16);
        columns.packets[row * 2] = view.getUint32(i * 4);
        columns.sampling[row] = 1;
      }
    },
    flush() {
      const records = columns.rows;
      return { records, columns: records > 0 ? [columns.take(context.tenant, context.sensor)] : [] };
    },
    close: () => Promise.resolve(),
  };
}

const numbers = defineCollector({
  id: 'numbers',
  title: { ja: '数', en: 'Numbers' },
  description: { ja: '試験用です。', en: 'For tests.' },
  input: 'flow',
  settings: z.strictObject({}),
  reasons: { odd: { ja: '長さが違います。', en: 'The length is wrong.' } },
  datagrams: { port: 2055, open: (_settings, context) => Promise.resolve(decoderOf(context)) },
  recognises: () => 0,
  inspect: () => Promise.resolve({}),
  // biome-ignore lint/correctness/useYield: it reads no files
  async *collect() {},
});

/** @public The catalogue that the workers of these tests load. */
export const collectors: readonly Collector[] = [numbers];

/** A store that forgets nothing, recognises tokens as the real one does, and can be told to be away. */
export class TestSink implements LiveSink {
  readonly stored = new Map<string, LiveBatch>();
  readonly alarms: string[] = [];
  readonly aside: LiveBatch[] = [];
  repeated = 0;
  #problem: (() => Error) | undefined;
  #gate: PromiseWithResolvers<void> | undefined;

  store = async (batch: LiveBatch): Promise<void> => {
    await this.#gate?.promise;
    if (this.#problem) throw this.#problem();
    if (this.stored.has(batch.token)) this.repeated++;
    else this.stored.set(batch.token, batch);
  };

  setAside = (batch: LiveBatch): Promise<void> => Promise.resolve(void this.aside.push(batch));

  alarm = (_origin: unknown, { code }: { readonly code: string }): Promise<void> => Promise.resolve(void this.alarms.push(code));

  failWith(problem: (() => Error) | undefined): void {
    this.#problem = problem;
  }

  hold(): void {
    this.#gate = Promise.withResolvers();
  }

  release(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  /** Sum of a counter over the stored rows of a table. */
  sum(table: ColumnBatch['table'], column: string): number {
    let total = 0;
    for (const { columns } of this.stored.values()) {
      for (const batch of columns) if (batch.table === table) total += sumOf(batch, column);
    }
    return total;
  }
}

function sumOf(batch: ColumnBatch, name: string): number {
  const column = batch.columns[name];
  let total = 0;
  if (ArrayBuffer.isView(column)) for (let row = 0; row < batch.rows; row++) total += Number(column[row]);
  return total;
}

export const CATALOGUE = { tests: import.meta.url, ours: new URL('../collectors/index.ts', import.meta.url).href };

export function orderOf(input: WorkerOrder['input'], folder: string, more: Partial<WorkerOrder> = {}): WorkerOrder {
  const isUdp = input.kind === 'udp';
  return {
    catalogue: isUdp ? CATALOGUE.tests : CATALOGUE.ours,
    collector: isUdp ? 'numbers' : 'pcap',
    settings: {},
    tenant: 'main',
    sensor: 'dark-1',
    source: 'test',
    folder,
    input,
    pseudonyms: undefined,
    logLevel: 'silent',
    flushMs: 50,
    ...more,
  };
}

export async function until(isSo: () => boolean, patienceMs = 15_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('it did not come to pass in time');
    await sleep(20);
  }
}
