/**
 * The telemetry store: observations in, answers to prepared questions out.
 *
 * The engine is the embedded one when a path is given and a ClickHouse server when a URL
 * is; everything above the seam is the same for both.
 */
import { resolve } from 'node:path';
import type { C2FlowReader } from '../../domain/c2-flows.ts';
import type { HostHour } from '../../domain/own-range.ts';
import type { TelemetryTableName } from '../../domain/telemetry-table.ts';
import { YaguraError } from '../../engine/errors.ts';
import type { Log } from '../../engine/log.ts';
import type { TelemetryWriter, TelescopeReader } from '../../engine/ports.ts';
import { Spool } from '../../engine/spool.ts';
import type { SurgeReader } from '../../engine/surge-ports.ts';
import { readCapabilities } from './capabilities.ts';
import { Drain } from './drain.ts';
import { EmbeddedEngine } from './embedded.ts';
import type { Engine } from './engine.ts';
import { HttpEngine } from './http.ts';
import { migrate } from './migrations.ts';
import { type Agreement, checkAgreement, countRows, type FlowSums, readFlowSums } from './questions/agreement.ts';
import { type ArrivalRow, readArrivals } from './questions/arrivals.ts';
import { createC2Reader } from './questions/c2.ts';
import type { Period } from './questions/conditions.ts';
import { type CoverageQuestion, type DataRange, readCoverage, readDataRange, type SensorCoverage } from './questions/coverage.ts';
import { createExploreReader, type ExploreReader } from './questions/explore.ts';
import {
  type FeedObservationsQuestion,
  type FeedRecordRow,
  type FeedRecordsQuestion,
  readFeedObservations,
  readFeedRecords,
} from './questions/feed-records.ts';
import { type HostHoursQuestion, readHostHours } from './questions/own-range.ts';
import {
  type FiguresRow,
  readFeedCounts,
  readFigures,
  readSensorSeries,
  readSightings,
  readSilences,
  type SensorSeries,
  type SensorSeriesQuestion,
  type SensorSighting,
  type Silence,
  type SilenceQuestion,
} from './questions/sensor-health.ts';
import { readSourceActivity, type SourceActivity, type SourceActivityQuestion } from './questions/source-activity.ts';
import {
  type HostCounts,
  readHostCounts,
  readPacketsBySensor,
  readStatisticsTop,
  type SensorPackets,
  type StatisticsTop,
  type StatisticsTopBy,
  type StepQuestion,
} from './questions/statistics.ts';
import { createSurgeReader } from './questions/surges.ts';
import { askTelescope } from './questions/telescope.ts';
import { readTelescopeDays, type TelescopeDay } from './questions/telescope-days.ts';
import {
  type Page,
  readTelescopeObservations,
  type TelescopeObservation,
  type TelescopeObservationsQuestion,
} from './questions/telescope-observations.ts';
import { readTraffic, type TrafficAnswer, type TrafficQuestion } from './questions/traffic.ts';
import { readTrafficTop, type TrafficTopQuestion, type TrafficTopRow } from './questions/traffic-top.ts';
import { readUsual, type UsualAnswer, type UsualQuestion } from './questions/usual.ts';
import {
  type Announce,
  checkRetention,
  enforceRetention,
  type RetentionRule,
  type RetiredPartition,
  readStorage,
  retireBefore,
  type Storage,
} from './retention.ts';
import { insertBatches, replaySpool, type WriterParts } from './writer.ts';

export interface TelemetryOptions {
  /** Directory of the embedded engine; exactly one of path and url is given. */
  readonly path?: string | undefined;
  /** http://user:password@host:8123/database */
  readonly url?: string | undefined;
  readonly spoolDirectory: string;
  readonly log: Log;
  /** Most memory the embedded engine may use. */
  readonly memoryBytes?: number | undefined;
  /** What may be kept; absent: everything. */
  readonly retention?: RetentionRule | undefined;
}

const KEEP_EVERYTHING: RetentionRule = { keepDays: {}, mostBytes: null };
const DEFAULT_MEMORY_BYTES = 1200 << 20;

export interface TelemetryStore extends TelemetryWriter, TelescopeReader {
  /** Stores what an outage left in the spool; returns how many batches. Also done when the store is opened. */
  replay(): Promise<number>;
  /** Packets per class and step, and totals. */
  traffic(question: TrafficQuestion): Promise<TrafficAnswer>;
  /** The busiest ports, sources, networks or countries, most packets first. */
  trafficTop(question: TrafficTopQuestion): Promise<TrafficTopRow[]>;
  /** Packets per minute, country and class. */
  arrivals(period: Period): Promise<ArrivalRow[]>;
  /** A period's steps and the same steps of earlier days. */
  usual(question: UsualQuestion): Promise<UsualAnswer>;
  dataRange(tenant: string): Promise<DataRange>;
  /** Which sensors had data in which step: the rest are gaps. */
  coverage(question: CoverageQuestion): Promise<SensorCoverage[]>;
  /** Every sensor, exporter and feed that was ever heard of. */
  sightings(tenant: string, now: number): Promise<SensorSighting[]>;
  /** Times without a sign of a sensor or exporter. */
  silences(question: SilenceQuestion): Promise<Silence[]>;
  /** What sensors and exporters said of themselves: received, lost, dropped. */
  sensorFigures(period: Period): Promise<FiguresRow[]>;
  sensorSeries(question: SensorSeriesQuestion): Promise<SensorSeries[]>;
  feedCounts(period: Period): Promise<ReadonlyMap<string, number>>;
  packetsBySensor(question: StepQuestion): Promise<SensorPackets[]>;
  /** Distinct sources by step and of the whole period. */
  hostCounts(question: StepQuestion): Promise<HostCounts>;
  statisticsTop(
    period: Period,
    by: StatisticsTopBy,
    limit: number,
  ): Promise<{ readonly rows: readonly StatisticsTop[]; readonly total: number }>;
  /** Packets and distinct sources by day; cheap for years. */
  telescopeDays(period: Period): Promise<TelescopeDay[]>;
  telescopeObservations(question: TelescopeObservationsQuestion): Promise<Page<TelescopeObservation>>;
  /** What one source did over time, for a picture. */
  sourceActivity(question: SourceActivityQuestion): Promise<SourceActivity>;
  feedObservations(question: FeedObservationsQuestion): Promise<Page<FeedRecordRow>>;
  /** All feed records in (received, file, record) order; memory stays flat. */
  feedRecords(question: FeedRecordsQuestion): AsyncIterable<FeedRecordRow>;
  /** What hosts of registered ranges did, by hour. */
  hostHours(question: HostHoursQuestion): Promise<HostHour[]>;
  /** Questions people put together themselves. */
  readonly explore: ExploreReader;
  /** Sources per port over time, and who they were. */
  readonly surges: SurgeReader;
  /** Flow records seen from the servers, for finding C&C servers. */
  readonly c2: C2FlowReader;
  countRows(table: TelemetryTableName): Promise<number>;
  /** Whether raw cells and rollups tell the same number of packets. */
  checkAgreement(tenant: string): Promise<Agreement>;
  /** Sums of the flow records and of each of their rollups: all the same. */
  flowSums(tenant: string): Promise<FlowSums[]>;
  /** Drops every UTC day that ended at or before the time; the caller writes the audit entry. */
  retire(request: { readonly before: number }): Promise<RetiredPartition[]>;
  /** Drops what may no longer be kept; `announce` hears of each partition before it goes. */
  enforceRetention(now: number, announce: Announce): Promise<RetiredPartition[]>;
  /** What is kept, since when, how large, and when the oldest goes. */
  storage(): Promise<Storage>;
  close(): Promise<void>;
}

/** Opens the store, brings its schema up to date and replays the spool. */
export async function openTelemetry(options: TelemetryOptions): Promise<TelemetryStore> {
  checkRetention(options.retention ?? KEEP_EVERYTHING);
  const engine = await openEngine(options);
  try {
    const capabilities = await readCapabilities(engine);
    await migrate(engine, capabilities);
    const spool = await Spool.open(options.spoolDirectory);
    const parts: WriterParts = { engine, capabilities, spool, log: options.log };
    await replaySpool(parts);
    return createStore(engine, parts, options.retention ?? KEEP_EVERYTHING);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function openEngine({ path, url, spoolDirectory, memoryBytes = DEFAULT_MEMORY_BYTES, log }: TelemetryOptions): Promise<Engine> {
  if (url !== undefined) {
    const engine = new HttpEngine(url);
    await engine.open();
    return engine;
  }
  if (path === undefined) throw new YaguraError('config-invalid', 'the telemetry store needs a directory or the URL of a server');
  refuseGlobs(resolve(spoolDirectory));
  return new EmbeddedEngine({ path, memoryBytes, log });
}

/** The embedded engine reads spooled files by path and would take these characters for a pattern or an archive. */
function refuseGlobs(path: string): void {
  if (!/[*?{}]|::/.test(path)) return;
  throw new YaguraError('config-invalid', 'the path of the data folder must not contain * ? { } or ::', { file: path });
}

function createStore(engine: Engine, parts: WriterParts, retention: RetentionRule): TelemetryStore {
  const drain = new Drain(parts);
  return {
    insert: (batches, token) => insertBatches(parts, batches, token),
    accept: (batches, token) => drain.accept(batches, token),
    settled: () => drain.settled(),
    ask: (question, range) => askTelescope(engine, question, range),
    replay: () => replaySpool(parts),
    traffic: (question) => readTraffic(engine, question),
    trafficTop: (question) => readTrafficTop(engine, question),
    arrivals: (period) => readArrivals(engine, period),
    usual: (question) => readUsual(engine, question),
    dataRange: (tenant) => readDataRange(engine, tenant),
    coverage: (question) => readCoverage(engine, question),
    sightings: (tenant, now) => readSightings(engine, tenant, now),
    silences: (question) => readSilences(engine, question),
    sensorFigures: (period) => readFigures(engine, period),
    sensorSeries: (question) => readSensorSeries(engine, question),
    feedCounts: ({ tenant, from, to }) => readFeedCounts(engine, tenant, from, to),
    packetsBySensor: (question) => readPacketsBySensor(engine, question),
    hostCounts: (question) => readHostCounts(engine, question),
    statisticsTop: (period, by, limit) => readStatisticsTop(engine, period, by, limit),
    telescopeDays: (period) => readTelescopeDays(engine, period),
    telescopeObservations: (question) => readTelescopeObservations(engine, question),
    sourceActivity: (question) => readSourceActivity(engine, question),
    feedObservations: (question) => readFeedObservations(engine, question),
    feedRecords: (question) => readFeedRecords(engine, question),
    hostHours: (question) => readHostHours(engine, question),
    explore: createExploreReader(engine),
    surges: createSurgeReader(engine),
    c2: createC2Reader(engine),
    countRows: (table) => countRows(engine, table),
    checkAgreement: (tenant) => checkAgreement(engine, tenant),
    flowSums: (tenant) => readFlowSums(engine, tenant),
    retire: ({ before }) => retireBefore(engine, before),
    enforceRetention: (now, announce) => enforceRetention(engine, retention, now, announce),
    storage: () => readStorage(engine, retention),
    async close() {
      await drain.close();
      await engine.close();
    },
  };
}
