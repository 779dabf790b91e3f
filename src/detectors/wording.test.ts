import { describe, expect, it } from 'vitest';
import { icmp, tcp, udp } from './rows.test-support.ts';
import { formatPeriod, formatPorts, formatTargets, joinSentences, onPorts, targetsOf } from './wording.ts';

const at = (text: string): number => Date.parse(`${text}Z`);

describe('a period', () => {
  it.each([
    ['2026-06-03T18:02:10', '2026-06-03T22:41:59', 'From 3 June 2026, 18:02 to 22:41 UTC', '2026年6月3日18:02〜22:41（UTC）に'],
    ['2026-06-03T18:02:10', '2026-06-03T18:02:59', 'On 3 June 2026 at 18:02 UTC', '2026年6月3日18:02（UTC）に'],
    [
      '2026-12-31T23:59:00',
      '2027-01-01T23:59:00',
      'From 31 December 2026, 23:59 to 1 January 2027, 23:59 UTC',
      '2026年12月31日23:59〜2027年1月1日23:59（UTC）に',
    ],
  ])('%s to %s', (first, last, en, ja) => {
    expect(formatPeriod(at(first), at(last))).toEqual({ en, ja });
  });
});

const of = (targets: number, packets = 10_000, areTargetsALowerBound = false) => ({ targets, packets, areTargetsALowerBound });

describe('targets', () => {
  it('are counted, estimated or bounded, and one is one', () => {
    expect(formatTargets(of(1)).en).toBe('one unused address');
    expect(formatTargets(of(9.8)).en).toBe('10 unused addresses');
    expect(formatTargets(of(1234.4))).toEqual({ en: 'about 1,234 unused addresses', ja: '約1,234個の未使用アドレス' });
    expect(formatTargets(of(266, 900, true))).toEqual({ en: 'at least 266 unused addresses', ja: '266個以上の未使用アドレス' });
  });

  it('are never more than the packets', () => {
    expect(targetsOf(of(12, 11))).toBe(11);
  });
});

describe('ports', () => {
  it('are named up to four and counted from there', () => {
    expect(formatPorts([tcp(23, 1)])).toEqual({ en: '23/TCP', ja: '23/TCP' });
    expect(formatPorts([tcp(23, 1), udp(53, 1)])).toEqual({ en: '23/TCP and 53/UDP', ja: '23/TCP、53/UDP' });
    expect(
      formatPorts(
        [1, 2, 3, 4, 5].map((port) => tcp(port, 1)),
        900,
      ),
    ).toEqual({
      en: '1/TCP, 2/TCP, 3/TCP, 4/TCP and 896 more',
      ja: '1/TCP、2/TCP、3/TCP、4/TCPほか896個のポート',
    });
  });

  it('join what was reached', () => {
    expect(onPorts([tcp(23, 1)])).toEqual({ en: 'on port 23/TCP', ja: 'の23/TCPへ' });
    expect(onPorts([tcp(23, 1), icmp(1)])).toEqual({ en: 'on ports 23/TCP and ICMP', ja: 'の23/TCP、ICMPへ' });
    expect(onPorts([icmp(1)])).toEqual({ en: 'by ICMP', ja: 'へICMPで' });
    expect(onPorts([{ protocol: 47, port: 0, packets: 1 }]).en).toBe('by IP protocol 47');
  });
});

it('joins sentences, with a space only where the language has one', () => {
  expect(joinSentences({ ja: '一。', en: 'One.' }, undefined, { ja: '二。', en: 'Two.' })).toEqual({ ja: '一。二。', en: 'One. Two.' });
});
