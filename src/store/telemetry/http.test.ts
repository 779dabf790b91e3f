import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeError } from '../../engine/errors.ts';
import { HttpEngine } from './http.ts';
import { sql } from './sql.ts';

/** What the next request gets, and what the last one was. */
let reply: { status: number; text: string } | 'silence';
let seen: { url: string; authorization: string | undefined; body: string };
let server: Server;
let host: string;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString();
  const isCancel = body.startsWith('KILL');
  if (!isCancel || reply === 'silence') seen = { url: request.url ?? '', authorization: request.headers.authorization, body };
  if (reply === 'silence' && !isCancel) return;
  const { status, text } = reply === 'silence' ? { status: 200, text: '' } : reply;
  response.writeHead(status).end(text);
}

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const engine = (): HttpEngine => new HttpEngine(`http://reader:s%40cret@${host}/watch`);

describe('HttpEngine', () => {
  it('sends credentials in a header and the limits as settings', async () => {
    reply = { status: 200, text: '{"data":[[1]]}' };
    expect(await engine().query(sql`SELECT 1`, { timeoutSeconds: 7 })).toEqual([[1]]);
    const parameters = new URL(seen.url, 'http://localhost').searchParams;
    expect(seen.body).toBe('SELECT 1 FORMAT JSONCompact');
    expect(seen.authorization).toBe(`Basic ${Buffer.from('reader:s@cret').toString('base64')}`);
    expect(Object.fromEntries(parameters)).toMatchObject({ database: 'watch', max_execution_time: '7', wait_end_of_query: '1' });
    expect(seen.url).not.toContain('cret');
  });

  it.each([
    ['Code: 60, e.displayText() = DB::Exception: Table x does not exist', 'store-failed'],
    ['Code: 241. DB::Exception: Memory limit exceeded', 'store-unavailable'],
    ['', 'store-failed'],
  ])('turns what the server says into an error: %s', async (text, code) => {
    reply = { status: 500, text };
    await expect(engine().exec(sql`SELECT 1`)).rejects.toMatchObject({ code });
  });

  it('does not take half an answer for an answer', async () => {
    reply = { status: 200, text: '{"data":[[1],' };
    await expect(engine().query(sql`SELECT 1`)).rejects.toMatchObject({ code: 'store-failed' });
  });

  it('never shows the password, also not when nobody answers', async () => {
    const gone = new HttpEngine('http://reader:s3cret@127.0.0.1:1/watch');
    const error: unknown = await gone.query(sql`SELECT 1`).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'store-unavailable' });
    expect(describeError(error)).toContain('127.0.0.1:1');
    expect(JSON.stringify([describeError(error), error instanceof Error && error.cause, gone])).not.toContain('s3cret');
  });

  it('asks the server to stop a question that was given up', async () => {
    reply = 'silence';
    const controller = new AbortController();
    const asked = engine().query(sql`SELECT 1`, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(asked).rejects.toThrow('enough');
    expect(seen.body).toMatch(/^KILL QUERY WHERE query_id = '[0-9a-f-]{36}' ASYNC$/);
  });

  it('ends what is in flight when it is closed', async () => {
    reply = 'silence';
    const closing = engine();
    const asked = closing.query(sql`SELECT 1`);
    setTimeout(() => void closing.close(), 50);
    await expect(asked).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it.each(['ftp://host/x', 'nonsense', 'http://host/a;b', 'http://host/a/b'])('refuses %s', (url) => {
    expect(() => new HttpEngine(url)).toThrow(expect.objectContaining({ code: 'config-invalid' }));
  });
});
