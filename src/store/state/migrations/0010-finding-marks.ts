/** What people decide about single findings, and the permission to try a rule on the past. */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Granted as the roles have them in a new installation. */
const ROLES = ['administrator', 'coordinator', 'analyst'];

export const findingMarks: Migration = {
  async up(db) {
    await sql`
      create table finding_mark (
        tenant text collate "C" not null,
        id bigint generated always as identity,
        finding_id bigint not null,
        state text not null,
        state_before text not null,
        reason text not null,
        actor text not null,
        at bigint not null,
        expires_at bigint,
        ended_at bigint,
        primary key (tenant, id)
      )`.execute(db);
    await sql`create index finding_mark_finding on finding_mark (finding_id) where ended_at is null`.execute(db);
    await sql`create index finding_mark_expiry on finding_mark (expires_at) where ended_at is null and expires_at is not null`.execute(db);
    for (const role of ROLES) {
      await sql`insert into role_permission (tenant, role, permission) values ('*', ${role}, 'backtest.run') on conflict do nothing`.execute(
        db,
      );
    }
  },
};
