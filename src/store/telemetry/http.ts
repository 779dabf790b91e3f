/**
 * A ClickHouse server by URL: the same three verbs as plain HTTP requests.
 *
 * `http://user:password@host:8123/database`. The credentials travel in a header and are
 * taken out of everything that is ever shown. Statements go in the body; only an
 * insert's statement goes in the address, because its body is the Native block itself.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { YaguraError } from '../../engine/errors.ts';
import {
  type Engine,
  INSERT_SECONDS,
  type NativeFile,
  parseAnswer,
  QUERY_SECONDS,
  type QueryOptions,
  type Row,
  type Settings,
  toStoreError,
} from './engine.ts';
import { type Sql, sql, trusted } from './sql.ts';

const DEFAULT_DATABASE = 'yagura';
/** What the server and the network may take on top of the engine's own limit. */
const NETWORK_SECONDS = 10;
const CANCEL_SECONDS = 5;

interface Post {
  readonly parameters: Settings;
  readonly body: Uint8Array<ArrayBuffer> | string;
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

export class HttpEngine implements Engine {
  readonly #base: URL;
  readonly #authorization: string | undefined;
  readonly #database: string;
  readonly #closing = new AbortController();

  constructor(url: string) {
    const { base, authorization, database } = parseUrl(url);
    this.#base = base;
    this.#authorization = authorization;
    this.#database = database;
  }

  /** Creates the database when it is missing; throws 'store-unavailable' when nobody answers. */
  async open(): Promise<void> {
    const text = trusted(`CREATE DATABASE IF NOT EXISTS ${this.#database}`).text;
    await this.#post({ parameters: {}, body: text, seconds: QUERY_SECONDS });
  }

  async exec(statement: Sql): Promise<void> {
    await this.#post({ parameters: this.#withDatabase({}), body: statement.text, seconds: INSERT_SECONDS });
  }

  async insert(part: NativeFile, settings: Settings): Promise<void> {
    const query = `INSERT INTO ${part.table} (${part.columns.join(', ')}) FORMAT Native`;
    const body = await readFile(part.file);
    await this.#post({ parameters: this.#withDatabase({ query, ...settings }), body, seconds: INSERT_SECONDS });
  }

  async query(question: Sql, options: QueryOptions = {}): Promise<readonly Row[]> {
    const seconds = options.timeoutSeconds ?? QUERY_SECONDS;
    const parameters = this.#withDatabase({
      max_execution_time: seconds,
      output_format_json_quote_64bit_integers: 1,
      // Without it a failure halfway would come as status 200 with half an answer.
      wait_end_of_query: 1,
    });
    return parseAnswer(await this.#post({ parameters, body: `${question.text} FORMAT JSONCompact`, seconds, signal: options.signal }));
  }

  close(): Promise<void> {
    this.#closing.abort(new YaguraError('store-unavailable', 'the telemetry store is closed'));
    return Promise.resolve();
  }

  #withDatabase(parameters: Settings): Settings {
    return { database: this.#database, ...parameters };
  }

  async #post(post: Post): Promise<string> {
    post.signal?.throwIfAborted();
    const id = randomUUID();
    const deadline = AbortSignal.timeout((post.seconds + NETWORK_SECONDS) * 1000);
    const signal = AbortSignal.any([this.#closing.signal, deadline, ...(post.signal ? [post.signal] : [])]);
    try {
      const response = await this.#fetch({ ...post.parameters, query_id: id }, post.body, signal);
      const text = await response.text();
      if (!response.ok) throw toStoreError(text === '' ? `status ${response.status}` : text);
      return text;
    } catch (error) {
      if (signal.aborted) await this.#cancel(id);
      post.signal?.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      if (error instanceof YaguraError) throw error;
      throw new YaguraError(
        'store-unavailable',
        `the telemetry server at ${this.#base.host} does not answer; check that it runs and the URL is right`,
        {
          cause: error,
        },
      );
    }
  }

  #fetch(parameters: Settings, body: Uint8Array<ArrayBuffer> | string, signal: AbortSignal): Promise<Response> {
    const url = new URL(this.#base);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    const headers = this.#authorization === undefined ? {} : { authorization: this.#authorization };
    return fetch(url, { method: 'POST', body, headers, signal, redirect: 'error' });
  }

  /** ASYNC only: a synchronous kill was seen never to return. Best effort, the query has its own limit. */
  async #cancel(id: string): Promise<void> {
    const text = sql`KILL QUERY WHERE query_id = ${id} ASYNC`.text;
    await this.#fetch({}, text, AbortSignal.timeout(CANCEL_SECONDS * 1000)).catch(() => undefined);
  }
}

function parseUrl(text: string): { base: URL; authorization: string | undefined; database: string } {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new YaguraError('config-invalid', 'the telemetry URL must look like http://user:password@host:8123/database');
  }
  const database = decodeURIComponent(url.pathname.slice(1)) || DEFAULT_DATABASE;
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,60}$/.test(database)) {
    throw new YaguraError('config-invalid', 'the database in the telemetry URL may have letters, digits and underscores only');
  }
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization = url.username === '' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
  const base = new URL(`${url.protocol}//${url.host}/`);
  return { base, authorization, database };
}
