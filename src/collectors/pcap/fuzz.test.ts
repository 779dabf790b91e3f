/**
 * Damaged packets and files by the hundred thousand: nothing may crash, hang or read past
 * a packet. Every packet lies in a buffer of exactly its own length, so a read behind its
 * end throws. Seeded, so that a failure can be had again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { volume } from '../../../test/support/volume.ts';
import { CaptureReader } from '../../capture/container.ts';
import { Frames } from '../../capture/frames.ts';
import { isYaguraError } from '../../engine/errors.ts';
import { mix } from './address-set.ts';
import { Aggregator } from './aggregate.ts';
import pcap from './index.ts';
import { PacketSurvey } from './packet-survey.ts';
import { surveyPlainCapture } from './plain-survey/survey-file.ts';
import { Survey } from './survey.ts';
import {
  bytes,
  captureOf,
  cellsOf,
  collectAll,
  ethernet,
  fileOf,
  icmp,
  ipv4,
  ipv6,
  merged,
  START,
  sectionOf,
  tcp,
  u16,
  udp,
  zeros,
} from './test-support.ts';

const PACKETS = volume(40_000, 200_000);
const FILES = volume(100, 400);
const SHORT_WAYS = volume(15_000, 60_000);
/** Of each real capture. */
const BYTES = volume(20_000, 100_000);
const COOKED_LINK = 113;

/** A small generator of our own: fast, and the same numbers everywhere. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x9e3779b9) | 0;
    return (mix(state) >>> 0) % below;
  };
}

/** Header fields like to hold these; random bytes alone seldom get past the first layer. */
const TELLING = [0, 1, 2, 4, 6, 8, 17, 41, 43, 44, 45, 47, 50, 51, 58, 59, 60, 0x45, 0x4f, 0x60, 0x81, 0x86, 0x88, 0x65, 0x58, 0xdd, 0xff];

const TUNNELLED = Buffer.concat([u16(0, 0x0800), ipv4(17, udp(1, 4789, Buffer.concat([zeros(8), ethernet(0x86dd, ipv6(6, tcp()))])))]);
const SEEDS: readonly Buffer[] = [
  ethernet(0x0800, ipv4(6, tcp({ options: bytes(2, 4, 5, 0xb4, 1, 1, 1, 0) }))),
  ethernet(0x0800, ipv4(17, udp())),
  ethernet(0x0800, ipv4(1, icmp(3, ipv4(6, tcp())))),
  ethernet(0x0800, ipv4(47, TUNNELLED)),
  ethernet(0x0800, ipv4(17, udp().subarray(0, 8), { fragment: 0x2000 })),
  ethernet(0x86dd, ipv6(0, Buffer.concat([bytes(44, 0), zeros(6), bytes(6), zeros(7), tcp()]))),
  ethernet(0x86dd, ipv6(58, icmp(1, ipv6(17, udp())))),
  ethernet(0x8100, Buffer.concat([u16(1, 0x8847), bytes(0, 1, 1, 64), ipv4(4, ipv4(17, udp()))])),
];

/** What the short ways are for, or nearly. */
const PLAIN: readonly Buffer[] = [
  ...SEEDS.slice(0, 3),
  ethernet(0x0800, ipv4(1, icmp(8, zeros(16)))),
  ethernet(0x0800, ipv4(1, icmp(3, ipv4(6, tcp().subarray(0, 8), { total: 40 })))),
  ethernet(0x0800, ipv4(1, icmp(11, ipv4(17, udp().subarray(0, 8), { total: 60 })))),
];

function mutate(seed: Buffer, random: (below: number) => number): Buffer {
  const packet = Buffer.from(seed);
  for (let i = random(5); i >= 0; i--) {
    const at = random(packet.length);
    packet[at] = random(2) === 0 ? (TELLING[random(TELLING.length)] ?? 0) : random(256);
  }
  const length = random(3) === 0 ? random(packet.length + 1) : packet.length;
  // A copy of exactly this length: `subarray` would leave readable bytes behind it.
  return Buffer.from(new Uint8Array(packet.subarray(0, length)).buffer);
}

/** One packet alone in a block, without a byte before or behind it. */
function alone(frames: Frames, packet: Buffer, link: number, stated: number): Frames {
  frames.bytes = packet;
  frames.view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  frames.count = 1;
  frames.captured[0] = packet.length;
  frames.stated[0] = stated;
  frames.second[0] = START;
  frames.link[0] = link;
  return frames;
}

const LINKS = [
  0, 1, 1, 1, 6, 9, 10, 12, 50, 51, 100, 101, 104, 105, 107, 108, 109, 113, 117, 119, 127, 138, 163, 192, 204, 219, 228, 229, 239, 276,
];

const facts = ({
  ipv4: v4,
  ipv6: v6,
  tcp: t,
  udp: u,
  synOnly,
  synAck,
  rst,
  mirai,
  zmap,
  masscan,
  malformed,
  sourceCount,
  tcpPorts,
  udpPorts,
  icmpTypes,
}: Survey): unknown => ({
  v4,
  v6,
  t,
  u,
  synOnly,
  synAck,
  rst,
  mirai,
  zmap,
  masscan,
  malformed,
  sourceCount,
  tcpPorts,
  udpPorts,
  icmpTypes,
});

describe('damaged packets', () => {
  it(`${PACKETS} of them, of every link type, are decoded within their bounds`, () => {
    const random = randomFrom(1);
    const frames = new Frames();
    const survey = new Survey();
    const packets = new PacketSurvey(survey);
    let bad = 0;
    const aggregator = new Aggregator(() => bad++);
    for (let i = 0; i < PACKETS; i++) {
      const packet = mutate(SEEDS[random(SEEDS.length)] ?? zeros(0), random);
      const link = LINKS[random(LINKS.length)] ?? 1;
      alone(frames, packet, link, packet.length + (random(4) === 0 ? random(60) : 0));
      packets.take(frames);
      aggregator.take(frames);
    }
    expect(survey.packets).toBe(PACKETS);
    expect(survey.malformed).toBeGreaterThan(PACKETS / 50);
    expect(bad).toBeGreaterThan(PACKETS / 50);
  });

  it(`count the same on the short ways and on the general one, ${SHORT_WAYS} of them`, async () => {
    const random = randomFrom(2);
    const frames = new Frames();
    const general = new Survey();
    const packets = new PacketSurvey(general);
    const aggregators = [new Aggregator(() => undefined), new Aggregator(() => undefined)] as const;
    const plain: { bytes: Buffer; stated: number; second: number; micro: number }[] = [];
    for (let i = 0; i < SHORT_WAYS; i++) {
      const packet = mutate(PLAIN[random(PLAIN.length)] ?? zeros(0), random);
      if (packet.length < 14 || packet.readUInt16BE(12) < 1536) continue;
      const stated = packet.length + (random(4) === 0 ? random(30) : 0);
      plain.push({ bytes: packet, stated, second: START, micro: 0 });
      aggregators[0].take(alone(frames, packet, 1, stated));
      // Behind a Linux cooked header the short ways are closed.
      const cooked = Buffer.from(new Uint8Array(Buffer.concat([zeros(14), packet.subarray(12)])).buffer);
      aggregators[1].take(alone(frames, cooked, COOKED_LINK, stated + 2));
      packets.take(frames);
    }
    const short = new Survey();
    expect(await surveyPlainCapture(fileOf(captureOf(plain)).path, short, { threads: 2, leastSlice: 1 << 20 })).toBe(true);
    expect(short.packets).toBe(general.packets);
    expect(facts(short)).toEqual(facts(general));
    const [aggregated, expected] = aggregators.map((aggregator) => {
      aggregator.finish();
      return merged(cellsOf(aggregator.columns.take('main', 'telescope')));
    });
    expect(aggregated?.size).toBeGreaterThan(1000);
    expect(aggregated).toEqual(expected);
    expect(merged((await collectAll(fileOf(captureOf(plain)))).cells)).toEqual(expected);
  });
});

const read = async (content: Buffer): Promise<number> => {
  const reader = new CaptureReader(fileOf(content));
  try {
    while (await reader.next()) {
      const { frames } = reader;
      for (let i = 0; i < frames.count; i++) {
        expect((frames.start[i] ?? 0) + (frames.captured[i] ?? 0)).toBeLessThanOrEqual(frames.bytes.length);
      }
    }
  } catch (error) {
    if (!isYaguraError(error)) throw error;
  } finally {
    reader.close();
  }
  return reader.records;
};

describe('damaged files', () => {
  it(`${FILES} of them end in frames or in a clear error`, async () => {
    const random = randomFrom(3);
    const whole = [
      captureOf(SEEDS),
      captureOf(SEEDS, { isBig: true, isNano: true }),
      sectionOf(SEEDS),
      sectionOf(SEEDS, { isBig: true, kind: 'old' }),
    ];
    for (let i = 0; i < FILES; i++) {
      const content = Buffer.from(whole[random(whole.length)] ?? zeros(0));
      for (let n = random(4); n >= 0; n--) content[4 + random(content.length - 4)] = random(256);
      expect(await read(content.subarray(0, random(3) === 0 ? random(content.length) + 1 : content.length))).toBeLessThanOrEqual(10_000);
    }
  });

  it.skipIf(!hasSharedData)(`no capture at hand crashes, whole, cut or damaged within ${BYTES} bytes`, async () => {
    const random = randomFrom(4);
    const root = sharedData('telemetry');
    const captures = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => /\.(p?cap|pcapng)$/.test(entry.name));
    for (const entry of captures) {
      const content = readFileSync(`${entry.parentPath}/${entry.name}`).subarray(0, BYTES);
      expect(await pcap.inspect(fileOf(content), pcap.settings.parse({}))).toHaveProperty('packets');
      const damaged = Buffer.from(content);
      for (let n = 0; n < content.length / 50; n++) damaged[24 + random(content.length - 24)] = random(256);
      const { error } = await collectAll(fileOf(damaged));
      expect(error === undefined || isYaguraError(error)).toBe(true);
    }
    expect(captures.length).toBeGreaterThan(50);
  });
});
