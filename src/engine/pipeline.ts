/**
 * The way in: file → collector → telemetry → findings → whose they are → cases.
 *
 * A file is taken in numbered steps. Each step's token names that piece of work for
 * good, so after a crash the file is simply taken again: what was stored stays, what
 * was not is stored, nothing counts twice. The intake is marked done last.
 */
import { createHash, hash } from 'node:crypto';
import type { Attributor } from '../domain/constituent.ts';
import { type DetectedFinding, fingerprintText } from '../domain/finding.ts';
import {
  LONGEST_LOOK_BACK_MS,
  type OnePacketFlood,
  type Sensor,
  type TelescopeQuestion,
  type TelescopeQuestionRows,
} from '../domain/question.ts';
import { SuppressionCount } from '../domain/suppressed.ts';
import type { ColumnBatch, DictionaryColumn } from '../domain/telemetry-table.ts';
import type { Clock } from './clock.ts';
import { describeError, YaguraError } from './errors.ts';
import { chooseCollector, digestOf, openInput, readHead } from './input.ts';
import type { Log } from './log.ts';
import type { CollectContext, CollectedBatch, Collector, Detector, Input, JudgeContext } from './modules.ts';
import type {
  AttributedFinding,
  FindingStore,
  IntakeLedger,
  IntakeProgress,
  QuarantinedRecord,
  QuestionRange,
  SuppressionStore,
  TelemetryWriter,
  TelescopeReader,
} from './ports.ts';

const DAY = 86_400_000;
/** All bad records are counted; of a flood of them within one step only so many are kept with their reason. */
const MOST_WAITING = 10_000;

/** A module with the settings it runs with. */
export interface Configured<M, S = unknown> {
  readonly module: M;
  readonly settings: S;
}

export interface PipelineParts {
  readonly telemetry: TelemetryWriter & TelescopeReader;
  readonly findings: FindingStore;
  readonly ledger: IntakeLedger;
  /** Counts what detectors put aside; absent: nobody wants to know. */
  readonly suppressions?: SuppressionStore | undefined;
  /** Asked per step, because constituents may be imported while the hub runs. */
  readonly attributor: () => Attributor;
  readonly collectors: readonly Configured<Collector>[];
  readonly detectors: readonly Configured<Detector>[];
  readonly clock: Clock;
  readonly log: Log;
  /** Told what changed, so that screens can follow. */
  readonly announce: (kind: 'intake' | 'traffic' | 'finding' | 'case' | 'alarm', id: string | null) => void;
  /** Shown every batch once it is stored: the live picture counts what it shows. Must not throw or keep the batch. */
  readonly observe?: ((tenant: string, batches: readonly ColumnBatch[]) => void) | undefined;
  /** Called when a file is stored, before its intake is marked done: what it does survives a crash with the file. */
  readonly beforeDone?: ((tenant: string) => Promise<void>) | undefined;
  /** Told after days were judged: what looks at many sources together goes on from there. Must not throw. */
  readonly judged?: ((tenant: string) => void) | undefined;
  /** Keeps raw packets of a capture by its sensor's policy, before its days are judged. */
  readonly keepPackets?:
    | ((file: Pick<CollectContext, 'tenant' | 'sensor' | 'signal' | 'alarm'> & { input: Input; id: string }) => Promise<void>)
    | undefined;
}

export interface IngestRequest {
  readonly path: string;
  /** Shown instead of the path when the file only passed through a temporary place. */
  readonly name?: string | undefined;
  readonly as?: string | undefined;
  readonly sensor?: string | undefined;
  readonly tenant: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: IntakeProgress & { readonly bytes: number }) => void) | undefined;
}

export interface IngestReport {
  /** Under which the intake and its bad records are found. */
  readonly intake: string;
  readonly file: string;
  readonly collector: string;
  readonly records: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly seconds: number;
  /** True when this very file had been taken before: nothing changed. */
  readonly alreadyTaken: boolean;
}

export interface Pipeline {
  /** Takes one file. Throws YaguraError when the file as a whole is wrong; what came before the fault is kept. */
  ingest(request: IngestRequest): Promise<IngestReport>;
  /** Stores one batch of live input with the networks of its addresses; the same token stores nothing twice. */
  storeLive(tenant: string, columns: readonly ColumnBatch[], token: string): Promise<void>;
  /** Judges the days of a sensor again, for instance after a rule or a constituent changed. */
  judge(tenant: string, sensor: string, days: Iterable<number>, token: string): Promise<void>;
}

export function createPipeline(parts: PipelineParts): Pipeline {
  // One piece of work at a time: two files judging the same day side by side could
  // replace the newer result by the older one.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    ingest: (request) => inTurn(() => ingest(parts, request)),
    storeLive: (tenant, columns, token) => storeLive(parts, tenant, columns, token),
    judge: (tenant, sensor, days, token) => inTurn(() => judgeDays(parts, tenant, sensor, days, token)),
  };
}

/** Not in turn with files: live input waits for nobody, and judging follows later. */
async function storeLive(parts: PipelineParts, tenant: string, columns: readonly ColumnBatch[], token: string): Promise<void> {
  const attributor = parts.attributor();
  const filledIn = columns.map((one) => withNetworks(one, attributor));
  await parts.telemetry.accept(filledIn, token);
  parts.observe?.(tenant, filledIn);
  // Told when it can be asked for, not when it is safe.
  void parts.telemetry.settled().then(() => parts.announce('traffic', null));
}

async function ingest(parts: PipelineParts, request: IngestRequest): Promise<IngestReport> {
  const opened = await openInput(request.path);
  const input: Input = { ...opened, name: request.name ?? opened.name };
  const collector = chooseCollector(
    parts.collectors.map((configured) => configured.module),
    await readHead(input),
    input,
    request.as,
  );
  const sensor = request.sensor ?? (collector.input === 'capture' ? 'default' : '');
  const digest = await digestOf(input);
  const id = createHash('sha256').update(digest).update(`\u001f${collector.id}\u001f${sensor}`).digest('hex');
  const begun = await parts.ledger.begin({
    id,
    tenant: request.tenant,
    file: input.name,
    digest: Buffer.from(digest).toString('hex'),
    collector: collector.id,
    sensor,
    bytes: input.size,
    receivedAt: parts.clock.now(),
  });
  if (begun.state === 'done') return { intake: id, ...toReport(input, collector, begun.progress), alreadyTaken: true };
  const run = new IntakeRun(parts, request, { input, collector, sensor, digest, id, receivedAt: begun.receivedAt });
  return { intake: id, ...toReport(input, collector, await run.take()), alreadyTaken: false };
}

function toReport(input: Input, collector: Collector, progress: IntakeProgress): Omit<IngestReport, 'intake' | 'alreadyTaken'> {
  const { records, accepted, quarantined, seconds } = progress;
  return { file: input.name, collector: collector.id, records, accepted, quarantined, seconds };
}

interface IntakeSubject {
  readonly input: Input;
  readonly collector: Collector;
  readonly sensor: string;
  readonly digest: Uint8Array;
  readonly id: string;
  readonly receivedAt: number;
}

/** One file on its way in: the counters, the quarantine waiting to be written, the days to judge afterwards. */
class IntakeRun {
  readonly #parts: PipelineParts;
  readonly #request: IngestRequest;
  readonly #subject: IntakeSubject;
  readonly #startedAt: number;
  readonly #days = new Set<number>();
  #waiting: QuarantinedRecord[] = [];
  #alarms: Promise<void>[] = [];
  #records = 0;
  #quarantined = 0;
  #doneBytes = 0;
  #firstSeenAt: number | null = null;
  #lastSeenAt: number | null = null;

  constructor(parts: PipelineParts, request: IngestRequest, subject: IntakeSubject) {
    this.#parts = parts;
    this.#request = request;
    this.#subject = subject;
    this.#startedAt = performance.now();
  }

  async take(): Promise<IntakeProgress> {
    const { ledger, announce, log } = this.#parts;
    const { tenant } = this.#request;
    const { id, input, collector, sensor } = this.#subject;
    announce('intake', id);
    try {
      await this.#takeBatches();
      await this.#keepPackets();
      await this.#settle();
      if (collector.input === 'capture') await judgeDays(this.#parts, tenant, sensor, this.#days, `${tenant}:${id}`);
    } catch (error) {
      if (isInputFault(error)) await this.#keepPackets();
      await this.#settle().catch((cause: unknown) =>
        log.error({ err: cause, file: input.name }, 'the quarantine of a failed file could not be stored'),
      );
      if (isInputFault(error) && collector.input === 'capture') await judgeDays(this.#parts, tenant, sensor, this.#days, `${tenant}:${id}`);
      if (isInputFault(error)) await this.#parts.beforeDone?.(tenant);
      await ledger.fail(tenant, id, this.#progress(), describeError(error));
      announce('intake', id);
      throw error;
    }
    await this.#parts.beforeDone?.(tenant);
    const progress = { ...this.#progress(), doneBytes: input.size };
    await ledger.complete(tenant, id, progress);
    announce('intake', id);
    log.info({ file: input.name, collector: collector.id, records: progress.records, quarantined: progress.quarantined }, 'file taken');
    return progress;
  }

  async #keepPackets(): Promise<void> {
    const { collector, input, id } = this.#subject;
    if (collector.input === 'capture') await this.#parts.keepPackets?.({ ...this.#context(), input, id });
  }

  /** The collector works on the next batch while the stores take the one before. */
  async #takeBatches(): Promise<void> {
    const { collector, input } = this.#subject;
    const settings = this.#parts.collectors.find((configured) => configured.module === collector)?.settings;
    let storing: Promise<void> = Promise.resolve();
    let step = 0;
    try {
      for await (const batch of collector.collect(input, settings, this.#context())) {
        await storing;
        storing = this.#store(batch, `${this.#request.tenant}:${this.#subject.id}:${step++}`);
        // A failed store must be met by the await above or below, never by nobody.
        storing.catch(() => undefined);
      }
    } finally {
      await storing;
    }
  }

  async #store(batch: CollectedBatch, token: string): Promise<void> {
    const { telemetry, findings, ledger, clock, announce } = this.#parts;
    const { tenant } = this.#request;
    const attributor = this.#parts.attributor();
    const columns = batch.columns.map((one) => withNetworks(one, attributor));
    for (const one of columns) this.#noteTimes(one);
    const attributed = attributeAll(batch.findings, attributor);
    await Promise.all([
      columns.length > 0 ? telemetry.insert(columns, token) : undefined,
      attributed.length > 0 ? findings.fold(attributed, token, clock.now()) : undefined,
    ]);
    this.#records += batch.records;
    await this.#settle();
    await ledger.advance(tenant, this.#subject.id, this.#progress());
    this.#request.onProgress?.({ ...this.#progress(), bytes: this.#subject.input.size });
    this.#parts.observe?.(tenant, columns);
    announce('traffic', null);
    if (attributed.length > 0) announce('finding', null);
  }

  async #settle(): Promise<void> {
    const rows = this.#waiting;
    const alarms = this.#alarms;
    this.#waiting = [];
    this.#alarms = [];
    if (rows.length > 0) await this.#parts.ledger.quarantine(this.#request.tenant, this.#subject.id, rows);
    await Promise.all(alarms);
  }

  #context(): CollectContext {
    const { ledger, log, announce } = this.#parts;
    const { tenant, signal } = this.#request;
    const { id, sensor, digest, receivedAt } = this.#subject;
    return {
      tenant,
      sensor,
      receivedAt,
      fileDigest: digest,
      log,
      signal: signal ?? new AbortController().signal,
      quarantine: (record, reason, excerpt) => {
        this.#quarantined++;
        if (this.#waiting.length < MOST_WAITING) this.#waiting.push({ record, reason, excerpt });
      },
      alarm: (code, detail, text) => {
        const stored = ledger.alarm(tenant, id, receivedAt, code, detail, text).then(() => announce('alarm', id));
        stored.catch(() => undefined);
        this.#alarms.push(stored);
      },
      progress: (bytes) => {
        this.#doneBytes = bytes;
      },
    };
  }

  #noteTimes(batch: ColumnBatch): void {
    const isTelescope = batch.table === 'telescope_minute';
    const times = batch.columns[batch.table === 'feed_record' ? 'observed' : 'minute'];
    if (!(times instanceof Uint32Array)) throw new YaguraError('internal', `the ${batch.table} batch has no time column`);
    for (let i = 0; i < batch.rows; i++) {
      const at = (times[i] ?? 0) * 1000;
      if (this.#firstSeenAt === null || at < this.#firstSeenAt) this.#firstSeenAt = at;
      if (this.#lastSeenAt === null || at > this.#lastSeenAt) this.#lastSeenAt = at;
      if (!isTelescope) continue;
      this.#days.add(at - (at % DAY));
      // What begins before midnight may be seen for what it is only by the day after.
      if (at % DAY >= DAY - LONGEST_LOOK_BACK_MS) this.#days.add(at - (at % DAY) + DAY);
    }
  }

  #progress(): IntakeProgress {
    return {
      records: this.#records,
      accepted: Math.max(0, this.#records - this.#quarantined),
      quarantined: this.#quarantined,
      doneBytes: Math.min(this.#doneBytes, this.#subject.input.size),
      seconds: Math.round(performance.now() - this.#startedAt) / 1000,
      firstSeenAt: this.#firstSeenAt,
      lastSeenAt: this.#lastSeenAt,
    };
  }
}

function isInputFault(error: unknown): boolean {
  return error instanceof YaguraError && error.code.startsWith('input-');
}

/** Telescope cells get the network and country of their source before they are stored, flows those of both ends. */
function withNetworks(batch: ColumnBatch, attributor: Attributor): ColumnBatch {
  if (batch.table === 'telescope_minute') return { ...batch, columns: { ...batch.columns, ...networksOf(batch, 'source', attributor) } };
  if (batch.table !== 'flow') return batch;
  const source = networksOf(batch, 'source', attributor);
  const destination = networksOf(batch, 'destination', attributor);
  const filledIn = {
    source_asn: source.asn,
    source_country: source.country,
    destination_asn: destination.asn,
    destination_country: destination.country,
  };
  return { ...batch, columns: { ...batch.columns, ...filledIn } };
}

function networksOf(
  batch: ColumnBatch,
  column: 'source' | 'destination',
  attributor: Attributor,
): { asn: Uint32Array; country: DictionaryColumn } {
  const addresses = batch.columns[column];
  if (!(addresses instanceof Uint8Array)) throw new YaguraError('internal', `the ${batch.table} batch has no ${column} column`);
  const { asn, country } = attributor.networkColumns(addresses, batch.rows);
  return { asn, country };
}

function attributeAll(findings: readonly DetectedFinding[], attributor: Attributor): AttributedFinding[] {
  return findings.map((finding) => ({ finding, attribution: attributor.attribute(finding.asset, finding.lastSeenAt) }));
}

/** Every detector over whole days of one sensor; each day's bucket is replaced, not added to. */
async function judgeDays(parts: PipelineParts, tenant: string, sensorId: string, days: Iterable<number>, token: string): Promise<void> {
  for (const day of [...days].sort((a, b) => a - b)) {
    const sensor = await parts.ledger.sensor(tenant, sensorId, day);
    await judgeDay(parts, tenant, sensor, day, token);
  }
  parts.announce('finding', null);
  parts.announce('case', null);
  parts.judged?.(tenant);
}

/** What one detector made of the day so far. */
interface Judgement {
  readonly configured: Configured<Detector>;
  readonly kept: Set<string>;
  readonly suppressed: SuppressionCount;
}

/** Each question is asked once, for all detectors that judge by it. */
async function judgeDay(parts: PipelineParts, tenant: string, sensor: Sensor, day: number, token: string): Promise<void> {
  const bucket = `telescope:${sensor.id}:${new Date(day).toISOString().slice(0, 10)}`;
  const range = { tenant, sensor: sensor.id, from: day, to: day + DAY };
  const context = { tenant, sensor, bucket, from: day, to: day + DAY, floods: await readFloods(parts, range) };
  for (const [question, configured] of Map.groupBy(parts.detectors, ({ module }) => module.question)) {
    const judgements = configured.map((one) => ({ configured: one, kept: new Set<string>(), suppressed: new SuppressionCount() }));
    const lookBackMs = Math.max(0, ...configured.map(({ module, settings }) => module.lookBackMs?.(settings, sensor) ?? 0));
    let page = 0;
    for await (const rows of parts.telemetry.ask(question, { ...range, lookBackMs })) {
      const found = judgements.flatMap((judgement) => judgeRows(judgement, rows, context));
      if (found.length === 0) continue;
      await parts.findings.fold(
        attributeAll(found, parts.attributor()),
        `judge:${token}:${bucket}:${question}:${page++}`,
        parts.clock.now(),
      );
    }
    for (const {
      configured: { module },
      kept,
      suppressed,
    } of judgements) {
      await parts.findings.retract(tenant, bucket, module.id, kept);
      await parts.suppressions?.replace(tenant, { sensor: sensor.id, day, module: module.id }, suppressed.rows(), parts.clock.now());
    }
  }
}

async function readFloods({ telemetry, detectors }: PipelineParts, range: QuestionRange): Promise<OnePacketFlood[]> {
  const floods: OnePacketFlood[] = [];
  if (detectors.length > 0) for await (const rows of telemetry.ask('one-packet-floods', range)) floods.push(...rows);
  return floods;
}

function judgeRows(
  { configured: { module, settings }, kept, suppressed }: Judgement,
  rows: readonly TelescopeQuestionRows[TelescopeQuestion][],
  context: JudgeContext,
): DetectedFinding[] {
  const findings: DetectedFinding[] = [];
  for (const row of rows) {
    for (const finding of module.judge(row, settings, context)) {
      // The store needs it as well.
      const fingerprint = hash('sha256', fingerprintText(finding), 'buffer');
      kept.add(fingerprint.toString('hex'));
      findings.push({ ...finding, fingerprint });
    }
    const aside = module.suppress?.(row, settings, context);
    if (aside) suppressed.add(aside);
  }
  return findings;
}
