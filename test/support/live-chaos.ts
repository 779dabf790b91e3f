/**
 * kill -9 at random under load: hub, telemetry engine and edge collector, again and again.
 *
 * Two growing captures and two UDP ports are fed with records of which each is unique;
 * at the end the store itself says what is missing and what is there twice.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from '../../src/engine/log.ts';
import { EmbeddedEngine } from '../../src/store/telemetry/embedded.ts';
import { openTelemetry } from '../../src/store/telemetry/index.ts';
import { trusted } from '../../src/store/telemetry/sql.ts';
import { PROGRAM } from './command-line.ts';
import type { HubChildOrder } from './hub-child.ts';

export interface ChaosOptions {
  readonly folder: string;
  readonly seconds: number;
  /** Per second and capture. */
  readonly packets: number;
  /** Per second and port, ten records each. */
  readonly datagrams: number;
  readonly say?: (text: string) => void;
}

interface Count {
  /** Records sent; for UDP those that fell into a time without a listener are lost. */
  readonly sent: number;
  readonly stored: number;
  readonly distinct: number;
}

export interface ChaosReport {
  readonly kills: Readonly<Record<'hub' | 'engine' | 'edge', number>>;
  readonly captures: Readonly<Record<'hub-1' | 'edge-1', Count>>;
  readonly flows: Readonly<Record<'hub-1' | 'edge-1', Count>>;
  /** Sum of the hourly rollup, which must tell the same as the cells. */
  readonly rolledUp: number;
  readonly secondsToCatchUp: number;
  /** How often a program ended without having been killed: an engine that died while the hub was opening. */
  readonly restarts: { readonly hub: number; readonly edge: number };
}

const RESTART_MS = 500;
const SENSORS = ['hub-1', 'edge-1'] as const;

export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const say = options.say ?? (() => undefined);
  const { folder } = options;
  mkdirSync(folder, { recursive: true });
  const [port, hubUdp, edgeUdp] = [await freePort(), await freePort(), await freePort()];
  const files = { 'hub-1': join(folder, 'hub.pcap'), 'edge-1': join(folder, 'edge.pcap') };
  const tokenFile = join(folder, 'token');
  const order: HubChildOrder = {
    data: join(folder, 'data'),
    port,
    tokenFile,
    sources: [
      { kind: 'capture', file: files['hub-1'], sensor: 'hub-1' },
      { kind: 'netflow', port: hubUdp, sensor: 'hub-1' },
    ],
  };
  const spool = join(folder, 'spool');
  const hub = new Victim([join(import.meta.dirname, 'hub-child.ts'), JSON.stringify(order)]);
  await hub.start();
  while (!existsSync(tokenFile)) await sleep(100);
  const edgeWords = ['collect', '--to', `http://127.0.0.1:${port}`, '--token-file', tokenFile, '--spool', spool, '--sensor', 'edge-1'];
  const edge = new Victim([PROGRAM, ...edgeWords, '--capture', files['edge-1'], '--listen', `netflow:${edgeUdp}`]);
  await edge.start();
  const load = new Load(files, { 'hub-1': hubUdp, 'edge-1': edgeUdp }, options);
  load.start();

  const kills = { hub: 0, engine: 0, edge: 0 };
  const until = performance.now() + options.seconds * 1000;
  while (performance.now() < until) {
    await sleep(500 + Math.random() * 5000);
    const whom = (['hub', 'engine', 'edge'] as const)[Math.floor(Math.random() * 3)] ?? 'hub';
    say(`${Math.round((until - performance.now()) / 1000)} s left: kill -9 of the ${whom}`);
    if (whom === 'engine') killEngineOf(hub);
    else await (whom === 'hub' ? hub : edge).killAndRestart();
    kills[whom]++;
    load.mayRotate = hub.upForMs > 5000 && edge.upForMs > 5000;
  }
  await load.stop();
  const startedAt = performance.now();
  await caughtUp(files, { 'hub-1': join(order.data, 'live'), 'edge-1': join(spool, 'sources') }, spool);
  const secondsToCatchUp = Math.round((performance.now() - startedAt) / 100) / 10;
  await edge.stop();
  await hub.stop();
  const restarts = { hub: hub.restarts, edge: edge.restarts };
  return { kills, restarts, ...(await countStored(order.data, load)), secondsToCatchUp };
}

/** A program that is killed and started again; when it ends by itself as well, as under systemd. */
class Victim {
  readonly #words: readonly string[];
  #child: ChildProcess | undefined;
  #startedAt = 0;
  #isWanted = false;
  /** Ends nobody asked for and no kill explains. */
  restarts = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get upForMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** In a process group of its own, so that its children die with it. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, this.#words, { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
    this.#child = child;
    this.#startedAt = performance.now();
    this.#isWanted = true;
    child.on('exit', () => {
      if (!this.#isWanted || this.#child !== child) return;
      this.restarts++;
      void sleep(RESTART_MS).then(() => (this.#isWanted && this.#child === child ? this.start() : undefined));
    });
    await once(child, 'spawn');
  }

  async killAndRestart(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
    this.#isWanted = false;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // it had ended by itself
    }
    await ended;
    await this.start();
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#isWanted = false;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(30_000, undefined, { ref: false })]);
    if (child.exitCode === null && child.signalCode === null) throw new Error('the program does not end when it is asked to');
  }
}

function killEngineOf(hub: Victim): void {
  try {
    const children = readFileSync(`/proc/${hub.pid}/task/${hub.pid}/children`, 'utf8').trim().split(' ');
    for (const pid of children) if (pid !== '') process.kill(Number(pid), 'SIGKILL');
  } catch {
    // the hub is just being started
  }
}

class Load {
  readonly #files: Readonly<Record<'hub-1' | 'edge-1', string>>;
  readonly #ports: Readonly<Record<'hub-1' | 'edge-1', number>>;
  readonly #options: ChaosOptions;
  readonly #socket: Socket = createSocket('udp4');
  #packets = 0;
  #flows = 0;
  #rotatedAt = performance.now();
  #rotations = 0;
  #isOver = false;
  #loop: Promise<void> = Promise.resolve();
  mayRotate = false;

  constructor(files: Load['files'], ports: Record<'hub-1' | 'edge-1', number>, options: ChaosOptions) {
    this.#files = files;
    this.#ports = ports;
    this.#options = options;
    for (const sensor of SENSORS) writeFileSync(files[sensor], HEADER);
  }

  get files(): Readonly<Record<'hub-1' | 'edge-1', string>> {
    return this.#files;
  }
  get packets(): number {
    return this.#packets;
  }
  get flows(): number {
    return this.#flows;
  }

  start(): void {
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
    this.#socket.close();
  }

  async #run(): Promise<void> {
    const { packets, datagrams } = this.#options;
    const startedAt = performance.now();
    let flowsDue = 0;
    while (!this.#isOver) {
      const elapsed = (performance.now() - startedAt) / 1000;
      const due = Math.min(Math.floor(elapsed * packets), this.#packets + packets);
      const bytes = Buffer.concat(Array.from({ length: due - this.#packets }, (_, i) => packetOf(this.#packets + i)));
      this.#packets = due;
      this.#append(bytes);
      for (flowsDue = Math.floor(elapsed * datagrams) * 10; this.#flows < flowsDue; this.#flows += 10) {
        for (const sensor of SENSORS) this.#socket.send(netflowOf(this.#flows), this.#ports[sensor], '127.0.0.1');
      }
      if (this.mayRotate && performance.now() - this.#rotatedAt > 20_000) this.#rotate();
      await sleep(40);
    }
  }

  /** In two writes, so that a reader meets half records. */
  #append(bytes: Buffer): void {
    const half = Math.floor(bytes.length / 2) + 3;
    for (const sensor of SENSORS) {
      appendFileSync(this.#files[sensor], bytes.subarray(0, half));
      appendFileSync(this.#files[sensor], bytes.subarray(half));
    }
  }

  #rotate(): void {
    this.#rotatedAt = performance.now();
    this.#rotations++;
    for (const sensor of SENSORS) {
      renameSync(this.#files[sensor], `${this.#files[sensor]}.${this.#rotations}`);
      writeFileSync(this.#files[sensor], HEADER);
    }
  }
}

/** Every byte of the present files has left its reader, and nothing waits in the edge's spool. */
async function caughtUp(files: Load['files'], folders: Record<'hub-1' | 'edge-1', string>, spool: string): Promise<void> {
  const deadline = performance.now() + 240_000;
  const isRead = (sensor: 'hub-1' | 'edge-1'): boolean => {
    const [file = ''] = globSync(join(folders[sensor], 'capture-*', 'checkpoint.json'));
    const checkpoint = JSON.parse(readFileSync(file, 'utf8')) as { inode: string; next: { from: number } };
    const { ino, size } = statSync(files[sensor]);
    return checkpoint.inode === String(ino) && checkpoint.next.from === size;
  };
  for (let calm = 0; calm < 4; ) {
    if (performance.now() > deadline) throw new Error('the programs do not catch up');
    await sleep(500);
    calm = SENSORS.every(isRead) && globSync(join(spool, '*.batch')).length === 0 ? calm + 1 : 0;
  }
}

async function countStored(data: string, load: Load): Promise<Pick<ChaosReport, 'captures' | 'flows' | 'rolledUp'>> {
  const log = createLog('silent');
  const path = join(data, 'telemetry');
  // What a hub has accepted but not stored when it is told to end, the next start stores.
  await (await openTelemetry({ path, spoolDirectory: join(data, 'spool'), log })).close();
  const engine = new EmbeddedEngine({ path, memoryBytes: 1 << 30, log });
  try {
    const ask = async (table: string, sum: string, key: string, sensor: string): Promise<{ stored: number; distinct: number }> => {
      const statement = `SELECT ${sum}, uniqExact(${key}) FROM ${table} WHERE sensor = '${sensor}'`;
      const [[stored, distinct] = []] = await engine.query(trusted(statement));
      return { stored: Number(stored), distinct: Number(distinct) };
    };
    const captures = async (sensor: string): Promise<Count> => ({
      sent: load.packets,
      ...(await ask('telescope_minute', 'sum(packets)', 'source, port', sensor)),
    });
    const flows = async (sensor: string): Promise<Count> => ({
      sent: load.flows,
      ...(await ask('flow', 'count()', 'source, destination_port', sensor)),
    });
    const [[rolledUp] = []] = await engine.query(trusted('SELECT sum(packets) FROM telescope_hour'));
    return {
      captures: { 'hub-1': await captures('hub-1'), 'edge-1': await captures('edge-1') },
      flows: { 'hub-1': await flows('hub-1'), 'edge-1': await flows('edge-1') },
      rolledUp: Number(rolledUp),
    };
  } finally {
    await engine.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

const HEADER = Buffer.alloc(24);
HEADER.writeUInt32LE(0xa1b2c3d4, 0);
HEADER.writeUInt16LE(2, 4);
HEADER.writeUInt16LE(4, 6);
HEADER.writeUInt32LE(262_144, 16);
HEADER.writeUInt32LE(1, 20);

/** The number tells source and port: each record is one of its kind. */
const sourceOf = (number: number): number => 0xc000_0200 + (number % 250);
const portOf = (number: number): number => 1024 + (Math.floor(number / 250) % 60_000);

/** A TCP SYN as a record of a classic capture. */
function packetOf(number: number): Buffer {
  const record = Buffer.alloc(16 + 54);
  record.writeUInt32LE(Math.floor(Date.now() / 1000), 0);
  record.writeUInt32LE(54, 8);
  record.writeUInt32LE(54, 12);
  const frame = record.subarray(16);
  frame.writeUInt16BE(0x0800, 12);
  frame.writeUInt8(0x45, 14);
  frame.writeUInt16BE(40, 16);
  frame.writeUInt8(64, 22);
  frame.writeUInt8(6, 23);
  frame.writeUInt32BE(sourceOf(number), 26);
  frame.writeUInt32BE(0xc633_6401, 30);
  frame.writeUInt16BE(40_000, 34);
  frame.writeUInt16BE(portOf(number), 36);
  frame.writeUInt8(0x50, 46);
  frame.writeUInt8(2, 47);
  return record;
}

/** Ten records of NetFlow version 5. */
function netflowOf(first: number): Buffer {
  const bytes = Buffer.alloc(24 + 480);
  bytes.writeUInt16BE(5, 0);
  bytes.writeUInt16BE(10, 2);
  bytes.writeUInt32BE(1_000_000, 4);
  bytes.writeUInt32BE(Math.floor(Date.now() / 1000), 8);
  bytes.writeUInt32BE(first, 16);
  for (let i = 0; i < 10; i++) {
    const record = bytes.subarray(24 + 48 * i);
    record.writeUInt32BE(sourceOf(first + i), 0);
    record.writeUInt32BE(0xc633_6401, 4);
    record.writeUInt32BE(1, 16);
    record.writeUInt32BE(40, 20);
    record.writeUInt32BE(999_000, 24);
    record.writeUInt32BE(999_500, 28);
    record.writeUInt16BE(40_000, 32);
    record.writeUInt16BE(portOf(first + i), 34);
    record.writeUInt8(6, 38);
  }
  return bytes;
}
