import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanningSourceRow } from '../../domain/question.ts';
import { judgeContext, miraiSource, NO_MARKS, START, scanningSource, tcp, udp } from '../rows.test-support.ts';
import detector from './index.ts';

const settings = detector.settings.parse({});
const judge = (row: ScanningSourceRow, changed: Partial<typeof settings> = {}) =>
  detector.judge(row, { ...settings, ...changed }, judgeContext());

describe('the Mirai mark', () => {
  it('names the family, surely from three packets on', () => {
    const [finding, ...others] = judge(miraiSource([tcp(23, 240), tcp(2323, 11)], [], { targets: 240 }));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      tenant: 'main',
      kind: 'infected-host',
      identifier: 'mirai',
      asset: { kind: 'ip', value: '192.0.2.7' },
      port: null,
      transport: 'tcp',
      role: 'source',
      classification: { taxonomy: 'malicious-code', type: 'infected-system' },
      severity: 'high',
      confidence: 90,
      count: 251,
      sourcePort: 40_000,
      firstSeenAt: START,
      origin: { module: 'infected-host' },
      bucket: 'telescope:roof:2026-06-03',
      evidence: {
        rule: { id: 'infected-host', version: 2, parameters: { minForNotice: 3, fingerprint: 'mirai/1' } },
        facts: { markedPackets: 251, agreement: 1, chancePerPacket: '2^-32', chanceOfAll: '2^-8032', couldBeForged: false },
        sensors: ['roof'],
      },
    });
    expect(finding?.because).toEqual({
      en: 'From 3 June 2026, 18:02 to 22:41 UTC this address tried about 240 unused addresses on ports 23/TCP and 2323/TCP. All 251 packets carry the mark of the Mirai family: the sequence number equals the destination address, which chance alone does to one packet in 4.3 billion and to 251 of them with a probability of at most 2^-8032. A device behind this address may be infected.',
      ja: '2026年6月3日18:02〜22:41（UTC）に、このアドレスから約240個の未使用アドレスの23/TCP、2323/TCPへ、接続の試みがありました。251パケットのすべてに、Mirai系マルウェアの目印がありました（シーケンス番号が宛先アドレスと同じ。偶然にそうなるのは約43億個に1個、251個そろう確率は2^-8032以下です）。このアドレスを使う機器が感染しているおそれがあります。',
    });
  });

  it.each([
    [1, 'info', 40],
    [2, 'info', 60],
    [3, 'high', 90],
  ])('on %i packets: severity %s, confidence %i', (packets, severity, confidence) => {
    const [finding] = judge(miraiSource([tcp(23, packets)]));
    expect(finding).toMatchObject({ identifier: 'mirai', severity, confidence, count: packets });
    expect(finding?.because.en.includes('could be forged')).toBe(packets < 3);
    expect(finding?.because.ja.includes('感染しているかどうか判断できません')).toBe(packets < 3);
  });

  it('says of a single packet that it is one', () => {
    const [finding] = judge(miraiSource([tcp(23, 1)], [], { lastSeenAt: START }));
    expect(finding?.because.en).toMatch(
      /^On 3 June 2026 at 18:02 UTC this address tried one unused address on port 23\/TCP\. The packet carries/,
    );
    expect(finding?.because.ja).toContain('1パケットだけなので、送信元が偽られている可能性があります。');
  });

  it('asks for agreement only among packets to the marked ports', () => {
    const withOthers = miraiSource([tcp(23, 10)], [tcp(80, 90)]);
    expect(judge(withOthers)[0]?.because.en).toContain('All 10 packets to these ports carry');
    const half = miraiSource([tcp(23, 10)], [], { ports: [tcp(23, 20)], synPackets: 20, packets: 20 });
    expect(judge(half)[0]).toMatchObject({ identifier: 'mirai', evidence: { facts: { agreement: 0.5 } } });
    expect(judge(half)[0]?.because.en).toContain('Of 20 packets to these ports, 10 carry');
  });

  it('calls a source with the mark on few of its packets an unmarked one', () => {
    const few = miraiSource([tcp(23, 9)], [], { ports: [tcp(23, 20)], synPackets: 20, packets: 20 });
    const [finding] = judge(few);
    expect(finding?.identifier).toBe('telnet-without-mark');
    expect(finding?.because.en).toContain('Of 20 packets only 9 carry');
  });

  it('does not count before the mark existed', () => {
    expect(judge(miraiSource([tcp(80, 5)], [], { lastSeenAt: Date.UTC(2015, 0, 1) }))).toEqual([]);
  });

  it('can be asked for more packets', () => {
    expect(judge(miraiSource([tcp(80, 4)]), { minPackets: 5 })).toEqual([]);
  });
});

describe('Telnet without the mark', () => {
  it('is another finding, less sure', () => {
    const [finding] = judge(scanningSource([tcp(23, 40), tcp(2323, 4)]));
    expect(finding).toMatchObject({
      kind: 'telnet-scanner',
      identifier: 'telnet-without-mark',
      severity: 'medium',
      confidence: 50,
      count: 44,
      classification: { taxonomy: 'information-gathering', type: 'scanner' },
    });
    expect(finding?.because.en).toContain('None of the 44 packets carries the mark');
    expect(finding?.because.ja).toContain('感染しているか、踏み台にされているおそれがあります');
  });

  it.each<[string, ScanningSourceRow]>([
    ['too few packets', scanningSource([tcp(23, 9)])],
    ['one address only', scanningSource([tcp(23, 500)], { targets: 1 })],
    ['a scanning tool', scanningSource([tcp(23, 500)], { marks: { ...NO_MARKS, zmap: 500 } })],
    ['a survey of many services', scanningSource([tcp(23, 500)], { distinctPorts: 200 })],
    ['mostly something else', scanningSource([tcp(23, 20), tcp(80, 21)])],
    ['Telnet over UDP, which is none', scanningSource([udp(23, 100)])],
    ['a single packet', scanningSource([tcp(23, 1)])],
  ])('is not seen in %s', (_, row) => {
    expect(judge(row)).toEqual([]);
  });
});

describe('families told by their ports', () => {
  it.each<[string, ScanningSourceRow, string]>([
    ['Satori', miraiSource([tcp(37215, 20), tcp(52869, 9), tcp(23, 4)]), 'satori/1'],
    ['the TR-069 worm', miraiSource([tcp(7547, 20), tcp(5555, 9)]), 'tr-069-worm/1'],
    ['ADB.Miner', miraiSource([tcp(5555, 30)]), 'adb-miner/1'],
    ['32 and 3232', miraiSource([tcp(32, 30), tcp(3232, 3)]), 'mirai-32-3232/1'],
  ])('%s stays a finding of the Mirai family and is said to fit', (_, row, edition) => {
    const [finding] = judge(row);
    const [id, version] = edition.split('/');
    expect(finding).toMatchObject({ identifier: 'mirai', evidence: { facts: { family: { id, version: Number(version) } } } });
    expect(finding?.because.en).toContain('The ports it seeks fit');
    expect(finding?.because.ja).toContain('と一致します');
  });

  it.each<[string, ScanningSourceRow]>([
    ['half of the set', miraiSource([tcp(37215, 20)])],
    ['the set among much else', miraiSource([tcp(37215, 20), tcp(52869, 9), tcp(80, 40)])],
    ['a day before it existed', miraiSource([tcp(37215, 20), tcp(52869, 9)], [], { lastSeenAt: Date.UTC(2017, 5, 1) })],
  ])('not %s', (_, row) => {
    expect(judge(row)[0]?.evidence.facts).not.toHaveProperty('family');
  });

  it('also without the mark, less sure, and never besides Telnet', () => {
    const findings = judge(scanningSource([tcp(5358, 30), tcp(23, 30)]));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({
      kind: 'infected-host',
      identifier: 'iot-5358',
      severity: 'medium',
      confidence: 60,
      evidence: { rule: { parameters: { fingerprint: 'iot-5358/1' } } },
    });
    expect(judge(scanningSource([tcp(5358, 30), tcp(23, 30)], { lastSeenAt: Date.UTC(2016, 11, 1) }))[0]?.identifier).toBe(
      'telnet-without-mark',
    );
    expect(judge(scanningSource([tcp(5358, 30), tcp(23, 30)], { marks: { ...NO_MARKS, zmap: 60 } }))).toEqual([]);
  });
});

describe('what could be forged is put aside', () => {
  const flood = { protocol: 6, port: 22, from: START - 60_000, to: START + 540_000, sources: 600_000 };
  const inFlood = { ...judgeContext(), floods: [flood] };
  const single = (port: number) => miraiSource([tcp(port, 1)], [], { lastSeenAt: START });

  it('a host of one packet within a flood of such hosts is not named, marked or not', () => {
    expect(detector.judge(single(22), settings, inFlood)).toEqual([]);
    expect(detector.suppress?.(single(22), settings, inFlood)).toMatchObject({ reason: 'one-packet-flood', packets: 1 });
    const unmarked = scanningSource([tcp(22, 1)], { lastSeenAt: START });
    expect(detector.suppress?.(unmarked, settings, inFlood)?.reason).toBe('one-packet-flood');
  });

  it('elsewhere, at another time, or with more packets it counts as before', () => {
    expect(detector.judge(single(23), settings, inFlood)).toHaveLength(1);
    expect(detector.judge({ ...single(22), firstSeenAt: START + 540_000 }, settings, inFlood)).toHaveLength(1);
    expect(detector.judge(miraiSource([tcp(22, 2)]), settings, inFlood)).toHaveLength(1);
  });

  it.each<[string, ScanningSourceRow, string | undefined]>([
    ['one packet with the mark', single(23), 'single-packet'],
    ['one packet to Telnet', scanningSource([tcp(23, 1)]), 'single-packet'],
    ['two packets with the mark', miraiSource([tcp(23, 2)]), 'few-packets'],
    ['three', miraiSource([tcp(23, 3)]), undefined],
    ['one packet to somewhere else', scanningSource([tcp(80, 1)]), undefined],
  ])('%s', (_, row, reason) => {
    expect(detector.suppress?.(row, settings, judgeContext())?.reason).toBe(reason);
  });
});

it('never gives one source both findings, nor words in one language only', () => {
  const counts = fc.record({ telnet: fc.nat(60), other: fc.nat(60), marked: fc.nat(60), targets: fc.nat(100) });
  fc.assert(
    fc.property(counts, ({ telnet, other, marked, targets }) => {
      const mirai = Math.min(marked, telnet);
      const row = scanningSource([tcp(23, telnet), tcp(80, other)], {
        targets,
        marks: { ...NO_MARKS, mirai },
        miraiPorts: mirai > 0 ? [tcp(23, mirai)] : [],
      });
      const findings = judge(row);
      expect(findings.length).toBeLessThanOrEqual(1);
      for (const { because, count } of findings) {
        expect(because.ja).toMatch(/。$/);
        expect(because.en).toMatch(/\.$/);
        expect(`${because.ja}${because.en}`).not.toMatch(/undefined|NaN/);
        expect(count).toBeGreaterThan(0);
      }
    }),
  );
});
