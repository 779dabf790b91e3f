/**
 * Stores a batch however long it takes: an outage or a full disk is waited for, and said
 * once; only what will never be accepted is put aside.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ERRORS, isYaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import type { LiveAlarm, LiveBatch, LiveSink } from './live-batch.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

export interface Patience {
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** True once the batch is safe or put aside; false when it was told to give up. */
export async function storePersistently(sink: LiveSink, batch: LiveBatch, { log, signal }: Patience): Promise<boolean> {
  let toldFull = false;
  for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      await sink.store(batch);
      if (toldFull) log.info({ source: batch.source }, 'there is room on the disk again; live input goes on');
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const isFull = isDiskFull(error);
      if (!isFull && !isPassing(error)) {
        await sink.setAside(batch, error);
        return true;
      }
      if (isFull && !toldFull) {
        toldFull = true;
        log.error({ source: batch.source }, 'the disk is full: live input stands still until there is room');
        await sink.alarm(batch, DISK_FULL);
      } else if (!isFull) log.warn({ err: error, source: batch.source }, 'a live batch could not be stored and will be tried again');
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
  return false;
}

const DISK_FULL: LiveAlarm = {
  code: 'disk-full',
  detail: {},
  text: {
    ja: 'ディスクの空き容量がなくなったため、ライブ入力を止めています。空きができると自動的に再開します。止まっている間に届いたUDPデータは失われ、その件数を記録します。',
    en: 'The disk is full, so live input stands still. It goes on by itself once there is room. UDP data that arrives meanwhile is lost and counted.',
  },
};

function isPassing(error: unknown): boolean {
  return isYaguraError(error) && ERRORS[error.code].isRetryable;
}

/** By the system's own code, or as the telemetry engine words it. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  return /NOT_ENOUGH_SPACE|No space left on device|errno: 28\b/.test(error.message) || isDiskFull(error.cause);
}
