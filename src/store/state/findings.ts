/** Findings as people and exports read them: pages, series, one by its fingerprint, all of them. */
import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { Attribution } from '../../domain/constituent.ts';
import {
  type Asset,
  type DetectedFinding,
  FINDING_KINDS,
  type FindingKey,
  type FindingKind,
  type FindingRole,
  type FindingState,
  type Severity,
  type Transport,
} from '../../domain/finding.ts';
import { fromCursor, likeAnywhere, type Page, type PageRequest, pageSize, toPage } from './cursor.ts';
import { severityOf, severityRank } from './fold-plan.ts';
import { toAttribution, toJudgement } from './judgement.ts';
import type { StateDatabase } from './open.ts';
import type { Database, FindingTable } from './schema.ts';
import { SHARED_TEXTS } from './shared-texts.ts';

/** What a list says of a finding. */
export interface FindingFacts extends Omit<FindingKey, 'tenant'> {
  readonly fingerprint: string; // hex
  readonly severity: Severity; // the worst it ever had
  readonly confidence: number;
  readonly state: FindingState;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly count: number;
  readonly caseId: string | null;
}

/** A finding as it stands: what was judged, and what became of it. */
export interface StoredFinding extends FindingFacts {
  readonly tenant: string;
  readonly role: FindingRole;
  readonly sourcePort: number | null;
  readonly classification: DetectedFinding['classification'];
  readonly because: DetectedFinding['because'];
  readonly evidence: DetectedFinding['evidence'];
  readonly origin: DetectedFinding['origin'];
  readonly attribution: Attribution;
  /** Set when judging again withdrew everything it rested on. */
  readonly retractedAt: number | null;
}

export interface FindingFilter {
  readonly kind?: FindingKind | undefined;
  readonly constituent?: string | undefined;
  readonly state?: FindingState | undefined;
  readonly severity?: Severity | undefined;
  readonly q?: string | undefined; // part of the asset
  readonly caseId?: string | undefined;
  /** A sensor, or a feed, that its latest judgement rests on. */
  readonly sensor?: string | undefined;
}

export interface FindingSeries {
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
  readonly series: readonly { readonly kind: FindingKind; readonly counts: readonly number[]; readonly total: number }[];
}

export const toCaseId = (number: number): string => `Y-${number}`;

/** Undefined for anything that is not one of our case ids. */
export function toCaseNumber(caseId: string): number | undefined {
  const match = /^Y-([1-9]\d{0,8})$/.exec(caseId);
  return match ? Number(match[1]) : undefined;
}

/** Most recently seen first. */
export async function listFindings(
  db: StateDatabase,
  tenant: string,
  request: FindingFilter & PageRequest = {},
): Promise<Page<StoredFinding>> {
  const size = pageSize(request);
  const border = fromCursor(request.cursor, [z.number(), z.number()]);
  const where = matches(tenant, request);
  let query = db.selectFrom('finding').selectAll().select(SHARED_TEXTS).where(where);
  if (border) query = query.where((eb) => eb(eb.refTuple('last_seen_at', 'id'), '<', eb.tuple(border[0], border[1])));
  const rows = await query
    .orderBy('last_seen_at', 'desc')
    .orderBy('id', 'desc')
    .limit(size + 1)
    .execute();
  const { total } = await db
    .selectFrom('finding')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where(where)
    .executeTakeFirstOrThrow();
  const page = toPage(rows, size, total, (row) => [row.last_seen_at, row.id]);
  return { ...page, rows: page.rows.map(toFinding) };
}

/** A condition for findings of the tenant that fit the filter. */
export const matches = (tenant: string, filter: FindingFilter) => (eb: ExpressionBuilder<Database, 'finding'>) => {
  const conditions = [eb('tenant', '=', tenant)];
  if (filter.kind) conditions.push(eb('kind', '=', filter.kind));
  if (filter.constituent) conditions.push(eb('constituent_id', '=', filter.constituent));
  if (filter.state) conditions.push(eb('state', '=', filter.state));
  if (filter.severity) conditions.push(eb('severity', '=', severityRank(filter.severity)));
  if (filter.q) conditions.push(eb('asset_value', 'like', likeAnywhere(filter.q.toLowerCase())));
  if (filter.sensor) conditions.push(eb('words_id', 'in', judgementsOf(tenant, filter.sensor)));
  if (filter.caseId) conditions.push(eb('case_number', '=', toCaseNumber(filter.caseId) ?? 0));
  return eb.and(conditions);
};

const FINGERPRINT_DIGITS = 64;

/** By its whole fingerprint or by so many of its first digits that no other begins alike. */
export async function readFinding(db: StateDatabase, tenant: string, fingerprint: string): Promise<StoredFinding | undefined> {
  if (!/^[0-9a-f]{8,64}$/.test(fingerprint)) return undefined;
  const rows = await db
    .selectFrom('finding')
    .selectAll()
    .select(SHARED_TEXTS)
    .where('tenant', '=', tenant)
    .where('fingerprint', '>=', Buffer.from(fingerprint.padEnd(FINGERPRINT_DIGITS, '0'), 'hex'))
    .where('fingerprint', '<=', Buffer.from(fingerprint.padEnd(FINGERPRINT_DIGITS, 'f'), 'hex'))
    .limit(2)
    .execute();
  const [row] = rows;
  return row && rows.length === 1 ? toFinding(row) : undefined;
}

/**
 * Judgements name their sensors in the part they share, of which there are few: those are
 * searched, and findings that point at one of them are chosen by its number.
 */
const judgementsOf = (tenant: string, sensor: string) => {
  const name = JSON.stringify(sensor);
  return sql<number>`(select id from shared_text where tenant = ${tenant}
    and (content like ${`${likeAnywhere('"sensors":[')}${likeAnywhere(name)}`} or content like ${likeAnywhere(`"feed":${name}`)}))`;
};

export async function findingsOfCase(db: StateDatabase, tenant: string, caseNumber: number): Promise<StoredFinding[]> {
  const rows = await db
    .selectFrom('finding')
    .selectAll()
    .select(SHARED_TEXTS)
    .where('tenant', '=', tenant)
    .where('case_number', '=', caseNumber)
    .orderBy('severity', 'desc')
    .orderBy('last_seen_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(toFinding);
}

/** Findings by when they were first seen, one figure per step. */
export async function readFindingSeries(
  db: StateDatabase,
  tenant: string,
  range: { readonly from: number; readonly to: number; readonly stepSeconds: number },
): Promise<FindingSeries> {
  const step = range.stepSeconds * 1000;
  const steps = Math.max(Math.ceil((range.to - range.from) / step), 0);
  const { rows } = await sql<{ kind: FindingKind; step: number; count: number }>`
    select kind, ((first_seen_at - ${range.from}::bigint) / ${step}::bigint)::int as step, count(*) as count
    from finding where tenant = ${tenant} and first_seen_at >= ${range.from} and first_seen_at < ${range.to}
    group by 1, 2`.execute(db);
  const series = FINDING_KINDS.flatMap((kind) => {
    const own = rows.filter((row) => row.kind === kind);
    if (own.length === 0) return [];
    const counts = Array.from({ length: steps }, () => 0);
    for (const row of own) counts[row.step] = row.count;
    return [{ kind, counts, total: own.reduce((sum, row) => sum + row.count, 0) }];
  });
  return { ...range, series };
}

/** Every finding in pages, for exports: oldest row first, memory flat, unharmed by folds in between. */
export async function* iterateFindings(
  db: StateDatabase,
  tenant: string,
  filter: FindingFilter = {},
  batch = 1000,
): AsyncGenerator<readonly StoredFinding[]> {
  for (let after = 0; ; ) {
    const rows = await db
      .selectFrom('finding')
      .selectAll()
      .select(SHARED_TEXTS)
      .where(matches(tenant, filter))
      .where('id', '>', after)
      .orderBy('id')
      .limit(batch)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(toFinding);
    after = last.id;
  }
}

/** A row of `finding` with the texts it points at. */
export type FindingRow = Selectable<FindingTable> & { readonly words: string; readonly attribution: string };

type FactColumn =
  | 'fingerprint'
  | 'kind'
  | 'identifier'
  | 'asset_kind'
  | 'asset_value'
  | 'port'
  | 'transport'
  | 'severity'
  | 'confidence'
  | 'state'
  | 'first_seen_at'
  | 'last_seen_at'
  | 'count'
  | 'case_number';

export const toFacts = (row: Pick<Selectable<FindingTable>, FactColumn>): FindingFacts => ({
  fingerprint: Buffer.from(row.fingerprint).toString('hex'),
  kind: row.kind as FindingKind,
  identifier: row.identifier,
  asset: { kind: row.asset_kind as Asset['kind'], value: row.asset_value },
  port: row.port,
  transport: row.transport as Transport | null,
  severity: severityOf(row.severity),
  confidence: row.confidence,
  state: row.state as FindingState,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
  count: row.count,
  caseId: row.case_number === null ? null : toCaseId(row.case_number),
});

export function toFinding(row: FindingRow): StoredFinding {
  return {
    ...toFacts(row),
    tenant: row.tenant,
    role: row.role as FindingRole,
    sourcePort: row.source_port,
    ...toJudgement(row.words, row.judgement, row.asset_value, row.judged_at),
    attribution: toAttribution(row.attribution, row.judged_at),
    retractedAt: row.retracted_at,
  };
}
