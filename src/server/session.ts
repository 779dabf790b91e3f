/**
 * Who is asking, and whether they may.
 *
 * Until accounts exist there are two kinds of callers: the person at this machine, who
 * reaches a hub bound to loopback, and holders of a token. A page of somebody else's
 * site must not act as the person at this machine, so requests without a token are
 * trusted only when both Host and Origin are ours (DNS rebinding, cross-site requests).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { createMiddleware } from 'hono/factory';
import type { Permission, Role } from '../domain/permission.ts';
import { YaguraError } from '../engine/errors.ts';

export interface Session {
  readonly tenant: string;
  readonly role: Role;
  /** Written into audit entries and timelines. */
  readonly actor: string;
  /** Holds the token of the hub's own data folder: may name files of this machine. */
  readonly isOwner: boolean;
}

export interface ServerEnvironment {
  Variables: { session: Session };
}

export interface SessionRules {
  readonly tenant: string;
  readonly ownerToken: string;
  readonly accessToken: string | undefined;
  /** True while bound to loopback: the person at this machine needs no token. */
  readonly trustsThisMachine: boolean;
  /** Tokens kept in the state store, by SHA-256. */
  findToken(hash: string): Promise<{ tenant: string; role: Role; name: string } | undefined>;
  permissionsOf(role: Role): Promise<ReadonlySet<Permission>>;
}

export const SESSION_COOKIE = 'yagura-session';
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}

export function sessions(rules: SessionRules) {
  return createMiddleware<ServerEnvironment>(async (c, next) => {
    refuseForeignHost(c, rules);
    c.set('session', await sessionOf(c, rules));
    await next();
  });
}

/** Refuses with 403 unless the caller's role holds the permission. */
export function requires(permission: Permission, rules: SessionRules) {
  return createMiddleware<ServerEnvironment>(async (c, next) => {
    const { role } = c.get('session');
    if (!(await rules.permissionsOf(role)).has(permission)) {
      throw new YaguraError('forbidden', `this needs the permission ${permission}, which the role ${role} does not have`);
    }
    await next();
  });
}

async function sessionOf(c: Context, rules: SessionRules): Promise<Session> {
  const token = tokenOf(c);
  if (token === undefined) {
    if (!rules.trustsThisMachine) throw new YaguraError('unauthenticated', 'this hub asks for its access token');
    refuseCrossSite(c);
    return { tenant: rules.tenant, role: 'administrator', actor: 'local-administrator', isOwner: false };
  }
  if (isSame(token, rules.ownerToken)) return { tenant: rules.tenant, role: 'administrator', actor: 'command-line', isOwner: true };
  if (rules.accessToken !== undefined && isSame(token, rules.accessToken)) {
    return { tenant: rules.tenant, role: 'administrator', actor: 'access-token', isOwner: false };
  }
  const known = await rules.findToken(hashToken(token));
  if (!known) throw new YaguraError('unauthenticated', 'this token is not known here');
  return { tenant: known.tenant, role: known.role, actor: known.name, isOwner: false };
}

function tokenOf(c: Context): string | undefined {
  const match = /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '');
  if (match?.[1]) return match[1];
  const cookie = getCookie(c, SESSION_COOKIE);
  if (cookie !== undefined) refuseCrossSite(c);
  return cookie;
}

function refuseForeignHost(c: Context, rules: SessionRules): void {
  if (!rules.trustsThisMachine) return;
  const host = (c.req.header('host') ?? new URL(c.req.url).host).replace(/:\d+$/, '');
  if (!LOOPBACK_NAMES.has(host) && !isLoopback(host)) {
    throw new YaguraError('forbidden', 'this hub answers only to localhost; name it so, or give it an address and an access token');
  }
}

function refuseCrossSite(c: Context): void {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const isForeignOrigin = origin !== undefined && origin !== 'null' ? new URL(origin).host !== c.req.header('host') : origin === 'null';
  if (isForeignOrigin || site === 'cross-site') throw new YaguraError('forbidden', 'requests from other sites are refused');
}

/** Compares without telling by its duration how much was right. */
function isSame(given: string, expected: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(expected).digest());
}

export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
