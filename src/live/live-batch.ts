/**
 * What live input hands over: the rows of about a second, with what an operator should know.
 *
 * A batch has a token that names this piece of work for good. Whoever stores it may do so
 * again after a crash; the token makes the repetition harmless.
 */
import type { Reason } from '../domain/reason.ts';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import type { Text } from '../domain/text.ts';

export interface BadRecord {
  /** Exporter or file. */
  readonly from: string;
  readonly reason: Reason;
  readonly excerpt: string;
}

export interface LiveAlarm {
  readonly code: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly text: Text;
}

export interface LiveBatch {
  readonly token: string;
  readonly collector: string;
  readonly sensor: string;
  /** As an operator knows it: 'netflow 127.0.0.1:2055', a path. */
  readonly source: string;
  readonly records: number;
  readonly columns: readonly ColumnBatch[];
  /** All bad records; of a flood only some are in `bad`. */
  readonly quarantined: number;
  readonly bad: readonly BadRecord[];
  readonly alarms: readonly LiveAlarm[];
}

export interface LiveSink {
  /**
   * Resolves once the batch is safe from a kill: in the store, or on disk on the way to it.
   * May wait; that is the back-pressure.
   */
  store(batch: LiveBatch): Promise<void>;
  /** Puts a batch aside that will never be accepted, with the reason, for an operator to look at. */
  setAside(batch: LiveBatch, error: unknown): Promise<void>;
  /** Something about the input as a whole. Never throws. */
  alarm(batch: Pick<LiveBatch, 'collector' | 'sensor' | 'source'>, alarm: LiveAlarm): Promise<void>;
}
