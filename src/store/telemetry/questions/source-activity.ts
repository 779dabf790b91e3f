/**
 * What one source did over time, in few enough figures for a picture: packets by step and
 * by its busiest ports, and of each step the busiest minute and what carried a mark.
 *
 * Ports are chosen inside the engine: a source that tried all of them has as many rows
 * here as one that tried a dozen.
 */
import { TRAFFIC_CLASS_CODE, type TrafficClassId } from '../../../domain/traffic-class.ts';
import type { Engine, Row } from '../engine.ts';
import { joinSql, type Sql, sql } from '../sql.ts';
import { addressOf, inPeriod, type Period, stepOf, stepsOf } from './conditions.ts';
import { estimateTargets, toProtocolName } from './values.ts';

export interface SourceActivityQuestion extends Period {
  readonly source: string; // address text
  readonly stepSeconds: number;
  /** How many ports are told apart; the rest are one. */
  readonly ports: number;
  readonly only?: TrafficClassId | undefined;
  readonly except?: TrafficClassId | undefined;
}

export interface SourceActivity {
  /** Busiest first. */
  readonly ports: readonly { readonly protocol: string; readonly port: number; readonly packets: number }[];
  /** All different ports, also those that are not told apart. */
  readonly distinctPorts: number;
  /** Steps without packets are absent. `port` is a place in `ports`, -1 for all others. */
  readonly cells: readonly { readonly step: number; readonly port: number; readonly packets: number }[];
  readonly steps: readonly ActivityStep[];
}

export interface ActivityStep {
  readonly step: number;
  readonly packets: number;
  readonly busiestMinute: number; // packets in it
  readonly marked: number; // with the Mirai mark
  readonly targets: number; // distinct destinations, estimated
}

const PORTS = 65_536;

export async function readSourceActivity(engine: Engine, question: SourceActivityQuestion): Promise<SourceActivity> {
  stepsOf(question, question.stepSeconds);
  const where = whereOf(question);
  const step = stepOf(question, question.stepSeconds);
  const [ports, [distinct], steps] = await Promise.all([
    engine.query(sql`SELECT protocol, port, sum(packets) AS sent FROM telescope_minute WHERE ${where}
      GROUP BY protocol, port ORDER BY sent DESC, protocol, port LIMIT ${question.ports}`),
    engine.query(sql`SELECT uniqExact(protocol, port) FROM telescope_minute WHERE ${where}`),
    engine.query(sql`SELECT step, sum(sent), max(sent), sum(marked), hex(groupBitOr(bits)) FROM (
        SELECT minute, ${step} AS step, sum(packets) AS sent, sum(fp_mirai) AS marked, groupBitOr(target_bits) AS bits
        FROM telescope_minute WHERE ${where} GROUP BY minute)
      GROUP BY step ORDER BY step`),
  ]);
  const keys = ports.map(([protocol, port]) => Number(protocol) * PORTS + Number(port));
  const cells = keys.length === 0 ? [] : await engine.query(byPort(where, step, keys));
  return {
    ports: ports.map(([protocol, port, packets]) => ({ protocol: toProtocolName(protocol), port: Number(port), packets: Number(packets) })),
    distinctPorts: Number(distinct?.[0] ?? 0),
    cells: cells.map(([at, place, packets]) => ({ step: Number(at), port: Number(place) - 1, packets: Number(packets) })),
    steps: steps.map(toStep),
  };
}

function whereOf({ source, only, except, ...period }: SourceActivityQuestion): Sql {
  const chosen = only === undefined ? sql`1` : sql`class = ${TRAFFIC_CLASS_CODE[only]}`;
  const left = except === undefined ? sql`1` : sql`class != ${TRAFFIC_CLASS_CODE[except]}`;
  return sql`${inPeriod(period)} AND source = ${addressOf(source)} AND ${chosen} AND ${left}`;
}

/** `indexOf` counts from 1 and says 0 for what is not in the list. */
const byPort = (where: Sql, step: Sql, keys: readonly number[]): Sql =>
  sql`SELECT ${step} AS step, indexOf([${joinSql(
    keys.map((key) => sql`${key}`),
    ', ',
  )}], toUInt32(protocol) * ${PORTS} + port) AS place, sum(packets)
    FROM telescope_minute WHERE ${where} GROUP BY step, place ORDER BY step, place`;

const toStep = ([step, packets, busiest, marked, bits]: Row): ActivityStep => ({
  step: Number(step),
  packets: Number(packets),
  busiestMinute: Number(busiest),
  marked: Number(marked),
  targets: Math.min(Number(packets), estimateTargets(bits).targets),
});
