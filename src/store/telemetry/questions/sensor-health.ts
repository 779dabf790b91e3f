/**
 * How well each sensor and each exporter works: signs of life, silences, losses.
 *
 * What a source says of itself stands in sensor_minute, one row a minute also when it saw
 * nothing; captures and flow files taken in without such rows are told by the sums of what
 * they hold: of the last day, or of all times while the tenant has no flow source that
 * speaks for itself.
 */
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql, timeLiteral, trusted } from '../sql.ts';
import { inPeriod, ofTenant, type Period, stepOf, stepsOf } from './conditions.ts';
import { toMilliseconds } from './values.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

/** 'telescope' and 'flow' by what was stored; a feed is known by its records. */
export type SightingKind = 'telescope' | 'flow' | 'feed';

/** A source of observations as the store has met it. */
export interface SensorSighting {
  readonly sensor: string;
  /** Address of the router or switch; '' for a telescope or feed. */
  readonly exporter: string;
  readonly kind: SightingKind;
  /** How it speaks: 'telescope', 'netflow-9' …; '' when only its observations are known. */
  readonly protocol: string;
  /** Start of the first and last minute in which it was heard of, Unix ms. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Every source of a tenant that was ever heard of. */
export async function readSightings(engine: Engine, tenant: string, now: number): Promise<SensorSighting[]> {
  const [own, cells, feeds] = await Promise.all([
    engine.query(sql`SELECT sensor, exporter, kind, toUInt32(min(minute)), toUInt32(max(minute))
      FROM sensor_minute WHERE ${ofTenant(tenant)} GROUP BY sensor, exporter, kind`),
    engine.query(sql`SELECT sensor, '', '', toUInt32(min(minute)), toUInt32(max(minute))
      FROM traffic_minute WHERE ${ofTenant(tenant)} GROUP BY sensor`),
    engine.query(sql`SELECT feed, '', '', toUInt32(min(received)), toUInt32(max(received))
      FROM feed_record WHERE ${ofTenant(tenant)} GROUP BY feed`),
  ]);
  const speaking = own.map((row) => toSighting(row, row[2] === 'telescope' ? 'telescope' : 'flow'));
  const flows = await readFlowSightings(engine, tenant, speaking.some(({ kind }) => kind === 'flow') ? now - DAY : 0);
  return mergeSightings([
    ...speaking,
    ...cells.map((row) => toSighting(row, 'telescope')),
    ...flows,
    ...feeds.map((row) => toSighting(row, 'feed')),
  ]);
}

async function readFlowSightings(engine: Engine, tenant: string, from: number): Promise<SensorSighting[]> {
  const rows = await engine.query(sql`SELECT sensor, exporter, '', toUInt32(min(minute)), toUInt32(max(minute))
    FROM flow_minute WHERE ${ofTenant(tenant, sql`minute >= ${timeLiteral(from)}`)} GROUP BY sensor, exporter`);
  return rows.map((row) => toSighting(row, 'flow'));
}

function toSighting([sensor, exporter, protocol, first, last]: Row, kind: SightingKind): SensorSighting {
  return {
    sensor: String(sensor),
    exporter: String(exporter),
    kind,
    protocol: String(protocol),
    firstAt: toMilliseconds(first),
    lastAt: toMilliseconds(last),
  };
}

/** One per sensor, exporter and kind, whatever table it was met in. */
function mergeSightings(sightings: readonly SensorSighting[]): SensorSighting[] {
  const groups = Map.groupBy(sightings, ({ sensor, exporter, kind }) => `${sensor}\u001f${exporter}\u001f${kind}`);
  const merged = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const protocols = [...new Set(group.map(({ protocol }) => protocol).filter((protocol) => protocol !== ''))];
    const firstAt = Math.min(...group.map((one) => one.firstAt));
    return [{ ...first, protocol: protocols.sort().join(', '), firstAt, lastAt: Math.max(...group.map((one) => one.lastAt)) }];
  });
  const key = ({ sensor, exporter }: SensorSighting): string => `${sensor}\u001f${exporter}`;
  return merged.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

export interface SilenceQuestion {
  readonly tenant: string;
  readonly from: number;
  readonly to: number;
  /** Absent: all. */
  readonly sensor?: string | undefined;
  /** Silences up to this long are nothing special, ms. */
  readonly longerThan: number;
  /** Flow sensors without minutes of their own: their records tell. */
  readonly flowSensors: readonly string[];
}

/** A time without a sign of a sensor; the period's edges count as if it was heard of there. */
export interface Silence {
  readonly sensor: string;
  readonly exporter: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Silences of every sensor that was heard of in the period, by sensor (exporter '') and by
 * exporter. The engine lays the minutes side by side, so only the silences come here.
 */
export async function readSilences(engine: Engine, question: SilenceQuestion): Promise<Silence[]> {
  const { from, to } = question;
  const rows =
    await engine.query(sql`SELECT sensor, place, minutes[1], minutes[length(minutes)], arrayFilter((a, b) -> b - a > ${wait(question)}, starts, ends),
      arrayFilter((b, a) -> b - a > ${wait(question)}, ends, starts)
    FROM (
      SELECT sensor, place, arraySort(groupUniqArray(toUInt32(minute))) AS minutes, arrayPopBack(minutes) AS starts, arrayPopFront(minutes) AS ends
      FROM (${joinSql(minutesOf(question), ' UNION ALL ')}) GROUP BY sensor, place)`);
  return rows.flatMap(([sensor, place, first, last, starts, ends]) => {
    const at = { sensor: String(sensor), exporter: String(place) };
    const inner = (starts as readonly unknown[]).map((start, i) => ({
      ...at,
      from: toMilliseconds(start) + MINUTE,
      to: toMilliseconds((ends as readonly unknown[])[i]),
    }));
    const head = { ...at, from, to: toMilliseconds(first) };
    const tail = { ...at, from: toMilliseconds(last) + MINUTE, to };
    return [head, ...inner, tail].filter((silence) => silence.to - silence.from > question.longerThan);
  });
}

/** Between the starts of two minutes; the first of them was watched. */
const wait = ({ longerThan }: SilenceQuestion): number => Math.floor((longerThan + MINUTE) / 1000);

/** A sensor is heard of through each of its exporters, so their minutes count for it too. */
function minutesOf(question: SilenceQuestion): Sql[] {
  const period = inPeriod(question);
  const { flowSensors } = question;
  const own = sql`FROM sensor_minute WHERE ${period}`;
  const silent = sql`FROM flow_minute WHERE ${period} AND sensor IN ${flowSensors}`;
  const all = [
    sql`SELECT sensor, '' AS place, minute ${own}`,
    sql`SELECT sensor, toString(exporter) AS place, minute ${own} AND exporter != ''`,
    sql`SELECT sensor, '' AS place, minute FROM traffic_minute WHERE ${period}`,
  ];
  if (flowSensors.length === 0) return all;
  return [
    ...all,
    sql`SELECT sensor, '' AS place, minute ${silent}`,
    sql`SELECT sensor, toString(exporter) AS place, minute ${silent} AND exporter != ''`,
  ];
}

/** What a source said of itself within one time. */
export interface SensorFigures {
  readonly received: number;
  readonly records: number;
  readonly dropped: number;
  readonly malformed: number;
  readonly withoutTemplate: number;
  /** Smallest and largest difference of the clocks; null when none was measured. */
  readonly skewMs: { readonly low: number; readonly high: number } | null;
  /** By unit: adding flows to datagrams would say nothing. */
  readonly losses: readonly { readonly unit: string; readonly lost: number; readonly counted: number }[];
}

export interface FiguresRow extends SensorFigures {
  readonly sensor: string;
  readonly exporter: string;
}

/** Sums over the period, one row per sensor and exporter that spoke for itself in it. */
export async function readFigures(engine: Engine, period: Period): Promise<FiguresRow[]> {
  const rows = await engine.query(sql`SELECT sensor, exporter, lost_unit, ${FIGURES} FROM sensor_minute WHERE ${inPeriod(period)}
    GROUP BY sensor, exporter, lost_unit ORDER BY sensor, exporter, lost_unit`);
  const groups = Map.groupBy(rows, ([sensor, exporter]) => `${String(sensor)}\u001f${String(exporter)}`);
  return [...groups.values()].map((group) => ({
    sensor: String(group[0]?.[0]),
    exporter: String(group[0]?.[1]),
    ...addFigures(group.map(([, , unit, ...figures]) => toFigures(String(unit), figures))),
  }));
}

const FIGURES = trusted(`sum(received), sum(records), sum(lost), sum(dropped), sum(malformed), sum(without_template),
  min(skew_ms_low), max(skew_ms_high)`);

/** In flows and records what arrived is counted in records, otherwise in what was received. */
const isOfRecords = (unit: string): boolean => unit === 'flow' || unit === 'record';

function toFigures(unit: string, row: Row): SensorFigures {
  const [received = 0, records = 0, lost = 0, dropped = 0, malformed = 0, withoutTemplate = 0, low = 0, high = 0] = row.map(Number);
  return {
    received,
    records,
    dropped,
    malformed,
    withoutTemplate,
    skewMs: low === 0 && high === 0 ? null : { low, high },
    losses: unit === '' ? [] : [{ unit, lost, counted: isOfRecords(unit) ? records : received }],
  };
}

/** Sums of several sources, or of several units of one. */
export function addFigures(list: readonly SensorFigures[]): SensorFigures {
  const sum = (pick: (one: SensorFigures) => number): number => list.reduce((total, one) => total + pick(one), 0);
  const skews = list.flatMap(({ skewMs }) => (skewMs ? [skewMs] : []));
  const byUnit = Map.groupBy(
    list.flatMap(({ losses }) => losses),
    ({ unit }) => unit,
  );
  return {
    received: sum((one) => one.received),
    records: sum((one) => one.records),
    dropped: sum((one) => one.dropped),
    malformed: sum((one) => one.malformed),
    withoutTemplate: sum((one) => one.withoutTemplate),
    skewMs: skews.length === 0 ? null : { low: Math.min(...skews.map(({ low }) => low)), high: Math.max(...skews.map(({ high }) => high)) },
    losses: [...byUnit].map(([unit, group]) => ({
      unit,
      lost: group.reduce((total, one) => total + one.lost, 0),
      counted: group.reduce((total, one) => total + one.counted, 0),
    })),
  };
}

export interface SensorSeriesQuestion extends Period {
  readonly stepSeconds: number;
  readonly exporter?: string | undefined;
}

/** One figure per step; all arrays are equally long. */
export interface SensorSeries {
  readonly sensor: string;
  readonly exporter: string;
  /** Packets of a telescope, datagrams of an exporter. */
  readonly received: readonly number[];
  readonly lost: readonly number[];
  readonly dropped: readonly number[];
}

/**
 * What arrived over time, by sensor and exporter. A telescope that does not speak for
 * itself is answered by the packets it saw.
 */
export async function readSensorSeries(engine: Engine, question: SensorSeriesQuestion): Promise<SensorSeries[]> {
  const length = stepsOf(question, question.stepSeconds);
  const step = stepOf(question, question.stepSeconds);
  const where = inPeriod(question);
  const place = question.exporter === undefined ? sql`1` : sql`exporter = ${question.exporter}`;
  const [own, cells] = await Promise.all([
    engine.query(sql`SELECT sensor, exporter, ${step} AS step, sum(received), sum(lost), sum(dropped) FROM sensor_minute
      WHERE ${where} AND ${place} GROUP BY sensor, exporter, step`),
    engine.query(sql`SELECT sensor, '' AS exporter, ${step} AS step, sum(packets), 0, 0 FROM traffic_minute
      WHERE ${where} GROUP BY sensor, step`),
  ]);
  const speaking = new Set(own.map(([sensor]) => String(sensor)));
  const rows = [...own, ...(question.exporter ? [] : cells.filter(([sensor]) => !speaking.has(String(sensor))))];
  const groups = Map.groupBy(rows, ([sensor, exporter]) => `${String(sensor)}\u001f${String(exporter)}`);
  return [...groups.values()].map((group) => ({
    sensor: String(group[0]?.[0]),
    exporter: String(group[0]?.[1]),
    received: toSteps(group, 3, length),
    lost: toSteps(group, 4, length),
    dropped: toSteps(group, 5, length),
  }));
}

function toSteps(rows: readonly Row[], column: number, length: number): number[] {
  const steps = Array.from({ length }, () => 0);
  for (const row of rows) steps[Number(row[2])] = (steps[Number(row[2])] ?? 0) + Number(row[column]);
  return steps;
}

/** Records of each feed received in the period. */
export async function readFeedCounts(engine: Engine, tenant: string, from: number, to: number): Promise<ReadonlyMap<string, number>> {
  const rows = await engine.query(sql`SELECT feed, count() FROM feed_record
    WHERE ${ofTenant(tenant, sql`received >= ${timeLiteral(from)} AND received < ${timeLiteral(to)}`)} GROUP BY feed`);
  return new Map(rows.map(([feed, count]) => [String(feed), Number(count)]));
}
