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

type Retired = { readonly table: string; readonly day: string; readonly rows: number; readonly bytes: number };

interface KeptPackets {
  enforceRetention(now: number, announce: (retired: Retired) => Promise<void>): Promise<readonly Retired[]>;
}

export interface RetentionParts {
  readonly telemetry: Pick<TelemetryStore, 'enforceRetention' | 'storage'>;
  /** Raw packets, under the same rule of entry first, deletion second. */
  readonly packets?: KeptPackets | undefined;
  readonly db: StateDatabase;
  /** Whose log it is written to: the tenant that runs the hub. */
  readonly tenant: string;
  readonly clock: Clock;
  readonly log: Log;
}

export async function enforceRetention({ telemetry, packets, db, tenant, clock, log }: RetentionParts): Promise<void> {
  const announce = async ({ table, day, rows, bytes }: Retired): Promise<void> => {
    const entry = { at: clock.now(), actor: 'system', action: 'telemetry-deleted', subject: `${table} ${day}`, purpose: 'retention' };
    await appendAudit(db, tenant, { ...entry, detail: { table, day, rows, bytes } });
  };
  const retired = await telemetry.enforceRetention(clock.now(), announce);
  const forgotten = (await packets?.enforceRetention(clock.now(), announce)) ?? [];
  if (forgotten.length > 0)
    log.info({ hours: forgotten.length }, 'packets past their retention were deleted; the audit log names each hour');
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
