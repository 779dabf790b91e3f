/** Who may do what, from the table the first migration seeded, and who holds which token. */
import { PERMISSIONS, type Permission, ROLES, type Role } from '../../domain/permission.ts';
import type { StateDatabase } from './open.ts';

/** The rule for every tenant that has none of its own. */
const EVERYONE = '*';

export async function permissionsOf(db: StateDatabase, role: Role, tenant: string = EVERYONE): Promise<ReadonlySet<Permission>> {
  const rows = await db
    .selectFrom('role_permission')
    .select(['tenant', 'permission'])
    .where('tenant', 'in', [tenant, EVERYONE])
    .where('role', '=', role)
    .execute();
  const own = rows.filter((row) => row.tenant === tenant);
  const granted = new Set((own.length > 0 ? own : rows).map((row) => row.permission));
  return new Set(PERMISSIONS.filter((permission) => granted.has(permission)));
}

export interface NewToken {
  readonly id: string;
  readonly hash: string; // hex SHA-256; the token itself is shown once and never stored
  readonly role: Role;
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

export async function addToken(db: StateDatabase, tenant: string, token: NewToken): Promise<void> {
  await db
    .insertInto('api_token')
    .values({
      tenant,
      id: token.id,
      hash: Buffer.from(token.hash, 'hex'),
      role: token.role,
      label: token.name,
      created_at: token.createdAt,
      expires_at: token.expiresAt,
    })
    .execute();
}

/** Across tenants, because the token is what tells the tenant. */
export async function findToken(
  db: StateDatabase,
  hash: string,
  at: number,
): Promise<{ tenant: string; role: Role; name: string } | undefined> {
  const row = await db
    .selectFrom('api_token')
    .select(['tenant', 'role', 'label'])
    .where('hash', '=', Buffer.from(hash, 'hex'))
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', at)]))
    .executeTakeFirst();
  const role = ROLES.find((one) => one === row?.role);
  return row && role ? { tenant: row.tenant, role, name: row.label } : undefined;
}

export interface TokenRow {
  readonly id: string;
  readonly role: string;
  readonly name: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/** Newest first; the tokens themselves are not kept. */
export async function listTokens(db: StateDatabase, tenant: string): Promise<TokenRow[]> {
  const rows = await db
    .selectFrom('api_token')
    .select(['id', 'role', 'label', 'created_at', 'expires_at'])
    .where('tenant', '=', tenant)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({ id: row.id, role: row.role, name: row.label, createdAt: row.created_at, expiresAt: row.expires_at }));
}

/** False when there is no such token. */
export async function removeToken(db: StateDatabase, tenant: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('api_token').where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
  return numDeletedRows > 0n;
}
