import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import pcap from '../collectors/pcap/index.ts';
import {
  bytes,
  captureOf,
  collectAll,
  ethernet,
  fileOf,
  ipv4,
  START,
  sectionOf,
  type TestPacket,
  tcp,
  u32,
  zeros,
} from '../collectors/pcap/test-support.ts';
import { describeError, isYaguraError } from '../engine/errors.ts';
import type { Input } from '../engine/modules.ts';
import { CaptureReader } from './container.ts';
import { NO_TIME } from './frames.ts';

const settings = pcap.settings.parse({});
const SYN = ethernet(0x0800, ipv4(6, tcp()));
const PACKETS: TestPacket[] = [
  { bytes: SYN, second: START, micro: 1 },
  { bytes: SYN.subarray(0, 51), second: START + 59, micro: 999_999, stated: SYN.length },
  { bytes: SYN, second: START + 60, micro: 0 },
];

/** What a reader makes of a file: for each packet its length, its length on the wire and its time. */
async function framesOf(input: Input): Promise<string[]> {
  const reader = new CaptureReader(input);
  const seen: string[] = [];
  try {
    while (await reader.next()) {
      const { frames } = reader;
      for (let i = 0; i < frames.count; i++) {
        const time =
          frames.fraction[i] === NO_TIME
            ? 'no time'
            : `${frames.second[i]}.${Math.floor((frames.fraction[i] ?? 0) / frames.ticksPerMilli)}`;
        seen.push(`${frames.firstRecord + i}: ${frames.captured[i]}/${frames.stated[i]} ${time} ${frames.link[i]}`);
      }
    }
  } catch (error) {
    seen.push(describeError(error));
  } finally {
    reader.close();
  }
  return seen;
}

const EXPECTED = [`1: 54/54 ${START}.0 1`, `2: 51/54 ${START + 59}.999 1`, `3: 54/54 ${START + 60}.0 1`];

describe('every container gives the same frames', () => {
  const plain = captureOf(PACKETS);
  it.each(
    Object.entries({
      'pcap, little-endian': plain,
      'pcap, big-endian': captureOf(PACKETS, { isBig: true }),
      'pcap, nanoseconds': captureOf(PACKETS, { isNano: true }),
      'pcap, big-endian nanoseconds': captureOf(PACKETS, { isBig: true, isNano: true }),
      'pcapng, little-endian': sectionOf(PACKETS),
      'pcapng, big-endian': sectionOf(PACKETS, { isBig: true }),
      'pcapng, nanoseconds': sectionOf(PACKETS, { resolution: 9 }),
      'pcapng, powers of two': sectionOf(PACKETS, { resolution: 0x80 | 20 }),
      'pcapng, with an offset': sectionOf(PACKETS, { offset: 1_000_000_000 }),
      'pcapng, the old packet block': sectionOf(PACKETS, { kind: 'old' }),
      gzip: gzipSync(plain),
      'gzip in two members': Buffer.concat([gzipSync(plain.subarray(0, 50)), gzipSync(plain.subarray(50))]),
      Zstandard: zstdCompressSync(plain),
      'Zstandard in two frames': Buffer.concat([zstdCompressSync(plain.subarray(0, 50)), zstdCompressSync(plain.subarray(50))]),
    }),
  )('%s', async (_, content) => {
    expect(await framesOf(fileOf(content))).toEqual(EXPECTED);
  });

  it('simple packet blocks have no time', async () => {
    expect(await framesOf(fileOf(sectionOf([SYN], { kind: 'simple' })))).toEqual(['1: 54/54 no time 1']);
  });

  it('sections of different byte order and interfaces may follow each other', async () => {
    const both = Buffer.concat([sectionOf(PACKETS), sectionOf([SYN], { isBig: true, link: 101 })]);
    expect(await framesOf(fileOf(both))).toEqual([...EXPECTED, `4: 54/54 ${START}.0 101`]);
  });

  it('reads blocks and records larger than its buffer', async () => {
    const large = Buffer.alloc(200_000, 1);
    const many = Array.from({ length: 30 }, () => large);
    expect((await framesOf(fileOf(captureOf(many)))).length).toBe(30);
    expect((await framesOf(fileOf(sectionOf(many)))).length).toBe(30);
    const comment = Buffer.concat([u32(0x0bad, 3_000_012).swap32(), zeros(3_000_000), u32(3_000_012).swap32()]);
    expect(await framesOf(fileOf(Buffer.concat([sectionOf([]), comment, sectionOf(PACKETS)])))).toEqual(EXPECTED);
  });

  it('carries fractions beyond a second over', async () => {
    expect(await framesOf(fileOf(captureOf([{ bytes: SYN, second: START, micro: 2_500_000 }])))).toEqual([`1: 54/54 ${START + 2}.500 1`]);
  });

  it('reads more packets than one block holds', async () => {
    const seen = await framesOf(fileOf(captureOf(Array.from({ length: 20_000 }, () => zeros(0)))));
    expect([seen.length, seen.at(-1)]).toEqual([20_000, `20000: 0/0 ${START + 19_999}.0 1`]);
  });
});

const head = (content: Buffer): number => pcap.recognises({ name: 'x', bytes: content });

describe('recognising', () => {
  it('goes by content', () => {
    expect(head(captureOf([]))).toBe(1);
    expect(head(captureOf([], { isBig: true, isNano: true }))).toBe(1);
    expect(head(sectionOf([]))).toBe(1);
    expect(head(bytes(0xd4, 0xc3, 0xb2))).toBe(0);
    expect(head(Buffer.from('"timestamp","ip","port"\n'))).toBe(0);
    expect(head(Buffer.concat([u32(0x0a0d0d0a), zeros(60)]))).toBe(0);
  });
});

const refusal = async (content: Buffer, name?: string): Promise<unknown> =>
  pcap.inspect(fileOf(content, name), settings).catch((error: unknown) => error);

describe('files that are wrong as a whole', () => {
  it.each([
    ['words', Buffer.from('no capture at all, only words\n'), 'input-unrecognised'],
    ['nothing', zeros(0), 'input-malformed'],
    ['compressed nothing', gzipSync(zeros(0)), 'input-malformed'],
    ['compressed words', zstdCompressSync(Buffer.from('no capture')), 'input-unrecognised'],
    ['damaged gzip', Buffer.concat([bytes(0x1f, 0x8b), zeros(100)]), 'input-malformed'],
    ['a cut file header', captureOf([]).subarray(0, 20), 'input-malformed'],
    ['an unknown version', Buffer.concat([u32(0xa1b2c3d4, 0x0009_0000), zeros(100)]), 'input-malformed'],
  ])('%s', async (_, content, code) => {
    const error = await refusal(content);
    expect(isYaguraError(error) && [error.code, error.file]).toEqual([code, 'test.pcap']);
  });

  it('a folder and a missing file cannot be read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'yagura-pcap-'));
    mkdirSync(join(folder, 'captures'));
    for (const path of [join(folder, 'captures'), join(folder, 'missing.pcap')]) {
      await expect(pcap.inspect({ name: path, path, size: 0 }, settings)).rejects.toMatchObject({ code: 'input-unreadable', file: path });
    }
  });
});

describe('files that are cut or damaged', () => {
  it('give what came before, then file and record', async () => {
    const whole = captureOf(PACKETS);
    expect(await framesOf(fileOf(whole.subarray(0, -1)))).toEqual([
      ...EXPECTED.slice(0, 2),
      'test.pcap, record 3: the capture ends in the middle of packet 3; what came before is kept',
    ]);
    expect(await framesOf(fileOf(whole.subarray(0, -60)))).toHaveLength(3);
  });

  it('are kept up to the fault by collect, which then says what is wrong', async () => {
    const { cells, batches, error } = await collectAll(fileOf(captureOf(PACKETS).subarray(0, -1)));
    expect(cells.reduce((sum, cell) => sum + Number(cell['packets']), 0)).toBe(2);
    expect(batches.reduce((sum, batch) => sum + batch.records, 0)).toBe(2);
    expect(error).toMatchObject({ code: 'input-malformed', record: 3, file: 'test.pcap' });
  });

  it('are inspected up to the fault', async () => {
    expect(await pcap.inspect(fileOf(captureOf(PACKETS).subarray(0, -1)), settings)).toMatchObject({ packets: 2, is_complete: false });
    expect(await pcap.inspect(fileOf(captureOf(PACKETS)), settings)).toMatchObject({ packets: 3, is_complete: true });
  });

  it('at any byte: never a crash, always the whole packets before', async () => {
    for (const content of [captureOf(PACKETS), sectionOf(PACKETS), gzipSync(captureOf(PACKETS))]) {
      for (let length = 30; length < content.length; length += 7) {
        const { error, cells } = await collectAll(fileOf(content.subarray(0, length)));
        expect(error === undefined || isYaguraError(error)).toBe(true);
        expect(cells.length).toBeLessThanOrEqual(3);
      }
    }
  });

  it('say so when a length cannot be', async () => {
    const absurd = Buffer.concat([captureOf(PACKETS), u32(START, 0, 0x7fff_ffff, 60).swap32(), zeros(100)]);
    expect((await framesOf(fileOf(absurd))).at(-1)).toMatch(/^test\.pcap, record 4: the record says it has 2147483647 bytes/);
    const block = Buffer.concat([sectionOf(PACKETS), u32(6, 8).swap32(), zeros(40)]);
    expect((await framesOf(fileOf(block))).at(-1)).toMatch(/^test\.pcap, record 4: a block says it is 8 bytes long/);
  });

  it('always keep the same packets of a damaged compressed file', async () => {
    const noise = Array.from({ length: 20_000 }, (_, i) =>
      ethernet(0x0800, ipv4(6, tcp({ sequence: Math.imul(i, 0x9e3779b1), source: i }))),
    );
    const compressed = gzipSync(captureOf(noise));
    const middle = compressed.length >>> 1;
    compressed.fill(0xa5, middle, middle + 64);
    const input = fileOf(compressed);
    const first = await framesOf(input);
    expect(first.length).toBeGreaterThan(1000);
    expect(first.at(-1)).toContain('damaged');
    expect(await framesOf(input)).toEqual(first);
  });
});
