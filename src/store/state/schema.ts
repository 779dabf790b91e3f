/**
 * The tables as kysely sees them; the migrations are the truth, this repeats their types.
 *
 * bigint columns hold Unix milliseconds and counts, both far below 2^53, so both drivers
 * are told to read them as numbers.
 */
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type { Constituent, Contact } from '../../domain/constituent.ts';
import type { NoticeItem } from '../../domain/notice.ts';
import type { OwnRangeMessage } from '../../domain/own-range.ts';
import type { PortCount } from '../../domain/question.ts';
import type { SuppressedEvidence, SuppressionReason } from '../../domain/suppressed.ts';

/** Written as JSON text, read as the value. */
type Json<T> = ColumnType<T, string, string>;

interface TenantTable {
  tenant: string;
  next_case: Generated<number>;
  next_notice: Generated<number>;
  next_alert: Generated<number>;
}

interface RolePermissionTable {
  tenant: string;
  role: string;
  permission: string;
}

interface ApiTokenTable {
  tenant: string;
  id: string;
  hash: Uint8Array;
  role: string;
  label: string;
  created_at: number;
  expires_at: number | null;
}

export interface SensorTable {
  tenant: string;
  id: string;
  title_ja: string;
  title_en: Generated<string>;
  kind: string | null;
  location: Generated<string>;
  contact: Generated<string>;
  cadence_seconds: number | null;
  constituent_id: string | null;
}

interface SensorAddressesTable {
  tenant: string;
  sensor_id: string;
  valid_from: number;
  addresses: number | null;
}

interface ConstituentTable {
  tenant: string;
  id: string;
  name_ja: string;
  name_en: string;
  kind: string;
  language: string;
  contact: Json<Contact>;
}

interface ResourceTable {
  tenant: string;
  constituent_id: string;
  position: number;
  kind: string;
  value: string;
  range_start: Uint8Array | null;
  range_end: Uint8Array | null;
  valid_from: number | null;
  valid_to: number | null;
}

export interface IntakeTable {
  tenant: string;
  id: string;
  file: string;
  digest: string;
  collector: string;
  sensor: string;
  state: string;
  bytes: number;
  done_bytes: Generated<number>;
  records: Generated<number>;
  accepted: Generated<number>;
  quarantined: Generated<number>;
  seconds: Generated<number>;
  received_at: number;
  first_seen_at: number | null;
  last_seen_at: number | null;
  problem: string | null;
}

interface QuarantineTable {
  tenant: string;
  intake_id: string;
  record: number;
  reason: string;
  parameters: Generated<string>;
  excerpt: string;
}

interface AlarmTable {
  tenant: string;
  id: GeneratedAlways<number>;
  source: string;
  code: string;
  at: number;
  text_ja: string;
  text_en: string;
  detail: Json<Record<string, unknown>>;
}

export interface FindingTable {
  id: number;
  tenant: string;
  fingerprint: Uint8Array;
  kind: string;
  identifier: string;
  asset_kind: string;
  asset_value: string;
  port: number | null;
  transport: string | null;
  role: string;
  severity: number;
  confidence: number;
  state: string;
  first_seen_at: number;
  last_seen_at: number;
  count: number;
  fed_count: number | null;
  fed_first_at: number | null;
  fed_last_at: number | null;
  source_port: number | null;
  constituent_id: string | null;
  case_number: number | null;
  judged_at: number;
  retracted_at: number | null;
  words_id: number;
  judgement: string;
  attribution_id: number;
}

interface SharedTextTable {
  tenant: string;
  id: GeneratedAlways<number>;
  key: string;
  content: string;
}

interface BucketTable {
  tenant: string;
  id: GeneratedAlways<number>;
  name: string;
  module: string;
}

interface FindingShareTable {
  tenant: string;
  bucket_id: number;
  finding_id: number;
  count: number;
  first_seen_at: number;
  last_seen_at: number;
}

interface AppliedBatchTable {
  tenant: string;
  token: string;
  at: number;
}

export interface CaseFileTable {
  tenant: string;
  number: number;
  key: string;
  constituent_id: string | null;
  asset_kind: string;
  asset_value: string;
  state: string;
  severity: number;
  title_rank: number;
  title_ja: string;
  title_en: string;
  opened_at: number;
  first_seen_at: number;
  last_seen_at: number;
  due_at: number | null;
  urgency: number;
  state_at: number;
  suppressed_until: number | null;
  reopen_count: Generated<number>;
  pending_notices: Generated<number>;
}

interface CaseEventTable {
  tenant: string;
  case_number: number;
  id: GeneratedAlways<number>;
  at: number;
  actor: string;
  what: string;
  text_ja: string;
  text_en: string;
}

export interface NoticeTable {
  tenant: string;
  number: number;
  channel: string;
  constituent_id: string;
  recipient: Json<Constituent>;
  language: string;
  check_code: string;
  is_simulation: boolean;
  severity: number;
  items: number;
  state: string;
  created_at: number;
  attempts: Generated<number>;
  next_attempt_at: number;
  delivered_at: number | null;
  detail: string | null;
  own_range: Json<OwnRangeMessage> | null;
}

interface NoticeItemTable {
  tenant: string;
  notice_number: number;
  position: number;
  case_number: number;
  fingerprint: Uint8Array;
  item: Json<NoticeItem>;
}

interface DeliveryTable {
  tenant: string;
  notice_number: number;
  attempt: number;
  outcome: string;
  at: number;
  detail: string;
  is_final: boolean;
}

interface FindingMarkTable {
  tenant: string;
  id: GeneratedAlways<number>;
  finding_id: number;
  state: string;
  state_before: string;
  reason: string;
  actor: string;
  at: number;
  expires_at: number | null;
  ended_at: number | null;
}

interface AuditEntryTable {
  tenant: string;
  position: number;
  at: number;
  actor: string;
  action: string;
  subject: string;
  purpose: string | null;
  detail: string;
  previous_hash: Uint8Array;
  hash: Uint8Array;
}

interface SettingTable {
  tenant: string;
  key: string;
  value: Json<unknown>;
}

interface SuppressedEvidenceTable {
  tenant: string;
  sensor: string;
  day: number; // Unix ms, start of the UTC day
  module: string;
  reason: SuppressionReason;
  sources: number;
  packets: number;
  first_at: number;
  last_at: number;
  ports: Json<SuppressedEvidence['ports']>;
  judged_at: number;
}

interface SurgeHourTable {
  tenant: string;
  sensor: string;
  hour: number;
  packets: number;
  counted_until: number;
  watched: number;
  counts: Uint8Array;
}

export interface SurgeTable {
  tenant: string;
  id: GeneratedAlways<number>;
  sensor: string;
  protocol: number;
  port: number;
  kind: string;
  onset_at: number;
  detected_at: number;
  last_at: number;
  ended_at: number | null;
  end_reason: string | null;
  basis: string;
  samples: number;
  usual: number;
  upper_limit: number;
  peak: number;
  peak_at: number;
  sources: number;
  networks: number;
  asns: number;
  evidence: Json<unknown>;
  growth: Json<unknown>;
}

export interface CampaignTable {
  tenant: string;
  id: GeneratedAlways<number>;
  sensor: string;
  ports: Json<readonly number[]>;
  first_day: number;
  last_day: number;
  first_seen_at: number;
  is_new: boolean | null;
  size: number;
  evidence: Json<unknown>;
  days: Json<readonly { readonly day: number; readonly size: number }[]>;
}

interface CampaignDayTable {
  tenant: string;
  sensor: string;
  day: number;
  sources: number;
  broad: number;
}

export interface KevTable {
  tenant: string;
  cve: string;
  vendor: string;
  product: string;
  name: string;
  description: string;
  action: string;
  added_at: number;
  due_at: number | null;
  ransomware: string;
}

export interface OwnRangeAlertTable {
  tenant: string;
  number: number;
  constituent_id: string;
  host: string;
  class: string;
  raised_at: number;
  raised_last_at: number;
  first_seen_at: number;
  last_seen_at: number;
  packets: number;
  target_bits: string;
  ports: Json<PortCount[]>;
  sensors: Json<string[]>;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
  ended_at: number | null;
  closed_at: number | null;
  closed_by: string | null;
  cause: string | null;
  notice_number: number | null;
}

export interface OwnRangeShareTable {
  tenant: string;
  constituent_id: string;
  host: string;
  class: string;
  sensor_id: string;
  hour: number;
  packets: number;
  target_bits: string;
  first_seen_at: number;
  last_seen_at: number;
  ports: Json<PortCount[]>;
  alert_number: number | null;
}

interface OwnRangeEventTable {
  tenant: string;
  alert_number: number;
  id: GeneratedAlways<number>;
  at: number;
  actor: string;
  what: string;
  text_ja: string;
  text_en: string;
}

interface OwnRangeSwitchTable {
  tenant: string;
  constituent_id: string;
  is_on: boolean;
}

interface OwnRangeReceiptTable {
  tenant: string;
  constituent_id: string;
  week: number;
  notice_number: number;
}

interface PurposeGrantTable {
  tenant: string;
  id: string;
  purpose: string;
  reason: string;
  granted_to: string;
  requested_by: string;
  requested_at: number;
  granted_by: string | null;
  valid_from: number;
  valid_until: number;
  ended_at: number | null;
  ended_by: string | null;
}

export interface C2RunTable {
  tenant: string;
  id: string;
  at: number;
  actor: string;
  purpose: string;
  grant_id: string;
  legal_basis_ja: string;
  legal_basis_en: string;
  fields: Json<readonly string[]>;
  period_from: number;
  period_to: number;
  keep_until: number;
  state: string;
  seeds: Generated<number>;
  found: Generated<number>;
  created: Generated<number>;
  refused: Generated<number>;
  seconds: Generated<number>;
  problem: string | null;
  forgotten_at: number | null;
  forgotten_rows: number | null;
  forgotten_hash: string | null;
}

export interface C2CandidateTable {
  tenant: string;
  id: string;
  address: string;
  port: number;
  transport: string;
  first_seen_at: number;
  last_seen_at: number;
  score: number;
  methods: Json<readonly string[]>;
  family: string | null;
  features: ColumnType<Readonly<Record<string, number | null>> | null, string | null, string | null>;
  because_ja: string | null;
  because_en: string | null;
  is_client: boolean;
  state: string;
  state_at: number;
  confirmed_by: string | null;
  confirmed_at: number | null;
  seconded_by: string | null;
  seconded_at: number | null;
  reason: string | null;
  found_at: number;
}

interface C2SightingTable {
  tenant: string;
  run_id: string;
  candidate_id: string;
  score: number;
  methods: Json<readonly string[]>;
  features: Json<Readonly<Record<string, number | null>>>;
}

interface C2EventTable {
  tenant: string;
  id: GeneratedAlways<number>;
  candidate_id: string;
  at: number;
  actor: string;
  action: string;
  reason: string;
  state: string;
}

interface C2AllowTable {
  tenant: string;
  id: string;
  prefix: string;
  port: number | null;
  reason: string;
  added_by: string;
  added_at: number;
  removed_by: string | null;
  removed_at: number | null;
}

interface C2AllowEffectTable {
  tenant: string;
  allow_id: string;
  finding_id: number;
  state_before: string;
}

export interface Database {
  tenant: TenantTable;
  role_permission: RolePermissionTable;
  api_token: ApiTokenTable;
  sensor: SensorTable;
  sensor_addresses: SensorAddressesTable;
  constituent: ConstituentTable;
  resource: ResourceTable;
  intake: IntakeTable;
  quarantine: QuarantineTable;
  alarm: AlarmTable;
  finding: FindingTable;
  shared_text: SharedTextTable;
  bucket: BucketTable;
  finding_share: FindingShareTable;
  applied_batch: AppliedBatchTable;
  case_file: CaseFileTable;
  case_event: CaseEventTable;
  notice: NoticeTable;
  notice_item: NoticeItemTable;
  delivery: DeliveryTable;
  finding_mark: FindingMarkTable;
  audit_entry: AuditEntryTable;
  setting: SettingTable;
  suppressed_evidence: SuppressedEvidenceTable;
  purpose_grant: PurposeGrantTable;
  c2_run: C2RunTable;
  c2_candidate: C2CandidateTable;
  c2_sighting: C2SightingTable;
  c2_event: C2EventTable;
  c2_allow: C2AllowTable;
  c2_allow_effect: C2AllowEffectTable;
  own_range_alert: OwnRangeAlertTable;
  own_range_share: OwnRangeShareTable;
  own_range_event: OwnRangeEventTable;
  own_range_switch: OwnRangeSwitchTable;
  own_range_receipt: OwnRangeReceiptTable;
  surge_hour: SurgeHourTable;
  surge: SurgeTable;
  campaign: CampaignTable;
  campaign_day: CampaignDayTable;
  kev: KevTable;
}
