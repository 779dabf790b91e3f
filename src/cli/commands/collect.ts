/**
 * The edge collector: live input without stores, for places far from the hub. What it
 * decodes waits on its own disk until the hub has it.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { collectors } from '../../collectors/index.ts';
import { type Config, readConfig, readModuleSettings } from '../../engine/config.ts';
import { YaguraError } from '../../engine/errors.ts';
import { createLog, type Log } from '../../engine/log.ts';
import type { SourceConfig } from '../../engine/source-config.ts';
import { EdgeSender, parseHubUrl } from '../../live/edge-sender.ts';
import { createEdgeSink } from '../../live/edge-sink.ts';
import { EdgeSpool } from '../../live/edge-spool.ts';
import { startLiveInput } from '../../live/live-input.ts';
import { isLoopback } from '../../server/session.ts';
import { takeLock } from '../../store/state/lock.ts';
import { type Command, type Invocation, textOption } from '../command.ts';
import { describeSource, LIVE_OPTIONS, sourcesOf } from '../live-options.ts';
import { say } from '../output.ts';

const DEFAULT_SPOOL = 'yagura-spool';
const DEFAULT_LIMIT = '10G';
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

const command: Command = {
  usage:
    'collect --to URL --token-file FILE [--listen KIND[:PORT][@ADDRESS]]... [--capture FILE|-]... [--sensor ID] [--spool DIR] [--spool-limit 10G] [--config FILE]',
  summary: 'Decodes live input here and delivers it to a hub elsewhere; nothing is lost or doubled while the hub is away.',
  options: {
    ...LIVE_OPTIONS,
    to: { type: 'string' },
    'token-file': { type: 'string' },
    spool: { type: 'string' },
    'spool-limit': { type: 'string' },
    config: { type: 'string' },
  },
  async run(invocation) {
    const hub = parseHubUrl(required(invocation, 'to'));
    const token = readToken(required(invocation, 'token-file'));
    const folder = resolve(textOption(invocation, 'spool') ?? DEFAULT_SPOOL);
    const limit = parseSize(textOption(invocation, 'spool-limit') ?? DEFAULT_LIMIT);
    const config = readConfig({ file: textOption(invocation, 'config') });
    const sources = [...config.sources, ...sourcesOf(invocation)];
    if (sources.length === 0) throw new YaguraError('usage', `name at least one --listen or --capture. Usage: yagura ${command.usage}`);
    const log = createLog(config.log.level);
    if (hub.protocol === 'http:' && !isLoopback(hub.hostname))
      log.warn({ hub: hub.origin }, 'batches and token travel unencrypted; use https');

    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = takeLock(join(folder, 'lock'));
    try {
      const spool = await EdgeSpool.open(folder, limit);
      await deliver(spool, new EdgeSender({ spool, hub, token, log }), { config, sources, folder, log });
    } finally {
      lock.release();
    }
    return 0;
  },
};
export default command;

interface Collecting {
  readonly config: Config;
  readonly sources: readonly SourceConfig[];
  readonly folder: string;
  readonly log: Log;
}

/** Until it is asked to stop, or until all input has ended and the hub has it. */
async function deliver(spool: EdgeSpool, sender: EdgeSender, { config, sources, folder, log }: Collecting): Promise<void> {
  const stopping = new AbortController();
  try {
    const live = await startLiveInput({
      tenant: config.tenant,
      sources,
      collectors: collectors.map((module) => ({ module, settings: readModuleSettings(module, 'collectors', config) })),
      catalogue: import.meta.resolve('../../collectors/index.ts'),
      sink: createEdgeSink(spool, stopping.signal, log),
      folder: join(folder, 'sources'),
      now: Date.now,
      log,
    });
    for (const one of live.running) say(describeSource(one));
    sender.start();
    await Promise.race([live.ended.then(() => sender.drained()), askedToStop()]);
    say(spool.count === 0 ? 'Closing ...' : `Closing; ${spool.count} batches wait in ${folder} for the next start ...`);
    await live.stop();
    stopping.abort();
  } finally {
    await sender.stop();
  }
}

function required(invocation: Invocation, name: string): string {
  const value = textOption(invocation, name);
  if (value === undefined) throw new YaguraError('usage', `--${name} is missing. Usage: yagura ${command.usage}`);
  return value;
}

/** In a file, because every user of a machine can read command lines. */
function readToken(file: string): string {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (/^\S{16,}$/.test(token)) return token;
  } catch (cause) {
    throw new YaguraError('config-invalid', 'the file with the token cannot be read', { file, cause });
  }
  throw new YaguraError('config-invalid', 'the file must hold one token, as yagura tokens create printed it', { file });
}

function parseSize(text: string): number {
  const [, digits, unit] = /^(\d+)([KMGT]?)$/.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit ?? ''] ?? 1);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new YaguraError('usage', `--spool-limit takes a size like 500M or 10G, not "${text}"`);
}

function askedToStop(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
}
