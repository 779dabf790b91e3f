/**
 * What the pipeline needs of the stores, said in its own words.
 *
 * The engine never imports a store: main.ts hands these in. Every write is idempotent,
 * so a crash repeats work instead of losing or doubling it.
 */
import type { Attribution, Constituent } from '../domain/constituent.ts';
import type { DetectedFinding, FindingKind, Severity } from '../domain/finding.ts';
import type { Notice, NoticeItem, Receipt } from '../domain/notice.ts';
import type { Sensor, TelescopeQuestion, TelescopeQuestionRows } from '../domain/question.ts';
import type { Reason } from '../domain/reason.ts';
import type { SuppressedEvidence } from '../domain/suppressed.ts';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import type { Text } from '../domain/text.ts';

export interface QuestionRange {
  readonly tenant: string;
  readonly sensor: string;
  readonly from: number; // Unix ms, inclusive
  readonly to: number; // exclusive
  /** How long before `from` series begin, so that what goes on over midnight is seen as one. Counts never reach back. */
  readonly lookBackMs?: number | undefined;
}

export interface TelemetryWriter {
  /**
   * Stores the batches of one step. Resolves once they are spooled and in the engine;
   * the same token stores nothing twice, raw tables and rollups alike.
   */
  insert(batches: readonly ColumnBatch[], token: string): Promise<void>;
  /**
   * For live input: resolves once the batches are safe on disk, and the engine gets them as
   * soon as it can, in order, after a crash at the next start. Waits while the backlog is full.
   */
  accept(batches: readonly ColumnBatch[], token: string): Promise<void>;
  /** Resolves when the engine has everything accepted so far. */
  settled(): Promise<void>;
}

export interface TelescopeReader {
  /** Rows in pages, so that memory stays flat; one row per source. */
  ask<Q extends TelescopeQuestion>(question: Q, range: QuestionRange): AsyncIterable<readonly TelescopeQuestionRows[Q][]>;
}

export interface AttributedFinding {
  readonly finding: DetectedFinding;
  readonly attribution: Attribution;
}

/** What follow-through decides about findings; the store folds them into cases by it. */
export interface CasePolicy {
  opensCase(kind: FindingKind, severity: Severity): boolean;
  title(kind: FindingKind, identifier: string): Text;
  /** When the matter should be settled, counted from `at`; null: whenever. */
  dueAt(severity: Severity, at: number): number | null;
}

export interface FoldResult {
  readonly created: number;
  readonly updated: number;
  readonly casesOpened: number;
  readonly casesReopened: number;
}

export interface FindingStore {
  /**
   * Folds judgements into findings and findings into cases, in one transaction.
   * With `bucket` set on the findings, each bucket's share is replaced; with null buckets
   * the shares are added once per token. Repeating a call with its token changes nothing.
   */
  fold(findings: readonly AttributedFinding[], token: string, at: number): Promise<FoldResult>;
  /** After a bucket was judged again: the module's shares in it that were not confirmed are withdrawn. */
  retract(tenant: string, bucket: string, module: string, keptFingerprints: ReadonlySet<string>): Promise<void>;
}

/** Where evidence that was put aside is counted. Each call replaces what was said of that sensor, day and module. */
export interface SuppressionStore {
  replace(
    tenant: string,
    of: { readonly sensor: string; readonly day: number; readonly module: string },
    rows: readonly SuppressedEvidence[],
    at: number,
  ): Promise<void>;
}

export interface IntakeRecord {
  readonly id: string; // hex SHA-256 of content + collector + sensor
  readonly tenant: string;
  readonly file: string;
  readonly digest: string; // hex SHA-256 of the content
  readonly collector: string;
  readonly sensor: string;
  readonly bytes: number;
  readonly receivedAt: number;
}

export interface IntakeProgress {
  readonly records: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly doneBytes: number;
  readonly seconds: number;
  readonly firstSeenAt: number | null;
  readonly lastSeenAt: number | null;
}

/** A record that could not be used: which, why, and how it begins. */
export interface QuarantinedRecord {
  readonly record: number;
  readonly reason: Reason;
  readonly excerpt: string;
}

export interface IntakeLedger {
  /** 'done' when this very input was taken completely before; otherwise the receivedAt of its first attempt. */
  begin(
    record: IntakeRecord,
  ): Promise<{ state: 'new' | 'resumed'; receivedAt: number; progress?: IntakeProgress } | { state: 'done'; progress: IntakeProgress }>;
  advance(tenant: string, id: string, progress: IntakeProgress): Promise<void>;
  complete(tenant: string, id: string, progress: IntakeProgress): Promise<void>;
  fail(tenant: string, id: string, progress: IntakeProgress, problem: string): Promise<void>;
  /** Idempotent by (id, record). */
  quarantine(tenant: string, id: string, rows: readonly QuarantinedRecord[]): Promise<void>;
  /** Idempotent by (id, code). */
  alarm(tenant: string, id: string | null, at: number, code: string, detail: Readonly<Record<string, unknown>>, text: Text): Promise<void>;
  /** With the number of addresses it observed at that time, Unix ms. */
  sensor(tenant: string, id: string, at: number): Promise<Sensor>;
}

/** A case that somebody should hear of, with what they may be told. */
export interface NoticeCandidate {
  readonly constituent: Constituent;
  readonly caseId: string;
  readonly items: readonly NoticeItem[];
}

/** One digest as decided, before it has a number. */
export interface PlannedNotice {
  readonly channel: string;
  readonly constituent: Constituent;
  readonly checkCode: string;
  readonly items: readonly NoticeItem[];
}

/** A way to reach people; a notifier is one. */
export interface Channel {
  readonly id: string;
  reaches(constituent: Constituent): boolean;
}

/** Decides who hears of what by which channel. Pure but for the random check code. */
export type NoticePlanner = (candidates: readonly NoticeCandidate[], channels: readonly Channel[]) => readonly PlannedNotice[];

/** The notices that wait for their channel. */
export interface NoticeOutbox {
  /** The next notice that is due, marked as being delivered; also one whose delivery was cut short. */
  claim(tenant: string, at: number): Promise<{ readonly notice: Notice; readonly attempt: number } | undefined>;
  /** Stores what the channel said, and moves the cases of a delivered notice on. Null: not tried again. */
  settle(tenant: string, noticeId: string, attempt: number, receipt: Receipt, nextAttemptAt: number | null): Promise<void>;
  /** How many wait for a later attempt. */
  countWaiting(tenant: string): Promise<number>;
}
