/**
 * One way to declare a route: path, permission, shapes. A route without a permission
 * cannot be written, and the OpenAPI document shows which one each needs.
 */
import { createRoute, type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { Permission } from '../domain/permission.ts';
import { problemSchema } from './contract.ts';
import { requires, type ServerEnvironment, type SessionRules } from './session.ts';

export type Api = OpenAPIHono<ServerEnvironment>;

interface Declaration<Path extends string, Answer extends z.ZodType, Query extends z.ZodObject, Params extends z.ZodObject> {
  readonly method: 'get' | 'post';
  readonly path: Path;
  readonly permission: Permission;
  readonly summary: string;
  readonly answer: Answer;
  readonly query?: Query;
  readonly params?: Params;
}

const NO_QUERY = z.object({});

/** The declaration of a JSON route; the handler's answer is checked against `answer` by its type. */
export function declare<
  const Path extends string,
  Answer extends z.ZodType,
  Query extends z.ZodObject = typeof NO_QUERY,
  Params extends z.ZodObject = typeof NO_QUERY,
>(rules: SessionRules, declaration: Declaration<Path, Answer, Query, Params>) {
  const { method, path, permission, summary, answer } = declaration;
  const query = (declaration.query ?? NO_QUERY) as Query;
  const params = (declaration.params ?? NO_QUERY) as Params;
  return createRoute({
    method,
    path,
    summary,
    'x-permission': permission,
    middleware: [requires(permission, rules)] as const,
    request: {
      query,
      params,
    },
    responses: {
      200: { description: 'Done', content: { 'application/json': { schema: answer } } },
      default: { description: 'Refused or failed', content: { 'application/json': { schema: problemSchema } } },
    },
  } satisfies RouteConfig);
}

/** A route whose answer is not JSON: files and streams. Kept in the document all the same. */
export function declareStream(
  api: Api,
  method: 'get' | 'post' | 'put',
  path: string,
  permission: Permission,
  summary: string,
  mediaType: string,
): void {
  api.openAPIRegistry.registerPath({
    method,
    path,
    summary,
    'x-permission': permission,
    responses: { 200: { description: mediaType, content: { [mediaType]: { schema: z.unknown() } } } },
  });
}

export const pageQuery = {
  cursor: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};
export const timeQuery = z.coerce.number().int().min(0).max(8.64e15);
