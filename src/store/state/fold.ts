/**
 * Folds judgements into findings and findings into cases, in one transaction.
 *
 * Set-based throughout: what is stored is read in one statement per table, merged in
 * memory by fold-plan.ts, and written back in one statement per table. The tenant's row
 * is locked first, so two folds of one tenant never interleave and reading before
 * writing is safe on a server with many connections too.
 */
import { sql, type Transaction } from 'kysely';
import type { AttributedFinding, CasePolicy, FindingStore, FoldResult } from '../../engine/ports.ts';
import { toArray } from './columns.ts';
import { foldCases } from './fold-cases.ts';
import { addSpans, type Draft, draftFindings, fedSpan, type KnownFinding, type Member, outranks, type Span, totalOf } from './fold-plan.ts';
import type { StateDatabase } from './open.ts';
import type { Database } from './schema.ts';
import { readShares, replaceShares, retractShares, type ShareState } from './shares.ts';

type Trx = Transaction<Database>;

const NOTHING: FoldResult = { created: 0, updated: 0, casesOpened: 0, casesReopened: 0 };
const ID_BLOCK = 1000; // the sequence's increment

export function createFindingStore(db: StateDatabase, policy: CasePolicy): FindingStore {
  return {
    fold: (findings, token, at) => db.transaction().execute((trx) => foldTenants(trx, policy, findings, token, at)),
    retract: (tenant, bucket, module, kept) => db.transaction().execute((trx) => retractShares(trx, tenant, bucket, module, kept)),
  };
}

async function foldTenants(
  trx: Trx,
  policy: CasePolicy,
  findings: readonly AttributedFinding[],
  token: string,
  at: number,
): Promise<FoldResult> {
  let result = NOTHING;
  for (const [tenant, own] of Map.groupBy(findings, ({ finding }) => finding.tenant)) {
    result = addResults(result, await foldTenant(trx, policy, tenant, own, token, at));
  }
  return result;
}

async function foldTenant(
  trx: Trx,
  policy: CasePolicy,
  tenant: string,
  findings: readonly AttributedFinding[],
  token: string,
  at: number,
): Promise<FoldResult> {
  await lockTenant(trx, tenant);
  const isNew = await claimToken(trx, tenant, token, at);
  const drafts = draftFindings(isNew ? findings : findings.filter(({ finding }) => finding.bucket !== null));
  if (drafts.length === 0) return NOTHING;
  const known = await readKnown(trx, tenant, drafts);
  const shares = await readShares(trx, tenant, drafts, known);
  const members = toMembers(drafts, known, shares);
  const cases = await foldCases(trx, policy, tenant, members, at);
  const created = await insertFindings(trx, tenant, members);
  await updateFindings(trx, members);
  await replaceShares(trx, tenant, shares, members, created);
  return {
    created: created.size,
    updated: members.length - created.size,
    casesOpened: cases.opened,
    casesReopened: cases.reopened,
  };
}

const addResults = (a: FoldResult, b: FoldResult): FoldResult => ({
  created: a.created + b.created,
  updated: a.updated + b.updated,
  casesOpened: a.casesOpened + b.casesOpened,
  casesReopened: a.casesReopened + b.casesReopened,
});

export async function lockTenant(trx: Trx, tenant: string): Promise<void> {
  await sql`insert into tenant (tenant) values (${tenant}) on conflict do nothing`.execute(trx);
  await sql`select tenant from tenant where tenant = ${tenant} for update`.execute(trx);
}

/** False when this very batch was added before. */
async function claimToken(trx: Trx, tenant: string, token: string, at: number): Promise<boolean> {
  const { rows } = await sql`
    insert into applied_batch (tenant, token, at) values (${tenant}, ${token}, ${at}) on conflict do nothing returning token`.execute(trx);
  return rows.length > 0;
}

/** By draft number. */
async function readKnown(trx: Trx, tenant: string, drafts: readonly Draft[]): Promise<Map<number, KnownFinding>> {
  const fingerprints = toArray(
    'bytea',
    drafts.map((draft) => draft.fingerprint),
  );
  const judgedAt = toArray(
    'int8',
    drafts.map((draft) => draft.finding.lastSeenAt),
  );
  const { rows } = await sql<KnownFinding & { n: number }>`
    select k.n::int as n, f.id, f.severity, f.confidence, f.count, f.first_seen_at, f.last_seen_at, f.fed_count,
      f.fed_first_at, f.fed_last_at, f.case_number, f.judged_at, case when f.judged_at = k.judged_at then f.judgement end as judgement
    from unnest(${fingerprints}::bytea[], ${judgedAt}::bigint[]) with ordinality as k (fingerprint, judged_at, n)
    join finding f on f.fingerprint = k.fingerprint and f.tenant = ${tenant}`.execute(trx);
  return new Map(rows.map((row) => [row.n - 1, row]));
}

/** New findings, and known ones about which something new is said. */
function toMembers(drafts: readonly Draft[], known: ReadonlyMap<number, KnownFinding>, shares: ShareState): Member[] {
  const members: Member[] = [];
  for (const [n, draft] of drafts.entries()) {
    const before = known.get(n);
    if (before && !saysSomethingNew(draft, before, shares)) continue;
    const severity = Math.max(draft.severity, before?.severity ?? 0);
    members.push({ draft, known: before, severity, seen: totalOf(draft), caseNumber: null, isReopened: false });
  }
  return members;
}

const saysSomethingNew = (draft: Draft, known: KnownFinding, shares: ShareState): boolean =>
  draft.fed !== null ||
  draft.severity > known.severity ||
  draft.shares.some((share) => !shares.isStored(share, known.id)) ||
  outranks(draft, known);

const isNewMember = (member: Member): boolean => member.known === undefined;

/** The ids of the new findings. */
async function insertFindings(trx: Trx, tenant: string, members: readonly Member[]): Promise<Map<Member, number>> {
  const rows = members.filter(isNewMember);
  const ids = await reserveIds(trx, rows.length);
  if (rows.length === 0) return new Map();
  const fed = rows.map(({ draft }) => draft.fed);
  const findings = rows.map(({ draft }) => draft.finding);
  await sql`
    insert into finding (id, tenant, fingerprint, kind, identifier, asset_kind, asset_value, port, transport, role, severity,
      confidence, state, first_seen_at, last_seen_at, count, fed_count, fed_first_at, fed_last_at, source_port, constituent_id,
      case_number, judged_at, judgement, attribution)
    select k.id, ${tenant}, k.fingerprint, k.kind, k.identifier, k.asset_kind, k.asset_value, k.port, k.transport, k.role, k.severity,
      k.confidence, case when k.reopened = 1 then 'reopened' else 'new' end, k.first_seen_at, k.last_seen_at, k.count, k.fed_count,
      k.fed_first_at, k.fed_last_at, k.source_port, k.constituent_id, k.case_number, k.judged_at, k.judgement, k.attribution
    from unnest(
      ${toArray('int8', ids)}::bigint[],
      ${toArray(
        'bytea',
        rows.map(({ draft }) => draft.fingerprint),
      )}::bytea[],
      ${toArray(
        'text',
        findings.map((finding) => finding.kind),
      )}::text[],
      ${toArray(
        'text',
        findings.map((finding) => finding.identifier),
      )}::text[],
      ${toArray(
        'text',
        findings.map((finding) => finding.asset.kind),
      )}::text[],
      ${toArray(
        'text',
        findings.map((finding) => finding.asset.value),
      )}::text[],
      ${toArray(
        'int4',
        findings.map((finding) => finding.port),
      )}::int[],
      ${toArray(
        'text',
        findings.map((finding) => finding.transport),
      )}::text[],
      ${toArray(
        'text',
        findings.map((finding) => finding.role),
      )}::text[],
      ${toArray(
        'int2',
        rows.map((row) => row.severity),
      )}::smallint[],
      ${toArray(
        'int2',
        findings.map((finding) => finding.confidence),
      )}::smallint[],
      ${toArray(
        'int2',
        rows.map((row) => Number(row.isReopened)),
      )}::smallint[],
      ${toArray(
        'int8',
        rows.map((row) => row.seen.firstSeenAt),
      )}::bigint[],
      ${toArray(
        'int8',
        rows.map((row) => row.seen.lastSeenAt),
      )}::bigint[],
      ${toArray(
        'int8',
        rows.map((row) => row.seen.count),
      )}::bigint[],
      ${toArray(
        'int8',
        fed.map((span) => span?.count ?? null),
      )}::bigint[],
      ${toArray(
        'int8',
        fed.map((span) => span?.firstSeenAt ?? null),
      )}::bigint[],
      ${toArray(
        'int8',
        fed.map((span) => span?.lastSeenAt ?? null),
      )}::bigint[],
      ${toArray(
        'int4',
        findings.map((finding) => finding.sourcePort),
      )}::int[],
      ${toArray(
        'text',
        rows.map(({ draft }) => draft.attribution.constituentId),
      )}::text[],
      ${toArray(
        'int4',
        rows.map((row) => row.caseNumber),
      )}::int[],
      ${toArray(
        'int8',
        findings.map((finding) => finding.lastSeenAt),
      )}::bigint[],
      ${toArray(
        'text',
        rows.map(({ draft }) => draft.judgement),
      )}::text[],
      ${toArray(
        'text',
        rows.map(({ draft }) => JSON.stringify(draft.attribution)),
      )}::text[]
    ) as k (id, fingerprint, kind, identifier, asset_kind, asset_value, port, transport, role, severity, confidence, reopened,
      first_seen_at, last_seen_at, count, fed_count, fed_first_at, fed_last_at, source_port, constituent_id, case_number, judged_at,
      judgement, attribution)`.execute(trx);
  return new Map(rows.map((row, i) => [row, ids[i] ?? 0]));
}

/** Blocks of ids, so that reserving thousands costs a few calls and needs no lock. */
async function reserveIds(trx: Trx, count: number): Promise<number[]> {
  if (count === 0) return [];
  const blocks = Math.ceil(count / ID_BLOCK);
  const { rows } = await sql<{ id: number }>`select nextval('finding_id') as id from generate_series(1, ${blocks}::int)`.execute(trx);
  return Array.from({ length: count }, (_, i) => (rows[Math.floor(i / ID_BLOCK)]?.id ?? 0) + (i % ID_BLOCK));
}

/** Totals always; words, attribution and case only where the newer judgement speaks. */
async function updateFindings(trx: Trx, members: readonly Member[]): Promise<void> {
  const rows = members.flatMap((member) => (member.known ? [updateOf(member, member.known)] : []));
  if (rows.length === 0) return;
  await sql`
    update finding f set
      severity = k.severity, count = k.count, first_seen_at = k.first_seen_at, last_seen_at = k.last_seen_at,
      fed_count = k.fed_count, fed_first_at = k.fed_first_at, fed_last_at = k.fed_last_at, retracted_at = null,
      case_number = coalesce(k.case_number, f.case_number),
      state = case when k.reopened = 1 then 'reopened' else f.state end,
      role = coalesce(k.role, f.role), judgement = coalesce(k.judgement, f.judgement), attribution = coalesce(k.attribution, f.attribution),
      confidence = coalesce(k.confidence, f.confidence), judged_at = coalesce(k.judged_at, f.judged_at),
      source_port = case when k.judgement is null then f.source_port else k.source_port end,
      constituent_id = case when k.judgement is null then f.constituent_id else k.constituent_id end
    from unnest(
      ${toArray(
        'int8',
        rows.map((row) => row.id),
      )}::bigint[],
      ${toArray(
        'int2',
        rows.map((row) => row.severity),
      )}::smallint[],
      ${toArray(
        'int8',
        rows.map((row) => row.total.count),
      )}::bigint[],
      ${toArray(
        'int8',
        rows.map((row) => row.total.firstSeenAt),
      )}::bigint[],
      ${toArray(
        'int8',
        rows.map((row) => row.total.lastSeenAt),
      )}::bigint[],
      ${toArray(
        'int8',
        rows.map((row) => row.fed?.count ?? null),
      )}::bigint[],
      ${toArray(
        'int8',
        rows.map((row) => row.fed?.firstSeenAt ?? null),
      )}::bigint[],
      ${toArray(
        'int8',
        rows.map((row) => row.fed?.lastSeenAt ?? null),
      )}::bigint[],
      ${toArray(
        'int4',
        rows.map((row) => row.caseNumber),
      )}::int[],
      ${toArray(
        'int2',
        rows.map((row) => row.isReopened),
      )}::smallint[],
      ${toArray(
        'text',
        rows.map((row) => row.newer?.finding.role ?? null),
      )}::text[],
      ${toArray(
        'text',
        rows.map((row) => row.newer?.judgement ?? null),
      )}::text[],
      ${toArray(
        'text',
        rows.map((row) => (row.newer ? JSON.stringify(row.newer.attribution) : null)),
      )}::text[],
      ${toArray(
        'int2',
        rows.map((row) => row.newer?.finding.confidence ?? null),
      )}::smallint[],
      ${toArray(
        'int8',
        rows.map((row) => row.newer?.finding.lastSeenAt ?? null),
      )}::bigint[],
      ${toArray(
        'int4',
        rows.map((row) => row.newer?.finding.sourcePort ?? null),
      )}::int[],
      ${toArray(
        'text',
        rows.map((row) => row.newer?.attribution.constituentId ?? null),
      )}::text[]
    ) as k (id, severity, count, first_seen_at, last_seen_at, fed_count, fed_first_at, fed_last_at, case_number, reopened, role,
      judgement, attribution, confidence, judged_at, source_port, constituent_id)
    where f.id = k.id`.execute(trx);
}

function updateOf(member: Member, known: KnownFinding) {
  const { draft } = member;
  const before: Span = { count: known.count, firstSeenAt: known.first_seen_at, lastSeenAt: known.last_seen_at };
  return {
    id: known.id,
    severity: member.severity,
    // Shares that replace others are set right afterwards from all shares of the finding.
    total: addSpans(known.count === 0 ? null : before, member.seen),
    fed: draft.fed ? addSpans(fedSpan(known), draft.fed) : fedSpan(known),
    caseNumber: member.caseNumber,
    isReopened: Number(member.isReopened),
    newer: outranks(draft, known) ? draft : undefined,
  };
}
