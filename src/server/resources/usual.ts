/** Today against the same time of the days before: a band, not a single figure, because usual is a range. */
import { z } from '@hono/zod-openapi';
import { TRAFFIC_CLASSES } from '../../domain/traffic-class.ts';
import { type Usual, usualSchema } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { periodOf } from '../period.ts';
import { type Api, declare, timeQuery } from '../route.ts';
import type { SessionRules } from '../session.ts';
import { usualBand } from '../usual-band.ts';
import { gapsOf } from '../watching.ts';
import { watch } from './traffic.ts';

const DAY = 86_400_000;
const EARLIER_DAYS = 28;
/** Steps that divide a day, so that a step falls on the same time of every day. */
const STEPS = [300, 600, 900, 1800, 3600] as const;
const CLASS_IDS = TRAFFIC_CLASSES.map(({ id }) => id);

export function usualRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/usual',
      permission: 'traffic.read',
      summary: 'Packets of a day against the same time of up to 28 earlier days',
      query: z.object({
        from: timeQuery.optional(),
        to: timeQuery.optional(),
        class: z.enum(CLASS_IDS).optional(),
        step: z.coerce
          .number()
          .pipe(z.literal([...STEPS]))
          .default(600),
      }),
      answer: usualSchema,
    }),
    async (c) => {
      const { from, to, class: id, step } = c.req.valid('query');
      const { tenant } = c.get('session');
      const asked = await periodOf(parts, tenant, from, to);
      const range = { from: Math.max(asked.from, asked.to - DAY), to: asked.to };
      const question = { tenant, ...range, stepSeconds: step, days: EARLIER_DAYS, class: id };
      const { today, earlier } = await parts.telemetry.usual(question);
      const gaps = await gapsOf(parts, { tenant, ...range });
      const { bells } = await watch(parts, tenant, range.from, range.to);
      const answer = { ...range, stepSeconds: step, class: id ?? null, today: [...today], days: earlier.length, gaps, bells };
      return c.json({ ...answer, usual: usualBand(earlier, today.length) } satisfies Usual, 200);
    },
  );
}
