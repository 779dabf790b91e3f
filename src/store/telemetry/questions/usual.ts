/**
 * What is usual at this time of day: the same step on each of the days before.
 *
 * Volume has the rhythm of a day, so a step is compared with itself, not with the hour
 * before. A step in which no sensor reported anything is unknown, never zero: a day
 * without watching must not make the usual look small.
 */
import { TRAFFIC_CLASS_CODE, type TrafficClassId } from '../../../domain/traffic-class.ts';
import type { Engine } from '../engine.ts';
import { type Sql, sql } from '../sql.ts';
import { inPeriod, type Period, stepOf, stepsOf } from './conditions.ts';

const DAY = 86_400_000;

export interface UsualQuestion extends Period {
  readonly stepSeconds: number;
  /** How many earlier days to look at. */
  readonly days: number;
  /** Absent: all classes together. */
  readonly class?: TrafficClassId | undefined;
}

/** Packets per step; null where nobody watched. */
export type WatchedSteps = readonly (number | null)[];

export interface UsualAnswer {
  readonly today: WatchedSteps;
  /** The same steps on earlier days, yesterday first; days without any data are left out. */
  readonly earlier: readonly WatchedSteps[];
}

export async function readUsual(engine: Engine, question: UsualQuestion): Promise<UsualAnswer> {
  const whole = { ...question, from: question.from - question.days * DAY };
  const length = stepsOf(question, question.stepSeconds);
  stepsOf(whole, question.stepSeconds);
  const rows = await engine.query(sql`SELECT ${stepOf(whole, question.stepSeconds)} AS step, sum(packets), ${ofClass(question.class)}
    FROM traffic_minute WHERE ${inPeriod(whole)} GROUP BY step`);
  const watched = new Map(rows.filter(([, all]) => Number(all) > 0).map(([step, , packets]) => [Number(step), Number(packets)]));
  const stepsADay = DAY / 1000 / question.stepSeconds;
  const stepsOn = (daysAgo: number): WatchedSteps =>
    Array.from({ length }, (_, i) => watched.get((question.days - daysAgo) * stepsADay + i) ?? null);
  const earlier = Array.from({ length: question.days }, (_, i) => stepsOn(i + 1));
  return { today: stepsOn(0), earlier: earlier.filter((day) => day.some((packets) => packets !== null)) };
}

function ofClass(id: TrafficClassId | undefined): Sql {
  return id === undefined ? sql`sum(packets)` : sql`sumIf(packets, class = ${TRAFFIC_CLASS_CODE[id]})`;
}
