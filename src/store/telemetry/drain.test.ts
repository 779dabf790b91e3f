/** Live input: safe at once, stored in order, nothing lost or doubled by an outage or an end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { emptyTelemetry } from '../../../test/support/empty-data.ts';
import { YaguraError } from '../../engine/errors.ts';
import { createLog } from '../../engine/log.ts';
import { Spool } from '../../engine/spool.ts';
import { Drain } from './drain.ts';
import { EmbeddedEngine } from './embedded.ts';
import type { Engine } from './engine.ts';
import { CELLS_PER_BATCH, numberedBatch, tokenOf } from './fixtures/numbered-batch.ts';
import { openTelemetry } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-drain-'));
const spoolDirectory = join(folder, 'spool');
const path = emptyTelemetry(join(folder, 'engine'));
const log = createLog('silent');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function countCells(): Promise<number> {
  const store = await openTelemetry({ path, spoolDirectory, log });
  const { agrees } = await store.checkAgreement('main');
  expect(agrees).toBe(true);
  const rows = await store.countRows('telescope_minute');
  await store.close();
  return rows;
}

describe('accepting', () => {
  it('is done when the batch is on disk, and settled when the engine has it', async () => {
    const store = await openTelemetry({ path, spoolDirectory, log });
    for (let number = 0; number < 3; number++) await store.accept(numberedBatch(number), tokenOf(number));
    await store.accept(numberedBatch(1), tokenOf(1));
    await store.settled();
    expect(await store.countRows('telescope_minute')).toBe(3 * CELLS_PER_BATCH);
    await store.close();
  });

  it('goes on through outages and an early end; the rest is stored at the next start', async () => {
    const engine = new EmbeddedEngine({ path, memoryBytes: 1 << 30, log });
    let outages = 2;
    const failing: Engine = {
      exec: (query) => engine.exec(query),
      query: (query, options) => engine.query(query, options),
      insert: async (insertion, settings) => {
        if (outages-- > 0) throw new YaguraError('store-unavailable', 'away');
        await engine.insert(insertion, settings);
      },
      close: () => engine.close(),
    };
    const spool = await Spool.open(spoolDirectory);
    // Without deduplication in the writer's own repetitions: every failure reaches the drain.
    const capabilities = { deduplicates: false, isModern: true, insertSettings: {} };
    const drain = new Drain({ engine: failing, capabilities, spool, log });
    await drain.accept(numberedBatch(10), tokenOf(10));
    await drain.settled();
    expect([outages < 0, drain.backlog]).toEqual([true, 0]);
    outages = Number.POSITIVE_INFINITY;
    for (let number = 11; number < 14; number++) await drain.accept(numberedBatch(number), tokenOf(number));
    await drain.close();
    expect(await spool.list()).toEqual([11, 12, 13].map(tokenOf));
    await engine.close();
    expect(await countCells()).toBe(7 * CELLS_PER_BATCH);
    expect(await spool.list()).toEqual([]);
  });

  it('makes whoever brings more wait while the backlog is full', async () => {
    const engine = new EmbeddedEngine({ path, memoryBytes: 1 << 30, log });
    const gate = Promise.withResolvers<void>();
    const slow: Engine = {
      exec: (query) => engine.exec(query),
      query: (query, options) => engine.query(query, options),
      insert: async (insertion, settings) => {
        await gate.promise;
        await engine.insert(insertion, settings);
      },
      close: () => engine.close(),
    };
    const spool = await Spool.open(spoolDirectory);
    const drain = new Drain({ engine: slow, capabilities: { deduplicates: false, isModern: true, insertSettings: {} }, spool, log }, 1);
    await drain.accept(numberedBatch(20), tokenOf(20));
    let isAccepted = false;
    const second = drain.accept(numberedBatch(21), tokenOf(21)).then(() => (isAccepted = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(isAccepted).toBe(false);
    gate.resolve();
    await second;
    await drain.settled();
    await engine.close();
    expect(await countCells()).toBe(9 * CELLS_PER_BATCH);
  });
});
