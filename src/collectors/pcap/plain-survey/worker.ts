/** Counts one slice of a capture beside the main thread. */
import { openSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Kernel, type KernelTask } from './kernel.ts';
import { countSlice, type SliceResult } from './slice.ts';

export interface WorkerTask extends KernelTask {
  readonly path: string;
  readonly from: number;
  readonly until: number;
}

export interface WorkerResult extends SliceResult {
  readonly sources: Int32Array;
}

const task = workerData as WorkerTask;
const kernel = new Kernel(task);
const slice = countSlice(kernel, openSync(task.path, 'r'), task.from, task.until);
parentPort?.postMessage({ ...slice, sources: kernel.sources() } satisfies WorkerResult);
