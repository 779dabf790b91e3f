/**
 * Why somebody may look at records of communications: 通信の秘密 as data.
 *
 * Every detection on user flows runs for one purpose on one legal basis, reads named
 * fields and keeps them for a stated time. Asking for addresses of clients needs a grant
 * that somebody else gave, for a purpose that allows it, until a stated time.
 */
import type { Text } from './text.ts';

export const PURPOSE_IDS = ['c2-detection', 'own-subscriber-alert', 'incident-response', 'network-operation', 'statistics'] as const;
export type PurposeId = (typeof PURPOSE_IDS)[number];

export interface Purpose {
  readonly id: PurposeId;
  readonly title: Text;
  /** The rule or report it stands on. */
  readonly legalBasis: Text;
  /** Columns of `flow` a run for it may read. */
  readonly fields: readonly string[];
  /** What an answer may show: sums only, servers, or the ends of communications. */
  readonly shows: 'sums' | 'servers' | 'clients';
  readonly keepDays: number;
}

export interface PurposeGrant {
  readonly id: string;
  readonly tenant: string;
  readonly purpose: PurposeId;
  readonly reason: string;
  readonly grantedTo: string; // actor
  readonly grantedBy: string; // another actor
  readonly from: number; // Unix ms
  readonly until: number;
}
