/**
 * A notice: one digest to one constituent by one channel, and what really happened to it.
 *
 * It is decided and stored first and delivered afterwards, identified by its id, so a
 * crash between the two neither loses it nor sends it twice. Its words come from the
 * catalogue and from the findings' own `because`.
 */
import type { Constituent } from './constituent.ts';
import type { FindingKind, Severity, Transport } from './finding.ts';
import type { OwnRangeMessage } from './own-range.ts';
import type { Language, Text } from './text.ts';

export const NOTICE_STATES = ['queued', 'delivering', 'delivered', 'failed'] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

/** One finding as its recipient may see it. */
export interface NoticeItem {
  readonly caseId: string;
  readonly fingerprint: string; // hex
  readonly kind: FindingKind;
  readonly identifier: string;
  readonly asset: string;
  readonly port: number | null;
  readonly transport: Transport | null;
  readonly sourcePort: number | null;
  readonly severity: Severity;
  readonly confidence: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly count: number;
  readonly because: Text;
}

export interface Notice {
  readonly id: string; // 'N-000123'
  readonly tenant: string;
  readonly channel: string; // notifier id: 'mail', 'letter'
  readonly constituent: Constituent;
  readonly language: Language;
  readonly checkCode: string; // printed on the notice, e.g. '7K4M-2QXR'
  readonly createdAt: number;
  readonly items: readonly NoticeItem[];
  readonly isSimulation: boolean; // printed on it: nobody may take an exercise for real
  /** Set when it is about own ranges; then it has no items. */
  readonly ownRange?: OwnRangeMessage | undefined;
}

/** What a channel said: accepted, or why not. `final` failures are not tried again. */
export interface Receipt {
  readonly outcome: 'delivered' | 'failed';
  readonly at: number;
  readonly detail: string; // '250 2.0.0 Ok', a path, an error
  readonly isFinal: boolean;
}

/** Who sends, as printed on notices; from the configuration. */
export interface SenderIdentity {
  readonly name: Text;
  readonly postalAddress: Text; // one line each
  readonly mail: string;
  readonly answerUrl: string; // typed by hand; short
}

/** Plain-words advice for one finding kind, from catalogue/advice. */
export interface Advice {
  readonly kind: FindingKind;
  readonly title: Text; // 'ご自宅のルーターについてのお知らせ' is about the reader, not about the technique
  readonly summary: Text; // one sentence: what it means
  readonly risk: Text; // what may happen if nothing is done
  readonly steps: readonly Text[]; // one to four, in order
}
