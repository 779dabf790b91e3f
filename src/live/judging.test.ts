/** Judging comes soon, then rarely; days that wait outlive the program. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { createLog } from '../engine/log.ts';
import { Judging } from './judging.ts';
import { parseDrops } from './kernel-drops.ts';
import { until } from './test-support.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-judging-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const DAY = 86_400_000;

it('judges each waiting day once, tries again after a failure, and remembers over a restart', async () => {
  const judged: string[] = [];
  let fails = 1;
  const parts = {
    judge: (tenant: string, sensor: string, days: readonly number[]) => {
      if (fails-- > 0) return Promise.reject(new Error('the store is away'));
      judged.push(`${tenant} ${sensor} ${days.join(',')}`);
      return Promise.resolve();
    },
    file: join(folder, 'unjudged.json'),
    log: createLog('silent'),
    leastMs: 100,
  };
  const first = new Judging(parts);
  first.note('main', 'dark-1', [DAY]);
  first.note('main', 'dark-1', [DAY, 2 * DAY]);
  const second = new Judging(parts);
  second.start();
  await until(() => judged.length > 0);
  await sleep(1200);
  await second.stop();
  expect(judged).toEqual([`main dark-1 ${DAY},${2 * DAY}`]);
});

it('waits ten times as long as the last judging took', async () => {
  const times: number[] = [];
  const judging = new Judging({
    judge: async () => {
      times.push(performance.now());
      await sleep(300);
    },
    file: join(folder, 'slow.json'),
    log: createLog('silent'),
    leastMs: 10,
  });
  judging.start();
  const feeding = setInterval(() => judging.note('main', 'dark-1', [DAY]), 50);
  await until(() => times.length > 1);
  clearInterval(feeding);
  await judging.stop();
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(3250);
});

it('reads the drops of a port from the kernel’s table', () => {
  const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  12: 0100007F:0807 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12345 2 0000000000000000 42
  13: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12346 2 0000000000000000 7
`;
  expect([2055, 53, 9].map((port) => parseDrops(table, port))).toEqual([42, 7, undefined]);
});
