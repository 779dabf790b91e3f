/** Records of feeds: those of one finding, newest first, and all of them in order, for exports. */

import { YaguraError } from '../../../engine/errors.ts';
import type { Engine, Row } from '../engine.ts';
import { sql } from '../sql.ts';
import { ofTenant } from './conditions.ts';
import { type KeyColumn, walk } from './ranges.ts';
import type { Page } from './telescope-observations.ts';
import { toMilliseconds } from './values.ts';

export interface FeedRecordRow {
  readonly feed: string;
  readonly report: string;
  readonly observedAt: number; // Unix ms
  readonly receivedAt: number;
  /** Original column name to text as received. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly file: string; // hex SHA-256
  readonly record: number; // 1 is the first
  readonly fingerprint: string; // hex
}

export interface FeedObservationsQuestion {
  readonly tenant: string;
  readonly fingerprint: string; // hex
  readonly limit: number;
  readonly offset: number;
}

export interface FeedRecordsQuestion {
  readonly tenant: string;
  readonly kind?: string | undefined;
}

const COLUMNS = sql`feed, report, toUInt32(observed), toUInt32(received), attributes, hex(file), record, hex(fingerprint)`;
const RECORDS_PER_RANGE = 4000;
const KEY: readonly KeyColumn[] = [
  { name: 'received', kind: 'seconds' },
  { name: 'file', kind: 'bytes' },
  { name: 'record', kind: 'number' },
];

export async function readFeedObservations(engine: Engine, question: FeedObservationsQuestion): Promise<Page<FeedRecordRow>> {
  const where = ofTenant(question.tenant, sql`fingerprint = ${fingerprintOf(question.fingerprint)}`);
  const [rows, [count]] = await Promise.all([
    engine.query(sql`SELECT ${COLUMNS} FROM feed_record WHERE ${where}
      ORDER BY observed DESC, received DESC, file, record LIMIT ${question.offset}, ${question.limit}`),
    engine.query(sql`SELECT count() FROM feed_record WHERE ${where}`),
  ]);
  return { rows: rows.map(toFeedRecord), total: Number(count?.[0] ?? 0) };
}

/** All records in (received, file, record) order, a page in memory at a time. */
export async function* readFeedRecords(engine: Engine, question: FeedRecordsQuestion): AsyncGenerator<FeedRecordRow> {
  const where = ofTenant(question.tenant, question.kind === undefined ? undefined : sql`kind = ${question.kind}`);
  const plan = { table: 'feed_record', where, key: KEY, rowsPerRange: RECORDS_PER_RANGE };
  const pages = walk(
    engine,
    plan,
    (range) => sql`SELECT ${COLUMNS} FROM feed_record WHERE ${where} AND ${range} ORDER BY received, file, record`,
  );
  for await (const rows of pages) yield* rows.map(toFeedRecord);
}

function fingerprintOf(hex: string): Uint8Array {
  if (!/^[0-9a-fA-F]{64}$/.test(hex)) throw new YaguraError('usage', 'a fingerprint has 64 hexadecimal digits');
  return Uint8Array.fromHex(hex);
}

function toFeedRecord([feed, report, observed, received, attributes, file, record, fingerprint]: Row): FeedRecordRow {
  return {
    feed: String(feed),
    report: String(report),
    observedAt: toMilliseconds(observed),
    receivedAt: toMilliseconds(received),
    attributes: JSON.parse(String(attributes)) as Record<string, string>,
    file: String(file).toLowerCase(),
    record: Number(record),
    fingerprint: String(fingerprint).toLowerCase(),
  };
}
