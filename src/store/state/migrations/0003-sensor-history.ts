/**
 * Sensors become things with a history: two titles, what kind they are, how often they
 * should be heard of, and how many addresses they observed from when on. A count that was
 * said before today holds since ever, because nobody said otherwise.
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  'alter table sensor rename column title to title_ja',
  `alter table sensor
    add column title_en text not null default '',
    add column kind text,
    add column location text not null default '',
    add column contact text not null default '',
    add column cadence_seconds integer`,
  'update sensor set title_en = title_ja',
  `create table sensor_addresses (
    tenant text collate "C" not null,
    sensor_id text collate "C" not null,
    valid_from bigint not null,
    addresses bigint,
    primary key (tenant, sensor_id, valid_from),
    foreign key (tenant, sensor_id) references sensor (tenant, id) on delete cascade
  )`,
  `insert into sensor_addresses (tenant, sensor_id, valid_from, addresses)
    select tenant, id, 0, addresses from sensor where addresses is not null`,
  'alter table sensor drop column addresses',
];

/** Granted as the roles have them in a new installation. */
const GRANTS = [
  ['administrator', 'sensor.read'],
  ['administrator', 'sensor.write'],
  ['coordinator', 'sensor.read'],
  ['coordinator', 'sensor.write'],
  ['analyst', 'sensor.read'],
  ['auditor', 'sensor.read'],
  ['policy-owner', 'sensor.read'],
] as const;

export const sensorHistory: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
    for (const [role, permission] of GRANTS) {
      await sql`insert into role_permission (tenant, role, permission) values ('*', ${role}, ${permission}) on conflict do nothing`.execute(
        db,
      );
    }
  },
};
