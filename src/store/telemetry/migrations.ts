/**
 * The schema, as an ordered list of statements; each migration runs once and is recorded.
 *
 * The base list is the dialect every engine from 18.16 on understands; what only newer
 * ones can do is in the second list and is skipped elsewhere. All times are computed
 * from Unix seconds, so that a server in another time zone cuts the same days and hours.
 *
 * Sort orders follow the questions: a sensor's cells by source make "who did what on
 * this day" a walk in order and "this source over time" a jump to a few granules per
 * day. Feed records lie in the order they are exported in.
 */
import { type ColumnType, TELEMETRY_TABLES, type TelemetryTableName } from '../../domain/telemetry-table.ts';
import type { Capabilities } from './capabilities.ts';
import type { Engine } from './engine.ts';
import { type Sql, sql, trusted } from './sql.ts';

interface Migration {
  /** Recorded; never reused. */
  readonly id: string;
  /** Each may run again after a crash between it and the record. */
  readonly statements: readonly string[];
  readonly isPossible?: (capabilities: Capabilities) => boolean;
}

/** Inserts whose tokens an engine remembers: a file taken again after a crash must still be recognised. */
const REMEMBERED_INSERTS = 50_000;

/** Every table that holds telemetry, with the column whose UTC day is its partition. */
export const PARTITIONED_TABLES = {
  telescope_minute: 'minute',
  feed_record: 'received',
  telescope_hour: 'hour',
  traffic_minute: 'minute',
  flow: 'minute',
  sensor_minute: 'minute',
} as const;
type PartitionedTable = keyof typeof PARTITIONED_TABLES;

function createTable(name: PartitionedTable, columns: Readonly<Record<string, ColumnType>>, engine: string, order: string): string {
  const list = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
  return `CREATE TABLE IF NOT EXISTS ${name} (${list.join(', ')}) ENGINE = ${engine}
    PARTITION BY toYYYYMMDD(${PARTITIONED_TABLES[name]}, 'UTC') ORDER BY (${order})`;
}

function createRawTable(name: TelemetryTableName, order: string): string {
  return createTable(name, TELEMETRY_TABLES[name].columns, 'MergeTree', order);
}

const base: readonly Migration[] = [
  {
    id: 'base-001-observations',
    statements: [
      createRawTable('telescope_minute', 'tenant, sensor, source, minute'),
      createRawTable('feed_record', 'tenant, received, file, record'),
    ],
  },
  {
    id: 'base-002-rollups',
    statements: [
      createTable(
        'telescope_hour',
        {
          hour: 'DateTime',
          tenant: 'LowCardinality(String)',
          sensor: 'LowCardinality(String)',
          class: 'UInt8',
          protocol: 'UInt8',
          port: 'UInt16',
          country: 'LowCardinality(String)',
          asn: 'UInt32',
          packets: 'UInt64',
          bytes: 'UInt64',
        },
        'SummingMergeTree((packets, bytes))',
        'tenant, port, protocol, class, hour, sensor, country, asn',
      ),
      `CREATE MATERIALIZED VIEW IF NOT EXISTS telescope_hour_view TO telescope_hour AS
        SELECT toDateTime(intDiv(toUInt32(minute), 3600) * 3600) AS hour, tenant, sensor, class, protocol, port, country, asn,
          sum(packets) AS packets, sum(bytes) AS bytes
        FROM telescope_minute GROUP BY hour, tenant, sensor, class, protocol, port, country, asn`,
      createTable(
        'traffic_minute',
        {
          minute: 'DateTime',
          tenant: 'LowCardinality(String)',
          sensor: 'LowCardinality(String)',
          class: 'UInt8',
          packets: 'UInt64',
          bytes: 'UInt64',
        },
        'SummingMergeTree((packets, bytes))',
        'tenant, sensor, minute, class',
      ),
      `CREATE MATERIALIZED VIEW IF NOT EXISTS traffic_minute_view TO traffic_minute AS
        SELECT minute, tenant, sensor, class, sum(packets) AS packets, sum(bytes) AS bytes
        FROM telescope_minute GROUP BY minute, tenant, sensor, class`,
    ],
  },
  {
    // Without tokens in the engine, finished batches are remembered here: see stored-token.ts.
    id: 'base-003-stored-tokens',
    statements: ['CREATE TABLE IF NOT EXISTS stored_token (token String, stored DateTime) ENGINE = MergeTree ORDER BY token'],
  },
  {
    // Within an hour by source: "what did this host do" is a jump, and like rows lie together.
    id: 'base-004-flows',
    statements: [
      createRawTable('flow', 'tenant, intDiv(toUInt32(minute), 3600), source, destination, minute'),
      createRawTable('sensor_minute', 'tenant, sensor, minute, exporter, domain'),
    ],
  },
];

const extras: readonly Migration[] = [
  {
    id: 'extra-001-deduplication',
    isPossible: (capabilities) => capabilities.deduplicates,
    statements: ['telescope_minute', 'feed_record', 'telescope_hour', 'traffic_minute'].map(
      (table) => `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = ${REMEMBERED_INSERTS}`,
    ),
  },
  {
    // A fresh batch as one data file instead of a file per column: a third less work per insert; merges make it wide.
    id: 'extra-002-compact-inserts',
    isPossible: (capabilities) => capabilities.isModern,
    statements: ['telescope_minute', 'feed_record', 'telescope_hour', 'traffic_minute'].map(
      (table) => `ALTER TABLE ${table} MODIFY SETTING min_bytes_for_wide_part = ${64 << 20}`,
    ),
  },
  {
    id: 'extra-003-feed-record-attributes',
    isPossible: (capabilities) => capabilities.isModern,
    statements: [
      'ALTER TABLE feed_record MODIFY COLUMN attributes String CODEC(ZSTD(1))',
      'ALTER TABLE feed_record ADD INDEX IF NOT EXISTS fingerprint_bloom fingerprint TYPE bloom_filter(0.01) GRANULARITY 1',
    ],
  },
  {
    id: 'extra-004-flow-deduplication',
    isPossible: (capabilities) => capabilities.deduplicates,
    statements: ['flow', 'sensor_minute'].map(
      (table) => `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = ${REMEMBERED_INSERTS}`,
    ),
  },
];

/** Brings the schema up to date. Safe to run again, and by two hubs at once. */
export async function migrate(engine: Engine, capabilities: Capabilities): Promise<void> {
  await engine.exec(sql`CREATE TABLE IF NOT EXISTS migration (id String, applied DateTime) ENGINE = MergeTree ORDER BY id`);
  const applied = new Set((await engine.query(sql`SELECT id FROM migration`)).map(([id]) => String(id)));
  for (const migration of [...base, ...extras]) {
    if (applied.has(migration.id) || migration.isPossible?.(capabilities) === false) continue;
    for (const statement of migration.statements) await engine.exec(trusted(statement));
    await engine.exec(recordOf(migration));
  }
}

function recordOf(migration: Migration): Sql {
  return sql`INSERT INTO migration SELECT ${migration.id}, now()`;
}
