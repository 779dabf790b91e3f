/** What was found, why we think so, and the observations underneath. */
import { z } from '@hono/zod-openapi';
import { stream } from 'hono/streaming';
import { caseTitle } from '../../cases/titles.ts';
import type { Attribution } from '../../domain/constituent.ts';
import { FINDING_KINDS, type FindingState, SEVERITIES } from '../../domain/finding.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { constituentNames } from '../../store/state/constituents.ts';
import { listFindings, readFinding, readFindingSeries, type StoredFinding } from '../../store/state/findings.ts';
import {
  type Finding,
  findingPageSchema,
  findingSchema,
  findingSeriesSchema,
  type ObservationPage,
  observationPageSchema,
  type Attribution as WireAttribution,
} from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { periodOf } from '../period.ts';
import { type Api, declare, declareStream, pageQuery, timeQuery } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';

const MINUTE = 60_000;
const kindQuery = z.enum(FINDING_KINDS).optional();
const filterQuery = {
  kind: kindQuery,
  constituent: z.string().optional(),
  state: z.string().optional(),
  severity: z.enum(SEVERITIES).optional(),
  q: z.string().max(200).optional(),
  case: z.string().optional(),
};

export function findingRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db, telemetry } = parts;

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/findings',
      permission: 'finding.read',
      summary: 'Findings, most recently seen first',
      query: z.object({ ...pageQuery, ...filterQuery }),
      answer: findingPageSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const { case: caseId, state, ...query } = c.req.valid('query');
      const page = await listFindings(db, tenant, { ...query, caseId, state: state as FindingState | undefined });
      const names = await constituentNames(db, tenant);
      return c.json({ ...page, rows: page.rows.map((row) => toWireFinding(row, names)) }, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/findings/series',
      permission: 'finding.read',
      summary: 'New findings per step and kind',
      query: z.object({ from: timeQuery.optional(), to: timeQuery.optional(), step: z.coerce.number().int().min(60).optional() }),
      answer: findingSeriesSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const query = c.req.valid('query');
      const { from, to } = await periodOf(parts, tenant, query.from, query.to);
      const result = await readFindingSeries(db, tenant, {
        from,
        to,
        stepSeconds: query.step ?? Math.max(60, Math.ceil((to - from) / 48_000 / 60) * 60),
      });
      const series = result.series.map((one) => ({ ...one, counts: [...one.counts], title: caseTitle(one.kind, '') }));
      return c.json({ ...result, series }, 200);
    },
  );

  declareStream(api, 'get', '/findings/export', 'finding.read', 'IntelMQ events, one JSON object per line', 'application/x-ndjson');
  api.get('/findings/export', requires('finding.read', rules), async (c) => {
    const { tenant } = c.get('session');
    const query = z.object({ format: z.literal('intelmq'), kind: kindQuery, constituent: z.string().optional() }).safeParse(c.req.query());
    if (!query.success) throw new YaguraError('usage', 'format=intelmq is the only export so far; kind and constituent may be added');
    const { kind, constituent } = query.data;
    c.header('content-type', 'application/x-ndjson');
    return stream(c, async (out) => {
      const wanted = constituent === undefined ? undefined : await fingerprintsOf(parts, tenant, constituent);
      let lines: string[] = [];
      for await (const record of telemetry.feedRecords({ tenant, kind })) {
        if (wanted && !wanted.has(record.fingerprint)) continue;
        lines.push(JSON.stringify(parts.toIntelmqEvent(record)));
        if (lines.length < 500) continue;
        await out.write(`${lines.join('\n')}\n`);
        lines = [];
      }
      if (lines.length > 0) await out.write(`${lines.join('\n')}\n`);
    });
  });

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/findings/{fingerprint}',
      permission: 'finding.read',
      summary: 'One finding',
      params: z.object({ fingerprint: z.string() }),
      answer: findingSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const finding = await findingOf(parts, tenant, c.req.valid('param').fingerprint);
      return c.json(toWireFinding(finding, await constituentNames(db, tenant)), 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/findings/{fingerprint}/observations',
      permission: 'finding.read',
      summary: 'What the finding rests on, newest first',
      params: z.object({ fingerprint: z.string() }),
      query: z.object(pageQuery),
      answer: observationPageSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const { cursor, limit } = c.req.valid('query');
      const offset = offsetOf(cursor);
      const finding = await findingOf(parts, tenant, c.req.valid('param').fingerprint);
      const page = await observationsOf(parts, finding, limit, offset);
      const next = offset + page.rows.length;
      return c.json({ ...page, cursor: next < page.total ? String(next) : null }, 200);
    },
  );
}

type Observations = Omit<ObservationPage, 'cursor'>;

/** What a finding rests on, newest first. */
export function observationsOf(parts: ServerParts, finding: StoredFinding, limit: number, offset: number): Promise<Observations> {
  const isFeed = finding.origin.feed !== undefined;
  return isFeed ? feedPage(parts, finding, limit, offset) : telescopePage(parts, finding, limit, offset);
}

async function feedPage({ telemetry }: ServerParts, finding: StoredFinding, limit: number, offset: number): Promise<Observations> {
  const { rows, total } = await telemetry.feedObservations({ tenant: finding.tenant, fingerprint: finding.fingerprint, limit, offset });
  const blank = { class: null, protocol: finding.transport, port: finding.port, packets: null, targets: null, mark: null };
  const toRow = ({ feed, observedAt, file, record, attributes }: (typeof rows)[number]): ObservationPage['rows'][number] => ({
    ...blank,
    at: observedAt,
    sensor: feed,
    file,
    record,
    attributes: { ...attributes },
  });
  return { source: 'feed', rows: rows.map(toRow), total };
}

async function telescopePage({ telemetry }: ServerParts, finding: StoredFinding, limit: number, offset: number): Promise<Observations> {
  const classes = finding.kind === 'dos-victim' ? (['backscatter'] as const) : undefined;
  const period = { from: finding.firstSeenAt - (finding.firstSeenAt % MINUTE), to: finding.lastSeenAt + MINUTE };
  const { rows, total } = await telemetry.telescopeObservations({
    tenant: finding.tenant,
    source: finding.asset.value,
    classes,
    ...period,
    limit,
    offset,
  });
  return { source: 'telescope', rows: rows.map((row) => ({ ...row, file: null, record: null, attributes: null })), total };
}

function offsetOf(cursor: string | undefined): number {
  const offset = Number(cursor ?? 0);
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new YaguraError('usage', 'the page cursor is not one of ours: leave it out to begin at the first page');
  return offset;
}

export async function findingOf(parts: ServerParts, tenant: string, fingerprint: string): Promise<StoredFinding> {
  const finding = await readFinding(parts.db, tenant, fingerprint);
  if (!finding) throw new YaguraError('not-found', 'there is no such finding');
  return finding;
}

async function fingerprintsOf(parts: ServerParts, tenant: string, constituent: string): Promise<Set<string>> {
  const found = new Set<string>();
  let cursor: string | null | undefined;
  do {
    const page = await listFindings(parts.db, tenant, { constituent, cursor, limit: 1000 });
    for (const row of page.rows) found.add(row.fingerprint);
    cursor = page.cursor;
  } while (cursor !== null);
  return found;
}

export function toWireFinding(finding: StoredFinding, names: ReadonlyMap<string, Text>): Finding {
  const { tenant: _tenant, sourcePort: _port, classification: _class, retractedAt: _at, attribution, origin, evidence, ...rest } = finding;
  return {
    ...rest,
    kindTitle: caseTitle(finding.kind, ''),
    attribution: toWireAttribution(attribution, names),
    origin: { ...origin },
    evidence: {
      rule: { ...evidence.rule, parameters: { ...evidence.rule.parameters } },
      facts: { ...evidence.facts },
      sensors: [...evidence.sensors],
    },
  };
}

export function toWireAttribution(attribution: Attribution, names: ReadonlyMap<string, Text>): WireAttribution {
  const name = attribution.constituentId === null ? null : (names.get(attribution.constituentId) ?? null);
  return { ...attribution, constituentName: name, network: { ...attribution.network } };
}
