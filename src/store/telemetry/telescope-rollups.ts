/**
 * The rollups of telescope cells that came after the first two.
 *
 * Measured on a darknet hour of 703,758 cells: by minute and port 31,767 rows, which draw
 * the curve of one port; by hour and source with what it did 81,156 rows, which still say
 * who knocked on a port when the cells are long gone; by minute, country and class 17,302
 * rows, which replay the picture of arrivals.
 */
import type { Rollup } from './rollup.ts';

const NAME = 'LowCardinality(String)';

const telescopePortMinute: Rollup = {
  name: 'telescope_port_minute',
  time: 'minute',
  partition: 'day',
  from: 'telescope_minute',
  key: { tenant: NAME, port: 'UInt16', protocol: 'UInt8', class: 'UInt8', minute: 'DateTime', sensor: NAME },
  sums: { packets: 'sum(packets)', bytes: 'sum(bytes)', cells: 'count()' },
};

/** The marks are packets: how many of them carried a tool's sign. */
export const telescopeSourceHour: Rollup = {
  name: 'telescope_source_hour',
  time: 'hour',
  partition: 'day',
  from: 'telescope_minute',
  key: {
    tenant: NAME,
    hour: 'DateTime',
    source: 'FixedString(16)',
    class: 'UInt8',
    protocol: 'UInt8',
    port: 'UInt16',
    sensor: NAME,
    asn: 'UInt32',
    country: NAME,
  },
  sums: {
    packets: 'sum(packets)',
    bytes: 'sum(bytes)',
    cells: 'count()',
    mirai: 'sum(fp_mirai)',
    zmap: 'sum(fp_zmap)',
    masscan: 'sum(fp_masscan)',
    nmap: 'sum(fp_nmap)',
    bare: 'sum(fp_bare)',
  },
};

/** Every column of `telescope_hour` is in the rollup by source, at an eighth of the rows. */
const telescopeHour: Rollup = {
  name: 'telescope_hour',
  time: 'hour',
  partition: 'day',
  from: 'telescope_minute',
  key: {
    tenant: NAME,
    port: 'UInt16',
    protocol: 'UInt8',
    class: 'UInt8',
    hour: 'DateTime',
    sensor: NAME,
    country: NAME,
    asn: 'UInt32',
  },
  sums: { packets: 'sum(packets)', bytes: 'sum(bytes)' },
  coarsens: telescopeSourceHour,
};

/** What a day looked like, for figures over years: distinct sources cannot be added up, their states can be merged. */
export const telescopeDay: Rollup = {
  name: 'telescope_day',
  time: 'day',
  partition: 'month',
  from: 'telescope_minute',
  key: { tenant: NAME, day: 'DateTime', sensor: NAME, class: 'UInt8', protocol: 'UInt8', port: 'UInt16', country: NAME },
  sums: { packets: 'sum(packets)', bytes: 'sum(bytes)' },
  coarsens: telescopeSourceHour,
  states: { sources: { type: 'AggregateFunction(uniqCombined(14), FixedString(16))', from: 'uniqCombinedState(14)(source)' } },
};

/** `heavy`: protocol * 65536 + port of most cells. */
const telescopeCountryMinute: Rollup = {
  name: 'telescope_country_minute',
  time: 'minute',
  partition: 'day',
  from: 'telescope_minute',
  key: { tenant: NAME, minute: 'DateTime', sensor: NAME, country: NAME, class: 'UInt8' },
  sums: { packets: 'sum(packets)', bytes: 'sum(bytes)', cells: 'count()' },
  states: { heavy: { type: 'AggregateFunction(anyHeavy, UInt32)', from: 'anyHeavyState(toUInt32(toUInt32(protocol) * 65536 + port))' } },
};

const trafficMinute: Rollup = {
  name: 'traffic_minute',
  time: 'minute',
  partition: 'day',
  from: 'telescope_minute',
  key: { tenant: NAME, sensor: NAME, minute: 'DateTime', class: 'UInt8' },
  sums: { packets: 'sum(packets)', bytes: 'sum(bytes)' },
  coarsens: telescopeCountryMinute,
};

export const laterTelescopeRollups: readonly Rollup[] = [telescopePortMinute, telescopeSourceHour, telescopeCountryMinute];
export const telescopeRollups: readonly Rollup[] = [telescopeDay, ...laterTelescopeRollups];
/** Those whose view may read a finer rollup instead of the cells. */
export const chainedTelescopeRollups: readonly Rollup[] = [telescopeHour, telescopeDay, trafficMinute];
