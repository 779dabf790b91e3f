/**
 * The tables of the telemetry store, as facts that collectors, encoder and engine share.
 *
 * Collectors build columns for a table without knowing any database; the store turns
 * the same declaration into DDL and Native blocks. Types are kept to the portable base
 * that an old ClickHouse server, a new one and the embedded engine all understand:
 * addresses are 16 bytes, times are whole seconds or millisecond integers.
 */

export type ColumnType =
  | 'UInt8'
  | 'UInt16'
  | 'UInt32'
  | 'UInt64'
  | 'DateTime'
  | 'FixedString(16)'
  | 'FixedString(32)'
  | 'String'
  | 'LowCardinality(String)';

/** Strings as UTF-8 bytes laid end to end; `offsets` has rows + 1 entries. */
export interface StringColumn {
  readonly offsets: Uint32Array;
  readonly data: Uint8Array;
}
/** Few distinct strings: a dictionary and one code per row. */
export interface DictionaryColumn {
  readonly dictionary: readonly string[];
  readonly codes: Uint8Array | Uint16Array | Uint32Array;
}
/** Fixed-width columns are typed arrays (FixedString(n): n bytes per row); longer arrays than `rows` are allowed. */
export type Column = Uint8Array | Uint16Array | Uint32Array | BigUint64Array | StringColumn | DictionaryColumn;

export interface TelemetryTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
}

/**
 * One cell per (minute, sensor, source, class, protocol, port): what one source did
 * to one port of one sensor within one minute. `port` is the destination port, except
 * for backscatter, where it is the port of the attacked service (the packet's source port).
 */
export const telescopeMinute = {
  name: 'telescope_minute',
  columns: {
    minute: 'DateTime', // start of the minute, UTC
    tenant: 'LowCardinality(String)',
    sensor: 'LowCardinality(String)',
    source: 'FixedString(16)',
    class: 'UInt8', // TRAFFIC_CLASSES code
    protocol: 'UInt8', // IANA protocol number
    port: 'UInt16',
    packets: 'UInt32',
    bytes: 'UInt64', // IP length as stated by the header
    first_ms: 'UInt64', // Unix time of the first packet, ms
    last_ms: 'UInt64',
    targets: 'UInt32', // distinct destinations in this cell, estimated from target_bits
    target_bits: 'UInt64', // linear-counting bitmap of destinations (Whang et al. 1990); OR over cells
    source_port: 'UInt16', // of the first packet: providers behind address sharing need it
    ttl_min: 'UInt8',
    ttl_max: 'UInt8',
    window: 'UInt16', // TCP window of the first packet
    fp_mirai: 'UInt32', // SYN with sequence number = destination address
    fp_zmap: 'UInt32', // SYN with IP ID 54321
    fp_masscan: 'UInt32', // SYN with IP ID = (destination ^ port ^ sequence) & 0xffff
    fp_nmap: 'UInt32', // SYN with window 1024 and only an MSS option
    fp_bare: 'UInt32', // SYN without TCP options
    asn: 'UInt32', // of the source at that time, 0 unknown; the pipeline fills it in, collectors do not
    country: 'LowCardinality(String)', // ISO 3166-1 alpha-2, '' unknown; likewise
  },
} as const satisfies TelemetryTable;

/** One row per record of a third party's report, with every column it carried. */
export const feedRecord = {
  name: 'feed_record',
  columns: {
    observed: 'DateTime', // the record's own time
    received: 'DateTime',
    tenant: 'LowCardinality(String)',
    feed: 'LowCardinality(String)', // 'shadowserver'
    report: 'LowCardinality(String)', // 'scan_telnet'
    kind: 'LowCardinality(String)', // finding kind
    identifier: 'LowCardinality(String)',
    asset: 'String', // address, domain, URL, ... as in the finding
    source: 'FixedString(16)', // :: when the record has no address
    port: 'UInt16',
    fingerprint: 'FixedString(32)', // of the finding it folds into, binary
    file: 'FixedString(32)', // SHA-256 of the file, binary
    record: 'UInt32', // record number in the file, first data record is 1
    attributes: 'String', // JSON object: original column name -> text as received
  },
} as const satisfies TelemetryTable;

/**
 * One row per flow record and direction, as exported. Counters are raw: they are multiplied
 * by `sampling` when a question is answered, never here. The reverse half of a biflow (RFC
 * 5103) is a row of its own with its ends exchanged.
 */
export const flow = {
  name: 'flow',
  columns: {
    minute: 'DateTime', // minute in which the flow began, UTC
    start_ms: 'UInt16', // of the start, ms within the minute
    duration_ms: 'UInt32',
    tenant: 'LowCardinality(String)',
    sensor: 'LowCardinality(String)', // the place that listened
    exporter: 'LowCardinality(String)', // address of the router or switch, as text
    domain: 'UInt32', // observation domain (IPFIX), source id (v9), engine (v5), sub-agent (sFlow)
    source: 'FixedString(16)',
    destination: 'FixedString(16)',
    source_port: 'UInt16',
    destination_port: 'UInt16', // ICMP: type << 8 | code
    protocol: 'UInt8',
    tcp_flags: 'UInt8', // OR over the flow
    tos: 'UInt8',
    packets: 'UInt64',
    bytes: 'UInt64',
    sampling: 'UInt32', // one packet in so many was looked at; 1 none, 0 unknown
    sampling_from: 'UInt8', // SAMPLING_FROM code
    direction: 'UInt8', // 0 ingress, 1 egress, 2 not said
    is_reverse: 'UInt8', // 1: the reverse half of a biflow
    input: 'UInt32', // interface
    output: 'UInt32',
    nat_source: 'FixedString(16)', // :: when not translated
    nat_destination: 'FixedString(16)',
    nat_source_port: 'UInt16',
    nat_destination_port: 'UInt16',
    source_asn: 'UInt32', // these four are filled in by the pipeline
    destination_asn: 'UInt32',
    source_country: 'LowCardinality(String)',
    destination_country: 'LowCardinality(String)',
  },
} as const satisfies TelemetryTable;

/** Where a sampling interval was read. Stored: append, never renumber. */
export const SAMPLING_FROM = { unknown: 0, header: 1, options: 2, static: 3 } as const;

/**
 * How well one source of observations worked in one minute: the data quality beside every
 * figure. Rows of one minute add up; `exporter` is '' for a telescope.
 */
export const sensorMinute = {
  name: 'sensor_minute',
  columns: {
    minute: 'DateTime', // of receipt, UTC
    tenant: 'LowCardinality(String)',
    sensor: 'LowCardinality(String)',
    exporter: 'LowCardinality(String)',
    domain: 'UInt32',
    kind: 'LowCardinality(String)', // 'telescope', 'netflow-5', 'netflow-9', 'ipfix', 'sflow'; 'listener': a UDP socket as a whole, every minute
    received: 'UInt64', // packets of a telescope, datagrams of an exporter
    records: 'UInt64', // observations made of them
    lost: 'UInt64', // by sequence numbers, in `lost_unit`
    lost_unit: 'LowCardinality(String)', // 'packet', 'datagram', 'flow', 'record', ''
    dropped: 'UInt64', // by this machine: kernel buffers, full queues; same unit as `received`
    malformed: 'UInt64',
    without_template: 'UInt64', // data sets that waited in vain
    skew_ms_low: 'UInt32', // |receiver's clock − exporter's|: smallest and largest, ms
    skew_ms_high: 'UInt32',
  },
} as const satisfies TelemetryTable;

export const TELEMETRY_TABLES = {
  telescope_minute: telescopeMinute,
  feed_record: feedRecord,
  flow,
  sensor_minute: sensorMinute,
} as const;
export type TelemetryTableName = keyof typeof TELEMETRY_TABLES;

/** Rows of one table as columns: what collectors yield, the spool keeps and the engine inserts. */
export interface ColumnBatch {
  readonly table: TelemetryTableName;
  readonly rows: number;
  readonly columns: Readonly<Record<string, Column>>;
}
