/**
 * Sensors through the door: their health and history, who may see and change them, gaps
 * in every graph, and public statistics that never name a source.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../src/domain/permission.ts';
import { fixedClock } from '../src/engine/clock.ts';
import { readConfig } from '../src/engine/config.ts';
import { createLog } from '../src/engine/log.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { Problem, Traffic } from '../src/server/contract.ts';
import type { SensorDetail, SensorHealth, SensorPage } from '../src/server/sensor-contract.ts';
import type { Statistics } from '../src/server/statistics-contract.ts';
import { cells } from '../src/store/telemetry/fixtures/cells.ts';
import { sensorMinutes } from '../src/store/telemetry/fixtures/sensor-rows.ts';
import { openTelemetry } from '../src/store/telemetry/index.ts';
import { temporaryFolder, yagura, yaguraJson } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 2, 14, 12);
const GAP = { from: NOW - 8 * HOUR, to: NOW - 6 * HOUR };
const minutes = (from: number, to: number): number[] => Array.from({ length: (to - from) / MINUTE }, (_, i) => from + i * MINUTE);

const folder = mkdtempSync(join(tmpdir(), 'yagura-sensors-'));
let hub: Hub;

/** Two days of a telescope with a gap of two hours, a live tap that saw nothing, a router that loses flows and one that fell silent. */
async function fill(data: string): Promise<void> {
  const store = await openTelemetry({
    path: join(data, 'telemetry'),
    spoolDirectory: join(data, 'spool'),
    log: createLog('silent'),
    memoryBytes: 800 << 20,
  });
  const watched = minutes(NOW - 2 * DAY, NOW).filter((at) => at < GAP.from || at >= GAP.to);
  const north = watched.map((at, i) => ({ at, source: `192.0.2.${(i % 5) + 1}`, packets: 6 }));
  const foreign = minutes(NOW - HOUR, NOW).map((at) => ({ at, tenant: 'other', sensor: 'foreign', packets: 1 }));
  const edge = minutes(NOW - 3 * HOUR, NOW).map((at) => ({
    at,
    sensor: 'edge',
    exporter: '198.51.100.1',
    kind: 'netflow-9',
    received: 30,
    records: 90,
    lost: 10,
    unit: 'flow',
  }));
  const gone = minutes(NOW - 3 * HOUR, NOW - HOUR).map((at) => ({
    at,
    sensor: 'edge',
    exporter: '198.51.100.2',
    kind: 'ipfix',
    received: 30,
    records: 90,
    unit: 'record',
  }));
  const tap = minutes(NOW - 5 * HOUR, NOW).map((at) => ({ at, sensor: 'tap', received: 0 }));
  await store.insert([cells([...north, ...foreign]), sensorMinutes([...edge, ...gone, ...tap])], 'all');
  await store.close();
}

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  Promise.resolve(hub.app.request(`http://localhost:8600/api/v1${path}`, init));
const get = async <T>(path: string, token?: string): Promise<T> =>
  (await (await ask(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })).json()) as T;
const put = (id: string, body: unknown, token?: string): Promise<Response> =>
  ask(`/sensors/${id}`, {
    method: 'PUT',
    body: JSON.stringify(body),
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });

beforeAll(async () => {
  const data = emptyData(join(folder, 'data'));
  await fill(data);
  hub = await openHub(readConfig({ environment: {}, overrides: { data, log: { level: 'silent' } } }), { clock: fixedClock(NOW) });
});
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the list of sensors', () => {
  it('says of each whether it watches and why we think so', async () => {
    const { rows } = await get<SensorPage>('/sensors');
    expect(rows.map(({ id, kind, state, reason }) => [id, kind, state, reason.en])).toEqual([
      ['edge', 'flow', 'degraded', '1 of 2 exporters is silent. 10% of the flows were lost on the way in the last hour.'],
      ['north', 'telescope', 'healthy', 'The newest data is 1 minute old.'],
      ['tap', 'telescope', 'healthy', 'Nothing went missing in the last hour.'],
    ]);
    const [edge, north, tap] = rows;
    expect(edge?.exporters.map(({ address, state, protocol }) => [address, state, protocol])).toEqual([
      ['198.51.100.1', 'degraded', 'netflow-9'],
      ['198.51.100.2', 'silent', 'ipfix'],
    ]);
    expect(edge?.losses).toEqual([
      { unit: 'flow', lost: 1800, share: 0.1 },
      { unit: 'record', lost: 0, share: 0 },
    ]);
    expect([edge?.perSecond, north?.perSecond, tap?.perSecond]).toEqual([0.5, 0.1, 0]);
    expect(north?.gaps).toEqual([GAP]);
    expect(tap?.gaps).toEqual([]);
    expect(north?.addresses).toBeNull();
    expect(north?.trend.received).toHaveLength(96);
  });

  it('shows another tenant only its own', async () => {
    const token = await hub.createToken('other', 'administrator', 'stranger');
    expect((await get<SensorPage>('/sensors', token)).rows.map(({ id }) => id)).toEqual(['foreign']);
    for (const path of ['/sensors/north', '/sensors/north/health', '/sensors/edge']) {
      const response = await ask(path, { headers: { authorization: `Bearer ${token}` } });
      expect([path, response.status]).toEqual([path, 404]);
      expect(await response.text()).not.toContain('198.51.100');
    }
    const statistics = await get<Statistics>('/public/statistics?step=300', token);
    expect(statistics.totals.packets).toBe(60);
  });
});

describe('changing a sensor', () => {
  it('keeps the history of observed addresses and says who changed it', async () => {
    const history = [
      { since: 0, addresses: 4096 },
      { since: NOW - DAY, addresses: 8192 },
    ];
    const response = await put('north', { title: { ja: '北', en: 'North' }, kind: 'telescope', location: '札幌', history });
    expect(response.status).toBe(200);
    const detail = (await response.json()) as SensorDetail;
    expect(detail.history).toEqual([
      { since: 0, until: NOW - DAY, addresses: 4096 },
      { since: NOW - DAY, until: null, addresses: 8192 },
    ]);
    expect(detail.sensor).toMatchObject({ title: { ja: '北', en: 'North' }, location: '札幌', addresses: 8192, isRegistered: true });
    expect(detail.gapList).toEqual([GAP]);
  });

  it('registers one that nobody has heard of yet, and refuses nonsense', async () => {
    expect(((await (await put('south', { cadenceSeconds: 60 })).json()) as SensorDetail).sensor).toMatchObject({
      state: 'unknown',
      isCadenceStated: true,
    });
    const code = async (response: Response): Promise<[number, string]> => [response.status, ((await response.json()) as Problem).code];
    expect(await code(await put('so%20uth', {}))).toEqual([400, 'usage']);
    expect(await code(await put('south', { history: [{ since: 1, addresses: -1 }] }))).toEqual([400, 'usage']);
    expect(await code(await put('south', { surname: 'x' }))).toEqual([400, 'usage']);
    expect((await ask('/sensors/nowhere')).status).toBe(404);
  });

  it.each([
    ['administrator', 200, 200],
    ['coordinator', 200, 200],
    ['analyst', 200, 403],
    ['policy-owner', 200, 403],
    ['auditor', 200, 403],
    ['constituent', 403, 403],
    ['trainee', 403, 403],
    ['public', 403, 403],
  ] as const satisfies readonly (readonly [Role, number, number])[])('is permitted as the role %s has it', async (role, read, write) => {
    const token = await hub.createToken('main', role, `sensors-${role}`);
    expect((await ask('/sensors', { headers: { authorization: `Bearer ${token}` } })).status).toBe(read);
    expect((await put('south', { contact: 'noc@umibe.example' }, token)).status).toBe(write);
  });
});

describe('gaps', () => {
  it('are those of the sensor asked for; together only the time in which none watched', async () => {
    const period = `from=${NOW - 12 * HOUR}&to=${NOW}&step=300`;
    expect((await get<Traffic>(`/traffic?${period}&sensor=north`)).gaps).toEqual([GAP]);
    expect((await get<Traffic>(`/traffic?${period}&sensor=tap`)).gaps).toEqual([{ from: NOW - 12 * HOUR, to: NOW - 5 * HOUR }]);
    expect((await get<Traffic>(`/traffic?${period}`)).gaps).toEqual([GAP]);
    expect((await get<Traffic>(`/traffic?from=${NOW - HOUR}&to=${NOW + 5 * HOUR}&step=300`)).gaps).toEqual([]);
  });

  it('come with the series of a sensor and of one exporter', async () => {
    const path = `/sensors/edge/health?from=${NOW - 3 * HOUR}&to=${NOW}&step=3600`;
    const all = await get<SensorHealth>(path);
    expect(all.series.map(({ exporter, received, lost }) => [exporter, received, lost])).toEqual([
      ['198.51.100.1', [1800, 1800, 1800], [600, 600, 600]],
      ['198.51.100.2', [1800, 1800, 0], [0, 0, 0]],
    ]);
    expect(all.gaps).toEqual([]);
    const one = await get<SensorHealth>(`${path}&exporter=198.51.100.2`);
    expect(one.gaps).toEqual([{ from: NOW - HOUR, to: NOW }]);
    expect(one.series).toHaveLength(1);
  });
});

describe('public statistics', () => {
  const read = (more = ''): Promise<Statistics> => get<Statistics>(`/public/statistics?step=86400&from=${NOW - 3 * DAY}&to=${NOW}${more}`);

  it('divide by what was watched, and flag what changed', async () => {
    await put('tap', { history: [{ since: 0, addresses: 4096 }] });
    const statistics = await get<Statistics>(`/public/statistics?step=3600&from=${NOW - DAY}&to=${NOW}`);
    expect(statistics.gaps).toEqual([GAP]);
    expect(statistics.sensors).toBe(2);
    expect(statistics.changes.map(({ kind, at }) => [kind, at])).toEqual([
      ['addresses', NOW - DAY],
      ['sensor-added', NOW - 5 * HOUR],
    ]);
    const step = statistics.steps.find(({ at }) => at === NOW - HOUR);
    // 360 packets in an hour on 8192 + 4096 addresses
    expect(step).toMatchObject({
      packets: 360,
      hosts: 5,
      addresses: { average: 12_288 },
      perAddressDay: Number((360 / (12_288 / 24)).toPrecision(4)),
      watched: 1,
    });
    expect(statistics.steps.filter(({ isGap }) => isGap).map(({ at }) => at)).toEqual([GAP.from, GAP.from + HOUR]);
    expect(statistics.totals).toMatchObject({ hosts: 5, scannerPackets: null, scannerShare: null });
  });

  it('have a year that says why it is not compared, and no address in them', async () => {
    const statistics = await get<Statistics>('/public/statistics?year=2026');
    expect(statistics.years).toHaveLength(1);
    expect(statistics.years[0]).toMatchObject({ year: 2026, packets: 6 * (2 * 24 - 2) * 60, isComparable: false, isComplete: false });
    expect(statistics.years[0]?.reasons.map(({ en }) => en)).toContain('The year is not over yet.');
    expect(statistics.steps.at(-1)?.at).toBe(NOW - 12 * HOUR);
    expect(JSON.stringify(await read())).not.toMatch(/192\.0\.2\.|198\.51\.100|north|edge/);
  });

  it('are files as well', async () => {
    const csv = await ask('/public/statistics/export?year=2026');
    expect(csv.headers.get('content-disposition')).toContain('yagura-statistics-2026-01-01-series.csv');
    const [head, first, ...rest] = (await csv.text()).trim().split('\r\n');
    expect(head).toBe('time_utc,packets,sources,observed_addresses,packets_per_address_day,watched_share,scanner_packets,notes');
    expect(first).toBe('2026-01-01T00:00Z,,,,,0,,gap');
    expect(rest.at(-1)).toMatch(/^2026-03-14T00:00Z,3600,5,/);
    expect((await (await ask('/public/statistics/export?table=ports&step=300')).text()).split('\r\n')[1]).toBe('tcp/23,Telnet,7920,1');
    expect(((await (await ask('/public/statistics/export?format=json&year=2026')).json()) as Statistics).year).toBe(2026);
    expect((await ask('/public/statistics/export?format=xml')).status).toBe(400);
    expect((await ask(`/public/statistics?step=300&from=0&to=${NOW}`)).status).toBe(400);
  });

  it('may be read by the public role, which may read no sensor', async () => {
    const token = await hub.createToken('main', 'public', 'citizen');
    expect((await ask('/public/statistics', { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });
});

describe('the command line', () => {
  it('says what a sensor is, lists it, and writes statistics', async () => {
    const data = emptyData(join(temporaryFolder(), 'data'));
    const words = ['--title', '屋上 / Roof', '--addresses', '512', '--since', '2026-03-01', '--cadence', '60', '--data', data];
    const changed = await yagura('sensors', 'set', 'roof', ...words);
    expect(changed.output).toBe(
      'roof: 屋上 / Roof, telescope\nOBSERVED ADDRESSES  FROM              UNTIL\nunknown             ever              2026-03-01 00:00\n512                 2026-03-01 00:00  now\n',
    );
    const [roof] = await yaguraJson<SensorPage['rows'][number]>('sensors', '--data', data, '--json');
    expect(roof).toMatchObject({ id: 'roof', addresses: 512, cadenceSeconds: 60, state: 'unknown' });
    expect((await yagura('statistics', '--year', '2026', '--table', 'years', '--format', 'csv', '--data', data)).output).toMatch(
      /^year,packets,/,
    );
  });

  it('refuses what it cannot understand and says how it is said', async () => {
    const data = emptyData(join(temporaryFolder(), 'data'));
    expect(await yagura('sensors', 'set', '--data', data)).toMatchObject({ status: 64 });
    expect((await yagura('sensors', 'set', 'roof', '--addresses', '5', '--since', 'May', '--data', data)).messages).toContain('2026-04-01');
    expect((await yagura('statistics', '--format', 'xml', '--data', data)).messages).toContain('csv or json');
  }, 180_000);
});
