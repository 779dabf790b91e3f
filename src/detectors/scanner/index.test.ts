import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../domain/address.ts';
import { fingerprintText } from '../../domain/finding.ts';
import type { ScanningSourceRow, ScanSeries } from '../../domain/question.ts';
import infectedHost from '../infected-host/index.ts';
import { icmp, judgeContext, miraiSource, NO_MARKS, START, scanningSource, tcp, udp } from '../rows.test-support.ts';
import detector, { scannerDetector } from './index.ts';

const settings = detector.settings.parse({});
const judge = (row: ScanningSourceRow, addresses: number | null = 65_536) => detector.judge(row, settings, judgeContext(addresses));
const manyPorts = Array.from({ length: 12 }, (_, i) => tcp(8000 + i, 2));

describe('a scan', () => {
  it('with a known tool is named after it, with the odds', () => {
    const [finding] = judge(
      scanningSource([tcp(22, 400), tcp(80, 11)], { targets: 266, areTargetsALowerBound: true, marks: { ...NO_MARKS, masscan: 411 } }),
    );
    expect(finding).toMatchObject({
      kind: 'scanner',
      identifier: 'masscan',
      severity: 'low',
      confidence: 90,
      count: 411,
      role: 'source',
      classification: { taxonomy: 'information-gathering', type: 'scanner' },
      evidence: {
        rule: { id: 'scanner', version: 2, parameters: { minPackets: 20, fingerprint: 'masscan/1' } },
        facts: { tool: 'Masscan', markedPackets: 411, chancePerPacket: '2^-16', chanceOfAll: '2^-6576', sensorAddresses: 65_536 },
      },
    });
    expect(finding?.because).toEqual({
      en: 'From 3 June 2026, 18:02 to 22:41 UTC this address sent 411 probes to at least 266 unused addresses on ports 22/TCP and 80/TCP. Of 411 connection requests, 411 have the form in which the scanning tool Masscan sends them.',
      ja: '2026年6月3日18:02〜22:41（UTC）に、このアドレスから266個以上の未使用アドレスの22/TCP、80/TCPへ、合わせて411個の探索パケットが届きました。接続要求411個のうち411個が、スキャン用の道具Masscanの送る形と一致しました。',
    });
  });

  it.each<[string, ScanningSourceRow, string]>([
    ['ZMap', scanningSource([tcp(443, 30)], { marks: { ...NO_MARKS, zmap: 30 } }), 'zmap'],
    ['Nmap, one address and many ports', scanningSource(manyPorts, { targets: 1, marks: { ...NO_MARKS, nmap: 24 } }), 'nmap'],
    ['a tool on most packets', scanningSource([tcp(443, 100)], { marks: { ...NO_MARKS, zmap: 90, masscan: 1 } }), 'zmap'],
    ['too little agreement', scanningSource([tcp(443, 100)], { marks: { ...NO_MARKS, zmap: 89 } }), 'unknown'],
    ['no tool', scanningSource([udp(53, 30)]), 'unknown'],
    ['a ping sweep', scanningSource([icmp(25)]), 'unknown'],
    ['Telnet with a tool', scanningSource([tcp(23, 30)], { marks: { ...NO_MARKS, masscan: 30 } }), 'masscan'],
    ['Telnet within a survey', scanningSource([tcp(23, 30)], { distinctPorts: 40 }), 'unknown'],
  ])('is seen: %s', (_, row, identifier) => {
    expect(judge(row).map((finding) => finding.identifier)).toEqual([identifier]);
  });

  it.each<[string, ScanningSourceRow]>([
    ['too few packets', scanningSource([tcp(443, 19)])],
    ['one address, one port: a misdirected service', scanningSource([udp(514, 300)], { targets: 1 })],
    ['classes that are no probes', scanningSource([tcp(443, 300)], { synPackets: 0 })],
    ['a neighbour who mostly converses', scanningSource([tcp(443, 30)], { packets: 170 })],
    ['the Mirai mark', miraiSource([tcp(23, 100)])],
    ['the Mirai mark once, beside other packets', miraiSource([tcp(23, 1)], [tcp(80, 100)])],
    ['Telnet without a tool', scanningSource([tcp(23, 100)])],
  ])('is not seen in %s', (_, row) => {
    expect(judge(row)).toEqual([]);
  });

  it('and a search for Telnet are never the same finding', () => {
    for (const row of [
      scanningSource([tcp(23, 100)]),
      scanningSource([tcp(23, 100)], { distinctPorts: 40 }),
      scanningSource([tcp(23, 50), tcp(80, 60)]),
    ]) {
      const both = [...judge(row), ...infectedHost.judge(row, infectedHost.settings.parse({}), judgeContext())];
      expect(both).toHaveLength(1);
    }
  });
});

describe('what the sensor can see', () => {
  it('is said when its size is known', () => {
    const { facts } = judge(scanningSource([udp(53, 279)]))[0]?.evidence ?? {};
    expect(facts).toMatchObject({
      internetWidePacketsPerSecond: 1090, // 279 packets in 279 minutes, times 65,536
      slowestVisiblePacketsPerSecond: 21.1, // 27.9 expected for 20 seen at 95 %, in a day
    });
  });

  it('is not guessed when its size is unknown, nor a rate from a moment', () => {
    expect(judge(scanningSource([udp(53, 279)]), null)[0]?.evidence.facts).not.toHaveProperty('internetWidePacketsPerSecond');
    const burst = scanningSource([udp(53, 279)]);
    expect(judge({ ...burst, lastSeenAt: burst.firstSeenAt + 5000 })[0]?.evidence.facts).toMatchObject({
      internetWidePacketsPerSecond: null,
    });
  });
});

describe('a scanner that says who it is', () => {
  const prefix = parsePrefix('192.0.2.0/24');
  const known = scannerDetector([
    {
      id: 'example-scan',
      organisation: { ja: '例の調査機関', en: 'Example Research' },
      prefixes: prefix ? [prefix] : [],
      reverseNames: ['scan.example.org'],
      source: 'https://www.example.org/scanning',
      checkedOn: '2026-06-01',
    },
  ]);

  it('is recorded and alarms nobody, also where it seeks Telnet', () => {
    for (const row of [scanningSource([tcp(443, 30)]), scanningSource([tcp(23, 30)])]) {
      const [finding] = known.judge(row, settings, judgeContext());
      expect(finding).toMatchObject({
        severity: 'info',
        evidence: {
          facts: {
            label: 'benign',
            knownScanner: {
              id: 'example-scan',
              reverseNames: ['scan.example.org'],
              source: 'https://www.example.org/scanning',
              checkedOn: '2026-06-01',
            },
          },
        },
      });
      expect(finding?.because.en).toContain('Example Research publishes this address as one of its scanners (looked up on 2026-06-01).');
      expect(finding?.because.ja).toContain('例の調査機関がスキャンの送信元として公表しています（2026-06-01に確認）。');
    }
    expect(known.judge(scanningSource([tcp(443, 30)], { source: '198.51.100.1' }), settings, judgeContext())[0]?.severity).toBe('low');
  });
});

describe('scan events', () => {
  /** One probe a minute to as many addresses, minutes counted from START. */
  const series = (from: number, probes: number, port = 445): ScanSeries => ({
    protocol: 6,
    port,
    cells: Array.from({ length: probes }, (_, i) => ({
      minute: START / 1000 + (from + i) * 60,
      packets: 1,
      targetsHigh: i >= 32 ? 1 << (i - 32) : 0,
      targetsLow: i < 32 ? 1 << i : 0,
    })),
  });
  const day = judgeContext().from;

  it('stand in the evidence, the largest first, with their rate', () => {
    const [finding] = judge(scanningSource([tcp(445, 60)], { scans: [series(0, 20), series(0, 40, 22)] }));
    expect(finding?.evidence.facts).toMatchObject({
      eventCount: 2,
      eventTimeoutSeconds: 3018,
      events: [
        { port: 22, packets: 40, from: START, to: START + 40 * 60_000, internetWidePacketsPerSecond: 1090 },
        { port: 445, packets: 20 },
      ],
    });
  });

  it('make a scanner also where the day alone has too little, if they began before it', () => {
    const begun = (day - START) / 60_000 - 15;
    const [finding] = judge(scanningSource([tcp(445, 10)], { scans: [series(begun, 25)] }));
    expect(finding).toMatchObject({ count: 10, evidence: { facts: { events: [{ packets: 25, beganBefore: true }] } } });
    expect(judge(scanningSource([tcp(445, 10)]))).toEqual([]);
  });

  it('of the day before are no finding of this day', () => {
    expect(judge(scanningSource([tcp(445, 10)], { scans: [series((day - START) / 60_000 - 300, 25)] }))).toEqual([]);
  });

  it('make a sensor of unknown size patient', () => {
    const { facts = {} } = judge(scanningSource([tcp(445, 60)], { scans: [series(0, 60)] }), null)[0]?.evidence ?? {};
    expect(facts['events']).toMatchObject([{ packets: 60 }]);
    expect(facts).not.toHaveProperty('eventTimeoutSeconds');
    expect(detector.lookBackMs?.(settings, { id: 'roof', title: '', addresses: null })).toBe(6 * 3_600_000);
  });
});

describe('what to think of a scanner', () => {
  const facts = (row: ScanningSourceRow) => judge(row)[0]?.evidence.facts;

  it.each<[string, ScanningSourceRow, string]>([
    ['a small scan', scanningSource([tcp(443, 30)]), 'unknown'],
    ['a tenth of the sensor', scanningSource([tcp(443, 9000)], { targets: 266, areTargetsALowerBound: true }), 'suspicious'],
    ['thirty ports', scanningSource([tcp(443, 30)], { distinctPorts: 30 }), 'suspicious'],
    [
      'the mark of Mirai on a few packets',
      scanningSource([tcp(80, 100)], { marks: { ...NO_MARKS, mirai: 4 }, miraiPorts: [tcp(80, 4)] }),
      'malicious',
    ],
  ])('%s', (_, row, label) => {
    expect(facts(row)).toMatchObject({ label });
    const said = judge(row)[0]?.because;
    expect(said?.en.includes('malicious')).toBe(label === 'malicious');
    expect(said?.en.includes('searches widely')).toBe(label === 'suspicious');
  });

  it('who came very different ways could be forged', () => {
    expect(facts(scanningSource([tcp(443, 30)]))).toMatchObject({ spoofable: false });
    const row = scanningSource([tcp(443, 30)], { ttlMin: 40, ttlMax: 240 });
    expect(facts(row)).toMatchObject({ spoofable: true });
    expect(judge(row)[0]?.because.ja).toContain('TTLが大きくばらついています');
  });

  it('a growing scan stays one finding that says its decade', () => {
    const keys = [20, 9999, 10_000, 250_000].map((packets) => judge(scanningSource([tcp(443, packets)]))[0]);
    expect(new Set(keys.map((finding) => finding && fingerprintText(finding))).size).toBe(1);
    expect(keys.map((finding) => finding?.evidence.facts['decade'])).toEqual([1, 3, 4, 5]);
    expect(keys.map((finding) => /more than ([\d,]+) probes/.exec(finding?.because.en ?? '')?.[1])).toEqual([
      undefined,
      undefined,
      '10,000',
      '100,000',
    ]);
  });
});
