/**
 * Delivers the queue of one store and is killed while doing so; run by the outbox test.
 *
 * Its channel writes one file per notice id, the way letters do, and keeps a line per
 * call, so that the test can see both what a person gets and how often it was tried.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { planNotices } from '../../cases/digest.ts';
import { deliverQueued } from '../../cases/outbox.ts';
import { systemClock } from '../../engine/clock.ts';
import { createLog } from '../../engine/log.ts';
import { defineNotifier } from '../../engine/modules.ts';
import { createNoticeStore } from './notices.ts';
import { openState } from './open.ts';

const [placeText = '{}', tenant = '', outbox = ''] = process.argv.slice(2);
const place = z.object({ path: z.string().optional(), url: z.string().optional() }).parse(JSON.parse(placeText));

const files = defineNotifier({
  id: 'mail',
  title: { ja: 'ファイル', en: 'Files' },
  description: { ja: 'ファイルに書きます。', en: 'Writes files.' },
  settings: z.object({}),
  reaches: () => true,
  render: () => Promise.resolve({ subject: '', parts: [] }),
  async deliver(notice, _settings, context) {
    appendFileSync(join(context.outbox, 'calls.log'), `${notice.id}\n`);
    await pause(2);
    writeFileSync(join(context.outbox, `${notice.id}.txt`), notice.checkCode, { flag: 'a' });
    await pause(2);
    return { outcome: 'delivered', at: context.now, detail: `${notice.id}.txt`, isFinal: true };
  },
});

const log = createLog('silent');
const state = await openState({ ...place, log });
const store = createNoticeStore(state.db, planNotices, true);
const sender = { name: { ja: '', en: '' }, postalAddress: { ja: '', en: '' }, mail: '', answerUrl: '' };
const noAdvice = (): never => {
  throw new Error('This channel gives no advice.');
};
process.stdout.write('ready\n');
const result = await deliverQueued({
  store,
  notifiers: [{ module: files, settings: {} }],
  context: { sender, advice: noAdvice, log, signal: new AbortController().signal, outbox },
  clock: systemClock,
  tenant,
});
await state.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
