/** Every failure as one JSON shape; what went wrong inside goes to the log, not to the caller. */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ERRORS, YaguraError } from '../engine/errors.ts';
import type { Log } from '../engine/log.ts';
import type { Problem } from './contract.ts';

export function toProblem(error: unknown): Problem {
  if (!(error instanceof YaguraError)) return { code: 'internal', message: 'something failed inside the hub; its log says what' };
  return {
    code: error.code,
    message: error.message,
    ...(error.file === undefined ? {} : { file: error.file }),
    ...(error.record === undefined ? {} : { record: error.record }),
    ...(error.line === undefined ? {} : { line: error.line }),
  };
}

export function answerProblem(error: unknown, c: Context, log: Log): Response {
  if (error instanceof HTTPException) return c.json({ code: 'usage', message: error.message } satisfies Problem, error.status);
  const status = error instanceof YaguraError ? ERRORS[error.code].status : 500;
  if (status >= 500) log.error({ err: error, path: c.req.path }, 'a request failed');
  return c.json(toProblem(error), status as ContentfulStatusCode);
}
