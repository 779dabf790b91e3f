import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { volume } from '../../../test/support/volume.ts';
import { planNotices } from '../../cases/digest.ts';
import { casePolicy } from '../../cases/policy.ts';
import { createLog } from '../../engine/log.ts';
import type { Channel } from '../../engine/ports.ts';
import { caseTimeline, listCases, moveCase, noticesOfCase, readCase } from './cases.ts';
import { replaceConstituents } from './constituents.ts';
import { listFindings } from './findings.ts';
import { createFindingStore } from './fold.ts';
import { createNoticeStore, listNotices, readNotice, readNoticeRow } from './notices.ts';
import { openState } from './open.ts';
import { describeState, hasPostgres, newPostgres, newTenant, type OpenedState, templateDirectory } from './test-support.ts';
import { constituent, MORNING, sighting } from './test-support-findings.ts';

const MAIL: Channel = { id: 'mail', reaches: ({ contact }) => contact.mail.length > 0 };
const LETTER: Channel = { id: 'letter', reaches: ({ contact }) => contact.letter !== null };
const CHANNELS = [MAIL, LETTER];
const MINUTE = 60_000;

async function setup(opened: OpenedState) {
  const { db } = opened.state;
  const tenant = newTenant();
  const store = createNoticeStore(db, planNotices, true);
  const findings = createFindingStore(db, casePolicy);
  const request = { at: MORNING, actor: 'coordinator', isSimulation: false, channels: CHANNELS };
  await replaceConstituents(db, tenant, [
    constituent('isp-a', { mail: ['abuse@isp-a.example'] }),
    constituent('city-b', { letter: { postalCode: '000-0000', lines: ['1-1'], recipient: 'City B' } }),
    constituent('firm-c', {}),
  ]);
  return { db, tenant, store, findings, request };
}

describeState('notices', (opened) => {
  it('makes one digest per constituent by the first channel that reaches it', async () => {
    const { db, tenant, store, findings, request } = await setup(opened());
    await findings.fold(
      [
        sighting({ tenant, address: '192.0.2.1' }),
        sighting({ tenant, address: '192.0.2.1', finding: { kind: 'scanner', severity: 'critical' } }),
        sighting({ tenant, address: '192.0.2.2' }),
        sighting({ tenant, address: '192.0.2.3', constituent: 'city-b' }),
        sighting({ tenant, address: '192.0.2.4', constituent: 'firm-c' }),
        sighting({ tenant, address: '192.0.2.5', constituent: null }),
      ],
      'a',
      MORNING,
    );
    expect(await store.decide(tenant, request)).toBe(2);
    expect(await store.decide(tenant, request)).toBe(0);
    const page = await listNotices(db, tenant);
    expect(page.rows).toMatchObject([
      { id: 'N-000002', channel: 'letter', constituentId: 'city-b', items: 1, severity: 'high', state: 'queued' },
      { id: 'N-000001', channel: 'mail', constituentId: 'isp-a', items: 3, severity: 'critical', attempts: 0, deliveredAt: null },
    ]);
    const notice = await readNotice(db, tenant, 'N-000001');
    expect(notice).toMatchObject({ channel: 'mail', tenant, language: 'ja', isSimulation: false, createdAt: MORNING });
    expect(notice?.checkCode).toMatch(/^[2-9A-HJKMNP-TW-Z]{4}-[2-9A-HJKMNP-TW-Z]{4}$/);
    expect(notice?.items.map((item) => [item.caseId, item.asset, item.kind])).toEqual([
      ['Y-1001', '192.0.2.1', 'infected-host'],
      ['Y-1001', '192.0.2.1', 'scanner'],
      ['Y-1002', '192.0.2.2', 'infected-host'],
    ]);
    expect(await readCase(db, tenant, 'Y-1001')).toMatchObject({ state: 'open', channels: [] });
    expect((await caseTimeline(db, tenant, 'Y-1001')).map((event) => event.what)).toEqual(['opened', 'notice-queued']);
    expect((await listNotices(db, tenant, { kind: 'scanner' })).rows).toHaveLength(1);
    expect((await listNotices(db, tenant, { constituent: 'city-b' })).total).toBe(1);
  });

  it('moves cases on when their notice has been delivered, and only then', async () => {
    const { db, tenant, store, findings, request } = await setup(opened());
    await findings.fold([sighting({ tenant, address: '192.0.2.1' }), sighting({ tenant, address: '192.0.2.2' })], 'a', MORNING);
    await store.decide(tenant, request);
    await moveCase(db, tenant, 'Y-1002', 'verified_fixed', { reason: 'checked', actor: 'analyst', at: MORNING });
    const claimed = await store.claim(tenant, MORNING);
    expect(claimed).toMatchObject({ attempt: 1, notice: { id: 'N-000001' } });
    expect(await store.claim(tenant, MORNING)).toBeUndefined();
    await store.settle(tenant, 'N-000001', 1, { outcome: 'failed', at: MORNING, detail: '450 busy', isFinal: false }, MORNING + MINUTE);
    expect(await readNoticeRow(db, tenant, 'N-000001')).toMatchObject({ state: 'queued', attempts: 1, detail: '450 busy' });
    expect(await store.claim(tenant, MORNING + MINUTE - 1)).toBeUndefined();
    expect(await store.countWaiting(tenant)).toBe(1);
    expect(await store.claim(tenant, MORNING + MINUTE)).toMatchObject({ attempt: 2 });
    await store.settle(tenant, 'N-000001', 2, { outcome: 'delivered', at: MORNING + MINUTE, detail: '250 Ok', isFinal: true }, null);
    expect(await readNoticeRow(db, tenant, 'N-000001')).toMatchObject({ state: 'delivered', deliveredAt: MORNING + MINUTE, attempts: 2 });
    expect(await readCase(db, tenant, 'Y-1001')).toMatchObject({ state: 'notified', channels: ['mail'] });
    expect(await readCase(db, tenant, 'Y-1002')).toMatchObject({ state: 'verified_fixed' });
    expect((await listFindings(db, tenant, { state: 'notified' })).rows).toMatchObject([{ asset: { value: '192.0.2.1' } }]);
    expect(await noticesOfCase(db, tenant, 'Y-1001')).toMatchObject([{ id: 'N-000001', channel: 'mail', state: 'delivered' }]);
    expect(await store.decide(tenant, request)).toBe(0);
  });

  it('tells again after a relapse', async () => {
    const { db, tenant, store, findings, request } = await setup(opened());
    await findings.fold([sighting({ tenant, address: '192.0.2.1' })], 'a', MORNING);
    await store.decide(tenant, request);
    await store.claim(tenant, MORNING);
    await store.settle(tenant, 'N-000001', 1, { outcome: 'delivered', at: MORNING, detail: '', isFinal: true }, null);
    await moveCase(db, tenant, 'Y-1001', 'verified_fixed', { reason: 'checked', actor: 'analyst', at: MORNING + MINUTE });
    await findings.fold(
      [sighting({ tenant, address: '192.0.2.1', finding: { lastSeenAt: MORNING + 2 * MINUTE } })],
      'b',
      MORNING + 3 * MINUTE,
    );
    expect(await store.decide(tenant, request)).toBe(1);
  });

  it('gives up a notice for good and queues it again when somebody asks', async () => {
    const { db, tenant, store, findings, request } = await setup(opened());
    await findings.fold([sighting({ tenant, address: '192.0.2.1' })], 'a', MORNING);
    await store.decide(tenant, request);
    await store.claim(tenant, MORNING);
    await store.settle(tenant, 'N-000001', 1, { outcome: 'failed', at: MORNING, detail: '550 no such user', isFinal: true }, null);
    expect(await readNoticeRow(db, tenant, 'N-000001')).toMatchObject({ state: 'failed' });
    expect(await store.claim(tenant, MORNING + 10 * MINUTE)).toBeUndefined();
    expect(await store.decide(tenant, request)).toBe(0);
    expect((await caseTimeline(db, tenant, 'Y-1001')).at(-1)?.what).toBe('notice-failed');
    await replaceConstituents(db, tenant, [constituent('isp-a', { mail: ['new@isp-a.example'] })]);
    await store.requeue(tenant, 'N-000001', MORNING + MINUTE, 'coordinator');
    expect(await store.claim(tenant, MORNING + MINUTE)).toMatchObject({
      attempt: 1,
      notice: { constituent: { contact: { mail: ['new@isp-a.example'] } } },
    });
    await expect(store.requeue(tenant, 'N-000001', MORNING, 'coordinator')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('sends about one case by a wished channel, or says why not', async () => {
    const { db, tenant, store, findings, request } = await setup(opened());
    await findings.fold([sighting({ tenant, address: '192.0.2.1' }), sighting({ tenant, address: '192.0.2.2' })], 'a', MORNING);
    expect(await store.decide(tenant, { ...request, only: { caseId: 'Y-1002', channel: 'mail' } })).toBe(1);
    expect(await readNotice(db, tenant, 'N-000001')).toMatchObject({ items: [{ caseId: 'Y-1002' }] });
    for (const only of [
      { caseId: 'Y-1001', channel: 'letter' },
      { caseId: 'Y-9999', channel: 'mail' },
    ]) {
      await expect(store.decide(tenant, { ...request, only })).rejects.toMatchObject({ code: 'conflict' });
    }
    expect(await store.decide(tenant, request)).toBe(1);
  });

  it('hands a notice of a process that died to the next one: at once when it is alone, after its lease when not', async () => {
    const { db, tenant, store, findings, request } = await setup(opened());
    await findings.fold([sighting({ tenant, address: '192.0.2.1' })], 'a', MORNING);
    await store.decide(tenant, request);
    await store.claim(tenant, MORNING);
    const shared = createNoticeStore(db, planNotices, false);
    expect(await shared.claim(tenant, MORNING + MINUTE)).toBeUndefined();
    expect(await shared.claim(tenant, MORNING + 10 * MINUTE)).toMatchObject({ attempt: 2, notice: { id: 'N-000001' } });
    const alone = createNoticeStore(db, planNotices, true);
    expect(await alone.claim(tenant, MORNING)).toMatchObject({ attempt: 3, notice: { id: 'N-000001' } });
  });
});

/** A server makes children quick to start; without one the embedded engine takes all the kills. */
const KILLS = volume(4, 10);

describe('the outbox under kill -9', () => {
  it.skipIf(!hasPostgres)(`loses no notice and writes none under two ids, on PostgreSQL, ${KILLS} kills`, async () => {
    await surviveKills(await newPostgres(), KILLS);
  });

  it('loses no notice and writes none under two ids, on PGlite', async () => {
    const path = mkdtempSync(join(tmpdir(), 'yagura-outbox-state-'));
    await surviveKills({ path }, hasPostgres ? 2 : KILLS);
    rmSync(path, { recursive: true, force: true });
  });
});

type Place = { readonly path?: string; readonly url?: string };

const TENANT = 'default';
const NOTICES = 150;
const log = createLog('silent');

async function surviveKills(place: Place, wanted: number): Promise<void> {
  const outbox = mkdtempSync(join(tmpdir(), 'yagura-outbox-'));
  await queueNotices(place);
  let kills = 0;
  while (kills < wanted && (await runUntilKilled(place, outbox, 20 + 15 * kills))) kills++;
  expect(kills).toBe(wanted);
  expect(await startChild(place, outbox).ended).toBeNull();

  const files = readdirSync(outbox).filter((name) => name.endsWith('.txt'));
  const calls = readFileSync(join(outbox, 'calls.log'), 'utf8').trim().split('\n');
  expect(files).toHaveLength(NOTICES);
  expect(new Set(calls).size).toBe(NOTICES);
  expect(calls.length).toBeLessThanOrEqual(NOTICES + wanted);
  const state = await openState({ ...place, templateDirectory, log });
  expect((await listNotices(state.db, TENANT, { state: 'delivered' })).total).toBe(NOTICES);
  expect((await listCases(state.db, TENANT, { state: 'notified' })).total).toBe(NOTICES);
  const { rows: told } = await sql<{ count: number }>`select count(*) as count from case_event where what = 'notified'`.execute(state.db);
  expect(told).toEqual([{ count: NOTICES }]);
  await state.close();
  rmSync(outbox, { recursive: true, force: true });
}

async function queueNotices(place: Place): Promise<void> {
  const state = await openState({ ...place, templateDirectory, log });
  const hosts = Array.from({ length: NOTICES }, (_, n) => n);
  const constituents = hosts.map((n) => constituent(`isp-${n}`, { mail: [`abuse@isp-${n}.example`] }));
  await replaceConstituents(state.db, TENANT, constituents);
  const seen = hosts.map((n) => sighting({ tenant: TENANT, address: `198.51.100.${n}`, constituent: `isp-${n}` }));
  await createFindingStore(state.db, casePolicy).fold(seen, 'a', MORNING);
  const store = createNoticeStore(state.db, planNotices, true);
  expect(await store.decide(TENANT, { at: MORNING, actor: 'system', isSimulation: true, channels: CHANNELS })).toBe(NOTICES);
  await state.close();
}

function startChild(place: Place, outbox: string) {
  const script = join(import.meta.dirname, 'test-support-outbox-child.ts');
  const child = spawn(process.execPath, [script, JSON.stringify(place), TENANT, outbox], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_status, signal) => resolve(signal)));
  const ready = new Promise((resolve) => child.stdout.once('data', resolve));
  return { child, ended, ready };
}

/** False when it came to its end before the kill. */
async function runUntilKilled(place: Place, outbox: string, afterMs: number): Promise<boolean> {
  const { child, ended, ready } = startChild(place, outbox);
  await ready;
  await pause(afterMs);
  child.kill('SIGKILL');
  return (await ended) === 'SIGKILL';
}
