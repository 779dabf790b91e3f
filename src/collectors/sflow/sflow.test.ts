import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { volume } from '../../../test/support/volume.ts';
import { formatAddress } from '../../domain/address.ts';
import { readDatagrams } from '../../flow/datagram-files.ts';
import { SflowDecoder } from './decoder.ts';
import { inspectSamples } from './inspect.ts';
import { SFLOW } from './recognise.ts';

const DAMAGED = volume(20_000, 100_000);
const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32BE(value >>> 0, i * 4));
  return bytes;
};
const part = (format: number, content: Buffer): Buffer =>
  Buffer.concat([words(format, content.length), content, Buffer.alloc(-content.length & 3)]);
const AGENT = 0xc000_0201; // 192.0.2.1
const datagram = (sequence: number, ...samples: Buffer[]): Buffer =>
  Buffer.concat([words(5, 1, AGENT, 7, sequence, 1000, samples.length), ...samples]);
const flowSample = (rate: number, ...records: Buffer[]): Buffer =>
  part(1, Buffer.concat([words(1, 3, rate, 100, 0, 11, 12, records.length), ...records]));
const IPV4_FIELDS = part(3, words(1500, 6, 0xcb00_7107, 0xc633_6401, 40_000, 23, 2, 8));

const decoderOf = (bad: string[] = []): SflowDecoder => new SflowDecoder((_exporter, reason) => bad.push(reason.code));

/** Buffers of exactly their length: a read behind the end throws. */
const alone = (bytes: Buffer): Uint8Array => new Uint8Array(bytes);

describe('a sampled packet', () => {
  it('becomes a flow of one packet with its rate and interfaces', () => {
    const decoder = decoderOf();
    decoder.take(alone(datagram(1, flowSample(2048, IPV4_FIELDS))), { address: '198.51.100.9', port: 6343 }, 1_700_000_000_000);
    const { columns } = decoder;
    expect(columns.rows).toBe(1);
    expect(formatAddress(columns.source.subarray(0, 16))).toBe('203.0.113.7');
    expect(formatAddress(columns.destination.subarray(0, 16))).toBe('198.51.100.1');
    const row = [columns.sourcePort, columns.destinationPort, columns.protocol, columns.tcpFlags, columns.tos, columns.sampling];
    expect(row.map((column) => column[0])).toEqual([40_000, 23, 6, 2, 8, 2048]);
    expect([columns.packets[0], columns.bytes[0], columns.input[0], columns.output[0]]).toEqual([1, 1500, 11, 12]);
    expect(columns.take('main', 'edge').columns['exporter']).toMatchObject({ dictionary: ['192.0.2.1'] });
  });

  it('of which nothing is known makes no row, and leaves none of its numbers behind', () => {
    const decoder = decoderOf();
    const translated = part(1020, words(1, 2));
    decoder.take(alone(datagram(1, flowSample(1, translated), flowSample(1, IPV4_FIELDS))), { address: '::', port: 6343 }, 0);
    expect(decoder.columns.rows).toBe(1);
    expect(decoder.columns.natSourcePort[0]).toBe(0);
  });

  it('before a fault is kept, and the fault told', () => {
    const bad: string[] = [];
    const decoder = decoderOf(bad);
    const whole = datagram(1, flowSample(1, IPV4_FIELDS), flowSample(1, IPV4_FIELDS));
    decoder.take(alone(whole.subarray(0, -8)), { address: '::', port: 6343 }, 0);
    expect([decoder.columns.rows, bad]).toEqual([1, ['datagram-broken']]);
    decoder.take(alone(words(4, 1, AGENT, 7, 2, 0, 0)), { address: '::', port: 6343 }, 0);
    expect(bad).toEqual(['datagram-broken', 'version-unknown']);
  });

  it('that never came is counted by the numbers of the datagrams', () => {
    const decoder = decoderOf();
    for (const sequence of [10, 11, 15, 14])
      decoder.take(alone(datagram(sequence, flowSample(1, IPV4_FIELDS))), { address: '::', port: 6343 }, 60_000);
    decoder.settleLosses(60_000);
    const { columns } = decoder.minutes.take('main', 'edge') ?? {};
    expect(columns).toMatchObject({ received: BigUint64Array.of(4n), records: BigUint64Array.of(4n), lost: BigUint64Array.of(2n) });
  });
});

/** Where tshark counts otherwise, and why we do not follow it. */
const OTHERWISE: Readonly<Record<string, { readonly facts: Record<string, unknown>; readonly because: string }>> = {
  'akvorado__data-encap-vxlan.pcap': {
    facts: { ipv6_packets: 0 },
    because: 'what a tunnel over UDP carries is not looked into: the flow is that of the tunnel',
  },
};

describe.skipIf(!hasSharedData)('captures of switches', () => {
  const folder = sharedData('telemetry', 'sflow');
  const expected = hasSharedData
    ? (JSON.parse(readFileSync(sharedData('telemetry', 'sflow', 'expected.json'), 'utf8')) as Record<string, Record<string, unknown>>)
    : {};

  it.each(Object.keys(expected))('count as tshark does: %s', async (name) => {
    const path = sharedData('telemetry', 'sflow', name);
    const found = await inspectSamples([{ name, path, size: 0 }]);
    const { export_datagrams, sample_headers, ipv6_packets } = expected[name] ?? {};
    const facts = { export_datagrams, sample_headers, ipv6_packets, ...OTHERWISE[name]?.facts };
    expect({ ipv6_packets: 0, ...found }).toMatchObject(facts);
    // Two of the counter samples have broken records; they are skipped whole, as all counters are.
    expect(found['malformed']).toBe(0);
    expect(found['flow_samples']).toBe((found['records_with_ipv4_src'] as number) + (found['records_with_ipv6_src'] as number));
  });

  it(`survive damage, ${DAMAGED} of them`, { timeout: 60_000 }, async () => {
    const seeds: Uint8Array[] = [];
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.pcap'))) {
      for await (const { datagrams } of readDatagrams({ name, path: sharedData('telemetry', 'sflow', name), size: 0 }, SFLOW)) {
        for (const { bytes } of datagrams) seeds.push(bytes.slice());
      }
    }
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 0x41c6_4e6d) + 0x3039) >>> 0;
      return (state >>> 8) % below;
    };
    let bad = 0;
    const decoder = new SflowDecoder(() => bad++);
    const rounds = DAMAGED;
    for (let i = 0; i < rounds; i++) {
      const seed = seeds[i % seeds.length] as Uint8Array;
      const damaged = seed.slice(0, random(3) === 0 ? random(seed.length + 1) : seed.length);
      for (let change = random(4); change >= 0 && damaged.length > 0; change--)
        damaged[random(damaged.length)] = random(2) * 255 || random(256);
      decoder.take(damaged, { address: '192.0.2.1', port: 6343 }, i);
      if (decoder.columns.rows > 10_000) decoder.columns.take('', '');
      if (decoder.minutes.count > 10_000) decoder.minutes.take('', '');
    }
    expect(decoder.tally.datagrams).toBe(rounds);
    expect(bad).toBeGreaterThan(rounds / 10);
    expect(decoder.agents).toBeLessThanOrEqual(10_000);
  });
});
