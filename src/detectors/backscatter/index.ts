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
import type { Suppression } from '../../domain/suppressed.ts';
import type { Text } from '../../domain/text.ts';
import { defineDetector, type JudgeContext } from '../../engine/modules.ts';
import { clock, formatCount, formatPeriod, formatPorts, formatTargets, hasPort, joinSentences, targetsOf } from '../wording.ts';
import {
  type AttackInterval,
  type BusiestMinute,
  busiestMinute,
  estimateRate,
  isAttack,
  peakNeeded,
  type RateEstimate,
  toIntervals,
} from './attack.ts';
import { type Settings, settingsSchema } from './schema.ts';

const ID = 'backscatter';
const VERSION = 2;

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
    const course = courseOf(row, settings, context);
    return course ? [toFinding(row, course, settings, context)] : [];
  },
  suppress(row, settings, context): Suppression {
    const reason = courseOf(row, settings, context) ? 'backscatter' : 'weak-backscatter';
    return { reason, packets: row.packets, firstAt: row.firstSeenAt, lastAt: row.lastSeenAt, ports: row.services.slice(0, 1) };
  },
});

/** When it was attacked: `attacks` are those intervals that are attacks by themselves. */
interface Course {
  readonly intervals: readonly AttackInterval[];
  readonly attacks: readonly AttackInterval[];
}

/**
 * A victim by one of its intervals, or by its day as a whole: at a small telescope a long
 * weak flood has pauses. Undefined: no attack.
 */
function courseOf(row: BackscatterVictimRow, settings: Settings, { sensor }: JudgeContext): Course | undefined {
  if (targetsOf(row) < settings.minTargets || row.packets < settings.minPackets) return undefined;
  const { minPackets, minSeconds } = settings;
  const limits = { minPackets, minSeconds, minInWindow: peakNeeded(settings.minPeakPackets, sensor.addresses) };
  const intervals = toIntervals(row, settings.joinGapMinutes);
  const attacks = intervals.filter((interval) => isAttack(interval, limits));
  const isLong = row.lastSeenAt - row.firstSeenAt >= minSeconds * 1000;
  const isDense = intervals.some(({ window }) => window.least >= limits.minInWindow);
  return attacks.length > 0 || (isLong && isDense) ? { intervals, attacks } : undefined;
}

function toFinding(row: BackscatterVictimRow, course: Course, settings: Settings, context: JudgeContext): DetectedFinding {
  const flood = floodOf(row.services);
  const busiest = busiestMinute(row);
  const { addresses } = context.sensor;
  const rate = addresses === null ? undefined : estimateRate(busiest.packets, addresses);
  const isSure = row.packets >= MANY_PACKETS && course.attacks.length > 0;
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
    confidence: isSure ? CONFIDENCE_OF_MANY : CONFIDENCE_OF_FEW,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    count: row.packets,
    sourcePort: null, // it answers, it did not connect
    because: joinSentences(answered(row), attacked(row, flood), times(course), peaked(busiest, rate)),
    evidence: {
      rule: { id: ID, version: VERSION, parameters: settings },
      facts: { ...factsOf(row, course, addresses), busiestMinute: busiest, ...rateFacts(addresses, rate) },
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

function factsOf(row: BackscatterVictimRow, { intervals, attacks }: Course, addresses: number | null): Record<string, unknown> {
  const shown = new Set([...intervals].sort((a, b) => b.packets - a.packets).slice(0, INTERVALS_KEPT));
  return {
    packets: row.packets,
    targets: targetsOf(row),
    areTargetsALowerBound: row.areTargetsALowerBound,
    services: row.services.slice(0, 10),
    distinctServices: row.services.length,
    answers: answersByProtocol(row.services),
    intervals: intervals.filter((interval) => shown.has(interval)).map((interval) => intervalFacts(interval, attacks, addresses)),
    intervalCount: intervals.length,
    attackCount: attacks.length,
    window: { seconds: 60, resolution: 'minute' },
  };
}

function intervalFacts(interval: AttackInterval, attacks: readonly AttackInterval[], addresses: number | null): Record<string, unknown> {
  const minutes = Math.max(1, (interval.to - interval.from) / 60_000);
  const mean = addresses === null ? undefined : toFigures(estimateRate(interval.packets, addresses, minutes));
  return { ...interval, isAttack: attacks.includes(interval), ...(mean ? { estimatedMean: mean } : {}) };
}

/** ICMP errors count under the protocol of the packet they quote. */
function answersByProtocol(services: readonly PortCount[]): Record<string, number> {
  const sums = FLOODS.map((flood) => {
    const own = services.filter((service) => floodOfProtocol(service.protocol) === flood);
    return [flood.transport ?? 'other', own.reduce((sum, { packets }) => sum + packets, 0)] as const;
  });
  return Object.fromEntries(sums.filter(([, packets]) => packets > 0));
}

function rateFacts(addresses: number | null, rate: RateEstimate | undefined): Record<string, unknown> {
  if (!rate) return {};
  return { sensorAddresses: addresses, estimatedPeak: { ...toFigures(rate), method: 'Moore et al. 2001, Poisson 95 %' } };
}

function toFigures({ packetsPerSecond, low, high }: RateEstimate): RateEstimate {
  const [middle = 0, least = 0, most = 0] = [packetsPerSecond, low, high].map((value) => Number(value.toPrecision(2)));
  return { packetsPerSecond: middle, low: least, high: most };
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

const ATTACKS_NAMED = 3;

/** Only where there were several: one is what the first sentence says. */
function times({ attacks }: Course): Text | undefined {
  if (attacks.length < 2) return undefined;
  const named = [...attacks].sort((a, b) => b.packets - a.packets).slice(0, ATTACKS_NAMED);
  const spans = named.sort((a, b) => a.from - b.from).map(({ from, to }) => `${clock(new Date(from))}–${clock(new Date(to))}`);
  const count = formatCount(attacks.length);
  const isAll = named.length === attacks.length;
  return {
    ja: `攻撃は${count}回に分かれています（${isAll ? '' : '大きいものは'}${spans.join('、')}、UTC）。`,
    en: `There were ${count} separate attacks (${isAll ? '' : 'the largest at '}${spans.join(', ')} UTC).`,
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
