/**
 * The rollups of flow records.
 *
 * `raw_…` is as exported; `scaled_…` is each record's counter times its sampling interval,
 * multiplied record by record: an exporter changes its interval, and no later
 * multiplication could put that right.
 *
 * Which ones there are was decided on 2,965,670 flows of one darknet hour, the hardest
 * case there is: 44,545 sources, 65,536 destinations, 64,333 ports.
 *
 * - By source, protocol, port and flags: a row for 7.5 flows. It keeps who talked to which
 *   service, because raw records are gone after weeks but "did anybody knock on that port
 *   last year, and who" must still have an answer. Flags are free (395,181 rows instead of
 *   393,668) and tell a knock (SYN only) from a conversation.
 * - By source alone: a row for 67 flows.
 * - By destination, without ports: a row for 16 flows. With ports it would be one for 2.4,
 *   with source, destination and port one for 1.01: those pay for nothing.
 * - By port and flags: a row for 45 flows; by pair of networks and countries: one for 470.
 * - Per minute by exporter, direction and protocol: what charts over time are drawn from;
 *   the same with the sampling interval, for the data quality.
 * - Days of ports and networks are for years; 24 hours of the same keys become one row.
 *
 * The hour comes before the address: the last hours are asked for all day, and must not
 * cost more towards midnight. One host is then a jump for each hour.
 *
 * The price: inserting costs 2 to 3 µs of processor time per flow, merges included; one pass
 * of merging costs 0.7 µs for the records and 0.9 µs for the rollups.
 *
 * Distinct counts are not rolled up: merging a month of states is slower than counting
 * raw rows, and "how many sources" has the first rollup, which lists them.
 */
import type { Rollup } from './rollup.ts';

const NAME = 'LowCardinality(String)';
const ADDRESS = 'FixedString(16)';

/**
 * No sum has the name of a column of `flow`: an old engine would take its alias for the
 * column in the sum beside it. An unknown interval (0) counts as 1.
 */
const SUMS = {
  raw_packets: 'sum(packets)',
  raw_bytes: 'sum(bytes)',
  raw_flows: 'count()',
  scaled_packets: 'sum(packets * greatest(sampling, 1))',
  scaled_bytes: 'sum(bytes * greatest(sampling, 1))',
  scaled_flows: 'sum(greatest(sampling, 1))',
} as const;

/** How each exporter sampled, for the data quality beside every figure. */
export const flowExporterMinute = rollup('flow_exporter_minute', 'minute', {
  tenant: NAME,
  sensor: NAME,
  minute: 'DateTime',
  exporter: NAME,
  direction: 'UInt8',
  protocol: 'UInt8',
  sampling: 'UInt32',
});

const flowMinute = rollup(
  'flow_minute',
  'minute',
  { tenant: NAME, sensor: NAME, minute: 'DateTime', exporter: NAME, direction: 'UInt8', protocol: 'UInt8' },
  flowExporterMinute,
);

export const flowSourceHour = rollup('flow_source_hour', 'hour', {
  tenant: NAME,
  hour: 'DateTime',
  source: ADDRESS,
  protocol: 'UInt8',
  destination_port: 'UInt16',
  tcp_flags: 'UInt8',
  sensor: NAME,
  source_asn: 'UInt32',
  source_country: NAME,
});

const flowDestinationHour = rollup('flow_destination_hour', 'hour', {
  tenant: NAME,
  hour: 'DateTime',
  destination: ADDRESS,
  protocol: 'UInt8',
  sensor: NAME,
  destination_asn: 'UInt32',
  destination_country: NAME,
});

const flowNetworkHour = rollup('flow_network_hour', 'hour', {
  tenant: NAME,
  hour: 'DateTime',
  source_asn: 'UInt32',
  source_country: NAME,
  destination_asn: 'UInt32',
  destination_country: NAME,
  protocol: 'UInt8',
  sensor: NAME,
});

/** Who at all, without what for: a day of the busiest hosts reads an eighth of the rows. */
export const flowTalkerHour = rollup(
  'flow_talker_hour',
  'hour',
  { tenant: NAME, hour: 'DateTime', source: ADDRESS, sensor: NAME, source_asn: 'UInt32', source_country: NAME },
  flowSourceHour,
);

export const flowServiceHour = rollup(
  'flow_service_hour',
  'hour',
  { tenant: NAME, hour: 'DateTime', destination_port: 'UInt16', protocol: 'UInt8', tcp_flags: 'UInt8', sensor: NAME },
  flowSourceHour,
);

const flowPortDay = rollup(
  'flow_port_day',
  'day',
  { tenant: NAME, destination_port: 'UInt16', protocol: 'UInt8', day: 'DateTime', sensor: NAME },
  flowServiceHour,
);

const flowNetworkDay = rollup(
  'flow_network_day',
  'day',
  {
    tenant: NAME,
    day: 'DateTime',
    source_asn: 'UInt32',
    source_country: NAME,
    destination_asn: 'UInt32',
    destination_country: NAME,
    protocol: 'UInt8',
    sensor: NAME,
  },
  flowNetworkHour,
);

export const flowRollups: readonly Rollup[] = [
  flowExporterMinute,
  flowMinute,
  flowSourceHour,
  flowTalkerHour,
  flowDestinationHour,
  flowNetworkHour,
  flowServiceHour,
  flowPortDay,
  flowNetworkDay,
];

function rollup(name: string, time: Rollup['time'], key: Rollup['key'], coarsens?: Rollup): Rollup {
  const partition = time === 'day' ? 'month' : 'day';
  return { name, time, partition, from: 'flow', key, sums: SUMS, ...(coarsens && { coarsens }) };
}
