/**
 * What becomes of a finding once it is made: it is explained, decided about with others,
 * and its rule is tried on the past; through the API by role and tenant, and by command.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerType, serve } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RUNNING_HUB_FILE } from '../src/cli/hub-client.ts';
import type { Role } from '../src/domain/permission.ts';
import { fixedClock } from '../src/engine/clock.ts';
import { readConfig } from '../src/engine/config.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { Finding, FindingPage, Problem } from '../src/server/contract.ts';
import type { Explanation } from '../src/server/explanation-contract.ts';
import type {
  BacktestLine,
  BacktestResult,
  BacktestRules,
  FindingCounts,
  FindingMarkResult,
  FindingStretch,
  StandingMark,
} from '../src/server/finding-contract.ts';
import { createCountry, DEFAULT_UNTIL } from '../src/simulation/country.ts';
import { sensorOf } from '../src/simulation/register.ts';
import { simulate } from '../src/simulation/write.ts';
import { yagura } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-judgement-'));
const data = join(folder, 'data');
const SEED = 42;
const DAY = 86_400_000;
let hub: Hub;

const ask = (path: string, init: RequestInit = {}, token?: string) =>
  hub.app.request(`http://localhost:8600/api/v1${path}`, {
    ...init,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
const get = async <T>(path: string, token?: string): Promise<T> => (await (await ask(path, {}, token)).json()) as T;
const post = (path: string, body: unknown, token?: string) => ask(path, { method: 'POST', body: JSON.stringify(body) }, token);
const one = async (kind: string): Promise<Finding> => {
  const { rows } = await get<FindingPage>(`/findings?kind=${kind}&limit=1`);
  if (!rows[0]) throw new Error(`the simulation has no ${kind}`);
  return rows[0];
};

beforeAll(async () => {
  emptyData(data);
  const directory = join(folder, 'country');
  const config = readConfig({ environment: {}, overrides: { data, log: { level: 'silent' } } });
  hub = await openHub(config, { simulationSeed: SEED, clock: fixedClock(DEFAULT_UNTIL) });
  const { captures, reports } = await simulate({ seed: SEED, scale: 'small', directory, until: DEFAULT_UNTIL, log: hub.log });
  const sensor = sensorOf(createCountry({ seed: SEED, scale: 'small', until: DEFAULT_UNTIL }));
  await hub.setSensor(sensor);
  const telescope = captures.filter((name) => name.includes('telescope'));
  for (const name of [...telescope.slice(8, 12), ...reports.slice(0, 3)]) {
    const isCapture = name.endsWith('.pcap');
    await hub.pipeline.ingest({ path: join(directory, name), name, tenant: 'main', ...(isCapture ? { sensor: sensor.id } : {}) });
  }
}, 120_000);

afterAll(async () => {
  await hub?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('an explanation', () => {
  it('has reasons, doubts, advice, rule, sample and quality for every kind that was found', async () => {
    const { byKind } = await get<FindingCounts>('/findings/counts');
    expect(Object.keys(byKind).length).toBeGreaterThan(3);
    for (const kind of Object.keys(byKind)) {
      const finding = await one(kind);
      const explanation = await get<Explanation>(`/findings/${finding.fingerprint}/explanation`);
      const isFeed = finding.origin.feed !== undefined;
      expect(explanation.finding.fingerprint, kind).toBe(finding.fingerprint);
      expect(explanation.saw.length, kind).toBeGreaterThan(0);
      expect(explanation.doubts.length, kind).toBeGreaterThan(0);
      expect(explanation.unseen.length, kind).toBeGreaterThan(0);
      expect(explanation.advice.steps.length, kind).toBeGreaterThan(0);
      expect(explanation.sample.rows.length, kind).toBeGreaterThan(0);
      expect(explanation.rule.id, kind).toBe(finding.evidence.rule.id);
      expect(explanation.picture === null, kind).toBe(isFeed);
      expect(explanation.question === null, kind).toBe(isFeed);
      expect(explanation.quality.sensors.length > 0, kind).toBe(!isFeed);
    }
  });

  it('draws exactly the packets that Explore counts by its question', async () => {
    for (const kind of ['infected-host', 'scanner']) {
      const finding = await one(kind);
      const { picture, question } = await get<Explanation>(`/findings/${finding.fingerprint}/explanation`);
      const query = new URLSearchParams({
        source: 'telescope',
        filter: question?.filter ?? '',
        from: String(question?.from),
        to: String(question?.to),
        by: 'port',
        limit: '1',
      });
      const { total } = await get<{ total: number }>(`/explore/top?${query.toString()}`);
      const drawn = picture?.steps.reduce((sum, { packets }) => sum + packets, 0);
      expect(drawn, kind).toBe(total);
      expect(
        picture?.cells.reduce((sum, { packets }) => sum + packets, 0),
        kind,
      ).toBe(total);
    }
  });

  it('explains thresholds in words, and names a finding by its first characters', async () => {
    const finding = await one('scanner');
    const { rule } = await get<Explanation>(`/findings/${finding.fingerprint.slice(0, 10)}/explanation`);
    expect(rule.parameters.find(({ name }) => name === 'minPackets')?.meaning?.ja).toMatch(/パケット/);
    expect((await ask('/findings/ffffffff/explanation')).status).toBe(404);
    expect((await ask('/findings/zz/explanation')).status).toBe(404);
  });

  it('is nothing to another tenant', async () => {
    const finding = await one('infected-host');
    const token = await hub.createToken('other', 'administrator', 'stranger');
    expect((await ask(`/findings/${finding.fingerprint}/explanation`, {}, token)).status).toBe(404);
    expect((await ask(`/findings/${finding.fingerprint}/mark`, {}, token)).status).toBe(404);
    expect((await get<FindingCounts>('/findings/counts', token)).total).toBe(0);
    expect((await get<FindingStretch>('/findings/stretch', token)).rows).toEqual([]);
  });
});

describe('the long list', () => {
  it('has every finding once, in the same order as the pages', async () => {
    const pages = await get<FindingPage>('/findings?limit=1000');
    const { total } = await get<FindingCounts>('/findings/counts');
    const seen: string[] = [];
    for (let offset = 0; offset < total; offset += 170) {
      const { rows } = await get<FindingStretch>(`/findings/stretch?offset=${offset}&limit=170`);
      seen.push(...rows.map(({ fingerprint }) => fingerprint));
    }
    expect(total).toBe(pages.total);
    expect(seen).toEqual(pages.rows.map(({ fingerprint }) => fingerprint));
  });

  it('narrows by kind, severity, state and sensor, and counts what another choice would give', async () => {
    const all = await get<FindingCounts>('/findings/counts');
    const narrowed = await get<FindingCounts>('/findings/counts?kind=scanner&severity=low');
    expect(narrowed.total).toBe((await get<FindingPage>('/findings?kind=scanner&severity=low&limit=1')).total);
    expect(narrowed.byKind['scanner']).toBe(narrowed.total);
    expect(narrowed.bySeverity['low']).toBe(narrowed.total);
    const sensor = all.sensors.find((id) => id.startsWith('hinomi')) ?? '';
    const own = await get<FindingCounts>(`/findings/counts?sensor=${sensor}`);
    const feed = await get<FindingCounts>('/findings/counts?sensor=shadowserver');
    expect(own.total + feed.total).toBe(all.total);
    expect(own.byKind['exposed-service']).toBeUndefined();
    expect((await get<FindingCounts>(`/findings/counts?sensor=${encodeURIComponent('%')}`)).total).toBe(0);
  });

  it('can put the gravest first', async () => {
    const { rows } = await get<FindingStretch>('/findings/stretch?order=severity&limit=500');
    const ranks = rows.map(({ severity }) => ['critical', 'high', 'medium', 'low', 'info'].indexOf(severity));
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
  });
});

describe('a decision about findings', () => {
  const inFuture = DEFAULT_UNTIL + 10 * DAY;
  const state = async (fingerprint: string): Promise<string> => (await get<Finding>(`/findings/${fingerprint}`)).state;

  it('sets many aside with one reason, is on record, and can be undone', async () => {
    const { rows } = await get<FindingStretch>('/findings/stretch?kind=infected-host&limit=20');
    const fingerprints = rows.map(({ fingerprint }) => fingerprint);
    const before = await Promise.all(fingerprints.map(state));
    const answer = await post('/findings/marks', { fingerprints, to: 'false_positive', reason: 'our own test devices' });
    expect(answer.status).toBe(200);
    const { changed } = (await answer.json()) as FindingMarkResult;
    expect(new Set(changed)).toEqual(new Set(fingerprints));
    const [first = ''] = fingerprints;
    expect((await get<StandingMark>(`/findings/${first}/mark`)).mark).toMatchObject({
      state: 'false_positive',
      reason: 'our own test devices',
      actor: 'local-administrator',
    });
    expect((await get<FindingCounts>('/findings/counts')).byState['false_positive']).toBe(fingerprints.length);
    const undone = await post('/findings/marks', { fingerprints, to: 'undo', reason: 'a slip of the hand' });
    expect(((await undone.json()) as FindingMarkResult).changed).toHaveLength(fingerprints.length);
    expect(await Promise.all(fingerprints.map(state))).toEqual(before);
    expect((await get<StandingMark>(`/findings/${first}/mark`)).mark).toBeNull();
  });

  it('survives that the finding is judged again', async () => {
    const { fingerprint } = await one('telnet-scanner');
    await post('/findings/marks', { fingerprints: [fingerprint], to: 'false_positive', reason: 'a lesson' });
    await hub.pipeline.judge(
      'main',
      'hinomi-1',
      [Math.floor(DEFAULT_UNTIL / DAY) * DAY - DAY, Math.floor(DEFAULT_UNTIL / DAY) * DAY],
      'again',
    );
    expect(await state(fingerprint)).toBe('false_positive');
    await post('/findings/marks', { fingerprints: [fingerprint], to: 'reopened', reason: 'it was real' });
    expect(await state(fingerprint)).toBe('reopened');
  });

  it('accepts only until a day in the future, and needs a reason', async () => {
    const { fingerprint } = await one('scanner');
    const refused = [
      { fingerprints: [fingerprint], to: 'accepted', reason: 'no end' },
      { fingerprints: [fingerprint], to: 'accepted', reason: 'in the past', expiresAt: DEFAULT_UNTIL - DAY },
      { fingerprints: [fingerprint], to: 'false_positive', reason: 'an end', expiresAt: inFuture },
      { fingerprints: [fingerprint], to: 'false_positive', reason: ' x ' },
      { fingerprints: [], to: 'false_positive', reason: 'nothing' },
      { fingerprints: [fingerprint], to: 'verified_fixed', reason: 'not by hand' },
      { fingerprints: Array.from({ length: 5001 }, () => fingerprint), to: 'false_positive', reason: 'too many' },
    ];
    for (const body of refused) expect((await post('/findings/marks', body)).status, JSON.stringify(body).slice(0, 80)).toBe(400);
    expect(
      (await post('/findings/marks', { fingerprints: [fingerprint], to: 'accepted', reason: 'known survey', expiresAt: inFuture })).status,
    ).toBe(200);
    expect(await state(fingerprint)).toBe('accepted');
  });

  it.each<[Role, number]>([
    ['administrator', 200],
    ['coordinator', 200],
    ['analyst', 200],
    ['constituent', 403],
    ['auditor', 403],
    ['trainee', 403],
  ])('may be made by the role %s: %i', async (role, status) => {
    const token = await hub.createToken('main', role, `marks-${role}`);
    const body = { fingerprints: ['f'.repeat(64)], to: 'false_positive', reason: 'by role' };
    expect((await post('/findings/marks', body, token)).status).toBe(status);
  });

  it('of another tenant changes nothing here', async () => {
    const { fingerprint, state: before } = await one('dos-victim').catch(() => one('infected-host'));
    const token = await hub.createToken('other', 'administrator', 'stranger-marks');
    const answer = (await (
      await post('/findings/marks', { fingerprints: [fingerprint], to: 'false_positive', reason: 'not mine' }, token)
    ).json()) as FindingMarkResult;
    expect(answer).toEqual({ changed: [], unchanged: 1 });
    expect(await state(fingerprint)).toBe(before);
  });
});

describe('a trial on the past', () => {
  const run = async (body: Record<string, unknown>): Promise<{ lines: BacktestLine[]; result: BacktestResult | undefined }> => {
    const text = await (await post('/backtests', body)).text();
    const lines = text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as BacktestLine);
    const last = lines.at(-1);
    return { lines, result: last?.type === 'result' ? last.result : undefined };
  };
  const period = { from: DEFAULT_UNTIL - 2 * DAY, to: DEFAULT_UNTIL };

  it('with the settings in force finds what was found', async () => {
    const { rows } = await get<BacktestRules>('/backtests/rules');
    expect(rows.map(({ id }) => id)).toEqual(['infected-host', 'scanner', 'backscatter']);
    for (const { id } of rows) {
      const { result } = await run({ rule: id, set: {}, ...period });
      expect(result, id).toMatchObject({ added: 0, lost: 0, raised: 0, lowered: 0, isWhole: true });
      expect(result?.present, id).toBe(result?.proposed);
    }
    const scanners = await run({ rule: 'scanner', set: {}, ...period });
    expect(scanners.result?.present).toBe((await get<FindingCounts>('/findings/counts?kind=scanner')).total);
  });

  it('shows what a stricter rule would lose and writes nothing', async () => {
    const before = await get<FindingCounts>('/findings/counts');
    const { lines, result } = await run({ rule: 'scanner', set: { minPackets: 100 }, ...period });
    expect(lines.some(({ type }) => type === 'progress')).toBe(true);
    expect(result?.lost).toBeGreaterThan(0);
    expect(result?.added).toBe(0);
    expect(result?.samples.lost.length).toBe(Math.min(50, result?.lost ?? 0));
    expect(result?.yaml).toBe('detectors:\n  scanner:\n    minPackets: 100\n');
    expect(await get<FindingCounts>('/findings/counts')).toEqual(before);
  });

  it('refuses what is no rule, no setting, no period and no sensor', async () => {
    const code = async (body: unknown): Promise<string> => ((await (await post('/backtests', body)).json()) as Problem).code;
    expect(await code({ rule: 'nothing', ...period })).toBe('usage');
    expect(await code({ rule: 'scanner', set: { minPackets: 'many' }, ...period })).toBe('usage');
    expect(await code({ rule: 'scanner', set: { unknownSetting: 1 }, ...period })).toBe('usage');
    expect(await code({ rule: 'scanner', from: period.to, to: period.from })).toBe('usage');
    expect(await code({ rule: 'scanner', sensor: 'nobody', ...period })).toBe('not-found');
    const { lines } = await run({ rule: 'scanner', set: {}, from: 0, to: DEFAULT_UNTIL });
    expect(lines.at(-1)).toMatchObject({ type: 'problem', code: 'usage' });
  });

  it('shows another tenant nothing of ours', async () => {
    const token = await hub.createToken('other', 'administrator', 'stranger-trial');
    expect((await get<BacktestRules>('/backtests/rules', token)).sensors).toEqual([]);
    const text = await (await post('/backtests', { rule: 'scanner', set: {}, ...period }, token)).text();
    expect(text).toContain('"present":0');
  });
});

describe('by command', () => {
  let server: ServerType;

  // The commands ask this very hub, as they would ask one that runs as a service.
  beforeAll(async () => {
    server = serve({ fetch: hub.app.fetch, hostname: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const running = { pid: process.pid, url: `http://localhost:${port}`, token: hub.localToken };
    writeFileSync(join(data, RUNNING_HUB_FILE), JSON.stringify(running));
  });
  afterAll(() => {
    server?.close();
    rmSync(join(data, RUNNING_HUB_FILE), { force: true });
  });

  it('explains a finding as text and as a page, in both languages, and tries a rule', async () => {
    const infected = await one('infected-host');
    const scanner = await one('scanner');
    const english = await yagura('explain', infected.fingerprint.slice(0, 12), '--data', data);
    expect(english.status).toBe(0);
    expect(english.output).toContain('## Why we think so');
    expect(english.output).toContain('Simulated data');
    const japanese = await yagura('explain', scanner.asset.value, '--lang', 'ja', '--format', 'html', '--data', data);
    expect(japanese.output).toMatch(/^<!doctype html>\n<html lang="ja">/);
    expect(japanese.output).toContain('<svg xmlns');
    expect(japanese.output).not.toMatch(/undefined|NaN|<script/);
    const wrong = await yagura('explain', '192.0.2.254', '--data', data);
    expect({ status: wrong.status, output: wrong.output }).toEqual({ status: 66, output: '' });
    const trial = await yagura('backtest', 'scanner', '--set', 'minPackets=100', '--data', data);
    expect(trial.status).toBe(0);
    expect(trial.output).toMatch(/lost: [1-9]/);
    expect(trial.output).toContain('minPackets: 100');
    const misspelt = await yagura('backtest', 'scanner', '--set', 'minPacket=100', '--data', data);
    expect(misspelt.status).toBe(64);
  });
});
