/**
 * The cases of a fold: opens, joins and reopens them, and says so in their timelines.
 *
 * A case's opening is its own row, so it has no event row: most findings open a case of
 * their own and a second row for each would be a tenth of the whole cost. Readers put
 * the opening in front of the timeline.
 */
import { sql, type Transaction } from 'kysely';
import type { Text } from '../../domain/text.ts';
import type { CasePolicy } from '../../engine/ports.ts';
import { toArray } from './columns.ts';
import { type CaseDraft, draftCases, type Member, severityOf } from './fold-plan.ts';
import type { Database } from './schema.ts';

type Trx = Transaction<Database>;

interface KnownCase {
  readonly number: number;
  readonly state: string;
  readonly severity: number;
  readonly last_seen_at: number;
  readonly state_at: number;
  readonly suppressed_until: number | null;
}

interface NewEvent {
  readonly caseNumber: number;
  readonly at: number;
  readonly actor: string;
  readonly what: string;
  readonly text: Text;
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
  const { rows } = await sql<KnownCase & { n: number }>`
    select k.n::int as n, c.number, c.state, c.severity, c.last_seen_at, c.state_at, c.suppressed_until
    from unnest(${toArray(
      'uuid',
      drafts.map((draft) => draft.key),
    )}::uuid[]) with ordinality as k (key, n)
    join case_file c on c.key = k.key and c.tenant = ${tenant}`.execute(trx);
  return new Map(rows.map((row) => [row.n - 1, row]));
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
  await sql`
    insert into case_file (tenant, number, key, constituent_id, asset_kind, asset_value, state, severity, title_rank, title_ja, title_en,
      opened_at, first_seen_at, last_seen_at, due_at, state_at)
    select ${tenant}, ${first}::int + k.n::int - 1, k.key, k.constituent_id, k.asset_kind, k.asset_value,
      case when k.constituent_id is null then 'orphan' else 'open' end, k.severity, k.title_rank, k.title_ja, k.title_en,
      ${at}::bigint, k.first_seen_at, k.last_seen_at, k.due_at, ${at}::bigint
    from unnest(
      ${toArray(
        'uuid',
        drafts.map((draft) => draft.key),
      )}::uuid[],
      ${toArray(
        'text',
        drafts.map((draft) => draft.constituentId),
      )}::text[],
      ${toArray(
        'text',
        drafts.map((draft) => draft.assetKind),
      )}::text[],
      ${toArray(
        'text',
        drafts.map((draft) => draft.assetValue),
      )}::text[],
      ${toArray(
        'int2',
        drafts.map((draft) => draft.severity),
      )}::smallint[],
      ${toArray(
        'int2',
        drafts.map((draft) => draft.titleRank),
      )}::smallint[],
      ${toArray(
        'text',
        drafts.map((draft) => draft.titleJa),
      )}::text[],
      ${toArray(
        'text',
        drafts.map((draft) => draft.titleEn),
      )}::text[],
      ${toArray(
        'int8',
        drafts.map((draft) => draft.firstSeenAt),
      )}::bigint[],
      ${toArray(
        'int8',
        drafts.map((draft) => draft.lastSeenAt),
      )}::bigint[],
      ${toArray(
        'int8',
        drafts.map((draft) => due.get(draft.severity) ?? null),
      )}::bigint[]
    ) with ordinality as k (key, constituent_id, asset_kind, asset_value, severity, title_rank, title_ja, title_en, first_seen_at,
      last_seen_at, due_at, n)`.execute(trx);
}

interface JoinedCase {
  readonly draft: CaseDraft;
  readonly before: KnownCase;
  readonly isReopened: boolean;
}

/** A case that got worse is due earlier, one that came back gets its time anew. */
async function updateCases(trx: Trx, policy: CasePolicy, tenant: string, joined: readonly JoinedCase[], at: number): Promise<void> {
  if (joined.length === 0) return;
  const dueAt = joined.map(({ draft, before, isReopened }) =>
    isReopened || draft.severity > before.severity ? policy.dueAt(severityOf(Math.max(draft.severity, before.severity)), at) : null,
  );
  await sql`
    update case_file c set
      severity = greatest(c.severity, k.severity),
      title_ja = case when (k.title_rank, k.title_en) > (c.title_rank, c.title_en) then k.title_ja else c.title_ja end,
      title_en = case when (k.title_rank, k.title_en) > (c.title_rank, c.title_en) then k.title_en else c.title_en end,
      title_rank = greatest(c.title_rank, k.title_rank),
      first_seen_at = least(c.first_seen_at, k.first_seen_at), last_seen_at = greatest(c.last_seen_at, k.last_seen_at),
      due_at = case when k.reopened = 1 then k.due_at else least(c.due_at, k.due_at) end,
      state = case when k.reopened = 1 then 'reopened' else c.state end,
      state_at = case when k.reopened = 1 then ${at}::bigint else c.state_at end,
      suppressed_until = case when k.reopened = 1 then null else c.suppressed_until end,
      reopen_count = c.reopen_count + k.reopened
    from unnest(
      ${toArray(
        'int4',
        joined.map(({ before }) => before.number),
      )}::int[],
      ${toArray(
        'int2',
        joined.map(({ draft }) => draft.severity),
      )}::smallint[],
      ${toArray(
        'int2',
        joined.map(({ draft }) => draft.titleRank),
      )}::smallint[],
      ${toArray(
        'text',
        joined.map(({ draft }) => draft.titleJa),
      )}::text[],
      ${toArray(
        'text',
        joined.map(({ draft }) => draft.titleEn),
      )}::text[],
      ${toArray(
        'int8',
        joined.map(({ draft }) => draft.firstSeenAt),
      )}::bigint[],
      ${toArray(
        'int8',
        joined.map(({ draft }) => draft.lastSeenAt),
      )}::bigint[],
      ${toArray('int8', dueAt)}::bigint[],
      ${toArray(
        'int2',
        joined.map(({ isReopened }) => Number(isReopened)),
      )}::smallint[]
    ) as k (number, severity, title_rank, title_ja, title_en, first_seen_at, last_seen_at, due_at, reopened)
    where c.tenant = ${tenant} and c.number = k.number`.execute(trx);
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

export async function insertEvents(trx: Trx, tenant: string, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await sql`
    insert into case_event (tenant, case_number, at, actor, what, text_ja, text_en)
    select ${tenant}, k.* from unnest(
      ${toArray(
        'int4',
        events.map((event) => event.caseNumber),
      )}::int[],
      ${toArray(
        'int8',
        events.map((event) => event.at),
      )}::bigint[],
      ${toArray(
        'text',
        events.map((event) => event.actor),
      )}::text[],
      ${toArray(
        'text',
        events.map((event) => event.what),
      )}::text[],
      ${toArray(
        'text',
        events.map((event) => event.text.ja),
      )}::text[],
      ${toArray(
        'text',
        events.map((event) => event.text.en),
      )}::text[]
    ) as k`.execute(trx);
}
