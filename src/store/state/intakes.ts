/** What files came in, which of their records could not be used, and what changed in their feeds. */
import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import type { Reason } from '../../domain/reason.ts';
import type { Text } from '../../domain/text.ts';
import type { IntakeLedger, IntakeProgress, IntakeRecord, QuarantinedRecord } from '../../engine/ports.ts';
import { rowSet } from './columns.ts';
import { fromCursor, type Page, type PageRequest, pageSize, toPage } from './cursor.ts';
import type { StateDatabase } from './open.ts';
import type { IntakeTable } from './schema.ts';
import { knownSensor } from './sensors.ts';

export type IntakeState = 'running' | 'done' | 'failed';

export interface IntakeRow extends IntakeRecord, IntakeProgress {
  readonly state: IntakeState;
  readonly problem: string | null;
}

export interface QuarantineRow {
  readonly intake: string;
  readonly file: string;
  readonly collector: string;
  readonly record: number;
  readonly reason: Reason;
  readonly excerpt: string;
}

export interface AlarmRow {
  readonly id: string;
  readonly at: number;
  readonly code: string;
  readonly file: string | null;
  readonly text: Text;
  readonly detail: Readonly<Record<string, unknown>>;
}

export function createIntakeLedger(db: StateDatabase): IntakeLedger {
  return {
    begin: (record) => begin(db, record),
    advance: (tenant, id, progress) => save(db, tenant, id, 'running', progress, null),
    complete: (tenant, id, progress) => save(db, tenant, id, 'done', progress, null),
    fail: (tenant, id, progress, problem) => save(db, tenant, id, 'failed', progress, problem),
    quarantine: (tenant, id, rows) => quarantine(db, tenant, id, rows),
    alarm: (tenant, id, at, code, detail, text) => alarm(db, tenant, id, at, code, detail, text),
    sensor: (tenant, id, at) => knownSensor(db, tenant, id, at),
  };
}

/** The first attempt's time is kept, so that a resumed file yields the same batches. */
async function begin(db: StateDatabase, record: IntakeRecord): Promise<Awaited<ReturnType<IntakeLedger['begin']>>> {
  const inserted = await db
    .insertInto('intake')
    .values({
      tenant: record.tenant,
      id: record.id,
      file: record.file,
      digest: record.digest,
      collector: record.collector,
      sensor: record.sensor,
      state: 'running',
      bytes: record.bytes,
      received_at: record.receivedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted) return { state: 'new', receivedAt: record.receivedAt };
  const row = await db
    .selectFrom('intake')
    .selectAll()
    .where('tenant', '=', record.tenant)
    .where('id', '=', record.id)
    .executeTakeFirstOrThrow();
  if (row.state === 'done') return { state: 'done', progress: toProgress(row) };
  return { state: 'resumed', receivedAt: row.received_at, progress: toProgress(row) };
}

async function save(
  db: StateDatabase,
  tenant: string,
  id: string,
  state: IntakeState,
  progress: IntakeProgress,
  problem: string | null,
): Promise<void> {
  await db
    .updateTable('intake')
    .set({
      state,
      problem,
      records: progress.records,
      accepted: progress.accepted,
      quarantined: progress.quarantined,
      done_bytes: progress.doneBytes,
      seconds: progress.seconds,
      first_seen_at: progress.firstSeenAt,
      last_seen_at: progress.lastSeenAt,
    })
    .where('tenant', '=', tenant)
    .where('id', '=', id)
    .execute();
}

async function quarantine(db: StateDatabase, tenant: string, id: string, rows: readonly QuarantinedRecord[]): Promise<void> {
  if (rows.length === 0) return;
  const values = rowSet(rows, {
    record: ['int8', (row) => row.record],
    reason: ['text', (row) => storable(row.reason.code)],
    parameters: ['text', (row) => JSON.stringify(row.reason.parameters)],
    excerpt: ['text', (row) => storable(row.excerpt)],
  });
  await sql`
    insert into quarantine (tenant, intake_id, record, reason, parameters, excerpt) select ${tenant}, ${id}, k.* from ${values} as k
    on conflict do nothing`.execute(db);
}

/** PostgreSQL text cannot hold the zero character, and broken records are where it occurs. */
const storable = (text: string): string => text.replaceAll('\u0000', '\uFFFD');

/** An alarm that is about no file is one per code. */
async function alarm(
  db: StateDatabase,
  tenant: string,
  id: string | null,
  at: number,
  code: string,
  detail: Readonly<Record<string, unknown>>,
  text: Text,
): Promise<void> {
  const row = { tenant, source: id ?? '', code, at, text_ja: text.ja, text_en: text.en, detail: JSON.stringify(detail) };
  await db
    .insertInto('alarm')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Newest first. */
export async function listIntakes(db: StateDatabase, tenant: string, request: PageRequest = {}): Promise<Page<IntakeRow>> {
  const size = pageSize(request);
  const border = fromCursor(request.cursor, [z.number(), z.string()]);
  let query = db.selectFrom('intake').selectAll().where('tenant', '=', tenant);
  if (border) query = query.where((eb) => eb(eb.refTuple('received_at', 'id'), '<', eb.tuple(border[0], border[1])));
  const rows = await query
    .orderBy('received_at', 'desc')
    .orderBy('id', 'desc')
    .limit(size + 1)
    .execute();
  const { total } = await db
    .selectFrom('intake')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow();
  return toPage(rows.map(toIntake), size, total, (row) => [row.receivedAt, row.id]);
}

export async function readIntake(db: StateDatabase, tenant: string, id: string): Promise<IntakeRow | undefined> {
  const row = await db.selectFrom('intake').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
  return row && toIntake(row);
}

/** By file and record, the order in which a person reads them. */
export async function listQuarantine(
  db: StateDatabase,
  tenant: string,
  request: PageRequest & { readonly intake?: string | undefined } = {},
): Promise<Page<QuarantineRow>> {
  const size = pageSize(request);
  const border = fromCursor(request.cursor, [z.string(), z.number()]);
  let query = db.selectFrom('quarantine as q').where('q.tenant', '=', tenant);
  if (request.intake) query = query.where('q.intake_id', '=', request.intake);
  const { total } = await query.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  let paged = query
    .innerJoin('intake as i', (join) => join.onRef('i.tenant', '=', 'q.tenant').onRef('i.id', '=', 'q.intake_id'))
    .select(['q.intake_id as intake', 'i.file', 'i.collector', 'q.record', 'q.reason', 'q.parameters', 'q.excerpt']);
  if (border) paged = paged.where((eb) => eb(eb.refTuple('q.intake_id', 'q.record'), '>', eb.tuple(border[0], border[1])));
  const rows = await paged
    .orderBy('q.intake_id')
    .orderBy('q.record')
    .limit(size + 1)
    .execute();
  return toPage(rows.map(toQuarantine), size, total, (row) => [row.intake, row.record]);
}

/** Newest first. */
export async function listAlarms(db: StateDatabase, tenant: string, request: PageRequest = {}): Promise<Page<AlarmRow>> {
  const size = pageSize(request);
  const border = fromCursor(request.cursor, [z.number()]);
  let query = db
    .selectFrom('alarm as a')
    .leftJoin('intake as i', (join) => join.onRef('i.tenant', '=', 'a.tenant').onRef('i.id', '=', 'a.source'))
    .select(['a.id', 'a.at', 'a.code', 'i.file', 'a.text_ja', 'a.text_en', 'a.detail'])
    .where('a.tenant', '=', tenant);
  if (border) query = query.where('a.id', '<', border[0]);
  const rows = await query
    .orderBy('a.id', 'desc')
    .limit(size + 1)
    .execute();
  return toPage(rows.map(toAlarm), size, await countAlarms(db, tenant), (row) => [Number(row.id)]);
}

export async function countAlarms(db: StateDatabase, tenant: string): Promise<number> {
  const { total } = await db
    .selectFrom('alarm')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('tenant', '=', tenant)
    .executeTakeFirstOrThrow();
  return total;
}

const toQuarantine = ({
  parameters,
  reason,
  ...row
}: Omit<QuarantineRow, 'reason'> & { reason: string; parameters: string }): QuarantineRow => ({
  ...row,
  reason: { code: reason, parameters: JSON.parse(parameters) as Reason['parameters'] },
});

interface StoredAlarm {
  readonly id: number;
  readonly at: number;
  readonly code: string;
  readonly file: string | null;
  readonly text_ja: string;
  readonly text_en: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const toAlarm = (row: StoredAlarm): AlarmRow => ({
  id: String(row.id),
  at: row.at,
  code: row.code,
  file: row.file,
  text: { ja: row.text_ja, en: row.text_en },
  detail: row.detail,
});

const toProgress = (row: Selectable<IntakeTable>): IntakeProgress => ({
  records: row.records,
  accepted: row.accepted,
  quarantined: row.quarantined,
  doneBytes: row.done_bytes,
  seconds: row.seconds,
  firstSeenAt: row.first_seen_at,
  lastSeenAt: row.last_seen_at,
});

const toIntake = (row: Selectable<IntakeTable>): IntakeRow => ({
  tenant: row.tenant,
  id: row.id,
  file: row.file,
  digest: row.digest,
  collector: row.collector,
  sensor: row.sensor,
  bytes: row.bytes,
  receivedAt: row.received_at,
  state: row.state as IntakeState,
  problem: row.problem,
  ...toProgress(row),
});
