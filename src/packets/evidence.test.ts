/** Packets of findings: the right source, the right minutes, and nothing else for longer than the ring. */
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/support/command-line.ts';
import type { DetectedFinding } from '../domain/finding.ts';
import { type PacketPolicy, packetsSchema } from '../engine/packet-policy.ts';
import { Evidence } from './evidence.ts';
import { namesIn } from './folder.ts';
import { Keeper } from './keeper.ts';
import { fileNameOf, MINUTE, recordsIn } from './kept-file.ts';

const START = Date.UTC(2026, 5, 18, 13);

function policyOf(more: Partial<PacketPolicy> = {}): PacketPolicy {
  const policy = packetsSchema.parse({ sensors: { t: { keep: 'findings', minutes: 2, ...more } } }).sensors['t'];
  if (!policy) throw new Error('no policy');
  return policy;
}

function findingOf(source: string, minute: number, count: number): DetectedFinding {
  return {
    tenant: 'main',
    kind: 'scanner',
    identifier: 'scanner',
    asset: { kind: 'ip', value: source },
    port: 23,
    transport: 'tcp',
    role: 'source',
    classification: { taxonomy: 'information-gathering', type: 'scanner' },
    severity: 'medium',
    confidence: 90,
    firstSeenAt: START + minute * MINUTE,
    lastSeenAt: START + minute * MINUTE,
    count,
    sourcePort: null,
    because: { ja: '試験です。', en: 'A test.' },
    evidence: { rule: { id: 'r', version: 1, parameters: {} }, facts: {}, sensors: ['t'] },
    origin: { module: 'scanner' },
    bucket: 'telescope:t:2026-06-18',
  };
}

/** One bare IPv4 packet without a transport header, from 192.0.2.`host`. */
function frameOf(host: number, at: number) {
  const bytes = Buffer.alloc(20);
  Buffer.from('450000140001000040060000c0000200c6336407', 'hex').copy(bytes);
  bytes.writeUInt8(host, 15);
  const one = (value: number): Uint32Array => Uint32Array.of(value);
  return {
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
    count: 1,
    start: one(0),
    captured: one(20),
    stated: one(20),
    second: one(at / 1000),
    fraction: one(0),
    ticksPerMilli: 1000,
    link: Uint16Array.of(101),
  };
}

/** Each minute a packet of each of these hosts. */
async function pass(keeper: Keeper, from: number, to: number, hosts: readonly number[]): Promise<void> {
  for (let minute = from; minute < to; minute++) for (const host of hosts) keeper.take(frameOf(host, START + minute * MINUTE + 1000));
  await keeper.close(true);
}

const keeperOf = (folder: string, policy: PacketPolicy): Keeper =>
  new Keeper({ folder, policy, origin: 'l1', startsAnew: false, leaveBytes: 0, alarm: () => undefined });

/** 'minute host' of everything kept for findings. */
function keptIn(folder: string): string[] {
  const evidence = join(folder, 'evidence');
  return readdirSync(evidence)
    .filter((name) => name.endsWith('.zst'))
    .flatMap((name) => {
      const bytes = zstdDecompressSync(readFileSync(join(evidence, name)));
      return [...recordsIn(bytes, 24)].map(({ at, second }) => `${Math.floor((second * 1000 - START) / MINUTE)} ${bytes[at + 16 + 15]}`);
    })
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

describe('packets of findings', () => {
  it('are those of the source in the minutes before and after, also when the finding grows', async () => {
    const folder = temporaryFolder();
    const policy = policyOf();
    const keeper = keeperOf(folder, policy);
    const evidence = new Evidence(folder, policy);
    const now = Date.now();
    await pass(keeper, 0, 5, [1, 2]);
    evidence.note(findingOf('192.0.2.1', 3, 10));
    await evidence.sweep(now);
    expect(keptIn(folder)).toEqual(['1 1', '2 1', '3 1', '4 1']);
    // Later packets within the time after; the same judgement once more asks for nothing new.
    await pass(keeper, 5, 12, [1, 2]);
    evidence.note(findingOf('192.0.2.1', 3, 10));
    await evidence.sweep(now);
    await evidence.sweep(now);
    expect(keptIn(folder)).toEqual(['1 1', '2 1', '3 1', '4 1', '5 1']);
    evidence.note(findingOf('192.0.2.1', 7, 20));
    await evidence.sweep(now);
    expect(keptIn(folder)).toHaveLength(9);
    // After a restart the wanted minutes are still known, and a second source joins a minute already written.
    const again = new Evidence(folder, policy);
    again.note(findingOf('192.0.2.2', 1, 1));
    await again.sweep(now);
    expect(keptIn(folder).filter((one) => one.endsWith(' 2'))).toEqual(['0 2', '1 2', '2 2', '3 2']);
    expect(keptIn(folder)).toHaveLength(13);
    expect(again.findings).toBe(2);
  });

  it('outlive the ring, which forgets by age and by size', async () => {
    const folder = temporaryFolder();
    const policy = policyOf();
    await pass(keeperOf(folder, policy), 0, 6, [1]);
    const evidence = new Evidence(folder, policy);
    evidence.note(findingOf('192.0.2.1', 0, 1));
    const ring = join(folder, 'ring');
    const [oldest] = namesIn(ring).sort((a, b) => a.slot - b.slot);
    if (!oldest) throw new Error('the ring is empty');
    const longAgo = (Date.now() - 10 * MINUTE) / 1000;
    utimesSync(join(ring, fileNameOf(oldest)), longAgo, longAgo);
    await evidence.sweep(Date.now());
    expect(namesIn(ring)).toHaveLength(5);
    expect(keptIn(folder)).toEqual(['0 1', '1 1', '2 1']);
    await new Evidence(folder, policyOf({ ringGigabytes: 130e-9 })).sweep(Date.now());
    expect(namesIn(ring)).toHaveLength(2);
    expect(keptIn(folder)).toHaveLength(3);
  });
});
