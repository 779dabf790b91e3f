/**
 * kill -9 in the middle of an ingest and of a delivery, again and again: afterwards
 * nothing acknowledged is missing, nothing is counted twice, raw and rollup agree, and no
 * notice was sent twice.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLog } from '../src/engine/log.ts';
import type { IngestReport } from '../src/engine/pipeline.ts';
import type { Alert } from '../src/server/alert-contract.ts';
import type { Case, Finding, Notice } from '../src/server/contract.ts';
import { openTelemetry } from '../src/store/telemetry/index.ts';
import { PROGRAM, temporaryFolder, yaguraJson } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';
import { volume } from './support/volume.ts';

const KILLS = volume(2, 10);
/** Every so manieth capture of the day. */
const STEP = volume(4, 1);

/** Starts the command in its own process group and kills the whole group after a while. */
async function startAndKill(afterMs: number, ...words: string[]): Promise<void> {
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: 'ignore', detached: true });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  await Promise.race([sleep(afterMs), ended]);
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL');
  } catch {
    // it had ended by itself
  }
  await ended;
}

const facts = (findings: readonly Finding[]) =>
  findings
    .map(({ fingerprint, kind, asset, count, firstSeenAt, lastSeenAt }) => ({
      fingerprint,
      kind,
      asset: asset.value,
      count,
      firstSeenAt,
      lastSeenAt,
    }))
    .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));

it(`survives kill -9 in the middle of intake and delivery, ${KILLS} times each`, async () => {
  const folder = temporaryFolder();
  const country = join(folder, 'country');
  await yaguraJson('simulate', '--seed', '7', '--scale', 'small', '--out', country, '--json');
  const names = readdirSync(country);
  const captures = names.filter((name) => name.endsWith('.pcap')).filter((_, i) => i % STEP === 0);
  const files = [...names.filter((name) => name.endsWith('-simulated.csv')), ...captures].map((name) => join(country, name));
  const constituents = join(country, 'constituents.yaml');

  const clean = emptyData(join(folder, 'clean'));
  await yaguraJson('constituents', '--import', constituents, '--data', clean, '--json');
  const started = performance.now();
  const reports = await yaguraJson<IngestReport>('ingest', ...files, '--sensor', 'hinomi-1', '--data', clean, '--json');
  const cleanMs = performance.now() - started;

  const data = emptyData(join(folder, 'killed'));
  await yaguraJson('constituents', '--import', constituents, '--data', data, '--json');
  for (let kill = 0; kill < KILLS; kill++) {
    await startAndKill(300 + (cleanMs * 0.9 * ((kill * 7) % KILLS)) / KILLS, 'ingest', ...files, '--sensor', 'hinomi-1', '--data', data);
  }
  const after = await yaguraJson<IngestReport>('ingest', ...files, '--sensor', 'hinomi-1', '--data', data, '--json');
  const counts = (list: readonly IngestReport[]) =>
    list.map(({ file, records, accepted, quarantined }) => ({ file, records, accepted, quarantined }));
  expect(counts(after)).toEqual(counts(reports));

  const expected = facts(await yaguraJson<Finding>('findings', '--data', clean, '--json'));
  expect(expected.length).toBeGreaterThan(100);
  expect(facts(await yaguraJson<Finding>('findings', '--data', data, '--json'))).toEqual(expected);
  const cases = async (from: string) => (await yaguraJson<Case>('cases', '--data', from, '--json')).map((one) => one.asset.value).sort();
  expect(await cases(data)).toEqual(await cases(clean));
  const alerts = async (from: string) =>
    (await yaguraJson<Alert>('alerts', '--data', from, '--json'))
      .map((one) => [one.constituentId, one.host, one.class, one.packets, one.firstSeenAt, one.lastSeenAt].join(' '))
      .sort((a, b) => (a < b ? -1 : 1));
  const raised = await alerts(clean);
  expect(new Set(raised).size).toBe(raised.length);
  expect(raised.length).toBeGreaterThan(20);
  expect(await alerts(data)).toEqual(raised);
  await expectSameTelemetry(data, clean);

  // Delivery: decided once, delivered once, whatever dies in between.
  for (let kill = 0; kill < KILLS; kill++) await startAndKill(700 + (1500 * kill) / KILLS, 'notify', '--once', '--data', data);
  await yaguraJson('notify', '--once', '--data', data, '--json');
  const notices = await yaguraJson<Notice>('notices', '--data', data, '--json');
  expect(notices.length).toBeGreaterThan(3);
  expect(notices.filter((notice) => notice.state !== 'delivered')).toEqual([]);
  const perRecipient = notices.map((notice) => `${notice.constituentId} ${notice.channel}`);
  expect(new Set(perRecipient).size).toBe(perRecipient.length);
  const sent = ['mail', 'letters'].flatMap((channel) => {
    const outbox = join(data, 'outbox', channel);
    return existsSync(outbox) ? readdirSync(outbox).filter((name) => /\.(eml|pdf)$/.test(name)) : [];
  });
  expect(sent.map((name) => name.replace(/\.\w+$/, '')).sort()).toEqual(notices.map((notice) => notice.id).sort());
}, 600_000);

async function expectSameTelemetry(data: string, clean: string): Promise<void> {
  const totals = [];
  for (const folder of [data, clean]) {
    const telemetry = await openTelemetry({
      path: join(folder, 'telemetry'),
      spoolDirectory: join(folder, 'spool'),
      log: createLog('silent'),
    });
    try {
      totals.push(await telemetry.checkAgreement('main'));
    } finally {
      await telemetry.close();
    }
  }
  expect(totals[0]).toMatchObject({ agrees: true });
  expect(totals[0]).toEqual(totals[1]);
}
