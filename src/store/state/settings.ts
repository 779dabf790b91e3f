/** Small facts a tenant's installation remembers about itself, by key. */
import type { StateDatabase } from './open.ts';

export async function readSetting<Value>(db: StateDatabase, tenant: string, key: string): Promise<Value | null> {
  const row = await db.selectFrom('setting').select('value').where('tenant', '=', tenant).where('key', '=', key).executeTakeFirst();
  return row ? (row.value as Value) : null;
}

export async function writeSetting(db: StateDatabase, tenant: string, key: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  await db
    .insertInto('setting')
    .values({ tenant, key, value: text })
    .onConflict((conflict) => conflict.columns(['tenant', 'key']).doUpdateSet({ value: text }))
    .execute();
}
