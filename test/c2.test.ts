/**
 * The secrecy of communications, tried from outside: nothing runs or shows without a
 * recorded purpose, two people confirm, and a client's address does not get out by any way.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RUNNING_HUB_FILE, type RunningHub } from '../src/cli/hub-client.ts';
import { systemClock } from '../src/engine/clock.ts';
import { readConfig } from '../src/engine/config.ts';
import { type Hub, openHub } from '../src/main.ts';
import type {
  AccessPage,
  C2AllowList,
  C2CandidateAnswer,
  C2CandidateDetail,
  C2CandidateList,
  C2RunAnswer,
  C2RunList,
  Grant,
  GrantList,
  PurposeList,
} from '../src/server/c2-contract.ts';
import type { FindingPage, Problem } from '../src/server/contract.ts';
import { yagura } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';
import { BOTS, C2_SERVER, plantC2 } from './support/planted-c2.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'yagura-c2-'));
const data = emptyData(join(folder, 'data'));
const until = Math.floor(Date.now() / HOUR) * HOUR;
const clock = { ...systemClock, now: () => Date.now() + shift };
let shift = 0;

let hub: Hub;
const tokens: Record<string, string> = {};

async function ask(path: string, { by, body, method }: { by?: string; body?: unknown; method?: string } = {}): Promise<Response> {
  const headers: Record<string, string> = by === undefined ? {} : { authorization: `Bearer ${tokens[by] ?? ''}` };
  const init: RequestInit = { method: method ?? (body === undefined ? 'GET' : 'POST'), headers };
  return hub.app.request(`http://localhost:8600/api/v1${path}`, body === undefined ? init : { ...init, body: JSON.stringify(body) });
}
const get = async <T>(path: string, by?: string): Promise<T> => (await (await ask(path, by === undefined ? {} : { by })).json()) as T;
const post = async <T>(path: string, body: unknown, by?: string): Promise<T> => {
  const response = await ask(path, { body, ...(by === undefined ? {} : { by }) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
};
const problem = async (response: Response): Promise<[number, string]> => [response.status, ((await response.json()) as Problem).code];
const log = async (): Promise<AccessPage['rows']> => (await get<AccessPage>('/purposes/access?limit=500')).rows;

/** Shorter than a server stays on the list unseen. */
const KEEP_DAYS = 10;
const SHORT = { 'c2-detection': { keepDays: KEEP_DAYS } };
const because = { reason: 'the evidence is plain' };
const period = { from: until - DAY, to: until };

beforeAll(async () => {
  await plantC2(data, until);
  hub = await openHub(readConfig({ environment: {}, overrides: { data, log: { level: 'silent' }, purposes: SHORT } }), { clock });
  for (const [name, role] of [
    ['alice', 'analyst'],
    ['bob', 'analyst'],
    ['carol', 'coordinator'],
    ['dave', 'auditor'],
  ] as const) {
    tokens[name] = await hub.createToken('main', role, name);
  }
  tokens['stranger'] = await hub.createToken('other', 'administrator', 'stranger');
}, 120_000);
afterAll(async () => {
  await hub?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('leave', () => {
  it('names every purpose with its legal basis in both languages, fields and days', async () => {
    const { rows } = await get<PurposeList>('/purposes', 'dave');
    expect(rows.map(({ id }) => id)).toEqual([
      'c2-detection',
      'own-subscriber-alert',
      'incident-response',
      'network-operation',
      'statistics',
    ]);
    for (const { legalBasis, fields, keepDays } of rows) {
      expect(legalBasis.ja).toMatch(/第|通信/);
      expect(legalBasis.en.length).toBeGreaterThan(20);
      expect(fields.length).toBeGreaterThan(3);
      expect(keepDays).toBeGreaterThan(0);
    }
  });

  it('is asked for by an analyst and given by somebody who may; it ends', async () => {
    const asked = await post<Grant>('/grants', { purpose: 'network-operation', reason: 'a flood on the uplink', hours: 1 }, 'alice');
    expect(asked).toMatchObject({ state: 'requested', grantedBy: null, grantedTo: 'alice', isMine: true });
    expect(await problem(await ask(`/grants/${asked.id}/approve`, { by: 'bob', body: {} }))).toEqual([403, 'forbidden']);
    const rows = `/explore/top?source=flow&by=source&from=${period.from}&to=${period.to}`;
    expect(await problem(await ask(rows, { by: 'alice' }))).toEqual([403, 'purpose-needed']);
    expect((await post<Grant>(`/grants/${asked.id}/approve`, {}, 'carol')).state).toBe('active');
    expect((await ask(rows, { by: 'alice' })).status).toBe(200);
    expect((await ask(rows, { by: 'bob' })).status).toBe(403);
    expect((await ask(`${rows}&purpose=incident-response`, { by: 'alice' })).status).toBe(403);
    expect((await ask(`/grants/${asked.id}/end`, { by: 'bob', body: {} })).status).toBe(404);
    expect((await post<Grant>(`/grants/${asked.id}/end`, {}, 'alice')).state).toBe('ended');
    expect((await ask(rows, { by: 'alice' })).status).toBe(403);
    const entries = await log();
    expect(entries.filter(({ action }) => action === 'flows-read')).toMatchObject([
      { actor: 'alice', purpose: 'network-operation', subject: 'top', detail: { by: ['source'], grant: asked.id } },
    ]);
    expect(entries.filter(({ action }) => action === 'flows-refused')).toHaveLength(4);
  });

  it('is never given to oneself where single people are concerned', async () => {
    for (const purpose of ['incident-response', 'own-subscriber-alert']) {
      const own = await post<Grant>('/grants', { purpose, reason: 'consent of the customer' });
      expect(own.state).toBe('requested');
      expect((await ask(`/grants/${own.id}/approve`, { body: {} })).status).toBe(403);
      // The command line of this machine is the same person by another door.
      const headers = { authorization: `Bearer ${hub.localToken}` };
      const again = await hub.app.request(`http://localhost:8600/api/v1/grants/${own.id}/approve`, { method: 'POST', headers, body: '{}' });
      expect(again.status).toBe(403);
      expect((await post<Grant>(`/grants/${own.id}/approve`, {}, 'carol')).state).toBe('active');
      await post(`/grants/${own.id}/end`, {});
    }
  });

  it('runs out, and does not reach further back than its purpose may look', async () => {
    await post('/grants', { purpose: 'network-operation', reason: 'a look at the uplink', hours: 2 });
    const rows = (from: number): string => `/explore/rows?source=flow&from=${from}&to=${from + HOUR}`;
    expect((await ask(rows(until - DAY))).status).toBe(200);
    const refused = await ask(rows(until - 40 * DAY));
    expect(await refused.clone().text()).toMatch(/last 30 days.*直近30日/);
    expect((await log())[0]).toMatchObject({ action: 'flows-refused', detail: { why: 'beyond-retention' } });
    shift = 3 * HOUR;
    expect((await ask(rows(until - DAY))).status).toBe(403);
    shift = 0;
    expect((await ask('/grants', { body: { purpose: 'network-operation', reason: 'for ever', hours: 100_000 } })).status).toBe(400);
    expect((await ask('/grants', { body: { purpose: 'statistics', reason: 'only sums' } })).status).toBe(400);
    expect((await ask('/grants', { body: { purpose: 'network-operation', reason: 'no' } })).status).toBe(400);
  });
});

describe('a search', () => {
  let candidate: C2CandidateAnswer;

  it('does not run without leave, nor beyond its retention, and says so in the log', async () => {
    expect(await problem(await ask('/c2/runs', { body: period, by: 'alice' }))).toEqual([403, 'purpose-needed']);
    await post('/grants', { purpose: 'c2-detection', reason: 'infected hosts were reported', hours: 8 });
    expect(await problem(await ask('/c2/runs', { body: { from: until - 40 * DAY, to: until } }))).toEqual([403, 'forbidden']);
    expect((await log()).slice(0, 3).map(({ action, detail }) => [action, detail['why']])).toEqual([
      ['c2-run-refused', 'beyond-retention'],
      ['purpose-granted', undefined],
      ['c2-run-refused', 'no-grant'],
    ]);
    expect((await get<C2RunList>('/c2/runs')).rows).toEqual([]);
  });

  it('finds the planted server and records purpose, legal basis, fields, period, retention, who and counts', async () => {
    const run = await post<C2RunAnswer>('/c2/runs', period);
    expect(run).toMatchObject({
      actor: 'local-administrator',
      purpose: 'c2-detection',
      ...period,
      state: 'done',
      seeds: 8,
      refused: 0,
      deletion: null,
    });
    expect(run.legalBasis.ja).toContain('第四次とりまとめ');
    expect(run.fields).toContain('destination');
    expect(run.keepUntil - run.at).toBe(KEEP_DAYS * DAY);
    const { rows } = await get<C2CandidateList>('/c2/candidates', 'alice');
    expect(rows.map(({ address, port }) => ({ address, port }))).toEqual([C2_SERVER]);
    [candidate] = rows as [C2CandidateAnswer];
    expect(candidate).toMatchObject({ state: 'candidate', withheld: null, mayConfirm: true });
    expect(candidate.score).toBeGreaterThan(0.6);
    expect((await log())[0]).toMatchObject({ action: 'c2-run', purpose: 'c2-detection', subject: run.id });
  });

  it('names no client anywhere in what it found', async () => {
    const detail = await (await ask(`/c2/candidates/${candidate.id}`)).text();
    const list = await (await ask('/c2/candidates')).text();
    for (const bot of BOTS) {
      expect(detail).not.toContain(bot);
      expect(list).not.toContain(bot);
    }
  });

  it('may not be confirmed while it lies in a range of somebody we serve', async () => {
    const register = (prefix: string): string =>
      `constituents:\n  - { id: umibe, name: { ja: 海辺市, en: Umibe }, kind: municipality, language: ja, resources: [{ prefix: ${prefix} }] }\n`;
    const importFile = (body: string) =>
      hub.app.request('http://localhost:8600/api/v1/constituents', {
        method: 'POST',
        body,
        headers: { 'x-file-name': 'constituents.yaml' },
      });
    expect((await importFile(register('203.0.113.0/24'))).status).toBe(200);
    const refused = await ask(`/c2/candidates/${candidate.id}/confirm`, { body: because });
    expect(refused.status).toBe(409);
    expect(await refused.text()).toMatch(/may be a subscriber.*利用者かもしれません/);
    expect((await get<C2CandidateDetail>(`/c2/candidates/${candidate.id}`)).candidate).toMatchObject({
      mayConfirm: false,
      state: 'candidate',
    });
    expect((await importFile(register('192.0.2.0/24'))).status).toBe(200);
  });

  it('is confirmed by two people and not by one twice, whichever door they come by', async () => {
    const path = `/c2/candidates/${candidate.id}/confirm`;
    expect((await ask(path, { body: { reason: 'no' }, by: 'alice' })).status).toBe(400);
    expect((await get<unknown[]>('/c2/list')).length).toBe(0);
    expect(await post<C2CandidateAnswer>(path, because)).toMatchObject({
      state: 'confirmed-once',
      confirmedBy: 'local-administrator',
      mayConfirm: false,
    });
    expect((await ask(path, { body: because })).status).toBe(403);
    const headers = { authorization: `Bearer ${hub.localToken}` };
    const sameByShell = await hub.app.request(`http://localhost:8600/api/v1${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(because),
    });
    expect(sameByShell.status).toBe(403);
    expect((await get<unknown[]>('/c2/list')).length).toBe(0);
    expect((await ask(path, { body: because, by: 'dave' })).status).toBe(403);
    expect(await post<C2CandidateAnswer>(path, because, 'alice')).toMatchObject({ state: 'confirmed', secondedBy: 'alice' });
    expect((await ask(path, { body: because, by: 'bob' })).status).toBe(409);
    const actions = (await log()).map(({ action }) => action);
    expect(actions.filter((action) => action === 'c2-confirmation-refused')).toHaveLength(3);
    const { events } = await get<C2CandidateDetail>(`/c2/candidates/${candidate.id}`);
    expect(events.map(({ action }) => action)).toEqual(['found', 'confirmed-once', 'confirmed']);
  });

  it('makes a list of exactly the seven fields, as JSON and CSV, and a finding about the server', async () => {
    const [entry] = await get<Record<string, unknown>[]>('/c2/list', 'alice');
    expect(entry).toMatchObject(C2_SERVER);
    const fields = ['address', 'port', 'first', 'last', 'score', 'method', 'family'];
    expect(fields).toEqual(expect.arrayContaining(Object.keys(entry ?? {})));
    const csv = await (await ask('/c2/list?format=csv', { by: 'alice' })).text();
    expect(csv.split('\r\n')[0]).toBe(fields.join(','));
    expect(csv.split('\r\n')).toHaveLength(3);
    const findings = await get<FindingPage>('/findings?kind=command-and-control');
    expect(findings.rows).toMatchObject([{ asset: { value: C2_SERVER.address }, port: 8443, role: 'c2', state: 'new' }]);
  });

  it('lets the allow-list silence what is stored, candidates and findings alike, and undoes it', async () => {
    const stateOf = async (): Promise<unknown[]> => [
      (await get<C2CandidateList>('/c2/candidates')).rows[0]?.state,
      (await get<FindingPage>('/findings?kind=command-and-control')).rows[0]?.state,
      (await get<unknown[]>('/c2/list')).length,
    ];
    const added = await post<C2AllowList>('/c2/allow', { prefix: '203.0.113.48/29', reason: 'our own test server' });
    expect(added.findings).toBe(1);
    expect(await stateOf()).toEqual(['allow-listed', 'false_positive', 0]);
    await post(`/c2/allow/${added.rows[0]?.id}/remove`, {});
    expect(await stateOf()).toEqual(['confirmed', 'new', 1]);
    expect((await ask('/c2/allow', { body: { prefix: 'everything', reason: 'all of it' } })).status).toBe(400);
  });

  it('gives clients away in no form of Explore without leave', async () => {
    const scope = `source=flow&from=${period.from}&to=${period.to}`;
    const asks = [
      `/explore/rows?${scope}`,
      ...['source', 'destination', 'src', 'dst ip', 'protocol,source', 'nat-source'].map(
        (by) => `/explore/top?${scope}&by=${encodeURIComponent(by)}`,
      ),
      `/explore/top?${scope}&by=protocol&filter=${encodeURIComponent(`ip ${BOTS[0]}`)}`,
      `/explore/top?${scope}&by=dst%20port&filter=${encodeURIComponent(`not (tcp and (udp or net 198.51.100.0/24))`)}`,
      `/explore/series?${scope}&by=destination`,
      `/explore/series?${scope}&filter=${encodeURIComponent(`src ${BOTS[0]}`)}`,
      ...['csv', 'json', 'parquet'].flatMap((format) => [
        `/explore/export?${scope}&shape=rows&format=${format}`,
        `/explore/export?${scope}&shape=top&by=source&format=${format}`,
        `/explore/export?${scope}&shape=series&by=source&format=${format}`,
      ]),
    ];
    for (const path of asks) {
      const response = await ask(path, { by: 'alice' });
      expect({ path, status: response.status }).toEqual({ path, status: 403 });
      expect(await response.text()).not.toMatch(/198\.51\.100\./);
    }
    expect((await ask(`/explore/top?${scope}&by=dst%20port`, { by: 'alice' })).status).toBe(200);
    const refused = (await log()).filter(({ action, actor }) => action === 'flows-refused' && actor === 'alice');
    expect(refused.length).toBeGreaterThanOrEqual(asks.length);
  });

  it('gives clients away by no option of the list, and by no other file about the server', async () => {
    const paths = ['fields=clients', 'columns=source', 'include=features', 'format=parquet', 'format=xlsx', 'format=csv&with=clients'];
    for (const query of paths) expect((await ask(`/c2/list?${query}`)).status, query).toBe(400);
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await ask('/c2/list', { method })).status).toBe(404);
    for (const path of [
      '/c2/list',
      '/c2/list?format=csv',
      '/findings/export?kind=command-and-control&format=intelmq',
      '/findings?kind=command-and-control',
    ]) {
      const text = await (await ask(path)).text();
      for (const bot of BOTS) expect(text, path).not.toContain(bot);
    }
  });

  it('shows another tenant nothing of it', async () => {
    for (const path of ['/c2/candidates', '/c2/runs', '/c2/list', '/c2/allow', '/grants', '/purposes/access']) {
      const text = await (await ask(path, { by: 'stranger' })).text();
      for (const secret of [C2_SERVER.address, 'alice', 'uplink', candidate.id]) expect(text, path).not.toContain(secret);
    }
    expect((await ask(`/c2/candidates/${candidate.id}`, { by: 'stranger' })).status).toBe(404);
    expect((await ask(`/c2/candidates/${candidate.id}/reject`, { by: 'stranger', body: because })).status).toBe(404);
  });

  it('runs daily only under standing leave', async () => {
    const { dailyRun } = await get<GrantList>('/grants');
    expect(await hub.c2.runDaily('main')).toBeUndefined();
    await post('/grants', { purpose: 'c2-detection', reason: 'every day from now on', hours: 24, grantedTo: dailyRun });
    expect(await hub.c2.runDaily('main')).toMatchObject({ actor: dailyRun, state: 'done' });
    expect(await hub.c2.runDaily('main')).toBeUndefined();
  });

  it('deletes what it derived when its time has come, with proof; the list keeps its seven fields', async () => {
    shift = (KEEP_DAYS - 1) * DAY;
    await hub.c2.keepHouse('main');
    expect((await get<C2RunList>('/c2/runs')).rows.map(({ deletion }) => deletion)).toEqual([null, null]);
    shift = KEEP_DAYS * DAY + HOUR;
    await hub.c2.keepHouse('main');
    const { rows } = await get<C2RunList>('/c2/runs');
    for (const { deletion } of rows) expect(deletion?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(rows.at(-1)?.deletion?.rows).toBeGreaterThan(0);
    const proof = (await log()).find(({ action }) => action === 'c2-derived-deleted');
    expect(proof?.detail).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), rows: expect.any(Number) });
    const { candidate: left } = await get<C2CandidateDetail>(`/c2/candidates/${candidate.id}`);
    expect(left).toMatchObject({ features: null, because: null, state: 'confirmed' });
    expect(await get<unknown[]>('/c2/list')).toMatchObject([C2_SERVER]);
    expect((await get<AccessPage>('/purposes/access')).isIntact).toBe(true);
  });

  it('takes a server off the list that nobody has seen for a month', async () => {
    shift = 31 * DAY;
    await hub.c2.keepHouse('main');
    expect((await get<C2CandidateDetail>(`/c2/candidates/${candidate.id}`)).candidate.state).toBe('expired');
    expect(await get<unknown[]>('/c2/list')).toEqual([]);
    shift = 0;
  });
});

describe('from the command line', () => {
  let server: ServerType;
  beforeAll(async () => {
    const url = await new Promise<string>((done) => {
      server = serve({ fetch: hub.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => done(`http://localhost:${port}`));
    });
    writeFileSync(join(data, RUNNING_HUB_FILE), JSON.stringify({ pid: process.pid, url, token: hub.localToken } satisfies RunningHub));
  });
  afterAll(() => server?.close());

  it('asks for a purpose, searches, and needs a second person', async () => {
    const there = ['--data', data];
    const refused = await yagura('c2', 'list', '--format', 'xml', ...there);
    expect(refused.status).toBe(64);
    const run = await yagura('c2', 'run', '--last', '1d', '--purpose', 'c2-detection', '--reason', 'looking once more', ...there);
    expect(run.output).toMatch(/^1 servers/);
    const { output } = await yagura('c2', 'candidates', '--json', ...there);
    const [candidate] = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as C2CandidateAnswer);
    expect(candidate?.state).toBe('candidate');
    const once = await yagura('c2', 'confirm', candidate?.id ?? '', '--reason', 'seen with my own eyes', ...there);
    expect(once.output).toContain('confirmed-once');
    const twice = await yagura('c2', 'confirm', candidate?.id ?? '', '--reason', 'seen with my own eyes', ...there);
    expect(twice.status).toBe(77);
    const list = await yagura('c2', 'list', ...there);
    expect(JSON.parse(list.output)).toEqual([]);
    const told = await yagura('purposes', 'log', ...there);
    expect(told.output).toMatch(/local-administrator|command-line/);
    expect(told.messages).toContain('whole');
  }, 120_000);
});
