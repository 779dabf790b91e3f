/**
 * From flow records back to connections.
 *
 * An exporter cuts a long connection after its active timeout and sends a record for each
 * piece: one that lasted nearly so long and is followed, within the timeout, by another
 * of the same 5-tuple was cut. A short one that is followed by another ended by silence:
 * that is a heartbeat over an open connection, and its rhythm is just what is looked for.
 * Two routers on the path export the same connection twice: pieces that overlap are one,
 * and when they begin together the larger count stands.
 */
import type { C2ClientSeries } from '../domain/c2-flows.ts';

export interface Connections {
  readonly at: Float64Array; // Unix seconds, in order
  readonly bytes: Float64Array;
  readonly packets: Float64Array;
}

export interface ExporterHabits {
  readonly activeTimeoutMs: number;
  /** The step in which times are stated. */
  readonly precisionMs: number;
}

/** Whoever looked away before half the timeout was over did not cut. */
const CUT_SHARE = 0.5;
const LEAST_STEP_MS = 1000; // the score is made for whole seconds

interface Open {
  place: number;
  startedAt: number;
  endedAt: number;
  lastedMs: number;
}

export function toConnections(series: C2ClientSeries, { activeTimeoutMs, precisionMs }: ExporterHabits): Connections {
  const { startedAt, durationMs, clientPort } = series;
  const step = Math.max(LEAST_STEP_MS, precisionMs);
  const at = new Float64Array(startedAt.length);
  const bytes = new Float64Array(startedAt.length);
  const packets = new Float64Array(startedAt.length);
  const open = new Map<number, Open>();
  let count = 0;
  for (let i = 0; i < startedAt.length; i++) {
    const start = startedAt[i] as number;
    const lasted = durationMs[i] as number;
    const before = open.get(clientPort[i] as number);
    const sent = series.bytes[i] as number;
    const sentPackets = series.packets[i] as number;
    if (before && isContinued(before, start, activeTimeoutMs)) {
      const isDouble = start - before.startedAt < step;
      bytes[before.place] = joined(bytes[before.place] as number, sent, isDouble);
      packets[before.place] = joined(packets[before.place] as number, sentPackets, isDouble);
      before.endedAt = Math.max(before.endedAt, start + lasted);
      before.startedAt = start;
      before.lastedMs = lasted;
      continue;
    }
    at[count] = (Math.floor(start / step) * step) / 1000;
    bytes[count] = sent;
    packets[count] = sentPackets;
    open.set(clientPort[i] as number, { place: count, startedAt: start, endedAt: start + lasted, lastedMs: lasted });
    count++;
  }
  return { at: at.subarray(0, count), bytes: bytes.subarray(0, count), packets: packets.subarray(0, count) };
}

function isContinued({ endedAt, lastedMs }: Open, start: number, activeTimeoutMs: number): boolean {
  if (start <= endedAt) return true;
  return lastedMs >= activeTimeoutMs * CUT_SHARE && start - endedAt < activeTimeoutMs;
}

const joined = (before: number, more: number, isDouble: boolean): number => (isDouble ? Math.max(before, more) : before + more);
