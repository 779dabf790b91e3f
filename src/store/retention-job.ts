/**
 * The job that deletes what may no longer be kept.
 *
 * The entry in the audit log comes first and says table, day, rows and bytes: a crash in
 * between leaves an entry whose day is deleted at the next turn, never a deletion without
 * an entry.
 */
import type { Clock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import { appendAudit } from './state/audit.ts';
import type { StateDatabase } from './state/open.ts';
import type { TelemetryStore } from './telemetry/index.ts';

export interface RetentionParts {
  readonly telemetry: Pick<TelemetryStore, 'enforceRetention' | 'storage'>;
  readonly db: StateDatabase;
  /** Whose log it is written to: the tenant that runs the hub. */
  readonly tenant: string;
  readonly clock: Clock;
  readonly log: Log;
}

export async function enforceRetention({ telemetry, db, tenant, clock, log }: RetentionParts): Promise<void> {
  const retired = await telemetry.enforceRetention(clock.now(), async ({ table, day, rows, bytes }) => {
    const entry = { at: clock.now(), actor: 'system', action: 'telemetry-deleted', subject: `${table} ${day}`, purpose: 'retention' };
    await appendAudit(db, tenant, { ...entry, detail: { table, day, rows, bytes } });
  });
  if (retired.length > 0)
    log.info({ partitions: retired.length }, 'telemetry past its retention was deleted; the audit log names each day');
  const { bytes, mostBytes } = await telemetry.storage();
  if (mostBytes !== null && bytes > mostBytes) {
    log.warn(
      { bytes, mostBytes },
      'telemetry takes more than telemetry.diskGigabytes with nothing left to delete; raise it or shorten keepDays',
    );
  }
}
