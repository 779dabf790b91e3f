/**
 * The simulated country, flowing into a hub as a real sensor and real feeds would: through
 * files and the same way in. First what happened in the last 24 hours, then minute by minute.
 * The telescope catches up first; the carrier's flows follow, and then one search for C&C
 * servers, with leave that is asked for and recorded like any other.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseConstituents } from '../attribution/constituents-file.ts';
import { describeError } from '../engine/errors.ts';
import type { Hub } from '../main.ts';
import { CARRIER_SENSOR } from '../simulation/carrier.ts';
import { CarrierRun } from '../simulation/carrier-run.ts';
import { type Country, createCountry, DAY, HOUR, MINUTE } from '../simulation/country.ts';
import { flowCapture } from '../simulation/flow-exporter.ts';
import { type LiveCapture, liveTraffic } from '../simulation/live.ts';
import { constituentsYaml, sensorOf, TELESCOPE_SENSOR } from '../simulation/register.ts';
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
  await hub.importConstituents(parseConstituents(constituentsYaml(country), 'simulation'));
  await hub.setSensor(sensorOf(country));
  const inbox = openInbox(join(hub.config.data, 'incoming'));
  for (const file of inbox.left()) await take(hub, inbox, file, signal);
  const wait = (ms: number): Promise<void> => sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
  const begin = Math.floor((now - DAY) / HOUR) * HOUR;
  const from = Math.max(inbox.coveredUntil(TELESCOPE), begin);
  const flows = new Flows(hub, inbox, country, Math.max(inbox.coveredUntil(FLOWS), begin), signal);
  let notifiedAt = 0;
  for await (const capture of liveTraffic({ country, from, clock: hub.clock, wait, signal })) {
    if (signal.aborted) return;
    const midnight = Math.floor(capture.to / DAY) * DAY;
    if (midnight > capture.from)
      for (const { name, text } of feedReports(country, midnight)) await take(hub, inbox, inbox.put(name, text), signal);
    await take(hub, inbox, inbox.put(nameOf(TELESCOPE, capture), capture.bytes), signal);
    if (signal.aborted) return;
    inbox.cover(TELESCOPE, capture.to);
    if (capture.to <= hub.clock.now() - 2 * MINUTE) continue;
    // Caught up: the simulated centre writes to whom it has not written yet, once an hour.
    if (hub.clock.now() - notifiedAt > HOUR) {
      notifiedAt = hub.clock.now();
      await hub.notify('simulation');
    }
    await flows.catchUp(capture.to);
  }
}

/** The carrier's router: its exports up to a moment, six hours at most to a file. */
class Flows {
  readonly #hub: Hub;
  readonly #inbox: Inbox;
  readonly #run: CarrierRun;
  readonly #signal: AbortSignal;
  #until: number;
  #hasSearched = false;

  constructor(hub: Hub, inbox: Inbox, country: Country, from: number, signal: AbortSignal) {
    this.#hub = hub;
    this.#inbox = inbox;
    this.#run = new CarrierRun(country, [1]);
    this.#until = from;
    this.#signal = signal;
  }

  async catchUp(to: number): Promise<void> {
    let waiting: Uint8Array[] = [];
    for (const { from, exports } of this.#run.hours(this.#until, to, true)) {
      if (this.#signal.aborted) return;
      waiting.push(...exports.filter(({ length }) => length > 0));
      const end = Math.min(to, Math.floor(from / HOUR) * HOUR + HOUR);
      if (end < to && end % FLOW_FILE !== 0) continue;
      const name = nameOf(FLOWS, { from: this.#until, to: end });
      if (waiting.length > 0) await take(this.#hub, this.#inbox, this.#inbox.put(name, flowCapture(waiting)), this.#signal);
      if (this.#signal.aborted) return;
      waiting = [];
      this.#until = end;
      this.#inbox.cover(FLOWS, end);
    }
    if (!this.#hasSearched) await this.#search(to);
    this.#hasSearched = true;
  }

  /** One search over the last day, so that the workbench has something to decide on. */
  async #search(to: number): Promise<void> {
    const reason = 'Demonstration with simulated records / 模擬データによるデモ';
    const granted = await this.#post('/grants', { purpose: 'c2-detection', reason, hours: 1 });
    if (granted) await this.#post('/c2/runs', { from: to - DAY, to });
  }

  async #post(path: string, body: unknown): Promise<boolean> {
    const headers = { authorization: `Bearer ${this.#hub.localToken}`, 'content-type': 'application/json' };
    const response = await this.#hub.app.request(`http://localhost/api/v1${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    if (!response.ok)
      this.#hub.log.warn({ path, status: response.status, answer: await response.text() }, 'the demo could not search for servers');
    return response.ok;
  }
}

const TELESCOPE = 'telescope';
const FLOWS = 'flows';
/** What is caught up comes in larger files: each has its price. */
const FLOW_FILE = 6 * HOUR;

/**
 * Files wait here until they are taken completely. What an interrupted hub left is taken
 * first, byte for byte the same, so nothing is missing and nothing counts twice.
 */
interface Inbox {
  left(): string[];
  put(name: string, content: Uint8Array | string): string;
  remove(path: string): void;
  /** Everything of this kind up to then has been taken. */
  cover(kind: string, until: number): void;
  coveredUntil(kind: string): number;
}

function write(path: string, content: Uint8Array | string): void {
  writeFileSync(`${path}.part`, content);
  renameSync(`${path}.part`, path);
}

function openInbox(folder: string): Inbox {
  mkdirSync(folder, { recursive: true });
  // The telescope's mark is older than the other and kept its name.
  const markOf = (kind: string): string => join(folder, kind === TELESCOPE ? 'covered-until' : `covered-until-${kind}`);
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
    cover: (kind, until) => write(markOf(kind), String(until)),
    coveredUntil(kind) {
      const marked = existsSync(markOf(kind)) ? Number(readFileSync(markOf(kind), 'utf8')) : 0;
      return Math.max(marked, ...folderEnds(folder, kind));
    },
  };
}

/** Ends of the captures of a kind that are still in the folder, from their names. */
function folderEnds(folder: string, kind: string): number[] {
  const names = readdirSync(folder).filter((name) => name.startsWith(`${kind}-`));
  const ends = names.map((name) => /-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)\.pcap$/.exec(name)?.slice(1).map(Number));
  return ends.flatMap((parts) => (parts ? [Date.UTC(parts[0] ?? 0, (parts[1] ?? 1) - 1, parts[2], parts[3], parts[4])] : []));
}

const toMinuteText = (at: number): string => new Date(at).toISOString().slice(0, 16).replaceAll(/[-:]/g, '').replace('T', '-');

const nameOf = (kind: string, { from, to }: Pick<LiveCapture, 'from' | 'to'>): string =>
  `${kind}-${toMinuteText(from)}-${toMinuteText(to)}.pcap`;

async function take(hub: Hub, inbox: Inbox, path: string, signal: AbortSignal): Promise<void> {
  const name = basename(path);
  const sensor = name.startsWith(FLOWS) ? CARRIER_SENSOR : name.startsWith(TELESCOPE) ? TELESCOPE_SENSOR : undefined;
  try {
    await hub.pipeline.ingest({ path, name, ...(sensor === undefined ? {} : { sensor }), tenant: hub.config.tenant, signal });
    inbox.remove(path);
  } catch (error) {
    if (!signal.aborted) hub.log.warn({ file: name, reason: describeError(error) }, 'a simulated file was refused');
  }
}
