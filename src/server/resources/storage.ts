/** What the telemetry store keeps, since when, how large, and when the oldest goes. */
import { YaguraError } from '../../engine/errors.ts';
import { storageSchema } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare } from '../route.ts';
import type { SessionRules } from '../session.ts';

export function storageRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/storage',
      permission: 'module.read',
      summary: 'Tables, their age and size',
      answer: storageSchema,
    }),
    async (c) => {
      // Sizes are those of all tenants together: a matter of the one that runs the hub.
      if (c.get('session').tenant !== rules.tenant) throw new YaguraError('not-found', 'the storage is looked after by another tenant');
      const { tables, bytes, mostBytes } = await parts.telemetry.storage();
      return c.json({ bytes, mostBytes, tables: [...tables] }, 200);
    },
  );
}
