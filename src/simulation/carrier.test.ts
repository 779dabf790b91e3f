import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFiles, minutesOf, type Row, rowsOf } from '../collectors/netflow/test-support.ts';
import { formatIpv4Number } from '../domain/address.ts';
import { CarrierRun } from './carrier-run.ts';
import { addressOf, createCountry, DAY, DEFAULT_UNTIL, HOUR } from './country.ts';
import { captureHeader } from './packet.ts';
import type { CarrierTruth } from './truth.ts';

const country = createCountry({ seed: 42, scale: 'small' });
const FROM = DEFAULT_UNTIL - DAY + 30 * 60_000; // on the hour

interface Exported {
  readonly rows: Row[];
  readonly lost: number;
  readonly truth: CarrierTruth;
}

/** What the real decoder reads of the exports, at each sampling. */
async function exported(hours: number, samplings: readonly number[]): Promise<Exported[]> {
  const folder = await mkdtemp(join(tmpdir(), 'yagura-carrier-'));
  try {
    const run = new CarrierRun(country, samplings);
    const parts = samplings.map((): Uint8Array[] => [captureHeader()]);
    for (const hour of run.hours(FROM, FROM + hours * HOUR)) hour.exports.forEach((records, i) => parts[i]?.push(records));
    const all: Exported[] = [];
    for (const [i, some] of parts.entries()) {
      const file = join(folder, `${i}.pcap`);
      await writeFile(file, Buffer.concat(some));
      const { decoder, refused } = await decodeFiles([file]);
      expect(refused).toEqual([]);
      const rows = rowsOf(decoder);
      const lost = minutesOf(decoder).reduce((sum, minute) => sum + Number(minute['lost']), 0);
      all.push({ rows, lost, truth: run.truth(i) });
    }
    return all;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const packetsOf = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + row.packets, 0);

describe('the carrier’s exports', () => {
  it('are read without loss, say how they were sampled, and hold what the truth says', async () => {
    const [whole, hundredth] = await exported(3, [1, 100]);
    if (!whole || !hundredth) throw new Error('nothing was exported');
    for (const { rows, lost, truth } of [whole, hundredth]) {
      expect(lost).toBe(0);
      expect(rows.length).toBe(truth.records);
      expect(new Set(rows.map((row) => row.sampling))).toEqual(new Set([truth.sampling]));
    }
    // One packet in a hundred, within what chance allows (films make it lumpy).
    expect(packetsOf(hundredth.rows) / (packetsOf(whole.rows) / 100)).toBeGreaterThan(0.97);
    expect(packetsOf(hundredth.rows) / (packetsOf(whole.rows) / 100)).toBeLessThan(1.03);
    // Long flows are seen more likely than short ones.
    const films = (rows: readonly Row[]): number => rows.filter((row) => row.source.startsWith('245.0.16.')).length / rows.length;
    expect(hundredth.rows.length).toBeLessThan(whole.rows.length / 5);
    expect(films(hundredth.rows)).toBeGreaterThan(2 * films(whole.rows));
  });

  it('carry each planted server’s records', async () => {
    const [whole] = await exported(2, [1]);
    for (const server of whole?.truth.c2 ?? []) {
      const own = whole?.rows.filter(
        (row) =>
          (row.destination === server.address && row.destinationPort === server.port) ||
          (row.source === server.address && row.sourcePort === server.port),
      );
      expect(own?.length, server.family).toBe(server.records);
    }
    expect(whole?.truth.c2.some(({ port }) => port === 443)).toBe(true);
  });

  it('are the same whenever they are made', async () => {
    const [once] = await exported(1, [100]);
    const [again] = await exported(1, [100]);
    expect(again?.rows).toEqual(once?.rows);
  });

  it('keep the active timeout: a film is many records', async () => {
    const [whole] = await exported(1, [1]);
    expect(Math.max(...(whole?.rows.map((row) => row.duration) ?? []))).toBeLessThanOrEqual(60_000);
  });
});

describe('the botnets', () => {
  const { carrier } = new CarrierRun(country, [1]);

  it('consist of infected lines, and of few that nobody knows', () => {
    for (const server of carrier.botnets) {
      const clients = carrier.subscribers.filter(({ visits }) => visits.includes(server));
      expect(clients.length).toBeGreaterThan(3);
      expect(clients.filter(({ isInfected }) => !isInfected).length).toBeLessThanOrEqual(4);
      expect(clients.length).toBeLessThan(carrier.subscribers.length / 20);
    }
  });

  it('have look-alikes beside them: common ones, one of old devices only, and rare ones', () => {
    const sizes = Map.groupBy(carrier.lookAlikes, ({ kind }) => kind);
    expect([...sizes.keys()].sort()).toEqual([
      'camera-cloud',
      'device-cloud',
      'ntp',
      'old-firmware',
      'push',
      'small-cloud',
      'tunnel',
      'update',
    ]);
    const isOf = (kind: string, isInfected: boolean): number =>
      carrier.subscribers.filter((one) => one.isInfected === isInfected && one.visits.some((server) => server.kind === kind)).length;
    expect(isOf('camera-cloud', true) / isOf('camera-cloud', false)).toBeGreaterThan(0.15);
    const [old] = sizes.get('old-firmware') ?? [];
    const isAsking = carrier.subscribers.filter(({ visits }) => old && visits.includes(old));
    expect(isAsking.length).toBeGreaterThan(carrier.subscribers.length / 5);
    expect(carrier.subscribers.filter(({ isInfected }) => isInfected).every((one) => isAsking.includes(one))).toBe(true);
  });

  it('are reached from different addresses where those go round', () => {
    const dynamic = carrier.subscribers.find(({ host }) => 'provider' in host.place && host.place.provider === 4);
    if (!dynamic) throw new Error('nobody is with the mobile provider');
    const addresses = new Set(
      Array.from({ length: 24 }, (_, hour) => formatIpv4Number(addressOf(country, dynamic.host, FROM + hour * HOUR))),
    );
    expect(addresses.size).toBeGreaterThan(1);
  });
});
