/**
 * The course of an attack, read from the victim's answers per minute.
 *
 * A flood with forged senders taken evenly from all of IPv4 sends a telescope of n
 * addresses a share n / 2^32 of the victim's answers (Moore et al. 2001). Counts that small
 * scatter like a Poisson variable, so every rate comes with its 95 percent interval. A
 * victim that stops answering under the load makes the rate an underestimate.
 *
 * Corsaro asks for 30 answers within some 60 seconds, looked at every 10 seconds. Stored
 * minutes know how many answers each held and when its first and last came, so the busiest
 * 60 seconds are known to lie between two figures; an attack is believed by the lower one.
 */
import type { AnswerMinute, BackscatterVictimRow, PortCount } from '../../domain/question.ts';

export interface AttackInterval {
  readonly from: number; // Unix ms, first answer
  readonly to: number; // last answer
  readonly packets: number;
  readonly peakPerMinute: number; // of a minute of the clock
  /** The busiest 60 seconds held at least and at most so many. */
  readonly window: Bounds;
  readonly services: readonly PortCount[]; // busiest first
  readonly distinctServices: number; // at least
}

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

const MINUTE = 60_000;

/** Minutes with answers, joined where at most `gapMinutes` silent ones lie between. */
export function toIntervals({ minutes }: BackscatterVictimRow, gapMinutes: number): AttackInterval[] {
  const groups: AnswerMinute[][] = [];
  for (const minute of minutes) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group && last && (minute.minute - last.minute) * 1000 <= (gapMinutes + 1) * MINUTE) group.push(minute);
    else groups.push([minute]);
  }
  return groups.map(toInterval);
}

function toInterval(minutes: readonly AnswerMinute[]): AttackInterval {
  const services = sumServices(minutes);
  return {
    from: Math.min(...minutes.map(({ firstAt }) => firstAt)),
    to: Math.max(...minutes.map(({ lastAt }) => lastAt)),
    packets: minutes.reduce((sum, { packets }) => sum + packets, 0),
    peakPerMinute: Math.max(...minutes.map(({ packets }) => packets)),
    window: busiestWindow(minutes),
    services,
    distinctServices: Math.max(services.length, ...minutes.map(({ distinctServices }) => distinctServices)),
  };
}

/** What 60 seconds in a row can have held: whole minutes, and neighbours as far as their first and last answers allow. */
export function busiestWindow(minutes: readonly AnswerMinute[]): Bounds {
  let [least, most] = [0, 0];
  for (const [i, minute] of minutes.entries()) {
    const next = minutes[i + 1];
    const isNear = next !== undefined && next.firstAt - minute.lastAt < MINUTE;
    const both = minute.packets + (next?.packets ?? 0);
    least = Math.max(least, minute.packets, isNear && next.lastAt - minute.firstAt < MINUTE ? both : 0);
    most = Math.max(most, isNear ? mostOf(minute, next) : minute.packets);
  }
  return { least, most };
}

/** Sixty seconds that cover both of all but one answer; only where they fit can they hold all. */
function mostOf(minute: AnswerMinute, next: AnswerMinute): number {
  const both = minute.packets + next.packets;
  return next.lastAt - minute.firstAt < MINUTE ? both : both - 1;
}

const SERVICES_KEPT = 10;

function sumServices(minutes: readonly AnswerMinute[]): PortCount[] {
  const sums = new Map<number, { protocol: number; port: number; packets: number }>();
  for (const { services } of minutes) {
    for (const { protocol, port, packets } of services) {
      const key = protocol * 65_536 + port;
      const known = sums.get(key);
      if (known) known.packets += packets;
      else sums.set(key, { protocol, port, packets });
    }
  }
  return [...sums.values()].sort((a, b) => b.packets - a.packets).slice(0, SERVICES_KEPT);
}

export interface AttackLimits {
  readonly minPackets: number;
  readonly minSeconds: number;
  /** Answers the busiest 60 seconds must have held at least. */
  readonly minInWindow: number;
}

/** The interval is an attack by itself. */
export function isAttack({ from, to, packets, window }: AttackInterval, { minPackets, minSeconds, minInWindow }: AttackLimits): boolean {
  return packets >= minPackets && to - from >= minSeconds * 1000 && window.least >= minInWindow;
}

export interface BusiestMinute {
  readonly at: number; // Unix ms
  readonly packets: number;
}

export function busiestMinute({ minutes }: BackscatterVictimRow): BusiestMinute {
  let best: AnswerMinute | undefined;
  for (const minute of minutes) if (minute.packets > (best?.packets ?? 0)) best = minute;
  return { at: (best?.minute ?? 0) * 1000, packets: best?.packets ?? 0 };
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
const SECONDS_PER_MINUTE = 60;

/** The victim's answers per second to the whole Internet, from those of so many minutes at `addresses`. */
export function estimateRate(packets: number, addresses: number, minutes: number = 1): RateEstimate {
  const scale = 2 ** 32 / addresses / (SECONDS_PER_MINUTE * minutes);
  const spread = SIGMAS_OF_95_PERCENT * Math.sqrt(packets);
  return {
    packetsPerSecond: packets * scale,
    low: Math.max(0, packets - spread) * scale,
    high: (packets + spread) * scale,
  };
}
