/** Keeping packets, from a real capture to the capture that is handed out. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/command-line.ts';
import { hasSharedData, sharedData } from '../../test/support/shared-data.ts';
import { volume } from '../../test/support/volume.ts';
import { CaptureReader } from '../capture/container.ts';
import { inspectCapture } from '../collectors/pcap/inspect.ts';
import { parseAddress } from '../domain/address.ts';
import { fixedClock } from '../engine/clock.ts';
import { openInput } from '../engine/input.ts';
import { createLog } from '../engine/log.ts';
import { type PacketsConfig, packetsSchema } from '../engine/packet-policy.ts';
import { namesIn } from './folder.ts';
import { Keeper } from './keeper.ts';
import { fileNameOf, HOUR, recordsIn } from './kept-file.ts';
import { PacketStore } from './packet-store.ts';

const KILLS = volume(3, 6);
const log = createLog('silent');
const NOW = Date.UTC(2026, 5, 18, 13);
const DARKNET = sharedData('telemetry', 'darknet-synthetic');
const capture = (): string => join(DARKNET, readdirSync(DARKNET).find((name) => /pcap/.test(name)) ?? '');

/** Asked where it is installed. */
const TCPDUMP = 'tcpdump';

type SensorConfig = PacketsConfig['sensors'][string];

function configOf(policy: Partial<SensorConfig>, more: Record<string, unknown> = {}): PacketsConfig {
  return packetsSchema.parse({ sensors: { telescope: policy }, leaveGigabytes: 0, ...more });
}

function storeOf(folder: string, config: PacketsConfig, now = NOW): PacketStore {
  return new PacketStore({ folder, tenant: 'main', config, clock: fixedClock(now), log, alarm: () => Promise.resolve() });
}

async function keep(store: PacketStore, path: string, id = 'a'.repeat(64)): Promise<string[]> {
  const alarms: string[] = [];
  const alarm = (code: string): void => void alarms.push(code);
  const input = await openInput(path);
  await store.keepFile({ tenant: 'main', sensor: 'telescope', id, input, signal: new AbortController().signal, alarm });
  return alarms;
}

const kept = (folder: string): string => join(folder, 'main', 'telescope', 'kept');
const captures = (folder: string): string[] => readdirSync(folder).filter((name) => !name.endsWith('.json'));

interface Facts extends Record<string, unknown> {
  readonly packets: number;
}

async function inspect(path: string): Promise<Facts> {
  return (await inspectCapture(await openInput(path), { watchedPorts: [23] })) as Facts;
}

async function inspectAll(folder: string): Promise<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const name of captures(folder)) {
    const facts = await inspect(join(folder, name));
    for (const key of COUNTED) sum[key] = (sum[key] ?? 0) + Number(facts[key]);
  }
  return sum;
}
const COUNTED = ['packets', 'ipv4_packets', 'ipv6_packets', 'tcp_packets', 'udp_packets', 'malformed_packets'];

/** Every record of the closed files. */
function recordsOf(folder: string): Buffer[] {
  return captures(folder).flatMap((name) => {
    const bytes = readFileSync(join(folder, name));
    const plain = name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
    return [...recordsIn(plain, 24)].map(({ at, to }) => plain.subarray(at, to));
  });
}

async function search(store: PacketStore, source: string, from: number, to: number): Promise<Buffer> {
  const address = parseAddress(source);
  if (!address) throw new Error('not an address');
  const pieces: Uint8Array[] = [];
  for await (const piece of store.search('main', undefined, { source: address, from, to })) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe.skipIf(!hasSharedData)('packets of a real capture', () => {
  it('are all there again, without their content', async () => {
    const folder = temporaryFolder();
    const store = storeOf(folder, configOf({ keep: 'all' }));
    expect(await keep(store, capture())).toEqual([]);
    const before = await inspect(capture());
    const after = await inspectAll(kept(folder));
    for (const key of COUNTED) expect([key, after[key]]).toEqual([key, before[key]]);
    expect(captures(kept(folder)).every((name) => name.endsWith('.pcap.zst'))).toBe(true);
    expect(store.status('main')[0]).toMatchObject({ packets: before.packets, isStopped: false, keep: 'all' });
    expect(store.status('other')).toEqual([]);
    // The same file once more leaves the same packets, not twice as many.
    await keep(storeOf(folder, configOf({ keep: 'all' })), capture());
    expect((await inspectAll(kept(folder)))['packets']).toBe(before.packets);
  }, 60_000);

  it('can be read by other tools, with time and order as they were', async () => {
    const folder = temporaryFolder();
    const store = storeOf(folder, configOf({ keep: 'all' }));
    await keep(store, capture());
    const { packets } = await inspect(capture());
    const [name = ''] = captures(kept(folder));
    const plain = join(folder, 'plain.pcap');
    writeFileSync(plain, zstdDecompressSync(readFileSync(join(kept(folder), name))));
    const tcpdump = spawnSync(TCPDUMP, ['-nn', '-r', plain], { encoding: 'utf8', maxBuffer: 1 << 30 });
    if (tcpdump.error) return; // not installed
    expect(tcpdump.status).toBe(0);
    const lines = tcpdump.stdout.split('\n').filter((line) => /^\d\d:/.test(line)).length;
    expect(lines).toBe((await inspect(plain)).packets);
    expect(lines).toBeLessThanOrEqual(packets);
  }, 60_000);

  it('are handed out by source and time', async () => {
    const folder = temporaryFolder();
    const store = storeOf(folder, configOf({ keep: 'all' }));
    await keep(store, capture());
    const records = recordsOf(kept(folder));
    const [some] = records;
    if (!some) throw new Error('no packets');
    const ofRecord = (record: Buffer): string => [...record.subarray(16 + 26, 16 + 30)].join('.');
    const isIpv4 = (record: Buffer): boolean => record.readUInt16BE(16 + 12) === 0x0800;
    const source = ofRecord(records.find(isIpv4) ?? some);
    const own = records.filter((record) => isIpv4(record) && ofRecord(record) === source);
    const all = await search(store, source, 0, 8e15);
    expect([...recordsIn(all, 24)]).toHaveLength(own.length);
    const from = (own[Math.floor(own.length / 2)] ?? some).readUInt32LE(0) * 1000;
    const later = own.filter((record) => record.readUInt32LE(0) * 1000 >= from).length;
    expect([...recordsIn(await search(store, source, from, 8e15), 24)]).toHaveLength(later);
    expect(await search(store, '192.0.2.77', 0, 8e15)).toHaveLength(24);
  }, 60_000);

  it('are sampled the same from a file and live', async () => {
    const folder = temporaryFolder();
    const config = configOf({ keep: 'sampled', oneOf: 10 });
    const store = storeOf(folder, config);
    await keep(store, capture());
    const sample = recordsOf(kept(folder))
      .map((record) => record.toString('hex'))
      .sort();
    const { packets } = await inspect(capture());
    expect(sample.length).toBeGreaterThan(packets / 13);
    expect(sample.length).toBeLessThan(packets / 8);

    const live = temporaryFolder();
    const keeping = storeOf(live, config).forLive('telescope', 'eth0');
    if (!keeping) throw new Error('nothing is kept');
    const keeper = new Keeper({ ...keeping, alarm: () => undefined });
    await feed(keeper, 0, Number.POSITIVE_INFINITY);
    await keeper.close(true);
    expect(
      recordsOf(kept(live))
        .map((record) => record.toString('hex'))
        .sort(),
    ).toEqual(sample);
  }, 60_000);

  it('survive a kill: a cut record goes, what comes again is not kept twice', async () => {
    const folder = temporaryFolder();
    const keeping = storeOf(folder, configOf({ keep: 'all' })).forLive('telescope', 'eth0');
    if (!keeping) throw new Error('nothing is kept');
    const first = new Keeper({ ...keeping, alarm: () => undefined });
    await feed(first, 0, 3);
    first.flush();
    // The process dies here, in the middle of a write.
    const open = namesIn(kept(folder)).find(({ state }) => state === 'open');
    if (!open) throw new Error('no open file');
    const path = join(kept(folder), fileNameOf(open));
    writeFileSync(path, readFileSync(path).subarray(0, statSync(path).size - 7));
    const second = new Keeper({ ...keeping, alarm: () => undefined });
    await feed(second, 0, Number.POSITIVE_INFINITY);
    await second.close(true);
    const after = await inspectAll(kept(folder));
    expect(after['packets']).toBe((await inspect(capture())).packets);
  }, 60_000);

  it(`survive kill -9 at any moment, ${KILLS} times`, async () => {
    const folder = temporaryFolder();
    const keeping = storeOf(folder, configOf({ keep: 'all' })).forLive('telescope', 'eth0');
    if (!keeping) throw new Error('nothing is kept');
    const url = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
    // Takes the capture in pieces of some packets, over and over until it is killed.
    const script = `
      const { Keeper } = await import(${url('./keeper.ts')});
      const { CaptureReader } = await import(${url('../capture/container.ts')});
      const { openInput } = await import(${url('../engine/input.ts')});
      const keeper = new Keeper({ ...${JSON.stringify(keeping)}, alarm() {} });
      const reader = new CaptureReader(await openInput(${JSON.stringify(capture())}));
      process.stdout.write('.');
      while (await reader.next()) {
        const { frames } = reader;
        for (let n = 0; n < frames.count; n += 50) {
          const part = (column) => column.subarray(n, Math.min(n + 50, frames.count));
          const count = Math.min(50, frames.count - n);
          keeper.take({ ...frames, view: frames.view, count, start: part(frames.start), captured: part(frames.captured), stated: part(frames.stated), second: part(frames.second), fraction: part(frames.fraction), ticksPerMilli: frames.ticksPerMilli, link: part(frames.link) });
          keeper.flush();
        }
      }
      await keeper.close(true);`;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      await sleep(10 + (kill * 150) / KILLS);
      child.kill('SIGKILL');
      await exited;
    }
    const last = new Keeper({ ...keeping, alarm: () => undefined });
    await feed(last, 0, Number.POSITIVE_INFINITY);
    await last.close(true);
    const { packets } = await inspect(capture());
    const records = recordsOf(kept(folder)).map((record) => record.toString('hex'));
    const wanted = await wholeSample();
    expect(records.sort()).toEqual(wanted.sort());
    expect(wanted).toHaveLength(packets);
  }, 60_000);

  it('hold no byte behind the transport header', async () => {
    for (const path of globSync(join(sharedData('telemetry'), 'normal', '**', '*.pcap')).slice(0, 12)) {
      const folder = temporaryFolder();
      await keep(storeOf(folder, configOf({ keep: 'all' })), path);
      const tooLong = readdirSync(kept(folder))
        .filter((name) => /-1-\d+\.pcap/.test(name))
        .flatMap((name) => [...recordsIn(zstdDecompressSync(readFileSync(join(kept(folder), name))), 24)])
        .filter(({ bytes, at, to }) => to - at - 16 > headersOf(bytes.subarray(at + 16, to)));
      expect([path, tooLong.length]).toEqual([path, 0]);
    }
  }, 60_000);

  it('go by age and by room, each hour with its entry first', async () => {
    const folder = temporaryFolder();
    await keep(storeOf(folder, configOf({ keep: 'all' })), capture());
    const files = namesIn(kept(folder));
    const day = Math.max(...files.map(({ slot }) => slot));
    const told: string[] = [];
    const announce = (entry: { table: string; day: string }): Promise<void> => {
      expect(captures(kept(folder)).length).toBeGreaterThan(0);
      told.push(`${entry.table} ${entry.day}`);
      return Promise.resolve();
    };
    const roomy = storeOf(folder, configOf({ keep: 'all' }, { keepDays: 30 }));
    expect(await roomy.enforceRetention(day + 86_400_000, announce)).toEqual([]);
    const small = storeOf(folder, configOf({ keep: 'all' }, { keepDays: 30, diskGigabytes: 1e-9 }));
    const broken = (): Promise<void> => Promise.reject(new Error('no entry'));
    await expect(small.enforceRetention(day + 86_400_000, broken)).rejects.toThrow('no entry');
    expect(namesIn(kept(folder))).toHaveLength(files.length);
    const hours = new Set(files.map(({ slot }) => slot)).size;
    await small.enforceRetention(day + 86_400_000, announce);
    expect(told).toHaveLength(hours);
    expect(told[0]).toMatch(/^packets:telescope \d{4}-\d\d-\d\dT\d\d$/);
    expect(readdirSync(kept(folder))).toEqual([]);
    await keep(storeOf(folder, configOf({ keep: 'all' })), capture());
    expect(await roomy.enforceRetention(day + 40 * 86_400_000, announce)).toHaveLength(hours);
  }, 60_000);
});

/** Ethernet, IPv4 and TCP or UDP as their own lengths say; of other packets any length. */
function headersOf(frame: Buffer): number {
  if (frame.length < 34 || frame.readUInt16BE(12) !== 0x0800) return Number.POSITIVE_INFINITY;
  const transport = 14 + (frame.readUInt8(14) & 15) * 4;
  if ((frame.readUInt16BE(20) & 0x1fff) !== 0) return transport;
  const protocol = frame.readUInt8(23);
  if (protocol === 17) return transport + 8;
  if (protocol !== 6) return Number.POSITIVE_INFINITY;
  return transport + (frame.length > transport + 12 ? (frame.readUInt8(transport + 12) >>> 4) * 4 : 20);
}

async function wholeSample(): Promise<string[]> {
  const folder = temporaryFolder();
  await keep(storeOf(folder, configOf({ keep: 'all' })), capture());
  return recordsOf(kept(folder)).map((record) => record.toString('hex'));
}

/** Blocks of the capture, as live input would bring them. */
async function feed(keeper: Keeper, from: number, to: number): Promise<void> {
  const reader = new CaptureReader(await openInput(capture()));
  for (let block = 0; block < to && (await reader.next()); block++) {
    if (block >= from) keeper.take(reader.frames);
    keeper.flush();
  }
  reader.close();
}

describe('trouble with the disk', () => {
  const header = Buffer.from('d4c3b2a1020004000000000000000000ffff000001000000', 'hex');

  /** One UDP packet with eight bytes of content, to 198.51.100.7. */
  function oneCapture(folder: string): string {
    const packet = Buffer.alloc(14 + 20 + 8 + 8, 0x41);
    packet.writeUInt16BE(0x0800, 12);
    Buffer.from('450000240001000040110000c0000201c6336407', 'hex').copy(packet, 14);
    Buffer.from('30390035001000000', 'hex').copy(packet, 34);
    packet.writeUInt16BE(16, 38);
    packet.writeUInt16BE(0, 40);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(NOW / 1000, 0);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    const path = join(folder, 'one.pcap');
    writeFileSync(path, Buffer.concat([header, record, packet]));
    return path;
  }

  it('a full disk stops keeping with one alarm, and nothing else', async () => {
    const folder = temporaryFolder();
    const path = oneCapture(folder);
    const keeping = storeOf(folder, configOf({ keep: 'all' })).forLive('telescope', 'eth0');
    if (!keeping) throw new Error('nothing is kept');
    const alarms: string[] = [];
    const alarm = (code: string, detail: Readonly<Record<string, unknown>>): void =>
      void alarms.push(`${code} ${String(detail['reason'])}`);
    const keeper = new Keeper({ ...keeping, retryMs: 0, alarm });
    const reader = new CaptureReader(await openInput(path));
    await reader.next();
    const slot = Math.floor(NOW / HOUR) * HOUR;
    const full = join(kept(folder), fileNameOf({ slot, origin: keeping.origin, link: 1, part: 0, state: 'open' }));
    for (let turn = 0; turn < 3; turn++) {
      keeper.take(reader.frames);
      // Whatever is written here, the system answers that the disk is full.
      if (turn === 0) symlinkSync('/dev/full', full);
      keeper.flush();
    }
    expect(alarms).toEqual([expect.stringMatching(/^packets-stopped ENOSPC/)]);
    expect([keeper.kept, keeper.lost]).toEqual([0, 3]);
    rmSync(full);
    keeper.take(reader.frames);
    await keeper.close(true);
    reader.close();
    expect([keeper.kept, recordsOf(kept(folder)).length]).toEqual([1, 1]);
  });

  it('stops before the disk is full, and goes on when there is room', async () => {
    const folder = temporaryFolder();
    const path = oneCapture(folder);
    const store = storeOf(folder, configOf({ keep: 'all' }, { leaveGigabytes: 1e9 }));
    expect(await keep(store, path)).toEqual(['packets-stopped']);
    expect(store.status('main')[0]).toMatchObject({ isStopped: true, packets: 0 });
    const roomy = storeOf(folder, configOf({ keep: 'all' }));
    expect(await keep(roomy, path)).toEqual([]);
    expect(roomy.status('main')[0]).toMatchObject({ isStopped: false, packets: 1 });
  });

  it('keeps content only where the owner says so', async () => {
    const of = async (policy: Partial<SensorConfig>): Promise<number> => {
      const folder = temporaryFolder();
      await keep(storeOf(folder, configOf({ keep: 'all', ...policy })), oneCapture(folder));
      return (recordsOf(kept(folder))[0]?.length ?? 0) - 16;
    };
    const purpose = 'Samples of malware for analysis';
    expect(await of({})).toBe(42);
    expect(await of({ payload: { bytes: 5, addresses: ['198.51.100.0/24'], purpose } })).toBe(47);
    expect(await of({ payload: { bytes: 500, addresses: ['198.51.100.0/24'], purpose } })).toBe(50);
    expect(await of({ payload: { bytes: 500, addresses: ['203.0.113.0/24'], purpose } })).toBe(42);
    expect(packetsSchema.safeParse({ sensors: { a: { keep: 'all', payload: { bytes: 1, addresses: ['192.0.2.0/24'] } } } }).success).toBe(
      false,
    );
  });

  it('keeps nothing without a policy, nor of another tenant', async () => {
    const folder = temporaryFolder();
    const path = oneCapture(folder);
    await keep(storeOf(join(folder, 'a'), configOf({})), path);
    const store = storeOf(join(folder, 'b'), configOf({ keep: 'all' }));
    await store.keepFile({
      tenant: 'other',
      sensor: 'telescope',
      id: 'b'.repeat(64),
      input: await openInput(path),
      signal: new AbortController().signal,
      alarm: () => undefined,
    });
    expect([existsSync(join(folder, 'a')), existsSync(join(folder, 'b'))]).toEqual([false, false]);
  });
});
