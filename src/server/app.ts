/**
 * The hub's door: the API under /api/v1, its OpenAPI document, and the console.
 */
import { OpenAPIHono } from '@hono/zod-openapi';
import { Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { secureHeaders } from 'hono/secure-headers';
import { YaguraError } from '../engine/errors.ts';
import { consoleRoutes, signInRoutes } from './console.ts';
import type { ServerParts } from './parts.ts';
import { answerProblem } from './problems.ts';
import { alertRoutes } from './resources/alerts.ts';
import { arrivalRoutes } from './resources/arrivals.ts';
import { backtestRoutes } from './resources/backtests.ts';
import { c2Routes } from './resources/c2.ts';
import { caseRoutes } from './resources/cases.ts';
import { changeRoutes } from './resources/changes.ts';
import { constituentRoutes } from './resources/constituents.ts';
import { explanationRoutes } from './resources/explanations.ts';
import { exploreRoutes } from './resources/explore.ts';
import { findingListRoutes } from './resources/finding-list.ts';
import { findingRoutes } from './resources/findings.ts';
import { intakeRoutes } from './resources/intakes.ts';
import { liveRoutes } from './resources/live.ts';
import { moduleRoutes } from './resources/modules.ts';
import { noticeRoutes } from './resources/notices.ts';
import { packetRoutes } from './resources/packets.ts';
import { purposeRoutes } from './resources/purposes.ts';
import { sensorRoutes } from './resources/sensors.ts';
import { statisticsRoutes } from './resources/statistics.ts';
import { statusRoutes } from './resources/status.ts';
import { storageRoutes } from './resources/storage.ts';
import { suppressedRoutes } from './resources/suppressed.ts';
import { surgeRoutes } from './resources/surges.ts';
import { tokenRoutes } from './resources/tokens.ts';
import { trafficRoutes } from './resources/traffic.ts';
import { usualRoutes } from './resources/usual.ts';
import type { Api } from './route.ts';
import { SESSION_COOKIE, type ServerEnvironment, type SessionRules, sessions } from './session.ts';

export interface AppOptions {
  readonly parts: ServerParts;
  readonly rules: SessionRules;
  /** Built console; absent when only the API is wanted, as for a command. */
  readonly consoleFolder?: string | undefined;
}

export function createApp({ parts, rules, consoleFolder }: AppOptions): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        styleSrc: ["'self'"],
        styleSrcAttr: ["'unsafe-inline'"],
        objectSrc: ["'self'"],
        frameSrc: ["'self'"],
        frameAncestors: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
      },
      xFrameOptions: 'SAMEORIGIN',
      referrerPolicy: 'same-origin',
    }),
  );
  app.onError((error, c) => answerProblem(error, c, parts.log));
  app.route('/api/v1', createApi(parts, rules));
  app.all('/api/*', () => {
    throw new YaguraError('not-found', 'the API has no such address; /api/v1/openapi.json lists what there is');
  });
  // Also where this machine is trusted: a second person signs in with a token of their own.
  app.route('/', signInRoutes());
  if (!rules.trustsThisMachine) {
    app.use(async (c, next) => (getCookie(c, SESSION_COOKIE) === undefined ? c.redirect('/sign-in') : next()));
  }
  if (consoleFolder !== undefined) app.route('/', consoleRoutes(consoleFolder));
  return app;
}

export function createApi(parts: ServerParts, rules: SessionRules): Api {
  const api = new OpenAPIHono<ServerEnvironment>({
    defaultHook: (result) => {
      if (result.success) return;
      const [issue] = result.error.issues;
      throw new YaguraError('usage', `${(issue?.path ?? []).map(String).join('.')}: ${issue?.message ?? 'invalid'}`);
    },
  });
  api.onError((error, c) => answerProblem(error, c, parts.log));
  api.use(sessions(rules));
  api.use(async (c, next) => {
    await next();
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  statusRoutes(api, rules, parts);
  trafficRoutes(api, rules, parts);
  usualRoutes(api, rules, parts);
  arrivalRoutes(api, rules, parts);
  intakeRoutes(api, rules, parts);
  exploreRoutes(api, rules, parts);
  findingListRoutes(api, rules, parts);
  findingRoutes(api, rules, parts);
  backtestRoutes(api, rules, parts);
  explanationRoutes(api, rules, parts);
  caseRoutes(api, rules, parts);
  noticeRoutes(api, rules, parts);
  alertRoutes(api, rules, parts);
  constituentRoutes(api, rules, parts);
  storageRoutes(api, rules, parts);
  moduleRoutes(api, rules);
  sensorRoutes(api, rules, parts);
  suppressedRoutes(api, rules, parts);
  surgeRoutes(api, rules, parts);
  packetRoutes(api, rules, parts);
  purposeRoutes(api, rules, parts);
  c2Routes(api, rules, parts);
  statisticsRoutes(api, rules, parts);
  liveRoutes(api, rules, parts);
  tokenRoutes(api, rules, parts);
  changeRoutes(api, rules, parts);
  api.doc31('/openapi.json', { openapi: '3.1.0', info: { title: 'Yagura', version: parts.version } });
  return api;
}
