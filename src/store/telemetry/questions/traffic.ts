/** How much arrived, by class and step: the chart of the watch and of the traffic page. */
import { TRAFFIC_CLASSES, type TrafficClassId } from '../../../domain/traffic-class.ts';
import type { Engine, Row } from '../engine.ts';
import { sql } from '../sql.ts';
import { inPeriod, type Period, stepOf, stepsOf } from './conditions.ts';
import { toTrafficClassId } from './values.ts';

export interface TrafficQuestion extends Period {
  readonly stepSeconds: number;
  /** Counting sources reads the cells themselves; false leaves it out and answers 0. Default true. */
  readonly countSources?: boolean | undefined;
}

export interface TrafficAnswer {
  /** Every class in the order of TRAFFIC_CLASSES; `packets` has one figure per step. */
  readonly series: readonly { readonly class: TrafficClassId; readonly packets: readonly number[]; readonly total: number }[];
  readonly totals: { readonly packets: number; readonly bytes: number; readonly sources: number };
}

export async function readTraffic(engine: Engine, question: TrafficQuestion): Promise<TrafficAnswer> {
  const steps = stepsOf(question, question.stepSeconds);
  const [cells, sources] = await Promise.all([
    engine.query(sql`SELECT class, ${stepOf(question, question.stepSeconds)} AS step, sum(packets), sum(bytes)
      FROM traffic_minute WHERE ${inPeriod(question)} GROUP BY class, step`),
    question.countSources === false ? 0 : countSources(engine, question),
  ]);
  const series = TRAFFIC_CLASSES.map(({ id }) =>
    toSeries(
      id,
      cells.filter(([code]) => toTrafficClassId(code) === id),
      steps,
    ),
  );
  const packets = series.reduce((sum, one) => sum + one.total, 0);
  const bytes = cells.reduce((sum, [, , , cellBytes]) => sum + Number(cellBytes), 0);
  return { series, totals: { packets, bytes, sources } };
}

/** Exact up to some ten thousand, then within about one per cent: an exact set of millions would not fit a small machine. */
async function countSources(engine: Engine, period: Period): Promise<number> {
  const [row] = await engine.query(sql`SELECT uniq(source) FROM telescope_minute WHERE ${inPeriod(period)}`);
  return Number(row?.[0] ?? 0);
}

function toSeries(id: TrafficClassId, cells: readonly Row[], steps: number): TrafficAnswer['series'][number] {
  const packets = Array.from({ length: steps }, () => 0);
  for (const [, step, count] of cells) packets[Number(step)] = (packets[Number(step)] ?? 0) + Number(count);
  return { class: id, packets, total: packets.reduce((sum, count) => sum + count, 0) };
}
