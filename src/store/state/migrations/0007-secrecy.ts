/**
 * Leave to look at records of communications, and the C&C servers found in them.
 *
 * `c2_sighting` is what one run derived about one server; it goes when the run's retention
 * ends. `c2_candidate` is the server itself and outlives it only when two people confirmed
 * it. An effect of the allow-list on a finding remembers the state before, so that taking
 * the entry back undoes it.
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  `create table purpose_grant (
    tenant text collate "C" not null,
    id text collate "C" not null,
    purpose text not null,
    reason text not null,
    granted_to text not null,
    requested_by text not null,
    requested_at bigint not null,
    granted_by text,
    valid_from bigint not null,
    valid_until bigint not null,
    ended_at bigint,
    ended_by text,
    primary key (tenant, id)
  )`,
  `create table c2_run (
    tenant text collate "C" not null,
    id text collate "C" not null,
    at bigint not null,
    actor text not null,
    purpose text not null,
    grant_id text not null,
    legal_basis_ja text not null,
    legal_basis_en text not null,
    fields jsonb not null,
    period_from bigint not null,
    period_to bigint not null,
    keep_until bigint not null,
    state text not null,
    seeds bigint not null default 0,
    found bigint not null default 0,
    created bigint not null default 0,
    refused bigint not null default 0,
    seconds double precision not null default 0,
    problem text,
    forgotten_at bigint,
    forgotten_rows bigint,
    forgotten_hash text,
    primary key (tenant, id)
  )`,
  `create table c2_candidate (
    tenant text collate "C" not null,
    id text collate "C" not null,
    address text not null,
    port integer not null,
    transport text not null,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    score double precision not null,
    methods jsonb not null,
    family text,
    features jsonb,
    because_ja text,
    because_en text,
    is_client boolean not null,
    state text not null,
    state_at bigint not null,
    confirmed_by text,
    confirmed_at bigint,
    seconded_by text,
    seconded_at bigint,
    reason text,
    found_at bigint not null,
    primary key (tenant, id)
  )`,
  `create table c2_sighting (
    tenant text collate "C" not null,
    run_id text collate "C" not null,
    candidate_id text collate "C" not null,
    score double precision not null,
    methods jsonb not null,
    features jsonb not null,
    primary key (tenant, run_id, candidate_id),
    foreign key (tenant, run_id) references c2_run (tenant, id) on delete cascade
  )`,
  'create index c2_sighting_candidate on c2_sighting (tenant, candidate_id)',
  `create table c2_event (
    tenant text collate "C" not null,
    id bigint generated always as identity,
    candidate_id text collate "C" not null,
    at bigint not null,
    actor text not null,
    action text not null,
    reason text not null,
    state text not null,
    primary key (tenant, candidate_id, id)
  )`,
  `create table c2_allow (
    tenant text collate "C" not null,
    id text collate "C" not null,
    prefix text not null,
    port integer,
    reason text not null,
    added_by text not null,
    added_at bigint not null,
    removed_by text,
    removed_at bigint,
    primary key (tenant, id)
  )`,
  `create table c2_allow_effect (
    tenant text collate "C" not null,
    allow_id text collate "C" not null,
    finding_id bigint not null,
    state_before text not null,
    primary key (tenant, finding_id)
  )`,
];

/** Granted as the roles have them in a new installation. */
const GRANTS = {
  administrator: ['purpose.read', 'purpose.request', 'purpose.grant', 'c2.read', 'c2.write'],
  coordinator: ['purpose.read', 'purpose.request', 'purpose.grant', 'c2.read', 'c2.write'],
  analyst: ['purpose.read', 'purpose.request', 'c2.read', 'c2.write'],
  auditor: ['purpose.read'],
} as const;

export const secrecy: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
    for (const [role, permissions] of Object.entries(GRANTS)) {
      for (const permission of permissions) {
        await sql`insert into role_permission (tenant, role, permission) values ('*', ${role}, ${permission}) on conflict do nothing`.execute(
          db,
        );
      }
    }
  },
};
