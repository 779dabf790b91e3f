/** Whom we serve, what they hold and how to reach them. */
import { type Kysely, type Selectable, sql } from 'kysely';
import { parsePrefix } from '../../domain/address.ts';
import type { Constituent, ConstituentKind, Resource } from '../../domain/constituent.ts';
import type { Language, Text } from '../../domain/text.ts';
import { rowSet } from './columns.ts';
import type { StateDatabase } from './open.ts';
import type { Database } from './schema.ts';

/**
 * Takes over an imported file. Those it names are added or renewed, their resources
 * replaced by the file's; when a resource was whose is said by the intervals in the file.
 * Constituents it does not name stay, because cases and notices refer to them.
 */
export async function replaceConstituents(db: StateDatabase, tenant: string, constituents: readonly Constituent[]): Promise<void> {
  if (constituents.length === 0) return;
  await db.transaction().execute(async (trx) => {
    await upsertConstituents(trx, tenant, constituents);
    await replaceResources(trx, tenant, constituents);
  });
}

async function upsertConstituents(trx: Kysely<Database>, tenant: string, constituents: readonly Constituent[]): Promise<void> {
  const rows = rowSet(constituents, {
    id: ['text', (one) => one.id],
    name_ja: ['text', (one) => one.name.ja],
    name_en: ['text', (one) => one.name.en],
    kind: ['text', (one) => one.kind],
    language: ['text', (one) => one.language],
    contact: ['text', (one) => JSON.stringify(one.contact)],
  });
  await sql`
    insert into constituent (tenant, id, name_ja, name_en, kind, language, contact)
    select ${tenant}, k.id, k.name_ja, k.name_en, k.kind, k.language, k.contact::jsonb from ${rows} as k
    on conflict (tenant, id) do update set name_ja = excluded.name_ja, name_en = excluded.name_en, kind = excluded.kind,
      language = excluded.language, contact = excluded.contact`.execute(trx);
}

async function replaceResources(trx: Kysely<Database>, tenant: string, constituents: readonly Constituent[]): Promise<void> {
  const ids = rowSet(constituents, { id: ['text', (one) => one.id] });
  await sql`delete from resource where tenant = ${tenant} and constituent_id in (select k.id from ${ids} as k)`.execute(trx);
  const held = constituents.flatMap((one) =>
    one.resources.map((resource, position) => ({ constituent: one.id, position, ...toRange(resource) })),
  );
  if (held.length === 0) return;
  const rows = rowSet(held, {
    constituent_id: ['text', (row) => row.constituent],
    position: ['int4', (row) => row.position],
    kind: ['text', (row) => row.resource.kind],
    value: ['text', (row) => row.resource.value],
    range_start: ['bytea', (row) => row.start],
    range_end: ['bytea', (row) => row.end],
    valid_from: ['int8', (row) => row.resource.validFrom],
    valid_to: ['int8', (row) => row.resource.validTo],
  });
  await sql`
    insert into resource (tenant, constituent_id, position, kind, value, range_start, range_end, valid_from, valid_to)
    select ${tenant}, k.* from ${rows} as k`.execute(trx);
}

/** The first and last address of a prefix, for looking up by address on the server. */
function toRange(resource: Resource): { resource: Resource; start: Uint8Array | null; end: Uint8Array | null } {
  const prefix = resource.kind === 'prefix' ? parsePrefix(resource.value) : undefined;
  return { resource, start: prefix?.start ?? null, end: prefix?.end ?? null };
}

export async function allConstituents(db: Kysely<Database>, tenant: string): Promise<Constituent[]> {
  const rows = await db.selectFrom('constituent').selectAll().where('tenant', '=', tenant).orderBy('id').execute();
  const resources = await db
    .selectFrom('resource')
    .selectAll()
    .where('tenant', '=', tenant)
    .orderBy('constituent_id')
    .orderBy('position')
    .execute();
  const held = Map.groupBy(resources, (row) => row.constituent_id);
  return rows.map((row) => toConstituent(row, held.get(row.id) ?? []));
}

/** In the order of their names. */
export async function listConstituents(db: StateDatabase, tenant: string): Promise<Constituent[]> {
  const constituents = await allConstituents(db, tenant);
  return constituents.sort((a, b) => a.name.en.localeCompare(b.name.en, 'en'));
}

export async function readConstituent(db: Kysely<Database>, tenant: string, id: string): Promise<Constituent | undefined> {
  const row = await db.selectFrom('constituent').selectAll().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
  if (!row) return undefined;
  const resources = await db
    .selectFrom('resource')
    .selectAll()
    .where('tenant', '=', tenant)
    .where('constituent_id', '=', id)
    .orderBy('position')
    .execute();
  return toConstituent(row, resources);
}

export async function constituentNames(db: StateDatabase, tenant: string): Promise<ReadonlyMap<string, Text>> {
  const rows = await db.selectFrom('constituent').select(['id', 'name_ja', 'name_en']).where('tenant', '=', tenant).execute();
  return new Map(rows.map((row) => [row.id, { ja: row.name_ja, en: row.name_en }]));
}

/** Open: neither fixed nor suppressed. */
export async function casesByConstituent(
  db: StateDatabase,
  tenant: string,
): Promise<ReadonlyMap<string, { readonly open: number; readonly all: number }>> {
  const { rows } = await sql<{ id: string; open: number; all: number }>`
    select constituent_id as id, count(*) filter (where state not in ('verified_fixed', 'suppressed')) as "open", count(*) as "all"
    from case_file where tenant = ${tenant} and constituent_id is not null group by 1`.execute(db);
  return new Map(rows.map((row) => [row.id, { open: row.open, all: row.all }]));
}

function toConstituent(row: Selectable<Database['constituent']>, resources: readonly Selectable<Database['resource']>[]): Constituent {
  return {
    id: row.id,
    name: { ja: row.name_ja, en: row.name_en },
    kind: row.kind as ConstituentKind,
    language: row.language as Language,
    contact: row.contact,
    resources: resources.map((one) => ({
      kind: one.kind as Resource['kind'],
      value: one.value,
      validFrom: one.valid_from,
      validTo: one.valid_to,
    })),
  };
}
