import { describe, expect, it } from 'vitest';
import { parsePrefix } from '../../domain/address.ts';
import type { ScanningSourceRow } from '../../domain/question.ts';
import infectedHost from '../infected-host/index.ts';
import { icmp, judgeContext, miraiSource, NO_MARKS, scanningSource, tcp, udp } from '../rows.test-support.ts';
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
      source: 'https://www.example.org/scanning',
      checkedOn: '2026-06-01',
    },
  ]);

  it('is recorded and alarms nobody, also where it seeks Telnet', () => {
    for (const row of [scanningSource([tcp(443, 30)]), scanningSource([tcp(23, 30)])]) {
      const [finding] = known.judge(row, settings, judgeContext());
      expect(finding).toMatchObject({
        severity: 'info',
        evidence: { facts: { knownScanner: { id: 'example-scan', source: 'https://www.example.org/scanning', checkedOn: '2026-06-01' } } },
      });
      expect(finding?.because.en).toContain('Example Research publishes this address as one of its scanners (looked up on 2026-06-01).');
      expect(finding?.because.ja).toContain('例の調査機関がスキャンの送信元として公表しています（2026-06-01に確認）。');
    }
    expect(known.judge(scanningSource([tcp(443, 30)], { source: '198.51.100.1' }), settings, judgeContext())[0]?.severity).toBe('low');
  });
});
