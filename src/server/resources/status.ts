/** Where the hub stands: counts, what data there is, whether it is all simulated. */
import { readCounts } from '../../store/state/counts.ts';
import { type Status, statusSchema } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare } from '../route.ts';
import type { SessionRules } from '../session.ts';

export function statusRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/status',
      permission: 'status.read',
      summary: 'Counts and state of the hub',
      answer: statusSchema,
    }),
    async (c) => {
      const { tenant, actor } = c.get('session');
      const { firstAt, lastAt, packets } = await parts.telemetry.dataRange(tenant);
      const status: Status = {
        version: parts.version,
        now: parts.clock.now(),
        simulation: await parts.simulation(),
        sender: parts.sender,
        marking: parts.marking,
        actor,
        counts: await readCounts(parts.db, tenant),
        data: { firstAt, lastAt, packets },
      };
      return c.json(status, 200);
    },
  );
}
