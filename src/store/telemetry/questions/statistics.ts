/**
 * The figures of the public statistics: sums without a single address in them.
 *
 * Packets come from the minutely rollup and tops from the hourly one, so a year is
 * answered from little. Distinct sources can only be counted over the cells themselves;
 * that is asked separately, and once.
 */
import { TRAFFIC_CLASS_CODE } from '../../../domain/traffic-class.ts';
import type { Engine, Row } from '../engine.ts';
import { type Sql, sql, trusted } from '../sql.ts';
import { inPeriod, type Period, stepOf, stepsOf } from './conditions.ts';
import { toProtocolName } from './values.ts';

export interface StepQuestion extends Period {
  readonly stepSeconds: number;
}

/** Packets of one sensor, one figure per step. */
export interface SensorPackets {
  readonly sensor: string;
  readonly packets: readonly number[];
}

export async function readPacketsBySensor(engine: Engine, question: StepQuestion): Promise<SensorPackets[]> {
  const length = stepsOf(question, question.stepSeconds);
  const rows = await engine.query(sql`SELECT sensor, ${stepOf(question, question.stepSeconds)} AS step, sum(packets)
    FROM traffic_minute WHERE ${inPeriod(question)} GROUP BY sensor, step ORDER BY sensor`);
  const groups = Map.groupBy(rows, ([sensor]) => String(sensor));
  return [...groups].map(([sensor, group]) => ({ sensor, packets: toSteps(group, length) }));
}

/** `step` and a figure are the last two columns. */
function toSteps(rows: readonly Row[], length: number): number[] {
  const steps = Array.from({ length }, () => 0);
  for (const row of rows) steps[Number(row.at(-2))] = Number(row.at(-1));
  return steps;
}

export interface HostCounts {
  /** Distinct sources of each step, and of the whole period (a host of two steps is one of the period). */
  readonly steps: readonly number[];
  readonly total: number;
}

/** Exact up to some ten thousand, then within about one per cent. Reads every cell of the period. */
export async function readHostCounts(engine: Engine, question: StepQuestion): Promise<HostCounts> {
  const length = stepsOf(question, question.stepSeconds);
  const where = inPeriod(question);
  const steps = await engine.query(sql`SELECT ${stepOf(question, question.stepSeconds)} AS step, uniq(source)
    FROM telescope_minute WHERE ${where} GROUP BY step`);
  const [total] = await engine.query(sql`SELECT uniq(source) FROM telescope_minute WHERE ${where}`);
  return { steps: toSteps(steps, length), total: Number(total?.[0] ?? 0) };
}

export type StatisticsTopBy = 'port' | 'country' | 'network';

export interface StatisticsTop {
  /** 'tcp/23', a country code or an AS number; '' and '0' are unknown. */
  readonly key: string;
  readonly packets: number;
}

const PORT_RANGE = 65_536;
/** A port is what was sought: answers of attacked hosts say nothing of that. */
const SEEKING = [TRAFFIC_CLASS_CODE['tcp-scan'], TRAFFIC_CLASS_CODE['udp-probe']];

const KEYS: Readonly<Record<StatisticsTopBy, { readonly key: Sql; readonly condition: Sql; readonly toKey: (value: unknown) => string }>> =
  {
    port: {
      key: trusted(`toUInt32(protocol) * ${PORT_RANGE} + port`),
      condition: sql`class IN ${SEEKING}`,
      toKey: (value) => `${toProtocolName(Math.floor(Number(value) / PORT_RANGE))}/${Number(value) % PORT_RANGE}`,
    },
    country: { key: trusted('country'), condition: sql`1`, toKey: String },
    network: { key: trusted('asn'), condition: sql`1`, toKey: String },
  };

/** Whole hours: the hours that the period touches. */
export async function readStatisticsTop(
  engine: Engine,
  period: Period,
  by: StatisticsTopBy,
  limit: number,
): Promise<{ readonly rows: readonly StatisticsTop[]; readonly total: number }> {
  const hour = 3_600_000;
  const hours = { ...period, from: Math.floor(period.from / hour) * hour, to: Math.ceil(period.to / hour) * hour };
  const { key, condition, toKey } = KEYS[by];
  const where = sql`${inPeriod(hours, 'hour')} AND ${condition}`;
  const [rows, [total]] = await Promise.all([
    engine.query(sql`SELECT ${key} AS top_key, sum(packets) AS top_packets FROM telescope_hour WHERE ${where}
      GROUP BY top_key ORDER BY top_packets DESC, top_key LIMIT ${limit}`),
    engine.query(sql`SELECT sum(packets) FROM telescope_hour WHERE ${where}`),
  ]);
  return { rows: rows.map(([value, packets]) => ({ key: toKey(value), packets: Number(packets) })), total: Number(total?.[0] ?? 0) };
}
