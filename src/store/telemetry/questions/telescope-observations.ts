/** The cells of one source, newest first: what a telescope finding rests on. */
import { TRAFFIC_CLASS_CODE, type TrafficClassId } from '../../../domain/traffic-class.ts';
import type { Engine, Row } from '../engine.ts';
import { sql, timeLiteral } from '../sql.ts';
import { addressOf, ofTenant } from './conditions.ts';
import { toProtocolName, toTrafficClassId } from './values.ts';

export interface TelescopeObservationsQuestion {
  readonly tenant: string;
  readonly source: string; // address text
  readonly sensor?: string | undefined;
  readonly classes?: readonly TrafficClassId[] | undefined;
  readonly from?: number | undefined; // Unix ms
  readonly to?: number | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface TelescopeObservation {
  readonly at: number; // Unix ms, first packet of the cell
  readonly sensor: string;
  readonly class: TrafficClassId;
  readonly protocol: string;
  readonly port: number;
  readonly packets: number;
  readonly targets: number;
  /** What marks the tool, by the headers: 'seq = dst' is Mirai's. */
  readonly mark: string | null;
}

export interface Page<R> {
  readonly rows: readonly R[];
  readonly total: number;
}

/** The counters of marks and how an analyst writes them. */
const MARKS = {
  fp_mirai: 'seq = dst',
  fp_zmap: 'IP ID = 54321',
  fp_masscan: 'IP ID = dst ^ port ^ seq',
  fp_nmap: 'window 1024, MSS only',
  fp_bare: 'no TCP options',
} as const;

export async function readTelescopeObservations(
  engine: Engine,
  question: TelescopeObservationsQuestion,
): Promise<Page<TelescopeObservation>> {
  const where = whereOf(question);
  const [rows, [count]] = await Promise.all([
    engine.query(sql`SELECT first_ms, sensor, class, protocol, port, packets, targets, fp_mirai, fp_zmap, fp_masscan, fp_nmap, fp_bare
      FROM telescope_minute WHERE ${where}
      ORDER BY minute DESC, first_ms DESC, sensor, class, protocol, port LIMIT ${question.offset}, ${question.limit}`),
    engine.query(sql`SELECT count() FROM telescope_minute WHERE ${where}`),
  ]);
  return { rows: rows.map(toObservation), total: Number(count?.[0] ?? 0) };
}

function whereOf({ tenant, source, sensor, classes, from, to }: TelescopeObservationsQuestion): ReturnType<typeof ofTenant> {
  return ofTenant(
    tenant,
    sql`source = ${addressOf(source)}`,
    sensor === undefined ? undefined : sql`sensor = ${sensor}`,
    classes === undefined || classes.length === 0 ? undefined : sql`class IN ${classes.map((id) => TRAFFIC_CLASS_CODE[id])}`,
    from === undefined ? undefined : sql`minute >= ${timeLiteral(from)}`,
    to === undefined ? undefined : sql`minute < ${timeLiteral(to)}`,
  );
}

function toObservation([at, sensor, code, protocol, port, packets, targets, ...counters]: Row): TelescopeObservation {
  const marks = Object.values(MARKS).filter((_, i) => Number(counters[i]) > 0);
  return {
    at: Number(at),
    sensor: String(sensor),
    class: toTrafficClassId(code),
    protocol: toProtocolName(protocol),
    port: Number(port),
    packets: Number(packets),
    targets: Number(targets),
    mark: marks.length === 0 ? null : marks.join(', '),
  };
}
