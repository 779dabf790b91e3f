/**
 * Telescope detectors on captures of others, and on one capture cut and mixed in every way
 * that must not matter.
 *
 * The captures of others come from live networks, not from a telescope, and are judged as if
 * they did: ordinary traffic must raise nothing, a real scan must be seen. Attacks that a
 * telescope cannot see (a brute force against one server, a flood seen at its target,
 * conversations with a C&C server) must not be mistaken for something it can.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../src/engine/config.ts';
import { type Hub, openHub } from '../src/main.ts';
import type { Finding, FindingPage } from '../src/server/contract.ts';
import { emptyData } from './support/empty-data.ts';
import { hasSharedData, sharedData } from './support/shared-data.ts';
import { volume } from './support/volume.ts';

const folder = mkdtempSync(join(tmpdir(), 'yagura-captures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function newHub(name: string): Promise<Hub> {
  const data = emptyData(join(folder, name));
  return openHub(readConfig({ environment: {}, overrides: { data, log: { level: 'silent' } } }));
}

async function findingsOf(hub: Hub): Promise<Finding[]> {
  const rows: Finding[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const path = `http://localhost:8600/api/v1/findings?limit=500${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = (await (await hub.app.request(path)).json()) as FindingPage;
    rows.push(...page.rows);
    ({ cursor } = page);
  }
  return rows;
}

/** What is found in each file: kind and address. A file that is not named here must raise nothing. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  'scan/StratosphereLinuxIPS__test12-icmp-portscan.pcap': ['scanner 192.168.1.109'],
  'scan/nDPI__synscan.pcap': ['scanner 172.16.0.8'],
};

const FILES = [
  'normal/nDPI__KakaoTalk_chat.pcap',
  'normal/nDPI__NTPv2.pcap',
  'normal/nDPI__dns.pcap',
  'normal/nDPI__memcached.cap',
  'normal/nDPI__ssdp-m-search.pcap',
  'normal/nDPI__telnet.pcap',
  'normal/nDPI__tor.pcap',
  'normal/zeek__wikipedia.pcap',
  'scan/StratosphereLinuxIPS__test12-icmp-portscan.pcap',
  'scan/nDPI__synscan.pcap',
  'scan/suricata-verify__tcp-session-syn-flood-drop-precedence__input.pcap',
  'scan/zeek__vnc-scanner.pcap',
  'dos/nDPI__dos_win98_smb_netbeui.pcap',
  'dos/suricata-verify__denial6-5.pcap',
  'backscatter/zeek__icmp-destunreach-udp.pcap',
  'backscatter/zeek__qi_internet_SYNACK_curl_jsonip.pcap',
  'malware/StratosphereLinuxIPS__malicious-ssh-bruteforce.pcap',
  'malware/StratosphereLinuxIPS__test-cc-capture-2.pcap',
  'malware/StratosphereLinuxIPS__test8-malicious.pcap',
  'malware/nDPI__bot.pcap',
  'malware/nDPI__malware.pcap',
  'malware/nDPI__trickbot.pcap',
];

describe.skipIf(!hasSharedData)('captures of others', () => {
  it('raise what is in them and nothing else', async () => {
    const hub = await newHub('others');
    for (const [i, file] of FILES.entries()) {
      const path = sharedData('telemetry', ...file.split('/'));
      await hub.pipeline.ingest({ path, as: 'pcap', sensor: `file-${i}`, tenant: 'main' });
    }
    const findings = await findingsOf(hub);
    await hub.close();
    const found = FILES.map((file, i) => {
      const own = findings.filter(({ evidence }) => evidence.sensors.includes(`file-${i}`));
      return [file, own.map(({ kind, asset }) => `${kind} ${asset.value}`).sort()] as const;
    });
    expect(Object.fromEntries(found.filter(([, own]) => own.length > 0))).toEqual(EXPECTED);
  }, 120_000);
});

// ---- One capture, cut and mixed

interface Packet {
  readonly at: number; // Unix seconds
  readonly record: Buffer;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const SOURCE_OFFSET = 14 + 12; // Ethernet, then the source in the IPv4 header

function readPackets(file: Buffer): Packet[] {
  const packets: Packet[] = [];
  for (let at = FILE_HEADER; at < file.length; ) {
    const end = at + RECORD_HEADER + file.readUInt32LE(at + 8);
    packets.push({ at: file.readUInt32LE(at), record: file.subarray(at, end) });
    at = end;
  }
  return packets;
}

/** A small generator, so that every run mixes the same way. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

describe.skipIf(!hasSharedData)('one capture', () => {
  const original = hasSharedData ? readFileSync(sharedData('telemetry', 'darknet-synthetic', 'darknet_seed1.pcap')) : Buffer.alloc(0);
  // Every so many-th source with all its packets, and all of them in the thorough run.
  const step = volume(6, 1);
  const packets = readPackets(original).filter(({ record }) => record.readUInt32BE(RECORD_HEADER + SOURCE_OFFSET) % step === 0);
  let whole: Finding[] = [];

  async function judge(name: string, parts: readonly (readonly Packet[])[]): Promise<Finding[]> {
    const hub = await newHub(name);
    await hub.setSensor({ id: 'roof', title: 'Roof', addresses: 65_536 });
    mkdirSync(join(folder, `${name}-files`));
    for (const [i, part] of parts.entries()) {
      const path = join(folder, `${name}-files`, `${i}.pcap`);
      writeFileSync(path, Buffer.concat([original.subarray(0, FILE_HEADER), ...part.map(({ record }) => record)]));
      await hub.pipeline.ingest({ path, as: 'pcap', sensor: 'roof', tenant: 'main' });
    }
    const findings = await findingsOf(hub);
    await hub.close();
    return findings;
  }

  const toComparable = (findings: readonly Finding[]) =>
    findings
      .map(({ fingerprint, kind, count, severity, firstSeenAt, lastSeenAt, because, evidence }) => {
        const { facts } = evidence;
        const { events, intervals, decade, label } = facts;
        return { fingerprint, kind, count, severity, firstSeenAt, lastSeenAt, because, events, intervals, decade, label };
      })
      .sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));

  beforeAll(async () => {
    whole = await judge('whole', [packets]);
    expect(whole.length).toBeGreaterThan(800 / step);
  }, 120_000);

  it('means the same cut into files in the middle of minutes', async () => {
    const third = Math.ceil(packets.length / 3);
    const parts = [packets.slice(0, third), packets.slice(third, 2 * third), packets.slice(2 * third)];
    expect(toComparable(await judge('split', parts))).toEqual(toComparable(whole));
  }, 120_000);

  it('counts the same when the files come in another order', async () => {
    const half = Math.ceil(packets.length / 2);
    // The words are those of the newest judgement; one that ends with the same packet does not replace them.
    const toCounts = (findings: readonly Finding[]) =>
      toComparable(findings).map(({ fingerprint, count, severity, firstSeenAt }) => [fingerprint, count, severity, firstSeenAt]);
    expect(toCounts(await judge('late', [packets.slice(half), packets.slice(0, half)]))).toEqual(toCounts(whole));
  }, 120_000);

  it('means the same with the packets of every minute in another order', async () => {
    const next = randoms(7);
    const mixed = [...Map.groupBy(packets, ({ at }) => Math.floor(at / 60)).values()].flatMap((minute) =>
      minute
        .map((packet) => ({ packet, place: next() }))
        .sort((a, b) => a.place - b.place)
        .map(({ packet }) => packet),
    );
    expect(toComparable(await judge('mixed', [mixed]))).toEqual(toComparable(whole));
  }, 120_000);

  it('with a tenth of the packets lost finds nothing new and loses only what stood near a limit', async () => {
    const next = randoms(11);
    const thinned = await judge('thinned', [packets.filter(() => next() >= 0.1)]);
    const before = new Map(whole.map((finding) => [finding.fingerprint, finding]));
    const severe = (list: readonly Finding[]) => list.filter(({ severity }) => severity !== 'info');
    expect(severe(thinned).filter(({ fingerprint }) => !before.has(fingerprint))).toEqual([]);
    const kept = new Set(severe(thinned).map(({ fingerprint }) => fingerprint));
    const lost = severe(whole).filter(({ fingerprint }) => !kept.has(fingerprint));
    // Limits are 3 packets for a mark, 20 for a scan, 25 for an attack: twice that survives any such loss here.
    const twice = { 'infected-host': 6, scanner: 40, 'dos-victim': 50 } as Readonly<Record<string, number>>;
    expect(lost.filter(({ kind, count }) => count >= (twice[kind] ?? 0)).map(({ kind, count }) => [kind, count])).toEqual([]);
    for (const { fingerprint, count } of thinned) expect(count).toBeLessThanOrEqual(before.get(fingerprint)?.count ?? 0);
  }, 120_000);
});
