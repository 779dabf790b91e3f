/**
 * The contracts of the interchangeable parts: collectors, detectors, notifiers.
 *
 * A module is a plain object; its settings schema is its documentation, its console
 * form and its validation. Modules never import each other or a store: they are handed
 * what they need. One contract test runs over every module of a kind.
 */
import type { z } from 'zod';
import type { DetectedFinding } from '../domain/finding.ts';
import type { Advice, Notice, Receipt, SenderIdentity } from '../domain/notice.ts';
import type { OnePacketFlood, Sensor, TelescopeQuestion, TelescopeQuestionRows } from '../domain/question.ts';
import type { Reason, ReasonSentences } from '../domain/reason.ts';
import type { Suppression } from '../domain/suppressed.ts';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import type { Text } from '../domain/text.ts';
import type { Log } from './log.ts';

interface Module<Settings> {
  readonly id: string;
  readonly title: Text;
  /** One or two sentences: what it reads or does, and its limits. */
  readonly description: Text;
  readonly settings: z.ZodType<Settings>;
}

/** A file as collectors see it. Bytes come in the file's own encoding, not decompressed. */
export interface Input {
  /** As given by the operator; used in messages. */
  readonly name: string;
  readonly path: string;
  /** Size on disk, bytes. */
  readonly size: number;
}

/** The first bytes of a file after decompression, for recognising it. */
export interface Head {
  readonly name: string; // base name without .gz / .zst
  readonly bytes: Uint8Array; // up to 64 KiB
}

export interface CollectContext {
  readonly tenant: string;
  readonly sensor: string;
  /** Unix ms at which the hub took the file; the same for a replay of the same file. */
  readonly receivedAt: number;
  readonly fileDigest: Uint8Array; // SHA-256
  readonly log: Log;
  readonly signal: AbortSignal;
  /** A record that cannot be used: counted, kept with its reason, never fatal. */
  quarantine(record: number, reason: Reason, excerpt: string): void;
  /** Something about the feed an operator should look at: header drift, clock far off. */
  alarm(code: string, detail: Readonly<Record<string, unknown>>, text: Text): void;
  /** Bytes of the file on disk consumed so far. */
  progress(bytes: number): void;
}

/**
 * What a collector yields. `records` counts the input's records consumed since the
 * previous yield, good and bad. The same file always yields the same sequence: batch
 * number is part of the token that makes replays harmless.
 */
export interface CollectedBatch {
  readonly records: number;
  readonly columns: readonly ColumnBatch[];
  /** Feeds judge already: their findings come with the observations. Empty for sensors. */
  readonly findings: readonly DetectedFinding[];
}

/** Packets of a capture where they lie in memory. `fraction` is in ticks of which there are `ticksPerMilli`; 0xffffffff: without a time. */
export interface CapturedFrames {
  readonly view: DataView;
  readonly count: number;
  readonly start: Uint32Array;
  readonly captured: Uint32Array;
  readonly stated: Uint32Array;
  readonly second: Uint32Array;
  readonly fraction: Uint32Array;
  readonly ticksPerMilli: number;
  readonly link: Uint16Array;
}

/** Keeps raw packets by the sensor's policy. Neither call ever throws: trouble with keeping is no trouble of the input. */
export interface PacketTaker {
  /** The packets are only valid during the call. */
  take(frames: CapturedFrames): void;
  /** What was taken is on its way to the disk when it returns; called before a checkpoint may pass it. */
  flush(): void;
}

/** What a decoder of live input is given. `sensor` names the place that listens. */
export interface LiveContext {
  readonly tenant: string;
  readonly sensor: string;
  readonly log: Log;
  /** Folder of its own that survives restarts: template caches and the like. */
  readonly folder: string;
  /** Set when raw packets of this sensor are kept. */
  readonly packets?: PacketTaker | undefined;
  /** Counted and kept with its reason, never fatal; `from` names the exporter or file. */
  quarantine(from: string, reason: Reason, excerpt: string): void;
  alarm(code: string, detail: Readonly<Record<string, unknown>>, text: Text): void;
}

/** Makes columns of input that never ends. It keeps what it has decoded until it is asked. */
export interface LiveDecoder {
  /** Rows since the last call, sensor_minute among them; empty columns are left out. */
  flush(now: number): Omit<CollectedBatch, 'findings'>;
  /** Writes down what must survive a restart. */
  close(): Promise<void>;
}

export interface DatagramDecoder extends LiveDecoder {
  /** One datagram as it came; the bytes are only valid during the call. */
  take(datagram: Uint8Array, from: { readonly address: string; readonly port: number }, receivedAt: number): void;
}

export interface StreamDecoder extends LiveDecoder {
  /** The next bytes of a stream. Throws YaguraError when the stream cannot be understood any more. */
  take(bytes: Uint8Array): void;
  /**
   * What a fresh decoder must be given to go on where this one stands: `head`, then the stream
   * from `undecoded` bytes before its present end. Without it a growing file cannot be followed.
   */
  restart?(): { readonly head: Uint8Array; readonly undecoded: number };
}

export interface Collector<Settings = unknown> extends Module<Settings> {
  /** 'capture' input is judged later by telescope detectors; 'feed' input carries judgements; 'flow' input is records of exporters. */
  readonly input: 'capture' | 'feed' | 'flow';
  /** Set when it can listen on a UDP port. */
  readonly datagrams?: { readonly port: number; open(settings: Settings, context: LiveContext): Promise<DatagramDecoder> };
  /** Set when it can read a stream: standard input, a growing file. */
  readonly stream?: { open(settings: Settings, context: LiveContext): Promise<StreamDecoder> };
  /** Every reason for which it sets a record aside. */
  readonly reasons: ReasonSentences;
  /** 0: not mine; 1: certainly mine. Looks at content before name. */
  recognises(head: Head): number;
  /** What is in a file, touching no store: one flat JSON object. Throws YaguraError for a wrong file. */
  inspect(input: Input, settings: Settings): Promise<Record<string, unknown>>;
  /** Set when several files can be read as one stream, in the order given. */
  inspectTogether?(inputs: readonly Input[], settings: Settings): Promise<Record<string, unknown>>;
  /** Throws YaguraError when the file as a whole is wrong; what was yielded before is kept. */
  collect(input: Input, settings: Settings, context: CollectContext): AsyncIterable<CollectedBatch>;
}

export interface JudgeContext {
  readonly tenant: string;
  readonly sensor: Sensor;
  /** Of the period judged; becomes the findings' bucket. */
  readonly bucket: string;
  readonly from: number; // Unix ms
  readonly to: number;
  /** Ports and times at which hosts with one packet each are no evidence; absent: none. */
  readonly floods?: readonly OnePacketFlood[];
}

/** Judges one row of a telescope question. Pure: no clock, network or store. */
export interface Detector<Q extends TelescopeQuestion = TelescopeQuestion, Settings = unknown> extends Module<Settings> {
  readonly version: number;
  readonly question: Q;
  judge(row: TelescopeQuestionRows[Q], settings: Settings, context: JudgeContext): readonly DetectedFinding[];
  /** What of the row is put aside, and why; counted per sensor and day. */
  suppress?(row: TelescopeQuestionRows[Q], settings: Settings, context: JudgeContext): Suppression | undefined;
  /** How far before the day its series must begin. */
  lookBackMs?(settings: Settings, sensor: Sensor): number;
}

/** A notice as a person will see it, for preview and delivery alike. */
export interface RenderedNotice {
  readonly subject: string;
  /** Parts by media type: text/plain, text/html, application/pdf, text/csv. */
  readonly parts: readonly { readonly mediaType: string; readonly fileName: string; readonly content: Uint8Array }[];
}

export interface RenderContext {
  readonly sender: SenderIdentity;
  advice(kind: string): Advice;
}

export interface DeliverContext extends RenderContext {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly now: number; // Unix ms
  /** Folder for channels that end in files. */
  readonly outbox: string;
}

export interface Notifier<Settings = unknown> extends Module<Settings> {
  /** True when the constituent can be reached this way at all. */
  reaches(constituent: Notice['constituent']): boolean;
  render(notice: Notice, settings: Settings, context: RenderContext): Promise<RenderedNotice>;
  /** Idempotent by notice id: delivering again must not reach the person twice where the channel can tell. */
  deliver(notice: Notice, settings: Settings, context: DeliverContext): Promise<Receipt>;
}

export const defineCollector = <S>(module: Collector<S>): Collector<S> => module;
export const defineDetector = <Q extends TelescopeQuestion, S>(module: Detector<Q, S>): Detector<Q, S> => module;
export const defineNotifier = <S>(module: Notifier<S>): Notifier<S> => module;
