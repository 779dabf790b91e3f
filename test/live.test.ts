/**
 * Live input as a whole: the door for edge collectors with its token, live rows and their
 * judgement, and kill -9 of everything at random moments.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { captureOf, ethernet, ipv4, tcp } from '../src/collectors/pcap/test-support.ts';
import { readConfig } from '../src/engine/config.ts';
import { FlowColumns } from '../src/flow/flow-columns.ts';
import { encodeBatch } from '../src/live/batch-codec.ts';
import type { LiveBatch } from '../src/live/live-batch.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { IntakePage, LiveReceipt, NewToken, Problem, TokenList } from '../src/server/contract.ts';
import { PROGRAM, temporaryFolder, yagura } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';
import { runChaos } from './support/live-chaos.ts';
import { volume } from './support/volume.ts';

const CHAOS_SECONDS = volume(10, 40);
const SPOOL = '5f6c4d0e-3a5e-4f0e-9d7b-0c8f1f3d2a11';

async function openTestHub(more: Record<string, unknown> = {}): Promise<Hub> {
  const data = emptyData(join(temporaryFolder(), 'data'));
  const hub = await openHub(readConfig({ environment: {}, overrides: { data, log: { level: 'silent' }, ...more } }));
  onTestFinished(() => hub.close());
  return hub;
}

function flowsOf(rows: number, sensor: string, token: string): LiveBatch {
  const flows = new FlowColumns();
  flows.reserve(rows);
  for (let row = 0; row < rows; row++) {
    flows.start[row] = Date.now();
    flows.exporter[row] = flows.exporterIndex('192.0.2.1');
    flows.rows++;
  }
  const columns = [flows.take('invented-tenant', sensor)];
  return {
    token,
    collector: 'netflow',
    sensor,
    source: 'netflow 127.0.0.1:2055',
    records: rows,
    columns,
    quarantined: 0,
    bad: [],
    alarms: [],
  };
}

async function deliver(hub: Hub, token: string, batch: LiveBatch, sequence: number): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'x-spool': SPOOL, 'x-sequence': String(sequence) };
  const body = Buffer.from(await encodeBatch(batch));
  return hub.app.request('http://localhost/api/v1/live/batches', { method: 'POST', headers, body });
}

async function ask<T>(hub: Hub, path: string, init: RequestInit = {}): Promise<T> {
  const response = await hub.app.request(`http://localhost/api/v1${path}`, {
    ...init,
    headers: { authorization: `Bearer ${hub.localToken}` },
  });
  return (await response.json()) as T;
}

describe('the door for edge collectors', () => {
  it('stores a batch once, for the token’s tenant and sensor only, and withdraws tokens', async () => {
    const hub = await openTestHub();
    const made = await ask<NewToken>(hub, '/tokens', { method: 'POST', body: JSON.stringify({ role: 'sensor', name: 'edge-1' }) });
    const first = await deliver(hub, made.token, flowsOf(3, 'edge-1', 'a'), 1);
    expect(await first.json()).toEqual({ rows: 3, wasKnown: false } satisfies LiveReceipt);
    // An answer that was lost, and the same work under another number.
    expect(await (await deliver(hub, made.token, flowsOf(3, 'edge-1', 'a'), 1)).json()).toEqual({ rows: 3, wasKnown: true });
    expect((await deliver(hub, made.token, flowsOf(3, 'edge-1', 'a'), 2)).status).toBe(200);

    const foreign = await deliver(hub, made.token, flowsOf(3, 'edge-2', 'b'), 3);
    expect(foreign.status).toBe(403);
    expect(((await foreign.json()) as Problem).message).toContain('speaks for the sensor edge-1');
    const withoutHeaders = await hub.app.request('http://localhost/api/v1/live/batches', {
      method: 'POST',
      headers: { authorization: `Bearer ${made.token}` },
      body: 'x',
    });
    expect(withoutHeaders.status).toBe(400);
    const other = await hub.app.request('http://localhost/api/v1/status', { headers: { authorization: `Bearer ${made.token}` } });
    expect(other.status).toBe(403);

    const { rows } = await ask<IntakePage>(hub, '/intakes');
    expect(rows.map(({ collector, sensor, file }) => [collector, sensor, file])).toEqual([['netflow', 'edge-1', 'netflow 127.0.0.1:2055']]);
    const before = await ask<TokenList>(hub, '/tokens');
    expect(before.rows.map(({ role, name }) => [role, name])).toEqual([['sensor', 'edge-1']]);
    expect(JSON.stringify(before)).not.toContain(made.token);
    const after = await ask<TokenList>(hub, `/tokens/${made.id}/revoke`, { method: 'POST' });
    expect(after.rows).toEqual([]);
    expect((await deliver(hub, made.token, flowsOf(3, 'edge-1', 'c'), 4)).status).toBe(401);
  }, 60_000);
});

describe('live input of the hub', () => {
  it('stores, fills in networks, takes finished files of a folder and judges by itself', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'live.pcap');
    const captures = join(folder, 'captures');
    mkdirSync(captures);
    const now = Math.floor(Date.now() / 1000);
    const scan = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        bytes: ethernet(0x0800, ipv4(6, tcp({ destination: 23 }), { destination: `198.51.100.${((from + i) % 250) + 1}` })),
        second: now,
      }));
    writeFileSync(file, captureOf(scan(0, 300)));
    const hub = await openTestHub();
    const live = await hub.startLive(
      readConfig({
        environment: {},
        overrides: {
          sources: [
            { kind: 'capture', file, sensor: 'dark-1' },
            { kind: 'capture', folder: captures, sensor: 'dark-2', settleSeconds: 1, after: 'move' },
          ],
        },
      }).sources,
    );
    const jobs = hub.startJobs();
    onTestFinished(async () => {
      await live.stop();
      await jobs.stop();
    });
    writeFileSync(join(captures, 'hour.pcap'), captureOf(scan(0, 40)));
    await sleep(100);
    appendFileSync(file, captureOf(scan(300, 200)).subarray(24));
    const findings = async (): Promise<string[]> => {
      const page = await ask<{ rows: { identifier: string; asset: { value: string } }[] }>(hub, '/findings');
      return page.rows.map(({ asset }) => asset.value);
    };
    const intakes = async () => new Map((await ask<IntakePage>(hub, '/intakes')).rows.map((row) => [row.sensor, row.records]));
    await expect.poll(findings, { timeout: 30_000, interval: 500 }).toContain('192.0.2.1');
    await expect.poll(intakes, { timeout: 30_000, interval: 500 }).toEqual(
      new Map([
        ['dark-1', 500],
        ['dark-2', 40],
      ]),
    );
  }, 90_000);
});

describe('the commands', () => {
  it('say what is missing or wrong', async () => {
    const folder = temporaryFolder();
    const token = join(folder, 'token');
    writeFileSync(token, 'short');
    const cases: [string[], RegExp][] = [
      [['collect', '--token-file', token], /--to is missing/],
      [['collect', '--to', 'hub', '--token-file', token, '--listen', 'netflow'], /--to takes the hub's address/],
      [['collect', '--to', 'http://127.0.0.1:1', '--token-file', token, '--listen', 'netflow'], /must hold one token/],
      [['tokens', 'create', '--data', join(folder, 'data')], /needs a --name/],
    ];
    for (const [words, message] of cases) {
      const { status, messages } = await yagura(...words);
      expect([status === 0, message.test(messages) ? message : messages]).toEqual([false, message]);
    }
  }, 60_000);

  it('deliver a whole capture through a pipe and end', async () => {
    const folder = temporaryFolder();
    const token = join(folder, 'token');
    writeFileSync(token, 'x'.repeat(32));
    const bodies: number[] = [];
    const server = createServer((request, response) => {
      void request.toArray().then((pieces) => {
        bodies.push(Buffer.concat(pieces).length);
        response.end('{}');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const packets = Array.from({ length: 1000 }, (_, i) => ({ bytes: ethernet(0x0800, ipv4(6, tcp())), second: 1_735_689_600 + i }));
    const capture = join(folder, 'a.pcap');
    writeFileSync(capture, captureOf(packets));
    const { status, messages } = await pipeInto(
      capture,
      'collect',
      '--to',
      `http://127.0.0.1:${port}`,
      '--token-file',
      token,
      '--capture',
      '-',
      '--spool',
      join(folder, 'spool'),
    );
    expect([status, messages]).toEqual([0, expect.stringContaining('Closing')]);
    expect(bodies.length).toBeGreaterThan(0);
  }, 60_000);
});

async function pipeInto(file: string, ...words: string[]): Promise<{ status: number | null; messages: string }> {
  const source = spawn('cat', [file], { stdio: ['ignore', 'pipe', 'ignore'] });
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['pipe', 'ignore', 'pipe'] });
  source.stdout.pipe(child.stdin);
  let messages = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (messages += chunk));
  const status = await new Promise<number | null>((done) => child.once('close', done));
  return { status, messages };
}

it(`has every record exactly once after ${CHAOS_SECONDS} seconds of kill -9 of hub, engine and edge`, async () => {
  const folder = temporaryFolder();
  emptyData(join(folder, 'data'));
  const { captures, flows, rolledUp, kills } = await runChaos({ folder, seconds: CHAOS_SECONDS, packets: 400, datagrams: 20 });
  expect(kills.hub + kills.engine + kills.edge).toBeGreaterThan(1);
  for (const { sent, stored, distinct } of Object.values(captures)) expect([stored, distinct]).toEqual([sent, sent]);
  for (const { stored, distinct } of Object.values(flows)) expect(distinct).toBe(stored);
  expect(rolledUp).toBe(captures['hub-1'].stored + captures['edge-1'].stored);
}, 200_000);
