/**
 * Own-range alerts as a whole: captures in, one alert per host and class, a mail at a real
 * mail server, a weekly receipt that says when nobody watched, and another tenant that
 * sees none of it.
 */
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { captureOf, type TestPacket } from '../src/collectors/pcap/test-support.ts';
import type { Clock } from '../src/engine/clock.ts';
import { readConfig } from '../src/engine/config.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { Alert, AlertDetail, AlertPage, RingDetail, RingPage } from '../src/server/alert-contract.ts';
import type { NoticePage, NoticePreview } from '../src/server/contract.ts';
import { cells } from '../src/store/telemetry/fixtures/cells.ts';
import { temporaryFolder, yagura, yaguraJson } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';
import { CONSTITUENTS, mixed, syn, target } from './support/own-range.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Wednesday. */
const NOW = Date.UTC(2026, 5, 17, 12);

interface Stage {
  readonly hub: Hub;
  readonly data: string;
  readonly clock: Clock & { at: number };
  take(packets: readonly TestPacket[], sensor?: string): Promise<void>;
  alerts(token?: string): Promise<Alert[]>;
  ask<T>(path: string, init?: RequestInit, token?: string): Promise<T>;
}

let files = 0;

async function stage(more: Record<string, unknown> = {}, folder = emptyData(join(temporaryFolder(), 'data'))): Promise<Stage> {
  const clock = { at: NOW, now: () => clock.at };
  const hub = await openHub(readConfig({ environment: {}, overrides: { data: folder, log: { level: 'silent' }, ...more } }), { clock });
  let isOpen = true;
  const close = hub.close.bind(hub);
  hub.close = async () => {
    if (isOpen) await close();
    isOpen = false;
  };
  onTestFinished(() => hub.close());
  const ask = async <T>(path: string, init: RequestInit = {}, token = hub.localToken): Promise<T> => {
    const response = await hub.app.request(`http://localhost/api/v1${path}`, { ...init, headers: { authorization: `Bearer ${token}` } });
    return (await response.json()) as T;
  };
  return {
    hub,
    data: folder,
    clock,
    async take(packets, sensor = 'north') {
      const path = join(folder, `capture-${++files}.pcap`);
      writeFileSync(path, captureOf(packets));
      await hub.pipeline.ingest({ path, sensor, tenant: 'main' });
    },
    alerts: async (token) => (await ask<AlertPage>('/alerts', {}, token)).rows,
    ask,
  };
}

const register = (one: Stage): Promise<unknown> => one.ask('/constituents', { method: 'POST', body: CONSTITUENTS });
const brief = (alerts: readonly Alert[]): string[] =>
  alerts.map((one) => `${one.constituentId} ${one.host} ${one.class} ${one.state}`).sort();

const withMail = (url: string): Record<string, unknown> => ({
  notifiers: { mail: { smtp: { url } } },
  sender: {
    name: { ja: '国の観測センター', en: 'National Observation Centre' },
    mail: 'notice@centre.example',
    postalAddress: { ja: '例示県', en: 'Reiji' },
    answerUrl: 'check.example/a',
  },
});

async function mailServer(): Promise<{ url: string; mails: ParsedMail[] }> {
  const mails: ParsedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, callback) => {
      void simpleParser(stream).then((mail) => {
        mails.push(mail);
        callback(null);
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, mails };
}

describe('alerts about own ranges', () => {
  it('are one per host and class; a flood with forged senders is an attack and no infection', async () => {
    const one = await stage();
    await register(one);
    await one.take(mixed(NOW - 10 * MINUTE));
    const alerts = await one.alerts();
    expect(brief(alerts)).toEqual(['umibe 192.0.2.10 UNDER_ATTACK new', 'umibe 192.0.2.77 OUTBOUND_INFECTION new']);
    const [attack, bot] = [...alerts].sort((a, b) => a.host.localeCompare(b.host));
    expect(bot).toMatchObject({ severity: 'high', packets: 40, ports: [{ protocol: 6, port: 23, packets: 40 }] });
    expect(Math.abs((bot?.targets ?? 0) - 40)).toBeLessThan(12); // a bitmap's estimate
    expect(bot?.because.en).toContain('from 3 packets or 2 targets on');
    expect(attack).toMatchObject({ severity: 'medium', packets: 60, ports: [{ protocol: 6, port: 443, packets: 60 }] });
    expect(attack?.because.en).toContain('does not mean that the host is infected');
  });

  it('go on as the same alert, and are another after a person closed them', async () => {
    const one = await stage();
    await register(one);
    const scan = (from: number) => Array.from({ length: 5 }, (_, i) => syn(from + i * 1000, '192.0.2.77', target(i)));
    await one.take(scan(NOW - 3 * HOUR));
    await one.take(scan(NOW - HOUR));
    const [alert] = await one.alerts();
    expect(alert).toMatchObject({ state: 'continuing', severity: 'medium', packets: 10, firstSeenAt: NOW - 3 * HOUR });
    const post = (verb: string, body: unknown) =>
      one.ask<AlertDetail>(`/alerts/${alert?.id}/${verb}`, { method: 'POST', body: JSON.stringify(body) });
    expect((await post('acknowledge', {})).alert.acknowledgedBy).toBe('command-line');
    await post('comment', { comment: 'The camera at the gate.' });
    const closed = await post('close', { cause: 'malware', comment: 'Wiped.' });
    expect(closed.alert).toMatchObject({ state: 'closed', cause: 'malware' });
    expect(closed.events.map(({ what }) => what)).toEqual(['raised', 'continuing', 'acknowledged', 'commented', 'closed']);
    expect(await post('close', { cause: 'malware' })).toMatchObject({ code: 'conflict' });
    one.clock.at = NOW + 4 * HOUR;
    await one.take(scan(NOW + 3 * HOUR));
    expect(brief(await one.alerts())).toEqual(['umibe 192.0.2.77 OUTBOUND_INFECTION closed', 'umibe 192.0.2.77 OUTBOUND_INFECTION new']);
  });

  it('tell spreading inside from reaching out by whose sensor saw it', async () => {
    const one = await stage();
    await register(one);
    await one.ask('/sensors/inside', { method: 'PUT', body: JSON.stringify({ constituentId: 'umibe' }) });
    const scan = ['192.0.2.77', '203.0.113.9'].flatMap((source) =>
      Array.from({ length: 5 }, (_, i) => syn(NOW - HOUR + i, source, target(i))),
    );
    await one.take(scan, 'inside');
    expect(brief(await one.alerts())).toEqual(['umibe 192.0.2.77 INTERNAL_SPREAD new', 'yamate 203.0.113.9 OUTBOUND_INFECTION new']);
  });

  it('end after a watched quiet, not after one in which no sensor watched', async () => {
    const one = await stage();
    await register(one);
    await one.take(Array.from({ length: 5 }, (_, i) => syn(NOW - HOUR + i, '192.0.2.77', target(i))));
    one.clock.at = NOW + 3 * DAY;
    await one.hub.ownRange.endQuiet();
    expect((await one.alerts())[0]?.state).toBe('new');
    await one.take(Array.from({ length: 3 * 288 }, (_, i) => syn(NOW - HOUR + i * 5 * MINUTE, '203.0.113.250', target(i))));
    await one.hub.ownRange.endQuiet();
    expect((await one.alerts())[0]?.state).toBe('ended');
  });

  it('are not raised for whom they are switched off', async () => {
    const one = await stage();
    await register(one);
    await one.ask('/own-ranges/umibe', { method: 'PUT', body: JSON.stringify({ isOn: false }) });
    await one.take(mixed(NOW - 10 * MINUTE));
    expect(await one.alerts()).toEqual([]);
    // Switched on again, the last day is looked through.
    await one.ask('/own-ranges/umibe', { method: 'PUT', body: JSON.stringify({ isOn: true }) });
    expect(await one.alerts()).toHaveLength(2);
    const { rows } = await one.ask<RingPage>('/own-ranges');
    expect(rows.map(({ constituentId, isOn, hasMail, openAlerts }) => ({ constituentId, isOn, hasMail, openAlerts }))).toEqual([
      { constituentId: 'umibe', isOn: true, hasMail: true, openAlerts: 2 },
      { constituentId: 'yamate', isOn: true, hasMail: true, openAlerts: 0 },
    ]);
    const { ring, alerts } = await one.ask<RingDetail>('/own-ranges/umibe');
    expect([ring.ranges, alerts.length]).toEqual([['192.0.2.0/24'], 2]);
  });

  it('are nobody else’s to see: other tenants and roles without the permission', async () => {
    const one = await stage();
    await register(one);
    await one.take(mixed(NOW - 10 * MINUTE));
    const [alert] = await one.alerts();
    const stranger = await one.hub.createToken('other', 'administrator', 'stranger');
    expect(await one.alerts(stranger)).toEqual([]);
    expect(await one.ask(`/alerts/${alert?.id}`, {}, stranger)).toMatchObject({ code: 'not-found' });
    expect(await one.ask(`/alerts/${alert?.id}/close`, { method: 'POST', body: '{"cause":"other"}' }, stranger)).toMatchObject({
      code: 'not-found',
    });
    expect(await one.ask('/own-ranges', {}, stranger)).toMatchObject({ rows: [] });
    for (const role of ['constituent', 'trainee', 'auditor', 'policy-owner', 'public'] as const) {
      const token = await one.hub.createToken('main', role, role);
      expect(await one.ask('/alerts', {}, token)).toMatchObject({ code: 'forbidden' });
    }
  });
});

describe('coming live', () => {
  it('gives one alert and one mail within a minute, and neither twice after a restart', async () => {
    const { url, mails } = await mailServer();
    const settings = withMail(url);
    const one = await stage(settings);
    await register(one);
    const live = (at: number) =>
      one.hub.pipeline.storeLive(
        'main',
        [cells(Array.from({ length: 5 }, (_, i) => ({ at: at + i * 1000, source: '192.0.2.77', targetBits: 1n << BigInt(i) })))],
        `live-${at}`,
      );
    await live(NOW - 2 * MINUTE);
    const jobs = one.hub.startJobs();
    await expect.poll(() => mails.length, { timeout: 30_000 }).toBe(1);
    await jobs.stop();
    expect(brief(await one.alerts())).toEqual(['umibe 192.0.2.77 OUTBOUND_INFECTION new']);
    const [mail] = mails;
    expect(mail?.subject).toBe('【Yagura】貴組織のアドレスについての警報が1件あります（N-000001）');
    expect(mail?.text).toContain('192.0.2.77');
    expect(mail?.text).toContain('感染しているおそれ');
    expect(mail?.attachments.map(({ filename, contentType }) => [filename, contentType])).toEqual([['N-000001.xml', 'application/xml']]);
    expect(mail?.attachments[0]?.content.toString('utf8')).toContain('class="OUTBOUND_INFECTION"');
    // More of the same, then a hub that begins anew: one alert, no other mail.
    await live(NOW - MINUTE);
    await one.hub.close();
    const next = await stage(settings, one.data);
    const again = next.hub.startJobs();
    await expect.poll(async () => (await next.alerts())[0]?.packets, { timeout: 30_000 }).toBe(10);
    await next.hub.ownRange.tell();
    await again.stop();
    expect(await next.alerts()).toHaveLength(1);
    expect(mails).toHaveLength(1);
    const { rows } = await next.ask<NoticePage>('/notices');
    expect(rows).toMatchObject([{ id: 'N-000001', state: 'delivered', items: 1 }]);
    const preview = await next.ask<NoticePreview>('/notices/N-000001/preview');
    expect(preview.parts.map(({ mediaType }) => mediaType)).toEqual(['text/plain', 'text/html', 'application/xml']);
  });

  it('makes no mail of an old capture', async () => {
    const { url, mails } = await mailServer();
    const one = await stage(withMail(url));
    await register(one);
    await one.take(mixed(NOW - 30 * DAY));
    await one.hub.ownRange.tell();
    expect(await one.alerts()).toHaveLength(2);
    expect(mails).toEqual([]);
  });
});

describe('the weekly receipt', () => {
  it('says that nothing was seen and since when that is worth something, once', async () => {
    const { url, mails } = await mailServer();
    const one = await stage(withMail(url));
    await register(one);
    await one.hub.ownRange.report(); // the watch begins
    const gap = { from: NOW + DAY, to: NOW + DAY + 6 * HOUR };
    const monday = Date.UTC(2026, 5, 22);
    const minutes = Array.from({ length: (monday - NOW) / (5 * MINUTE) }, (_, i) => NOW + i * 5 * MINUTE);
    await one.take(minutes.filter((at) => at < gap.from || at >= gap.to).map((at, i) => syn(at, '203.0.113.250', target(i))));
    one.clock.at = monday + HOUR;
    await one.hub.ownRange.report();
    await one.hub.ownRange.report();
    expect(mails.map(({ subject }) => String(subject)).sort((a, b) => (a < b ? -1 : 1))).toEqual([
      '[Yagura] Weekly receipt about your ranges (N-000002)',
      '【Yagura】貴組織のアドレスについての週報（N-000001）',
    ]);
    const english = mails.find(({ subject }) => subject?.startsWith('[Yagura]'));
    expect(english?.text).toContain('none of your addresses showed up');
    expect(english?.text).toContain('so this says nothing about them');
    expect(english?.text).toMatch(/2026-06-18 1[12]:\d\d:00 – 2026-06-18 18:00:00 UTC/);
    expect(english?.attachments[0]?.content.toString('utf8')).toMatch(/kind="receipt"[\s\S]*<unwatched from="2026-06-18T1/);
  });
});

describe('the command line', () => {
  it('lists, shows and closes alerts, and says who gets them', async () => {
    const one = await stage();
    await register(one);
    await one.take(mixed(NOW - 10 * MINUTE));
    await one.hub.close();
    const rows = await yaguraJson<Alert>('alerts', '--state', 'open', '--data', one.data, '--json');
    expect(rows).toHaveLength(2);
    const closed = await yagura('alerts', 'close', rows[0]?.id ?? '', '--cause', 'own-test', '--data', one.data);
    expect(closed.output).toContain('Closed: it was a test of our own.');
    const ranges = await yagura('alerts', 'ranges', 'off', 'yamate', '--data', one.data);
    expect(ranges.output).toMatch(/yamate\s+off/);
  });
});
