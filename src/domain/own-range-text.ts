/** The sentence that an alert about own addresses says of itself, with its figures and its threshold. */
import type { OwnRangeAlert, OwnRangeClass } from './own-range.ts';
import type { PortCount } from './question.ts';
import type { Text } from './text.ts';

/** Why so few packets are believed, and fewer are not: stated in every alert. */
export interface Thresholds {
  readonly leastPackets: number;
  readonly leastTargets: number;
  readonly leastAnswers: number;
}

export const OWN_RANGE_TITLES: Readonly<Record<OwnRangeClass, Text>> = {
  OUTBOUND_INFECTION: { ja: '外への感染活動', en: 'Infection reaching out' },
  INTERNAL_SPREAD: { ja: '組織内での広がり', en: 'Spreading inside' },
  UNDER_ATTACK: { ja: '攻撃を受けている', en: 'Under attack' },
};

const MOST_PORTS = 4;
const figure = new Intl.NumberFormat('en-US');
const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };

export function portName({ protocol, port }: Pick<PortCount, 'protocol' | 'port'>): string {
  const name = PROTOCOLS[protocol] ?? String(protocol);
  return protocol === 1 || protocol === 58 ? name : `${port}/${name}`;
}

type Seen = Pick<OwnRangeAlert, 'host' | 'class' | 'packets' | 'targets' | 'ports' | 'firstSeenAt' | 'lastSeenAt' | 'sensors'>;

const utc = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

export function becauseOf(alert: Seen, thresholds: Thresholds): Text {
  const ports = alert.ports.slice(0, MOST_PORTS).map(portName);
  const facts = {
    host: alert.host,
    packets: figure.format(alert.packets),
    targets: figure.format(alert.targets),
    times: `${utc(alert.firstSeenAt)}–${utc(alert.lastSeenAt)} UTC`,
    ports: { ja: ports.join('、'), en: ports.join(', ') },
    sensors: alert.sensors.length,
  };
  return SENTENCES[alert.class](facts, thresholds);
}

interface Facts {
  readonly host: string;
  readonly packets: string;
  readonly targets: string;
  readonly times: string;
  readonly ports: Text;
  readonly sensors: number;
}

const believed = ({ leastPackets, leastTargets }: Thresholds): Text => ({
  ja: `1個だけのパケットは送信元を偽れるため、${leastPackets}パケット以上、または宛先${leastTargets}個以上のときだけお知らせしています。`,
  en: `The sender of a single packet can be forged, so we only tell you from ${leastPackets} packets or ${leastTargets} targets on.`,
});

const SENTENCES: Readonly<Record<OwnRangeClass, (facts: Facts, thresholds: Thresholds) => Text>> = {
  OUTBOUND_INFECTION: ({ host, packets, targets, times, ports }, thresholds) => ({
    ja: `${host} から、だれも使っていない外部のアドレス約${targets}個（${ports.ja}）へ、${packets}パケットが届きました（${times}）。この機器がマルウェアに感染しているおそれがあります。${believed(thresholds).ja}`,
    en: `${host} sent ${packets} packets to about ${targets} outside addresses that nobody uses (${ports.en}; ${times}). A device behind this address may be infected. ${believed(thresholds).en}`,
  }),
  INTERNAL_SPREAD: ({ host, packets, targets, times, ports }, thresholds) => ({
    ja: `${host} から、貴組織の使われていないアドレス約${targets}個（${ports.ja}）へ、${packets}パケットが届きました（${times}）。組織の中で感染が広がっているか、設定が誤っているおそれがあります。${believed(thresholds).ja}`,
    en: `${host} sent ${packets} packets to about ${targets} unused addresses of your own (${ports.en}; ${times}). An infection may be spreading inside, or something is misconfigured. ${believed(thresholds).en}`,
  }),
  UNDER_ATTACK: ({ host, packets, targets, times, ports }, { leastAnswers }) => ({
    ja: `${host} から、こちらが求めていない応答が${packets}パケット、約${targets}個の未使用アドレスに届きました（${ports.ja}、${times}）。送信元を偽った攻撃をこの機器が受けているときに見られる跳ね返りです。感染しているという意味ではありません。応答が${leastAnswers}パケットに満たないものはお知らせしていません。`,
    en: `${host} sent ${packets} answers nobody asked for to about ${targets} unused addresses (${ports.en}; ${times}). This is what comes back while the host is attacked with forged senders. It does not mean that the host is infected. Fewer than ${leastAnswers} answers are not reported.`,
  }),
};
