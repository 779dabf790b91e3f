/**
 * The WHERE clauses all questions share. Every question begins with its tenant here,
 * so that none can be written that forgets it.
 */
import { type Address, parseAddress } from '../../../domain/address.ts';
import { YaguraError } from '../../../engine/errors.ts';
import { joinSql, type Sql, sql, timeLiteral, trusted } from '../sql.ts';

export interface Period {
  readonly tenant: string;
  /** Absent: all sensors of the tenant. */
  readonly sensor?: string | undefined;
  readonly from: number; // Unix ms, inclusive
  readonly to: number; // exclusive
}

export function ofTenant(tenant: string, ...more: readonly (Sql | undefined)[]): Sql {
  return joinSql([sql`tenant = ${tenant}`, ...more.filter((condition) => condition !== undefined)], ' AND ');
}

/** `time` names the column with the start of the minute or hour. */
export function inPeriod(period: Period, time: 'minute' | 'hour' = 'minute'): Sql {
  const column = trusted(time);
  return ofTenant(
    period.tenant,
    period.sensor === undefined ? undefined : sql`sensor = ${period.sensor}`,
    sql`${column} >= ${timeLiteral(period.from)} AND ${column} < ${timeLiteral(period.to)}`,
  );
}

/** Addresses come as text from people; what is none cannot be asked for. */
export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new YaguraError('usage', 'the source must be an IPv4 or IPv6 address');
  return address;
}

const MOST_STEPS = 20_000;

/** How many steps a period has; refuses a division that no chart could show. */
export function stepsOf(period: Period, stepSeconds: number): number {
  const steps = Math.ceil((period.to - period.from) / 1000 / stepSeconds);
  if (Number.isInteger(stepSeconds) && stepSeconds >= 60 && steps >= 1 && steps <= MOST_STEPS) return steps;
  throw new YaguraError('usage', `a period needs steps of at least 60 seconds, at least one and at most ${MOST_STEPS} of them`);
}

/** SQL for the number of the step a minute falls into. */
export function stepOf(period: Period, stepSeconds: number): Sql {
  return sql`intDiv(toUInt32(minute) - ${Math.ceil(period.from / 1000)}, ${stepSeconds})`;
}
