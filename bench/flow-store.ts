/**
 * Flow storage beside nfdump on the same flows in the same run, and how it grows.
 *
 * The flow set is the capture's hour four times over, nearly twelve million flows. Both
 * read from a warm page cache. nfdump is a process per question; the engine is running,
 * as it is in the hub, so its processor time is compared as well as the wall clock.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ColumnBatch } from '../src/domain/telemetry-table.ts';
import { createLog } from '../src/engine/log.ts';
import { Spool } from '../src/engine/spool.ts';
import { readCapabilities } from '../src/store/telemetry/capabilities.ts';
import { EmbeddedEngine } from '../src/store/telemetry/embedded.ts';
import { migrate } from '../src/store/telemetry/migrations.ts';
import { createExploreReader } from '../src/store/telemetry/questions/explore.ts';
import { type Sql, sql } from '../src/store/telemetry/sql.ts';
import { insertBatches, type WriterParts } from '../src/store/telemetry/writer.ts';
import { makeCapture } from './capture.ts';
import { flowBatches, readFlowSet } from './flow-store-set.ts';
import { measure, median } from './measure.ts';

const COPIES = 4;
const ROWS_PER_BATCH = 500_000;
const ROUNDS = 5;
const MEMORY_BYTES = 1200 << 20;
const TICKS_PER_SECOND = 100;
const HOUR = 3_600_000;
/** When the generator's capture begins. */
const FROM = Date.UTC(2025, 0, 1);
const SYN_ONLY = 'protocol tcp and destination-port 23 and flags S and not flags A';

interface Question {
  readonly name: string;
  readonly nfdump: readonly string[];
  readonly raw: Sql;
  readonly by: string;
  readonly filter: string;
}

const RAW_SUMS = sql`sum(packets * greatest(sampling, 1)), sum(bytes * greatest(sampling, 1)), count() AS n`;
const QUESTIONS: readonly Question[] = [
  {
    name: 'top 10 sources',
    nfdump: ['-s', 'srcip/flows', '-n', '10'],
    raw: sql`SELECT hex(source), ${RAW_SUMS} FROM flow GROUP BY source ORDER BY n DESC LIMIT 10`,
    by: 'source',
    filter: '',
  },
  {
    name: 'top 10 ports',
    nfdump: ['-s', 'dstport/flows', '-n', '10'],
    raw: sql`SELECT destination_port, ${RAW_SUMS} FROM flow GROUP BY destination_port ORDER BY n DESC LIMIT 10`,
    by: 'destination-port',
    filter: '',
  },
  {
    name: 'port 23, SYN only',
    nfdump: ['-A', 'proto', 'proto tcp and dst port 23 and flags S and not flags A'],
    raw: sql`SELECT protocol, ${RAW_SUMS} FROM flow
      WHERE protocol = 6 AND destination_port = 23 AND bitAnd(tcp_flags, 18) = 2 GROUP BY protocol`,
    by: 'protocol',
    filter: SYN_ONLY,
  },
];

interface Times {
  readonly wall: number; // seconds
  readonly cpu: number;
}

/** `growTo`: how many rows the growth table goes up to. */
export async function benchFlowStore(out: string, packets: number, growTo: number): Promise<void> {
  const capture = makeCapture(out, packets);
  if (capture === undefined) return;
  const set = await readFlowSet(capture);
  const store = await BenchStore.open(join(out, 'flow-store'));
  try {
    process.stdout.write(`\n## Flow storage: ${(set.rows * COPIES).toLocaleString('en')} flows, a darknet's hour four times\n`);
    const growth = growthTable(store, set.rows);
    let rows = 0;
    const copies = Math.max(COPIES, Math.ceil(growTo / set.rows));
    for (const batch of flowBatches(set, copies, ROWS_PER_BATCH)) {
      await store.insert(batch);
      rows += batch.rows;
      await growth.note(rows);
      if (rows !== set.rows * COPIES) continue;
      await compare(store, out, capture, set.rows);
      await growth.restart(rows);
    }
    growth.print();
  } finally {
    await store.close();
  }
}

async function compare(store: BenchStore, out: string, capture: string, rowsPerCopy: number): Promise<void> {
  await store.settle();
  const files = makeFlowFiles(out, capture);
  printSizes(files, await store.bytesPerFlow(), rowsPerCopy);
  process.stdout.write(
    '\n| question | nfdump s (CPU s) | records s (CPU s) | × nfdump | rollups s (CPU s) | × nfdump |\n|---|---|---|---|---|---|\n',
  );
  for (const question of QUESTIONS) {
    const theirs = files && (await timeNfdump(files.folder, question));
    const raw = await store.time(() => store.engine.query(question.raw));
    const explore = { tenant: 'main', source: 'flow', from: FROM, to: FROM + COPIES * HOUR, measure: 'flows', limit: 10 } as const;
    const rolled = await store.time(() => store.reader.top({ ...explore, by: [question.by], filter: question.filter }));
    const ratio = (ours: Times): string =>
      theirs ? `${(ours.wall / theirs.wall).toFixed(3)} (${(ours.cpu / theirs.cpu).toFixed(3)})` : '–';
    const cells = [question.name, theirs ? show(theirs) : '–', show(raw), ratio(raw), show(rolled), ratio(rolled)];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}

const show = ({ wall, cpu }: Times): string => `${wall.toFixed(3)} (${cpu.toFixed(3)})`;

interface FlowFiles {
  /** Of COPIES uncompressed files. */
  readonly folder: string;
  readonly sizes: Readonly<Record<string, number>>;
}

/** The same capture as nfcapd files, uncompressed, LZ4 and BZ2. */
function makeFlowFiles(out: string, capture: string): FlowFiles | undefined {
  if (spawnSync('sh', ['-c', 'command -v nfpcapd nfdump']).status !== 0) {
    process.stderr.write('nfdump is not installed: left out.\n');
    return undefined;
  }
  const folder = join(out, `nfcapd-${statSync(capture).size}`);
  const first = join(folder, 'nfcapd.202501010000');
  if (!existsSync(first)) {
    mkdirSync(folder, { recursive: true });
    run(['env', 'TZ=UTC', 'nfpcapd', '-r', capture, '-l', folder, '-t', '3600']);
    for (let hour = 1; hour < COPIES; hour++) linkSync(first, join(folder, `nfcapd.202501010${hour}00`));
  }
  const size = (option: string): number => {
    const file = join(folder, '..', `nfdump-${statSync(capture).size}${option}`);
    if (!existsSync(file)) run(['nfdump', '-r', first, '-w', file, option]);
    return statSync(file).size;
  };
  return { folder, sizes: { none: statSync(first).size, LZ4: size('-y'), BZ2: size('-j') } };
}

function run([program = '', ...words]: readonly string[]): void {
  if (spawnSync(program, words).status !== 0) throw new Error(`${program} failed`);
}

function printSizes(files: FlowFiles | undefined, ours: { records: number; all: number }, rows: number): void {
  process.stdout.write('\n| storage | bytes per flow |\n|---|---|\n');
  for (const [name, size] of Object.entries(files?.sizes ?? {}))
    process.stdout.write(`| nfdump, ${name} | ${(size / rows).toFixed(1)} |\n`);
  process.stdout.write(`| records | ${ours.records.toFixed(2)} |\n| records and all rollups | ${ours.all.toFixed(2)} |\n`);
}

async function timeNfdump(folder: string, { nfdump }: Question): Promise<Times> {
  const walls: number[] = [];
  const cpus: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const cost = await measure(['nfdump', '-R', folder, '-q', ...nfdump]);
    if (cost.status !== 0) throw new Error('nfdump failed');
    walls.push(cost.wallSeconds);
    cpus.push(cost.cpuSeconds);
  }
  return { wall: median(walls), cpu: median(cpus) };
}

/** The parts of a telemetry store with its engine in sight. */
class BenchStore {
  readonly engine: EmbeddedEngine;
  readonly reader: ReturnType<typeof createExploreReader>;
  readonly #parts: WriterParts;
  #batches = 0;

  private constructor(engine: EmbeddedEngine, parts: WriterParts) {
    this.engine = engine;
    this.reader = createExploreReader(engine);
    this.#parts = parts;
  }

  static async open(folder: string): Promise<BenchStore> {
    rmSync(folder, { recursive: true, force: true });
    const log = createLog('warn');
    const engine = new EmbeddedEngine({ path: join(folder, 'engine'), memoryBytes: MEMORY_BYTES, log });
    const capabilities = await readCapabilities(engine);
    await migrate(engine, capabilities);
    return new BenchStore(engine, { engine, capabilities, spool: await Spool.open(join(folder, 'spool')), log });
  }

  insert(batch: ColumnBatch): Promise<void> {
    return insertBatches(this.#parts, [batch], `bench:${this.#batches++}`);
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  /** Waits until no merge is running. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; ) {
      const [row] = await this.engine.query(sql`SELECT count() FROM system.merges`);
      quiet = Number(row?.[0]) === 0 ? quiet + 1 : 0;
      await pause(300);
    }
  }

  async bytesPerFlow(): Promise<{ records: number; all: number }> {
    const [row = []] =
      await this.engine.query(sql`SELECT sumIf(bytes_on_disk, table = 'flow'), sum(bytes_on_disk), sumIf(rows, table = 'flow')
      FROM system.parts WHERE active AND database = currentDatabase() AND startsWith(table, 'flow')`);
    const [records = 0, all = 0, rows = 1] = row.map(Number);
    return { records: records / rows, all: all / rows };
  }

  async countParts(): Promise<number> {
    const [row] = await this.engine.query(sql`SELECT count() FROM system.parts
      WHERE active AND database = currentDatabase() AND startsWith(table, 'flow')`);
    return Number(row?.[0]);
  }

  async time(ask: () => Promise<unknown>): Promise<Times> {
    const walls: number[] = [];
    const cpus: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const cpu = await this.cpuSeconds();
      const started = performance.now();
      await ask();
      if (round === 0) continue; // reads the marks
      walls.push((performance.now() - started) / 1000);
      cpus.push((await this.cpuSeconds()) - cpu);
    }
    return { wall: median(walls), cpu: median(cpus) };
  }

  /** Of the engine's process. Linux only. */
  async cpuSeconds(): Promise<number> {
    const stat = await this.#proc('stat');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }

  async residentBytes(): Promise<number> {
    return Number(/VmRSS:\s+(\d+) kB/.exec(await this.#proc('status'))?.[1]) * 1024;
  }

  async #proc(file: string): Promise<string> {
    return readFileSync(`/proc/${await this.engine.processId()}/${file}`, 'utf8');
  }
}

const MARKS = [1e6, 1e7, 3e7, 1e8];

/** Notes at each mark what the rows since the last one cost, and how long the console's questions take. */
function growthTable(
  store: BenchStore,
  rowsPerHour: number,
): {
  note(rows: number): Promise<void>;
  /** After work of another kind in between. */
  restart(rows: number): Promise<void>;
  print(): void;
} {
  const lines: string[] = [];
  let last = { rows: 0, at: performance.now(), cpu: 0 };
  let noted = 0;
  let peak = 0;
  const restart = async (rows: number): Promise<void> => {
    last = { rows, at: performance.now(), cpu: await store.cpuSeconds() };
  };
  const note = async (rows: number): Promise<void> => {
    peak = Math.max(peak, await store.residentBytes());
    const hasPassed = MARKS.some((mark) => noted < mark && rows >= mark);
    if (!hasPassed) return;
    noted = rows;
    const since = rows - last.rows;
    const wall = (performance.now() - last.at) / since;
    const cpu = ((await store.cpuSeconds()) - last.cpu) / since;
    const parts = await store.countParts();
    const to = FROM + Math.ceil(rows / rowsPerHour) * HOUR;
    const base = { tenant: 'main', source: 'flow', to, measure: 'flows', limit: 10 } as const;
    const hour = { ...base, from: to - HOUR };
    const { rows: busiest } = await store.reader.top({ ...hour, by: ['source'], filter: '' });
    const host = busiest.at(-1)?.keys[0] ?? '';
    const questions = [
      await store.time(() => store.reader.top({ ...hour, by: ['source'], filter: '' })),
      await store.time(() => store.reader.top({ ...hour, by: ['destination-port'], filter: '' })),
      await store.time(() => store.reader.rows({ ...hour, filter: `source ${host}`, order: 'time', limit: 50 })),
      await store.time(() => store.reader.series({ ...base, from: FROM, filter: '', by: null, stepSeconds: 3600, top: 1 })),
    ];
    const milliseconds = questions.map((one) => Math.round(one.wall * 1000));
    const cells = [
      rows.toLocaleString('en'),
      (wall * 1000).toFixed(2),
      (cpu * 1e6).toFixed(2),
      parts,
      ...milliseconds,
      Math.round(peak / 1e6),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
    process.stderr.write(`${lines.at(-1)}\n`);
    await restart(rows);
  };
  const print = (): void => {
    process.stdout.write('\n### Growth, in inserts of half a million\n\n');
    process.stdout.write(
      '| rows | wall µs per row since the line above | CPU µs | parts | last hour: sources, ms | ports | rows of a host | series of all | peak MB of the engine |\n|---|---|---|---|---|---|---|---|---|\n',
    );
    process.stdout.write(`${lines.join('\n')}\n`);
  };
  return { note, restart, print };
}
