import { describe, expect, it } from 'vitest';
import type { BackscatterVictimRow } from '../../domain/question.ts';
import { icmp, judgeContext, START, tcp, udp, victim } from '../rows.test-support.ts';
import detector from './index.ts';

const settings = detector.settings.parse({});
const judge = (row: BackscatterVictimRow, addresses: number | null = 65_536) => detector.judge(row, settings, judgeContext(addresses));
const FLOOD = { 0: 36, 1: 30, 2: 24, 30: 10 };

describe('a flooded host', () => {
  it('is the victim, with its attacks and their strength', () => {
    const [finding] = judge(victim(FLOOD));
    expect(finding).toMatchObject({
      kind: 'dos-victim',
      identifier: 'syn-flood',
      asset: { kind: 'ip', value: '198.51.100.9' },
      port: 443,
      transport: 'tcp',
      role: 'victim',
      classification: { taxonomy: 'availability', type: 'ddos' },
      severity: 'medium',
      confidence: 85,
      count: 100,
      sourcePort: null,
      evidence: {
        rule: { id: 'backscatter', version: 2, parameters: settings },
        facts: {
          intervals: [
            {
              from: START,
              to: START + 179_000,
              packets: 90,
              peakPerMinute: 36,
              window: { least: 36, most: 65 },
              isAttack: true,
              estimatedMean: { packetsPerSecond: 33_000, low: 26_000, high: 40_000 },
            },
            { from: START + 1_800_000, to: START + 1_859_000, packets: 10, peakPerMinute: 10, isAttack: false },
          ],
          intervalCount: 2,
          attackCount: 1,
          answers: { tcp: 100 },
          busiestMinute: { at: START, packets: 36 },
          estimatedPeak: { packetsPerSecond: 39_000, low: 26_000, high: 52_000 },
        },
      },
    });
    expect(finding?.because).toEqual({
      en: 'From 3 June 2026, 18:02 to 18:32 UTC this address sent 100 answers to about 100 unused addresses that had asked it nothing. Somebody seems to flood it with TCP connection requests (a SYN flood) under forged senders, aimed at 443/TCP: it may be under a denial-of-service attack. This is no sign of an infection. The busiest minute began at 18:02 UTC with 36 answers. For the whole Internet this suggests about 39,000 packets a second (95% interval 26,000 to 52,000).',
      ja: '2026年6月3日18:02〜18:32（UTC）に、何も送っていない約100個の未使用アドレスへ、このアドレスから100個の応答が届きました。送信元を偽ったTCPの接続要求（SYNフラッド）が大量に届き、このアドレス（443/TCP）がDoS攻撃を受けているおそれがあります。感染を示すものではありません。最も多かったのは18:02（UTC）からの1分間で、36個でした。インターネット全体では毎秒約39,000個（95%の幅で26,000〜52,000個）と推定されます。',
    });
  });

  it('gets no extrapolation from a sensor of unknown size', () => {
    const [finding] = judge(victim(FLOOD), null);
    expect(finding?.evidence.facts).not.toHaveProperty('estimatedPeak');
    expect(finding?.because.en).toMatch(/with 36 answers\.$/);
  });

  it.each<[string, BackscatterVictimRow, string, string | null, number | null]>([
    ['a UDP service', victim(FLOOD, { service: udp(53, 100) }), 'udp-flood', 'udp', 53],
    ['ping replies', victim(FLOOD, { service: icmp(100) }), 'icmp-flood', 'icmp', null],
    ['another protocol', victim(FLOOD, { service: { protocol: 47, port: 0, packets: 100 } }), 'other-flood', null, null],
    ['several ports', victim(FLOOD, { services: [tcp(443, 60), tcp(80, 40)] }), 'syn-flood', 'tcp', null],
    ['one port and a little else', victim(FLOOD, { services: [tcp(443, 95), icmp(5)] }), 'syn-flood', 'tcp', 443],
    ['pings mostly', victim(FLOOD, { services: [icmp(60), tcp(443, 40)] }), 'icmp-flood', 'icmp', null],
  ])('shows by its answers what it was flooded with: %s', (_, row, identifier, transport, port) => {
    expect(judge(row)[0]).toMatchObject({ identifier, transport, port });
  });

  it('is believed less on few answers', () => {
    expect(judge(victim({ 0: 13, 5: 12 }))[0]?.confidence).toBe(65);
  });
});

describe('not an attack', () => {
  it.each<[string, BackscatterVictimRow, number | null]>([
    ['few answers', victim({ 0: 12, 5: 12 }), 65_536],
    ['a moment only', victim({ 0: 100 }, { lastSeenAt: START + 59_000 }), 65_536],
    ['one address answered again and again', victim(FLOOD, { targets: 1 }), 65_536],
    ['single answers all day at a small sensor', victim(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [i * 30, 1]))), 65_536],
    ['a trickle at a large sensor', victim({ 0: 29, 5: 29 }), 2 ** 24],
  ])('%s', (_, row, addresses) => {
    expect(judge(row, addresses)).toEqual([]);
  });
});

describe('several attacks on one day', () => {
  const twice = victim({ 0: 20, 1: 20, 60: 30, 61: 30, 62: 30 });

  it('are one finding that tells them apart', () => {
    const findings = judge(twice);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ confidence: 85, evidence: { facts: { attackCount: 2, intervalCount: 2 } } });
    expect(findings[0]?.because.en).toContain('There were 2 separate attacks (18:02–18:03, 19:02–19:04 UTC).');
    expect(findings[0]?.because.ja).toContain('攻撃は2回に分かれています（18:02–18:03、19:02–19:04、UTC）。');
  });

  it('and answers below the limits are put aside with their reason', () => {
    expect(detector.suppress?.(twice, settings, judgeContext())).toMatchObject({ reason: 'backscatter', packets: 130 });
    expect(detector.suppress?.(victim({ 0: 3 }), settings, judgeContext())).toMatchObject({
      reason: 'weak-backscatter',
      ports: [{ protocol: 6, port: 443 }],
    });
  });
});
