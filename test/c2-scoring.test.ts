/**
 * C&C servers found in a day of flow records, from the records to the candidates, through
 * the real store: worlds whose truth is known, and what real captures hold.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAllowListed } from '../src/c2/judge.ts';
import { loadPopular } from '../src/c2/popular.ts';
import { scoreC2 } from '../src/c2/score.ts';
import { DEFAULT_C2_SETTINGS } from '../src/c2/settings.ts';
import type { C2Candidate } from '../src/domain/c2.ts';
import type { C2Seeds } from '../src/domain/c2-flows.ts';
import { createLog } from '../src/engine/log.ts';
import { FlowFixture, type FlowRow } from '../src/store/telemetry/fixtures/flow-columns.ts';
import { openTelemetry, type TelemetryStore } from '../src/store/telemetry/index.ts';
import { createRandom, DAY_END, DAY_START, makeWorld, type World } from './support/c2-world.ts';
import { flowsOfBinetflow, flowsOfCapture } from './support/real-flows.ts';
import { hasSharedData, sharedData } from './support/shared-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-c2-'));
const popular = loadPopular();
let store: TelemetryStore;
let tenants = 0;

beforeAll(async () => {
  store = await openTelemetry({ path: join(folder, 'engine'), spoolDirectory: join(folder, 'spool'), log: createLog('warn') });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Each set of flows is a tenant of its own. */
async function score(flows: FlowFixture, seeds: C2Seeds, from = DAY_START, to = DAY_END): Promise<C2Candidate[]> {
  const tenant = `t${tenants++}`;
  await store.insert([flows.take(tenant)], tenant);
  return scoreC2({ tenant, from, to, seeds, allow: popular, settings: DEFAULT_C2_SETTINGS }, store.c2);
}

const scoreWorld = (world: World): Promise<C2Candidate[]> => score(world.flows, { hosts: world.seeds, servers: [] });
const name = ({ address, port }: C2Candidate): string => `${address}:${port}`;
const hosts = (...addresses: string[]): C2Seeds => ({ hosts: addresses.map((address) => ({ address, family: null })), servers: [] });

describe('days with botnets', () => {
  it.each([
    [1, [{ seed: 7, clients: 400, connectionsEach: 60 }]],
    [100, [2, 7, 8, 9].map((seed) => ({ seed, clients: 600, connectionsEach: 60 }))],
    [1000, [{ seed: 4, clients: 2000, connectionsEach: 100 }]],
  ])('show who controls them at 1:%i', async (sampling, worlds) => {
    const wrong: string[] = [];
    let right = 0;
    let all = 0;
    for (const options of worlds) {
      const world = makeWorld({ ...options, sampling });
      const found = await scoreWorld(world);
      right += found.filter((one) => world.controllers.has(name(one))).length;
      wrong.push(...found.map(name).filter((one) => !world.controllers.has(one)));
      all += world.controllers.size;
      expect(found.filter((one) => world.lookAlikes.has(name(one)))).toEqual([]);
      expect(found.filter((one) => world.controllers.has(name(one)) && !one.family?.startsWith('family-'))).toEqual([]);
      // Nothing that is said of a server names anybody else.
      const said = JSON.stringify(found.map(({ address: _, ...rest }) => rest));
      expect(said).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
    }
    expect(right / all).toBeGreaterThanOrEqual(sampling === 1 ? 0.95 : 0.7);
    expect(wrong.length / (right + wrong.length)).toBeLessThanOrEqual(0.05);
  });

  it('show nothing when nobody is infected, however much keeps time', async () => {
    const world = makeWorld({ seed: 3, clients: 200, sampling: 100, botnets: 0 });
    const anybody = [3, 14, 15, 92, 65, 35, 89, 79].map((i) => `198.18.0.${i}`);
    expect(await score(world.flows, hosts(...anybody))).toEqual([]);
  });
});

const MINUTES = 10;
const [from, to] = [DAY_START, DAY_START + MINUTES * 60_000];

/** Ordinary people for some minutes; all use the resolver. */
function crowd(resolver: string, size = 60): FlowFixture {
  const flows = new FlowFixture();
  const random = createRandom(1);
  for (let client = 0; client < size; client++) {
    const source = `198.18.200.${client}`;
    for (let i = 0; i < 12; i++) {
      const at = from + Math.floor(random() * (to - from));
      const server = `198.19.200.${Math.floor(40 * random() ** 2)}`;
      converse(flows, { at, source, destination: server, sourcePort: 1024 + Math.floor(random() * 60_000) });
      converse(flows, { at: at - 30, source, destination: resolver, destinationPort: 53, protocol: 17, packets: 1, bytes: 70 });
    }
  }
  return flows;
}

function converse(flows: FlowFixture, row: FlowRow): void {
  flows.add(row);
  const { source, destination, sourcePort = 40_000, destinationPort = 443 } = row;
  flows.add({ ...row, source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort });
}

/** Calls of each client every `seconds`, from a port of its own each time. */
function call(flows: FlowFixture, clients: readonly string[], seconds: number, row: Omit<FlowRow, 'at' | 'source'>): void {
  for (const [i, source] of clients.entries()) {
    for (let at = from + i * 1000, n = 0; at < to; at += seconds * 1000, n++) flows.add({ at, source, sourcePort: 20_000 + n, ...row });
  }
}

const CONTROLLER = '192.0.2.66';
const bots = ['198.18.200.1', '198.18.200.2', '198.18.200.3', '198.18.200.4', '198.18.200.5', '198.18.200.6'];

describe('who is no controller', () => {
  const destinationPort = 7777;

  it('a server that infected hosts only knock at, and one they meet while scanning', async () => {
    const flows = crowd('192.0.2.53');
    call(flows, bots, 20, { destination: CONTROLLER, destinationPort, flags: 0x02 });
    for (const source of bots) {
      for (let i = 0; i < 60; i++)
        flows.add({ at: from + i * 100, source, destination: `203.0.113.${i}`, destinationPort: 2323, flags: 0x02 });
    }
    call(flows, bots, 20, { destination: '203.0.113.99', destinationPort: 2323 });
    expect(await score(flows, hosts(...bots))).toEqual([]);
  });

  it('a target they flood over UDP without an answer, or connect to many times a second', async () => {
    const flows = crowd('192.0.2.53');
    call(flows, bots, 5, { destination: CONTROLLER, destinationPort, protocol: 17 });
    call(flows, bots, 0.5, { destination: '192.0.2.67', destinationPort: 80 });
    expect(await score(flows, hosts(...bots))).toEqual([]);
  });

  it('one of them, and somebody else’s computer', async () => {
    const flows = crowd('192.0.2.53');
    call(flows, bots.slice(1), 20, { destination: bots[0] ?? '', destinationPort });
    call(flows, bots.slice(1), 20, { destination: '198.18.200.40', destinationPort });
    expect(await score(flows, hosts(...bots))).toEqual([]);
  });

  it('what a fifth of everybody uses, named by whomever', async () => {
    const flows = crowd('192.0.2.53');
    const indicator = { address: '192.0.2.53', port: 53, transport: null, family: 'mirai' } as const;
    expect(await score(flows, { hosts: [], servers: [indicator] })).toEqual([]);
  });
});

describe('who is one', () => {
  const row = { destination: CONTROLLER, destinationPort: 7777 };

  it('a server infected hosts call, though both ports are high and only its answers are seen', async () => {
    const flows = crowd('192.0.2.53');
    for (const [i, client] of bots.entries()) {
      for (let at = from + i * 1000, n = 0; at < to; at += 30_000, n++) {
        flows.add({ at, source: CONTROLLER, sourcePort: 7777, destination: client, destinationPort: 1024 + n * 700 + i, flags: 0x1a });
      }
    }
    expect((await score(flows, hosts(...bots))).map(name)).toEqual([`${CONTROLLER}:7777`]);
  });

  it('a server over IPv6', async () => {
    const flows = crowd('192.0.2.53');
    const six = bots.map((_, i) => `2001:db8::${i + 1}`);
    call(flows, six, 30, { ...row, destination: '2001:db8:ffff::66' });
    expect((await score(flows, hosts(...six))).map(name)).toEqual(['2001:db8:ffff::66:7777']);
  });

  it('a named server with its clients, and the next server those clients share', async () => {
    const flows = crowd('192.0.2.53');
    call(flows, bots, 30, row);
    call(flows, bots, 40, { destination: '192.0.2.77', destinationPort: 443 });
    const indicator = { address: CONTROLLER, port: 7777, transport: 'tcp', family: 'mirai' } as const;
    const found = await score(flows, { hosts: [], servers: [indicator] });
    expect(found.map((one) => [name(one), one.family, one.methods.includes('indicator')])).toEqual([
      [`${CONTROLLER}:7777`, 'mirai', true],
      ['192.0.2.77:443', 'mirai', false],
    ]);
  });

  it('a server on the list of popular services, but marked', async () => {
    const flows = crowd('192.0.2.53');
    call(flows, bots, 30, { ...row, destination: '104.16.0.1', destinationPort: 443 });
    const found = await score(flows, hosts(...bots));
    expect(found.map((one) => [name(one), isAllowListed(one)])).toEqual([['104.16.0.1:443', true]]);
    expect(found[0]?.because.en).toContain('allow-list');
  });

  it('a server whose single connection is kept open by a heartbeat', async () => {
    const flows = crowd('192.0.2.53');
    for (const source of bots) {
      for (let at = from; at < to; at += 60_000) flows.add({ at, source, sourcePort: 31_000, ...row, packets: 2, bytes: 92 });
    }
    const [found] = await score(flows, hosts(...bots));
    expect(found?.features['periodSeconds']).toBe(60);
  });
});

function addMoved(flows: FlowFixture, rows: readonly FlowRow[], start = from): void {
  const first = rows.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  for (const row of rows) flows.add({ ...row, at: row.at - first + start });
}

describe.skipIf(!hasSharedData)('real captures', () => {
  it('a command channel that calls every two to three seconds is found by one infected host', async () => {
    const rows = await flowsOfCapture(sharedData('telemetry', 'malware', 'StratosphereLinuxIPS__test-cc-capture-2.pcap'));
    const flows = crowd('147.32.80.9');
    addMoved(flows, rows);
    const found = await score(flows, hosts('147.32.80.37'), from, from + 70_000);
    expect(found.map(name)).toEqual(['141.193.213.20:443']);
    expect(found[0]?.methods).toEqual(['fan-in', 'beacon']);
    expect(found[0]?.features['periodSeconds']).toBeGreaterThanOrEqual(2);
    expect(found[0]?.features['periodSeconds']).toBeLessThanOrEqual(4);
  });

  it.each(['nDPI__KakaoTalk_chat.pcap', 'nDPI__tor.pcap', 'nDPI__telnet.pcap', 'nDPI__NTPv2.pcap', 'zeek__wikipedia.pcap'])(
    'ordinary traffic raises nothing, even were its hosts infected: %s',
    async (file) => {
      const rows = await flowsOfCapture(sharedData('telemetry', 'normal', file));
      const flows = crowd('192.0.2.53');
      addMoved(flows, rows);
      const everybody = [...new Set(rows.map(({ source }) => source))];
      expect(await score(flows, hosts(...everybody), from, to)).toEqual([]);
    },
  );

  it.each(['StratosphereLinuxIPS__test2-malicious.binetflow', 'StratosphereLinuxIPS__test11-portscan.binetflow'])(
    'a telephone’s day and a port scan, without a label that says so, hold no command channel: %s',
    async (file) => {
      const world = makeWorld({ seed: 5, clients: 200, sampling: 1, connectionsEach: 20, botnets: 0 });
      const rows = flowsOfBinetflow(sharedData('telemetry', 'binetflow', file));
      addMoved(world.flows, rows, DAY_START);
      const found = await score(world.flows, hosts('10.8.0.69'));
      expect(found.filter((one) => !isAllowListed(one)).map(name)).toEqual([]);
    },
  );
});
