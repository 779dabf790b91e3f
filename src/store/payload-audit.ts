/**
 * Writes into the audit log when a sensor begins, changes or ends keeping the content of
 * packets: what the configuration file says alone, nobody could later prove.
 */
import type { Clock } from '../engine/clock.ts';
import type { PacketsConfig } from '../engine/packet-policy.ts';
import { appendAudit } from './state/audit.ts';
import type { StateDatabase } from './state/open.ts';
import { readSetting, writeSetting } from './state/settings.ts';

const KEY = 'packet-payload';

interface PayloadParts {
  readonly db: StateDatabase;
  readonly tenant: string;
  readonly clock: Clock;
}

type Payload = NonNullable<PacketsConfig['sensors'][string]['payload']>;

export async function auditPayload({ db, tenant, clock }: PayloadParts, { sensors }: PacketsConfig): Promise<void> {
  const before = (await readSetting<Record<string, Payload>>(db, tenant, KEY)) ?? {};
  const now = Object.fromEntries(
    Object.entries(sensors).flatMap(([sensor, { keep, payload }]) => (keep !== 'none' && payload ? [[sensor, payload]] : [])),
  );
  const changed = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter(
    (sensor) => textOf(before[sensor]) !== textOf(now[sensor]),
  );
  if (changed.length === 0) return;
  await db.transaction().execute(async (trx) => {
    for (const sensor of changed) {
      const payload = now[sensor];
      const action = payload ? 'packet-payload-kept' : 'packet-payload-ended';
      const detail = payload ? { bytes: payload.bytes, addresses: payload.addresses } : {};
      await appendAudit(trx, tenant, {
        at: clock.now(),
        actor: 'configuration',
        action,
        subject: sensor,
        purpose: payload?.purpose,
        detail,
      });
    }
    await writeSetting(trx, tenant, KEY, now);
  });
}

/** The store may give the keys back in another order. */
const textOf = (payload: Payload | undefined): string =>
  payload ? JSON.stringify([payload.bytes, payload.addresses, payload.purpose]) : '';
