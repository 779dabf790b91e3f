/**
 * Alerts about an organisation's own addresses: what one of its machines does in networks
 * where nobody lives.
 *
 * There is one alert per constituent, host and class for as long as it goes on; what is
 * seen later continues the same alert. Backscatter says that the host is attacked, never
 * that it is infected: whoever forges a sender chooses whose address is answered.
 */
import type { Severity } from './finding.ts';
import type { PortCount } from './question.ts';
import type { Text } from './text.ts';
import type { Interval } from './watching.ts';

export const OWN_RANGE_CLASSES = ['OUTBOUND_INFECTION', 'INTERNAL_SPREAD', 'UNDER_ATTACK'] as const;
export type OwnRangeClass = (typeof OWN_RANGE_CLASSES)[number];

/** 'new' until it was seen again later; 'ended' after a quiet period that was watched; 'closed' by a person. */
export const OWN_RANGE_STATES = ['new', 'continuing', 'ended', 'closed'] as const;
export type OwnRangeState = (typeof OWN_RANGE_STATES)[number];

/** Why a person closed an alert. */
export const OWN_RANGE_CAUSES = ['malware', 'misconfiguration', 'own-test', 'attack-over', 'not-ours', 'mistaken', 'other'] as const;
export type OwnRangeCause = (typeof OWN_RANGE_CAUSES)[number];

/** What one host did to one sensor within one hour: the smallest share an alert is made of. */
export interface HostHour {
  readonly host: string; // address text
  readonly sensor: string;
  readonly isBackscatter: boolean;
  readonly hour: number; // Unix ms of its beginning
  readonly packets: number;
  readonly targetBits: string; // linear-counting bitmap, 16 hexadecimal digits
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly ports: readonly PortCount[];
}

/** A share with whose it was at that time. */
export interface OwnRangeShare extends HostHour {
  readonly constituentId: string;
  readonly class: OwnRangeClass;
}

export interface OwnRangeAlert {
  readonly id: string; // 'A-000123'
  readonly constituentId: string;
  readonly host: string;
  readonly class: OwnRangeClass;
  readonly state: OwnRangeState;
  readonly severity: Severity;
  readonly raisedAt: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly packets: number;
  readonly targets: number;
  readonly ports: readonly PortCount[];
  readonly sensors: readonly string[];
  readonly because: Text;
}

/** Seen again this much later than when it was raised, a new alert is a continuing one. */
const CONTINUING_AFTER = 3_600_000;

interface Course {
  readonly raisedLastAt: number; // when it had been seen last as it was raised
  readonly lastSeenAt: number;
  readonly endedAt: number | null;
  readonly closedAt: number | null;
}

export function stateOf({ raisedLastAt, lastSeenAt, endedAt, closedAt }: Course): OwnRangeState {
  if (closedAt !== null) return 'closed';
  if (endedAt !== null) return 'ended';
  return lastSeenAt >= raisedLastAt + CONTINUING_AFTER ? 'continuing' : 'new';
}

const SEVERITY: Readonly<Record<OwnRangeClass, { readonly fresh: Severity; readonly old: Severity }>> = {
  INTERNAL_SPREAD: { fresh: 'critical', old: 'high' },
  OUTBOUND_INFECTION: { fresh: 'high', old: 'medium' },
  UNDER_ATTACK: { fresh: 'medium', old: 'low' },
};

/** What is new weighs more than what goes on. */
export const severityOfAlert = (kind: OwnRangeClass, state: OwnRangeState): Severity =>
  state === 'new' ? SEVERITY[kind].fresh : SEVERITY[kind].old;

/** What a message about own ranges says; stored with the notice, so that it can be shown again as it was sent. */
export interface OwnRangeMessage extends Interval {
  /** 'alert': at once, of what is new. 'receipt': weekly, also when there was nothing. */
  readonly kind: 'alert' | 'receipt';
  readonly alerts: readonly OwnRangeAlert[];
  /** Addresses that are watched for: '203.0.113.0/24'. */
  readonly ranges: readonly string[];
  /** Receipt: how many sensors watched, and when none of them did. */
  readonly sensors: number;
  readonly unwatched: readonly Interval[];
}
