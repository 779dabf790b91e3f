/**
 * Surges of ports, campaigns, and the list of vulnerabilities known to be exploited.
 *
 * `surge_hour` keeps how many sources each port of a sensor had, in ten-minute slots: the
 * history that says what is usual, and stays when the single cells are long erased. It is
 * packed, because an hour has hundreds of ports and four weeks have 672 hours.
 */
import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const STATEMENTS = [
  `create table surge_hour (
    tenant text collate "C" not null,
    sensor text collate "C" not null,
    hour bigint not null,
    packets bigint not null,
    counted_until bigint not null,
    watched integer not null,
    counts bytea not null,
    primary key (tenant, sensor, hour)
  )`,
  `create table surge (
    tenant text collate "C" not null,
    id bigint generated always as identity,
    sensor text collate "C" not null,
    protocol integer not null,
    port integer not null,
    kind text not null,
    onset_at bigint not null,
    detected_at bigint not null,
    last_at bigint not null,
    ended_at bigint,
    end_reason text,
    basis text not null,
    samples integer not null,
    usual double precision not null,
    upper_limit double precision not null,
    peak integer not null,
    peak_at bigint not null,
    sources bigint not null,
    networks bigint not null,
    asns bigint not null,
    evidence jsonb not null,
    growth jsonb not null,
    primary key (tenant, id)
  )`,
  'create index surge_by_time on surge (tenant, onset_at)',
  `create table campaign (
    tenant text collate "C" not null,
    id bigint generated always as identity,
    sensor text collate "C" not null,
    ports jsonb not null,
    first_day bigint not null,
    last_day bigint not null,
    first_seen_at bigint not null,
    is_new boolean,
    size bigint not null,
    evidence jsonb not null,
    days jsonb not null,
    primary key (tenant, id)
  )`,
  `create table campaign_day (
    tenant text collate "C" not null,
    sensor text collate "C" not null,
    day bigint not null,
    sources bigint not null,
    broad bigint not null,
    primary key (tenant, sensor, day)
  )`,
  `create table kev (
    tenant text collate "C" not null,
    cve text collate "C" not null,
    vendor text not null,
    product text not null,
    name text not null,
    description text not null,
    action text not null,
    added_at bigint not null,
    due_at bigint,
    ransomware text not null,
    primary key (tenant, cve)
  )`,
];

export const surges: Migration = {
  async up(db) {
    for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  },
};
