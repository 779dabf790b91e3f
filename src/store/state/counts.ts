/** The figures of the front page, in one question per table. */
import { sql } from 'kysely';
import { severityRank } from './fold-plan.ts';
import type { StateDatabase } from './open.ts';

export interface Counts {
  /** Cases that wait for a person: open or reopened ones of medium severity or worse, and critical ones without an owner; other orphans have their own queue. */
  readonly decisions: number;
  /** Neither fixed nor suppressed. */
  readonly openCases: number;
  readonly cases: number;
  readonly findings: number;
  readonly constituents: number;
  readonly orphans: number;
  readonly notices: number;
  readonly alarms: number;
  readonly quarantined: number;
}

export async function readCounts(db: StateDatabase, tenant: string): Promise<Counts> {
  const { rows } = await sql<Counts>`
    select c.*,
      (select count(*) from finding where tenant = ${tenant}) as "findings",
      (select count(*) from constituent where tenant = ${tenant}) as "constituents",
      (select count(*) from notice where tenant = ${tenant}) as "notices",
      (select count(*) from alarm where tenant = ${tenant}) as "alarms",
      (select coalesce(sum(quarantined), 0)::bigint from intake where tenant = ${tenant}) as "quarantined"
    from (
      select
        count(*) filter (where (state in ('open', 'reopened') and severity >= ${severityRank('medium')})
          or (state = 'orphan' and severity >= ${severityRank('critical')})) as "decisions",
        count(*) filter (where state not in ('verified_fixed', 'suppressed')) as "openCases",
        count(*) as "cases",
        count(*) filter (where state = 'orphan') as "orphans"
      from case_file where tenant = ${tenant}
    ) as c`.execute(db);
  const [counts] = rows;
  return counts ?? NOTHING;
}

const NOTHING: Counts = {
  decisions: 0,
  openCases: 0,
  cases: 0,
  findings: 0,
  constituents: 0,
  orphans: 0,
  notices: 0,
  alarms: 0,
  quarantined: 0,
};
