/** Raw packets show what a machine did byte by byte: reading them is a permission of its own. */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Granted as the roles have them in a new installation. */
const ROLES = ['administrator', 'analyst'];

export const packetRead: Migration = {
  async up(db) {
    for (const role of ROLES) {
      await sql`insert into role_permission (tenant, role, permission) values ('*', ${role}, 'packet.read') on conflict do nothing`.execute(
        db,
      );
    }
  },
};
