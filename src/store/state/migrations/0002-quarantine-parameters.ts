/** The reason of a bad record is a code with values from now on; older rows keep their sentence as the code. */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const quarantineParameters: Migration = {
  async up(db) {
    await sql`alter table quarantine add column parameters text not null default '{}'`.execute(db);
  },
};
