/**
 * Findings as a long list: any stretch of it by its place, and how many there are of what.
 *
 * A hundred thousand rows are scrolled by place, not page by page, so a stretch is asked
 * for by offset; the rows are chosen by their index alone and only then read.
 */
import { sql } from 'kysely';
import type { Severity } from '../../domain/finding.ts';
import { type FindingFacts, type FindingFilter, matches, toFacts } from './findings.ts';
import { severityOf } from './fold-plan.ts';
import type { StateDatabase } from './open.ts';

export interface ListedFinding extends FindingFacts {
  readonly constituentId: string | null;
}

export const FINDING_ORDERS = ['recent', 'severity'] as const;
export type FindingOrder = (typeof FINDING_ORDERS)[number];

export interface Stretch {
  readonly offset: number;
  readonly limit: number;
  readonly order: FindingOrder;
}

export async function readStretch(
  db: StateDatabase,
  tenant: string,
  filter: FindingFilter,
  { offset, limit, order }: Stretch,
): Promise<ListedFinding[]> {
  let chosen = db.selectFrom('finding').select('id').where(matches(tenant, filter));
  if (order === 'severity') chosen = chosen.orderBy('severity', 'desc');
  chosen = chosen.orderBy('last_seen_at', 'desc').orderBy('id', 'desc').limit(limit).offset(offset);
  let query = db
    .selectFrom('finding')
    .select(['fingerprint', 'kind', 'identifier', 'asset_kind', 'asset_value', 'port', 'transport', 'severity', 'confidence', 'state'])
    .select(['first_seen_at', 'last_seen_at', 'count', 'case_number', 'constituent_id'])
    .where('id', 'in', chosen);
  if (order === 'severity') query = query.orderBy('severity', 'desc');
  const rows = await query.orderBy('last_seen_at', 'desc').orderBy('id', 'desc').execute();
  return rows.map((row) => ({ ...toFacts(row), constituentId: row.constituent_id }));
}

export interface FindingCounts {
  readonly total: number;
  /** Each as if the filter did not name it, so that a choice shows what another would give. */
  readonly byKind: Readonly<Record<string, number>>;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly byState: Readonly<Record<string, number>>;
}

interface Group {
  readonly kind: string;
  readonly severity: Severity;
  readonly state: string;
  readonly count: number;
}

export async function countFindings(db: StateDatabase, tenant: string, filter: FindingFilter): Promise<FindingCounts> {
  const { kind, severity, state, ...rest } = filter;
  const rows = await db
    .selectFrom('finding')
    .select(['kind', 'severity', 'state', sql<number>`count(*)`.as('count')])
    .where(matches(tenant, rest))
    .groupBy(['kind', 'severity', 'state'])
    .execute();
  return sumGroups(
    rows.map((row) => ({ ...row, severity: severityOf(row.severity) })),
    { kind, severity, state },
  );
}

type Chosen = Pick<FindingFilter, 'kind' | 'severity' | 'state'>;

function sumGroups(groups: readonly Group[], chosen: Chosen): FindingCounts {
  const fits = (group: Group, except?: keyof Chosen): boolean =>
    (['kind', 'severity', 'state'] as const).every((name) => name === except || chosen[name] === undefined || chosen[name] === group[name]);
  const by = (name: keyof Chosen): Record<string, number> => {
    const sums: Record<string, number> = {};
    for (const group of groups) if (fits(group, name)) sums[group[name]] = (sums[group[name]] ?? 0) + group.count;
    return sums;
  };
  const total = groups.reduce((sum, group) => (fits(group) ? sum + group.count : sum), 0);
  return { total, byKind: by('kind'), bySeverity: by('severity'), byState: by('state') };
}
