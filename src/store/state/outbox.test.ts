import { expect, it } from 'vitest';
import { z } from 'zod';
import { planNotices } from '../../cases/digest.ts';
import { deliverQueued } from '../../cases/outbox.ts';
import { casePolicy } from '../../cases/policy.ts';
import type { Notice, Receipt } from '../../domain/notice.ts';
import { fixedClock } from '../../engine/clock.ts';
import { YaguraError } from '../../engine/errors.ts';
import { createLog } from '../../engine/log.ts';
import { type DeliverContext, defineNotifier } from '../../engine/modules.ts';
import { readCase } from './cases.ts';
import { replaceConstituents } from './constituents.ts';
import { createFindingStore } from './fold.ts';
import { createNoticeStore, readNoticeRow } from './notices.ts';
import { describeState, newTenant, type OpenedState } from './test-support.ts';
import { constituent, MORNING, sighting } from './test-support-findings.ts';

const DAY = 86_400_000;

/** A channel whose answers the test chooses. */
const channel = (deliver: (notice: Notice, context: DeliverContext) => Promise<Receipt>) =>
  defineNotifier({
    id: 'mail',
    title: { ja: 'メール', en: 'Mail' },
    description: { ja: '試験用です。', en: 'For tests.' },
    settings: z.object({}),
    reaches: () => true,
    render: () => Promise.resolve({ subject: '', parts: [] }),
    deliver: (notice, _settings, context) => deliver(notice, context),
  });

async function queueOne({ state: { db } }: OpenedState) {
  const tenant = newTenant();
  const store = createNoticeStore(db, planNotices, true);
  await replaceConstituents(db, tenant, [constituent('isp-a', { mail: ['abuse@isp-a.example'] })]);
  await createFindingStore(db, casePolicy).fold([sighting({ tenant, address: '192.0.2.1' })], 'a', MORNING);
  await store.decide(tenant, { at: MORNING, actor: 'system', isSimulation: false, channels: [{ id: 'mail', reaches: () => true }] });
  const run = (at: number, notifiers: readonly ReturnType<typeof channel>[], signal = new AbortController().signal) =>
    deliverQueued({
      store,
      notifiers: notifiers.map((module) => ({ module, settings: {} })),
      context: { sender, advice: noAdvice, log: createLog('silent'), signal, outbox: '' },
      clock: fixedClock(at),
      tenant,
    });
  return { db, tenant, run };
}

const sender = { name: { ja: '', en: '' }, postalAddress: { ja: '', en: '' }, mail: '', answerUrl: '' };
const noAdvice = (): never => {
  throw new Error('This channel gives no advice.');
};
const accept = channel((_notice, { now }) => Promise.resolve({ outcome: 'delivered', at: now, detail: '250 Ok', isFinal: true }));

describeState('delivering', (opened) => {
  it('hands the notice to its channel once', async () => {
    const { db, tenant, run } = await queueOne(opened());
    expect(await run(MORNING, [accept])).toEqual({ delivered: 1, failed: 0, held: 0 });
    expect(await run(MORNING + DAY, [accept])).toEqual({ delivered: 0, failed: 0, held: 0 });
    expect(await readCase(db, tenant, 'Y-1001')).toMatchObject({ state: 'notified', channels: ['mail'] });
  });

  it('tries again after a failure, an exception, or while the channel is not configured', async () => {
    const { db, tenant, run } = await queueOne(opened());
    const refuse = channel((_notice, { now }) => Promise.resolve({ outcome: 'failed', at: now, detail: '450 busy', isFinal: false }));
    const crash = channel(() => Promise.reject(new Error('connection reset')));
    expect(await run(MORNING, [refuse])).toEqual({ delivered: 0, failed: 0, held: 1 });
    expect(await run(MORNING + DAY, [crash])).toEqual({ delivered: 0, failed: 0, held: 1 });
    expect(await readNoticeRow(db, tenant, 'N-000001')).toMatchObject({ state: 'queued', attempts: 2, detail: 'connection reset' });
    expect(await run(MORNING + 2 * DAY, [])).toEqual({ delivered: 0, failed: 0, held: 1 });
    expect(await run(MORNING + 3 * DAY, [accept])).toEqual({ delivered: 1, failed: 0, held: 0 });
    expect(await readCase(db, tenant, 'Y-1001')).toMatchObject({ state: 'notified' });
  });

  it('gives up on an error that trying again cannot mend', async () => {
    const { db, tenant, run } = await queueOne(opened());
    const wrong = channel(() => Promise.reject(new YaguraError('config-invalid', 'no sender is set')));
    expect(await run(MORNING, [wrong])).toEqual({ delivered: 0, failed: 1, held: 0 });
    expect(await readNoticeRow(db, tenant, 'N-000001')).toMatchObject({ state: 'failed', detail: 'no sender is set' });
    expect(await readCase(db, tenant, 'Y-1001')).toMatchObject({ state: 'open' });
  });

  it('starts nothing when it is told to stop', async () => {
    const { run } = await queueOne(opened());
    expect(await run(MORNING, [accept], AbortSignal.abort())).toEqual({ delivered: 0, failed: 0, held: 1 });
  });

  it('does not deliver a notice twice when two runs overlap', async () => {
    const { run } = await queueOne(opened());
    const calls: string[] = [];
    const slow = channel(async (notice, { now }) => {
      calls.push(notice.id);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return { outcome: 'delivered', at: now, detail: '', isFinal: true };
    });
    await Promise.all([run(MORNING, [slow]), run(MORNING, [slow])]);
    expect(calls).toEqual(['N-000001']);
  });
});
