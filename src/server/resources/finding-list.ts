/** Findings by the hundred thousand: stretches of the list, counts beside the filters, and decisions about many at once. */
import { z } from '@hono/zod-openapi';
import { caseTitle } from '../../cases/titles.ts';
import { FINDING_KINDS, type FindingState, SEVERITIES } from '../../domain/finding.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { constituentNames } from '../../store/state/constituents.ts';
import { countFindings, FINDING_ORDERS, type ListedFinding as Listed, readStretch } from '../../store/state/finding-list.ts';
import { markFindings, readMark } from '../../store/state/finding-marks.ts';
import type { FindingFilter } from '../../store/state/findings.ts';
import {
  findingCountsSchema,
  findingMarkResultSchema,
  findingMarkSchema,
  findingStretchSchema,
  type ListedFinding,
  standingMarkSchema,
} from '../finding-contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';
import { knownSensors } from '../watching.ts';
import { findingOf } from './findings.ts';

const MOST_ROWS = 500;

const filterQuery = {
  kind: z.enum(FINDING_KINDS).optional(),
  constituent: z.string().max(200).optional(),
  state: z.string().max(40).optional(),
  severity: z.enum(SEVERITIES).optional(),
  sensor: z.string().max(200).optional(),
  q: z.string().max(200).optional(),
};
type FilterQuery = z.infer<z.ZodObject<typeof filterQuery>>;

const toFilter = ({ state, ...rest }: FilterQuery): FindingFilter => ({ ...rest, state: state as FindingState | undefined });

/** Before the routes of single findings: their addresses would swallow these. */
export function findingListRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db } = parts;

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/findings/stretch',
      permission: 'finding.read',
      summary: 'A stretch of the list of findings, by its place in it',
      query: z.object({
        ...filterQuery,
        offset: z.coerce.number().int().min(0).max(10_000_000).default(0),
        limit: z.coerce.number().int().min(1).max(MOST_ROWS).default(100),
        order: z.enum(FINDING_ORDERS).default('recent'),
      }),
      answer: findingStretchSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const { offset, limit, order, ...query } = c.req.valid('query');
      const rows = await readStretch(db, tenant, toFilter(query), { offset, limit, order });
      const names = await constituentNames(db, tenant);
      return c.json({ offset, rows: rows.map((row) => toWire(row, names)) }, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/findings/counts',
      permission: 'finding.read',
      summary: 'How many findings fit a filter, by kind, severity and state',
      query: z.object(filterQuery),
      answer: findingCountsSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const [counts, sensors] = await Promise.all([countFindings(db, tenant, toFilter(c.req.valid('query'))), knownSensors(parts, tenant)]);
      const kindTitles = Object.fromEntries(FINDING_KINDS.map((kind) => [kind, caseTitle(kind, '')]));
      const { total, byKind, bySeverity, byState } = counts;
      const ids = sensors.filter(({ kind }) => kind !== 'flow').map(({ id }) => id);
      return c.json(
        { total, byKind: { ...byKind }, bySeverity: { ...bySeverity }, byState: { ...byState }, kindTitles, sensors: ids },
        200,
      );
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/findings/{fingerprint}/mark',
      permission: 'case.read',
      summary: 'What a person decided about a finding, and why',
      params: z.object({ fingerprint: z.string() }),
      answer: standingMarkSchema,
    }),
    async (c) => {
      const finding = await findingOf(parts, c.get('session').tenant, c.req.valid('param').fingerprint);
      return c.json({ mark: await readMark(db, finding.tenant, finding.fingerprint) }, 200);
    },
  );

  declareStream(
    api,
    'post',
    '/findings/marks',
    'case.write',
    'Decide about findings: false positive, accepted, open again',
    'application/json',
  );
  api.post('/findings/marks', requires('case.write', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const body = findingMarkSchema.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success)
      throw new YaguraError(
        'usage',
        'a decision names findings (at most 5,000), what they become, and a reason of at least three characters',
      );
    const result = await markFindings(db, tenant, { ...body.data, actor, at: parts.clock.now() });
    parts.events.announce(tenant, 'finding', null);
    parts.events.announce(tenant, 'case', null);
    return c.json(findingMarkResultSchema.parse(result), 200);
  });
}

function toWire({ constituentId, ...row }: Listed, names: ReadonlyMap<string, Text>): ListedFinding {
  return {
    ...row,
    asset: { ...row.asset },
    kindTitle: caseTitle(row.kind, ''),
    constituentName: constituentId === null ? null : (names.get(constituentId) ?? null),
  };
}
