/** Edge collectors get a role of their own, which may deliver batches and nothing else. */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Granted as the roles have them in a new installation. */
const GRANTS = [
  ['administrator', 'live.write'],
  ['administrator', 'token.read'],
  ['administrator', 'token.write'],
  ['sensor', 'live.write'],
] as const;

export const sensorTokens: Migration = {
  async up(db) {
    for (const [role, permission] of GRANTS) {
      await sql`insert into role_permission (tenant, role, permission) values ('*', ${role}, ${permission}) on conflict do nothing`.execute(
        db,
      );
    }
  },
};
