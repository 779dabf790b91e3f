/** When there is data at all: the range of everything, and which sensor was silent in which step. */
import type { Engine, Row } from '../engine.ts';
import { sql, trusted } from '../sql.ts';
import { inPeriod, ofTenant, type Period, stepOf, stepsOf } from './conditions.ts';
import { toMilliseconds } from './values.ts';

export interface DataRange {
  /** Start of the first and of the last minute with telescope data, Unix ms; null when there is none. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly packets: number;
  /** The same of flow records; null when there are none. */
  readonly flows: { readonly firstAt: number; readonly lastAt: number; readonly records: number } | null;
}

export async function readDataRange(engine: Engine, tenant: string): Promise<DataRange> {
  const ask = (table: string, total: string) =>
    engine.query(sql`SELECT count(), toUInt32(min(minute)), toUInt32(max(minute)), sum(${trusted(total)})
      FROM ${trusted(table)} WHERE ${ofTenant(tenant)}`);
  const [[cells = []], [flows = []]] = await Promise.all([ask('traffic_minute', 'packets'), ask('flow_minute', 'raw_flows')]);
  const { firstAt = null, lastAt = null, total = 0 } = toRange(cells) ?? {};
  const range = toRange(flows);
  return { firstAt, lastAt, packets: total, flows: range && { firstAt: range.firstAt, lastAt: range.lastAt, records: range.total } };
}

function toRange([count, first, last, total]: Row): { firstAt: number; lastAt: number; total: number } | null {
  if (Number(count ?? 0) === 0) return null;
  return { firstAt: toMilliseconds(first), lastAt: toMilliseconds(last), total: Number(total) };
}

export interface CoverageQuestion extends Period {
  readonly stepSeconds: number;
  /** What kind of sensor: telescopes unless said otherwise. */
  readonly of?: 'telescope' | 'flow';
}

export interface SensorCoverage {
  readonly sensor: string;
  /** One entry per step: true when the sensor reported anything in it. */
  readonly steps: readonly boolean[];
}

/**
 * Sensors without any data in the period are absent: who should have reported is known
 * elsewhere. A minute in which a sensor says that it watched and saw nothing is no gap.
 */
export async function readCoverage(engine: Engine, question: CoverageQuestion): Promise<SensorCoverage[]> {
  const length = stepsOf(question, question.stepSeconds);
  const [table, kind] = question.of === 'flow' ? ['flow_minute', sql`kind != 'telescope'`] : ['traffic_minute', sql`kind = 'telescope'`];
  const step = stepOf(question, question.stepSeconds);
  const rows = await engine.query(sql`SELECT sensor, groupUniqArray(step) FROM (
      SELECT sensor, ${step} AS step FROM ${trusted(table)} WHERE ${inPeriod(question)}
      UNION ALL SELECT sensor, ${step} AS step FROM sensor_minute WHERE ${inPeriod(question)} AND ${kind})
    GROUP BY sensor ORDER BY sensor`);
  return rows.map(([sensor, seen]) => {
    const steps = Array.from({ length }, () => false);
    for (const number of seen as readonly unknown[]) steps[Number(number)] = true;
    return { sensor: String(sensor), steps };
  });
}
