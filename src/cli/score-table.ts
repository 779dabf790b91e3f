/**
 * Simulates, takes everything in through the real pipeline, and holds what was found against
 * what was planted: several seeds, scales and samplings in one go.
 *
 * Every run has a tenant of its own in one pair of stores in a temporary folder, so nothing
 * is started twice and nothing can mix. Larger scales are looked at for fewer hours, so that
 * a table takes minutes; the hours are part of the result.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddressTables } from '../attribution/address-tables.ts';
import { createAttributor } from '../attribution/attributor.ts';
import { parseConstituents } from '../attribution/constituents-file.ts';
import { loadPopular } from '../c2/popular.ts';
import { scoreC2 } from '../c2/score.ts';
import { toSeeds } from '../c2/seeds.ts';
import { DEFAULT_C2_SETTINGS } from '../c2/settings.ts';
import { casePolicy } from '../cases/policy.ts';
import { collectors } from '../collectors/index.ts';
import { detectors } from '../detectors/index.ts';
import type { Attributor } from '../domain/constituent.ts';
import { placeOf } from '../domain/surge.ts';
import { fixedClock } from '../engine/clock.ts';
import { readConfig, readModuleSettings } from '../engine/config.ts';
import { createLog } from '../engine/log.ts';
import { createPipeline, type Pipeline } from '../engine/pipeline.ts';
import { gapsOf } from '../server/watching.ts';
import { CARRIER_SENSOR } from '../simulation/carrier.ts';
import { CarrierRun } from '../simulation/carrier-run.ts';
import { type Country, chapterAt, chapterOf, createCountry, DAY, DEFAULT_UNTIL, HOUR, MINUTE, type Scale } from '../simulation/country.ts';
import { networkTables } from '../simulation/networks.ts';
import { captureHeader } from '../simulation/packet.ts';
import { constituentsYaml, sensorOf } from '../simulation/register.ts';
import { score } from '../simulation/score.ts';
import type { Tried } from '../simulation/score-table.ts';
import { Tally } from '../simulation/tally.ts';
import { Thinning } from '../simulation/thinning.ts';
import { trafficBetween } from '../simulation/traffic.ts';
import type { CarrierTruth, Planted, PlantedEvent } from '../simulation/truth.ts';
import { truthHead } from '../simulation/write.ts';
import { readSeedFindings } from '../store/state/c2-seeds.ts';
import { iterateFindings } from '../store/state/findings.ts';
import { createFindingStore } from '../store/state/fold.ts';
import { createIntakeLedger } from '../store/state/intakes.ts';
import { openState, type State } from '../store/state/open.ts';
import { setSensor } from '../store/state/sensors.ts';
import { createSuppressionStore } from '../store/state/suppressions.ts';
import { createSurgeStore } from '../store/state/surges.ts';
import { openTelemetry, type TelemetryStore } from '../store/telemetry/index.ts';
import { SurgeWatch } from '../surge/watch.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface TableOptions {
  readonly seeds: number;
  readonly scales: readonly Scale[];
  readonly samplings: readonly number[];
  /** Seeds of which a whole week is searched for surges: it takes as long as two days of everything else. */
  readonly weeks: number;
  readonly progress: (text: string) => void;
}

/** Hours after a chapter's begin that a scale's telescope is looked at. All have floods in them. */
const HOURS: Readonly<Record<Scale, readonly [from: number, to: number]>> = { small: [0, 24], medium: [5, 10.25], large: [9.5, 10.5] };
/** One surge tells little about false ones: a week of the small country does. */
const WEEK = 7 * DAY;
const IN_TIME = 15 * MINUTE;

/** One line about each span, for whoever reads the table. */
export const scaleText = (scale: Scale): string => {
  const [from, to] = HOURS[scale];
  const { size } = createCountry({ seed: 1, scale });
  const packets = Math.round((size.packetsPerDay * (to - from)) / 24);
  return `${scale}: ${to - from} h of telescope, about ${packets.toLocaleString('en')} packets; 24 h of flows`;
};

export async function runTable({ seeds, scales, samplings, weeks, progress }: TableOptions): Promise<Tried[]> {
  const folder = await mkdtemp(join(tmpdir(), 'yagura-table-'));
  const bench = await Bench.open(folder);
  const tried: Tried[] = [];
  try {
    for (const scale of scales) {
      for (let seed = 1; seed <= seeds; seed++) {
        const startedAt = performance.now();
        tried.push(...(await bench.trial(scale, seed, samplings)));
        progress(`${scale}, seed ${seed}: ${Math.round((performance.now() - startedAt) / 1000)} s`);
      }
    }
    for (let seed = 1; seed <= weeks; seed++) {
      tried.push(await bench.week(seed));
      progress(`a week, seed ${seed}`);
    }
    return tried;
  } finally {
    await bench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** One simulated telescope as files, one for each sampling, with what was planted and what of it is left in each. */
interface Recorded {
  readonly planted: readonly Planted[];
  readonly surges: readonly PlantedEvent[];
  readonly files: readonly { readonly path: string; readonly sampling: number; readonly left: readonly Planted[] }[];
}

class Bench {
  readonly #folder: string;
  readonly #state: State;
  readonly #telemetry: TelemetryStore;
  readonly #pipeline: Pipeline;
  readonly #watch: SurgeWatch;
  #attributor: Attributor;

  static async open(folder: string): Promise<Bench> {
    const log = createLog('warn');
    const state = await openState({ path: join(folder, 'state'), templateDirectory: join(ROOT, '.cache'), log });
    const telemetry = await openTelemetry({ path: join(folder, 'telemetry'), spoolDirectory: join(folder, 'spool'), log });
    return new Bench(folder, state, telemetry);
  }

  private constructor(folder: string, state: State, telemetry: TelemetryStore) {
    const config = readConfig({ environment: {}, overrides: { data: folder } });
    const clock = fixedClock(DEFAULT_UNTIL + WEEK);
    const log = createLog('warn');
    const { db } = state;
    this.#folder = folder;
    this.#state = state;
    this.#telemetry = telemetry;
    this.#attributor = attributorOf(createCountry({ seed: 1, scale: 'small' }));
    this.#pipeline = createPipeline({
      telemetry,
      findings: createFindingStore(db, casePolicy),
      suppressions: createSuppressionStore(db),
      ledger: createIntakeLedger(db),
      attributor: () => this.#attributor,
      collectors: collectors.map((module) => ({ module, settings: readModuleSettings(module, 'collectors', config) })),
      detectors: detectors.map((module) => ({ module, settings: readModuleSettings(module, 'detectors', config) })),
      clock,
      log,
      announce: () => undefined,
    });
    this.#watch = new SurgeWatch({
      telemetry: telemetry.surges,
      store: createSurgeStore(db),
      gaps: (tenant, sensor, period) => gapsOf({ db, telemetry, clock }, { tenant, sensor, ...period }),
      announce: () => undefined,
      log,
    });
  }

  async close(): Promise<void> {
    await this.#watch.close();
    await this.#telemetry.close();
    await this.#state.close();
  }

  /** Every detector, on one seed of one scale, at each sampling. */
  async trial(scale: Scale, seed: number, samplings: readonly number[]): Promise<Tried[]> {
    const country = this.#begin(seed, scale);
    const { startAt } = chapterOf(country, chapterAt(DEFAULT_UNTIL - 1));
    const [first, last] = HOURS[scale];
    const recorded = await this.#record(country, { from: startAt + first * HOUR, to: startAt + last * HOUR }, samplings);
    const tried: Tried[] = [];
    for (const file of recorded.files) {
      const tenant = tenantOf(scale, seed, file.sampling);
      await this.#take(country, tenant, file.path);
      tried.push(...(await this.#scoreFindings(tenant, scale, file, recorded)));
      // The other spans are too short for anybody to say what is usual.
      if (scale === 'small') tried.push(await this.#scoreSurges(tenant, { scale, sampling: file.sampling }, recorded.surges));
    }
    return [...tried, ...(await this.#scoreServers(country, { from: startAt, to: startAt + DAY }, samplings))];
  }

  /** Surges only, over seven days without sampling. */
  async week(seed: number): Promise<Tried> {
    const country = this.#begin(seed, 'small');
    const recorded = await this.#record(country, { from: DEFAULT_UNTIL - WEEK, to: DEFAULT_UNTIL }, [1]);
    const tenant = `week-${seed}`;
    await this.#take(country, tenant, recorded.files[0]?.path ?? '');
    return this.#scoreSurges(tenant, { scale: 'a week of small', sampling: 1 }, recorded.surges);
  }

  #begin(seed: number, scale: Scale): Country {
    const country = createCountry({ seed, scale });
    this.#attributor = attributorOf(country);
    return country;
  }

  async #record(country: Country, { from, to }: Span, samplings: readonly number[]): Promise<Recorded> {
    const tally = new Tally();
    const writers = await Promise.all(samplings.map((sampling) => Writer.open(join(this.#folder, `telescope-${sampling}.pcap`), sampling)));
    for (const { records } of trafficBetween(country, from, to, tally)) for (const writer of writers) await writer.take(records);
    for (const writer of writers) await writer.close();
    const planted = [...tally.planted(country, from, to)];
    const { surges } = truthHead(country, from, to, tally, { lines: 0, leases: 0, addressChanges: 0 }, null);
    return {
      planted,
      surges: surges.filter((surge) => surge.from >= from + HOUR && surge.sources > 0),
      files: writers.map((writer) => ({ path: writer.path, sampling: writer.sampling, left: writer.thinning.planted(planted) })),
    };
  }

  async #take(country: Country, tenant: string, path: string): Promise<void> {
    const sensor = sensorOf(country);
    await setSensor(this.#state.db, tenant, sensor);
    await this.#pipeline.ingest({ path, sensor: sensor.id, tenant });
  }

  async #scoreFindings(
    tenant: string,
    scale: Scale,
    { sampling, left }: Recorded['files'][number],
    { planted }: Recorded,
  ): Promise<Tried[]> {
    const findings = [];
    for await (const page of iterateFindings(this.#state.db, tenant)) {
      for (const { kind, asset, retractedAt } of page) if (retractedAt === null) findings.push({ kind, asset, constituentId: null });
    }
    const rest = score({ seed: 0, scale, planted: [...left] }, findings).kinds;
    const whole = score({ seed: 0, scale, planted: [...planted] }, findings).kinds;
    return whole.map((one): Tried => {
      const { recall } = rest.find(({ kind }) => kind === one.kind) ?? one;
      return {
        detector: one.kind,
        scale,
        sampling,
        hits: one.truePositive,
        falseAlarms: one.falsePositive,
        foundOfDetectable: recall.hits,
        detectable: recall.of,
        foundOfPlanted: one.recall.hits,
        planted: one.recall.of,
        lookAlikesNamed: 0,
      };
    });
  }

  /** Found means within fifteen minutes. A wave of infections and a flood of forged hosts are surges as well: no false ones. */
  async #scoreSurges(
    tenant: string,
    { scale, sampling }: { scale: string; sampling: number },
    planted: readonly PlantedEvent[],
  ): Promise<Tried> {
    this.#watch.note(tenant);
    await this.#watch.settled();
    const { rows } = await createSurgeStore(this.#state.db).surges(tenant, {});
    const inTime = planted.filter(({ protocol, port, from }) =>
      rows.some(({ place, detectedAt }) => place === placeOf(protocol, port) && detectedAt >= from && detectedAt <= from + IN_TIME),
    );
    const known = new Set([
      ...planted.map(({ protocol, port }) => placeOf(protocol, port)),
      ...ALSO_SURGING.map((port) => placeOf(TCP, port)),
    ]);
    const counts = { foundOfDetectable: inTime.length, detectable: planted.length, foundOfPlanted: inTime.length, planted: planted.length };
    const falseAlarms = rows.filter(({ place }) => !known.has(place)).length;
    return { detector: 'surge', scale, sampling, hits: inTime.length, falseAlarms, ...counts, lookAlikesNamed: 0 };
  }

  /** Seeds are the infected hosts of the telescope that was not thinned. */
  async #scoreServers(country: Country, { from, to }: Span, samplings: readonly number[]): Promise<Tried[]> {
    const run = new CarrierRun(country, samplings);
    const files = await Promise.all(samplings.map((sampling) => Writer.open(join(this.#folder, `flows-${sampling}.pcap`), 1)));
    for (const hour of run.hours(from, to)) for (const [i, file] of files.entries()) await file.write(hour.exports[i] ?? new Uint8Array(0));
    for (const file of files) await file.close();
    const whole = run.truth(0);
    const seeds = toSeeds(await readSeedFindings(this.#state.db, tenantOf(country.scale, country.seed, samplings[0] ?? 1), from, to));
    const tried: Tried[] = [];
    for (const [i, sampling] of samplings.entries()) {
      const tenant = `${tenantOf(country.scale, country.seed, sampling)}-flows`;
      await this.#pipeline.ingest({ path: files[i]?.path ?? '', sensor: CARRIER_SENSOR, tenant });
      const question = { tenant, from, to, seeds, allow: loadPopular(), settings: DEFAULT_C2_SETTINGS };
      const found = new Set((await scoreC2(question, this.#telemetry.c2)).map(keyOf));
      tried.push(scoreServers(found, run.truth(i), whole, country.scale));
    }
    return tried;
  }
}

const TCP = 6;
const ALSO_SURGING = [23, 2323, 22];
/** Fewer infected hosts than this at a server are no evidence of fan-in. */
const LEAST_INFECTED = 2;

const tenantOf = (scale: string, seed: number, sampling: number): string => `${scale}-${seed}-${sampling}`;
const keyOf = ({ address, port, transport }: { address: string; port: number; transport: string }): string =>
  `${transport} ${address} ${port}`;

function scoreServers(found: ReadonlySet<string>, truth: CarrierTruth, whole: CarrierTruth, scale: string): Tried {
  const isFound = (server: CarrierTruth['c2'][number]): boolean => found.has(keyOf(server));
  const detectable = truth.c2.filter(({ seenInfected }) => seenInfected >= LEAST_INFECTED);
  const planted = whole.c2.filter(({ seenInfected }) => seenInfected >= LEAST_INFECTED);
  const hits = truth.c2.filter(isFound).length;
  return {
    detector: 'command-and-control',
    scale,
    sampling: truth.sampling,
    hits,
    falseAlarms: found.size - hits,
    foundOfDetectable: detectable.filter(isFound).length,
    detectable: detectable.length,
    foundOfPlanted: planted.filter(isFound).length,
    planted: planted.length,
    lookAlikesNamed: truth.lookAlikes.filter((server) => found.has(keyOf(server))).length,
  };
}

function attributorOf(country: Country): Attributor {
  const tables = parseAddressTables(networkTables(country), new Date(DEFAULT_UNTIL).toISOString().slice(0, 10));
  return createAttributor(tables, parseConstituents(constituentsYaml(country), 'simulation'));
}

/** A capture that grows, thinned or whole. */
class Writer {
  readonly path: string;
  readonly sampling: number;
  readonly thinning: Thinning;
  readonly #handle: Awaited<ReturnType<typeof open>>;

  static async open(path: string, sampling: number): Promise<Writer> {
    const handle = await open(path, 'w');
    await handle.write(captureHeader());
    return new Writer(path, sampling, handle);
  }

  private constructor(path: string, sampling: number, handle: Awaited<ReturnType<typeof open>>) {
    this.path = path;
    this.sampling = sampling;
    this.thinning = new Thinning(sampling);
    this.#handle = handle;
  }

  take(records: Uint8Array): Promise<void> {
    return this.write(this.thinning.keep(records));
  }

  async write(records: Uint8Array): Promise<void> {
    if (records.length > 0) await this.#handle.write(records);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}
