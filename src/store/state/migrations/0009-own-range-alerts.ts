/**
 * Alerts about an organisation's own addresses: the shares they are made of, the alerts,
 * what people did with them, who does not want them, and which weeks were reported.
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  'alter table sensor add column constituent_id text collate "C"',
  'alter table tenant add column next_alert integer not null default 1',
  'alter table notice add column own_range jsonb',
  `create table own_range_alert (
    tenant text collate "C" not null,
    number integer not null,
    constituent_id text collate "C" not null,
    host text collate "C" not null,
    class text collate "C" not null,
    raised_at bigint not null,
    raised_last_at bigint not null,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    packets bigint not null,
    target_bits text not null,
    ports jsonb not null,
    sensors jsonb not null,
    acknowledged_at bigint,
    acknowledged_by text,
    ended_at bigint,
    closed_at bigint,
    closed_by text,
    cause text,
    notice_number integer,
    primary key (tenant, number)
  )`,
  'create index own_range_alert_key on own_range_alert (tenant, constituent_id, host, class, last_seen_at)',
  'create index own_range_alert_untold on own_range_alert (tenant, constituent_id) where notice_number is null and closed_at is null',
  `create table own_range_share (
    tenant text collate "C" not null,
    constituent_id text collate "C" not null,
    host text collate "C" not null,
    class text collate "C" not null,
    sensor_id text collate "C" not null,
    hour bigint not null,
    packets bigint not null,
    target_bits text not null,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    ports jsonb not null,
    alert_number integer,
    primary key (tenant, constituent_id, host, class, hour, sensor_id)
  )`,
  'create index own_range_share_alert on own_range_share (tenant, alert_number) where alert_number is not null',
  `create table own_range_event (
    tenant text collate "C" not null,
    alert_number integer not null,
    id bigint generated always as identity primary key,
    at bigint not null,
    actor text not null,
    what text not null,
    text_ja text not null,
    text_en text not null,
    foreign key (tenant, alert_number) references own_range_alert (tenant, number) on delete cascade
  )`,
  'create index own_range_event_alert on own_range_event (tenant, alert_number, id)',
  `create table own_range_switch (
    tenant text collate "C" not null,
    constituent_id text collate "C" not null,
    is_on boolean not null,
    primary key (tenant, constituent_id)
  )`,
  `create table own_range_receipt (
    tenant text collate "C" not null,
    constituent_id text collate "C" not null,
    week bigint not null,
    notice_number integer not null,
    primary key (tenant, constituent_id, week)
  )`,
];

/** Granted as the roles have them in a new installation. */
const GRANTS = [
  ['administrator', 'alert.read'],
  ['administrator', 'alert.write'],
  ['coordinator', 'alert.read'],
  ['coordinator', 'alert.write'],
  ['analyst', 'alert.read'],
  ['analyst', 'alert.write'],
] as const;

export const ownRangeAlerts: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
    for (const [role, permission] of GRANTS) {
      await sql`insert into role_permission (tenant, role, permission) values ('*', ${role}, ${permission}) on conflict do nothing`.execute(
        db,
      );
    }
  },
};
