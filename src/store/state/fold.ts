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
import { arrayOf, byPlace, rowSet } from './columns.ts';
import { foldCases } from './fold-cases.ts';
import { addSpans, type Draft, draftFindings, fedSpan, type KnownFinding, type Member, outranks, type Span, totalOf } from './fold-plan.ts';
import { sharedAttribution } from './judgement.ts';
import type { StateDatabase } from './open.ts';
import type { Database } from './schema.ts';
import { internTexts } from './shared-texts.ts';
import { readShares, replaceShares, retractShares, type ShareState } from './shares.ts';
import { lockTenant, preferIndexes } from './transaction.ts';

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
  await preferIndexes(trx);
  const isNew = await claimToken(trx, tenant, token, at);
  const drafts = draftFindings(isNew ? findings : findings.filter(({ finding }) => finding.bucket !== null));
  if (drafts.length === 0) return NOTHING;
  const known = await readKnown(trx, tenant, drafts);
  const shares = await readShares(trx, tenant, drafts, known);
  const members = toMembers(drafts, known, shares);
  const cases = await foldCases(trx, policy, tenant, members, at);
  const texts = await internTexts(trx, tenant, textsOf(members));
  const created = await insertFindings(trx, tenant, members, texts);
  await updateFindings(trx, members, texts);
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

/** False when this very batch was added before. */
async function claimToken(trx: Trx, tenant: string, token: string, at: number): Promise<boolean> {
  const { rows } = await sql`
    insert into applied_batch (tenant, token, at) values (${tenant}, ${token}, ${at}) on conflict do nothing returning token`.execute(trx);
  return rows.length > 0;
}

/** By draft number. */
async function readKnown(trx: Trx, tenant: string, drafts: readonly Draft[]): Promise<Map<number, KnownFinding>> {
  const judgedAt = drafts.map(({ finding }) => finding.lastSeenAt);
  const keys = drafts.map(({ fingerprint }) => fingerprint);
  const { rows } = await sql<KnownFinding & { key: string }>`
    select encode(fingerprint, 'hex') as key, id, severity, confidence, count, first_seen_at, last_seen_at, fed_count,
      fed_first_at, fed_last_at, constituent_id, case_number, retracted_at, judged_at,
      case when judged_at between ${judgedAt.reduce(least)} and ${judgedAt.reduce(greatest)} then
        (select content from shared_text where id = words_id) || chr(31) || judgement end as judgement
    from finding where fingerprint = any(${arrayOf('bytea', keys)}) and tenant = ${tenant}`.execute(trx);
  return byPlace(rows, keys);
}

const least = (a: number, b: number): number => Math.min(a, b);
const greatest = (a: number, b: number): number => Math.max(a, b);

/** New findings, and known ones about which something new is said. */
function toMembers(drafts: readonly Draft[], known: ReadonlyMap<number, KnownFinding>, shares: ShareState): Member[] {
  const members: Member[] = [];
  for (const [n, draft] of drafts.entries()) {
    const before = known.get(n);
    if (before && !saysSomethingNew(draft, before, shares)) continue;
    const severity = Math.max(draft.severity, before?.severity ?? 0);
    const seen = totalOf(draft);
    const seenForCase = before?.case_number === null ? addSpans(knownSpan(before), seen) : seen;
    const holder = before && !outranks(draft, before) ? before.constituent_id : draft.attribution.constituentId;
    members.push({ draft, known: before, severity, holder, seen, seenForCase, caseNumber: null, isReopened: false });
  }
  return members;
}

const saysSomethingNew = (draft: Draft, known: KnownFinding, shares: ShareState): boolean =>
  draft.fed !== null ||
  draft.severity > known.severity ||
  draft.shares.some((share) => !shares.isStored(share, known.id)) ||
  outranks(draft, known);

type Texts = ReadonlyMap<string, number>;

const attributionText = ({ attribution, finding }: Draft): string => sharedAttribution(attribution, finding.lastSeenAt);

function* textsOf(members: readonly Member[]): Generator<string> {
  for (const { draft } of members) {
    yield draft.words;
    yield attributionText(draft);
  }
}

const isNewMember = (member: Member): boolean => member.known === undefined;

/** The ids of the new findings. */
async function insertFindings(trx: Trx, tenant: string, members: readonly Member[], texts: Texts): Promise<Map<Member, number>> {
  const fresh = members.filter(isNewMember);
  if (fresh.length === 0) return new Map();
  const ids = await reserveIds(trx, fresh.length);
  const rows = rowSet(fresh, {
    id: ['int8', (_, n) => ids[n] ?? 0],
    fingerprint: ['bytea', ({ draft }) => draft.fingerprint],
    kind: ['text', ({ draft }) => draft.finding.kind],
    identifier: ['text', ({ draft }) => draft.finding.identifier],
    asset_kind: ['text', ({ draft }) => draft.finding.asset.kind],
    asset_value: ['text', ({ draft }) => draft.finding.asset.value],
    port: ['int4', ({ draft }) => draft.finding.port],
    transport: ['text', ({ draft }) => draft.finding.transport],
    role: ['text', ({ draft }) => draft.finding.role],
    severity: ['int2', (member) => member.severity],
    confidence: ['int2', ({ draft }) => draft.finding.confidence],
    state: ['text', (member) => (member.isReopened ? 'reopened' : 'new')],
    first_seen_at: ['int8', ({ seen }) => seen.firstSeenAt],
    last_seen_at: ['int8', ({ seen }) => seen.lastSeenAt],
    count: ['int8', ({ seen }) => seen.count],
    fed_count: ['int8', ({ draft }) => draft.fed?.count ?? null],
    fed_first_at: ['int8', ({ draft }) => draft.fed?.firstSeenAt ?? null],
    fed_last_at: ['int8', ({ draft }) => draft.fed?.lastSeenAt ?? null],
    source_port: ['int4', ({ draft }) => draft.finding.sourcePort],
    constituent_id: ['text', ({ draft }) => draft.attribution.constituentId],
    case_number: ['int4', (member) => member.caseNumber],
    judged_at: ['int8', ({ draft }) => draft.finding.lastSeenAt],
    words_id: ['int8', ({ draft }) => texts.get(draft.words) ?? 0],
    judgement: ['text', ({ draft }) => draft.own],
    attribution_id: ['int8', ({ draft }) => texts.get(attributionText(draft)) ?? 0],
  });
  await sql`
    insert into finding (tenant, id, fingerprint, kind, identifier, asset_kind, asset_value, port, transport, role, severity,
      confidence, state, first_seen_at, last_seen_at, count, fed_count, fed_first_at, fed_last_at, source_port, constituent_id,
      case_number, judged_at, words_id, judgement, attribution_id)
    select ${tenant}, k.* from ${rows} as k`.execute(trx);
  return new Map(fresh.map((member, n) => [member, ids[n] ?? 0]));
}

/** Blocks of ids, so that reserving thousands costs a few calls and needs no lock. */
async function reserveIds(trx: Trx, count: number): Promise<number[]> {
  const blocks = Math.ceil(count / ID_BLOCK);
  const { rows } = await sql<{ id: number }>`select nextval('finding_id') as id from generate_series(1, ${blocks}::int)`.execute(trx);
  return Array.from({ length: count }, (_, i) => (rows[Math.floor(i / ID_BLOCK)]?.id ?? 0) + (i % ID_BLOCK));
}

/** Totals always; words, attribution and case only where the newer judgement speaks. */
async function updateFindings(trx: Trx, members: readonly Member[], texts: Texts): Promise<void> {
  const updates = members.flatMap((member) => (member.known ? [updateOf(member, member.known)] : []));
  if (updates.length === 0) return;
  const rows = rowSet(updates, {
    id: ['int8', (row) => row.id],
    severity: ['int2', (row) => row.severity],
    count: ['int8', (row) => row.total.count],
    first_seen_at: ['int8', (row) => row.total.firstSeenAt],
    last_seen_at: ['int8', (row) => row.total.lastSeenAt],
    fed_count: ['int8', (row) => row.fed?.count ?? null],
    fed_first_at: ['int8', (row) => row.fed?.firstSeenAt ?? null],
    fed_last_at: ['int8', (row) => row.fed?.lastSeenAt ?? null],
    case_number: ['int4', (row) => row.caseNumber],
    state: ['text', (row) => row.state],
    role: ['text', (row) => row.newer?.finding.role ?? null],
    confidence: ['int2', (row) => row.newer?.finding.confidence ?? null],
    source_port: ['int4', (row) => row.newer?.finding.sourcePort ?? null],
    constituent_id: ['text', (row) => row.newer?.attribution.constituentId ?? null],
    judged_at: ['int8', (row) => row.newer?.finding.lastSeenAt ?? null],
    words_id: ['int8', (row) => (row.newer ? (texts.get(row.newer.words) ?? 0) : null)],
    judgement: ['text', (row) => row.newer?.own ?? null],
    attribution_id: ['int8', (row) => (row.newer ? (texts.get(attributionText(row.newer)) ?? 0) : null)],
  });
  await sql`
    update finding f set
      severity = k.severity, count = k.count, first_seen_at = k.first_seen_at, last_seen_at = k.last_seen_at,
      fed_count = k.fed_count, fed_first_at = k.fed_first_at, fed_last_at = k.fed_last_at, retracted_at = null,
      case_number = coalesce(k.case_number, f.case_number), state = coalesce(k.state, f.state),
      role = coalesce(k.role, f.role), confidence = coalesce(k.confidence, f.confidence), judged_at = coalesce(k.judged_at, f.judged_at),
      source_port = case when k.judgement is null then f.source_port else k.source_port end,
      constituent_id = case when k.judgement is null then f.constituent_id else k.constituent_id end,
      words_id = coalesce(k.words_id, f.words_id), judgement = coalesce(k.judgement, f.judgement),
      attribution_id = coalesce(k.attribution_id, f.attribution_id)
    from ${rows} as k where f.id = k.id`.execute(trx);
}

/** Null when everything it rested on was withdrawn. */
const knownSpan = (known: KnownFinding): Span | null =>
  known.retracted_at !== null ? null : { count: known.count, firstSeenAt: known.first_seen_at, lastSeenAt: known.last_seen_at };

function updateOf(member: Member, known: KnownFinding) {
  const { draft } = member;
  return {
    id: known.id,
    severity: member.severity,
    // Shares that replace others are set right afterwards from all shares of the finding.
    total: addSpans(knownSpan(known), member.seen),
    fed: draft.fed ? addSpans(fedSpan(known), draft.fed) : fedSpan(known),
    caseNumber: member.caseNumber,
    state: member.isReopened ? 'reopened' : null,
    newer: outranks(draft, known) ? draft : undefined,
  };
}
