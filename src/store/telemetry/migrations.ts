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
import { type ColumnType, flow, TELEMETRY_TABLES, type TelemetryTableName } from '../../domain/telemetry-table.ts';
import type { Capabilities } from './capabilities.ts';
import type { Engine } from './engine.ts';
import { flowExporterMinute, flowRollups, flowServiceHour, flowSourceHour, flowTalkerHour } from './flow-rollups.ts';
import { createChainedView, createHashedView, createRollup, createView, fillRollup, type Rollup, rollupColumns } from './rollup.ts';
import { type Sql, sql, trusted } from './sql.ts';
import {
  chainedTelescopeRollups,
  laterTelescopeRollups,
  telescopeDay,
  telescopeRollups,
  telescopeSourceHour,
} from './telescope-rollups.ts';

interface Migration {
  /** Recorded; never reused. */
  readonly id: string;
  /** Each may run again after a crash between it and the record. */
  readonly statements: readonly string[];
  readonly isPossible?: (capabilities: Capabilities) => boolean;
}

/** Inserts whose tokens an engine remembers: a file taken again after a crash must still be recognised. */
const REMEMBERED_INSERTS = 50_000;

/** Tables cut by the UTC day of a column. */
const TIMES = {
  telescope_minute: 'minute',
  feed_record: 'received',
  telescope_hour: 'hour',
  traffic_minute: 'minute',
  flow: 'minute',
  sensor_minute: 'minute',
} as const;
type PartitionedTable = keyof typeof TIMES;

/** Every table that holds telemetry, and how long one of its partitions is. */
export const PARTITIONED_TABLES: Readonly<Record<string, 'day' | 'month'>> = {
  ...Object.fromEntries(Object.keys(TIMES).map((table) => [table, 'day' as const])),
  ...Object.fromEntries([...flowRollups, ...telescopeRollups].map(({ name, partition }) => [name, partition])),
};

function createTable(name: PartitionedTable, columns: Readonly<Record<string, ColumnType>>, engine: string, order: string): string {
  const list = Object.entries(columns).map(([column, type]) => `${column} ${type}`);
  return `CREATE TABLE IF NOT EXISTS ${name} (${list.join(', ')}) ENGINE = ${engine}
    PARTITION BY toYYYYMMDD(${TIMES[name]}, 'UTC') ORDER BY (${order})`;
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
    // Within an hour by source, then time: "what did this host do" is a jump, and like rows lie together.
    id: 'base-004-flows',
    statements: [
      createRawTable('flow', 'tenant, intDiv(toUInt32(minute), 3600), source, minute, start_ms'),
      createRawTable('sensor_minute', 'tenant, sensor, minute, exporter, domain'),
    ],
  },
  { id: 'base-005-flow-rollups', statements: flowRollups.map(createRollup) },
  // An old engine's views do not feed further views. Where one is renewed later its views stay as they are.
  { id: 'base-006-flow-views', statements: flowRollups.map(createView), isPossible: ({ isModern }) => !isModern },
  { id: 'base-007-flow-chained-views', statements: flowRollups.map(createChainedView), isPossible: ({ isModern }) => isModern },
  { id: 'base-008-telescope-day', statements: [createRollup(telescopeDay), createView(telescopeDay)] },
  {
    // Also where flows were stored before: what they hold is summed up once. Nothing else is inserted meanwhile.
    id: 'base-009-flow-exporters-and-services',
    statements: [
      'DROP TABLE IF EXISTS flow_port_hour_view',
      'DROP TABLE IF EXISTS flow_port_hour',
      ...createFilled(flowExporterMinute, { name: 'flow', time: 'minute' }),
      ...createFilled(flowServiceHour, flowSourceHour),
    ],
  },
  {
    id: 'base-010-flow-views',
    statements: [flowExporterMinute, flowServiceHour].map(createView),
    isPossible: ({ isModern }) => !isModern,
  },
  {
    id: 'base-011-telescope-rollups',
    statements: laterTelescopeRollups.flatMap((rollup) => [
      ...createFilled(rollup, { name: rollup.from, time: 'minute' }),
      createView(rollup),
    ]),
  },
  { id: 'base-012-flow-talkers', statements: createFilled(flowTalkerHour, flowSourceHour) },
  { id: 'base-013-flow-talkers-view', statements: [createView(flowTalkerHour)], isPossible: ({ isModern }) => !isModern },
];

/** May run again: what an interrupted run had summed up goes first. */
function createFilled(rollup: Rollup, from: Parameters<typeof fillRollup>[1]): string[] {
  return [createRollup(rollup), `TRUNCATE TABLE ${rollup.name}`, fillRollup(rollup, from)];
}

/** The same tables and figures, grouped the way current engines are fast at. */
function renewView(rollup: Rollup): string[] {
  return [`DROP TABLE IF EXISTS ${rollup.name}_view`, createHashedView(rollup)];
}

/** Tables that came after the first two extras. */
const FLOW_TABLES = ['flow', 'sensor_minute', ...[...flowRollups, telescopeDay].map(({ name }) => name)];
/** Those that came later still; where they came first as well, a setting said twice is harmless. */
const LATER_ROLLUPS = [flowExporterMinute, flowServiceHour, ...laterTelescopeRollups];
const ALL_TABLES = Object.keys(PARTITIONED_TABLES);
/** Parts of comparable size a merge waits for: fewer, larger merges. Costs a few dozen parts more on a day that is being written. */
const MERGE_BASE = 12;
const FILLING_BYTES = 256 << 20;

/**
 * Chosen by measuring 2,965,670 flows of a darknet hour, bytes per flow in brackets: with
 * these 5.4, with the engine's own LZ4 10.5. Time is nearly sorted within a source, so
 * differences are small [minute 0.39 → 0.29, start_ms 2.00 → 1.86]. ZSTD(1) takes the
 * counters' zeros for literals, which costs both space and five times the reading time;
 * level 3 finds them [bytes 0.42 → 0.03, packets 0.37 → 0.01]. T64 and Gorilla gained nothing.
 */
const FLOW_CODECS: Readonly<Record<string, string>> = {
  minute: 'DoubleDelta, ZSTD(1)',
  start_ms: 'Delta, ZSTD(1)',
  packets: 'ZSTD(3)',
  bytes: 'ZSTD(3)',
};

function codecStatement(table: string, column: string, type: string, codec = 'ZSTD(1)'): string {
  return `ALTER TABLE ${table} MODIFY COLUMN ${column} ${type} CODEC(${codec})`;
}

function rollupCodecs(rollup: Rollup): string[] {
  return Object.entries(rollupColumns(rollup)).map(([column, type]) =>
    codecStatement(rollup.name, column, type, column in rollup.sums ? 'ZSTD(3)' : undefined),
  );
}

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
    statements: FLOW_TABLES.map(
      (table) => `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = ${REMEMBERED_INSERTS}`,
    ),
  },
  {
    id: 'extra-005-flow-compact-inserts',
    isPossible: (capabilities) => capabilities.isModern,
    statements: FLOW_TABLES.map((table) => `ALTER TABLE ${table} MODIFY SETTING min_bytes_for_wide_part = ${64 << 20}`),
  },
  {
    id: 'extra-006-flow-codecs',
    isPossible: (capabilities) => capabilities.isModern,
    statements: [
      ...Object.entries(flow.columns).map(([column, type]) => codecStatement('flow', column, type, FLOW_CODECS[column])),
      ...[...flowRollups, telescopeDay].flatMap(rollupCodecs),
    ],
  },
  {
    id: 'extra-007-later-deduplication',
    isPossible: (capabilities) => capabilities.deduplicates,
    statements: LATER_ROLLUPS.map(
      ({ name }) => `ALTER TABLE ${name} MODIFY SETTING non_replicated_deduplication_window = ${REMEMBERED_INSERTS}`,
    ),
  },
  {
    id: 'extra-008-later-storage',
    isPossible: (capabilities) => capabilities.isModern,
    statements: LATER_ROLLUPS.flatMap((rollup) => [
      `ALTER TABLE ${rollup.name} MODIFY SETTING min_bytes_for_wide_part = ${64 << 20}`,
      ...rollupCodecs(rollup),
    ]),
  },
  {
    id: 'extra-009-quick-views',
    isPossible: (capabilities) => capabilities.isModern,
    statements: [...flowRollups, ...telescopeRollups].flatMap(renewView),
  },
  {
    id: 'extra-010-fewer-merges',
    isPossible: ({ canMergeLater }) => canMergeLater === true,
    statements: ALL_TABLES.map((table) => `ALTER TABLE ${table} MODIFY SETTING merge_selector_base = ${MERGE_BASE}`),
  },
  {
    id: 'extra-011-talker-deduplication',
    isPossible: (capabilities) => capabilities.deduplicates,
    statements: [`ALTER TABLE flow_talker_hour MODIFY SETTING non_replicated_deduplication_window = ${REMEMBERED_INSERTS}`],
  },
  {
    id: 'extra-012-talker-storage',
    isPossible: (capabilities) => capabilities.isModern,
    statements: [
      `ALTER TABLE flow_talker_hour MODIFY SETTING min_bytes_for_wide_part = ${64 << 20}`,
      ...rollupCodecs(flowTalkerHour),
      ...renewView(flowTalkerHour),
    ],
  },
  {
    id: 'extra-013-telescope-chained-views',
    isPossible: (capabilities) => capabilities.isModern,
    statements: chainedTelescopeRollups.flatMap(renewView),
  },
  {
    // Written with every batch and merged often: packing it harder saves a twentieth of the cells' space and costs a sixth of an insert.
    id: 'extra-014-light-telescope-sources',
    isPossible: (capabilities) => capabilities.isModern,
    statements: Object.entries(rollupColumns(telescopeSourceHour)).map(([column, type]) =>
      codecStatement(telescopeSourceHour.name, column, type, 'LZ4'),
    ),
  },
  {
    // The largest records of a long period: blocks whose largest is too small are not read.
    id: 'extra-015-flow-sizes',
    isPossible: (capabilities) => capabilities.isModern,
    statements: ['bytes', 'packets'].map(
      (column) => `ALTER TABLE flow ADD INDEX IF NOT EXISTS ${column}_range (${column} * greatest(sampling, 1)) TYPE minmax GRANULARITY 1`,
    ),
  },
];

/** Brings the schema up to date. Safe to run again, and by two hubs at once. */
export async function migrate(engine: Engine, capabilities: Capabilities): Promise<void> {
  await engine.exec(sql`CREATE TABLE IF NOT EXISTS migration (id String, applied DateTime) ENGINE = MergeTree ORDER BY id`);
  const applied = new Set((await engine.query(sql`SELECT id FROM migration`)).map(([id]) => String(id)));
  for (const migration of [...base, ...extras]) {
    if (applied.has(migration.id) || migration.isPossible?.(capabilities) === false) continue;
    for (const statement of migration.statements) await engine.exec(trusted(withLimits(statement, capabilities)));
    await engine.exec(recordOf(migration));
  }
}

/** What sums up a whole table touches many days and must fit a small machine. */
function withLimits(statement: string, { insertSettings }: Capabilities): string {
  if (!statement.startsWith('INSERT')) return statement;
  const settings = Object.entries({ ...insertSettings, max_bytes_before_external_group_by: FILLING_BYTES });
  return `${statement} SETTINGS ${settings.map(([name, value]) => `${name} = ${value}`).join(', ')}`;
}

function recordOf(migration: Migration): Sql {
  return sql`INSERT INTO migration SELECT ${migration.id}, now()`;
}
