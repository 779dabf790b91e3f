/**
 * A case: one constituent's open matter about one asset, grouping the findings on it.
 *
 * Silence is not a fix: `unseen` never counts as closed. Only a positive re-check or an
 * analyst's reasoned decision leads to `verified_fixed`. A case without a responsible
 * party is an `orphan` and stays visible.
 */
import type { Asset, Severity } from './finding.ts';
import type { Text } from './text.ts';

export const CASE_STATES = ['open', 'orphan', 'notified', 'answered', 'verified_fixed', 'reopened', 'unseen', 'suppressed'] as const;
export type CaseState = (typeof CASE_STATES)[number];

/** Moves that the lifecycle allows; everything else is refused. */
export const CASE_MOVES: Readonly<Record<CaseState, readonly CaseState[]>> = {
  open: ['notified', 'answered', 'verified_fixed', 'unseen', 'suppressed', 'orphan'],
  orphan: ['open', 'suppressed', 'unseen', 'verified_fixed'],
  notified: ['answered', 'verified_fixed', 'unseen', 'suppressed', 'orphan'],
  answered: ['notified', 'verified_fixed', 'unseen', 'suppressed', 'reopened'],
  verified_fixed: ['reopened'],
  reopened: ['notified', 'answered', 'verified_fixed', 'unseen', 'suppressed'],
  unseen: ['reopened', 'answered', 'verified_fixed', 'suppressed'],
  suppressed: ['open', 'reopened'],
};

export interface Case {
  readonly id: string; // 'Y-1042', unique within the tenant
  readonly tenant: string;
  readonly constituentId: string | null;
  readonly asset: Asset;
  readonly state: CaseState;
  readonly severity: Severity; // of its worst finding
  readonly title: Text;
  readonly findings: number;
  readonly openedAt: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly dueAt: number | null;
  readonly reopenCount: number;
}

/** Who knew or did what, when: the timeline of a case. */
export interface CaseEvent {
  readonly at: number;
  readonly actor: string; // 'system', a module id or a user
  readonly what: string; // stable code: 'opened', 'finding-added', 'notice-queued', ...
  readonly text: Text;
}
