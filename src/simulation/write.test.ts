import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { hasSharedData, sharedData } from '../../test/support/shared-data.ts';
import { parseAddress } from '../domain/address.ts';
import { createLog } from '../engine/log.ts';
import { DAY, DEFAULT_UNTIL } from './country.ts';
import { type ReadPacket, readCapture } from './fixtures/read-capture.ts';
import { REPORT_KINDS, type ReportId } from './reports.ts';
import { type Planted, parseTruth, type Truth } from './truth.ts';
import { type SimulateReport, simulate } from './write.ts';

let directory = '';
let report: SimulateReport;
let truth: Truth;
const packets: ReadPacket[] = [];
const done: number[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'yagura-simulation-'));
  report = await simulate({
    seed: 42,
    scale: 'small',
    directory,
    log: createLog('silent'),
    progress: (progress) => done.push(progress.done),
  });
  truth = parseTruth(await readFile(join(directory, 'truth.json'), 'utf8'), 'truth.json');
  for (const file of report.captures) for (const packet of readCapture(await readFile(join(directory, file)))) packets.push(packet);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const planted = (kind: string): Planted[] => truth.planted.filter((one) => one.source === 'telescope' && one.kind === kind);

async function readReport(name: string): Promise<Record<string, string>[]> {
  return parseCsv(await readFile(join(directory, name)), { columns: true, relaxColumnCount: false });
}

function idOf(name: string): ReportId {
  return /^\d{4}-\d{2}-\d{2}-([^-]+)-simulated\.csv$/.exec(name)?.[1] as ReportId;
}

describe('the files of a small simulation', () => {
  it('are the same for ever', async () => {
    const hash = createHash('sha256');
    for (const file of (await readdir(directory)).toSorted()) hash.update(file).update(await readFile(join(directory, file)));
    expect(hash.digest('hex')).toMatchInlineSnapshot(`"9a4e0d114da387fbbdd96d8f777ba60df2ba53acf1b0b163e209d1312d90fda7"`);
  });

  it('are small enough to look at', () => {
    expect(report.packets).toBeGreaterThan(250_000);
    expect(report.bytes).toBeLessThan(40_000_000);
    expect(done.at(-1)).toBe(1);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
  });

  it('are named by hour, and each holds only its hour', async () => {
    expect(report.captures[0]).toBe('telescope-20260617-05.pcap');
    for (const file of report.captures) {
      const hour = /-(\d{8}-\d{2})\.pcap$/.exec(file)?.[1];
      for (const packet of readCapture(await readFile(join(directory, file)))) {
        if (new Date(packet.atMs).toISOString().slice(0, 13).replaceAll('-', '').replace('T', '-') !== hour) expect.fail(file);
      }
    }
  });
});

describe('the truth', () => {
  it('counts the packets that are in the captures', () => {
    expect(truth.packets).toBe(packets.length);
    expect(Object.values(truth.classPackets).reduce((sum, count) => sum + count, 0)).toBe(packets.length);
    const count = (is: (packet: ReadPacket) => boolean): number => packets.filter(is).length;
    expect(truth.classPackets['other']).toBe(count((packet) => packet.flags === 0x18));
    expect(truth.classPackets['tcp-scan']).toBe(count((packet) => packet.flags === 2));
    const udp = (truth.classPackets['udp-probe'] ?? 0) + (truth.classPackets['misconfiguration'] ?? 0);
    const answers = (packet: ReadPacket): boolean => packet.sourcePort === 53 || packet.sourcePort === 123;
    expect(udp).toBe(count((packet) => packet.protocol === 17 && !answers(packet)));
  });

  it('knows every source with the Mirai mark, and how often it was recorded', () => {
    const recounted = new Map<string, number>();
    for (const packet of packets) if (packet.isMirai) recounted.set(packet.source, (recounted.get(packet.source) ?? 0) + 1);
    const expected = new Map(planted('infected-host').flatMap((one) => (one.packets > 0 ? [[one.asset, one.packets] as const] : [])));
    expect(recounted).toEqual(expected);
  });

  it('knows first and last packet of each planted finding', () => {
    const times = Map.groupBy(packets, (packet) => packet.source);
    for (const kind of ['telnet-scanner', 'scanner', 'dos-victim']) {
      for (const one of planted(kind)) {
        const own = times.get(one.asset) ?? [];
        expect([one.packets, one.firstSeenAt, one.lastSeenAt]).toEqual([own.length, own[0]?.atMs ?? null, own.at(-1)?.atMs ?? null]);
      }
    }
  });

  it('lists what nobody could have found, and says so', () => {
    const bots = planted('infected-host');
    expect(bots.some((one) => one.packets === 0 && !one.isDetectable && one.firstSeenAt === null)).toBe(true);
    for (const one of bots) expect(one.isDetectable).toBe(one.packets >= 3);
    const telnet = planted('telnet-scanner');
    expect(telnet.some((one) => !one.isDetectable && one.packets > 0)).toBe(true);
    expect(planted('dos-victim').filter((one) => one.isDetectable)).toHaveLength(6);
    expect(planted('dos-victim')).toHaveLength(7);
  });

  it('has about three fifths of research scans', () => {
    expect(truth.researchPackets / truth.packets).toBeGreaterThan(0.5);
    expect(truth.researchPackets / truth.packets).toBeLessThan(0.7);
    const known = new Set(truth.researchScanners.flatMap((group) => group.addresses));
    expect(packets.filter((packet) => known.has(packet.source)).length).toBe(truth.researchPackets);
  });

  it('has orphans, constituents, and a block whose holder changed', () => {
    const bots = planted('infected-host').filter((one) => one.asset.startsWith('100.'));
    expect(bots.some((one) => one.constituentId === null)).toBe(true);
    expect(new Set(bots.map((one) => one.constituentId)).size).toBeGreaterThan(8);
    const wandering = bots.filter((one) => one.asset.startsWith('100.127.8.'));
    expect(wandering).toHaveLength(6);
    for (const one of wandering)
      expect(one.constituentId).toBe((one.lastSeenAt ?? 0) < Date.UTC(2026, 5, 18) ? 'minato-hikari' : 'kitakaze-cable');
  });

  it('tells the day: one wave, one flood, one gap', () => {
    expect(truth.events.waves).toHaveLength(1);
    expect(truth.events.floods).toHaveLength(1);
    const [gap] = truth.events.gaps;
    expect(packets.some((packet) => packet.atMs >= (gap?.from ?? 0) && packet.atMs < (gap?.to ?? 0))).toBe(false);
    expect(truth.until - truth.from).toBe(DAY);
    expect(truth.until).toBe(DEFAULT_UNTIL);
  });
});

describe('the planted events', () => {
  const withinOf = (event: { port: number; from: number; to: number }): ReadPacket[] =>
    packets.filter(
      ({ destinationPort, flags, atMs }) => destinationPort === event.port && flags === 2 && atMs >= event.from && atMs < event.to,
    );

  it('have two surges on quiet ports, from many networks', () => {
    expect(truth.surges).toHaveLength(2);
    for (const surge of truth.surges) {
      const found = withinOf(surge).filter(({ source }) => !source.startsWith('244.') && source < '248.');
      expect(new Set(found.map(({ source }) => source)).size).toBeGreaterThanOrEqual(surge.sources);
      expect(surge.sources).toBeGreaterThan(80);
      expect(surge.networks).toBeGreaterThan(60);
    }
  });

  it('have forged hosts that send one packet each', () => {
    const [flood] = truth.suppressed;
    const found = withinOf(flood ?? { port: 0, from: 0, to: 0 });
    expect(flood?.packets).toBeGreaterThan(1000);
    expect(found.length).toBeGreaterThanOrEqual(flood?.packets ?? 0);
    const planned = new Set(truth.planted.map((one) => one.asset));
    const once = [...Map.groupBy(found, ({ source }) => source)].filter(([source, own]) => own.length === 1 && !planned.has(source));
    expect(once.length).toBeGreaterThan(0.97 * (flood?.packets ?? 0));
  });

  it('have a campaign that seeks the same ports from many places', () => {
    const [campaign] = truth.campaigns;
    const ports = new Set(campaign?.ports);
    const found = packets.filter(({ destinationPort, source }) => ports.has(destinationPort) && /^24[0-3]\./.test(source));
    expect(found.length).toBe(campaign?.packets);
    expect(campaign?.sources).toBe(40);
  });

  it('have several infected devices behind one address', () => {
    const shared = planted('infected-host').filter(({ lineIds }) => lineIds.some((id) => id.startsWith('irie-mobile-shared')));
    expect(shared).toHaveLength(3);
    for (const { lineIds } of shared) expect(lineIds).toHaveLength(4);
  });
});

describe('the reports', () => {
  it('are sound CSV about valid addresses of the day before, and the truth folds them', async () => {
    expect(report.reports.map(idOf).toSorted()).toEqual(Object.keys(REPORT_KINDS).toSorted());
    for (const name of report.reports) {
      const rows = await readReport(name);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        const asset = row['ip'] ?? row['src_ip'] ?? '';
        expect(parseAddress(asset), asset).toBeDefined();
        expect(asset.includes(':')).toBe(idOf(name) === 'scan6_telnet');
        expect(row['timestamp']).toMatch(/^2026-06-17 \d{2}:\d{2}:\d{2}$/);
        expect(
          truth.planted.some((one) => one.source === 'feed' && one.asset === asset && one.kind === REPORT_KINDS[idOf(name)].kind),
        ).toBe(true);
      }
    }
    const records = truth.planted.reduce((sum, one) => sum + one.records, 0);
    const rows = await Promise.all(report.reports.map(readReport));
    expect(records).toBe(rows.reduce((sum, one) => sum + one.length, 0));
  });

  it.skipIf(!hasSharedData)('have the columns of the real reports', async () => {
    const kinds = JSON.parse(await readFile(sharedData('events-reference', 'shadowserver-reports.json'), 'utf8')) as Record<
      string,
      { fields: string[] }
    >;
    for (const [id, { columns }] of Object.entries(REPORT_KINDS)) expect(columns, id).toEqual(kinds[id]?.fields);
  });
});

describe('the register', () => {
  it('can be read, has letters for all and mail for most', async () => {
    const { constituents } = parseYaml(await readFile(join(directory, 'constituents.yaml'), 'utf8')) as {
      constituents: { id: string; mail: string[]; letter: { postalCode: string; lines: string[] } }[];
    };
    expect(constituents).toHaveLength(13);
    expect(constituents.filter((one) => one.mail.length === 0).map((one) => one.id)).toEqual(['yukiwari-village', 'tsukimi-foods']);
    for (const { letter } of constituents) expect(letter.postalCode).toMatch(/^000-\d{4}$/);
    const holders = new Set(truth.planted.flatMap((one) => one.constituentId ?? []));
    expect(constituents.map((one) => one.id).filter((id) => !holders.has(id))).toEqual([]);
    expect([...holders].filter((id) => !constituents.some((one) => one.id === id))).toEqual([]);
  });

  it('says what the sensor is', async () => {
    expect(parseYaml(await readFile(join(directory, 'sensor.yaml'), 'utf8'))).toEqual({
      id: 'hinomi-1',
      title: '火の見1 / Hinomi 1',
      addresses: 4096,
    });
  });
});

describe('writing', () => {
  it('says so when the folder cannot be written', async () => {
    const run = simulate({ seed: 1, scale: 'small', directory: '/dev/null/nowhere', log: createLog('silent') });
    await expect(run).rejects.toMatchObject({ code: 'input-unreadable' });
  });

  it('ends when told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(simulate({ seed: 1, scale: 'small', directory, log: createLog('silent'), signal })).rejects.toThrow('enough');
  });
});
