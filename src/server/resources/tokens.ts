/** Tokens: who else may ask or deliver, made and withdrawn by the administrator. */
import { z } from '@hono/zod-openapi';
import { ROLES } from '../../domain/permission.ts';
import { YaguraError } from '../../engine/errors.ts';
import { sensorName } from '../../engine/source-config.ts';
import { appendAudit } from '../../store/state/audit.ts';
import { listTokens, removeToken } from '../../store/state/permissions.ts';
import { newTokenSchema, tokenListSchema } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare } from '../route.ts';
import type { SessionRules } from '../session.ts';

/** The name of a sensor's token is the sensor it speaks for, so all names keep to that form. */
const wantedToken = z.strictObject({ role: z.enum(ROLES), name: sensorName });

export function tokenRoutes(api: Api, rules: SessionRules, { db, clock, createToken }: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/tokens',
      permission: 'token.read',
      summary: 'Tokens, newest first; never the secrets themselves',
      answer: tokenListSchema,
    }),
    async (c) => c.json({ rows: await listTokens(db, c.get('session').tenant) }, 200),
  );

  api.openapi(
    declare(rules, {
      method: 'post',
      path: '/tokens',
      permission: 'token.write',
      summary: 'A new token for a role; a sensor’s token is named like its sensor',
      answer: newTokenSchema,
    }),
    async (c) => {
      const { tenant, actor } = c.get('session');
      const wanted = wantedToken.safeParse(await c.req.json().catch(() => undefined));
      if (!wanted.success) {
        const [issue] = wanted.error.issues;
        throw new YaguraError('usage', `${(issue?.path ?? []).map(String).join('.')}: ${issue?.message ?? 'invalid'}`);
      }
      return c.json(await createToken(tenant, wanted.data.role, wanted.data.name, actor), 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'post',
      path: '/tokens/{id}/revoke',
      permission: 'token.write',
      summary: 'Withdraw a token for good',
      params: z.object({ id: z.string() }),
      answer: tokenListSchema,
    }),
    async (c) => {
      const { tenant, actor } = c.get('session');
      const { id } = c.req.valid('param');
      const known = (await listTokens(db, tenant)).find((token) => token.id === id);
      if (!known || !(await removeToken(db, tenant, id))) throw new YaguraError('not-found', 'there is no such token');
      await appendAudit(db, tenant, { at: clock.now(), actor, action: 'token-revoked', subject: `${known.role} ${known.name}` });
      return c.json({ rows: await listTokens(db, tenant) }, 200);
    },
  );
}
