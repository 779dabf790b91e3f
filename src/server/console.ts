/**
 * The console's files, and the page that asks for the access token where one is needed.
 *
 * Assets carry their hash in the name and are kept for good; every other path is the
 * application, always fetched fresh. A missing asset is 404 and never the application.
 */
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import { YaguraError } from '../engine/errors.ts';
import { SESSION_COOKIE } from './session.ts';

const YEAR_SECONDS = 31_536_000;

export function consoleRoutes(root: string): Hono {
  const app = new Hono();
  app.get(
    '/assets/*',
    serveStatic({
      root,
      precompressed: true,
      onFound: (_path, c) => c.header('cache-control', `public, max-age=${YEAR_SECONDS}, immutable`),
    }),
  );
  app.get('/assets/*', (c) => c.text('not found', 404));
  app.get('*', serveStatic({ root, onFound: (_path, c) => c.header('cache-control', 'no-cache') }));
  app.get('*', serveStatic({ root, path: 'index.html', onFound: (_path, c) => c.header('cache-control', 'no-cache') }));
  return app;
}

const SIGN_IN = `<!doctype html><html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>火の見 Yagura</title></head><body><main><h1>火の見 <span lang="en">Yagura</span></h1>
<form method="post" action="/sign-in"><p><label for="token">アクセストークン <span lang="en">Access token</span></label></p>
<p><input id="token" name="token" type="password" required autocomplete="current-password"></p>
<p><button>開く <span lang="en">Open</span></button></p></form></main></body></html>`;

/** The token becomes a cookie that scripts cannot read; signing out makes whoever sits here themself again. */
export function signInRoutes(): Hono {
  const app = new Hono();
  app.get('/sign-in', (c) => c.html(SIGN_IN));
  app.post('/sign-in', async (c) => {
    if (c.req.header('sec-fetch-site') === 'cross-site') throw new YaguraError('forbidden', 'requests from other sites are refused');
    const { token } = await c.req.parseBody();
    const isSecure = new URL(c.req.url).protocol === 'https:';
    if (typeof token === 'string' && /^\S+$/.test(token)) {
      setCookie(c, SESSION_COOKIE, token, { httpOnly: true, sameSite: 'Strict', path: '/', secure: isSecure, maxAge: 12 * 3600 });
    }
    return c.redirect('/', 303);
  });
  app.get('/sign-out', (c) => {
    deleteCookie(c, SESSION_COOKIE, { path: '/' });
    return c.redirect('/', 303);
  });
  return app;
}
