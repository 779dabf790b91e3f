/**
 * Finds hosts under denial-of-service attack by the answers they send to forged senders.
 *
 * An attacker who forges senders at random makes the victim answer the whole Internet, our
 * unused addresses among it. So the source of backscatter is the victim, and nothing is
 * wrong with it but the attack. What the answers answer tells the kind of flood: TCP
 * (SYN+ACK, RST or an ICMP error that quotes TCP) a SYN flood, a UDP service a UDP flood,
 * ping replies an ICMP flood. Attacks without forged senders, and reflected ones, leave no
 * backscatter and stay unseen.
 */
import type { DetectedFinding, Transport } from '../../domain/finding.ts';
import type { BackscatterVictimRow, PortCount } from '../../domain/question.ts';
import type { Text } from '../../domain/text.ts';
import { defineDetector, type JudgeContext } from '../../engine/modules.ts';
import { clock, formatCount, formatPeriod, formatPorts, formatTargets, hasPort, joinSentences, targetsOf } from '../wording.ts';
import { type BusiestMinute, busiestMinute, estimateRate, peakNeeded, type RateEstimate, toIntervals } from './attack.ts';
import { type Settings, settingsSchema } from './schema.ts';

const ID = 'backscatter';
const VERSION = 1;

/** Moore et al. asked for 100 packets; fewer are believed, but less. */
const MANY_PACKETS = 100;
const CONFIDENCE_OF_MANY = 85;
const CONFIDENCE_OF_FEW = 65;

/** A port is named as the attacked one when nearly all answers come from it. */
const DOMINANT_SHARE = 0.9;
const INTERVALS_KEPT = 20;

interface Flood {
  readonly identifier: 'syn-flood' | 'udp-flood' | 'icmp-flood' | 'other-flood';
  readonly transport: Transport | null;
  readonly title: Text;
  readonly protocols: readonly number[]; // IANA; empty: all others
}

const FLOODS: readonly Flood[] = [
  {
    identifier: 'syn-flood',
    transport: 'tcp',
    title: { ja: 'TCPの接続要求（SYNフラッド）', en: 'TCP connection requests (a SYN flood)' },
    protocols: [6],
  },
  {
    identifier: 'udp-flood',
    transport: 'udp',
    title: { ja: 'UDPの問い合わせ（UDPフラッド）', en: 'UDP requests (a UDP flood)' },
    protocols: [17],
  },
  { identifier: 'icmp-flood', transport: 'icmp', title: { ja: 'ping（ICMPフラッド）', en: 'pings (an ICMP flood)' }, protocols: [1, 58] },
  { identifier: 'other-flood', transport: null, title: { ja: 'パケット', en: 'packets' }, protocols: [] },
];

export default defineDetector({
  id: ID,
  version: VERSION,
  title: { ja: 'DoS攻撃を受けている機器', en: 'Hosts under denial-of-service attack' },
  description: {
    ja: '送信元を偽った攻撃への応答（跳ね返り）から、攻撃を受けているアドレスと攻撃の時間、強さを推定します。送信元を偽らない攻撃と、反射を使う攻撃は見えません。',
    en: 'Infers attacked addresses, and when and how hard they are attacked, from their answers to forged senders (backscatter). Attacks without forged senders and reflected attacks are not visible.',
  },
  question: 'backscatter-victims',
  settings: settingsSchema,
  judge(row, settings, context) {
    return isAttack(row, settings, context) ? [toFinding(row, settings, context)] : [];
  },
});

function isAttack(row: BackscatterVictimRow, settings: Settings, { sensor }: JudgeContext): boolean {
  return (
    row.packets >= settings.minPackets &&
    row.lastSeenAt - row.firstSeenAt >= settings.minSeconds * 1000 &&
    targetsOf(row) >= settings.minTargets &&
    busiestMinute(row).packets >= peakNeeded(settings.minPeakPackets, sensor.addresses)
  );
}

function toFinding(row: BackscatterVictimRow, settings: Settings, context: JudgeContext): DetectedFinding {
  const flood = floodOf(row.services);
  const busiest = busiestMinute(row);
  const { addresses } = context.sensor;
  const rate = addresses === null ? undefined : estimateRate(busiest.packets, addresses);
  return {
    tenant: context.tenant,
    kind: 'dos-victim',
    identifier: flood.identifier,
    asset: { kind: 'ip', value: row.source },
    port: dominantPort(row.services, row.packets),
    transport: flood.transport,
    role: 'victim',
    classification: { taxonomy: 'availability', type: 'ddos' },
    severity: 'medium',
    confidence: row.packets >= MANY_PACKETS ? CONFIDENCE_OF_MANY : CONFIDENCE_OF_FEW,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    count: row.packets,
    sourcePort: null, // it answers, it did not connect
    because: joinSentences(answered(row), attacked(row, flood), peaked(busiest, rate)),
    evidence: {
      rule: { id: ID, version: VERSION, parameters: settings },
      facts: { ...factsOf(row, settings), busiestMinute: busiest, ...rateFacts(addresses, rate) },
      sensors: [context.sensor.id],
    },
    origin: { module: ID },
    bucket: context.bucket,
  };
}

/** The kind of flood most answers belong to. */
function floodOf(services: readonly PortCount[]): Flood {
  const packetsOf = (flood: Flood): number =>
    services.filter((service) => flood === floodOfProtocol(service.protocol)).reduce((sum, { packets }) => sum + packets, 0);
  return FLOODS.reduce((best, flood) => (packetsOf(flood) > packetsOf(best) ? flood : best));
}

function floodOfProtocol(protocol: number): Flood | undefined {
  return FLOODS.find(({ protocols }) => protocols.includes(protocol)) ?? FLOODS.at(-1);
}

function dominantPort(services: readonly PortCount[], packets: number): number | null {
  const [first] = services;
  return first && hasPort(first) && first.packets >= packets * DOMINANT_SHARE ? first.port : null;
}

// ---- Facts

function factsOf(row: BackscatterVictimRow, { joinGapMinutes }: Settings): Record<string, unknown> {
  const intervals = toIntervals(row, joinGapMinutes);
  const largest = new Set([...intervals].sort((a, b) => b.packets - a.packets).slice(0, INTERVALS_KEPT));
  return {
    packets: row.packets,
    targets: targetsOf(row),
    areTargetsALowerBound: row.areTargetsALowerBound,
    services: row.services.slice(0, 10),
    distinctServices: row.services.length,
    intervals: intervals.filter((interval) => largest.has(interval)),
    intervalCount: intervals.length,
  };
}

function rateFacts(addresses: number | null, rate: RateEstimate | undefined): Record<string, unknown> {
  if (!rate) return {};
  const [packetsPerSecond, low, high] = [rate.packetsPerSecond, rate.low, rate.high].map((value) => Number(value.toPrecision(2)));
  return { sensorAddresses: addresses, estimatedPeak: { packetsPerSecond, low, high, method: 'Moore et al. 2001, Poisson 95 %' } };
}

// ---- Words

function answered(row: BackscatterVictimRow): Text {
  const period = formatPeriod(row.firstSeenAt, row.lastSeenAt);
  const targets = formatTargets(row);
  const packets = formatCount(row.packets);
  return {
    ja: `${period.ja}、何も送っていない${targets.ja}へ、このアドレスから${packets}個の応答が届きました。`,
    en: `${period.en} this address sent ${packets} answers to ${targets.en} that had asked it nothing.`,
  };
}

function attacked(row: BackscatterVictimRow, flood: Flood): Text {
  const ports = flood.transport === 'icmp' ? undefined : formatPorts(row.services);
  return {
    ja: `送信元を偽った${flood.title.ja}が大量に届き、このアドレス${ports ? `（${ports.ja}）` : ''}がDoS攻撃を受けているおそれがあります。感染を示すものではありません。`,
    en: `Somebody seems to flood it with ${flood.title.en} under forged senders${ports ? `, aimed at ${ports.en}` : ''}: it may be under a denial-of-service attack. This is no sign of an infection.`,
  };
}

function peaked({ at, packets }: BusiestMinute, rate: RateEstimate | undefined): Text {
  const [minute, count] = [clock(new Date(at)), formatCount(packets)];
  const scale = rate && scaled(rate);
  return {
    ja: `最も多かったのは${minute}（UTC）からの1分間で、${count}個でした。${scale?.ja ?? ''}`,
    en: `The busiest minute began at ${minute} UTC with ${count} answers.${scale ? ` ${scale.en}` : ''}`,
  };
}

function scaled({ packetsPerSecond, low, high }: RateEstimate): Text {
  const [middle, least, most] = [packetsPerSecond, low, high].map((value) => formatCount(Number(value.toPrecision(2))));
  return {
    ja: `インターネット全体では毎秒約${middle}個（95%の幅で${least}〜${most}個）と推定されます。`,
    en: `For the whole Internet this suggests about ${middle} packets a second (95% interval ${least} to ${most}).`,
  };
}
