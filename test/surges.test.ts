/**
 * Surges and campaigns through the door: what is found in stored observations, once and for
 * the right tenant; that it grows instead of being told again; and the list of vulnerabilities.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placeText } from '../src/domain/surge.ts';
import { fixedClock } from '../src/engine/clock.ts';
import { readConfig } from '../src/engine/config.ts';
import { createLog } from '../src/engine/log.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { Problem } from '../src/server/contract.ts';
import type { CampaignPage, KevImport, KevPage, SurgeDetail, SurgePage } from '../src/server/surge-contract.ts';
import { gapsOf } from '../src/server/watching.ts';
import { openState, type State } from '../src/store/state/open.ts';
import { createSurgeStore } from '../src/store/state/surges.ts';
import { type Cell, cells } from '../src/store/telemetry/fixtures/cells.ts';
import { openTelemetry, type TelemetryStore } from '../src/store/telemetry/index.ts';
import { SurgeWatch } from '../src/surge/watch.ts';
import { ROOT, yagura, yaguraJson } from './support/command-line.ts';
import { emptyData, emptyTelemetry } from './support/empty-data.ts';
import { isThorough } from './support/volume.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const END = Date.UTC(2026, 2, 14, 12);
const START = END - 30 * HOUR;
const ONSET = END - 3 * HOUR - 23 * MINUTE;
const GAP = { from: END - 14 * HOUR, to: END - 12 * HOUR };
const EXAMPLE = join(ROOT, 'src', 'surge', 'fixtures', 'kev-example.json');

const folder = mkdtempSync(join(tmpdir(), 'yagura-surges-'));
const folderOf = (name: string): string => join(folder, name);
const data = folderOf('main');
let hub: Hub;

/** A host of a network of its own. */
const host = (network: number, of = 0): string => `2001:db8:${(network + 1).toString(16)}::${(of + 1).toString(16)}`;

const minutes = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
const isWatched = ({ at }: Cell): boolean => at < GAP.from || at >= GAP.to;

/** Every day the same: some thirty sources on 23/TCP, a few hosts on two ports each. */
function background(sensor: string, tenant: string): Cell[] {
  return minutes(START, END, 5 * MINUTE).flatMap((at, i) =>
    Array.from({ length: 15 }, (_, n): Cell => ({ at, sensor, tenant, source: host((i * 7 + n) % 40), asn: 64_496 + (n % 5) })),
  );
}

/** From the onset on, sixty hosts of sixty networks; each is there every few minutes. */
const surge = (tenant: string, sensor: string, port: number): Cell[] =>
  minutes(ONSET, END, MINUTE).flatMap((at, i) =>
    Array.from({ length: 12 }, (_, n): Cell => {
      const place = (i * 12 + n) % 60;
      return {
        at,
        tenant,
        sensor,
        source: host(100 + place),
        port,
        asn: 64_500 + (place % 6),
        country: place % 2 === 0 ? 'JP' : 'NL',
        mirai: 1,
      };
    }),
  );

/** As many hosts, but all of one network: one scanner, not a trend. */
const oneScanner: Cell[] = minutes(ONSET, END, MINUTE).flatMap((at, i) =>
  Array.from({ length: 12 }, (_, n): Cell => ({ at, sensor: 'north', source: host(900, (i * 12 + n) % 60), port: 9000, asn: 64_510 })),
);

const pairs: Cell[] = minutes(START, END, HOUR).flatMap((at) =>
  Array.from({ length: 20 }, (_, n) =>
    [7001, 7002, 7003].map((port): Cell => ({ at, sensor: 'north', source: host(200 + n), port, asn: 64_496 + n })),
  ).flat(),
);

async function store(rows: readonly Cell[], token: string, where = data): Promise<void> {
  const telemetry = await openTelemetry({
    path: join(where, 'telemetry'),
    spoolDirectory: join(where, 'spool'),
    log: createLog('silent'),
    memoryBytes: 800 << 20,
  });
  await telemetry.insert([cells(rows)], token);
  await telemetry.close();
}

const open = (where = data): Promise<Hub> =>
  openHub(readConfig({ environment: {}, overrides: { data: where, log: { level: 'silent' } } }), { clock: fixedClock(END) });

const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  Promise.resolve(hub.app.request(`http://localhost:8600/api/v1${path}`, init));
const get = async <T>(path: string, token?: string): Promise<T> =>
  (await (await ask(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })).json()) as T;

async function judged(token?: string): Promise<SurgePage> {
  let page = await get<SurgePage>('/surges', token);
  while (page.isBehind) page = await get<SurgePage>('/surges', token);
  return page;
}

const MIDDLE = ONSET + 40 * MINUTE;

beforeAll(async () => {
  emptyData(data);
  const before = ({ at }: Cell): boolean => at < MIDDLE;
  const all = [
    ...background('north', 'main'),
    ...pairs,
    ...surge('main', 'north', 8291),
    ...oneScanner,
    ...background('foreign', 'other'),
    ...surge('other', 'foreign', 5555),
  ];
  await store(
    all.filter((row) => isWatched(row) && before(row)),
    'first',
  );
  hub = await open();
  await judged();
  await hub.close();
  await store(
    all.filter((row) => isWatched(row) && !before(row)),
    'second',
  );
  hub = await open();
}, 180_000);
afterAll(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a surge', () => {
  it('is found once, at its minute, and grows over a restart; one network is none', async () => {
    const { rows, total, judged: sensors } = await judged();
    expect(rows.map(({ port, sensor, kind, basis }) => [port.key, sensor.id, kind, basis])).toEqual([
      ['tcp/8291', 'north', 'sudden', 'all-hours'],
    ]);
    expect(total).toBe(1);
    expect(sensors.map(({ sensor }) => sensor)).toEqual(['north']);
    const [found] = rows;
    expect(Math.abs((found?.onsetAt ?? 0) - ONSET)).toBeLessThanOrEqual(2 * MINUTE);
    expect((found?.detectedAt ?? Infinity) - ONSET).toBeLessThanOrEqual(15 * MINUTE);
    expect(found).toMatchObject({ sources: 60, networks: 60, asns: 6, fresh: 60, endedAt: null, isSpoofable: false, usual: 0 });
    expect(found?.lastAt).toBe(END);
    expect(found?.growth.map(({ sources }) => sources)).toEqual([10]);
  });

  it('tells its series with gaps, its networks and countries, and where to go on', async () => {
    const [first] = (await judged()).rows;
    const detail = await get<SurgeDetail>(`/surges/${first?.id}`);
    const { from, stepSeconds, sources, usual, high } = detail.series;
    const at = (time: number): number => Math.floor((time - from) / 1000 / stepSeconds);
    expect(sources[at(GAP.from + HOUR)]).toBeNull();
    expect(sources[at(ONSET - HOUR)]).toBe(0);
    expect(sources[at(END - HOUR)]).toBeGreaterThan(55);
    expect([usual[at(END - HOUR)], high[at(END - HOUR)]]).toEqual([0, 10]);
    // The last sign of life was heard in its last five minutes.
    expect(detail.gaps).toEqual([{ from: GAP.from - 4 * MINUTE, to: GAP.to }]);
    expect(detail.countries.map(({ key, sources: count }) => [key, count])).toEqual([
      ['JP', 30],
      ['NL', 30],
    ]);
    expect(detail.networksBySources).toHaveLength(6);
    expect(detail.marks).toEqual([{ tool: 'mirai', sources: 60 }]);
    expect(detail.explore.filter).toBe('port 8291 and protocol tcp and sensor north');
    const query = new URLSearchParams({
      source: 'telescope',
      by: 'source',
      filter: detail.explore.filter,
      from: String(ONSET),
      to: String(END),
      limit: '100',
    });
    const top = await get<{ readonly rows: readonly unknown[] }>(`/explore/top?${query.toString()}`);
    expect(top.rows).toHaveLength(60);
  });

  it('is never shown to another tenant, who has its own', async () => {
    const token = await hub.createToken('other', 'administrator', 'stranger');
    const own = await judged();
    const theirs = await judged(token);
    expect(theirs.rows.map(({ port }) => port.key)).toEqual(['tcp/5555']);
    expect(theirs.judged.map(({ sensor }) => sensor)).toEqual(['foreign']);
    const refused = await ask(`/surges/${own.rows[0]?.id}`, { headers: { authorization: `Bearer ${token}` } });
    expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([404, 'not-found']);
    expect((await get<CampaignPage>('/campaigns', token)).rows.flatMap(({ ports }) => ports.map(({ key }) => key))).not.toContain(
      'tcp/7001',
    );
    expect((await ask('/surges/none')).status).toBe(404);
  });
});

describe('the order in which observations come', () => {
  let telemetry: TelemetryStore;
  let state: State;
  beforeAll(async () => {
    const where = folderOf('order');
    const common = { spoolDirectory: join(where, 'spool'), log: createLog('silent'), memoryBytes: 800 << 20 };
    telemetry = await openTelemetry({ path: emptyTelemetry(join(where, 'telemetry')), ...common });
    state = await openState({ path: join(where, 'state'), templateDirectory: join(ROOT, '.cache'), log: createLog('silent') });
  });
  afterAll(async () => {
    await telemetry.close();
    await state.close();
  });

  /** What is the same whatever came first: in which window it was recognised may differ. */
  async function found(tenant: string, parts: readonly (readonly Cell[])[]): Promise<unknown> {
    const { db } = state;
    const kept = createSurgeStore(db);
    const watch = new SurgeWatch({
      telemetry: telemetry.surges,
      store: kept,
      gaps: (who, sensor, period) => gapsOf({ db, telemetry, clock: fixedClock(END) }, { tenant: who, sensor, ...period }),
      announce: () => undefined,
      log: createLog('silent'),
    });
    for (const [i, rows] of parts.entries()) {
      await telemetry.insert([cells(rows.map((row) => ({ ...row, tenant })))], `${tenant}-${i}`);
      watch.note(tenant);
      await watch.settled();
    }
    await watch.close();
    const surges = (await kept.surges(tenant, {})).rows;
    const campaigns = await kept.campaigns(tenant);
    return {
      surges: surges.map(({ place, onsetAt, lastAt, endedAt, peak, sources }) => [
        placeText(place),
        onsetAt,
        lastAt,
        endedAt,
        peak,
        sources,
      ]),
      campaigns: campaigns
        .map(({ ports, size, firstDay, lastDay }) => `${ports.map(placeText).join(' ')} ${size} ${firstDay} ${lastDay}`)
        .toSorted(),
    };
  }

  it(`does not matter: at once, the later part first${isThorough ? ', in two parts, or piece by piece' : ''}`, async () => {
    const all = [...background('north', 'main'), ...pairs, ...surge('main', 'north', 8291)].filter(isWatched);
    const early = all.filter(({ at }) => at < MIDDLE);
    const late = all.filter(({ at }) => at >= MIDDLE);
    const pieces = [...Map.groupBy(all, ({ at }) => Math.floor(at / (7 * HOUR)))].toSorted(([a], [b]) => a - b).map(([, rows]) => rows);
    const atOnce = await found('at-once', [all]);
    expect(atOnce).toMatchObject({ surges: [['tcp/8291', ONSET, END, null, 60, 60]] });
    expect(await found('backwards', [late, early])).toEqual(atOnce);
    if (!isThorough) return;
    expect(await found('in-parts', [early, late])).toEqual(atOnce);
    expect(await found('pieces', pieces)).toEqual(atOnce);
  }, 400_000);
});

describe('campaigns', () => {
  it('are sources with the same ports, and new only against days before', async () => {
    await judged();
    const { rows } = await get<CampaignPage>('/campaigns');
    const found = rows.map(({ ports, size, isNew, days }) => [ports.map(({ key }) => key).join(' '), size, isNew, days.length]);
    expect(found).toContainEqual(['tcp/7001 tcp/7002 tcp/7003', 20, null, 2]);
    expect(found).toContainEqual(['tcp/8291', 60, true, 1]);
    expect(found.some(([ports]) => ports === 'tcp/9000')).toBe(false);
  });
});

describe('the list of known exploited vulnerabilities', () => {
  it('is imported by the command, and shown beside the surge it may fit', async () => {
    await hub.close();
    expect((await yagura('kev', '--data', data)).output).toContain('There is no list yet');
    const done = await yaguraJson<KevImport>('kev', 'import', EXAMPLE, '--data', data, '--json');
    expect(done[0]).toMatchObject({ imported: 3, edition: { version: '2026.06.01', file: 'kev-example.json' } });
    expect((await yagura('surges', '--data', data)).output).toContain('tcp/8291');
    expect((await yagura('campaigns', '--data', data)).output).toContain('tcp/7001 tcp/7002 tcp/7003');
    hub = await open();
    const page = await get<KevPage>('/kev');
    expect([page.total, page.rows[0]?.cve]).toEqual([3, 'CVE-1900-0002']);
  }, 120_000);

  it('is refused when it is none, and when the role may not', async () => {
    const send = (text: string, token?: string): Promise<Response> =>
      ask('/kev', {
        method: 'POST',
        body: JSON.stringify({ name: 'list.json', text }),
        ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      });
    expect((await send('a,b')).status).toBe(422);
    expect((await ask('/kev', { method: 'POST', body: '{}' })).status).toBe(400);
    const auditor = await hub.createToken('main', 'policy-owner', 'reader');
    expect((await send('{}', auditor)).status).toBe(403);
    expect((await ask('/kev', { headers: { authorization: `Bearer ${auditor}` } })).status).toBe(200);
  });
});
