/**
 * The thinking part of a fold: what a batch of judgements means for what is stored.
 *
 * It is pure, so that order, splitting and repetition can be tried by the thousand. A
 * finding's totals are what feeds have added plus one share per bucket; its words are
 * those of its latest judgement, its severity the worst it ever had.
 */
import { hash } from 'node:crypto';
import type { Attribution } from '../../domain/constituent.ts';
import { type DetectedFinding, FINDING_KINDS, fingerprintText, SEVERITIES, type Severity } from '../../domain/finding.ts';
import type { AttributedFinding, CasePolicy } from '../../engine/ports.ts';
import { ownJudgement, sharedJudgement } from './judgement.ts';

/** How much was seen, and between when. */
export interface Span {
  readonly count: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

/** What one module counted in one bucket; counting again replaces it. */
export interface Share extends Span {
  readonly bucket: string;
  readonly module: string;
}

/** All that one call says about one finding. */
export interface Draft {
  readonly fingerprint: Uint8Array;
  /** The latest judgement, in its two parts too, and whose the asset was then. */
  finding: DetectedFinding;
  attribution: Attribution;
  words: string;
  own: string;
  severity: number;
  fed: Span | null;
  shares: Share[];
}

export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity);
export const severityOf = (rank: number): Severity => SEVERITIES[rank] ?? 'info';

/** One draft per fingerprint. Later judgements of the same bucket replace earlier ones, as they do across calls. */
export function draftFindings(batch: readonly AttributedFinding[]): Draft[] {
  const drafts = new Map<string, Draft>();
  for (const { finding, attribution } of batch) {
    const identity = fingerprintText(finding);
    const draft = drafts.get(identity);
    if (draft) mergeInto(draft, finding, attribution);
    else drafts.set(identity, newDraft(identity, finding, attribution));
  }
  return [...drafts.values()];
}

function newDraft(identity: string, finding: DetectedFinding, attribution: Attribution): Draft {
  return {
    fingerprint: finding.fingerprint ?? hash('sha256', identity, 'buffer'),
    finding,
    attribution,
    words: sharedJudgement(finding),
    own: ownJudgement(finding),
    severity: severityRank(finding.severity),
    fed: finding.bucket === null ? spanOf(finding) : null,
    shares: finding.bucket === null ? [] : [shareOf(finding, finding.bucket)],
  };
}

function mergeInto(draft: Draft, finding: DetectedFinding, attribution: Attribution): void {
  draft.severity = Math.max(draft.severity, severityRank(finding.severity));
  if (finding.bucket === null) draft.fed = addSpans(draft.fed, spanOf(finding));
  else draft.shares = [...draft.shares.filter((share) => !isSameShare(share, finding)), shareOf(finding, finding.bucket)];
  const [words, own] = [sharedJudgement(finding), ownJudgement(finding)];
  if (!isLater(finding, judgementText({ words, own }), draft.finding, judgementText(draft))) return;
  draft.finding = finding;
  draft.attribution = attribution;
  draft.words = words;
  draft.own = own;
}

const isSameShare = (share: Share, finding: DetectedFinding): boolean =>
  share.bucket === finding.bucket && share.module === finding.origin.module;

/** Both parts of a judgement, to compare it by. */
export const judgementText = ({ words, own }: Pick<Draft, 'words' | 'own'>): string => `${words}\u001f${own}`;

/** The latest judgement speaks; between two of the same moment the surer, then any fixed order, so that arrival does not matter. */
function isLater(a: DetectedFinding, aText: string, b: DetectedFinding, bText: string): boolean {
  if (a.lastSeenAt !== b.lastSeenAt) return a.lastSeenAt > b.lastSeenAt;
  if (a.confidence !== b.confidence) return a.confidence > b.confidence;
  return compareBytes(aText, bText) > 0;
}

export const compareBytes = (a: string, b: string): number => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)));

const spanOf = ({ count, firstSeenAt, lastSeenAt }: DetectedFinding): Span => ({ count, firstSeenAt, lastSeenAt });

const shareOf = (finding: DetectedFinding, bucket: string): Share => ({ ...spanOf(finding), bucket, module: finding.origin.module });

export function addSpans(a: Span | null, b: Span): Span {
  if (!a) return b;
  return {
    count: a.count + b.count,
    firstSeenAt: Math.min(a.firstSeenAt, b.firstSeenAt),
    lastSeenAt: Math.max(a.lastSeenAt, b.lastSeenAt),
  };
}

/** Everything a draft has seen, for a finding that was not known before. */
export function totalOf(draft: Draft): Span {
  let total = draft.fed;
  for (const share of draft.shares) total = addSpans(total, share);
  return total ?? { count: 0, firstSeenAt: draft.finding.firstSeenAt, lastSeenAt: draft.finding.lastSeenAt };
}

/** The stored side of a finding, as far as a fold needs it. */
export interface KnownFinding {
  readonly id: number;
  readonly severity: number;
  readonly confidence: number;
  readonly count: number;
  readonly first_seen_at: number;
  readonly last_seen_at: number;
  readonly fed_count: number | null;
  readonly fed_first_at: number | null;
  readonly fed_last_at: number | null;
  readonly constituent_id: string | null;
  readonly case_number: number | null;
  readonly retracted_at: number | null;
  readonly judged_at: number;
  /** At least when both judgements are of the same moment. */
  readonly judgement: string | null;
}

export function fedSpan(known: KnownFinding): Span | null {
  if (known.fed_count === null || known.fed_first_at === null || known.fed_last_at === null) return null;
  return { count: known.fed_count, firstSeenAt: known.fed_first_at, lastSeenAt: known.fed_last_at };
}

/** Does the draft's judgement take the place of the stored one? */
export function outranks(draft: Draft, known: KnownFinding): boolean {
  if (draft.finding.lastSeenAt !== known.judged_at) return draft.finding.lastSeenAt > known.judged_at;
  if (draft.finding.confidence !== known.confidence) return draft.finding.confidence > known.confidence;
  return compareBytes(judgementText(draft), known.judgement ?? '') > 0;
}

/** What one call says about one case: the findings of one constituent (or of nobody) on one asset. */
export interface CaseDraft {
  readonly key: Buffer;
  readonly constituentId: string | null;
  readonly assetKind: string;
  readonly assetValue: string;
  readonly members: Member[];
  severity: number;
  titleRank: number;
  titleJa: string;
  titleEn: string;
  firstSeenAt: number;
  lastSeenAt: number;
}

/** A finding on its way to its case. */
export interface Member {
  readonly draft: Draft;
  readonly known: KnownFinding | undefined;
  readonly severity: number;
  /** Whose the asset was at the latest judgement, be it this one or the stored one. */
  readonly holder: string | null;
  readonly seen: Span;
  /** Also what was seen before it became worth a case. */
  readonly seenForCase: Span;
  /** Filled in once the case is known. */
  caseNumber: number | null;
  isReopened: boolean;
}

const UUID_BYTES = 16;

/** Groups the members that open or belong to a case. */
export function draftCases(members: readonly Member[], tenant: string, policy: CasePolicy): CaseDraft[] {
  const cases = new Map<string, CaseDraft>();
  for (const member of members) {
    const { finding } = member.draft;
    if (!policy.opensCase(finding.kind, severityOf(member.severity))) continue;
    const identity = `${tenant}\u001f${member.holder ?? ''}\u001f${finding.asset.kind}\u001f${finding.asset.value}`;
    const draft = cases.get(identity);
    if (draft) joinCase(draft, member, policy);
    else cases.set(identity, newCase(identity, member, policy));
  }
  return [...cases.values()];
}

function newCase(identity: string, member: Member, policy: CasePolicy): CaseDraft {
  const { finding } = member.draft;
  const title = policy.title(finding.kind, finding.identifier);
  return {
    key: hash('sha256', identity, 'buffer').subarray(0, UUID_BYTES),
    constituentId: member.holder,
    assetKind: finding.asset.kind,
    assetValue: finding.asset.value,
    members: [member],
    severity: member.severity,
    titleRank: titleRank(finding, member.severity),
    titleJa: title.ja,
    titleEn: title.en,
    firstSeenAt: member.seenForCase.firstSeenAt,
    lastSeenAt: member.seenForCase.lastSeenAt,
  };
}

function joinCase(draft: CaseDraft, member: Member, policy: CasePolicy): void {
  const { finding } = member.draft;
  draft.members.push(member);
  draft.severity = Math.max(draft.severity, member.severity);
  draft.firstSeenAt = Math.min(draft.firstSeenAt, member.seenForCase.firstSeenAt);
  draft.lastSeenAt = Math.max(draft.lastSeenAt, member.seenForCase.lastSeenAt);
  const rank = titleRank(finding, member.severity);
  const title = policy.title(finding.kind, finding.identifier);
  if (rank < draft.titleRank || (rank === draft.titleRank && compareBytes(title.en, draft.titleEn) <= 0)) return;
  draft.titleRank = rank;
  draft.titleJa = title.ja;
  draft.titleEn = title.en;
}

/** The worst finding names the case; among equals the kind that stands earlier in the list, infection first. */
const titleRank = (finding: DetectedFinding, severity: number): number =>
  severity * FINDING_KINDS.length + (FINDING_KINDS.length - 1 - FINDING_KINDS.indexOf(finding.kind));
