/**
 * How a command reaches the hub: the one that is running on the data folder, or one
 * opened in this very process.
 *
 * Both answer the same API, so a command has one way of asking, with the same
 * permissions, and never opens stores under a running hub.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, readConfig } from '../engine/config.ts';
import { ERRORS, type ErrorCode, YaguraError } from '../engine/errors.ts';
import type { Problem } from '../server/contract.ts';
import { type Invocation, textOption } from './command.ts';

export interface HubClient {
  get<T>(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  /** An answer that is not JSON, as it came. */
  text(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<string>;
  /** A streamed answer as it comes. */
  bytes(path: string): AsyncIterable<Uint8Array>;
  /** Lines of a streamed answer, parsed. */
  lines<T>(method: 'GET' | 'POST', path: string, body?: unknown): AsyncIterable<T>;
  close(): Promise<void>;
}

/** Written by a running hub into its data folder, readable by its owner only. */
export interface RunningHub {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
}

export const RUNNING_HUB_FILE = 'hub.json';

export function configOf(invocation: Invocation, more: Readonly<Record<string, unknown>> = {}): Config {
  const data = textOption(invocation, 'data');
  return readConfig({ file: textOption(invocation, 'config'), overrides: { ...(data === undefined ? {} : { data }), ...more } });
}

export async function connectHub(config: Config): Promise<HubClient> {
  const running = findRunningHub(config.data);
  if (running)
    return clientOf(
      (path, init) => fetch(new URL(path, running.url), init),
      running.token,
      () => Promise.resolve(),
    );
  const { openHub } = await import('../main.ts');
  const quiet: Config = config.log.level === 'info' ? { ...config, log: { level: 'warn' } } : config;
  const hub = await openHub(quiet);
  return clientOf(
    (path, init) => Promise.resolve(hub.app.request(`http://localhost${path}`, init)),
    hub.localToken,
    () => hub.close(),
  );
}

export function findRunningHub(data: string): RunningHub | undefined {
  try {
    const running = JSON.parse(readFileSync(join(data, RUNNING_HUB_FILE), 'utf8')) as RunningHub;
    process.kill(running.pid, 0);
    return running;
  } catch {
    return undefined;
  }
}

type Fetch = (path: string, init: RequestInit) => Promise<Response>;

function clientOf(ask: Fetch, token: string, close: () => Promise<void>): HubClient {
  const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await ask(`/api/v1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    if (!response.ok) throw toError((await response.json()) as Problem);
    return response;
  };
  return {
    get: async <T>(path: string, query: Readonly<Record<string, string | number | undefined>> = {}) =>
      (await (await send('GET', path + toQuery(query))).json()) as T,
    post: async <T>(path: string, body?: unknown) => (await (await send('POST', path, body)).json()) as T,
    put: async <T>(path: string, body: unknown) => (await (await send('PUT', path, body)).json()) as T,
    text: async (path, query = {}) => (await send('GET', path + toQuery(query))).text(),
    async *bytes(path: string) {
      const { body } = await send('GET', path);
      if (body) yield* body;
    },
    async *lines<T>(method: 'GET' | 'POST', path: string, body?: unknown) {
      const response = await send(method, path, body);
      yield* parseLines<T>(response);
    },
    close,
  };
}

export function toError(problem: Problem): YaguraError {
  const code: ErrorCode = problem.code in ERRORS ? (problem.code as ErrorCode) : 'internal';
  return new YaguraError(code, problem.message, { file: problem.file, record: problem.record, line: problem.line });
}

export function toQuery(query: Readonly<Record<string, string | number | undefined>>): string {
  const entries = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return entries.length > 0 ? `?${new URLSearchParams(entries).toString()}` : '';
}

async function* parseLines<T>(response: Response): AsyncIterable<T> {
  if (!response.body) return;
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
  if (rest !== '') yield JSON.parse(rest) as T;
}

/** Every row of a paged list. */
export async function* allRows<T>(hub: HubClient, path: string, query: Readonly<Record<string, string | undefined>>): AsyncIterable<T> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: { rows: T[]; cursor: string | null } = await hub.get(path, { ...query, limit: 500, cursor });
    yield* page.rows;
    cursor = page.cursor;
  }
}
