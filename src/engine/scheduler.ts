/**
 * Work that comes back: named jobs at fixed intervals, never two runs of one job at once.
 *
 * A job that fails is logged and tried again at its next turn; somebody else's outage
 * must not end the hub.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from './log.ts';

export interface Job {
  readonly name: string;
  readonly everySeconds: number;
  /** Runs once at the start as well when true. */
  readonly isDueAtStart?: boolean;
  run(signal: AbortSignal): Promise<void>;
}

export interface Scheduler {
  /** Ends the waits, lets running jobs finish. */
  stop(): Promise<void>;
}

export function startScheduler(jobs: readonly Job[], log: Log): Scheduler {
  const stopping = new AbortController();
  const loops = jobs.map((job) => repeat(job, log, stopping.signal));
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

async function repeat(job: Job, log: Log, signal: AbortSignal): Promise<void> {
  if (!job.isDueAtStart) await pause(job.everySeconds, signal);
  while (!signal.aborted) {
    try {
      await job.run(signal);
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, job: job.name }, 'a scheduled job failed and will be tried again');
    }
    await pause(job.everySeconds, signal);
  }
}

async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  await sleep(seconds * 1000, undefined, { signal, ref: false }).catch(() => undefined);
}
