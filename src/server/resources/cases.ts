/** Cases: the list, one with everything known about it, its moves, its notice as it would be sent now. */
import { z } from '@hono/zod-openapi';
import { CASE_MOVES, CASE_STATES } from '../../domain/case.ts';
import { SEVERITIES } from '../../domain/finding.ts';
import type { Notice } from '../../domain/notice.ts';
import type { Text } from '../../domain/text.ts';
import { YaguraError } from '../../engine/errors.ts';
import type { Notifier, RenderedNotice } from '../../engine/modules.ts';
import type { Configured } from '../../engine/pipeline.ts';
import { type CaseRow, caseTimeline, listCases, moveCase, noticesOfCase, readCase } from '../../store/state/cases.ts';
import { constituentNames, readConstituent } from '../../store/state/constituents.ts';
import { findingsOfCase, type StoredFinding, toCaseNumber } from '../../store/state/findings.ts';
import {
  type Case,
  type CaseDetail,
  caseDetailSchema,
  caseMoveSchema,
  casePageSchema,
  type NoticePreview,
  noticePreviewSchema,
  notifyResultSchema,
} from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream, pageQuery } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';
import { toWireAttribution, toWireFinding } from './findings.ts';

const idParams = z.object({ id: z.string() });
const previewQuery = z.object({ channel: z.string().default('mail'), language: z.enum(['ja', 'en']).optional() });

export function caseRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db } = parts;

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/cases',
      permission: 'case.read',
      summary: 'Cases, the gravest and most pressing first',
      query: z.object({
        ...pageQuery,
        state: z.enum(CASE_STATES).optional(),
        constituent: z.string().optional(),
        severity: z.enum(SEVERITIES).optional(),
        kind: z.string().optional(),
        q: z.string().max(200).optional(),
      }),
      answer: casePageSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const page = await listCases(db, tenant, c.req.valid('query'));
      const names = await constituentNames(db, tenant);
      return c.json({ ...page, rows: page.rows.map((row) => toWireCase(row, names)), byState: { ...page.byState } }, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/cases/{id}',
      permission: 'case.read',
      summary: 'One case',
      params: idParams,
      answer: caseDetailSchema,
    }),
    async (c) => c.json(await detailOf(parts, c.get('session').tenant, c.req.valid('param').id), 200),
  );

  declareStream(api, 'post', '/cases/{id}/moves', 'case.write', 'Move a case, with a reason', 'application/json');
  api.post('/cases/:id/moves', requires('case.write', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const move = caseMoveSchema.safeParse(await c.req.json().catch(() => undefined));
    if (!move.success) throw new YaguraError('usage', 'a move names the state and gives a reason of at least three characters');
    const to = CASE_STATES.find((state) => state === move.data.to);
    if (!to) throw new YaguraError('usage', `"${move.data.to}" is not a state; there are ${CASE_STATES.join(', ')}`);
    const id = c.req.param('id');
    await moveCase(db, tenant, id, to, { reason: move.data.reason, actor, at: parts.clock.now(), expiresAt: move.data.expiresAt ?? null });
    parts.events.announce(tenant, 'case', id);
    return c.json(await detailOf(parts, tenant, id), 200);
  });

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/cases/{id}/preview',
      permission: 'case.read',
      summary: 'The notice about this case as it would be sent now',
      params: idParams,
      query: previewQuery,
      answer: noticePreviewSchema,
    }),
    async (c) => {
      const { channel, language } = c.req.valid('query');
      const { notice, notifier } = await draft(parts, c.get('session').tenant, c.req.valid('param').id, channel, language);
      return c.json(toPreview(notice, await render(parts, notifier, notice)), 200);
    },
  );

  declareStream(
    api,
    'get',
    '/cases/{id}/preview/letter.pdf',
    'case.read',
    'The letter about this case as it would be printed now',
    'application/pdf',
  );
  api.get('/cases/:id/preview/letter.pdf', requires('case.read', rules), async (c) => {
    const query = previewQuery.safeParse(c.req.query());
    if (!query.success) throw new YaguraError('usage', 'language is ja or en');
    const { notice, notifier } = await draft(parts, c.get('session').tenant, c.req.param('id'), 'letter', query.data.language);
    const [part] = (await render(parts, notifier, notice)).parts;
    if (!part) throw new YaguraError('internal', 'the letter has no pages');
    return c.body(new Uint8Array(part.content), 200, {
      'content-type': part.mediaType,
      'content-disposition': 'inline; filename="preview.pdf"',
    });
  });

  declareStream(api, 'post', '/cases/{id}/notices', 'notice.send', 'Send the notice about this case', 'application/json');
  api.post('/cases/:id/notices', requires('notice.send', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const body = z.object({ channel: z.string() }).safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) throw new YaguraError('usage', 'say by which channel');
    notifierOf(parts, body.data.channel);
    return c.json(
      notifyResultSchema.parse(await parts.notify(tenant, actor, { caseId: c.req.param('id'), channel: body.data.channel })),
      200,
    );
  });
}

async function caseOf(parts: ServerParts, tenant: string, id: string): Promise<CaseRow> {
  const found = await readCase(parts.db, tenant, id);
  if (!found) throw new YaguraError('not-found', 'there is no such case');
  return found;
}

async function detailOf(parts: ServerParts, tenant: string, id: string): Promise<CaseDetail> {
  const row = await caseOf(parts, tenant, id);
  const [findings, names, timeline, notices] = await Promise.all([
    findingsOfCase(parts.db, tenant, toCaseNumber(id) ?? 0),
    constituentNames(parts.db, tenant),
    caseTimeline(parts.db, tenant, id),
    noticesOfCase(parts.db, tenant, id),
  ]);
  // When an asset changed hands, its findings went to the new holder's case; the old one keeps its history.
  const attribution = findings[0]?.attribution ?? parts.attributor().attribute(row.asset, row.lastSeenAt);
  return {
    case: toWireCase(row, names),
    findings: findings.map((finding) => toWireFinding(finding, names)),
    attribution: toWireAttribution(attribution, names),
    notices: notices.map((notice) => ({
      id: notice.id,
      channel: notice.channel,
      state: notice.state,
      at: notice.deliveredAt ?? notice.createdAt,
    })),
    timeline: timeline.map((event) => ({ ...event })),
    moves: [...CASE_MOVES[row.state]],
  };
}

function toWireCase(row: CaseRow, names: ReadonlyMap<string, Text>): Case {
  const { tenant: _tenant, ...rest } = row;
  return {
    ...rest,
    asset: { ...row.asset },
    kinds: [...row.kinds],
    channels: [...row.channels],
    constituentName: row.constituentId === null ? null : (names.get(row.constituentId) ?? null),
  };
}

export function notifierOf(parts: ServerParts, channel: string): Configured<Notifier> {
  const notifier = parts.notifiers.find(({ module }) => module.id === channel);
  if (!notifier)
    throw new YaguraError(
      'usage',
      `there is no channel "${channel}"; there are ${parts.notifiers.map(({ module }) => module.id).join(', ')}`,
    );
  return notifier;
}

export function render(parts: ServerParts, { module, settings }: Configured<Notifier>, notice: Notice): Promise<RenderedNotice> {
  return module.render(notice, settings, parts.render);
}

/** A notice that is not stored: its number and code are placeholders of the right form. */
async function draft(parts: ServerParts, tenant: string, id: string, channel: string, language: 'ja' | 'en' | undefined) {
  const row = await caseOf(parts, tenant, id);
  const notifier = notifierOf(parts, channel);
  if (row.constituentId === null)
    throw new YaguraError('conflict', 'nobody responsible is known for this case, so there is nobody to write to');
  const constituent = await readConstituent(parts.db, tenant, row.constituentId);
  if (!constituent) throw new YaguraError('not-found', 'the constituent of this case is no longer registered');
  if (!notifier.module.reaches(constituent)) throw new YaguraError('conflict', `${constituent.name.en} cannot be reached by ${channel}`);
  const findings = await findingsOfCase(parts.db, tenant, toCaseNumber(id) ?? 0);
  const notice: Notice = {
    id: 'N-000000',
    tenant,
    channel,
    constituent,
    language: language ?? constituent.language,
    checkCode: 'XXXX-XXXX',
    createdAt: parts.clock.now(),
    items: findings.map((finding) => toItem(id, finding)),
    isSimulation: (await parts.simulation()) !== null,
  };
  return { notice, notifier };
}

function toItem(caseId: string, finding: StoredFinding): Notice['items'][number] {
  const {
    fingerprint,
    kind,
    identifier,
    asset,
    port,
    transport,
    sourcePort,
    severity,
    confidence,
    firstSeenAt,
    lastSeenAt,
    count,
    because,
  } = finding;
  return {
    caseId,
    fingerprint,
    kind,
    identifier,
    asset: asset.value,
    port,
    transport,
    sourcePort,
    severity,
    confidence,
    firstSeenAt,
    lastSeenAt,
    count,
    because,
  };
}

export function toPreview(notice: Pick<Notice, 'channel' | 'language'>, rendered: RenderedNotice): NoticePreview {
  const decoder = new TextDecoder();
  return {
    subject: rendered.subject,
    channel: notice.channel,
    language: notice.language,
    parts: rendered.parts.map(({ mediaType, fileName, content }) => ({
      mediaType,
      fileName,
      size: content.length,
      text: mediaType.startsWith('text/') ? decoder.decode(content) : null,
    })),
  };
}
