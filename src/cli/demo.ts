/**
 * The simulated country, flowing into a hub as a real sensor and real feeds would: through
 * files and the same way in. First what happened in the last 24 hours, then minute by minute.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConstituents } from '../attribution/constituents-file.ts';
import { describeError } from '../engine/errors.ts';
import type { Hub } from '../main.ts';
import { createCountry, DAY, HOUR, MINUTE } from '../simulation/country.ts';
import { type LiveCapture, liveTraffic } from '../simulation/live.ts';
import { constituentsYaml, sensorOf } from '../simulation/register.ts';
import { feedReports } from '../simulation/reports.ts';

export interface Demo {
  stop(): Promise<void>;
}

export function startDemo(hub: Hub, seed: number): Demo {
  const stopping = new AbortController();
  const running = flow(hub, seed, stopping.signal).catch((error: unknown) => {
    if (!stopping.signal.aborted) hub.log.error({ err: error }, 'the demo stopped');
  });
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function flow(hub: Hub, seed: number, signal: AbortSignal): Promise<void> {
  const now = hub.clock.now();
  const country = createCountry({ seed, scale: 'small', until: now });
  const sensor = sensorOf(country);
  await hub.importConstituents(parseConstituents(constituentsYaml(country), 'simulation'));
  await hub.setSensor(sensor);
  const inbox = openInbox(join(hub.config.data, 'incoming'));
  for (const file of inbox.left()) await take(hub, inbox, file, sensor.id, signal);
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
  const from = Math.max(inbox.coveredUntil(), Math.floor((now - DAY) / HOUR) * HOUR);
  let notifiedAt = 0;
  for await (const capture of liveTraffic({ country, from, clock: hub.clock, wait, signal })) {
    if (signal.aborted) return;
    const midnight = Math.floor(capture.to / DAY) * DAY;
    if (midnight > capture.from)
      for (const { name, text } of feedReports(country, midnight)) await take(hub, inbox, inbox.put(name, text), undefined, signal);
    await take(hub, inbox, inbox.put(nameOf(capture), capture.bytes), sensor.id, signal);
    if (signal.aborted) return;
    inbox.cover(capture.to);
    // Caught up: the simulated centre writes to whom it has not written yet, once an hour.
    if (capture.to > hub.clock.now() - 2 * MINUTE && hub.clock.now() - notifiedAt > HOUR) {
      notifiedAt = hub.clock.now();
      await hub.notify('simulation');
    }
  }
}

/**
 * Files wait here until they are taken completely. What an interrupted hub left is taken
 * first, byte for byte the same, so nothing is missing and nothing counts twice.
 */
interface Inbox {
  left(): string[];
  put(name: string, content: Uint8Array | string): string;
  remove(path: string): void;
  cover(until: number): void;
  coveredUntil(): number;
}

function write(path: string, content: Uint8Array | string): void {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

function openInbox(folder: string): Inbox {
  mkdirSync(folder, { recursive: true });
  const mark = join(folder, 'covered-until');
  return {
    left: () =>
      readdirSync(folder)
        .filter((name) => name.endsWith('.pcap') || name.endsWith('.csv'))
        .map((name) => join(folder, name)),
    put(name, content) {
      const path = join(folder, name);
      write(path, content);
      return path;
    },
    remove: (path) => rmSync(path, { force: true }),
    cover: (until) => write(mark, String(until)),
    coveredUntil: () => Math.max(existsSync(mark) ? Number(readFileSync(mark, 'utf8')) : 0, ...folderEnds(folder)),
  };
}

/** Ends of the captures still in the folder, from their names. */
function folderEnds(folder: string): number[] {
  const ends = readdirSync(folder).map((name) => /-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)\.pcap$/.exec(name)?.slice(1).map(Number));
  return ends.flatMap((parts) => (parts ? [Date.UTC(parts[0] ?? 0, (parts[1] ?? 1) - 1, parts[2], parts[3], parts[4])] : []));
}

const toMinuteText = (at: number): string => new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-');

const nameOf = ({ from, to }: LiveCapture): string => `telescope-${toMinuteText(from)}-${toMinuteText(to)}.pcap`;

async function take(hub: Hub, inbox: Inbox, path: string, sensor: string | undefined, signal: AbortSignal): Promise<void> {
  const name = basename(path);
  try {
    await hub.pipeline.ingest({ path, name, ...(name.endsWith('.pcap') ? { sensor } : {}), tenant: hub.config.tenant, signal });
    inbox.remove(path);
  } catch (error) {
    if (!signal.aborted) hub.log.warn({ file: name, reason: describeError(error) }, 'a simulated file was refused');
  }
}
