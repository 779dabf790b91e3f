/**
 * The course of an attack, read from the victim's answers per minute.
 *
 * A flood with forged senders taken evenly from all of IPv4 sends a telescope of n
 * addresses a share n / 2^32 of the victim's answers (Moore et al. 2001). Counts that small
 * scatter like a Poisson variable, so every rate comes with its 95 percent interval. A
 * victim that stops answering under the load makes the rate an underestimate.
 */
import type { BackscatterVictimRow } from '../../domain/question.ts';

export interface AttackInterval {
  readonly from: number; // Unix ms, start of its first minute
  readonly to: number; // end of its last minute
  readonly packets: number;
  readonly peakPerMinute: number;
}

const MINUTE = 60;

/** Minutes with answers, joined where at most `gapMinutes` silent ones lie between. */
export function toIntervals({ minutes, packetsPerMinute }: BackscatterVictimRow, gapMinutes: number): AttackInterval[] {
  const intervals: AttackInterval[] = [];
  for (const [i, minute] of minutes.entries()) {
    const packets = packetsPerMinute[i] ?? 0;
    const last = intervals.at(-1);
    const to = (minute + MINUTE) * 1000;
    if (last && minute * 1000 - last.to <= gapMinutes * MINUTE * 1000) {
      const peakPerMinute = Math.max(last.peakPerMinute, packets);
      intervals[intervals.length - 1] = { ...last, to, packets: last.packets + packets, peakPerMinute };
    } else intervals.push({ from: minute * 1000, to, packets, peakPerMinute: packets });
  }
  return intervals;
}

export interface BusiestMinute {
  readonly at: number; // Unix ms
  readonly packets: number;
}

export function busiestMinute({ minutes, packetsPerMinute }: BackscatterVictimRow): BusiestMinute {
  let best = 0;
  for (const [i, packets] of packetsPerMinute.entries()) if (packets > (packetsPerMinute[best] ?? 0)) best = i;
  return { at: (minutes[best] ?? 0) * 1000, packets: packetsPerMinute[best] ?? 0 };
}

const REFERENCE_ADDRESSES = 2 ** 24;
const LEAST_PEAK = 2;

/**
 * The answers a busiest minute must have at a sensor of this size. The usual 30 belong to a
 * telescope of 2^24 addresses; the same flood shows a smaller one proportionally less. A
 * sensor of unknown size is taken for a small one: a missed attack is worse than a weak one shown.
 */
export function peakNeeded(minPeakPackets: number, addresses: number | null): number {
  const share = addresses === null ? 0 : Math.min(1, addresses / REFERENCE_ADDRESSES);
  return Math.min(minPeakPackets, Math.max(LEAST_PEAK, Math.round(minPeakPackets * share)));
}

export interface RateEstimate {
  readonly packetsPerSecond: number;
  readonly low: number; // 95 percent interval
  readonly high: number;
}

const SIGMAS_OF_95_PERCENT = 1.96;

/** The victim's answers per second to the whole Internet, from those of one minute at `addresses`. */
export function estimateRate(packetsInMinute: number, addresses: number): RateEstimate {
  const scale = 2 ** 32 / addresses / MINUTE;
  const spread = SIGMAS_OF_95_PERCENT * Math.sqrt(packetsInMinute);
  return {
    packetsPerSecond: packetsInMinute * scale,
    low: Math.max(0, packetsInMinute - spread) * scale,
    high: (packetsInMinute + spread) * scale,
  };
}
