/** Own-range alerts: the list, one alert, what people do with it, and the organisations they are about. */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Constituent } from '../../domain/constituent.ts';
import { OWN_RANGE_CLASSES } from '../../domain/own-range.ts';
import { OWN_RANGE_TITLES } from '../../domain/own-range-text.ts';
import { YaguraError } from '../../engine/errors.ts';
import { rangesAt } from '../../own-range/ranges.ts';
import { OWN_RANGE_SETTINGS as SETTINGS } from '../../own-range/settings.ts';
import { constituentNames, listConstituents, readConstituent } from '../../store/state/constituents.ts';
import { toNoticeId } from '../../store/state/notices.ts';
import {
  type AlertCounts,
  acknowledgeAlert,
  alertCounts,
  closeAlert,
  commentOnAlert,
  listAlerts,
  readAlert,
  readAlertEvents,
  readAlertHours,
  type StoredAlert,
  setSwitch,
  switchedOff,
} from '../../store/state/own-range-alerts.ts';
import {
  type Alert,
  type AlertDetail,
  alertCloseSchema,
  alertCommentSchema,
  alertDetailSchema,
  alertPageSchema,
  type Ring,
  ringDetailSchema,
  ringPageSchema,
  switchSchema,
} from '../alert-contract.ts';
import type { ServerParts } from '../parts.ts';
import { type Api, declare, declareStream, pageQuery } from '../route.ts';
import { requires, type ServerEnvironment, type SessionRules } from '../session.ts';

const HOUR = 3_600_000;
const MOST_ON_RING = 1000;
const idParams = z.object({ id: z.string() });

export function alertRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  readingRoutes(api, rules, parts);
  actionRoutes(api, rules, parts);
  ringRoutes(api, rules, parts);
}

function readingRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db } = parts;
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/alerts',
      permission: 'alert.read',
      summary: 'Own-range alerts, newest first',
      query: z.object({
        ...pageQuery,
        constituent: z.string().optional(),
        class: z.enum(OWN_RANGE_CLASSES).optional(),
        host: z.string().optional(),
        state: z.enum(['open', 'ended', 'closed']).optional().describe("'open': neither ended nor closed"),
      }),
      answer: alertPageSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const [page, names] = [await listAlerts(db, tenant, c.req.valid('query'), SETTINGS), await constituentNames(db, tenant)];
      return c.json({ ...page, rows: page.rows.map((row) => toWire(row, names)) }, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/alerts/{id}',
      permission: 'alert.read',
      summary: 'One own-range alert with its timeline',
      params: idParams,
      answer: alertDetailSchema,
    }),
    async (c) => c.json(await detailOf(parts, c.get('session').tenant, c.req.valid('param').id), 200),
  );
}

function actionRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db, clock } = parts;
  const done = async (c: Context<ServerEnvironment>, id: string): Promise<Response> => {
    const { tenant } = c.get('session');
    parts.events.announce(tenant, 'alert', id);
    return c.json(await detailOf(parts, tenant, id), 200);
  };

  declareStream(api, 'post', '/alerts/{id}/acknowledge', 'alert.write', 'Say that somebody looks into it', 'application/json');
  api.post('/alerts/:id/acknowledge', requires('alert.write', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const { comment } = await bodyOf(c, alertCommentSchema);
    await acknowledgeAlert(db, tenant, c.req.param('id'), { at: clock.now(), actor, comment });
    return done(c, c.req.param('id'));
  });

  declareStream(api, 'post', '/alerts/{id}/comment', 'alert.write', 'Write into its timeline', 'application/json');
  api.post('/alerts/:id/comment', requires('alert.write', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const { comment } = await bodyOf(c, alertCommentSchema);
    if (comment === '') throw new YaguraError('usage', 'comment: there is nothing to write down');
    await commentOnAlert(db, tenant, c.req.param('id'), { at: clock.now(), actor, comment });
    return done(c, c.req.param('id'));
  });

  declareStream(api, 'post', '/alerts/{id}/close', 'alert.write', 'Close it with its cause', 'application/json');
  api.post('/alerts/:id/close', requires('alert.write', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const { cause, comment } = await bodyOf(c, alertCloseSchema);
    await closeAlert(db, tenant, c.req.param('id'), cause, { at: clock.now(), actor, comment });
    return done(c, c.req.param('id'));
  });
}

function ringRoutes(api: Api, rules: SessionRules, parts: ServerParts): void {
  const { db, clock } = parts;
  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/own-ranges',
      permission: 'alert.read',
      summary: 'Organisations with registered ranges, and whether they get alerts',
      answer: ringPageSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const [constituents, off, counts] = [
        await listConstituents(db, tenant),
        await switchedOff(db, tenant),
        await alertCounts(db, tenant),
      ];
      const rows = constituents
        .map((one) => toRing(one, off, counts, parts))
        .filter(({ ranges, alerts }) => ranges.length > 0 || alerts > 0);
      return c.json({ rows, total: rows.length }, 200);
    },
  );

  api.openapi(
    declare(rules, {
      method: 'get',
      path: '/own-ranges/{id}',
      permission: 'alert.read',
      summary: 'One organisation: its ranges and the alerts that are open',
      params: idParams,
      answer: ringDetailSchema,
    }),
    async (c) => {
      const { tenant } = c.get('session');
      const constituent = await readOne(parts, tenant, c.req.valid('param').id);
      const [off, counts] = [await switchedOff(db, tenant), await alertCounts(db, tenant)];
      const { rows } = await listAlerts(db, tenant, { constituent: constituent.id, state: 'open', limit: MOST_ON_RING }, SETTINGS);
      const names = new Map([[constituent.id, constituent.name]]);
      return c.json({ ring: toRing(constituent, off, counts, parts), alerts: rows.map((row) => toWire(row, names)) }, 200);
    },
  );

  declareStream(api, 'put', '/own-ranges/{id}', 'constituent.write', 'Switch own-range alerts on or off', 'application/json');
  api.put('/own-ranges/:id', requires('constituent.write', rules), async (c) => {
    const { tenant, actor } = c.get('session');
    const { isOn } = await bodyOf(c, switchSchema);
    const constituent = await readOne(parts, tenant, c.req.param('id'));
    await setSwitch(db, tenant, constituent.id, isOn, { at: clock.now(), actor });
    await parts.ownRange.watch.lookAgain();
    parts.events.announce(tenant, 'alert', null);
    return c.json(toRing(constituent, await switchedOff(db, tenant), await alertCounts(db, tenant), parts), 200);
  });
}

async function bodyOf<Body>(c: Context<ServerEnvironment>, schema: z.ZodType<Body>): Promise<Body> {
  const text = await c.req.text();
  const parsed = schema.safeParse(text === '' ? {} : parseJson(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new YaguraError('usage', `${(issue?.path ?? []).map(String).join('.') || 'the request'}: ${issue?.message ?? 'invalid'}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new YaguraError('usage', 'the request is not JSON', { cause });
  }
}

async function readOne(parts: ServerParts, tenant: string, id: string): Promise<Constituent> {
  const constituent = await readConstituent(parts.db, tenant, id);
  if (!constituent) throw new YaguraError('not-found', 'there is no such constituent');
  return constituent;
}

async function detailOf({ db }: ServerParts, tenant: string, id: string): Promise<AlertDetail> {
  const alert = await readAlert(db, tenant, id, SETTINGS);
  if (!alert) throw new YaguraError('not-found', 'there is no such alert');
  const [events, hours, names] = [
    await readAlertEvents(db, tenant, id),
    await readAlertHours(db, tenant, id),
    await constituentNames(db, tenant),
  ];
  return { alert: toWire(alert, names), events, hours, quietHours: SETTINGS.quietMs / HOUR };
}

function toWire({ noticeNumber, ports, sensors, ...alert }: StoredAlert, names: Awaited<ReturnType<typeof constituentNames>>): Alert {
  return {
    ...alert,
    constituentName: names.get(alert.constituentId) ?? { ja: alert.constituentId, en: alert.constituentId },
    title: OWN_RANGE_TITLES[alert.class],
    ports: [...ports],
    sensors: [...sensors],
    noticeId: noticeNumber === null ? null : toNoticeId(noticeNumber),
  };
}

function toRing(constituent: Constituent, off: ReadonlySet<string>, counts: ReadonlyMap<string, AlertCounts>, parts: ServerParts): Ring {
  const { open = 0, all = 0 } = counts.get(constituent.id) ?? {};
  return {
    constituentId: constituent.id,
    name: constituent.name,
    ranges: rangesAt(constituent, parts.clock.now()),
    isOn: !off.has(constituent.id),
    hasMail: parts.notifiers.some(({ module }) => module.id === 'mail' && module.reaches(constituent)),
    openAlerts: open,
    alerts: all,
  };
}
