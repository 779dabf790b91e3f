/** The embedded engine as a process: what happens when it dies, fails, hangs or is already there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../engine/log.ts';
import { EmbeddedEngine } from './embedded.ts';
import { sql } from './sql.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-embedded-'));
const path = join(folder, 'engine');
const log = createLog('silent');
const newEngine = (): EmbeddedEngine => new EmbeddedEngine({ path, memoryBytes: 500 << 20, log });

const endless = sql`SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3`;

describe('EmbeddedEngine', () => {
  let engine: EmbeddedEngine;
  beforeAll(() => {
    engine = newEngine();
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows 64-bit integers as text, so that none loses digits', async () => {
    expect(await engine.query(sql`SELECT toUInt64(${2n ** 64n - 1n}), 1.5, 'x', NULL`)).toEqual([['18446744073709551615', 1.5, 'x', null]]);
  });

  it('answers side by side, each caller its own', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => engine.query(sql`SELECT ${i}`)));
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => [[i]]));
  });

  it('never lets anything of a failed answer into the next one', async () => {
    for (let i = 0; i < 4; i++)
      await expect(engine.query(sql`SELECT throwIf(number = 5) FROM numbers(10)`)).rejects.toMatchObject({ code: 'store-failed' });
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => engine.query(sql`SELECT ${i}`)));
    expect(answers).toEqual(Array.from({ length: 6 }, (_, i) => [[i]]));
  });

  it('lets no question write or read files', async () => {
    await expect(engine.query(sql`SELECT * FROM file('/etc/hostname', 'LineAsString')`)).rejects.toMatchObject({ code: 'store-failed' });
    await expect(engine.query(sql`CREATE TABLE x (a UInt8) ENGINE = Memory`)).rejects.toMatchObject({ code: 'store-failed' });
  });

  it('ends a question at its time limit, as something to try again', async () => {
    await expect(engine.query(endless, { timeoutSeconds: 1 })).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await engine.query(sql`SELECT 2`)).toEqual([[2]]);
  });

  it('stops work that nobody waits for any more', async () => {
    const controller = new AbortController();
    const asked = Array.from({ length: 4 }, () => engine.query(endless, { signal: controller.signal }));
    setTimeout(() => controller.abort(new Error('enough')), 200);
    const results = await Promise.allSettled(asked);
    expect(results.map((result) => result.status === 'rejected' && String(result.reason))).toEqual(Array(4).fill('Error: enough'));
    await expect.poll(async () => engine.query(sql`SELECT count() FROM system.processes`), { timeout: 5000 }).toEqual([['1']]);
  });

  it('rejects the calls in flight when it dies, and starts again with the next', async () => {
    const asked = engine.query(endless);
    await pause(100);
    process.kill((await engine.processId()) ?? 0, 'SIGKILL');
    await expect(asked).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await engine.query(sql`SELECT 3`)).toEqual([[3]]);
  });

  it('outlives Ctrl-C and a service manager that signals the whole group', async () => {
    const processId = await engine.processId();
    process.kill(processId ?? 0, 'SIGINT');
    process.kill(processId ?? 0, 'SIGTERM');
    await pause(100);
    expect(await engine.query(sql`SELECT 4`)).toEqual([[4]]);
    expect(await engine.processId()).toBe(processId);
  });

  it('refuses a directory that another engine uses, and says so', async () => {
    const second = newEngine();
    await expect(second.query(sql`SELECT 1`)).rejects.toMatchObject({ code: 'data-directory-in-use' });
    await second.close();
  });

  it('closes once and for all', async () => {
    const other = new EmbeddedEngine({ path: join(folder, 'other'), memoryBytes: 500 << 20, log });
    await other.query(sql`SELECT 1`);
    await Promise.all([other.close(), other.close()]);
    await expect(other.query(sql`SELECT 1`)).rejects.toMatchObject({ code: 'store-unavailable' });
  });
});
