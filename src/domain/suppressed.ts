/**
 * Evidence that was seen and put aside, with the reason.
 *
 * A sender can be forged, so some packets prove nothing about the host they name. They are
 * not thrown away silently: each sensor and day has a count per reason, so that an analyst
 * sees how much was set aside and why.
 */
import type { PortCount } from './question.ts';
import type { Text } from './text.ts';

export const SUPPRESSION_REASONS = ['single-packet', 'few-packets', 'one-packet-flood', 'backscatter', 'weak-backscatter'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** What one judged row leaves aside. */
export interface Suppression {
  readonly reason: SuppressionReason;
  readonly packets: number;
  readonly firstAt: number; // Unix ms
  readonly lastAt: number;
  /** Where the packets went; what most of the sources tried is shown. */
  readonly ports: readonly PortCount[];
}

/** The sum over a sensor's day. */
export interface SuppressedEvidence {
  readonly reason: SuppressionReason;
  readonly sources: number;
  readonly packets: number;
  readonly firstAt: number;
  readonly lastAt: number;
  /** The ports most sources tried; `packets` of each are those put aside. */
  readonly ports: readonly (PortCount & { readonly sources: number })[];
}

export const SUPPRESSION_TEXTS: Readonly<Record<SuppressionReason, Text>> = {
  'single-packet': {
    ja: '1パケットだけの目印です。送信元は簡単に偽れるため、記録だけして対応の対象にしません。',
    en: 'A mark on one packet only. A sender is easily forged, so it is recorded and nobody is bothered with it.',
  },
  'few-packets': {
    ja: '目印のあるパケットが少なく、送信元が偽られている可能性を除けないため、記録だけします。',
    en: 'Too few packets with the mark to rule out a forged sender: recorded only.',
  },
  'one-packet-flood': {
    ja: '短い時間に、1パケットだけの送信元が1つのポートに大量に現れました。送信元を偽った通信とみられるため、送信元ごとの検出はしません。',
    en: 'A great many senders with one packet each at one port within minutes: forged senders look like this, so none of them is named.',
  },
  backscatter: {
    ja: '攻撃を受けた機器からの応答です。感染やスキャンの証拠にはしません。',
    en: 'Answers of an attacked host: never evidence of an infection or a scan.',
  },
  'weak-backscatter': {
    ja: '応答が少ないか短いため、攻撃とは判断しませんでした。感染やスキャンの証拠にもしません。',
    en: 'Answers too few or too short to be called an attack, and no evidence of an infection or a scan either.',
  },
};

const PORTS_KEPT = 5;
/** A survey must not make the count of ports grow without bound. */
const PORTS_COUNTED = 5000;

interface Sum {
  sources: number;
  packets: number;
  firstAt: number;
  lastAt: number;
  readonly ports: Map<number, { sources: number; packets: number }>;
}

/** Sums suppressions up by reason; memory stays flat however many rows there are. */
export class SuppressionCount {
  readonly #sums = new Map<SuppressionReason, Sum>();

  add({ reason, packets, firstAt, lastAt, ports }: Suppression): void {
    let sum = this.#sums.get(reason);
    if (!sum) this.#sums.set(reason, (sum = { sources: 0, packets: 0, firstAt, lastAt, ports: new Map() }));
    sum.sources++;
    sum.packets += packets;
    sum.firstAt = Math.min(sum.firstAt, firstAt);
    sum.lastAt = Math.max(sum.lastAt, lastAt);
    for (const port of ports) addPort(sum.ports, port);
  }

  rows(): SuppressedEvidence[] {
    return [...this.#sums].map(([reason, { ports, ...sum }]) => ({ reason, ...sum, ports: busiest(ports) }));
  }
}

const KEY_BASE = 65_536;

function addPort(ports: Sum['ports'], { protocol, port, packets }: PortCount): void {
  const key = protocol * KEY_BASE + port;
  const known = ports.get(key);
  if (known) {
    known.sources++;
    known.packets += packets;
  } else if (ports.size < PORTS_COUNTED) ports.set(key, { sources: 1, packets });
}

function busiest(ports: Sum['ports']): SuppressedEvidence['ports'] {
  return [...ports]
    .sort(([keyA, a], [keyB, b]) => b.sources - a.sources || keyA - keyB)
    .slice(0, PORTS_KEPT)
    .map(([key, sum]) => ({ protocol: Math.floor(key / KEY_BASE), port: key % KEY_BASE, ...sum }));
}
