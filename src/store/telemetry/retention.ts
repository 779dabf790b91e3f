/**
 * Retention: whole partitions are dropped, of all tenants, oldest first, and said so.
 *
 * Two limits: days per table, and bytes on disk for all. Days need no weighing. When the
 * disk is full, records go before rollups, because a rollup says the same in a fraction
 * of the space, and what is made of days stays; today is never touched. Dropping a
 * partition is immediate; `announce` hears of each one before it goes, so that no deletion
 * is without its entry in the audit log. Feed records go by the day they were received on.
 */
import { YaguraError } from '../../engine/errors.ts';
import type { Engine, Row } from './engine.ts';
import { PARTITIONED_TABLES } from './migrations.ts';
import { sql, trusted } from './sql.ts';
import { telescopeRollups } from './telescope-rollups.ts';

/** What may be kept. Nothing set: everything. */
export interface RetentionRule {
  /** Days by table. */
  readonly keepDays: Readonly<Record<string, number>>;
  /** Of all telemetry on disk. */
  readonly mostBytes: number | null;
}

export interface RetiredPartition {
  readonly table: string;
  readonly day: string; // YYYY-MM-DD, UTC; YYYY-MM of a table with a partition a month
  readonly rows: number;
  readonly bytes: number; // on disk
}

export interface StoredPartition extends RetiredPartition {
  readonly id: number;
  readonly from: number; // Unix ms
  readonly to: number; // exclusive
}

export type Announce = (partition: RetiredPartition) => Promise<void>;

const DAY = 86_400_000;
const MOST_DAYS = 36_500;

/** Each goes before everything behind it when the disk is full. */
const ORDER_OF_GOING: readonly (readonly string[])[] = [
  ['flow', 'telescope_minute', 'feed_record', 'sensor_minute'],
  [
    'flow_exporter_minute',
    'flow_minute',
    'flow_source_hour',
    'flow_talker_hour',
    'flow_destination_hour',
    'traffic_minute',
    'telescope_port_minute',
    'telescope_source_hour',
    'telescope_country_minute',
  ],
  ['flow_network_hour', 'flow_service_hour', 'telescope_hour'],
];

/** A rollup that ends before its records would answer for days it knows nothing of. */
const RAW_OF: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(PARTITIONED_TABLES).flatMap((table) => (table.startsWith('flow_') ? [[table, 'flow']] : []))),
  ...Object.fromEntries(telescopeRollups.map(({ name }) => [name, 'telescope_minute'])),
  telescope_hour: 'telescope_minute',
  traffic_minute: 'telescope_minute',
};

/** Throws 'config-invalid' for a rule that cannot be meant. */
export function checkRetention({ keepDays, mostBytes }: RetentionRule): void {
  for (const [table, days] of Object.entries(keepDays)) {
    if (!(table in PARTITIONED_TABLES)) {
      throw wrong(`telemetry.keepDays.${table}: there is no such table; known are ${Object.keys(PARTITIONED_TABLES).join(', ')}`);
    }
    if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS) {
      throw wrong(`telemetry.keepDays.${table}: a whole number of days from 1 to ${MOST_DAYS}, not ${days}`);
    }
  }
  for (const [rollup, raw] of Object.entries(RAW_OF)) {
    const days = keepDays[rollup];
    if (days !== undefined && days < (keepDays[raw] ?? MOST_DAYS)) {
      throw wrong(
        `telemetry.keepDays.${rollup}: must not be shorter than ${raw}, whose records it sums up; give ${raw} at most ${days} days`,
      );
    }
  }
  if (mostBytes !== null && !(Number.isFinite(mostBytes) && mostBytes > 0)) throw wrong('telemetry.diskGigabytes: must be more than 0');
}

const wrong = (sentence: string): YaguraError => new YaguraError('config-invalid', sentence);

/** What must go now, oldest first. Pure. */
export function planRetention(partitions: readonly StoredPartition[], rule: RetentionRule, now: number): StoredPartition[] {
  const tooOld = partitions.filter((partition) => isTooOld(partition, rule, now));
  const kept = partitions.filter((partition) => !tooOld.includes(partition));
  return [...tooOld, ...surplus(kept, rule.mostBytes, now)].toSorted((a, b) => a.from - b.from || (a.table < b.table ? -1 : 1));
}

function isTooOld({ table, to }: StoredPartition, { keepDays }: RetentionRule, now: number): boolean {
  const days = keepDays[table];
  return days !== undefined && to <= startOfDay(now) - days * DAY;
}

function surplus(partitions: readonly StoredPartition[], mostBytes: number | null, now: number): StoredPartition[] {
  if (mostBytes === null) return [];
  let bytes = sizeOf(partitions);
  const going: StoredPartition[] = [];
  for (const tables of ORDER_OF_GOING) {
    const candidates = partitions.filter(({ table, to }) => tables.includes(table) && to <= startOfDay(now));
    for (const partition of candidates.toSorted((a, b) => a.from - b.from)) {
      if (bytes <= mostBytes) return going;
      going.push(partition);
      bytes -= partition.bytes;
    }
  }
  return going;
}

const startOfDay = (at: number): number => Math.floor(at / DAY) * DAY;
const sizeOf = (partitions: readonly StoredPartition[]): number => partitions.reduce((sum, { bytes }) => sum + bytes, 0);

/** Everything that is kept, by table and time. */
export async function readPartitions(engine: Engine): Promise<StoredPartition[]> {
  const rows = await engine.query(sql`SELECT table, partition, sum(rows), sum(bytes) FROM system.parts
    WHERE database = currentDatabase() AND active AND table IN ${Object.keys(PARTITIONED_TABLES)}
    GROUP BY table, partition ORDER BY partition, table`);
  return rows.map(toPartition);
}

function toPartition([table, partition, rows, bytes]: Row): StoredPartition {
  const digits = String(partition);
  const [year, month, date] = [Number(digits.slice(0, 4)), Number(digits.slice(4, 6)), Number(digits.slice(6, 8))];
  const isMonth = digits.length === 6;
  return {
    table: String(table),
    id: Number(partition),
    day: digits.replace(/^(\d{4})(\d\d)/, '$1-$2').replace(/(\d\d)$/, isMonth ? '$1' : '-$1'),
    from: Date.UTC(year, month - 1, isMonth ? 1 : date),
    to: isMonth ? Date.UTC(year, month, 1) : Date.UTC(year, month - 1, date + 1),
    rows: Number(rows),
    bytes: Number(bytes),
  };
}

/** Drops every partition that ended at or before the given time, Unix ms. */
export async function retireBefore(engine: Engine, before: number): Promise<RetiredPartition[]> {
  const old = (await readPartitions(engine)).filter(({ to }) => to <= before);
  return drop(engine, old, () => Promise.resolve());
}

/** Drops what the rule no longer allows. */
export async function enforceRetention(engine: Engine, rule: RetentionRule, now: number, announce: Announce): Promise<RetiredPartition[]> {
  checkRetention(rule);
  return drop(engine, planRetention(await readPartitions(engine), rule, now), announce);
}

async function drop(engine: Engine, partitions: readonly StoredPartition[], announce: Announce): Promise<RetiredPartition[]> {
  const retired: RetiredPartition[] = [];
  for (const { id, table, day, rows, bytes } of partitions) {
    const partition = { table, day, rows, bytes };
    await announce(partition);
    await engine.exec(sql`ALTER TABLE ${trusted(table)} DROP PARTITION ${id}`);
    retired.push(partition);
  }
  return retired;
}

export interface StoredTable {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
  /** Days or months it is kept in. */
  readonly partitions: number;
  /** Start of the oldest and end of the newest partition; null when it is empty. */
  readonly from: number | null;
  readonly to: number | null;
  readonly keepDays: number | null;
  /** When its oldest partition has reached its age; null when it has no limit. The disk may ask for it sooner. */
  readonly oldestGoesAt: number | null;
}

export interface Storage {
  readonly tables: readonly StoredTable[];
  readonly bytes: number;
  readonly mostBytes: number | null;
}

export async function readStorage(engine: Engine, rule: RetentionRule): Promise<Storage> {
  const partitions = await readPartitions(engine);
  const tables = Object.keys(PARTITIONED_TABLES).map((table) =>
    toStoredTable(
      table,
      partitions.filter((partition) => partition.table === table),
      rule.keepDays[table] ?? null,
    ),
  );
  return { tables: tables.toSorted((a, b) => b.bytes - a.bytes), bytes: sizeOf(partitions), mostBytes: rule.mostBytes };
}

function toStoredTable(table: string, partitions: readonly StoredPartition[], keepDays: number | null): StoredTable {
  const oldest = partitions.toSorted((a, b) => a.from - b.from)[0];
  return {
    table,
    rows: partitions.reduce((sum, { rows }) => sum + rows, 0),
    bytes: sizeOf(partitions),
    partitions: partitions.length,
    from: oldest?.from ?? null,
    to: oldest ? Math.max(...partitions.map(({ to }) => to)) : null,
    keepDays,
    oldestGoesAt: oldest && keepDays !== null ? oldest.to + keepDays * DAY : null,
  };
}
