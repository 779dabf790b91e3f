/**
 * How many packets of a day came from sources that were judged to be scanners on that day.
 *
 * The detector's share of a finding in a day's bucket is the number of that source's
 * probes on that day, so the answer needs no list of addresses and follows every later
 * judgement: a withdrawn finding has no share any more.
 */
import { sql } from 'kysely';
import type { StateDatabase } from './open.ts';

export interface ScannerDay {
  readonly day: number; // Unix ms, start of the UTC day
  readonly sensor: string;
  readonly packets: number;
}

const SCANNER = 'scanner';
const BUCKET = /^telescope:(.*):(\d{4}-\d\d-\d\d)$/;

/** Days that begin within the period. */
export async function readScannerDays(db: StateDatabase, tenant: string, from: number, to: number): Promise<ScannerDay[]> {
  const { rows } = await sql<{ name: string; packets: number }>`
    select b.name, sum(s.count)::bigint as packets from bucket b join finding_share s on s.bucket_id = b.id and s.tenant = b.tenant
    where b.tenant = ${tenant} and b.module = ${SCANNER} and b.name like 'telescope:%'
      and right(b.name, 10) between ${toDay(from)} and ${toDay(to - 1)}
    group by b.name order by b.name`.execute(db);
  return rows.flatMap(({ name, packets }) => {
    const [, sensor, day] = BUCKET.exec(name) ?? [];
    return sensor === undefined || day === undefined ? [] : [{ day: Date.parse(day), sensor, packets }];
  });
}

const toDay = (at: number): string => new Date(at).toISOString().slice(0, 10);
