/**
 * Which findings become somebody's matter, what it is called and until when it waits.
 *
 * A finding of severity info and a device that was merely identified are knowledge, not
 * a matter: they open no case. Everything else does, with more time the less it presses.
 */
import type { Severity } from '../domain/finding.ts';
import type { CasePolicy } from '../engine/ports.ts';
import { caseTitle } from './titles.ts';

const DAY = 86_400_000;
const DAYS_TO_SETTLE: Readonly<Record<Severity, number | null>> = { critical: 1, high: 3, medium: 14, low: 30, info: null };

export const casePolicy: CasePolicy = {
  opensCase: (kind, severity) => kind !== 'identified-device' && severity !== 'info',
  title: caseTitle,
  dueAt: (severity, at) => {
    const days = DAYS_TO_SETTLE[severity];
    return days === null ? null : at + days * DAY;
  },
};
