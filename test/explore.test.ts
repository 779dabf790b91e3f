/**
 * Exploring as people do it: through the API with a role, and from the command line.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../src/domain/permission.ts';
import { readConfig } from '../src/engine/config.ts';
import { createLog } from '../src/engine/log.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { Problem } from '../src/server/contract.ts';
import type { ExploreCheck, ExploreFields, ExploreRows, ExploreSeriesAnswer, ExploreTop } from '../src/server/explore-contract.ts';
import { cells, toBatch } from '../src/store/telemetry/fixtures/cells.ts';
import { cellBatch, EXPLORE_DAY, exploreCells, exploreFlows, flowBatch } from '../src/store/telemetry/fixtures/explore-rows.ts';
import { openTelemetry } from '../src/store/telemetry/index.ts';
import { yagura, yaguraJson } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-explore-api-'));
const data = emptyData(join(folder, 'data'));
const DAY = 86_400_000;
/** The rows of these tests are of one fixed day, however long ago. */
const LONG = { 'network-operation': { keepDays: 36_500 } };
const period = `from=${EXPLORE_DAY}&to=${EXPLORE_DAY + DAY}`;

beforeAll(async () => {
  const store = await openTelemetry({ path: join(data, 'telemetry'), spoolDirectory: join(data, 'spool'), log: createLog('silent') });
  const stranger = { tenant: 'other', minute: EXPLORE_DAY / 1000, sensor: 'stranger', packets: 7n, bytes: 9n };
  const formula = { minute: EXPLORE_DAY / 1000, sensor: '=cmd()', packets: 1n, bytes: 40n, protocol: 6 };
  const exporter = {
    minute: EXPLORE_DAY / 1000,
    tenant: 'main',
    sensor: 'north',
    exporter: '192.0.2.1',
    kind: 'ipfix',
    lost: 5n,
    lost_unit: 'record',
  };
  const batches = [cellBatch(exploreCells(200, 1)), flowBatch([...exploreFlows(200, 2), formula]), flowBatch([stranger])];
  await store.insert(
    [...batches, cells([{ at: EXPLORE_DAY, tenant: 'other', sensor: 'stranger' }]), toBatch('sensor_minute', [exporter])],
    'all',
  );
  await store.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('through the API', () => {
  let hub: Hub;
  const ask = (path: string, token?: string) =>
    hub.app.request(
      `http://localhost:8600/api/v1/explore/${path}`,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );
  const get = async <T>(path: string, token?: string): Promise<T> => (await (await ask(path, token)).json()) as T;
  /** Leave for network operation: asked for by whoever needs it, given by this machine's person. */
  const giveLeave = async (token?: string): Promise<void> => {
    const post = async (path: string, body: object, by?: string): Promise<{ id: string; state: string }> => {
      const headers: Record<string, string> = by === undefined ? {} : { authorization: `Bearer ${by}` };
      const response = await hub.app.request(`http://localhost:8600/api/v1${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return (await response.json()) as { id: string; state: string };
    };
    const asked = await post('/grants', { purpose: 'network-operation', reason: 'tests of exploration' }, token);
    if (asked.state === 'requested') await post(`/grants/${asked.id}/approve`, {});
  };

  beforeAll(async () => {
    hub = await openHub(readConfig({ environment: {}, overrides: { data, log: { level: 'silent' }, purposes: LONG } }));
    await giveLeave();
  });
  afterAll(() => hub.close());

  it('lists fields and measures of a source', async () => {
    const { fields, measures } = await get<ExploreFields>('fields?source=flow');
    expect(fields.find(({ id }) => id === 'port')).toMatchObject({ canGroup: false, title: { ja: 'ポート' } });
    expect(measures.map(({ id }) => id)).toContain('destinations');
    expect((await get<ExploreFields>('fields?source=telescope')).measures.map(({ id }) => id)).not.toContain('destinations');
  });

  it('checks a filter and completes it with names that are in the data', async () => {
    const wrong = await get<ExploreCheck>('check?source=flow&filter=prt%2023');
    expect(wrong).toMatchObject({ ok: false, problem: { position: 0, length: 3, suggestion: 'port 23' }, completions: [] });
    expect(wrong.problem?.text.ja).toContain('port');
    const begun = await get<ExploreCheck>('check?source=flow&filter=sensor%20so&cursor=9');
    expect(begun.completions).toEqual([{ text: 'south', title: expect.anything(), kind: 'value', from: 7, to: 9 }]);
    expect(await get<ExploreCheck>('check?source=flow&filter=tcp')).toMatchObject({ ok: true, canonical: 'protocol tcp' });
  });

  it('gives rows page by page, with their columns and how complete they are', async () => {
    const first = await get<ExploreRows>(`rows?source=flow&${period}&limit=150`);
    const second = await get<ExploreRows>(`rows?source=flow&${period}&limit=150&cursor=${first.cursor}`);
    expect([first.rows.length, second.rows.length, second.cursor]).toEqual([150, 51, null]);
    expect(Object.keys(first.rows[0] ?? {})).toEqual(first.columns.map(({ id }) => id));
    expect(first.dataQuality).toMatchObject({ isComplete: false, sampling: { low: 1, high: 1000 }, origins: [{ lost: 5 }] });
    expect(first.dataQuality.notes.length).toBeGreaterThan(1);
  });

  it('finds the busiest and draws them over time; without a period, the last day that has data', async () => {
    const top = await get<ExploreTop>('top?source=flow&by=dst%20port,protocol&measure=bytes&limit=3');
    expect([top.from, top.to]).toEqual([top.to - DAY, top.to]);
    expect(top.by).toEqual(['destination-port', 'protocol']);
    expect(top.rows).toHaveLength(3);
    const series = await get<ExploreSeriesAnswer>(`series?source=telescope&${period}&by=class&top=2&step=3600`);
    expect(series.series.map(({ values }) => values.length)).toEqual([24, 24, 24]);
    expect(series.series.at(-1)).toMatchObject({ key: '…', label: { ja: 'その他' } });
  });

  it('says what is wrong with a question', async () => {
    for (const path of [
      `top?source=flow&${period}&by=port`,
      `rows?source=flow&filter=(`,
      'rows?source=other',
      `top?source=telescope&by=port&measure=destinations`,
    ]) {
      const response = await ask(path);
      expect({ path, status: response.status }).toEqual({ path, status: 400 });
    }
    expect((await get<Problem>(`top?source=flow&${period}&by=port`)).message).toContain('source-port, destination-port');
  });

  it('writes files that no spreadsheet runs, and refuses before the file begins', async () => {
    const csv = await ask(`export?source=flow&${period}&shape=rows&format=csv`);
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="yagura-flow-rows-20260314T0000.csv"');
    const text = await csv.text();
    expect(text.split('\r\n')).toHaveLength(203);
    expect(text).toContain("'=cmd()");
    expect(text).not.toMatch(/,=/);
    const lines = (await (await ask(`export?source=flow&${period}&shape=top&by=source&format=json&limit=2`)).text()).trim().split('\n');
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual(
      Array.from({ length: 2 }, () => ['source', 'packets', 'bytes', 'records']),
    );
    const parquet = await (await ask(`export?source=telescope&${period}&shape=series&by=class&format=parquet`)).arrayBuffer();
    expect(Buffer.from(parquet).subarray(-4).toString()).toBe('PAR1');
    expect((await ask(`export?source=flow&${period}&filter=nonsense`)).status).toBe(400);
    expect((await ask('export?source=flow&shape=pie')).status).toBe(400);
  });

  it.each<[Role, boolean]>([
    ['analyst', true],
    ['coordinator', true],
    ['policy-owner', false],
  ])('lets %s see hosts of flows: %s; sums are for all who read traffic', async (role, maySee) => {
    const token = await hub.createToken('main', role, `explore-${role}`);
    if (maySee) await giveLeave(token);
    const hosts = [
      `rows?source=flow&${period}`,
      `top?source=flow&${period}&by=source`,
      `top?source=flow&${period}&by=protocol&filter=not%20(tcp%20or%20192.0.2.1)`,
      `series?source=flow&${period}&by=dst`,
      `export?source=flow&${period}&shape=rows`,
      `export?source=flow&${period}&shape=top&by=protocol,nat-source`,
    ];
    for (const path of hosts) expect({ path, status: (await ask(path, token)).status }).toEqual({ path, status: maySee ? 200 : 403 });
    const sums = [
      `top?source=flow&${period}&by=dst%20port`,
      `series?source=flow&${period}&by=source-asn`,
      `rows?source=telescope&${period}`,
    ];
    for (const path of sums) expect({ path, status: (await ask(path, token)).status }).toEqual({ path, status: 200 });
  });

  it.each<Role>(['constituent', 'auditor', 'public', 'trainee'])('refuses %s', async (role) => {
    const token = await hub.createToken('main', role, `explore-${role}`);
    for (const path of ['fields?source=flow', `top?source=telescope&${period}&by=port`, 'export?source=telescope']) {
      expect((await ask(path, token)).status).toBe(403);
    }
  });

  it('shows another tenant its own and nothing else', async () => {
    const token = await hub.createToken('other', 'administrator', 'stranger');
    await giveLeave(token);
    for (const source of ['flow', 'telescope']) {
      const { rows } = await get<ExploreRows>(`rows?source=${source}&${period}`, token);
      expect(rows.map((row) => row['sensor'])).toEqual(['stranger']);
      expect((await get<ExploreTop>(`top?source=${source}&${period}&by=sensor`, token)).rows.map(({ keys }) => keys)).toEqual([
        ['stranger'],
      ]);
      const { completions } = await get<ExploreCheck>(`check?source=${source}&filter=sensor%20&cursor=7`, token);
      expect(JSON.stringify(completions)).not.toContain('north');
      const { series, dataQuality } = await get<ExploreSeriesAnswer>(`series?source=${source}&${period}`, token);
      expect(series[0]?.total).toBe(source === 'flow' ? 7 : 1);
      expect(JSON.stringify(dataQuality)).not.toContain('north');
      expect(await (await ask(`export?source=${source}&${period}`, token)).text()).not.toContain('north');
    }
  });
});

describe('from the command line', () => {
  const config = join(folder, 'yagura.yaml');
  const common = ['--config', config, '--data', data, '--from', '2026-03-14', '--to', '2026-03-15'];
  beforeAll(() => writeFileSync(config, `purposes: ${JSON.stringify(LONG)}\n`));

  it('draws a table and says beside it what is missing', async () => {
    const why = ['--purpose', 'network-operation', '--reason', 'looking for the source of a flood'];
    const { status, output, messages } = await yagura('flows', 'proto', 'tcp', '--top', 'src,dst port', '--limit', '3', ...why, ...common);
    expect(messages).toContain('2026-03-14 00:00 – 2026-03-15 00:00 UTC');
    expect(messages).toContain('note: ');
    expect(output.split('\n')[0]).toMatch(/^SOURCE +DESTINATION-PORT +NAME +PACKETS +BYTES +RECORDS +SHARE$/);
    expect(output.trim().split('\n')).toHaveLength(4);
    expect(status).toBe(0);
  });

  it('refuses clients without a purpose, plainly and in both languages, and says who looked', async () => {
    const { status, output, messages } = await yagura('flows', '--top', 'src', '--purpose', 'incident-response', ...common);
    expect({ status, output }).toEqual({ status: 77, output: '' });
    expect(messages).toMatch(/granted purpose.*許可が必要です/);
    const log = await yaguraJson<{ action: string; purpose: string | null }>('purposes', 'log', '--json', '--data', data);
    expect(log.slice(0, 2).map(({ action, purpose }) => [action, purpose])).toEqual([
      ['flows-refused', 'incident-response'],
      ['flows-read', 'network-operation'],
    ]);
  });

  it('gives scripts JSON lines, CSV and series', async () => {
    const rows = await yaguraJson<Record<string, unknown>>('telescope', 'port 23 or mirai', '--json', ...common);
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.every((row) => row['port'] === 23 || String(row['mark']).includes('mirai'))).toBe(true);
    const { output } = await yagura('telescope', '--series', '6h', '--top', 'class', '--format', 'csv', ...common);
    expect(output).toMatch(/^\u{feff}time,class,packets\r\n2026-03-14T00:00:00.000Z,[a-z-]+,\d+\r\n/u);
  });

  it('says where a filter is wrong and ends with the status of a wrong call', async () => {
    const { status, output, messages } = await yagura('flows', 'port twenty', '--top', 'dst port', ...common);
    expect({ status, output }).toEqual({ status: 64, output: '' });
    expect(messages).toContain('character 6');
  });

  it.each([
    ['--last', 'soon'],
    ['--last', '1h', '--from', '2026-03-14'],
    ['--format', 'xml'],
    ['--limit', '5000'],
  ])('refuses %s %s', async (...words) => {
    const { status } = await yagura('flows', ...words, '--data', data);
    expect(status).toBe(64);
  });
});
