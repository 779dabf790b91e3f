/**
 * Sensors as things: what they are called, where they stand, whom to ask, and how many
 * addresses they observed from when on.
 *
 * The number of observed addresses is history, not a setting: a day is judged by the
 * count that was valid on it, and a figure per address means nothing without it. Each row
 * of the history holds until the next one begins.
 */
import type { Kysely, Selectable } from 'kysely';
import type { Sensor } from '../../domain/question.ts';
import type { Text } from '../../domain/text.ts';
import { type AddressPeriod, addressesAt } from '../../domain/watching.ts';
import { appendAudit } from './audit.ts';
import type { StateDatabase } from './open.ts';
import type { Database, SensorTable } from './schema.ts';

export const SENSOR_KINDS = ['telescope', 'flow', 'feed'] as const;
export type SensorKind = (typeof SENSOR_KINDS)[number];

/** A sensor as somebody registered it, or as it was met first. */
export interface RegisteredSensor {
  readonly id: string;
  readonly title: Text;
  /** Null: nobody has said; what it sends tells. */
  readonly kind: SensorKind | null;
  readonly location: string;
  readonly contact: string;
  /** Seconds within which a sign of life is expected; null: nobody has said. */
  readonly cadenceSeconds: number | null;
  /** The constituent whose unused addresses it watches; null: nobody's in particular. */
  readonly constituentId: string | null;
  /** Oldest first, without holes; the first begins at 0 (since ever), the last never ends. */
  readonly history: readonly AddressPeriod[];
}

/** From this moment on (0: since ever) so many addresses; null: unknown again. */
export interface AddressChange {
  readonly since: number;
  readonly addresses: number | null;
}

/** What is left out stays as it is; `history` replaces the whole history. */
export interface SensorChange {
  readonly title?: Text | undefined;
  readonly kind?: SensorKind | null | undefined;
  readonly location?: string | undefined;
  readonly contact?: string | undefined;
  readonly cadenceSeconds?: number | null | undefined;
  readonly constituentId?: string | null | undefined;
  readonly history?: readonly AddressChange[] | undefined;
}

/** Both titles in one text, Japanese first: '火の見1 / Hinomi 1'. A text without a slash is the title in both languages. */
export function toTitle(text: string): Text {
  const [ja = '', en = ja] = text.split(' / ', 2);
  return { ja, en };
}

const titleText = ({ ja, en }: Text): string => (ja === en ? ja : `${ja} / ${en}`);

/** Changes in any order become periods without holes; like neighbours are one. */
export function toHistory(changes: readonly AddressChange[]): AddressPeriod[] {
  const bySince = new Map(changes.map((change) => [change.since, change.addresses]));
  if (!bySince.has(0)) bySince.set(0, null);
  const periods: { from: number; to: number; addresses: number | null }[] = [];
  for (const [since, addresses] of [...bySince].sort(([a], [b]) => a - b)) {
    const last = periods.at(-1);
    if (last?.addresses === addresses) continue;
    if (last) last.to = since;
    periods.push({ from: since, to: Infinity, addresses });
  }
  return periods;
}

export const toChanges = (history: readonly AddressPeriod[]): AddressChange[] =>
  history.map(({ from, addresses }) => ({ since: from, addresses }));

/** A sensor is known from its first sight; how many addresses it watched at that time, somebody must say. */
export async function knownSensor(db: StateDatabase, tenant: string, id: string, at: number): Promise<Sensor> {
  await db
    .insertInto('sensor')
    .values({ tenant, id, title_ja: id, title_en: id, kind: null, cadence_seconds: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const sensor = await readSensor(db, tenant, id);
  return { id, title: sensor ? titleText(sensor.title) : id, addresses: addressesAt(sensor?.history ?? [], at) };
}

/** As the simulation and tests say it: one title, and a count that holds since ever. */
export async function setSensor(db: StateDatabase, tenant: string, { id, title, addresses }: Sensor): Promise<void> {
  await db.transaction().execute((trx) => write(trx, tenant, id, { title: toTitle(title), history: [{ since: 0, addresses }] }));
}

export async function readSensor(db: Kysely<Database>, tenant: string, id: string): Promise<RegisteredSensor | undefined> {
  const row = await db.selectFrom('sensor').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const changes = await db
    .selectFrom('sensor_addresses')
    .select(['valid_from as since', 'addresses'])
    .where('tenant', '=', tenant)
    .where('sensor_id', '=', id)
    .execute();
  return toRegistered(row, changes);
}

export async function listSensors(db: StateDatabase, tenant: string): Promise<RegisteredSensor[]> {
  const rows = await db.selectFrom('sensor').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  const changes = await db
    .selectFrom('sensor_addresses')
    .select(['sensor_id', 'valid_from as since', 'addresses'])
    .where('tenant', '=', tenant)
    .execute();
  const bySensor = Map.groupBy(changes, (change) => change.sensor_id);
  return rows.map((row) => toRegistered(row, bySensor.get(row.id) ?? []));
}

function toRegistered(row: Selectable<SensorTable>, changes: readonly AddressChange[]): RegisteredSensor {
  return {
    id: row.id,
    title: { ja: row.title_ja, en: row.title_en },
    kind: SENSOR_KINDS.find((kind) => kind === row.kind) ?? null,
    location: row.location,
    contact: row.contact,
    cadenceSeconds: row.cadence_seconds,
    constituentId: row.constituent_id,
    history: toHistory(changes),
  };
}

/** Registers or changes a sensor; the change and its audit entry exist together or not at all. */
export async function changeSensor(
  db: StateDatabase,
  tenant: string,
  id: string,
  change: SensorChange,
  { at, actor }: { readonly at: number; readonly actor: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const before = await readSensor(trx, tenant, id);
    await write(trx, tenant, id, change);
    const after = await readSensor(trx, tenant, id);
    const detail = { before: before ? toDetail(before) : null, after: after ? toDetail(after) : null };
    await appendAudit(trx, tenant, { at, actor, action: before ? 'sensor-changed' : 'sensor-registered', subject: id, detail });
  });
}

/** Infinity has no JSON; the changes say the same. */
const toDetail = ({ history, ...sensor }: RegisteredSensor): Record<string, unknown> => ({ ...sensor, addresses: toChanges(history) });

async function write(trx: Kysely<Database>, tenant: string, id: string, change: SensorChange): Promise<void> {
  const set = columnsOf(change);
  await trx
    .insertInto('sensor')
    .values({ tenant, id, title_ja: id, title_en: id, kind: null, cadence_seconds: null, ...set })
    .onConflict((conflict) => {
      const same = conflict.columns(['tenant', 'id']);
      return Object.keys(set).length === 0 ? same.doNothing() : same.doUpdateSet(set);
    })
    .execute();
  if (change.history) await replaceHistory(trx, tenant, id, toHistory(change.history));
}

function columnsOf(change: SensorChange): Partial<Selectable<SensorTable>> {
  return {
    ...(change.title ? { title_ja: change.title.ja, title_en: change.title.en } : {}),
    ...(change.kind === undefined ? {} : { kind: change.kind }),
    ...(change.location === undefined ? {} : { location: change.location }),
    ...(change.contact === undefined ? {} : { contact: change.contact }),
    ...(change.cadenceSeconds === undefined ? {} : { cadence_seconds: change.cadenceSeconds }),
    ...(change.constituentId === undefined ? {} : { constituent_id: change.constituentId }),
  };
}

async function replaceHistory(trx: Kysely<Database>, tenant: string, id: string, history: readonly AddressPeriod[]): Promise<void> {
  await trx.deleteFrom('sensor_addresses').where('tenant', '=', tenant).where('sensor_id', '=', id).execute();
  await trx
    .insertInto('sensor_addresses')
    .values(history.map(({ from, addresses }) => ({ tenant, sensor_id: id, valid_from: from, addresses })))
    .execute();
}
