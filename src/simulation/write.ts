/**
 * Writes a simulated span of time as files: captures by the hour, reports, the register,
 * the assignment log and the truth. Streams, so memory does not grow with the scale.
 */
import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatIpv4Number } from '../domain/address.ts';
import { YaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import { CarrierRun } from './carrier-run.ts';
import { assignmentLog, type Country, createCountry, DAY, DEFAULT_UNTIL, HOUR, researchAddress, type Scale } from './country.ts';
import { eventTruth } from './event-truth.ts';
import { RESEARCH_GROUPS } from './organisations.ts';
import { captureHeader } from './packet.ts';
import { constituentsYaml, sensorOf, sensorYaml } from './register.ts';
import { feedRecords, feedReports, type ReportRecord } from './reports.ts';
import { plantedByReports, Tally } from './tally.ts';
import { trafficBetween, type Witness } from './traffic.ts';
import type { Planted, Truth } from './truth.ts';

export interface SimulateOptions {
  readonly seed: number;
  readonly scale: Scale;
  readonly directory: string;
  /** End of the 24 hours, Unix ms; a fixed moment unless given, so that the files are always the same. */
  readonly until?: number | undefined;
  /** The carrier's router looks at one packet in so many; null: no carrier. */
  readonly sampling?: number | null | undefined;
  readonly log: Log;
  readonly progress?: ((progress: SimulateProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface SimulateProgress {
  readonly packets: number;
  readonly bytes: number;
  /** 0..1 */
  readonly done: number;
}

export interface SimulateReport {
  readonly directory: string;
  readonly captures: readonly string[];
  /** Exports of the carrier's router, as captures of datagrams. */
  readonly flows: readonly string[];
  readonly reports: readonly string[];
  readonly packets: number;
  readonly bytes: number;
  readonly planted: number;
}

/** Throws 'input-unreadable' when the folder cannot be written. */
export async function simulate(options: SimulateOptions): Promise<SimulateReport> {
  const { seed, scale, directory, until = DEFAULT_UNTIL, sampling = 1, log } = options;
  const country = createCountry({ seed, scale, until });
  const from = until - DAY;
  try {
    await mkdir(directory, { recursive: true });
    const tally = new Tally();
    const captures = await writeCaptures(country, from, until, directory, {
      witness: tally,
      progress: options.progress,
      signal: options.signal,
    });
    const carrier = sampling === null ? undefined : new CarrierRun(country, [sampling]);
    const flows = carrier ? await writeFlows(carrier, from, until, directory, options.signal) : [];
    const reports = await writeReports(country, Math.floor(until / DAY) * DAY, directory);
    await writeFile(join(directory, 'constituents.yaml'), constituentsYaml(country));
    await writeFile(join(directory, 'sensor.yaml'), sensorYaml(country));
    const assignments = await writeAssignments(country, from, until, join(directory, 'assignments.csv'));
    const head = truthHead(country, from, until, tally, assignments, carrier?.truth(0) ?? null);
    const planted = await writeTruth(head, [...tally.planted(country, from, until), ...plantedByReports(reports.records)], directory);
    log.info({ directory, seed, scale, packets: tally.packets, bytes: captures.bytes, planted }, 'simulated country written');
    return {
      directory,
      captures: captures.files,
      flows,
      reports: reports.files,
      packets: tally.packets,
      bytes: captures.bytes,
      planted,
    };
  } catch (cause) {
    if (cause instanceof YaguraError || options.signal?.aborted) throw cause;
    throw new YaguraError('input-unreadable', 'the simulation cannot be written there; check the folder and the free space', {
      file: directory,
      cause,
    });
  }
}

interface CaptureExtras {
  readonly witness?: Witness | undefined;
  readonly progress?: ((progress: SimulateProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One capture per hour that has packets: an hour inside the sensor's gap leaves no file, as in life. */
async function writeCaptures(
  country: Country,
  from: number,
  to: number,
  directory: string,
  { witness, progress, signal }: CaptureExtras = {},
): Promise<{ files: string[]; packets: number; bytes: number }> {
  const files: string[] = [];
  let handle: FileHandle | undefined;
  let packets = 0;
  let bytes = 0;
  try {
    for (const minute of trafficBetween(country, from, to, witness)) {
      signal?.throwIfAborted();
      const file = `telescope-${toHourText(minute.minute)}.pcap`;
      if (file !== files.at(-1)) {
        await handle?.close();
        handle = await open(join(directory, file), 'w');
        await handle.write(captureHeader());
        bytes += captureHeader().length;
        files.push(file);
      }
      await handle?.write(minute.records);
      packets += minute.packets;
      bytes += minute.records.length;
      progress?.({ packets, bytes, done: (minute.minute - from) / (to - from) });
    }
  } finally {
    await handle?.close();
  }
  progress?.({ packets, bytes, done: 1 });
  return { files, packets, bytes };
}

/** One capture of datagrams per hour in which something was exported. */
async function writeFlows(
  carrier: CarrierRun,
  from: number,
  to: number,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const files: string[] = [];
  for (const hour of carrier.hours(from, to)) {
    signal?.throwIfAborted();
    const [records] = hour.exports;
    if (!records || records.length === 0) continue;
    const file = `flows-${toHourText(hour.from)}.pcap`;
    await writeFile(join(directory, file), Buffer.concat([captureHeader(), records]));
    files.push(file);
  }
  return files;
}

/** '20260618-05' in UTC. */
function toHourText(at: number): string {
  return new Date(Math.floor(at / HOUR) * HOUR).toISOString().slice(0, 13).replaceAll('-', '').replace('T', '-');
}

/** The reports that arrive within the span: those of its one midnight. */
async function writeReports(country: Country, day: number, directory: string): Promise<{ files: string[]; records: ReportRecord[] }> {
  const files: string[] = [];
  for (const report of feedReports(country, day)) {
    await writeFile(join(directory, report.name), report.text);
    files.push(report.name);
  }
  return { files, records: feedRecords(country, day) };
}

/** Who had which address when, as a provider logs it. */
async function writeAssignments(country: Country, from: number, to: number, file: string): Promise<Truth['assignments']> {
  const writer = await LineWriter.open(file);
  let leases = 0;
  try {
    await writer.line('from,to,address,line');
    for (const lease of assignmentLog(country, from, to)) {
      leases++;
      await writer.line(
        `${new Date(lease.from).toISOString()},${new Date(lease.to).toISOString()},${formatIpv4Number(lease.address)},${lease.lineId}`,
      );
    }
  } finally {
    await writer.close();
  }
  return { lines: country.lineCount, leases, addressChanges: leases - country.lineCount };
}

/** JSON with one planted finding per line: readable, comparable, and never whole in memory. */
async function writeTruth(head: Omit<Truth, 'planted'>, planted: Iterable<Planted>, directory: string): Promise<number> {
  const writer = await LineWriter.open(join(directory, 'truth.json'));
  let count = 0;
  try {
    await writer.line(`${JSON.stringify(head).slice(0, -1)},"planted":[`);
    for (const one of planted) await writer.line(`${count++ === 0 ? ' ' : ','}${JSON.stringify(one)}`);
    await writer.line(']}');
  } finally {
    await writer.close();
  }
  return count;
}

/** What the truth says beside the single findings. */
export function truthHead(
  country: Country,
  from: number,
  until: number,
  tally: Tally,
  assignments: Truth['assignments'],
  carrier: Truth['carrier'],
): Omit<Truth, 'planted'> {
  return {
    seed: country.seed,
    scale: country.scale,
    from,
    until,
    sensor: sensorOf(country),
    packets: tally.packets,
    classPackets: tally.classPackets,
    researchPackets: tally.researchPackets,
    researchScanners: researchScanners(country),
    ...eventTruth(country, from, until, tally),
    carrier,
    assignments,
  };
}

function researchScanners(country: Country): Truth['researchScanners'] {
  const count = country.size.researchAddresses;
  return RESEARCH_GROUPS.map((group, place) => ({
    group: group.domain,
    tool: group.tool,
    addresses: Array.from({ length: Math.ceil((count - place) / RESEARCH_GROUPS.length) }, (_, n) =>
      formatIpv4Number(researchAddress(place, n)),
    ),
  }));
}

/** Lines into a file, a good many at a time. */
class LineWriter {
  readonly #handle: FileHandle;
  #waiting: string[] = [];

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(file: string): Promise<LineWriter> {
    return new LineWriter(await open(file, 'w'));
  }

  async line(text: string): Promise<void> {
    this.#waiting.push(text);
    if (this.#waiting.length >= 4096) await this.#flush();
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length > 0) await this.#handle.write(`${this.#waiting.join('\n')}\n`);
    this.#waiting = [];
  }
}
