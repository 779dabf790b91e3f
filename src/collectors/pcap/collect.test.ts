import { readFileSync } from 'node:fs';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasSharedData, sharedData } from '../../../test/support/shared-data.ts';
import { runs } from '../../../test/support/volume.ts';
import { parseAddress } from '../../domain/address.ts';
import { telescopeMinute } from '../../domain/telemetry-table.ts';
import { TRAFFIC_CLASS_CODE } from '../../domain/traffic-class.ts';
import pcap from './index.ts';
import { MALFORMED, WITHOUT_TIME } from './reasons.ts';
import {
  bytes,
  type Cell,
  captureOf,
  collectAll,
  DESTINATION,
  DESTINATION_6,
  ethernet,
  fileOf,
  icmp,
  ipv4,
  ipv6,
  merged,
  SOURCE,
  SOURCE_6,
  START,
  sectionOf,
  type TestPacket,
  tcp,
  toNumber,
  udp,
  zeros,
} from './test-support.ts';

const hex = (address: string): string => Buffer.from(parseAddress(address) ?? zeros(16)).toString('hex');
const cellsFor = async (...packets: (Buffer | TestPacket)[]): Promise<Cell[]> => (await collectAll(fileOf(captureOf(packets)))).cells;
const MSS = bytes(2, 4, 5, 0xb4);

describe('one packet becomes one cell', () => {
  it('with everything the table asks for, but the network that the pipeline adds', async () => {
    const sequence = 99;
    const syn = tcp({ source: 41_000, destination: 23, window: 1024, sequence, options: MSS });
    const [cell] = await cellsFor({ bytes: ethernet(0x0800, ipv4(6, syn, { ttl: 47 })), second: START + 61, micro: 250_000 });
    expect(cell).toEqual({
      minute: START + 60,
      tenant: 'main',
      sensor: 'telescope',
      source: hex(SOURCE),
      class: TRAFFIC_CLASS_CODE['tcp-scan'],
      protocol: 6,
      port: 23,
      packets: 1,
      bytes: 44n,
      first_ms: BigInt(START + 61) * 1000n + 250n,
      last_ms: BigInt(START + 61) * 1000n + 250n,
      targets: 1,
      target_bits: expect.any(BigInt) as bigint,
      source_port: 41_000,
      ttl_min: 47,
      ttl_max: 47,
      window: 1024,
      fp_mirai: 0,
      fp_zmap: 0,
      fp_masscan: 0,
      fp_nmap: 1,
      fp_bare: 0,
    });
    const fromPipeline = new Set(['asn', 'country']);
    expect(Object.keys(cell ?? {})).toEqual(Object.keys(telescopeMinute.columns).filter((name) => !fromPipeline.has(name)));
  });

  const destination = toNumber(DESTINATION);
  it.each([
    ['fp_mirai', tcp({ sequence: destination }), {}],
    ['fp_zmap', tcp(), { id: 54_321 }],
    ['fp_masscan', tcp({ destination: 80, sequence: 5 }), { id: (destination ^ 80 ^ 5) & 0xffff }],
    ['fp_nmap', tcp({ window: 1024, options: MSS }), {}],
    ['fp_bare', tcp(), {}],
  ])('%s', async (mark, segment, options) => {
    // The short way and the general one (behind a VLAN tag) must agree.
    const packet = ipv4(6, segment, options);
    for (const frame of [ethernet(0x0800, packet), ethernet(0x8100, Buffer.concat([bytes(0, 9, 8, 0), packet]))]) {
      const [cell] = await cellsFor(frame);
      expect(cell?.[mark]).toBe(1);
    }
  });

  it('but no mark unless it is a SYN', async () => {
    const [cell] = await cellsFor(ethernet(0x0800, ipv4(6, tcp({ flags: 0x12, sequence: destination }), { id: 54_321 })));
    expect(cell).toMatchObject({ fp_mirai: 0, fp_zmap: 0, fp_bare: 0, class: TRAFFIC_CLASS_CODE.backscatter });
  });
});

describe('backscatter', () => {
  it('has the attacked service as its port', async () => {
    const [answer] = await cellsFor(ethernet(0x0800, ipv4(6, tcp({ source: 443, destination: 50_000, flags: 0x12 }))));
    expect(answer).toMatchObject({ port: 443, source: hex(SOURCE), source_port: 443 });
    const [dns] = await cellsFor(ethernet(0x0800, ipv4(17, udp(53, 50_000))));
    expect(dns).toMatchObject({ port: 53, class: TRAFFIC_CLASS_CODE.backscatter });
  });

  const attack = ipv4(6, tcp({ source: 1234, destination: 80 }), { source: DESTINATION, destination: '203.0.113.9' }).subarray(0, 28);

  it('names the quoted destination when an error is about our address', async () => {
    const [cell] = await cellsFor(ethernet(0x0800, ipv4(1, icmp(3, attack))));
    expect(cell).toMatchObject({ source: hex('203.0.113.9'), protocol: 6, port: 80, class: TRAFFIC_CLASS_CODE.backscatter });
  });

  it('names the sender when the error is about somebody else', async () => {
    const [cell] = await cellsFor(ethernet(0x0800, ipv4(1, icmp(11, attack), { destination: '198.51.100.99' })));
    expect(cell).toMatchObject({ source: hex(SOURCE), protocol: 1, port: 0, class: TRAFFIC_CLASS_CODE.backscatter });
    const [echo] = await cellsFor(ethernet(0x0800, ipv4(1, icmp(0))));
    expect(echo).toMatchObject({ source: hex(SOURCE), protocol: 1, port: 0, class: TRAFFIC_CLASS_CODE.backscatter });
  });

  it('works for IPv6', async () => {
    const quoted = ipv6(17, udp(1234, 53), { source: DESTINATION_6, destination: '2001:db8::99' });
    const [cell] = await cellsFor(ethernet(0x86dd, ipv6(58, icmp(1, quoted))));
    expect(cell).toMatchObject({ source: hex('2001:db8::99'), protocol: 17, port: 53, class: TRAFFIC_CLASS_CODE.backscatter });
  });
});

const synFrom = (source: string): TestPacket => ({ bytes: ethernet(0x86dd, ipv6(6, tcp(), { source })), second: START });
const synTo = (host: number): TestPacket => ({
  bytes: ethernet(0x0800, ipv4(6, tcp(), { destination: `198.51.100.${host}` })),
  second: START,
});
const synAt = (second: number): TestPacket => ({ bytes: ethernet(0x0800, ipv4(6, tcp())), second });

describe('cells', () => {
  it('of IPv6 sources are kept apart', async () => {
    const cells = await cellsFor(...[SOURCE_6, '2001:db8::5', SOURCE_6].map(synFrom));
    expect(new Map(cells.map((cell) => [cell['source'], cell['packets']]))).toEqual(
      new Map([
        [hex(SOURCE_6), 2],
        [hex('2001:db8::5'), 1],
      ]),
    );
  });

  it('take the packet in a tunnel, and the probe of a tunnel port as a probe', async () => {
    const inner = ipv4(6, tcp({ destination: 22 }), { source: '203.0.113.5' });
    const [mirrored] = await cellsFor(ethernet(0x0800, ipv4(47, Buffer.concat([bytes(0, 0, 8, 0), inner]))));
    expect(mirrored).toMatchObject({ source: hex('203.0.113.5'), port: 22 });
    const [probe] = await cellsFor(ethernet(0x0800, ipv4(17, udp(40_000, 4789, Buffer.concat([zeros(8), ethernet(0x0800, inner)])))));
    expect(probe).toMatchObject({ source: hex(SOURCE), port: 4789, class: TRAFFIC_CLASS_CODE['udp-probe'] });
  });

  it('estimate distinct targets', async () => {
    const [cell] = await cellsFor(...Array.from({ length: 40 }, (_, i) => synTo(i)));
    expect(Number(cell?.['targets'])).toBeGreaterThan(28);
    expect(Number(cell?.['targets'])).toBeLessThanOrEqual(40);
    const [repeated] = await cellsFor(synTo(1), synTo(1), synTo(1));
    expect(repeated?.['targets']).toBe(1);
  });

  it('count packets that come late, by minutes or by years', async () => {
    const order = [START + 600, START + 540, START, START + 601, 5, START + 1, START - 4000, START + 900, START + 600];
    const cells = await cellsFor(...order.map(synAt));
    expect(cells.reduce((sum, cell) => sum + Number(cell['packets']), 0)).toBe(order.length);
    expect(
      [...merged(cells).values()]
        .map((cell) => [Number(cell['minute']) - START, cell['packets']])
        .sort((a, b) => Number(a[0]) - Number(b[0])),
    ).toEqual([
      [-START, 1],
      [-4020, 1],
      [0, 2],
      [540, 1],
      [600, 3],
      [900, 1],
    ]);
  });

  it('hold more bytes than 32 bits count', async () => {
    const frame = ethernet(0x0800, ipv4(17, zeros(8), { total: 65_535 }));
    frame.writeUInt16BE(8, 38);
    const packets = Array.from({ length: 70_000 }, () => ({ bytes: frame, second: START, stated: 65_549 }));
    const [cell] = await cellsFor(...packets);
    expect(cell?.['bytes']).toBe(70_000n * 65_535n);
  });
});

describe('records that cannot be used', () => {
  it('are quarantined with number, reason and the first bytes', async () => {
    const bad = ethernet(0x0800, ipv4(17, Buffer.from([0, 1, 0, 2, 0, 3, 0, 0])));
    const { quarantined, batches, cells } = await collectAll(fileOf(captureOf([ethernet(0x0800, ipv4(6, tcp())), bad])));
    expect(quarantined).toEqual([{ record: 2, reason: MALFORMED, excerpt: bad.toString('hex') }]);
    expect([batches[0]?.records, cells.length]).toEqual([2, 1]);
  });

  it('are all counted, but only so many are kept with their bytes', async () => {
    const bad = ethernet(0x0800, zeros(0));
    const { quarantined } = await collectAll(fileOf(captureOf(Array.from({ length: 1500 }, () => bad))));
    expect(quarantined.length).toBe(1500);
    expect(quarantined.filter((one) => one.excerpt !== '').length).toBe(1000);
    const { quarantined: long } = await collectAll(fileOf(captureOf([Buffer.concat([ethernet(0x86dd, zeros(500))])])));
    expect(long[0]?.excerpt.length).toBe(128);
  });

  it('include packets without a time, since nobody can say whose address it was', async () => {
    const { quarantined } = await collectAll(fileOf(sectionOf([ethernet(0x0800, ipv4(6, tcp()))], { kind: 'simple' })));
    expect(quarantined.map((one) => one.reason)).toEqual([WITHOUT_TIME]);
  });

  it('raise an alarm when a whole link type cannot be read', async () => {
    const { alarms, quarantined } = await collectAll(fileOf(captureOf([zeros(60), zeros(60)], { link: 147 })));
    expect([alarms, quarantined]).toEqual([['capture-link-type-unknown'], []]);
  });

  it('are neither frames without IP nor packets cut by the snap length', async () => {
    const arp = ethernet(0x0806, Buffer.concat([bytes(0, 1, 8, 0, 6, 4, 0, 1), zeros(20)]));
    const cut = { bytes: ethernet(0x0800, ipv4(6, tcp())).subarray(0, 40), stated: 54 };
    const { quarantined, cells } = await collectAll(fileOf(captureOf([arp, cut])));
    expect(quarantined).toEqual([]);
    expect(cells).toMatchObject([{ class: TRAFFIC_CLASS_CODE.other, port: 23 }]);
  });
});

/** Random packets of a small world, so that cells meet. */
const anyPacket = fc
  .record({
    second: fc.integer({ min: START, max: START + 400 }),
    micro: fc.integer({ min: 0, max: 999_999 }),
    source: fc.integer({ min: 1, max: 6 }),
    target: fc.integer({ min: 1, max: 200 }),
    port: fc.constantFrom(22, 23, 53, 514, 40_000),
    flags: fc.constantFrom(2, 4, 16, 18, 20),
    kind: fc.constantFrom('tcp', 'udp', 'ping', 'tagged'),
  })
  .map(({ second, micro, source, target, port, flags, kind }): TestPacket => {
    const ends = { source: `203.0.113.${source}`, destination: `198.51.100.${target}`, ttl: 30 + source };
    if (kind === 'udp') return { second, micro, bytes: ethernet(0x0800, ipv4(17, udp(port, port + 1), ends)) };
    if (kind === 'ping') return { second, micro, bytes: ethernet(0x0800, ipv4(1, icmp(8), ends)) };
    const packet = ipv4(6, tcp({ destination: port, source: 1000 + port, flags }), ends);
    return {
      second,
      micro,
      bytes: kind === 'tcp' ? ethernet(0x0800, packet) : ethernet(0x8100, Buffer.concat([bytes(0, 1, 8, 0), packet])),
    };
  });

const sumsOf = async (...contents: Uint8Array[]): Promise<Map<string, Cell>> => {
  const all = await Promise.all(contents.map((content) => collectAll(fileOf(content))));
  return merged(all.flatMap((one) => one.cells));
};

const CAPTURES = runs(10, 40);

describe('the same packets give the same sums', () => {
  it(`in any container, in any order, in one file or in two (${CAPTURES.numRuns} captures)`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyPacket, { minLength: 1, maxLength: 60 }), fc.nat(), async (packets, at) => {
        const plain = captureOf(packets);
        const expected = await sumsOf(plain);
        const middle = at % packets.length;
        expect(await sumsOf(captureOf(packets, { isBig: true }))).toEqual(expected);
        expect(await sumsOf(captureOf(packets, { isNano: true }))).toEqual(expected);
        expect(await sumsOf(sectionOf(packets))).toEqual(expected);
        expect(await sumsOf(gzipSync(plain))).toEqual(expected);
        expect(await sumsOf(zstdCompressSync(plain))).toEqual(expected);
        expect(sorted(await sumsOf(captureOf(packets.toReversed())))).toEqual(sorted(expected));
        expect(sorted(await sumsOf(captureOf(packets.slice(0, middle)), captureOf(packets.slice(middle))))).toEqual(sorted(expected));
      }),
      CAPTURES,
    );
  });
});

const sorted = (sums: Map<string, Cell>): [string, Cell][] => [...sums].sort((a, b) => (a[0] < b[0] ? -1 : 1));

describe.skipIf(!hasSharedData)('the synthetic darknet', () => {
  const path = sharedData('telemetry', 'darknet-synthetic', 'darknet_seed1.pcap');
  const input = { name: 'darknet_seed1.pcap', path, size: 0 };
  interface Truth {
    readonly packets: number;
    readonly ip_bytes: number;
    readonly class_packets: Readonly<Record<string, number>>;
    readonly sources: Readonly<Record<string, readonly string[]>>;
  }
  const truth = hasSharedData ? (JSON.parse(readFileSync(path.replace(/pcap$/, 'truth.json'), 'utf8')) as Truth) : undefined;

  it('is classified packet for packet', async () => {
    const { cells, quarantined } = await collectAll(input);
    const total = (of: (cell: Cell) => unknown): number => cells.filter(of).reduce((sum, cell) => sum + Number(cell['packets']), 0);
    const planted = (...names: string[]): number => names.reduce((sum, name) => sum + (truth?.class_packets[name] ?? 0), 0);
    const found = (id: keyof typeof TRAFFIC_CLASS_CODE): number => total((cell) => cell['class'] === TRAFFIC_CLASS_CODE[id]);
    expect(total(() => true)).toBe(truth?.packets);
    expect(cells.reduce((sum, cell) => sum + Number(cell['bytes']), 0)).toBe(truth?.ip_bytes);
    expect(found('tcp-scan')).toBe(planted('mirai', 'synscan', 'masscan', 'zmap', 'vertical', 'slow', 'emerging'));
    expect(found('backscatter')).toBe(planted('bs_synack', 'bs_rst', 'bs_icmp', 'bs_echo'));
    expect(found('ping')).toBe(planted('ping'));
    expect(found('udp-probe')).toBe(planted('udp'));
    expect(found('misconfiguration')).toBe(planted('misconf'));
    expect(quarantined).toEqual([]);
  });

  it('shows exactly the planted Mirai sources', async () => {
    const { cells } = await collectAll(input);
    const marked = new Set(cells.filter((cell) => Number(cell['fp_mirai']) > 0).map((cell) => cell['source']));
    expect(marked).toEqual(new Set(truth?.sources['mirai']?.map(hex)));
  });

  it('gives the very same batches each time', async () => {
    const [a, b] = [await collectAll(input), await collectAll(input)];
    expect(b.batches).toEqual(a.batches);
  });

  it('agrees with inspect', async () => {
    const { cells } = await collectAll(input);
    const facts = await pcap.inspect(input, pcap.settings.parse({}));
    const sum = (name: string): number => cells.reduce((total, cell) => total + Number(cell[name]), 0);
    expect([sum('packets'), sum('fp_mirai'), sum('fp_zmap'), sum('fp_masscan')]).toEqual([
      facts['packets'],
      facts['fp_mirai_seq_eq_dst'],
      facts['fp_zmap_ipid_54321'],
      facts['fp_masscan_ipid'],
    ]);
  });
});
