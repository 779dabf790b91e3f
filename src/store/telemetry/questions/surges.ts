/**
 * How many sources asked for each port, and who they were: what surges and campaigns are told from.
 *
 * Only what seeks a service counts: SYNs and UDP probes. Sources are counted exactly (up to
 * some 65,000 in a group, then within about a per cent), never packets.
 */
import { FEWEST_SOURCES, placeOf, type Share } from '../../../domain/surge.ts';
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { PlacePeriod, PortSet, PortSources, SensorPeriod, SensorSpan, SurgeReader, WindowCount } from '../../../engine/surge-ports.ts';
import type { Engine } from '../engine.ts';
import { type Sql, sql, trusted } from '../sql.ts';
import { inPeriod, ofTenant } from './conditions.ts';
import { readKeptSince } from './kept-since.ts';
import { toMilliseconds } from './values.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Windows of ten minutes begin every five. */
const STEP_SECONDS = 300;
const STEPS_PER_HOUR = 12;
const SEEKING = [TRAFFIC_CLASS_CODE['tcp-scan'], TRAFFIC_CLASS_CODE['udp-probe']];
const PLACE = trusted('toUInt32(protocol) * 65536 + port');
/** Old servers add up by numbers only: a country's letters as one, lowest byte first. */
const COUNTRY_NUMBER = trusted('reinterpretAsUInt32(toString(of_country))');
/** /24 of IPv4, /48 of IPv6. */
const NETWORK = trusted(
  "if(substring(source, 1, 12) = unhex('00000000000000000000FFFF'), substring(source, 1, 15), substring(source, 1, 6))",
);

/** Packets of each hour that has any, by the start of the hour: tells which hours changed. */
async function readHourPackets(engine: Engine, period: SensorPeriod): Promise<ReadonlyMap<number, number>> {
  const rows = await engine.query(sql`SELECT intDiv(toUInt32(minute), 3600) * 3600 AS hour_start, sum(packets)
    FROM traffic_minute WHERE ${inPeriod(period)} GROUP BY hour_start ORDER BY hour_start`);
  return new Map(rows.map(([hour, packets]) => [toMilliseconds(hour), Number(packets)]));
}

async function readSensorSpans(engine: Engine, tenant: string): Promise<SensorSpan[]> {
  const [rows, kept] = await Promise.all([
    engine.query(sql`SELECT sensor, toUInt32(min(minute)), toUInt32(max(minute)) FROM traffic_minute WHERE ${ofTenant(tenant)}
      GROUP BY sensor ORDER BY sensor`),
    readKeptSince(engine),
  ]);
  const cellsFrom = kept.get('telescope_minute') ?? 0;
  return rows.map(([sensor, first, last]) => ({
    sensor: String(sensor),
    from: toMilliseconds(first),
    to: toMilliseconds(last) + MINUTE,
    cellsFrom,
  }));
}

/** Every window that ends within the hour; the first reaches back before it. */
async function readPortWindows(engine: Engine, tenant: string, sensor: string, hour: number): Promise<WindowCount[]> {
  const first = hour / 1000 / STEP_SECONDS;
  const period = { tenant, sensor, from: hour - STEP_SECONDS * 1000, to: hour + HOUR };
  const rows = await engine.query(sql`SELECT place, step, sources FROM (
      SELECT ${PLACE} AS place, arrayJoin([intDiv(toUInt32(minute), ${STEP_SECONDS}) + 1, intDiv(toUInt32(minute), ${STEP_SECONDS}) + 2]) AS step,
        uniq(source) AS sources
      FROM telescope_minute WHERE ${inPeriod(period)} AND class IN ${SEEKING} GROUP BY place, step)
    WHERE sources >= ${FEWEST_SOURCES} AND step > ${first} AND step <= ${first + STEPS_PER_HOUR}`);
  return rows.map(([place, step, sources]) => ({
    place: Number(place),
    to: Number(step) * STEP_SECONDS * 1000,
    sources: Number(sources),
  }));
}

async function readPortHour(
  engine: Engine,
  tenant: string,
  sensor: string,
  hour: number,
): Promise<{ readonly place: number; readonly sources: number }[]> {
  const period = { tenant, sensor, from: hour, to: hour + HOUR };
  const rows = await engine.query(sql`SELECT ${PLACE} AS place, uniq(source) AS sources FROM telescope_source_hour
    WHERE ${inPeriod(period, 'hour')} AND class IN ${SEEKING} GROUP BY place HAVING sources >= ${FEWEST_SOURCES}`);
  return rows.map(([place, sources]) => ({ place: Number(place), sources: Number(sources) }));
}

const ofPlace = (place: number): Sql =>
  sql`protocol = ${Math.floor(place / placeOf(1, 0))} AND port = ${place % placeOf(1, 0)} AND class IN ${SEEKING}`;

/** Distinct sources of one port, minute by minute. */
async function readPortMinutes(engine: Engine, period: PlacePeriod): Promise<number[]> {
  const length = Math.ceil((period.to - period.from) / MINUTE);
  const first = Math.ceil(period.from / MINUTE);
  const rows = await engine.query(sql`SELECT intDiv(toUInt32(minute), 60) - ${first} AS step, uniq(source)
    FROM telescope_minute WHERE ${inPeriod(period)} AND ${ofPlace(period.place)} GROUP BY step`);
  const minutes = Array.from({ length }, () => 0);
  for (const [step, sources] of rows) minutes[Number(step)] = Number(sources);
  return minutes;
}

const MOST_SHARES = 20;

/** By the minute while the single cells are kept, by whole hours afterwards. */
async function readPortSources(engine: Engine, period: PlacePeriod, cellsFrom: number): Promise<PortSources> {
  const isByMinute = period.from >= cellsFrom && period.to - period.from <= DAY;
  const [table, where, marks] = isByMinute
    ? ([trusted('telescope_minute'), inPeriod(period), MINUTE_MARKS] as const)
    : ([
        trusted('telescope_source_hour'),
        inPeriod({ ...period, from: Math.floor(period.from / HOUR) * HOUR }, 'hour'),
        HOUR_MARKS,
      ] as const);
  const before = Math.floor(period.from / HOUR) * HOUR - HOUR;
  const earlier = { ...period, from: before - DAY, to: before };
  const [row] = await engine.query(sql`SELECT count(), uniq(network), uniqIf(of_asn, of_asn > 0), countIf(sent = 1),
      countIf(is_fresh), uniqIf(network, is_fresh), uniqIf(of_asn, is_fresh AND of_asn > 0),
      sumMap([${COUNTRY_NUMBER}], [toUInt64(1)]), sumMap([of_asn], [toUInt64(1)]), sumMap([of_asn], [toUInt64(is_fresh)]),
      countIf(of_mirai > 0), countIf(of_zmap > 0), countIf(of_masscan > 0), countIf(of_nmap > 0)
    FROM (
      SELECT source, any(${NETWORK}) AS network, any(asn) AS of_asn, any(country) AS of_country, sum(packets) AS sent, ${marks},
        source NOT IN (SELECT source FROM telescope_source_hour WHERE ${inPeriod(earlier, 'hour')} AND ${ofPlace(period.place)}) AS is_fresh
      FROM ${table} WHERE ${where} AND ${ofPlace(period.place)} GROUP BY source)`);
  return toPortSources(row ?? []);
}

const MINUTE_MARKS = trusted('sum(fp_mirai) AS of_mirai, sum(fp_zmap) AS of_zmap, sum(fp_masscan) AS of_masscan, sum(fp_nmap) AS of_nmap');
const HOUR_MARKS = trusted('sum(mirai) AS of_mirai, sum(zmap) AS of_zmap, sum(masscan) AS of_masscan, sum(nmap) AS of_nmap');

function toPortSources(row: readonly unknown[]): PortSources {
  const figure = (at: number): number => Number(row[at] ?? 0);
  const freshByAs = toShares(row[9]).filter(([asn]) => asn !== '0');
  const marks = { mirai: figure(10), zmap: figure(11), masscan: figure(12), nmap: figure(13) };
  return {
    sources: figure(0),
    networks: figure(1),
    asns: figure(2),
    evidence: {
      countries: toCountries(row[7]).slice(0, MOST_SHARES),
      networks: toShares(row[8]).slice(0, MOST_SHARES),
      fresh: figure(4),
      singlePacket: figure(3),
      marks: Object.fromEntries(Object.entries(marks).filter(([, sources]) => sources > 0)),
    },
    fresh: {
      networks: figure(5),
      asns: figure(6),
      known: freshByAs.reduce((sum, [, sources]) => sum + sources, 0),
      largestAs: freshByAs[0]?.[1] ?? 0,
    },
  };
}

/** From the two arrays of a sumMap, most first. */
function toShares(value: unknown, toKey: (key: unknown) => string = String): Share[] {
  const [keys = [], sums = []] = (value ?? []) as readonly (readonly unknown[])[];
  return keys
    .map((key, i): Share => [toKey(key), Number(sums[i])])
    .filter(([, sum]) => sum > 0)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** Sources that ask for more ports than this survey; what they have in common says nothing. */
const MOST_PORTS = 32;

const BYTE = 256;

const toCountries = (value: unknown): Share[] =>
  toShares(value, (key) => {
    const number = Number(key);
    return number === 0 ? '' : String.fromCharCode(number % BYTE, Math.floor(number / BYTE) % BYTE);
  });

/** More ports than are kept: the list was emptied. */
const isBroad = ({ ports }: PortSet): boolean => ports.length === 0;

/** The different port sets of a day, each once with who had it; and how many sources were too broad to have one. */
async function readPortSets(engine: Engine, period: SensorPeriod): Promise<{ readonly sets: readonly PortSet[]; readonly broad: number }> {
  const rows = await engine.query(sql`SELECT ports, count(), toUInt32(min(first_hour)), uniq(network),
      sumMap([${COUNTRY_NUMBER}], [toUInt64(1)]), sumMap([of_asn], [toUInt64(1)])
    FROM (
      SELECT source, any(${NETWORK}) AS network, any(asn) AS of_asn, any(country) AS of_country, min(hour) AS first_hour,
        arraySort(groupUniqArray(${PLACE})) AS port_list,
        if(length(port_list) > ${MOST_PORTS}, emptyArrayUInt32(), port_list) AS ports
      FROM telescope_source_hour WHERE ${inPeriod(period, 'hour')} AND class IN ${SEEKING} GROUP BY source)
    GROUP BY ports`);
  const sets = rows.map(
    ([ports, sources, first, networks, countries, asns]): PortSet => ({
      ports: (ports as readonly unknown[]).map(Number),
      sources: Number(sources),
      firstSeenAt: toMilliseconds(first),
      networks: Number(networks),
      countries: toCountries(countries),
      asns: toShares(asns),
    }),
  );
  return { sets: sets.filter((one) => !isBroad(one)), broad: sets.find(isBroad)?.sources ?? 0 };
}

export const createSurgeReader = (engine: Engine): SurgeReader => ({
  spans: (tenant) => readSensorSpans(engine, tenant),
  hourPackets: (period) => readHourPackets(engine, period),
  windows: (tenant, sensor, hour) => readPortWindows(engine, tenant, sensor, hour),
  portHour: (tenant, sensor, hour) => readPortHour(engine, tenant, sensor, hour),
  minutes: (period) => readPortMinutes(engine, period),
  sources: (period, cellsFrom) => readPortSources(engine, period, cellsFrom),
  portSets: (period) => readPortSets(engine, period),
});
