/**
 * Exports damaged in every way: the decoder neither fails nor hangs, reads nothing beyond
 * the datagram, and keeps its memory within bounds.
 *
 * Each datagram lies in a buffer of exactly its length, where a read beyond the end throws.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { volume } from '../../../test/support/volume.ts';
import { readDatagrams } from '../../flow/datagram-files.ts';
import type { NetflowDecoder } from './decoder.ts';
import { EXPORTS, exportLength } from './recognise.ts';
import {
  type FieldText,
  FLOW_FIELDS,
  flowRecord,
  ipfix,
  NOW_MS,
  newDecoder,
  options9,
  options10,
  set,
  template,
  u8,
  u16,
  u32,
  v5,
  v9,
} from './test-support.ts';

/** In the suite; many times as many have been tried by hand. */
const DATAGRAMS = volume(40_000, 200_000);
const ROWS_KEPT = 200_000;

/** Numbers that are the same in every run (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const VARIABLE_FIELDS: readonly FieldText[] = [
  [8, 4],
  [12, 4],
  [82, 0xffff],
  [315, 0xffff],
  [1, 4, 29_305],
  [160, 8],
  [22, 4],
];

const SEEDS: Buffer[] = [
  v5(3, { sampling: 100 }),
  v9([set(0, template(256, FLOW_FIELDS)), set(256, flowRecord(), flowRecord())]),
  v9([
    set(
      1,
      options9(
        400,
        [[1, 4]],
        [
          [34, 4],
          [48, 1],
        ],
      ),
    ),
    set(400, u32(1, 100), u8(1)),
    set(256, flowRecord()),
  ]),
  ipfix([set(2, template(256, FLOW_FIELDS), template(257, VARIABLE_FIELDS)), set(256, flowRecord(), flowRecord())]),
  ipfix([
    set(
      3,
      options10(
        400,
        [[302, 4]],
        [
          [305, 4],
          [306, 4],
          [160, 8],
        ],
      ),
    ),
    set(400, u32(1, 1, 99, 0, 5)),
  ]),
  ipfix([
    set(257, flowRecord().subarray(0, 8), u8(3, 65, 66, 67, 255), u16(60), Buffer.alloc(60, 69), u32(1, 0, 1, 2)),
    set(256, flowRecord()),
  ]),
];

/** Values that break naive arithmetic. */
const EDGES = [0, 1, 2, 3, 4, 5, 9, 10, 255, 256, 257, 0x7fff, 0x8000, 0xfffe, 0xffff];

function damage(seed: Uint8Array, random: (below: number) => number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(seed);
  for (let n = random(5); n >= 0; n--) {
    const at = random(bytes.length);
    if (random(3) === 0) bytes[at] = random(256);
    else if (at + 1 < bytes.length) {
      const edge = EDGES[random(EDGES.length)] ?? 0;
      bytes[at] = edge >>> 8;
      bytes[at + 1] = edge & 255;
    }
  }
  return random(4) === 0 ? bytes.slice(0, random(bytes.length + 1)) : bytes;
}

function take(decoder: NetflowDecoder, bytes: Uint8Array, random: (below: number) => number, i: number): void {
  decoder.take(bytes, { address: `192.0.2.${random(20)}`, port: 1 }, NOW_MS + i);
  if (decoder.columns.rows < ROWS_KEPT && i % 10_000 !== 0) return;
  decoder.expire(NOW_MS + i);
  decoder.settleLosses(NOW_MS + i);
  decoder.columns.take('main', 's');
  decoder.minutes.take('main', 's');
}

async function seedsOfFiles(): Promise<Uint8Array[]> {
  const seeds: Uint8Array[] = [];
  for (const folder of ['netflow', 'netflow-payload']) {
    for (const name of readdirSync(sharedData('telemetry', folder)).filter((file) => /\.(pcap|dat)$/.test(file))) {
      const path = sharedData('telemetry', folder, name);
      if (name.includes('invalid01')) {
        seeds.push(readFileSync(path));
        continue;
      }
      for await (const { datagrams } of readDatagrams({ name, path, size: 0 }, EXPORTS)) {
        for (const { bytes } of datagrams) seeds.push(new Uint8Array(bytes));
      }
    }
  }
  return seeds;
}

describe('damaged exports', () => {
  it.each([
    ['made by hand', false],
    ['of real exporters', true],
  ])(
    `%s, ${DATAGRAMS / 2} of them`,
    async (_name, isReal) => {
      if (isReal && !hasSharedData) return;
      const random = randomFrom(isReal ? 2 : 1);
      const seeds: readonly Uint8Array[] = isReal ? await seedsOfFiles() : SEEDS;
      const { decoder, refused } = newDecoder({ waitSeconds: 5, waitBytes: 1 << 20 });
      let beyond = 0;
      for (let i = 0; i < DATAGRAMS / 2; i++) {
        const bytes = damage(seeds[random(seeds.length)] ?? new Uint8Array(1), random);
        take(decoder, bytes, random, i);
        if ((exportLength(bytes) ?? 0) > bytes.length) beyond++;
        refused.length = Math.min(refused.length, 100);
      }
      expect(beyond).toBe(0);
      expect(decoder.tally.datagrams).toBe(DATAGRAMS / 2);
      expect(decoder.tally.records).toBeGreaterThan(1000);
    },
    120_000,
  );
});
