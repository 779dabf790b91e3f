/** The decoder against exports made by hand: each thing that exporters do differently, and what attackers could do. */
import { describe, expect, it } from 'vitest';
import {
  DESTINATION,
  decode,
  EXPORTER,
  exactly,
  type FieldText,
  FLOW_FIELDS,
  flowRecord,
  ip,
  ipfix,
  minutesOf,
  NOW,
  NOW_MS,
  newDecoder,
  options9,
  options10,
  rowsOf,
  SOURCE,
  set,
  template,
  u8,
  u16,
  u32,
  u64,
  v5,
  v9,
} from './test-support.ts';

const FLOWS_9 = set(0, template(256, FLOW_FIELDS));
const FLOWS_10 = set(2, template(256, FLOW_FIELDS));
const ends: readonly FieldText[] = [
  [8, 4],
  [12, 4],
];
const endBytes = Buffer.concat([ip(SOURCE), ip(DESTINATION)]);
const rowsFrom = (...datagrams: Buffer[]) => rowsOf(decode(datagrams).decoder);
/** One IPFIX record of the fields, behind both addresses. */
const oneRecord = (fields: readonly FieldText[], ...values: Buffer[]) =>
  rowsFrom(ipfix([set(2, template(300, [...ends, ...fields])), set(300, endBytes, ...values)]))[0];

describe('version 5', () => {
  it('gives every field', () => {
    const [row, ...rest] = rowsFrom(v5(2));
    expect(rest).toHaveLength(1);
    expect(row).toEqual({
      at: new Date(NOW_MS - 5000).toISOString(),
      duration: 3000,
      exporter: EXPORTER.address,
      source: SOURCE,
      destination: DESTINATION,
      sourcePort: 40_000,
      destinationPort: 443,
      protocol: 6,
      tcpFlags: 0x1b,
      tos: 8,
      packets: 10,
      bytes: 1000,
      sampling: 0,
      samplingFrom: 0,
      direction: 2,
      isReverse: false,
      input: 3,
      output: 4,
      natSource: '::',
      natDestination: '::',
      natSourcePort: 0,
      natDestinationPort: 0,
    });
  });

  it('takes the sampling interval without the mode above it', () => {
    expect(rowsFrom(v5(1, { sampling: 0x4000 | 512 }))[0]).toMatchObject({ sampling: 512, samplingFrom: 1 });
  });

  it('sets aside a datagram with fewer records than it says', () => {
    const { decoder, refused } = decode([v5(3).subarray(0, 100)]);
    expect(decoder.columns.rows).toBe(0);
    expect(refused).toEqual([{ code: 'datagram-cut', parameters: { exporter: EXPORTER.address, stated: 168, present: 100 } }]);
    expect(minutesOf(decoder)[0]).toMatchObject({ kind: 'netflow-5', received: 1, malformed: 1, records: 0 });
  });
});

describe('templates', () => {
  it('decode version 9 and IPFIX alike', () => {
    for (const rows of [
      rowsFrom(v9([FLOWS_9, set(256, flowRecord(), flowRecord(3, 300))])),
      rowsFrom(ipfix([FLOWS_10, set(256, flowRecord(), flowRecord(3, 300))])),
    ]) {
      expect(
        rows.map(({ source, destinationPort, packets, bytes, tcpFlags }) => [source, destinationPort, packets, bytes, tcpFlags]),
      ).toEqual([
        [SOURCE, 443, 2, 200, 0x12],
        [SOURCE, 443, 3, 300, 0x12],
      ]);
    }
  });

  it('may be several in a set, in several sets, with padding behind', () => {
    const both = set(0, template(256, FLOW_FIELDS), template(257, ends), Buffer.alloc(2));
    expect(
      rowsFrom(v9([both, set(0, template(258, [...ends, [2, 8]])), set(257, endBytes, Buffer.alloc(3)), set(258, endBytes, u64(7))])),
    ).toHaveLength(2);
  });

  it('replace each other, and can be withdrawn', () => {
    const changed = set(2, template(256, [...ends, [1, 8]]));
    const rows = rowsFrom(ipfix([FLOWS_10]), ipfix([changed, set(256, endBytes, u64(2 ** 40 + 5))]));
    expect(rows[0]).toMatchObject({ bytes: 2 ** 40 + 5, packets: 0 });
    for (const withdrawal of [template(256, []), template(2, [])]) {
      const { decoder } = decode([ipfix([FLOWS_10]), ipfix([set(2, withdrawal)]), ipfix([set(256, flowRecord())])]);
      decoder.giveUp();
      expect(decoder.tally).toMatchObject({ records: 0, withoutTemplate: 1 });
    }
  });

  it('belong to the exporter and its domain, whatever its port', () => {
    const { decoder } = newDecoder();
    const take = (datagram: Buffer, address: string, port: number) => decoder.take(exactly(datagram), { address, port }, NOW_MS);
    take(v9([FLOWS_9]), '192.0.2.1', 1000);
    take(v9([set(256, flowRecord())]), '::ffff:192.0.2.1', 2000);
    expect(decoder.tally.records).toBe(1);
    take(v9([set(256, flowRecord())], { domain: 2 }), '192.0.2.1', 1000);
    take(v9([set(256, flowRecord())]), '192.0.2.2', 1000);
    take(ipfix([set(256, flowRecord())]), '192.0.2.1', 1000);
    decoder.giveUp();
    expect(decoder.tally).toMatchObject({ records: 1, withoutTemplate: 3 });
  });

  it('can be told apart by port when asked for', () => {
    const { decoder } = newDecoder({ portsMatter: true });
    decoder.take(exactly(v9([FLOWS_9])), { address: '192.0.2.1', port: 1 }, NOW_MS);
    decoder.take(exactly(v9([set(256, flowRecord())])), { address: '192.0.2.1', port: 2 }, NOW_MS);
    decoder.giveUp();
    expect(decoder.tally).toMatchObject({ records: 0, withoutTemplate: 1 });
  });

  it.each([
    ['template-broken', u16(256, 50, 8, 4)],
    ['template-empty', template(256, [[8, 0]])],
    ['template-enormous', template(256, [[8, 4], ...Array.from({ length: 1100 }, (): FieldText => [100, 1])])],
    [
      'template-enormous',
      template(256, [
        [8, 0xfff0],
        [12, 0xfff0],
      ]),
    ],
    ['template-number', template(100, FLOW_FIELDS)],
  ])('are refused once, with the exporter named: %s', (code, bytes) => {
    const { decoder, refused } = decode([v9([set(0, bytes)]), v9([set(0, bytes)])]);
    expect(refused).toEqual([{ code, parameters: expect.objectContaining({ exporter: EXPORTER.address }) }]);
    expect(minutesOf(decoder)[0]).toMatchObject({ received: 2, malformed: 2 });
  });

  it('that are refused take the older one of their number with them', () => {
    const { decoder } = decode([v9([FLOWS_9]), v9([set(0, u16(256, 50, 8, 4))]), v9([set(256, flowRecord())])]);
    decoder.giveUp();
    expect(decoder.tally).toMatchObject({ records: 0, withoutTemplate: 1 });
  });
});

describe('data before its template', () => {
  it('waits, also within one datagram', () => {
    expect(rowsFrom(v9([set(256, flowRecord()), FLOWS_9]))).toHaveLength(1);
    const { decoder } = decode([v9([set(256, flowRecord())]), v9([set(256, flowRecord(9, 900))]), v9([FLOWS_9])]);
    expect(rowsOf(decoder).map(({ packets }) => packets)).toEqual([2, 9]);
  });

  it('is given up after its time and beyond its bytes, oldest first', () => {
    const { decoder } = newDecoder({ waitSeconds: 60, waitBytes: 1000 });
    for (let i = 0; i < 10; i++) decoder.take(exactly(v9([set(256, flowRecord(i))])), EXPORTER, NOW_MS + i);
    expect(decoder.tally.withoutTemplate).toBeGreaterThan(5);
    const { withoutTemplate } = decoder.tally;
    decoder.expire(NOW_MS + 61_000);
    expect(decoder.tally.withoutTemplate).toBe(10);
    expect(withoutTemplate).toBeLessThan(10);
    decoder.take(exactly(v9([FLOWS_9])), EXPORTER, NOW_MS + 62_000);
    expect(decoder.columns.rows).toBe(0);
    expect(minutesOf(decoder)[0]).toMatchObject({ without_template: 10 });
  });
});

describe('fields', () => {
  it.each<[string, readonly FieldText[], Buffer[], object]>([
    [
      'counters of odd widths',
      [
        [1, 3],
        [2, 5],
      ],
      [u8(1, 0, 0), u8(1, 0, 0, 0, 0)],
      { bytes: 65_536, packets: 2 ** 32 },
    ],
    [
      'totals',
      [
        [85, 8],
        [86, 8],
      ],
      [u64(7), u64(8)],
      { bytes: 7, packets: 8 },
    ],
    [
      'deltas before totals and outgoing counters',
      [
        [23, 4],
        [85, 4],
        [1, 4],
      ],
      [u32(1, 2, 3)],
      { bytes: 3 },
    ],
    [
      'outgoing counters alone',
      [
        [23, 4],
        [24, 4],
      ],
      [u32(5, 6)],
      { bytes: 5, packets: 6 },
    ],
    ['flags of two bytes', [[6, 2]], [u16(0x0112)], { tcpFlags: 0x12 }],
    [
      'interfaces of 2, 4 and 8 bytes',
      [
        [10, 2],
        [14, 8],
      ],
      [u16(7), u64(9)],
      { input: 7, output: 9 },
    ],
    [
      'physical interfaces',
      [
        [252, 4],
        [253, 4],
      ],
      [u32(70, 90)],
      { input: 70, output: 90 },
    ],
    ['a direction', [[61, 1]], [u8(1)], { direction: 1 }],
    ['no such direction', [[61, 1]], [u8(9)], { direction: 2 }],
    [
      'translation',
      [
        [225, 4],
        [226, 4],
        [227, 2],
        [228, 2],
      ],
      [ip('192.0.2.9'), u32(0), u16(1, 2)],
      { natSource: '192.0.2.9', natDestination: '::', natSourcePort: 1, natDestinationPort: 2 },
    ],
    [
      'translation to IPv6',
      [
        [281, 16],
        [282, 16],
      ],
      [ip('2001:db8::9'), ip('2001:db8::8')],
      { natSource: '2001:db8::9', natDestination: '2001:db8::8' },
    ],
    [
      'ICMP as one number',
      [
        [4, 1],
        [32, 2],
      ],
      [u8(1), u16(0x0303)],
      { destinationPort: 0x0303 },
    ],
    [
      'ICMP as two',
      [
        [4, 1],
        [176, 1],
        [177, 1],
      ],
      [u8(1, 3, 1)],
      { destinationPort: 0x0301 },
    ],
    [
      'an echo reply over a port',
      [
        [4, 1],
        [11, 2],
        [176, 1],
        [177, 1],
      ],
      [u8(1), u16(99), u8(0, 0)],
      { destinationPort: 0 },
    ],
    [
      'ICMPv6',
      [
        [4, 1],
        [139, 2],
      ],
      [u8(58), u16(0x8000)],
      { destinationPort: 0x8000 },
    ],
    [
      'no ICMP where the protocol is TCP',
      [
        [4, 1],
        [11, 2],
        [32, 2],
      ],
      [u8(6), u16(443), u16(0x0303)],
      { destinationPort: 443 },
    ],
    [
      'ports by protocol',
      [
        [182, 2],
        [183, 2],
      ],
      [u16(1, 2)],
      { sourcePort: 1, destinationPort: 2 },
    ],
    [
      'fields of length zero',
      [
        [100, 0],
        [7, 2],
      ],
      [u16(5)],
      { sourcePort: 5 },
    ],
    [
      'fields too wide to be numbers',
      [
        [7, 16],
        [11, 2],
      ],
      [Buffer.alloc(16, 1), u16(6)],
      { sourcePort: 0, destinationPort: 6 },
    ],
    [
      'fields of enterprises',
      [
        [1, 4, 9],
        [1, 4],
      ],
      [u32(1, 2)],
      { bytes: 2 },
    ],
  ])('%s', (_name, fields, values, expected) => {
    expect(oneRecord(fields, ...values)).toMatchObject(expected);
  });

  it('prefers the IPv6 address, unless it is zero', () => {
    const fields = set(
      2,
      template(300, [
        [27, 16],
        [8, 4],
        [12, 4],
        [28, 16],
      ]),
    );
    const rows = rowsFrom(
      ipfix([fields, set(300, ip('2001:db8::1'), u32(0), u32(0), ip('2001:db8::2'), Buffer.alloc(16), endBytes, Buffer.alloc(16))]),
    );
    expect(rows.map(({ source, destination }) => [source, destination])).toEqual([
      ['2001:db8::1', '2001:db8::2'],
      [SOURCE, DESTINATION],
    ]);
  });

  it('takes the inner of two headers', () => {
    const fields = set(2, template(300, [[27, 16], [28, 16], [4, 1], [7, 2], ...ends, [4, 1], [7, 2]]));
    const [row] = rowsFrom(ipfix([fields, set(300, ip('2001:db8::1'), ip('2001:db8::2'), u8(4), u16(0), endBytes, u8(17), u16(53))]));
    expect(row).toMatchObject({ source: SOURCE, destination: DESTINATION, protocol: 17, sourcePort: 53 });
  });

  it('steps over fields of variable length, short and long', () => {
    const fields = set(2, template(300, [...ends, [82, 0xffff], [1, 4], [371, 0xffff], [291, 0xffff]]));
    const record = (text: Buffer, bytes: number) => Buffer.concat([endBytes, text, u32(bytes), u8(0), u8(3, 1, 2, 3)]);
    const long = Buffer.concat([u8(255), u16(300), Buffer.alloc(300, 7)]);
    const rows = rowsFrom(ipfix([fields, set(300, record(u8(2, 65, 66), 11), record(long, 12), record(u8(0), 13))]));
    expect(rows.map(({ source, bytes }) => [source, bytes])).toEqual([
      [SOURCE, 11],
      [SOURCE, 12],
      [SOURCE, 13],
    ]);
  });

  it('keeps what came before a record that goes beyond its set', () => {
    const fields = set(2, template(300, [...ends, [82, 0xffff], [1, 4]]));
    const { decoder, refused } = decode([ipfix([fields, set(300, endBytes, u8(0), u32(1), endBytes, u8(200), u32(2))])]);
    expect(rowsOf(decoder)).toHaveLength(1);
    expect(refused.map(({ code }) => code)).toEqual(['record-broken']);
  });

  it('reads the headers of sampled frames', () => {
    const udp = Buffer.concat([u16(53, 5353, 20, 0), Buffer.alloc(12)]);
    const packet = Buffer.concat([u8(0x45, 0x28), u16(20 + udp.length, 1, 0), u8(64, 17), u16(0), endBytes, udp]);
    const frame = Buffer.concat([Buffer.alloc(12, 2), u16(0x8100, 5, 0x0800), packet]);
    const expected = {
      source: SOURCE,
      destination: DESTINATION,
      sourcePort: 53,
      destinationPort: 5353,
      protocol: 17,
      tos: 0x28,
      packets: 1,
      bytes: 40,
    };
    const fields = (id: number, length: number): FieldText[] => [
      [id, length],
      [10, 4],
    ];
    expect(rowsFrom(ipfix([set(2, template(300, fields(315, frame.length))), set(300, frame, u32(1))]))[0]).toMatchObject({
      ...expected,
      input: 1,
    });
    expect(rowsFrom(ipfix([set(2, template(300, fields(313, 0xffff))), set(300, u8(packet.length), packet, u32(2))]))[0]).toMatchObject({
      ...expected,
      input: 2,
    });
  });
});

describe('the other direction', () => {
  it('of a biflow is a row of its own, with the ends exchanged', () => {
    const fields = set(
      2,
      template(300, [...ends, [7, 2], [11, 2], [10, 4], [14, 4], [6, 1], [1, 4], [2, 4], [6, 1, 29_305], [1, 4, 29_305], [2, 4, 29_305]]),
    );
    const record = (back: number) => Buffer.concat([endBytes, u16(1000, 80), u32(3, 4), u8(2), u32(100, 1), u8(18), u32(back, back)]);
    const rows = rowsFrom(ipfix([fields, set(300, record(0), record(7))]));
    expect(rows).toHaveLength(3);
    expect(rows[2]).toMatchObject({
      isReverse: true,
      source: DESTINATION,
      destination: SOURCE,
      sourcePort: 80,
      destinationPort: 1000,
      input: 4,
      output: 3,
      tcpFlags: 18,
      packets: 7,
      bytes: 7,
      exporter: EXPORTER.address,
      at: rows[1]?.at,
    });
  });

  it('is found in counters of initiator and responder', () => {
    const fields = set(0, template(300, [...ends, [231, 4], [232, 4], [298, 4], [299, 4]]));
    const rows = rowsFrom(v9([fields, set(300, endBytes, u32(100, 200, 1, 2))]));
    expect(rows.map(({ isReverse, bytes, packets }) => [isReverse, bytes, packets])).toEqual([
      [false, 100, 1],
      [true, 200, 2],
    ]);
  });
});

describe('times', () => {
  const EXPORT = NOW_MS;
  const ntp = (ms: number): Buffer => u32(Math.floor(ms / 1000) + 2_208_988_800, Math.floor(((ms % 1000) / 1000) * 2 ** 32));
  it.each<[string, readonly FieldText[], Buffer[], number, number]>([
    [
      'seconds',
      [
        [150, 4],
        [151, 4],
      ],
      [u32(NOW - 10, NOW - 7)],
      EXPORT - 10_000,
      3000,
    ],
    [
      'milliseconds',
      [
        [152, 8],
        [153, 8],
      ],
      [u64(EXPORT - 1500), u64(EXPORT - 1000)],
      EXPORT - 1500,
      500,
    ],
    [
      'microseconds',
      [
        [154, 8],
        [155, 8],
      ],
      [ntp(EXPORT - 1500), ntp(EXPORT - 1000)],
      EXPORT - 1500,
      500,
    ],
    [
      'nanoseconds',
      [
        [156, 8],
        [157, 8],
      ],
      [ntp(EXPORT - 2500), ntp(EXPORT - 1000)],
      EXPORT - 2500,
      1500,
    ],
    [
      'microseconds before the export',
      [
        [158, 4],
        [159, 4],
      ],
      [u32(2_000_000, 500_000)],
      EXPORT - 2000,
      1500,
    ],
    [
      'milliseconds since the start of the exporter',
      [
        [160, 8],
        [22, 4],
        [21, 4],
      ],
      [u64(EXPORT - 100_000), u32(90_000, 95_000)],
      EXPORT - 10_000,
      5000,
    ],
    [
      'such milliseconds, wrapped',
      [
        [160, 8],
        [22, 4],
        [21, 4],
      ],
      [u64(EXPORT - 2 ** 32 - 1000), u32(2 ** 32 - 500, 500)],
      EXPORT - 1500,
      1000,
    ],
    [
      'a start and a duration',
      [
        [152, 8],
        [161, 4],
      ],
      [u64(EXPORT - 9000), u32(4000)],
      EXPORT - 9000,
      4000,
    ],
    [
      'an end and a duration in microseconds',
      [
        [153, 8],
        [162, 4],
      ],
      [u64(EXPORT - 1000), u32(4_000_000)],
      EXPORT - 5000,
      4000,
    ],
    ['an observation time', [[323, 8]], [u64(EXPORT - 77)], EXPORT - 77, 0],
    ['no time at all', [], [], EXPORT, 0],
    [
      'a time of zero',
      [
        [150, 4],
        [151, 4],
      ],
      [u32(0, 0)],
      EXPORT,
      0,
    ],
    [
      'an end before the start',
      [
        [150, 4],
        [151, 4],
      ],
      [u32(NOW - 5, NOW - 9)],
      EXPORT - 5000,
      0,
    ],
    ['a start in the far future', [[152, 8]], [u64(EXPORT + 10 * 86_400_000)], EXPORT, 0],
    ['a start before there were exports', [[150, 4]], [u32(86_400)], EXPORT, 0],
  ])('%s', (_name, fields, values, start, duration) => {
    expect(oneRecord(fields, ...values)).toMatchObject({ at: new Date(start).toISOString(), duration });
  });

  it('count from the clock of a version 9 header, also when it has wrapped', () => {
    const fields = set(0, template(300, [...ends, [22, 4], [21, 4]]));
    const rows = rowsFrom(v9([fields, set(300, endBytes, u32(2 ** 32 - 1000, 1000))], { uptime: 2000 }));
    expect(rows[0]).toMatchObject({ at: new Date(NOW_MS - 3000).toISOString(), duration: 2000 });
  });

  it('of a wrong clock are brought to ours when they arrive now', () => {
    const { decoder } = newDecoder({}, true);
    const wrong = NOW - 400 * 86_400;
    decoder.take(
      exactly(ipfix([set(2, template(300, [...ends, [150, 4]])), set(300, endBytes, u32(wrong - 60))], { at: wrong })),
      EXPORTER,
      NOW_MS,
    );
    expect(rowsOf(decoder)[0]?.at).toBe(new Date(NOW_MS - 60_000).toISOString());
    expect(minutesOf(decoder)[0]).toMatchObject({ skew_ms_low: 0xffff_ffff, skew_ms_high: 0xffff_ffff });
  });
});

describe('sampling', () => {
  const flows = set(2, template(256, [...ends, [48, 1], [10, 4]]));
  const flow = (sampler: number, input: number) => Buffer.concat([endBytes, u8(sampler), u32(input)]);
  const samplings = (...sets: Buffer[]) =>
    rowsFrom(ipfix([flows, ...sets])).map(({ sampling, samplingFrom }) => `${sampling}/${samplingFrom}`);

  it('is unknown when nobody says it', () => {
    expect(samplings(set(256, flow(1, 1)))).toEqual(['0/0']);
  });

  it('comes by the number of the sampler', () => {
    const samplers = set(3, options10(400, [[302, 2]], [[34, 4]]));
    expect(samplings(samplers, set(400, u16(1), u32(100), u16(2), u32(1000)), set(256, flow(1, 1), flow(2, 1), flow(3, 1)))).toEqual([
      '100/2',
      '1000/2',
      '0/0',
    ]);
  });

  it('comes by interface, directly or through a sampler', () => {
    const direct = set(3, options10(400, [[10, 4]], [[34, 4]]));
    expect(samplings(direct, set(400, u32(7, 50, 8, 60)), set(256, flow(0, 7), flow(0, 8), flow(0, 9)))).toEqual(['50/2', '60/2', '0/0']);
    const linked = set(3, options10(400, [[10, 4]], [[48, 1]]), options10(401, [[48, 1]], [[50, 4]]));
    expect(
      samplings(linked, set(400, u32(7), u8(1), u32(8), u8(2)), set(401, u8(1), u32(10), u8(2), u32(20)), set(256, flow(0, 7), flow(0, 8))),
    ).toEqual(['10/2', '20/2']);
  });

  it.each<[string, readonly FieldText[], Buffer, string]>([
    ['an interval', [[34, 4]], u32(100), '100/2'],
    ['an interval of 0', [[34, 4]], u32(0), '0/0'],
    [
      'packets taken and left',
      [
        [305, 4],
        [306, 4],
      ],
      u32(1, 999),
      '1000/2',
    ],
    ['an interval of selection', [[305, 4]], u32(64), '64/2'],
    [
      'so many of so many',
      [
        [309, 4],
        [310, 4],
      ],
      u32(2, 200),
      '100/2',
    ],
  ])('is computed from %s', (_name, fields, bytes, expected) => {
    expect(samplings(set(3, options10(400, [[149, 4]], fields)), set(400, u32(1), bytes), set(256, flow(0, 1)))).toEqual([expected]);
  });

  it('is computed from a probability', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(0.01);
    expect(samplings(set(3, options10(400, [[149, 4]], [[311, 8]])), set(400, u32(1), bytes), set(256, flow(0, 1)))).toEqual(['100/2']);
  });

  it('comes from options of version 9, and from another domain of the exporter', () => {
    const options = set(
      1,
      options9(
        400,
        [[1, 4]],
        [
          [34, 4],
          [35, 1],
        ],
      ),
      Buffer.alloc(2),
    );
    const { decoder } = decode([
      v9([options, set(400, u32(0), u32(512), u8(2))], { domain: 9 }),
      v9([FLOWS_9, set(256, flowRecord())], { domain: 10 }),
    ]);
    expect(rowsOf(decoder)[0]).toMatchObject({ sampling: 512, samplingFrom: 2 });
  });

  it('in the record itself is believed first', () => {
    const fields = set(2, template(300, [...ends, [34, 4]]));
    const general = set(3, options10(400, [[149, 4]], [[34, 4]]));
    const rows = rowsFrom(ipfix([general, set(400, u32(1, 10)), fields, set(300, endBytes, u32(77), endBytes, u32(0))]));
    expect(rows.map(({ sampling, samplingFrom }) => [sampling, samplingFrom])).toEqual([
      [77, 1],
      [10, 2],
    ]);
  });

  it('can be configured, for those who say nothing or for all', () => {
    const withOptions = [ipfix([set(3, options10(400, [[149, 4]], [[34, 4]])), set(400, u32(1, 10)), FLOWS_10, set(256, flowRecord())])];
    const plain = [ipfix([FLOWS_10, set(256, flowRecord())])];
    const configured = (replaces: boolean, exporter = '192.0.2.0/24') => ({ sampling: [{ exporter, interval: 2000, replaces }] });
    const first = (datagrams: Buffer[], settings: object) => rowsOf(decode(datagrams, settings).decoder)[0];
    expect(first(plain, configured(false))).toMatchObject({ sampling: 2000, samplingFrom: 3 });
    expect(first(withOptions, configured(false))).toMatchObject({ sampling: 10, samplingFrom: 2 });
    expect(first(withOptions, configured(true))).toMatchObject({ sampling: 2000, samplingFrom: 3 });
    expect(first(plain, configured(true, '198.51.100.0/24'))).toMatchObject({ sampling: 0, samplingFrom: 0 });
    expect(first([v5(1, { sampling: 100 })], configured(true))).toMatchObject({ sampling: 2000, samplingFrom: 3 });
  });
});

describe('losses', () => {
  const lostOf = (...datagrams: Buffer[]) =>
    minutesOf(decode(datagrams).decoder).map(({ kind, lost, lost_unit: unit }) => [kind, lost, unit]);

  it('are flows in version 5, datagrams in version 9, records in IPFIX', () => {
    expect(lostOf(v5(2, { sequence: 100 }), v5(2, { sequence: 112 }))).toEqual([['netflow-5', 10, 'flow']]);
    expect(lostOf(v9([FLOWS_9], { sequence: 5 }), v9([FLOWS_9], { sequence: 9 }))).toEqual([['netflow-9', 3, 'datagram']]);
    const records = set(256, flowRecord(), flowRecord());
    expect(
      lostOf(ipfix([FLOWS_10, records], { sequence: 50 }), ipfix([records], { sequence: 52 }), ipfix([records], { sequence: 59 })),
    ).toEqual([['ipfix', 5, 'record']]);
  });

  it('are taken back when a datagram was only late', () => {
    expect(lostOf(...[1, 2, 4, 3, 5].map((sequence) => v9([FLOWS_9], { sequence })))).toEqual([['netflow-9', 0, 'datagram']]);
  });

  it('are none when the exporter starts anew or the number wraps', () => {
    expect(lostOf(v9([FLOWS_9], { sequence: 500_000 }), v9([FLOWS_9], { sequence: 0 }))).toEqual([['netflow-9', 0, 'datagram']]);
    expect(lostOf(v9([FLOWS_9], { sequence: 10, uptime: 900_000 }), v9([FLOWS_9], { sequence: 90, uptime: 1000 }))).toEqual([
      ['netflow-9', 0, 'datagram'],
    ]);
    expect(lostOf(v9([FLOWS_9], { sequence: 2 ** 32 - 1 }), v9([FLOWS_9], { sequence: 0 }), v9([FLOWS_9], { sequence: 2 }))).toEqual([
      ['netflow-9', 1, 'datagram'],
    ]);
  });

  it('cannot be told over records of an unknown template', () => {
    expect(lostOf(ipfix([set(999, flowRecord())], { sequence: 0 }), ipfix([FLOWS_10], { sequence: 40 }))).toEqual([['ipfix', 0, 'record']]);
  });

  it('stand beside what was received, by minute and domain', () => {
    const { decoder } = newDecoder();
    decoder.take(exactly(v9([FLOWS_9, set(256, flowRecord(), flowRecord())])), EXPORTER, NOW_MS + 250);
    decoder.take(exactly(v9([set(256, flowRecord())], { sequence: 1, at: NOW + 60 })), EXPORTER, NOW_MS + 61_000);
    decoder.take(exactly(v9([FLOWS_9], { domain: 7 })), EXPORTER, NOW_MS);
    expect(minutesOf(decoder)).toMatchObject([
      {
        minute: NOW,
        exporter: EXPORTER.address,
        domain: 1,
        kind: 'netflow-9',
        received: 1,
        records: 2,
        skew_ms_low: 250,
        skew_ms_high: 250,
      },
      { minute: NOW + 60, domain: 1, received: 1, records: 1, skew_ms_low: 1000 },
      { minute: NOW, domain: 7, received: 1, records: 0 },
    ]);
    expect(minutesOf(decoder)).toEqual([]);
  });
});

describe('broken datagrams', () => {
  it.each([
    ['not-an-export', u16(7, 1, 2)],
    ['not-an-export', u8(9)],
    ['datagram-cut', v9([]).subarray(0, 12)],
    ['datagram-cut', ipfix([FLOWS_10]).subarray(0, 20)],
    ['set-broken', v9([u16(256, 2)])],
    ['set-broken', v9([u16(256, 400)])],
    ['record-broken', v9([FLOWS_9, set(256, Buffer.alloc(12))])],
  ])('are set aside with their reason: %s', (code, datagram) => {
    const { decoder, refused } = decode([datagram, v9([FLOWS_9, set(256, flowRecord())])]);
    expect(refused.map((one) => one.code)).toEqual([code]);
    expect(rowsOf(decoder)).toHaveLength(1);
  });

  it('of strangers do not fill the memory', () => {
    const { decoder } = newDecoder();
    decoder.take(exactly(v9([FLOWS_9])), EXPORTER, NOW_MS - 1);
    for (let i = 0; i < 10_000; i++)
      decoder.take(exactly(v9([set(300, Buffer.alloc(40))], { domain: i })), { address: `198.51.100.${i % 250}`, port: 1 }, NOW_MS + i);
    const domains = [...decoder.exporters.values()].reduce((sum, exporter) => sum + exporter.domains.size, 0);
    expect(domains).toBeLessThanOrEqual(4096);
    decoder.take(exactly(v9([set(256, flowRecord())])), EXPORTER, NOW_MS);
    expect(decoder.tally.records).toBe(1);
  });
});
