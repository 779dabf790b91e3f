/** The JSON body of a request, read once by its schema; what is wrong with it is said in one sentence. */
import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { YaguraError } from '../engine/errors.ts';

export async function readBody<Schema extends z.ZodType>(c: Context, schema: Schema): Promise<z.output<Schema>> {
  const read = schema.safeParse(await c.req.json().catch(() => undefined));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new YaguraError('usage', `${(issue?.path ?? []).map(String).join('.') || 'the request'}: ${issue?.message ?? 'invalid'}`);
}
