/** What the hub and a worker that reads live input say to each other. */
import type { LiveKeeping } from '../packets/packet-store.ts';
import type { LiveBatch } from './live-batch.ts';

export type WorkerInput =
  | { readonly kind: 'udp'; readonly port: number; readonly address: string }
  | { readonly kind: 'standard-input' }
  | { readonly kind: 'file'; readonly path: string };

export interface WorkerOrder {
  /** Module with the list of collectors. */
  readonly catalogue: string;
  readonly collector: string;
  /** Already checked by the collector's own schema. */
  readonly settings: unknown;
  readonly tenant: string;
  readonly sensor: string;
  readonly source: string;
  /** Survives restarts: checkpoints, template caches. */
  readonly folder: string;
  readonly input: WorkerInput;
  readonly pseudonyms: { readonly keyFile: string; readonly prefixes: readonly string[] } | undefined;
  /** Set when raw packets of the sensor are kept. */
  readonly packets?: LiveKeeping | undefined;
  readonly logLevel: string;
  /** A batch about this often. */
  readonly flushMs: number;
}

export type FromWorker =
  /** Input is open. For UDP: where, and how many bytes of buffer the kernel granted. */
  | { readonly type: 'open'; readonly port: number; readonly bufferBytes: number }
  | { readonly type: 'batch'; readonly batch: LiveBatch }
  /** No more will come: the input ended, or it was asked to stop. */
  | { readonly type: 'ended' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

export type ToWorker = { readonly type: 'stored'; readonly token: string } | { readonly type: 'stop' };

/** What the worker drives, whatever the input is. */
export interface InputReader {
  /** Resolves when the input ended or was stopped and everything was handed over. */
  run(): Promise<void>;
  stop(): void;
}
