/** Flow records show who talked to whom: reading them is a permission of its own. */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Granted as the roles have them in a new installation. */
const ROLES = ['administrator', 'coordinator', 'analyst'];

export const flowRead: Migration = {
  async up(db) {
    for (const role of ROLES) {
      await sql`insert into role_permission (tenant, role, permission) values ('*', ${role}, 'flow.read') on conflict do nothing`.execute(
        db,
      );
    }
  },
};
