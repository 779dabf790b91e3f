/**
 * Decides to which alert each share of one host belongs, and when there is enough for one.
 *
 * Pure, and the same whatever way the shares come: a share that has its alert keeps it, so
 * judging an hour again changes counts and nothing else.
 */

import type { HostHour, OwnRangeClass } from '../domain/own-range.ts';
import { estimateTargets } from '../domain/target-bits.ts';
import type { OwnRangeSettings } from './settings.ts';

/** What placing needs of an alert of the same constituent, host and class. */
export interface PlacedAlert {
  readonly number: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** Closed by a person: what begins later is another matter. */
  readonly closedAt: number | null;
}

type Seen = Pick<HostHour, 'firstSeenAt' | 'lastSeenAt' | 'packets' | 'targetBits'>;

/** `alert` is the number of one there is, or -1, -2, … for those to be raised; left out: not enough yet. */
export interface Placement<Share> {
  readonly share: Share;
  readonly alert: number;
}

export function placeShares<Share extends Seen>(
  kind: OwnRangeClass,
  shares: readonly Share[],
  alerts: readonly PlacedAlert[],
  settings: OwnRangeSettings,
): Placement<Share>[] {
  const known = alerts.map((alert) => ({ ...alert }));
  const placed: Placement<Share>[] = [];
  let waiting: Share[] = [];
  let raised = 0;
  for (const share of [...shares].sort((a, b) => a.firstSeenAt - b.firstSeenAt)) {
    const alert = known.find((one) => belongs(share, one, settings.quietMs));
    if (alert) {
      alert.firstSeenAt = Math.min(alert.firstSeenAt, share.firstSeenAt);
      alert.lastSeenAt = Math.max(alert.lastSeenAt, share.lastSeenAt);
      placed.push({ share, alert: alert.number });
      continue;
    }
    waiting = [...waiting.filter((one) => share.firstSeenAt - one.lastSeenAt <= settings.quietMs), share];
    if (!isEnough(kind, waiting, settings)) continue;
    const number = -++raised;
    placed.push(...waiting.map((one) => ({ share: one, alert: number })));
    known.push({ number, closedAt: null, ...spanOf(waiting) });
    waiting = [];
  }
  return placed;
}

function belongs(share: Seen, alert: PlacedAlert, quietMs: number): boolean {
  if (alert.closedAt !== null && share.firstSeenAt > alert.closedAt) return false;
  return share.firstSeenAt <= alert.lastSeenAt + quietMs && share.lastSeenAt >= alert.firstSeenAt - quietMs;
}

/** Spoofable evidence is counted together before it is believed. */
function isEnough(kind: OwnRangeClass, shares: readonly Seen[], { leastPackets, leastTargets, leastAnswers }: OwnRangeSettings): boolean {
  const packets = shares.reduce((sum, share) => sum + share.packets, 0);
  if (kind === 'UNDER_ATTACK') return packets >= leastAnswers;
  return packets >= leastPackets || estimateTargets(uniteBits(shares)).targets >= leastTargets;
}

export function spanOf(shares: readonly Pick<Seen, 'firstSeenAt' | 'lastSeenAt'>[]): { firstSeenAt: number; lastSeenAt: number } {
  return {
    firstSeenAt: Math.min(...shares.map(({ firstSeenAt }) => firstSeenAt)),
    lastSeenAt: Math.max(...shares.map(({ lastSeenAt }) => lastSeenAt)),
  };
}

export function uniteBits(shares: readonly Pick<Seen, 'targetBits'>[]): string {
  const bits = shares.reduce((all, { targetBits }) => all | BigInt(`0x${targetBits || '0'}`), 0n);
  return bits.toString(16).padStart(16, '0');
}
