/**
 * Orders the findings of a notice for reading: one group per kind, the gravest first.
 */
import { FINDING_KINDS, type FindingKind, SEVERITIES, type Severity } from '../domain/finding.ts';
import type { NoticeItem } from '../domain/notice.ts';

export interface DigestGroup {
  readonly kind: FindingKind;
  readonly severity: Severity; // of its gravest item
  readonly items: readonly NoticeItem[]; // the gravest first
}

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

function compareItems(a: NoticeItem, b: NoticeItem): number {
  return (
    rank(b.severity) - rank(a.severity) ||
    b.lastSeenAt - a.lastSeenAt ||
    compareText(a.asset, b.asset) ||
    compareText(a.fingerprint, b.fingerprint)
  );
}

/** By code point, so that the order is the same on every machine. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function toDigest(items: readonly NoticeItem[]): readonly DigestGroup[] {
  const groups = Map.groupBy(items, (item) => item.kind);
  return [...groups]
    .map(([kind, members]) => {
      const sorted = [...members].sort(compareItems);
      return { kind, severity: sorted[0]?.severity ?? 'info', items: sorted };
    })
    .sort((a, b) => rank(b.severity) - rank(a.severity) || FINDING_KINDS.indexOf(a.kind) - FINDING_KINDS.indexOf(b.kind));
}
