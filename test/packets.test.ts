/** Kept packets from the hub's side: the door, the audit log, the evidence of findings, a live capture. */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { Role } from '../src/domain/permission.ts';
import { readConfig } from '../src/engine/config.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { FindingPage } from '../src/server/contract.ts';
import type { PacketStatus } from '../src/server/packet-contract.ts';
import { yagura } from './support/command-line.ts';
import { emptyData } from './support/empty-data.ts';
import { hasSharedData, sharedData } from './support/shared-data.ts';

const CAPTURE = sharedData('telemetry', 'darknet-synthetic', 'darknet_seed1.pcap');
const PURPOSE = 'looking into a report';
const root = mkdtempSync(join(tmpdir(), 'yagura-packets-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const configOf = (data: string, sensor: Record<string, unknown>, sources: readonly unknown[] = []) =>
  readConfig({
    environment: {},
    overrides: { data, sources, log: { level: 'silent' }, packets: { sensors: { default: sensor }, leaveGigabytes: 0 } },
  });

const ask = (hub: Hub, path: string, token = hub.localToken) =>
  hub.app.request(`http://localhost:8600/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });

/** Packets of a classic capture of whole records. */
function countIn(bytes: Buffer): number {
  let count = 0;
  for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) count++;
  return count;
}

describe.skipIf(!hasSharedData)('kept packets', () => {
  it('are handed out to who may have them, for a purpose, and never without an entry', async () => {
    const data = emptyData(join(root, 'all'));
    const payload = { bytes: 16, addresses: ['198.51.100.0/24'], purpose: 'Samples of worms for analysis' };
    const hub = await openHub(configOf(data, { keep: 'all', payload }));
    await hub.pipeline.ingest({ path: CAPTURE, tenant: 'main' });
    const { rows } = (await (await ask(hub, '/packets/status')).json()) as PacketStatus;
    expect(rows).toMatchObject([{ sensor: 'default', keep: 'all', isStopped: false, payloadBytes: 16 }]);
    const findings = (await (await ask(hub, '/findings?limit=1')).json()) as FindingPage;
    const source = findings.rows[0]?.asset.value ?? '';
    const query = `/packets?source=${source}&from=0&to=8000000000000`;

    expect((await ask(hub, query)).status).toBe(400);
    const tokenOf = (role: Role, tenant = 'main') => hub.createToken(tenant, role, `packets-${role}`);
    for (const role of ['coordinator', 'auditor', 'policy-owner'] as const) {
      expect([role, (await ask(hub, `${query}&purpose=${PURPOSE}`, await tokenOf(role))).status]).toEqual([role, 403]);
    }
    const answer = await ask(hub, `${query}&purpose=${PURPOSE}`, await tokenOf('analyst'));
    expect(answer.headers.get('content-type')).toBe('application/vnd.tcpdump.pcap');
    expect(countIn(Buffer.from(await answer.arrayBuffer()))).toBeGreaterThan(10);
    const stranger = await ask(hub, `${query}&purpose=${PURPOSE}`, await tokenOf('administrator', 'other'));
    expect((await stranger.arrayBuffer()).byteLength).toBe(24);
    await hub.close();

    const out = join(root, 'out.pcap');
    const words = ['packets', '--data', data, '--source', source, '--from', '2000-01-01', '--to', '2100-01-01', '--out', out];
    expect((await yagura(...words)).status).toBe(64);
    expect(await yagura(...words, '--purpose', PURPOSE)).toMatchObject({ status: 0 });
    expect(countIn(readFileSync(out))).toBeGreaterThan(10);
    expect(await auditOf(data)).toEqual([
      'packet-payload-kept default Samples of worms for analysis',
      `packets-read ${source} ${PURPOSE}`,
      'packet-payload-ended default ',
      `packets-read ${source} ${PURPOSE}`,
    ]);
  }, 120_000);

  it('go with an entry each by the job that deletes telemetry', async () => {
    const data = emptyData(join(root, 'deleted'));
    const packets = { sensors: { default: { keep: 'all' } }, leaveGigabytes: 0, diskGigabytes: 1e-9 };
    const hub = await openHub(readConfig({ environment: {}, overrides: { data, log: { level: 'silent' }, packets } }));
    await hub.pipeline.ingest({ path: CAPTURE, tenant: 'main' });
    const folder = join(data, 'packets', 'main', 'default', 'kept');
    const hours = new Set(readdirSync(folder).map((name) => name.slice(0, 11)));
    expect(hours.size).toBeGreaterThan(0);
    const jobs = hub.startJobs();
    for (let turn = 0; turn < 100 && readdirSync(folder).length > 0; turn++) await sleep(100);
    await jobs.stop();
    await hub.close();
    expect(readdirSync(folder)).toEqual([]);
    const entries = await auditOf(data, 'telemetry-deleted packets:');
    expect(entries).toHaveLength(hours.size);
    expect(entries[0]).toMatch(/^telemetry-deleted packets:default \d{4}-\d\d-\d\dT\d\d retention$/);
  }, 120_000);

  it('of findings are those of their sources alone', async () => {
    const data = emptyData(join(root, 'findings'));
    const hub = await openHub(configOf(data, { keep: 'findings', minutes: 5 }));
    await hub.pipeline.ingest({ path: CAPTURE, tenant: 'main' });
    await hub.close();
    const folder = join(data, 'packets', 'main', 'default');
    const evidence = readdirSync(join(folder, 'evidence')).filter((name) => name.endsWith('.pcap.zst'));
    expect(evidence.length).toBeGreaterThan(0);
    const wants = JSON.parse(readFileSync(join(folder, 'findings.json'), 'utf8')) as { source: string; finding: string }[];
    const wanted = new Set(wants.map(({ source }) => source));
    const seen = new Set<string>();
    for (const name of evidence) {
      const bytes = zstdDecompressSync(readFileSync(join(folder, 'evidence', name)));
      for (let at = 24; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8)) {
        if (bytes.readUInt16BE(at + 28) === 0x0800) seen.add([...bytes.subarray(at + 42, at + 46)].join('.'));
      }
    }
    expect(seen.size).toBeGreaterThan(0);
    expect([...seen].filter((source) => !wanted.has(source))).toEqual([]);
    const reopened = await openHub(configOf(data, { keep: 'findings', minutes: 5 }));
    const { rows } = (await (await ask(reopened, '/packets/status')).json()) as PacketStatus;
    expect(rows[0]?.findings).toBe(new Set(wants.map(({ finding }) => finding)).size);
    await reopened.close();
  }, 120_000);

  it('of a growing capture are the same after the worker was stopped and started again', async () => {
    const data = emptyData(join(root, 'live'));
    const file = join(root, 'live.pcap');
    const bytes = readFileSync(CAPTURE);
    writeFileSync(file, bytes.subarray(0, 1_000_003));
    const sources = [{ kind: 'capture', file, flushSeconds: 0.1 }];
    const config = configOf(data, { keep: 'all' }, sources);
    const folder = join(data, 'packets', 'main', 'default', 'kept');
    const hub = await openHub(config);
    const first = await hub.startLive(config.sources);
    await quiet(folder);
    await first.stop();
    appendFileSync(file, bytes.subarray(1_000_003));
    const second = await hub.startLive(config.sources);
    await quiet(folder);
    await second.stop();
    await hub.close();
    const kept = readdirSync(folder)
      .filter((name) => !name.endsWith('.json'))
      .map((name) => readFileSync(join(folder, name)))
      .map((one) => countIn(one.readUInt32LE(0) === 0xfd2fb528 ? zstdDecompressSync(one) : one));
    expect(kept.reduce((sum, count) => sum + count, 0)).toBe(countIn(bytes));
    const hidden = configOf(data, { keep: 'all' }, [{ kind: 'capture', file, pseudonyms: { keyFile: 'key', prefixes: ['192.0.2.0/24'] } }]);
    const third = await openHub(hidden);
    await expect(third.startLive(hidden.sources)).rejects.toThrow(/pseudonyms cannot keep/);
    await third.close();
  }, 120_000);
});

/** The entries about packets, oldest first, from the store itself. */
async function auditOf(data: string, beginning = 'packet'): Promise<string[]> {
  const { openState } = await import('../src/store/state/open.ts');
  const { listAudit } = await import('../src/store/state/audit.ts');
  const { createLog } = await import('../src/engine/log.ts');
  const state = await openState({ path: join(data, 'state'), templateDirectory: join(data, 'template'), log: createLog('silent') });
  const { rows } = await listAudit(state.db, 'main', { limit: 100 });
  await state.close();
  const lines = rows.map(({ action, subject, purpose }) => `${action} ${subject} ${purpose ?? ''}`);
  return lines.filter((line) => line.startsWith(beginning)).reverse();
}

/** Until nothing more is written for a while. */
async function quiet(folder: string): Promise<void> {
  const sizeOf = (): number => {
    try {
      return readdirSync(folder).reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
    } catch {
      return 0;
    }
  };
  for (let same = 0, before = -1; same < 8; await sleep(250)) {
    const size = sizeOf();
    same = size === before && size > 0 ? same + 1 : 0;
    before = size;
  }
}
