/**
 * Evidence that was put aside: how much, by which module, for which reason.
 *
 * A day that is judged again replaces what was said of it, so the counts are those of the
 * last judgement and repeated work changes nothing.
 */
import type { SuppressedEvidence } from '../../domain/suppressed.ts';
import type { SuppressionStore } from '../../engine/ports.ts';
import type { StateDatabase } from './open.ts';

export interface SuppressedDay extends SuppressedEvidence {
  readonly sensor: string;
  readonly day: number; // Unix ms, start of the UTC day
  readonly module: string;
  readonly judgedAt: number;
}

export interface SuppressedQuestion {
  readonly tenant: string;
  readonly sensor?: string | undefined;
  readonly from: number; // Unix ms; days that begin within
  readonly to: number;
}

export function createSuppressionStore(db: StateDatabase): SuppressionStore {
  return {
    replace: (tenant, { sensor, day, module }, rows, at) =>
      db.transaction().execute(async (trx) => {
        await trx
          .deleteFrom('suppressed_evidence')
          .where('tenant', '=', tenant)
          .where('day', '=', day)
          .where('sensor', '=', sensor)
          .where('module', '=', module)
          .execute();
        if (rows.length === 0) return;
        const values = rows.map(({ reason, sources, packets, firstAt, lastAt, ports }) => ({
          tenant,
          sensor,
          day,
          module,
          reason,
          sources,
          packets,
          first_at: firstAt,
          last_at: lastAt,
          ports: JSON.stringify(ports),
          judged_at: at,
        }));
        await trx.insertInto('suppressed_evidence').values(values).execute();
      }),
  };
}

const MOST_ROWS = 5000;

/** Newest day first. */
export async function readSuppressed(db: StateDatabase, { tenant, sensor, from, to }: SuppressedQuestion): Promise<SuppressedDay[]> {
  let question = db
    .selectFrom('suppressed_evidence')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('day', '>=', from)
    .where('day', '<', to)
    .orderBy('day', 'desc')
    .orderBy('sensor')
    .orderBy('module')
    .orderBy('reason')
    .limit(MOST_ROWS);
  if (sensor !== undefined) question = question.where('sensor', '=', sensor);
  const rows = await question.execute();
  return rows.map(({ first_at, last_at, judged_at, tenant: _, ...row }) => ({
    ...row,
    firstAt: first_at,
    lastAt: last_at,
    judgedAt: judged_at,
  }));
}
