/**
 * Judges the days of a telescope again while new cells come in.
 *
 * Judging looks at a whole day, so it may not be done for every batch: it waits at least
 * a minute, and ten times as long as it took the last time, so that it never takes more
 * than a tenth of the machine. Days that wait are written down and survive a restart.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Log } from '../engine/log.ts';
import { writeSynced } from './checkpoint.ts';

const LEAST_MS = 60_000;
const TIMES_ITS_DURATION = 10;
/** The first rows of a sensor are judged soon, so that somebody who just started sees something. */
const FIRST_MS = 5000;
const LOOK_EVERY_MS = 1000;

export interface JudgingParts {
  judge(tenant: string, sensor: string, days: readonly number[]): Promise<void>;
  /** Where the days that wait are kept. */
  readonly file: string;
  readonly log: Log;
  readonly leastMs?: number;
}

const waitingSchema = z.record(z.string(), z.array(z.number().int()));

interface SensorState {
  readonly days: Set<number>;
  /** performance.now() from which on it may be judged. */
  dueAt: number;
}

export class Judging {
  readonly #parts: JudgingParts;
  readonly #sensors = new Map<string, SensorState>();
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(parts: JudgingParts) {
    this.#parts = parts;
    for (const [key, days] of Object.entries(readWaiting(parts.file))) for (const day of days) this.#stateOf(key).days.add(day);
  }

  /** New cells of these days (Unix ms of their beginning) are stored. */
  note(tenant: string, sensor: string, days: Iterable<number>): void {
    const { days: waiting } = this.#stateOf(`${tenant}/${sensor}`);
    const before = waiting.size;
    for (const day of days) waiting.add(day);
    if (waiting.size > before) this.#writeDown();
  }

  start(): void {
    this.#loop ??= this.#judgeWhenDue();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #judgeWhenDue(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const [key, state] of this.#sensors) {
        if (state.days.size > 0 && performance.now() >= state.dueAt && !signal.aborted) await this.#judge(key, state);
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #judge(key: string, state: SensorState): Promise<void> {
    const [tenant, sensor] = splitOnce(key);
    const days = [...state.days];
    // Cells that arrive while it judges make the day wait again.
    state.days.clear();
    const startedAt = performance.now();
    try {
      await this.#parts.judge(tenant, sensor, days);
    } catch (error) {
      for (const day of days) state.days.add(day);
      this.#parts.log.warn({ err: error, sensor }, 'live judging failed and will be tried again');
    }
    const took = performance.now() - startedAt;
    state.dueAt = performance.now() + Math.max(this.#parts.leastMs ?? LEAST_MS, took * TIMES_ITS_DURATION);
    this.#writeDown();
  }

  #stateOf(key: string): SensorState {
    const known = this.#sensors.get(key);
    if (known) return known;
    const state = { days: new Set<number>(), dueAt: performance.now() + Math.min(FIRST_MS, this.#parts.leastMs ?? FIRST_MS) };
    this.#sensors.set(key, state);
    return state;
  }

  #writeDown(): void {
    const waiting = [...this.#sensors].filter(([, { days }]) => days.size > 0).map(([key, { days }]) => [key, [...days]]);
    try {
      writeSynced(this.#parts.file, JSON.stringify(Object.fromEntries(waiting)));
    } catch (error) {
      this.#parts.log.warn({ err: error }, 'the days that wait for judging could not be written down');
    }
  }
}

function splitOnce(key: string): [string, string] {
  const at = key.indexOf('/');
  return [key.slice(0, at), key.slice(at + 1)];
}

function readWaiting(file: string): Record<string, number[]> {
  try {
    return waitingSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {}; // the first start
  }
}
