/** Edge to hub over real HTTP: order, outages, repetitions, refusals, a full spool. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ERRORS, YaguraError } from '../engine/errors.ts';
import { createLog } from '../engine/log.ts';
import { SensorMinutes } from '../flow/sensor-minutes.ts';
import { EdgeDoor } from './edge-door.ts';
import { EdgeSender } from './edge-sender.ts';
import { EdgeSpool } from './edge-spool.ts';
import type { LiveBatch } from './live-batch.ts';
import { TestSink, until } from './test-support.ts';

const root = mkdtempSync(join(tmpdir(), 'yagura-edge-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const freshFolder = (): string => mkdtempSync(join(root, 'spool-'));
const log = createLog('silent');
const never = new AbortController().signal;

function batchOf(number: number, sensor = 'edge-1', at = 60_000): LiveBatch {
  const minutes = new SensorMinutes();
  minutes.open({ exporter: '', domain: 0, kind: 'telescope', lostUnit: '' }, at).received = number;
  const quality = minutes.take('invented-tenant', sensor);
  const columns = quality ? [quality] : [];
  return { token: `run:${number}`, collector: 'pcap', sensor, source: 's', records: 1, columns, quarantined: 0, bad: [], alarms: [] };
}

class TestHub {
  readonly sink = new TestSink();
  readonly memory = new Map<string, number>();
  readonly order: number[] = [];
  /** Answers that the network loses on the way back. */
  loses = 0;
  readonly #door = new EdgeDoor({
    sink: { store: (_tenant, batch) => this.sink.store(batch), setAside: (_tenant, batch) => this.sink.setAside(batch) },
    readLast: (tenant, key) => Promise.resolve(this.memory.get(`${tenant} ${key}`) ?? null),
    writeLast: (tenant, key, sequence) => Promise.resolve(void this.memory.set(`${tenant} ${key}`, sequence)),
  });
  #server: Server | undefined;
  port = 0;

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      void (async () => {
        const body = Buffer.concat(await request.toArray());
        const { 'x-spool': spool, 'x-sequence': sequence } = request.headers;
        try {
          const receipt = await this.#door.receive(
            { tenant: 'main', sensor: 'edge-1' },
            { spool: String(spool), sequence: Number(sequence), body },
          );
          this.order.push(Number(sequence));
          if (this.loses-- > 0) return void request.socket.destroy();
          response.end(JSON.stringify(receipt));
        } catch (error) {
          const code = error instanceof YaguraError ? error.code : 'internal';
          response.writeHead(ERRORS[code].status).end(JSON.stringify({ code, message: String(error) }));
        }
      })();
    });
    await new Promise<void>((done) => server.listen(this.port, '127.0.0.1', done));
    this.port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => this.#server?.close(done));
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}/`);
  }
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function openHub(): Promise<TestHub> {
  const hub = new TestHub();
  await hub.open();
  closing.push(() => hub.close());
  return hub;
}
function senderTo(hub: TestHub, spool: EdgeSpool): EdgeSender {
  const sender = new EdgeSender({ spool, hub: hub.url, token: 'x'.repeat(32), log, longestPauseMs: 300 });
  sender.start();
  closing.unshift(() => sender.stop());
  return sender;
}

describe('the edge', () => {
  it('delivers in order, over an outage and lost answers, each batch once', async () => {
    const hub = await openHub();
    const spool = await EdgeSpool.open(freshFolder(), 1 << 30);
    hub.loses = 2;
    const sender = senderTo(hub, spool);
    for (let i = 1; i <= 10; i++) await spool.put(batchOf(i), never);
    await until(() => spool.count < 8);
    await hub.close();
    for (let i = 11; i <= 20; i++) await spool.put(batchOf(i), never);
    await sleep(300);
    expect(spool.count).toBeGreaterThan(9);
    await hub.open();
    await sender.drained();
    expect(hub.sink.sum('sensor_minute', 'received')).toBe(210);
    expect(hub.sink.repeated).toBe(0);
    expect([...hub.order].sort((a, b) => a - b)).toEqual(hub.order);
  });

  it('keeps what waits over a restart, and knows a batch that is put again', async () => {
    const hub = await openHub();
    const folder = freshFolder();
    const first = await EdgeSpool.open(folder, 1 << 30);
    for (let i = 1; i <= 5; i++) await first.put(batchOf(i), never);
    writeFileSync(join(folder, '000000000000009-ab.batch.unfinished'), 'half');
    const second = await EdgeSpool.open(folder, 1 << 30);
    expect([second.count, second.id]).toEqual([5, first.id]);
    await second.put(batchOf(5), never);
    expect(second.count).toBe(5);
    const sender = senderTo(hub, second);
    await sender.drained();
    await sender.stop();
    // The last one has left already, and is read again after a crash.
    const third = await EdgeSpool.open(folder, 1 << 30);
    await third.put(batchOf(5), never);
    await third.put(batchOf(6), never);
    expect(third.count).toBe(1);
    await senderTo(hub, third).drained();
    expect(hub.sink.sum('sensor_minute', 'received')).toBe(21);
    expect(hub.order.at(-1)).toBeGreaterThan(5);
  });

  it('makes batches the sender’s own: the tenant is the token’s, the sensor must be', async () => {
    const hub = await openHub();
    const spool = await EdgeSpool.open(freshFolder(), 1 << 30);
    await spool.put(batchOf(1), never);
    await senderTo(hub, spool).drained();
    const [stored] = [...hub.sink.stored.values()];
    expect(stored?.columns[0]?.columns['tenant']).toEqual({ dictionary: ['main'], codes: new Uint8Array(1) });
    expect(stored?.token).toMatch(/^edge-[0-9a-f]{64}$/);
    const foreign = await EdgeSpool.open(freshFolder(), 1 << 30);
    await foreign.put(batchOf(1, 'edge-2'), never);
    senderTo(hub, foreign);
    await sleep(300);
    expect(foreign.count).toBe(1); // a token may be mended: it waits
    expect(hub.sink.stored.size).toBe(1);
  });

  it('puts aside what the hub refuses for good, and goes on with the rest', async () => {
    const hub = await openHub();
    const folder = freshFolder();
    const spool = await EdgeSpool.open(folder, 1 << 30);
    await spool.put(batchOf(1), never);
    const name = readdirSync(folder).find((file) => file.endsWith('.batch')) ?? '';
    writeFileSync(join(folder, name), 'damaged');
    await spool.put(batchOf(2), never);
    await senderTo(hub, spool).drained();
    expect(hub.sink.sum('sensor_minute', 'received')).toBe(2);
    expect(readdirSync(join(folder, 'refused'))).toHaveLength(1);
  });

  it('takes no more than its limit, and goes on when there is room', async () => {
    const hub = await openHub();
    const spool = await EdgeSpool.open(freshFolder(), 1000);
    let put = 0;
    const writing = (async () => {
      for (let i = 1; i <= 20; i++) {
        await spool.put(batchOf(i), never);
        put++;
      }
    })();
    await sleep(300);
    expect(put).toBeLessThan(5);
    const sender = senderTo(hub, spool);
    await writing;
    await sender.drained();
    expect(hub.sink.sum('sensor_minute', 'received')).toBe(210);
  });
});
