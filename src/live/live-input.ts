/**
 * Starts the configured sources and ends them together; the hub and an edge collector use
 * it alike, only their sinks differ.
 */
import { join, resolve } from 'node:path';
import { YaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import type { Collector } from '../engine/modules.ts';
import type { Configured } from '../engine/pipeline.ts';
import type { SourceConfig } from '../engine/source-config.ts';
import type { LiveKeeping } from '../packets/packet-store.ts';
import { FolderSource } from './folder-source.ts';
import type { LiveSink } from './live-batch.ts';
import { LiveSource } from './live-source.ts';
import type { WorkerInput, WorkerOrder } from './worker-protocol.ts';

export interface LiveInputParts {
  readonly tenant: string;
  readonly sources: readonly SourceConfig[];
  readonly collectors: readonly Configured<Collector>[];
  /** Module the workers load the collectors from. */
  readonly catalogue: string;
  readonly sink: LiveSink;
  /** Everything that must survive restarts. */
  readonly folder: string;
  readonly now: () => number;
  readonly log: Log;
  /** How raw packets of a capture are kept; absent where none are. */
  readonly keeping?: ((sensor: string, source: string) => LiveKeeping | undefined) | undefined;
  /** Takes a finished file in; absent where there is no store. */
  readonly takeFile?: ((path: string, collector: string, sensor: string) => Promise<void>) | undefined;
}

/** One source as it runs. */
export interface RunningSource {
  readonly kind: string;
  readonly sensor: string;
  readonly source: string;
  /** UDP port; 0 for files. */
  readonly port: number;
  readonly bufferBytes: number;
}

export interface LiveInput {
  readonly running: readonly RunningSource[];
  /** Resolves when every source has ended by itself: standard input, mostly. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Opens all sources or none. Throws YaguraError when one cannot be opened as configured. */
export async function startLiveInput(parts: LiveInputParts): Promise<LiveInput> {
  refuseTwice(parts.sources);
  const running: RunningSource[] = [];
  const ends: Promise<void>[] = [];
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => void (await Promise.all(stops.map((one) => one())));
  try {
    for (const source of parts.sources) {
      const started = await startOne(parts, source);
      running.push(started.running);
      ends.push(started.ended);
      stops.push(started.stop);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { running, ended: Promise.all(ends).then(() => undefined), stop };
}

interface Started {
  readonly running: RunningSource;
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
}

async function startOne(parts: LiveInputParts, config: SourceConfig): Promise<Started> {
  const configured = collectorOf(parts, config);
  return config.folder === undefined
    ? startStream(parts, config, configured)
    : startFolder(parts, config, configured.module.id, config.folder);
}

/** 'capture' is what an operator calls the collector of captures. */
function collectorOf({ collectors }: LiveInputParts, { kind }: SourceConfig): Configured<Collector> {
  const id = kind === 'capture' ? 'pcap' : kind;
  const found = collectors.find(({ module }) => module.id === id && (module.datagrams ?? module.stream));
  if (found) return found;
  const known = collectors
    .filter(({ module }) => module.datagrams ?? module.stream)
    .map(({ module }) => module.id.replace(/^pcap$/, 'capture'));
  throw new YaguraError('config-invalid', `nothing can read the live input "${kind}"; known are ${known.join(', ')}`);
}

async function startStream(parts: LiveInputParts, config: SourceConfig, { module, settings }: Configured<Collector>): Promise<Started> {
  const input = inputOf(config, module);
  const name = nameOf(config.kind, input);
  const packets = module.input === 'capture' ? parts.keeping?.(config.sensor, name) : undefined;
  // Kept packets would tell the addresses that pseudonyms hide.
  if (packets && config.pseudonyms) {
    throw new YaguraError('config-invalid', `packets.sensors.${config.sensor}: a source with pseudonyms cannot keep raw packets`);
  }
  const order: WorkerOrder = {
    catalogue: parts.catalogue,
    collector: module.id,
    settings,
    tenant: parts.tenant,
    sensor: config.sensor,
    source: name,
    folder: stateFolder(parts.folder, config, name),
    input,
    pseudonyms: config.pseudonyms,
    packets,
    logLevel: parts.log.level,
    flushMs: config.flushSeconds * 1000,
  };
  const source = new LiveSource(order, parts.sink, parts.log);
  const open = await source.start();
  const running = { kind: config.kind, sensor: config.sensor, source: name, ...open };
  parts.log.debug(running, 'live input is open');
  return { running, ended: source.ended, stop: () => source.stop() };
}

function inputOf({ port, address, file, kind }: SourceConfig, module: Collector): WorkerInput {
  if (file === '-') return { kind: 'standard-input' };
  if (file !== undefined) return { kind: 'file', path: resolve(file) };
  if (!module.datagrams) throw new YaguraError('config-invalid', `the source "${kind}" needs a file or a folder`);
  return { kind: 'udp', port: port ?? module.datagrams.port, address };
}

function nameOf(kind: string, input: WorkerInput): string {
  if (input.kind === 'standard-input') return 'standard input';
  if (input.kind === 'file') return input.path;
  return `${kind} ${input.address.includes(':') ? `[${input.address}]` : input.address}:${input.port}`;
}

async function startFolder(parts: LiveInputParts, config: SourceConfig, collector: string, path: string): Promise<Started> {
  const { takeFile } = parts;
  if (!takeFile)
    throw new YaguraError(
      'config-invalid',
      'an edge collector has no store to take files in; use a port, a growing file or standard input',
    );
  const folder = resolve(path);
  const source = new FolderSource({
    folder,
    after: config.after,
    settleMs: config.settleSeconds * 1000,
    stateFolder: stateFolder(parts.folder, config, folder),
    take: (file) => takeFile(file, collector, config.sensor),
    now: parts.now,
    log: parts.log,
  });
  await source.start();
  const running = { kind: config.kind, sensor: config.sensor, source: folder, port: 0, bufferBytes: 0 };
  return { running, ended: new Promise(() => undefined), stop: () => source.stop() };
}

function stateFolder(root: string, { kind, sensor }: SourceConfig, name: string): string {
  return join(root, `${kind}-${sensor}-${name}`.replaceAll(/[^A-Za-z0-9_.-]+/g, '_').slice(0, 200));
}

/** Two readers of one input would count everything twice. */
function refuseTwice(sources: readonly SourceConfig[]): void {
  const seen = new Set<string>();
  for (const { kind, port, address, file, folder } of sources) {
    const key = JSON.stringify([file ?? folder ?? [kind, port, address]]);
    if (seen.has(key))
      throw new YaguraError('config-invalid', `the source ${file ?? folder ?? `${kind} ${address}:${port ?? ''}`} is named twice`);
    seen.add(key);
  }
}
