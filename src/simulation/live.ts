/**
 * The country as a live source: first what has happened, in captures of up to an hour,
 * then each minute as it ends. The clock and the waiting are handed in.
 */
import type { Clock } from '../engine/clock.ts';
import { type Country, HOUR, MINUTE } from './country.ts';
import { captureHeader } from './packet.ts';
import { trafficBetween } from './traffic.ts';

export interface LiveCapture {
  readonly from: number; // Unix ms, inclusive
  readonly to: number; // exclusive
  readonly packets: number;
  /** A whole capture file. */
  readonly bytes: Uint8Array;
}

export interface LiveOptions {
  readonly country: Country;
  /** Begin, Unix ms; usually 24 hours ago. */
  readonly from: number;
  /** End; without it the source flows until the signal. */
  readonly to?: number | undefined;
  readonly clock: Clock;
  /** Resolves after so many ms, or when the signal says so. */
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/** Captures in order of time, without holes but for the sensor's gaps; hours start on the hour. */
export async function* liveTraffic({
  country,
  from,
  to = Number.POSITIVE_INFINITY,
  clock,
  wait,
  signal,
}: LiveOptions): AsyncGenerator<LiveCapture> {
  for (let at = from; at < to; ) {
    if (signal?.aborted) return;
    const ended = Math.min(to, Math.floor(clock.now() / MINUTE) * MINUTE);
    if (ended <= at) {
      await wait(Math.max(1, Math.min(to, nextMinute(at)) - clock.now()));
      continue;
    }
    const end = Math.min(ended, nextHour(at));
    const capture = captureBetween(country, at, end);
    if (capture.packets > 0) yield capture;
    at = end;
  }
}

const nextMinute = (at: number): number => (Math.floor(at / MINUTE) + 1) * MINUTE;
const nextHour = (at: number): number => (Math.floor(at / HOUR) + 1) * HOUR;

/** One capture of a span; whole in memory, so for spans of an hour or so. */
export function captureBetween(country: Country, from: number, to: number): LiveCapture {
  const parts = [captureHeader()];
  let packets = 0;
  for (const minute of trafficBetween(country, from, to)) {
    parts.push(minute.records);
    packets += minute.packets;
  }
  return { from, to, packets, bytes: Buffer.concat(parts) };
}
