/** C&C servers: searches, candidates, the two people's decisions, the allow-list, and the list that leaves. */
import { z } from '@hono/zod-openapi';
import { knownFamily, withheldText } from '../../domain/c2-list.ts';
import { isSamePerson, personOf } from '../../domain/purposes.ts';
import { YaguraError } from '../../engine/errors.ts';
import { BYTE_ORDER_MARK, toCsvLine } from '../../notifiers/csv.ts';
import { allowEntries } from '../../store/state/c2-allow.ts';
import { listCandidates, readCandidate, type StoredCandidate } from '../../store/state/c2-candidates.ts';
import { type C2Run, listRuns } from '../../store/state/c2-runs.ts';
import { readBody } from '../body.ts';
import {
  allowListSchema,
  C2_COLUMNS,
  type C2AllowList,
  type C2CandidateAnswer,
  type C2CandidateDetail,
  type C2CandidateList,
  type C2RunAnswer,
  type C2RunList,
  candidateDetailSchema,
  candidateListSchema,
  candidateSchema,
  runListSchema,
  runSchema,
  wantedAllowEntry,
  wantedDecision,
  wantedRun,
} from '../c2-contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream } from '../route.ts';
import { requires, type Session, type SessionRules } from '../session.ts';

const params = z.object({ id: z.string() });
const formatQuery = z.strictObject({ format: z.enum(['json', 'csv']).default('json') });

export function c2Routes(api: Api, rules: SessionRules, parts: ServerParts): void {
  runRoutes(api, rules, parts);
  candidateRoutes(api, rules, parts);
  allowRoutes(api, rules, parts);

  declareStream(
    api,
    'get',
    '/c2/list',
    'c2.read',
    'The list of confirmed C&C servers: seven fields, never a client; ?format=json|csv',
    'application/json',
  );
  api.get('/c2/list', requires('c2.read', rules), async (c) => {
    const read = formatQuery.safeParse(c.req.query());
    if (!read.success) throw new YaguraError('usage', 'format: json or csv; the list has no other options');
    const { tenant, actor } = c.get('session');
    const entries = await parts.c2.list(tenant, actor);
    if (read.data.format === 'json') return c.json(entries, 200);
    const lines = [C2_COLUMNS, ...entries.map((entry) => C2_COLUMNS.map((column) => entry[column] ?? ''))];
    return c.body(BYTE_ORDER_MARK + lines.map((line) => toCsvLine(line)).join(''), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="yagura-c2-list.csv"',
    });
  });
}

function runRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/c2/runs',
      permission: 'c2.read',
      summary: 'Searches of flow records: purpose, legal basis, fields, period, retention, who, and proof of deletion',
      answer: runListSchema,
    }),
    async (c) => c.json({ rows: (await listRuns(parts.db, c.get('session').tenant)).map(toRunAnswer) } satisfies C2RunList, 200),
  );

  api.openapi(
    declare(rules, {
      method: 'post',
      path: '/c2/runs',
      permission: 'c2.write',
      summary: 'Search flow records of a period {from, to}; needs leave for c2-detection',
      answer: runSchema,
    }),
    async (c) => {
      const { tenant, actor } = c.get('session');
      const { from, to } = await readBody(c, wantedRun);
      return c.json(toRunAnswer(await parts.c2.run({ tenant, actor, from, to })), 200);
    },
  );
}

function candidateRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/c2/candidates',
      permission: 'c2.read',
      summary: 'Servers that runs found, highest score first',
      answer: candidateListSchema,
    }),
    async (c) => {
      const session = c.get('session');
      const rows = (await listCandidates(parts.db, session.tenant)).map((one) => toCandidateAnswer(parts, session, one));
      const counts = Object.fromEntries([...Map.groupBy(rows, ({ state }) => state)].map(([state, own]) => [state, own.length]));
      return c.json({ rows, counts, actor: personOf(session.actor) } satisfies C2CandidateList, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/c2/candidates/{id}',
      permission: 'c2.read',
      summary: 'One server with its history',
      params,
      answer: candidateDetailSchema,
    }),
    async (c) => {
      const session = c.get('session');
      const known = await readCandidate(parts.db, session.tenant, c.req.valid('param').id);
      if (!known) throw new YaguraError('not-found', 'there is no such candidate');
      const candidate = toCandidateAnswer(parts, session, known.candidate);
      return c.json({ candidate, events: [...known.events] } satisfies C2CandidateDetail, 200);
    },
  );

  const decisions = [
    { verb: 'confirm', summary: 'One of the two words that make a candidate a C&C server', decide: parts.c2.confirm.bind(parts.c2) },
    {
      verb: 'reject',
      summary: 'Not a C&C server, with the reason; also withdraws a confirmed one',
      decide: parts.c2.reject.bind(parts.c2),
    },
    { verb: 'reopen', summary: 'Look at a rejected or expired one again', decide: parts.c2.reopen.bind(parts.c2) },
  ] as const;
  for (const { verb, summary, decide } of decisions) {
    api.openapi(
      declare(rules, {
        method: 'post',
        path: `/c2/candidates/{id}/${verb}`,
        permission: 'c2.write',
        summary,
        params,
        answer: candidateSchema,
      }),
      async (c) => {
        const session = c.get('session');
        const { id } = c.req.valid('param');
        const { reason } = await readBody(c, wantedDecision).catch(async (error: unknown) => {
          if (await readCandidate(parts.db, session.tenant, id)) throw error;
          throw new YaguraError('not-found', 'there is no such candidate');
        });
        const decided = await decide(session.tenant, { id, actor: session.actor, reason, at: parts.clock.now() });
        return c.json(toCandidateAnswer(parts, session, decided), 200);
      },
    );
  }
}

function allowRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const answer = async (tenant: string, findings: number): Promise<C2AllowList> => {
    const rows = (await allowEntries(parts.db, tenant)).map(({ id, prefix, port, reason, addedBy, addedAt }) => {
      return { id, prefix, port, reason, addedBy, addedAt };
    });
    return { rows, findings };
  };

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/c2/allow',
      permission: 'c2.read',
      summary: 'Servers known to be harmless',
      answer: allowListSchema,
    }),
    async (c) => c.json(await answer(c.get('session').tenant, 0), 200),
  );

  api.openapi(
    declare(rules, {
      method: 'post',
      path: '/c2/allow',
      permission: 'c2.write',
      summary: 'Add {prefix, port, reason}; stored candidates and findings follow at once',
      answer: allowListSchema,
    }),
    async (c) => {
      const { tenant, actor } = c.get('session');
      const entry = await readBody(c, wantedAllowEntry);
      const { findings } = await parts.c2.allow(tenant, { ...entry, actor, at: parts.clock.now() });
      return c.json(await answer(tenant, findings), 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'post',
      path: '/c2/allow/{id}/remove',
      permission: 'c2.write',
      summary: 'Take an entry back; what it silenced is as it was',
      params,
      answer: allowListSchema,
    }),
    async (c) => {
      const { tenant, actor } = c.get('session');
      const { findings } = await parts.c2.disallow(tenant, c.req.valid('param').id, actor, parts.clock.now());
      return c.json(await answer(tenant, findings), 200);
    },
  );
}

const toRunAnswer = (run: C2Run): C2RunAnswer => ({ ...run, fields: [...run.fields] });

function toCandidateAnswer(parts: ServerParts, session: Session, candidate: StoredCandidate): C2CandidateAnswer {
  const { isClient: _, decidedState: __, ...rest } = candidate;
  const { asn, asName, country } = parts.attributor().network(candidate.address);
  const withheld = parts.c2.withheld(candidate);
  const isTheirTurn =
    candidate.state === 'candidate' ||
    (candidate.state === 'confirmed-once' && !isSamePerson(candidate.confirmedBy ?? session.actor, session.actor));
  return {
    ...rest,
    methods: [...candidate.methods],
    features: candidate.features === null ? null : { ...candidate.features },
    because: candidate.because,
    familyOnList: knownFamily(candidate.family) ?? null,
    network: asn === null ? null : [`AS${asn}`, asName ?? ''].join(' ').trim(),
    country,
    withheld: withheld === undefined ? null : withheldText(withheld),
    mayConfirm: isTheirTurn && withheld === undefined,
  };
}
