/**
 * What the clients of one server have in common in time and size.
 *
 * Where every packet was looked at, each client gets its beacon score and the middle one
 * speaks for the server. Under sampling no client alone says enough: the period is then
 * looked for in all of them together, sizes are bytes per packet, and the evenness of the
 * day is freed of the unevenness that drawing at random makes by itself.
 */
import type { C2ClientSeries } from '../domain/c2-flows.ts';
import { type BeaconScore, type BeaconWindow, beaconScore, countBars, durationScore, median, sizeScore } from './beacon.ts';
import { type Connections, type ExporterHabits, toConnections } from './connections.ts';
import { findRhythm } from './rhythm.ts';

export interface ServerRhythm extends BeaconScore {
  /** Between two connections of a client; null: no period could be told. */
  readonly periodSeconds: number | null;
  /** log10 of the chance of such a period among times at random; null: not sampled, so not tested. */
  readonly periodLog10P: number | null;
  /** Clients whose connections were enough to judge. */
  readonly judgedClients: number;
}

/** Even sizes and hours are no rhythm: the gaps must be even as well. */
const LEAST_TIME_SCORE = 0.5;

export function keepsTime(rhythm: ServerRhythm | null | undefined, leastScore: number): rhythm is ServerRhythm {
  return rhythm != null && rhythm.score >= leastScore && rhythm.ts >= LEAST_TIME_SCORE;
}

/** What is known of a server after a look at its series. */
export interface LookedAt {
  readonly rhythm: ServerRhythm | null;
  readonly family: string | null;
}

/** A period that chance brings about once in a hundred servers is none. */
const SIGNIFICANT = Math.log(0.01);
const LEAST_CONCENTRATION = 0.5;
const round3 = (value: number): number => Math.round(value * 1000) / 1000;

/** Null: nobody connected often enough. */
export function serverRhythm(
  clients: readonly C2ClientSeries[],
  isSampled: boolean,
  window: BeaconWindow,
  habits: ExporterHabits,
): ServerRhythm | null {
  const connections = clients.map((series) => toConnections(series, habits));
  return isSampled ? sampledRhythm(connections, window) : wholeRhythm(connections, window);
}

function wholeRhythm(clients: readonly Connections[], window: BeaconWindow): ServerRhythm | null {
  const scores: BeaconScore[] = [];
  const periods: number[] = [];
  for (const { at, bytes } of clients) {
    const score = beaconScore(at, bytes, window);
    if (!score) continue;
    scores.push(score);
    periods.push(medianGap(at));
  }
  if (scores.length === 0) return null;
  const middle = (part: keyof BeaconScore): number => round3(middleOf(scores.map((score) => score[part])));
  return {
    score: middle('score'),
    ts: middle('ts'),
    ds: middle('ds'),
    hist: middle('hist'),
    dur: middle('dur'),
    periodSeconds: middleOf(periods),
    periodLog10P: null,
    judgedClients: scores.length,
  };
}

const middleOf = (values: readonly number[]): number => median(Float64Array.from(values).sort());

function medianGap(at: Float64Array): number {
  const gaps = at
    .subarray(1)
    .map((time, i) => time - (at[i] as number))
    .filter((gap) => gap > 0);
  return median(gaps.sort());
}

function sampledRhythm(clients: readonly Connections[], window: BeaconWindow): ServerRhythm | null {
  const rhythm = findRhythm(
    clients.map(({ at }) => at),
    window.from,
    window.to,
  );
  if (!rhythm) return null;
  const all = joined(clients.map(({ at }) => at)).sort();
  const perPacket = joined(clients.map(({ bytes, packets }) => bytes.map((sent, i) => sent / Math.max(1, packets[i] as number))));
  const bars = countBars(all, window);
  const isPeriodic = rhythm.logP <= SIGNIFICANT;
  const ts = isPeriodic ? round3(Math.max(LEAST_CONCENTRATION, rhythm.concentration)) : 0;
  const ds = sizeScore(perPacket) ?? 0;
  const hist = evennessBeyondChance(bars);
  const dur = durationScore(bars, all[0] as number, all[all.length - 1] as number, window);
  return {
    score: round3((ts + ds + hist + dur) / 4),
    ts,
    ds,
    hist,
    dur,
    periodSeconds: isPeriodic ? rhythm.periodSeconds : null,
    periodLog10P: rhythm.logP / Math.LN10,
    judgedClients: clients.filter(({ at }) => at.length > 0).length,
  };
}

/** Counts drawn at random vary by the root of their mean; only what is beyond that is uneven. */
function evennessBeyondChance(bars: Uint32Array): number {
  const mean = bars.reduce((sum, height) => sum + height, 0) / bars.length;
  if (mean === 0) return 0;
  const variance = bars.reduce((sum, height) => sum + (height - mean) ** 2, 0) / bars.length;
  return round3(Math.max(0, 1 - Math.sqrt(Math.max(0, variance - mean)) / mean));
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    all.set(part, place);
    place += part.length;
  }
  return all;
}
