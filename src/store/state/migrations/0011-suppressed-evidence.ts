/** Evidence that was put aside, counted per sensor, day, module and reason. */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const suppressedEvidence: Migration = {
  async up(db) {
    await sql`
      create table suppressed_evidence (
        tenant text collate "C" not null,
        sensor text collate "C" not null,
        day bigint not null,
        module text collate "C" not null,
        reason text collate "C" not null,
        sources bigint not null,
        packets bigint not null,
        first_at bigint not null,
        last_at bigint not null,
        ports jsonb not null,
        judged_at bigint not null,
        primary key (tenant, day, sensor, module, reason)
      )`.execute(db);
  },
};
