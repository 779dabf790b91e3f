/**
 * The cases of a fold: opens, joins and reopens them, and says so in their timelines.
 *
 * A case's opening is its own row, so it has no event row: most findings open a case of
 * their own and a second row for each would be a tenth of the whole cost. Readers put
 * the opening in front of the timeline.
 */
import { sql, type Transaction } from 'kysely';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Text } from '../../domain/text.ts';
import type { CasePolicy } from '../../engine/ports.ts';
import { arrayOf, byPlace, rowSet } from './columns.ts';
import { type CaseDraft, draftCases, type Member, severityOf } from './fold-plan.ts';
import type { Database } from './schema.ts';
import { insertEvents, type NewEvent } from './timelines.ts';

type Trx = Transaction<Database>;

interface KnownCase {
  readonly number: number;
  readonly state: string;
  readonly severity: number;
  readonly last_seen_at: number;
  readonly state_at: number;
  readonly suppressed_until: number | null;
  readonly due_at: number | null;
}

export async function foldCases(
  trx: Trx,
  policy: CasePolicy,
  tenant: string,
  members: readonly Member[],
  at: number,
): Promise<{ opened: number; reopened: number }> {
  const drafts = draftCases(members, tenant, policy);
  const known = await readKnown(trx, tenant, drafts);
  const fresh = drafts.filter((_, n) => !known.has(n));
  const joined = drafts.flatMap((draft, n) => {
    const before = known.get(n);
    return before ? [{ draft, before, isReopened: isSeenAgain(before, draft, at) }] : [];
  });
  await openCases(trx, policy, tenant, fresh, at);
  for (const { draft, before, isReopened } of joined) assign(draft, before.number, isReopened);
  await updateCases(trx, policy, tenant, joined, at);
  await insertEvents(
    trx,
    tenant,
    joined.flatMap((one) => eventsOf(one.draft, one.before, one.isReopened, policy, at)),
  );
  await noteMoves(trx, tenant, members, at);
  return { opened: fresh.length, reopened: joined.filter((one) => one.isReopened).length };
}

async function readKnown(trx: Trx, tenant: string, drafts: readonly CaseDraft[]): Promise<Map<number, KnownCase>> {
  if (drafts.length === 0) return new Map();
  const keys = drafts.map(({ key }) => key);
  const { rows } = await sql<KnownCase & { key: string }>`
    select encode(uuid_send(key), 'hex') as key, number, state, severity, last_seen_at, state_at, suppressed_until, due_at
    from case_file where key = any(${arrayOf('uuid', keys)}) and tenant = ${tenant}`.execute(trx);
  return byPlace(rows, keys);
}

/**
 * Does this sighting contradict what was settled? A fix only by something seen after it:
 * feeds bring yesterday's sightings today. Silence by any news; a suppression once it has expired.
 */
function isSeenAgain(known: KnownCase, draft: CaseDraft, at: number): boolean {
  if (known.state === 'verified_fixed') return draft.lastSeenAt > known.state_at;
  if (known.state === 'unseen') return draft.lastSeenAt > known.last_seen_at;
  return known.state === 'suppressed' && known.suppressed_until !== null && known.suppressed_until <= at;
}

function assign(draft: CaseDraft, number: number, isReopened: boolean): void {
  for (const member of draft.members) {
    member.caseNumber = number;
    member.isReopened = isReopened;
  }
}

async function openCases(trx: Trx, policy: CasePolicy, tenant: string, drafts: readonly CaseDraft[], at: number): Promise<void> {
  if (drafts.length === 0) return;
  const { rows } = await sql<{ first: number }>`
    update tenant set next_case = next_case + ${drafts.length} where tenant = ${tenant}
    returning next_case - ${drafts.length}::int as first`.execute(trx);
  const first = rows[0]?.first ?? 0;
  for (const [i, draft] of drafts.entries()) assign(draft, first + i, false);
  const due = new Map([...new Set(drafts.map((draft) => draft.severity))].map((rank) => [rank, policy.dueAt(severityOf(rank), at)]));
  const rowsToOpen = rowSet(drafts, {
    number: ['int4', (_, n) => first + n],
    key: ['uuid', (draft) => draft.key],
    constituent_id: ['text', (draft) => draft.constituentId],
    asset_kind: ['text', (draft) => draft.assetKind],
    asset_value: ['text', (draft) => draft.assetValue],
    state: ['text', (draft) => (draft.constituentId === null ? 'orphan' : 'open')],
    severity: ['int2', (draft) => draft.severity],
    title_rank: ['int2', (draft) => draft.titleRank],
    title_ja: ['text', (draft) => draft.titleJa],
    title_en: ['text', (draft) => draft.titleEn],
    first_seen_at: ['int8', (draft) => draft.firstSeenAt],
    last_seen_at: ['int8', (draft) => draft.lastSeenAt],
    due_at: ['int8', (draft) => due.get(draft.severity) ?? null],
    urgency: ['int8', (draft) => urgencyOf(draft.severity, due.get(draft.severity) ?? null)],
  });
  await sql`
    insert into case_file (tenant, opened_at, state_at, number, key, constituent_id, asset_kind, asset_value, state, severity, title_rank,
      title_ja, title_en, first_seen_at, last_seen_at, due_at, urgency)
    select ${tenant}, ${at}::bigint, ${at}::bigint, k.* from ${rowsToOpen} as k`.execute(trx);
}

/** The order of the work list in one number: the worst first, then by when it is due. Far dates are beyond every real one. */
export function urgencyOf(severity: number, dueAt: number | null): number {
  return (SEVERITIES.length - severity) * 1e14 + Math.min(dueAt ?? 9e13, 9e13);
}

interface JoinedCase {
  readonly draft: CaseDraft;
  readonly before: KnownCase;
  readonly isReopened: boolean;
}

/** A case that got worse is due earlier, one that came back gets its time anew. */
async function updateCases(trx: Trx, policy: CasePolicy, tenant: string, joined: readonly JoinedCase[], at: number): Promise<void> {
  if (joined.length === 0) return;
  const due = joined.map((one) => dueAfter(one, policy, at));
  const severity = ({ draft, before }: JoinedCase): number => Math.max(draft.severity, before.severity);
  const rows = rowSet(joined, {
    number: ['int4', ({ before }) => before.number],
    severity: ['int2', severity],
    title_rank: ['int2', ({ draft }) => draft.titleRank],
    title_ja: ['text', ({ draft }) => draft.titleJa],
    title_en: ['text', ({ draft }) => draft.titleEn],
    first_seen_at: ['int8', ({ draft }) => draft.firstSeenAt],
    last_seen_at: ['int8', ({ draft }) => draft.lastSeenAt],
    due_at: ['int8', (_, n) => due[n] ?? null],
    urgency: ['int8', (one, n) => urgencyOf(severity(one), due[n] ?? null)],
    reopened: ['int2', ({ isReopened }) => Number(isReopened)],
  });
  await sql`
    update case_file c set
      severity = k.severity, due_at = k.due_at, urgency = k.urgency,
      title_ja = case when (k.title_rank, k.title_en) > (c.title_rank, c.title_en) then k.title_ja else c.title_ja end,
      title_en = case when (k.title_rank, k.title_en) > (c.title_rank, c.title_en) then k.title_en else c.title_en end,
      title_rank = greatest(c.title_rank, k.title_rank),
      first_seen_at = least(c.first_seen_at, k.first_seen_at), last_seen_at = greatest(c.last_seen_at, k.last_seen_at),
      state = case when k.reopened = 1 then 'reopened' else c.state end,
      state_at = case when k.reopened = 1 then ${at}::bigint else c.state_at end,
      suppressed_until = case when k.reopened = 1 then null else c.suppressed_until end,
      reopen_count = c.reopen_count + k.reopened
    from ${rows} as k where c.number = k.number and c.tenant = ${tenant}`.execute(trx);
}

function dueAfter({ draft, before, isReopened }: JoinedCase, policy: CasePolicy, at: number): number | null {
  if (!isReopened && draft.severity <= before.severity) return before.due_at;
  const anew = policy.dueAt(severityOf(Math.max(draft.severity, before.severity)), at);
  if (isReopened || before.due_at === null) return anew;
  return anew === null ? before.due_at : Math.min(before.due_at, anew);
}

function eventsOf(draft: CaseDraft, before: KnownCase, isReopened: boolean, policy: CasePolicy, at: number): NewEvent[] {
  const reopened: NewEvent[] = isReopened ? [{ caseNumber: before.number, at, actor: 'system', what: 'reopened', text: REOPENED }] : [];
  const added = draft.members.filter((member) => member.known?.case_number !== before.number);
  return [
    ...reopened,
    ...added.map(({ draft: { finding } }) => {
      const title = policy.title(finding.kind, finding.identifier);
      const text = { ja: `検知が加わりました：${title.ja}`, en: `A finding was added: ${title.en}` };
      return { caseNumber: before.number, at, actor: finding.origin.module, what: 'finding-added', text };
    }),
  ];
}

const REOPENED: Text = { ja: '再び観測されたため、対応を再開しました。', en: 'Seen again, so the case was reopened.' };
const MOVED: Text = {
  ja: '対象の保有者が変わったため、検知を別の案件に移しました。',
  en: 'The asset has another holder now, so its finding moved to another case.',
};

/** A finding whose asset changed hands leaves the former holder's case. */
async function noteMoves(trx: Trx, tenant: string, members: readonly Member[], at: number): Promise<void> {
  const left = members.flatMap(({ known, caseNumber }) => {
    const former = known?.case_number ?? null;
    return former !== null && caseNumber !== null && former !== caseNumber ? [former] : [];
  });
  await insertEvents(
    trx,
    tenant,
    left.map((caseNumber) => ({ caseNumber, at, actor: 'system', what: 'finding-moved', text: MOVED })),
  );
}
