/**
 * The first shape of the state store.
 *
 * One script for PGlite and PostgreSQL alike. Every table has `tenant`. Times
 * are Unix milliseconds in bigint columns; texts that exist in two languages are two
 * columns. Indexes are few on purpose: findings arrive by the hundred thousand, and
 * each index is paid for on every one of them; in those tables a number leads the key
 * because numbers compare fastest, and the tenant is checked on the row.
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import { ROLE_PERMISSIONS, ROLES } from '../../../domain/permission.ts';

/** What judges, is judged and is followed up. Text keys compare by bytes: faster, and the same order on every server. */
const TABLES = [
  `create table tenant (
    tenant text collate "C" primary key,
    next_case integer not null default 1001,
    next_notice integer not null default 1
  )`,
  `create table role_permission (
    tenant text collate "C" not null,
    role text not null,
    permission text not null,
    primary key (tenant, role, permission)
  )`,
  `create table api_token (
    tenant text collate "C" not null,
    id text not null,
    hash bytea not null unique,
    role text not null,
    label text not null,
    created_at bigint not null,
    expires_at bigint,
    primary key (tenant, id)
  )`,
  `create table sensor (
    tenant text collate "C" not null,
    id text collate "C" not null,
    title text not null,
    addresses bigint,
    primary key (tenant, id)
  )`,
  `create table constituent (
    tenant text collate "C" not null,
    id text collate "C" not null,
    name_ja text not null,
    name_en text not null,
    kind text not null,
    language text not null,
    contact jsonb not null,
    primary key (tenant, id)
  )`,
  `create table resource (
    tenant text collate "C" not null,
    constituent_id text collate "C" not null,
    position integer not null,
    kind text not null,
    value text not null,
    range_start bytea,
    range_end bytea,
    valid_from bigint,
    valid_to bigint,
    primary key (tenant, constituent_id, position),
    foreign key (tenant, constituent_id) references constituent (tenant, id) on delete cascade
  )`,
  `create table intake (
    tenant text collate "C" not null,
    id text collate "C" not null,
    file text not null,
    digest text not null,
    collector text not null,
    sensor text not null,
    state text not null,
    bytes bigint not null,
    done_bytes bigint not null default 0,
    records bigint not null default 0,
    accepted bigint not null default 0,
    quarantined bigint not null default 0,
    seconds double precision not null default 0,
    received_at bigint not null,
    first_seen_at bigint,
    last_seen_at bigint,
    problem text,
    primary key (tenant, id)
  )`,
  `create index intake_newest on intake (tenant, received_at desc, id desc)`,
  `create table quarantine (
    tenant text collate "C" not null,
    intake_id text collate "C" not null,
    record bigint not null,
    reason text not null,
    excerpt text not null,
    primary key (tenant, intake_id, record)
  )`,
  `create table alarm (
    tenant text collate "C" not null,
    id bigint generated always as identity,
    source text collate "C" not null,
    code text not null,
    at bigint not null,
    text_ja text not null,
    text_en text not null,
    detail jsonb not null,
    primary key (tenant, id),
    unique (tenant, source, code)
  )`,
  `create table finding (
    id bigint primary key,
    tenant text collate "C" not null,
    fingerprint bytea not null,
    kind text collate "C" not null,
    identifier text not null,
    asset_kind text not null,
    asset_value text collate "C" not null,
    port integer,
    transport text,
    role text not null,
    severity smallint not null,
    confidence smallint not null,
    state text not null,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    count bigint not null,
    fed_count bigint,
    fed_first_at bigint,
    fed_last_at bigint,
    source_port integer,
    constituent_id text collate "C",
    case_number integer,
    judged_at bigint not null,
    retracted_at bigint,
    words_id bigint not null,
    judgement text collate "C" not null,
    attribution_id bigint not null
  )`,
  `create unique index finding_fingerprint on finding (fingerprint)`,
  `create index finding_case on finding (case_number) where case_number is not null`,
  `create index finding_recent on finding (last_seen_at desc, id desc)`,
  `create sequence finding_id increment by 1000`,
  `create table shared_text (
    tenant text collate "C" not null,
    id bigint generated always as identity primary key,
    key uuid not null,
    content text collate "C" not null,
    unique (key, tenant)
  )`,
  `create table bucket (
    tenant text collate "C" not null,
    id bigint generated always as identity primary key,
    name text collate "C" not null,
    module text collate "C" not null,
    unique (tenant, name, module)
  )`,
  `create table finding_share (
    tenant text collate "C" not null,
    bucket_id bigint not null,
    finding_id bigint not null,
    count bigint not null,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    primary key (bucket_id, finding_id)
  )`,
  `create index finding_share_finding on finding_share (finding_id)`,
  `create table applied_batch (
    tenant text collate "C" not null,
    token text collate "C" not null,
    at bigint not null,
    primary key (tenant, token)
  )`,
  `create table case_file (
    tenant text collate "C" not null,
    number integer not null,
    key uuid not null,
    constituent_id text collate "C",
    asset_kind text not null,
    asset_value text collate "C" not null,
    state text not null,
    severity smallint not null,
    title_rank smallint not null,
    title_ja text not null,
    title_en text collate "C" not null,
    opened_at bigint not null,
    first_seen_at bigint not null,
    last_seen_at bigint not null,
    due_at bigint,
    urgency bigint not null,
    state_at bigint not null,
    suppressed_until bigint,
    reopen_count integer not null default 0,
    pending_notices integer not null default 0,
    primary key (number, tenant)
  )`,
  `create unique index case_file_key on case_file (key)`,
  `create index case_file_urgent on case_file (urgency, number)`,
  `create table case_event (
    tenant text collate "C" not null,
    case_number integer not null,
    id bigint generated always as identity,
    at bigint not null,
    actor text not null,
    what text not null,
    text_ja text not null,
    text_en text not null,
    primary key (tenant, case_number, id)
  )`,
  `create table notice (
    tenant text collate "C" not null,
    number integer not null,
    channel text not null,
    constituent_id text collate "C" not null,
    recipient jsonb not null,
    language text not null,
    check_code text not null,
    is_simulation boolean not null,
    severity smallint not null,
    items integer not null,
    state text not null,
    created_at bigint not null,
    attempts integer not null default 0,
    next_attempt_at bigint not null,
    delivered_at bigint,
    detail text,
    primary key (tenant, number)
  )`,
  `create index notice_waiting on notice (tenant, next_attempt_at) where state in ('queued', 'delivering')`,
  `create table notice_item (
    tenant text collate "C" not null,
    notice_number integer not null,
    position integer not null,
    case_number integer not null,
    fingerprint bytea not null,
    item jsonb not null,
    primary key (tenant, notice_number, position)
  )`,
  `create index notice_item_case on notice_item (tenant, case_number)`,
  `create table delivery (
    tenant text collate "C" not null,
    notice_number integer not null,
    attempt integer not null,
    outcome text not null,
    at bigint not null,
    detail text not null,
    is_final boolean not null,
    primary key (tenant, notice_number, attempt)
  )`,
  `create table audit_entry (
    tenant text collate "C" not null,
    position bigint not null,
    at bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    purpose text,
    detail text not null,
    previous_hash bytea not null,
    hash bytea not null,
    primary key (tenant, position)
  )`,
  `create table setting (
    tenant text collate "C" not null,
    key text not null,
    value jsonb not null,
    primary key (tenant, key)
  )`,
];

/** Seeded for the tenant '*': the rule for everyone who has none of their own. */
async function seedPermissions(db: Kysely<never>): Promise<void> {
  for (const role of ROLES) {
    for (const permission of ROLE_PERMISSIONS[role]) {
      await sql`insert into role_permission (tenant, role, permission) values ('*', ${role}, ${permission})`.execute(db);
    }
  }
}

async function up(db: Kysely<never>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db);
  await seedPermissions(db);
}

export const first: Migration = { up };
