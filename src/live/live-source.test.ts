/** Live inputs as they run: real sockets, real files, real threads. */
import { createSocket } from 'node:dgram';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { YaguraError } from '../engine/errors.ts';
import { createLog } from '../engine/log.ts';
import { LiveSource } from './live-source.ts';
import { orderOf, TestSink, until } from './test-support.ts';

const root = mkdtempSync(join(tmpdir(), 'yagura-live-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const freshFolder = (): string => mkdtempSync(join(root, `${folders++}-`));
const log = createLog('silent');

/** A classic capture of TCP SYNs, one per source port, without its file header. */
function packetsOf(from: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => packetOf(from + i)));
}
function packetOf(number: number): Buffer {
  const record = Buffer.alloc(16 + 54);
  record.writeUInt32LE(1_735_689_600 + (number >>> 8), 0);
  record.writeUInt32LE(54, 8);
  record.writeUInt32LE(54, 12);
  const ethernet = record.subarray(16);
  ethernet.writeUInt16BE(0x0800, 12);
  ethernet.writeUInt8(0x45, 14);
  ethernet.writeUInt16BE(40, 16);
  ethernet.writeUInt8(64, 22);
  ethernet.writeUInt8(6, 23);
  ethernet.writeUInt32BE(0xc000_0201, 26);
  ethernet.writeUInt32BE(0xc633_6400 + (number & 0xff), 30);
  ethernet.writeUInt16BE(number & 0xffff, 34);
  ethernet.writeUInt16BE(23, 36);
  ethernet.writeUInt8(0x50, 46);
  ethernet.writeUInt8(2, 47);
  return record;
}
const HEADER = Buffer.alloc(24);
HEADER.writeUInt32LE(0xa1b2c3d4, 0);
HEADER.writeUInt16LE(2, 4);
HEADER.writeUInt16LE(4, 6);
HEADER.writeUInt32LE(262_144, 16);
HEADER.writeUInt32LE(1, 20);

async function send(port: number, datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) await new Promise<void>((done) => socket.send(datagram, port, '127.0.0.1', () => done()));
  socket.close();
}
const datagram = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, i) => bytes.writeUInt32BE(number, i * 4));
  return bytes;
};

describe('a UDP input', () => {
  it('stores every datagram, tells its buffer and each minute that it listens', async () => {
    const sink = new TestSink();
    const source = new LiveSource(orderOf({ kind: 'udp', port: 0, address: '127.0.0.1' }, freshFolder()), sink, log);
    const { port, bufferBytes } = await source.start();
    expect(bufferBytes).toBeGreaterThan(200_000);
    await send(port, [...Array.from({ length: 500 }, (_, i) => datagram(i, 1)), Buffer.from('odd')]);
    await until(() => sink.sum('flow', 'sampling') === 1000);
    await source.stop();
    expect(sink.sum('flow', 'packets')).toBe((499 * 500) / 2 + 500);
    expect(sink.sum('sensor_minute', 'dropped')).toBe(0);
    const batches = [...sink.stored.values()];
    expect(batches.flatMap((batch) => batch.bad).map(({ from, reason }) => [from, reason.code])).toEqual([['127.0.0.1', 'odd']]);
    expect(batches.some(({ columns }) => columns.some(({ table }) => table === 'sensor_minute'))).toBe(true);
  });

  it('drops and counts when the store is behind, and goes on by itself', async () => {
    const sink = new TestSink();
    const source = new LiveSource(orderOf({ kind: 'udp', port: 0, address: '127.0.0.1' }, freshFolder()), sink, log);
    const { port } = await source.start();
    sink.hold();
    const large = Buffer.alloc(60_000);
    const sent = 700; // 42 MB: more than may wait
    for (let i = 0; i < sent; i += 10) {
      await send(
        port,
        Array.from({ length: 10 }, () => large),
      );
      await sleep(4);
    }
    sink.release();
    await until(() => sink.sum('flow', 'sampling') / 15_000 + sink.sum('sensor_minute', 'dropped') === sent);
    await source.stop();
    expect(sink.sum('sensor_minute', 'dropped')).toBeGreaterThan(100);
  }, 30_000);

  it('hides customers before anything leaves the thread', async () => {
    const folder = freshFolder();
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, '0123456789abcdef'.repeat(4));
    const sink = new TestSink();
    const pseudonyms = { keyFile, prefixes: ['192.0.2.0/24'] };
    const source = new LiveSource(orderOf({ kind: 'udp', port: 0, address: '127.0.0.1' }, folder, { pseudonyms }), sink, log);
    const { port } = await source.start();
    await send(port, [datagram(1)]);
    await until(() => sink.sum('flow', 'packets') === 1);
    await source.stop();
    const flows = [...sink.stored.values()].flatMap(({ columns }) => columns).find(({ table }) => table === 'flow');
    const text = (name: string): string => (flows?.columns[name] as Uint8Array | undefined)?.subarray(12).join('.') ?? '';
    expect(text('source')).toMatch(/^192\.0\.2\./);
    expect(text('source')).not.toBe('192.0.2.1');
    expect(text('destination')).toBe('198.51.100.1');
    const unusable = orderOf({ kind: 'udp', port: 0, address: '127.0.0.1' }, folder, { pseudonyms: { keyFile, prefixes: ['x'] } });
    await expect(new LiveSource(unusable, sink, log).start()).rejects.toThrow(/not a network/);
  });

  it('says that a port is taken', async () => {
    const holder = createSocket('udp4');
    await new Promise<void>((done) => holder.bind(0, '127.0.0.1', done));
    const { port } = holder.address();
    const source = new LiveSource(orderOf({ kind: 'udp', port, address: '127.0.0.1' }, freshFolder()), new TestSink(), log);
    await expect(source.start()).rejects.toThrow(/is taken by another program/);
    holder.close();
  });
});

describe('a growing file', () => {
  it('follows growth, renaming and truncation, whatever the cut', async () => {
    const folder = freshFolder();
    const path = join(folder, 'live.pcap');
    const sink = new TestSink();
    const source = new LiveSource(orderOf({ kind: 'file', path }, join(folder, 'state')), sink, log);
    await source.start();
    writeFileSync(path, HEADER);
    const content = packetsOf(0, 1000);
    for (let at = 0; at < content.length; at += 7001) {
      appendFileSync(path, content.subarray(at, at + 7001));
      await sleep(30);
    }
    await until(() => sink.sum('telescope_minute', 'packets') === 1000);
    appendFileSync(path, packetsOf(1000, 10));
    renameSync(path, join(folder, 'live.pcap.1'));
    writeFileSync(path, Buffer.concat([HEADER, packetsOf(2000, 20)]));
    await until(() => sink.sum('telescope_minute', 'packets') === 1030);
    writeFileSync(path, Buffer.concat([HEADER, packetsOf(3000, 5)]));
    await until(() => sink.sum('telescope_minute', 'packets') === 1035);
    await source.stop();
    expect(sink.sum('sensor_minute', 'received')).toBe(1035);
  }, 30_000);

  it('goes on after a stop, and repeats under the same tokens what was on its way', async () => {
    const folder = freshFolder();
    const path = join(folder, 'live.pcap');
    const state = join(folder, 'state');
    const sink = new TestSink();
    writeFileSync(path, Buffer.concat([HEADER, packetsOf(0, 100)]));
    const first = new LiveSource(orderOf({ kind: 'file', path }, state), sink, log);
    await first.start();
    await until(() => sink.sum('telescope_minute', 'packets') === 100);
    await first.stop();

    // Stored, but the reader never hears of it: the program dies at that moment.
    appendFileSync(path, packetsOf(100, 50));
    const dying = new LiveSource(orderOf({ kind: 'file', path }, state), new ForgetfulSink(sink), log, 200);
    await dying.start();
    await until(() => sink.sum('telescope_minute', 'packets') === 150);
    appendFileSync(path, packetsOf(150, 7));
    await sleep(500);
    await dying.stop();

    // Rotated three times before it is read again; a copy is not a rotated file.
    renameSync(path, join(folder, 'live.pcap.3'));
    for (const number of [2, 1]) {
      await sleep(10);
      writeFileSync(join(folder, `live.pcap.${number}`), Buffer.concat([HEADER, packetsOf(200 * number, number)]));
    }
    writeFileSync(join(folder, 'live.pcap.bak'), Buffer.concat([HEADER, packetsOf(900, 50)]));
    writeFileSync(path, Buffer.concat([HEADER, packetsOf(500, 3)]));
    const last = new LiveSource(orderOf({ kind: 'file', path }, state), sink, log);
    await last.start();
    await until(() => sink.sum('telescope_minute', 'packets') === 163);
    await last.stop();
    expect(sink.repeated).toBeGreaterThan(0);
    expect(sink.sum('telescope_minute', 'packets')).toBe(163);
  }, 30_000);

  it('waits for room on the disk, tells it once and loses nothing', async () => {
    const folder = freshFolder();
    const path = join(folder, 'live.pcap');
    writeFileSync(path, Buffer.concat([HEADER, packetsOf(0, 100)]));
    const sink = new TestSink();
    sink.failWith(() => Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    const source = new LiveSource(orderOf({ kind: 'file', path }, join(folder, 'state')), sink, log);
    await source.start();
    await until(() => sink.alarms.length > 0);
    appendFileSync(path, packetsOf(100, 100));
    await sleep(500);
    sink.failWith(undefined);
    await until(() => sink.sum('telescope_minute', 'packets') === 200);
    await source.stop();
    expect(sink.alarms).toEqual(['disk-full']);
  }, 30_000);

  it('puts aside what the store refuses for good, and goes on', async () => {
    const folder = freshFolder();
    const path = join(folder, 'live.pcap');
    writeFileSync(path, Buffer.concat([HEADER, packetsOf(0, 10)]));
    const sink = new TestSink();
    sink.failWith(() => new YaguraError('store-failed', 'the telemetry engine refused'));
    const source = new LiveSource(orderOf({ kind: 'file', path }, join(folder, 'state')), sink, log);
    await source.start();
    await until(() => sink.aside.length > 0);
    sink.failWith(undefined);
    appendFileSync(path, packetsOf(10, 5));
    await until(() => sink.sum('telescope_minute', 'packets') === 5);
    await source.stop();
  }, 30_000);

  it('tells when a file is no capture, and takes the next one', async () => {
    const folder = freshFolder();
    const path = join(folder, 'live.pcap');
    writeFileSync(path, 'this is not a capture at all');
    const sink = new TestSink();
    const source = new LiveSource(orderOf({ kind: 'file', path }, join(folder, 'state')), sink, log);
    await source.start();
    await until(() => [...sink.stored.values()].some(({ alarms }) => alarms.some(({ code }) => code === 'live-stream-broken')));
    rmSync(path);
    writeFileSync(path, Buffer.concat([HEADER, packetsOf(0, 3)]));
    await until(() => sink.sum('telescope_minute', 'packets') === 3);
    await source.stop();
  }, 30_000);
});

/** Stores, but never answers: what a crash between the store and the answer looks like. */
class ForgetfulSink extends TestSink {
  readonly #real: TestSink;
  constructor(real: TestSink) {
    super();
    this.#real = real;
  }
  override store = async (batch: Parameters<TestSink['store']>[0]): Promise<void> => {
    await this.#real.store(batch);
    return new Promise(() => undefined);
  };
}
