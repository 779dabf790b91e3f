/** Evidence that detectors put aside, with the reason; and what a sensor of a given size cannot see at all. */
import { z } from '@hono/zod-openapi';
import { settingsSchema } from '../../detectors/scanner/schema.ts';
import { scanLimits } from '../../detectors/scanner/thresholds.ts';
import { SUPPRESSION_TEXTS } from '../../domain/suppressed.ts';
import { addressesAt } from '../../domain/watching.ts';
import { YaguraError } from '../../engine/errors.ts';
import { readSuppressed } from '../../store/state/suppressions.ts';
import type { ServerParts } from '../parts.ts';
import { periodOf } from '../period.ts';
import { type Api, declare, timeQuery } from '../route.ts';
import type { SessionRules } from '../session.ts';
import { type SensorLimits, type SuppressedPage, sensorLimitsSchema, suppressedPageSchema } from '../suppressed-contract.ts';
import { knownSensors } from '../watching.ts';

const DAY = 86_400_000;

export function suppressedRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/suppressed',
      permission: 'finding.read',
      summary: 'Evidence that was seen and put aside, per sensor, day and reason',
      query: z.object({ from: timeQuery.optional(), to: timeQuery.optional(), sensor: z.string().optional() }),
      answer: suppressedPageSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const { from, to, sensor } = c.req.valid('query');
      const period = await periodOf(parts, tenant, from, to);
      // A day counts when any of it lies within.
      const days = { from: period.from - (period.from % DAY), to: period.to };
      const rows = await readSuppressed(parts.db, { tenant, sensor, ...days });
      const answer = rows.map((row) => ({ ...row, ports: [...row.ports], text: SUPPRESSION_TEXTS[row.reason] }));
      return c.json({ ...days, rows: answer } satisfies SuppressedPage, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/sensors/{id}/limits',
      permission: 'sensor.read',
      summary: 'The slowest scan this sensor can see, and the silence after which one is over',
      params: z.object({ id: z.string() }),
      answer: sensorLimitsSchema,
    }),
    async (c) => c.json(await limitsOf(parts, c.get('session').tenant, c.req.valid('param').id), 200),
  );
}

async function limitsOf(parts: ServerParts, tenant: string, id: string): Promise<SensorLimits> {
  const sensor = (await knownSensors(parts, tenant)).find((one) => one.id === id);
  if (!sensor) throw new YaguraError('not-found', 'there is no such sensor');
  const addresses = addressesAt(sensor.history, parts.clock.now());
  const inForce = parts.detectors.find(({ module }) => module.id === 'scanner')?.settings;
  const limits = addresses === null ? null : scanLimits(addresses, settingsSchema.parse(inForce ?? {}));
  return { addresses, limits };
}
