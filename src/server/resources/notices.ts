/** Notices: what was sent to whom, what came of it, and exactly what they read. */
import { z } from '@hono/zod-openapi';
import type { Notice } from '../../domain/notice.ts';
import { YaguraError } from '../../engine/errors.ts';
import { listNotices, type NoticeRow, readNotice, readNoticeRow } from '../../store/state/notices.ts';
import { noticePageSchema, noticePreviewSchema, noticeSchema, notifyResultSchema, type Notice as WireNotice } from '../contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream, pageQuery } from '../route.ts';
import { requires, type SessionRules } from '../session.ts';
import { notifierOf, render, toPreview } from './cases.ts';

const idParams = z.object({ id: z.string() });

export function noticeRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db } = parts;

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/notices',
      permission: 'notice.read',
      summary: 'Notices, newest first',
      query: z.object({ ...pageQuery, constituent: z.string().optional(), kind: z.string().optional() }),
      answer: noticePageSchema,
    }),
    async (c) => {
      const page = await listNotices(db, c.get('session').tenant, c.req.valid('query'));
      return c.json({ ...page, rows: page.rows.map((row) => toWireNotice(row, parts)) }, 200);
    },
  );

  declareStream(api, 'post', '/notices/run', 'notice.send', 'Queue one digest per constituent and deliver the queue', 'application/json');
  api.post('/notices/run', requires('notice.send', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    return c.json(notifyResultSchema.parse(await parts.notify(tenant, actor)), 200);
  });

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/notices/{id}',
      permission: 'notice.read',
      summary: 'One notice',
      params: idParams,
      answer: noticeSchema,
    }),
    async (c) => {
      const row = await readNoticeRow(db, c.get('session').tenant, c.req.valid('param').id);
      if (!row) throw new YaguraError('not-found', 'there is no such notice');
      return c.json(toWireNotice(row, parts), 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/notices/{id}/preview',
      permission: 'notice.read',
      summary: 'The notice exactly as it is sent',
      params: idParams,
      answer: noticePreviewSchema,
    }),
    async (c) => {
      const notice = await noticeOf(parts, c.get('session').tenant, c.req.valid('param').id);
      return c.json(toPreview(notice, await render(parts, notifierOf(parts, notice.channel), notice)), 200);
    },
  );

  declareStream(
    api,
    'get',
    '/notices/{id}/parts/{index}',
    'notice.read',
    'One part of the notice: text, table or PDF',
    'application/octet-stream',
  );
  api.get('/notices/:id/parts/:index', requires('notice.read', rules), async (c) => {
    const notice = await noticeOf(parts, c.get('session').tenant, c.req.param('id'));
    const { parts: rendered } = await render(parts, notifierOf(parts, notice.channel), notice);
    const part = rendered[Number(c.req.param('index'))];
    if (!part) throw new YaguraError('not-found', 'the notice has no such part');
    // HTML of a notice is shown in a sandboxed frame; opened by itself it may run nothing either.
    return c.body(new Uint8Array(part.content), 200, {
      'content-type': part.mediaType,
      'content-disposition': `inline; filename="${part.fileName}"`,
      'content-security-policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    });
  });
}

async function noticeOf(parts: ServerParts, tenant: string, id: string): Promise<Notice> {
  const notice = await readNotice(parts.db, tenant, id);
  if (!notice) throw new YaguraError('not-found', 'there is no such notice');
  return notice;
}

function toWireNotice(row: NoticeRow, parts: ServerParts): WireNotice {
  const title = parts.notifiers.find(({ module }) => module.id === row.channel)?.module.title ?? { ja: row.channel, en: row.channel };
  const { id, channel, constituentId, constituentName, state, language, about, items, severity, createdAt, deliveredAt, attempts, detail } =
    row;
  return {
    id,
    channel,
    channelTitle: title,
    constituentId,
    constituentName,
    state,
    language,
    about,
    items,
    severity,
    createdAt,
    deliveredAt,
    attempts,
    detail,
  };
}
