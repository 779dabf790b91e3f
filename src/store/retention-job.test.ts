/** Deletion is provable: each deleted day has its entry, written before it went. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { emptyTelemetry } from '../../test/support/empty-data.ts';
import { createLog } from '../engine/log.ts';
import { enforceRetention, type RetentionParts } from './retention-job.ts';
import { listAudit, verifyAudit } from './state/audit.ts';
import { openState } from './state/open.ts';
import { templateDirectory } from './state/test-support.ts';
import { flows } from './telemetry/fixtures/flows.ts';
import { openTelemetry } from './telemetry/index.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 5, 18, 13);
const log = createLog('silent');

describe('the retention job', () => {
  const folder = mkdtempSync(join(tmpdir(), 'yagura-retention-job-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('writes table, day, rows and bytes into the audit log before a day goes', async () => {
    const state = await openState({ path: join(folder, 'state'), templateDirectory, log });
    const retention = { keepDays: { flow: 3 }, mostBytes: null };
    const telemetry = await openTelemetry({
      path: emptyTelemetry(join(folder, 'telemetry')),
      spoolDirectory: join(folder, 'spool'),
      log,
      retention,
    });
    await telemetry.insert([flows([{ at: NOW - 9 * DAY }, { at: NOW - 9 * DAY }, { at: NOW - 2 * DAY }])], 'job');
    const parts: RetentionParts = { telemetry, db: state.db, tenant: 'main', clock: { now: () => NOW }, log };

    const broken = { ...telemetry, enforceRetention: () => Promise.reject(new Error('the engine is away')) };
    await expect(enforceRetention({ ...parts, telemetry: broken })).rejects.toThrow('away');
    expect((await listAudit(state.db, 'main')).total).toBe(0);

    await enforceRetention(parts);
    await enforceRetention(parts);
    const { rows } = await listAudit(state.db, 'main');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      at: NOW,
      actor: 'system',
      action: 'telemetry-deleted',
      subject: 'flow 2026-06-09',
      purpose: 'retention',
    });
    expect(rows[0]?.detail).toEqual({ table: 'flow', day: '2026-06-09', rows: 2, bytes: expect.any(Number) as number });
    expect(await verifyAudit(state.db, 'main')).toMatchObject({ isIntact: true });
    expect(await telemetry.countRows('flow')).toBe(1);
    await telemetry.close();
    await state.close();
  });
});
