/** Purposes, leave to look at records of communications, and who looked at what. */
import { z } from '@hono/zod-openapi';
import { DAILY_RUN, isGrantable, isSamePerson, needsAnother, personOf } from '../../domain/purposes.ts';
import { YaguraError } from '../../engine/errors.ts';
import { listAudit, verifyAudit } from '../../store/state/audit.ts';
import { approveGrant, endGrant, type GrantRow, listGrants, requestGrant } from '../../store/state/purpose-grants.ts';
import { readBody } from '../body.ts';
import {
  type AccessPage,
  accessPageSchema,
  type Grant,
  type GrantList,
  grantListSchema,
  grantSchema,
  type PurposeList,
  purposeListSchema,
  wantedGrant,
} from '../c2-contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, pageQuery } from '../route.ts';
import type { Session, SessionRules } from '../session.ts';

export function purposeRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db, clock } = parts;
  const params = z.object({ id: z.string() });
  const mayGrant = async ({ role }: Session): Promise<boolean> => (await rules.permissionsOf(role)).has('purpose.grant');

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/purposes',
      permission: 'purpose.read',
      summary: 'For which purposes records of communications may be looked at, and on which legal basis',
      answer: purposeListSchema,
    }),
    (c) => {
      const rows = parts.purposes.map((purpose) => ({ ...purpose, fields: [...purpose.fields], needsAnother: needsAnother(purpose.id) }));
      return c.json({ rows } satisfies PurposeList, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/grants',
      permission: 'purpose.read',
      summary: 'Leave that was asked for, given and ended, newest first',
      answer: grantListSchema,
    }),
    async (c) => {
      const session = c.get('session');
      const rows = (await listGrants(db, session.tenant, clock.now())).map((grant) => toAnswer(grant, session));
      return c.json(
        { rows, actor: personOf(session.actor), mayGrant: await mayGrant(session), dailyRun: DAILY_RUN } satisfies GrantList,
        200,
      );
    },
  );

  api.openapi(
    declare(rules, {
      method: 'post',
      path: '/grants',
      permission: 'purpose.request',
      summary: 'Ask for leave, or give it where one may: {purpose, reason, hours, grantedTo}',
      answer: grantSchema,
    }),
    async (c) => {
      const session = c.get('session');
      const { tenant, actor } = session;
      const wanted = await readBody(c, wantedGrant);
      if (!isGrantable(wanted.purpose)) throw new YaguraError('usage', 'purpose: sums need no leave');
      const grant = await requestGrant(db, tenant, {
        purpose: wanted.purpose,
        reason: wanted.reason,
        hours: wanted.hours,
        grantedTo: wanted.grantedTo ?? actor,
        actor,
        mayGrant: await mayGrant(session),
        at: clock.now(),
      });
      return c.json(toAnswer(grant, session), 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'post',
      path: '/grants/{id}/approve',
      permission: 'purpose.grant',
      summary: 'Give what somebody asked for; its time begins now',
      params,
      answer: grantSchema,
    }),
    async (c) => {
      const session = c.get('session');
      const grant = await approveGrant(db, session.tenant, c.req.valid('param').id, session.actor, clock.now());
      return c.json(toAnswer(grant, session), 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'post',
      path: '/grants/{id}/end',
      permission: 'purpose.request',
      summary: 'End leave at once: one’s own, or with purpose.grant anybody’s',
      params,
      answer: grantSchema,
    }),
    async (c) => {
      const session = c.get('session');
      const { id } = c.req.valid('param');
      const known = (await listGrants(db, session.tenant, clock.now())).find((grant) => grant.id === id);
      // Whoever may not end it learns no more than that it is not theirs to end.
      const isTheirs = known !== undefined && (isSamePerson(known.grantedTo, session.actor) || (await mayGrant(session)));
      if (!isTheirs) throw new YaguraError('not-found', 'there is no such leave');
      return c.json(toAnswer(await endGrant(db, session.tenant, id, session.actor, clock.now()), session), 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/purposes/access',
      permission: 'purpose.read',
      summary: 'Who looked at records of communications, when, for which purpose, and who was refused',
      query: z.object(pageQuery),
      answer: accessPageSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const { cursor, limit } = c.req.valid('query');
      const [page, verdict] = await Promise.all([
        listAudit(db, tenant, { cursor, limit, actions: ACCESS_ACTIONS }),
        verifyAudit(db, tenant),
      ]);
      const rows = page.rows.map((row) => ({ ...row, purpose: row.purpose ?? null, detail: { ...row.detail } }));
      return c.json({ rows, cursor: page.cursor, total: page.total, isIntact: verdict.isIntact } satisfies AccessPage, 200);
    },
  );
}

/** What of the audit log is about the secrecy of communications. */
const ACCESS_ACTIONS = [
  'flows-read',
  'flows-refused',
  'purpose-requested',
  'purpose-granted',
  'purpose-ended',
  'c2-run',
  'c2-run-refused',
  'c2-derived-deleted',
  'c2-confirmed-once',
  'c2-confirmed',
  'c2-rejected',
  'c2-reopened',
  'c2-expired',
  'c2-confirmation-refused',
  'c2-allow-added',
  'c2-allow-removed',
  'c2-list-read',
  'c2-list-refused',
];

function toAnswer(grant: GrantRow, session: Session): Grant {
  const { tenant: _, ...rest } = grant;
  return { ...rest, isMine: isSamePerson(grant.grantedTo, session.actor) };
}
