import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { YaguraError } from '../../engine/errors.ts';
import { createLog } from '../../engine/log.ts';
import { takeLock } from './lock.ts';
import { limitLog } from './log-limit.ts';
import { maintainState } from './maintain.ts';
import { openState } from './open.ts';
import { readSetting, writeSetting } from './settings.ts';
import { templateDirectory } from './test-support.ts';

const log = createLog('silent');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yagura-open-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => openState({ path: folder, templateDirectory, log });

describe('the embedded state store', () => {
  it('keeps what was written across closing and opening', async () => {
    const first = await open();
    expect(first.isEmbedded).toBe(true);
    await writeSetting(first.db, 'default', 'simulation', { seed: 7 });
    await first.close();
    const second = await open();
    expect(await readSetting(second.db, 'default', 'simulation')).toEqual({ seed: 7 });
    await second.close();
  });

  it('is refused to a second opener, who is told by whom it is held', async () => {
    const state = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'data-directory-in-use',
      message: expect.stringContaining(String(process.pid)) as string,
    });
    await state.close();
    const again = await open();
    await again.close();
  });

  it('is refused while another process holds it, and taken over when that process has died', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', HOLDER], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LOCK: join(folder, 'lock') },
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await expect(open()).rejects.toMatchObject({
      code: 'data-directory-in-use',
      message: expect.stringContaining(String(child.pid)) as string,
    });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const state = await open();
    await state.close();
    expect(existsSync(join(folder, 'lock'))).toBe(false);
  });

  it('needs a folder or a server', async () => {
    await expect(openState({ log })).rejects.toBeInstanceOf(YaguraError);
  });

  it('says what to do when the server does not answer', async () => {
    await expect(openState({ url: 'postgresql://nobody@127.0.0.1:1/none', log })).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it('keeps house without losing anything', async () => {
    const state = await open();
    await writeSetting(state.db, 'default', 'a', 1);
    await maintainState(state);
    expect(await readSetting(state.db, 'default', 'a')).toBe(1);
    await state.close();
  });

  it('cuts its log when that has grown, and only then', async () => {
    const state = await open();
    await writeSetting(state.db, 'default', 'a', 'x'.repeat(100_000));
    expect(await limitLog(state.db, 2 ** 30)).toBe(false);
    expect(await limitLog(state.db, 1000)).toBe(true);
    expect(await limitLog(state.db, 1000)).toBe(false);
    expect(await readSetting(state.db, 'default', 'a')).toHaveLength(100_000);
    await state.close();
  });

  it('undoes a failed transaction', async () => {
    const state = await open();
    const failing = state.db.transaction().execute(async (trx) => {
      await writeSetting(trx, 'default', 'a', 1);
      await sql`select 1 / 0`.execute(trx);
    });
    await expect(failing).rejects.toThrow();
    expect(await readSetting(state.db, 'default', 'a')).toBeNull();
    await state.close();
  });
});

const HOLDER = `
  const { takeLock } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))});
  takeLock(process.env.LOCK);
  console.log('held');
  setInterval(() => {}, 1000);`;

const path = (): string => join(folder, 'lock');
const holder = (): Record<string, unknown> => JSON.parse(readFileSync(path(), 'utf8')) as Record<string, unknown>;

describe('the lock', () => {
  it('takes over a lock of another boot, of a number that is somebody else’s now, or that cannot be read', () => {
    const lock = takeLock(path());
    const own = holder();
    lock.release();
    const stale = [
      { ...own, boot: 'another' },
      { ...own, pid: process.ppid, started: 'another' },
      { ...own, pid: 4_194_304 },
    ];
    for (const text of [...stale.map((one) => JSON.stringify(one)), '', '{']) {
      writeFileSync(path(), text);
      const taken = takeLock(path());
      expect(holder()).toEqual(own);
      taken.release();
      expect(existsSync(path())).toBe(false);
    }
  });

  it('is not taken twice by one process', () => {
    const lock = takeLock(path());
    expect(() => takeLock(path())).toThrow('in use');
    lock.release();
  });
});
