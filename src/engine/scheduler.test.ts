import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLog } from './log.ts';
import { startScheduler } from './scheduler.ts';

it('repeats a job, survives its failure, never overlaps it, and stops', async () => {
  let runs = 0;
  let inside = 0;
  const job = {
    name: 'test',
    everySeconds: 0.01,
    isDueAtStart: true,
    async run() {
      expect(++inside).toBe(1);
      await sleep(15);
      inside--;
      if (++runs === 1) throw new Error('first run fails');
    },
  };
  const scheduler = startScheduler([job], createLog('silent'));
  await expect.poll(() => runs, { timeout: 2000 }).toBeGreaterThan(2);
  await scheduler.stop();
  const after = runs;
  await sleep(50);
  expect(runs).toBe(after);
});
