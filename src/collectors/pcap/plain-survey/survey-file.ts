/**
 * The short way through the captures telescopes write: classic, little-endian, Ethernet.
 *
 * A compiled loop counts what it knows and hands the rest to the general decoder packet by
 * packet. Large files are cut into slices counted side by side: a border is guessed from a
 * chain of plausible records and proved when the slice before it ends exactly there. A
 * file that is cut or damaged is left to the general reader as a whole, which knows how to
 * say so. Both ways give the same counts.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { MOST_CAPTURED } from '../../../capture/frames.ts';
import { LINK } from '../../../capture/numbers.ts';
import { ticksOfPlain } from '../../../capture/plain-capture.ts';
import { TUNNEL_PORTS } from '../../../capture/tunnel-ports.ts';
import type { PacketSurvey } from '../packet-survey.ts';
import type { Survey } from '../survey.ts';
import { compileKernel, Kernel } from './kernel.ts';
import { countSlice, type SliceResult } from './slice.ts';
import type { WorkerResult, WorkerTask } from './worker.ts';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MOST_SLICES = 8;
/** Below this a second thread starts later than the first ends. */
const LEAST_SLICE = 48 << 20;
const BORDER_WINDOW = 1 << 20;
/** So many plausible records in a row are taken for a border. */
const CHAIN = 24;
/** A capture is supposed to span less than this; only borders depend on it. */
const MOST_SECONDS = 366 * 86_400;

export interface SliceOptions {
  readonly leastSlice?: number;
  readonly threads?: number;
}

/** False when the file needs the general reader; then `survey` must be thrown away. */
export async function surveyPlainCapture(path: string, survey: Survey, options: SliceOptions = {}): Promise<boolean> {
  // A folder or a forbidden file is the general reader's to explain.
  const size = statSync(path, { throwIfNoEntry: false })?.isFile() ? statSync(path).size : 0;
  if (size === 0) return false;
  const file = openSync(path, 'r');
  try {
    const head = new DataView(new ArrayBuffer(FILE_HEADER + RECORD_HEADER));
    const length = readSync(file, head, 0, head.byteLength, 0);
    const ticksPerSecond = length < FILE_HEADER ? 0 : ticksOfPlain(head);
    if (ticksPerSecond === 0) return false;
    survey.ticksPerMilli = ticksPerSecond / 1000;
    survey.links[LINK.ethernet] = 1;
    const borders = findBorders(file, size, ticksPerSecond, head.getUint32(FILE_HEADER, true), options);
    return await surveySlices({ path, file, size, ticksPerSecond, borders }, survey);
  } finally {
    closeSync(file);
  }
}

interface Sliced {
  readonly path: string;
  readonly file: number;
  readonly size: number;
  readonly ticksPerSecond: number;
  /** Where each slice but the first begins. */
  readonly borders: readonly number[];
}

async function surveySlices({ path, file, size, ticksPerSecond, borders }: Sliced, survey: Survey): Promise<boolean> {
  const common = { module: compileKernel(), mostCaptured: MOST_CAPTURED, ticksPerSecond, tunnelPorts: TUNNEL_PORTS };
  const others = Promise.all(borders.map((from, i) => startWorker({ ...common, path, from, until: borders[i + 1] ?? size })));
  others.catch(() => undefined); // met below
  const kernel = new Kernel(common);
  const slices: SliceResult[] = [countSlice(kernel, file, FILE_HEADER, borders[0] ?? size)];
  for (const other of await others) {
    kernel.addSources(other.sources);
    slices.push(other);
  }
  if (slices.some(({ end }, i) => end !== (borders[i] ?? size))) return false;
  for (const { counts } of slices) survey.addCounts(counts);
  if (slices.some(({ unusual }) => unusual.length > 0)) {
    const { PacketSurvey } = await import('../packet-survey.ts');
    const packets = new PacketSurvey(survey);
    for (const slice of slices) takeUnusual(packets, slice);
    kernel.addSources(survey.sources.values());
  }
  survey.countedSources = kernel.sourceCount;
  return true;
}

function takeUnusual(packets: PacketSurvey, { unusual, bytes }: SliceResult): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < unusual.length; i += 3) {
    packets.takePacket(view, unusual[i] as number, unusual[i + 1] as number, unusual[i + 2] as number, LINK.ethernet);
  }
}

function startWorker(task: WorkerTask): Promise<WorkerResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: task });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function findBorders(file: number, size: number, ticks: number, firstSecond: number, options: SliceOptions): number[] {
  const { leastSlice = LEAST_SLICE, threads = availableParallelism() } = options;
  const slices = Math.min(MOST_SLICES, threads, Math.floor(size / leastSlice));
  // The first slice is counted while the other threads are still starting.
  const length = (size - leastSlice) / slices;
  const borders: number[] = [];
  for (let slice = 1; slice < slices; slice++) {
    const border = findBorder(file, Math.floor(leastSlice + length * slice), ticks, firstSecond);
    if (border < 0 || border <= (borders.at(-1) ?? 0)) return [];
    borders.push(border);
  }
  return borders;
}

/** The first offset from `from` on that begins a chain of plausible records, -1 without one. */
function findBorder(file: number, from: number, ticks: number, firstSecond: number): number {
  const view = new DataView(new ArrayBuffer(BORDER_WINDOW));
  const length = readSync(file, view, 0, BORDER_WINDOW, from);
  for (let at = 0; at < length >> 1; at++) {
    if (isChain(view, at, length, ticks, firstSecond)) return from + at;
  }
  return -1;
}

function isChain(view: DataView, from: number, length: number, ticks: number, firstSecond: number): boolean {
  let at = from;
  for (let record = 0; record < CHAIN; record++) {
    if (at + RECORD_HEADER > length) return false;
    const present = view.getUint32(at + 8, true);
    const isPlausible =
      present <= MOST_CAPTURED &&
      present <= view.getUint32(at + 12, true) &&
      view.getUint32(at + 4, true) < ticks &&
      Math.abs(view.getUint32(at, true) - firstSecond) < MOST_SECONDS;
    if (!isPlausible) return false;
    at += RECORD_HEADER + present;
  }
  return true;
}
