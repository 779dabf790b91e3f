/**
 * kill -9, of the engine and of the whole hub, in the middle of inserts: what was
 * acknowledged is there exactly once, nothing is there twice, and raw cells and rollups agree.
 */
import { fork } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { emptyTelemetry } from '../../../test/support/empty-data.ts';
import { volume } from '../../../test/support/volume.ts';
import { createLog } from '../../engine/log.ts';
import { Spool } from '../../engine/spool.ts';
import { readCapabilities } from './capabilities.ts';
import { EmbeddedEngine } from './embedded.ts';
import { asnOf, CELLS_PER_BATCH, DAYS, FIRST_DAY, numberedBatch, RECORDS_PER_BATCH, tokenOf } from './fixtures/numbered-batch.ts';
import { randomNumbers } from './fixtures/random-batch.ts';
import { openTelemetry, type TelemetryStore } from './index.ts';
import { migrate } from './migrations.ts';
import { insertBatches, type WriterParts } from './writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-crash-'));
const log = createLog('silent');
const memoryBytes = 500 << 20;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ROUNDS = volume(2, 5);
const KILLS = volume(3, 10);
const seed = Date.now() % 100_000;
const next = randomNumbers(seed);

/** Packets per batch: by the hourly rollup (whole days) and by the cells (a minute later). */
async function packetsByBatch(store: TelemetryStore): Promise<Map<string, number>[]> {
  const to = FIRST_DAY + DAYS * 86_400_000;
  const periods = [
    { from: FIRST_DAY, to },
    { from: FIRST_DAY, to: to + 60_000 },
  ];
  const answers = await Promise.all(periods.map((period) => store.trafficTop({ tenant: 'main', ...period, by: 'network', limit: 1000 })));
  return answers.map((rows) => new Map(rows.map((row) => [row.key, row.packets])));
}

async function expectExactlyOnce(store: TelemetryStore, acknowledged: ReadonlySet<number>): Promise<void> {
  const agreement = await store.checkAgreement('main');
  expect(agreement, `seed ${seed}`).toMatchObject({ agrees: true });
  for (const packets of await packetsByBatch(store)) {
    for (const number of acknowledged) expect(packets.get(String(asnOf(number))), `batch ${number}, seed ${seed}`).toBe(CELLS_PER_BATCH);
    expect(new Set(packets.values()), `seed ${seed}`).toEqual(new Set([CELLS_PER_BATCH]));
  }
  const batches = agreement.cells / CELLS_PER_BATCH;
  expect(await store.countRows('feed_record'), `seed ${seed}`).toBe(batches * RECORDS_PER_BATCH);
}

describe('kill -9', () => {
  it(`of the engine, ${2 * ROUNDS} times: inserts carry on by themselves and stay exactly once`, { timeout: 120_000 }, async () => {
    const path = emptyTelemetry(join(folder, 'engine'));
    const spoolDirectory = join(folder, 'engine-spool');
    const acknowledged = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      const engine = new EmbeddedEngine({ path, memoryBytes, log });
      const capabilities = await readCapabilities(engine);
      await migrate(engine, capabilities);
      const parts: WriterParts = { engine, capabilities, spool: await Spool.open(spoolDirectory), log };
      await insertUnderFire(parts, engine, round, acknowledged);
      await engine.close();
    }
    expect(acknowledged.size).toBe(6 * ROUNDS);
    const store = await openTelemetry({ path, spoolDirectory, log, memoryBytes });
    await expectExactlyOnce(store, acknowledged);
    await store.close();
  });

  it(`of the whole hub, ${KILLS} times: the next start completes what was spooled`, { timeout: 120_000 }, async () => {
    const path = emptyTelemetry(join(folder, 'hub'));
    const spoolDirectory = join(folder, 'hub-spool');
    const acknowledged = new Set<number>();
    let started = 0;
    for (let kill = 0; kill < KILLS; kill++) started = await runUntilKilled([path, spoolDirectory, String(started)], acknowledged);
    const store = await openTelemetry({ path, spoolDirectory, log, memoryBytes });
    expect(acknowledged.size).toBeGreaterThan(KILLS);
    await expectExactlyOnce(store, acknowledged);
    expect(readdirSync(spoolDirectory)).toEqual([]);
    await store.close();
  });
});

/** Six batches; twice the engine dies while one of them is being stored. */
async function insertUnderFire(parts: WriterParts, engine: EmbeddedEngine, round: number, acknowledged: Set<number>): Promise<void> {
  for (let i = 0; i < 6; i++) {
    const number = round * 6 + i;
    const inserted = insertBatches(parts, numberedBatch(number), tokenOf(number));
    if (i % 3 === 1) {
      await pause(next() % 60);
      process.kill((await engine.processId()) ?? 0, 'SIGKILL');
    }
    await inserted;
    acknowledged.add(number);
  }
}

/** Starts a hub that inserts from a number on, kills it after some batches and a random moment; returns the number to repeat from. */
async function runUntilKilled(args: readonly string[], acknowledged: Set<number>): Promise<number> {
  const hub = fork(new URL('fixtures/writer-process.ts', import.meta.url), args, {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => hub.once('exit', () => resolve()));
  // The first repeats the last one of the predecessor, so at least one is new.
  const enough = 2 + (next() % 2);
  let stored = 0;
  await new Promise<void>((resolve) => {
    hub.on('message', (number: number) => {
      acknowledged.add(number);
      if (++stored === enough) resolve();
    });
    hub.once('exit', () => resolve());
  });
  await pause(next() % 150);
  hub.kill('SIGKILL');
  await ended;
  expect(stored, 'batches stored before the kill').toBeGreaterThanOrEqual(enough);
  return Math.max(...acknowledged);
}
