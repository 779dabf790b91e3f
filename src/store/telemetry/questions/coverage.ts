/** When there is data at all: the range of everything, and which sensor was silent in which step. */
import type { Engine } from '../engine.ts';
import { sql } from '../sql.ts';
import { inPeriod, ofTenant, type Period, stepOf, stepsOf } from './conditions.ts';
import { toMilliseconds } from './values.ts';

export interface DataRange {
  /** Start of the first and of the last minute with data, Unix ms; null when there is none. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly packets: number;
}

export async function readDataRange(engine: Engine, tenant: string): Promise<DataRange> {
  const [row] = await engine.query(sql`SELECT count(), toUInt32(min(minute)), toUInt32(max(minute)), sum(packets)
    FROM traffic_minute WHERE ${ofTenant(tenant)}`);
  const [count, first, last, packets] = row ?? [];
  if (Number(count ?? 0) === 0) return { firstAt: null, lastAt: null, packets: 0 };
  return { firstAt: toMilliseconds(first), lastAt: toMilliseconds(last), packets: Number(packets) };
}

export interface CoverageQuestion extends Period {
  readonly stepSeconds: number;
}

export interface SensorCoverage {
  readonly sensor: string;
  /** One entry per step: true when the sensor reported anything in it. */
  readonly steps: readonly boolean[];
}

/** Sensors without any data in the period are absent: who should have reported is known elsewhere. */
export async function readCoverage(engine: Engine, question: CoverageQuestion): Promise<SensorCoverage[]> {
  const length = stepsOf(question, question.stepSeconds);
  const rows = await engine.query(sql`SELECT sensor, groupUniqArray(${stepOf(question, question.stepSeconds)})
    FROM traffic_minute WHERE ${inPeriod(question)} GROUP BY sensor ORDER BY sensor`);
  return rows.map(([sensor, seen]) => {
    const steps = Array.from({ length }, () => false);
    for (const step of seen as readonly unknown[]) steps[Number(step)] = true;
    return { sensor: String(sensor), steps };
  });
}
