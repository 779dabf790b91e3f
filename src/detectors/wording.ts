/**
 * The parts of the sentences findings are explained with, in both languages.
 *
 * A notice is read by someone who looks after machines, not after packets: times, counts
 * and ports are written out the same way everywhere, and times are in UTC because
 * providers match them with their records.
 */
import type { PortCount } from '../domain/question.ts';
import type { Text } from '../domain/text.ts';

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** Made once: a number's own toLocaleString makes one for every call, and millions are called for. */
const FIGURES = new Intl.NumberFormat('en-US');

export function formatCount(count: number): string {
  return FIGURES.format(Math.round(count));
}

/** 'From 3 June 2026, 18:02 to 22:41 UTC' and 「2026年6月3日18:02〜22:41（UTC）に」; opens a sentence. */
export function formatPeriod(firstAt: number, lastAt: number): Text {
  const [first, last] = [new Date(firstAt), new Date(lastAt)];
  const [start, end] = [clock(first), clock(last)];
  const isOneDay = firstAt - (firstAt % 86_400_000) === lastAt - (lastAt % 86_400_000);
  if (isOneDay && start === end) return { ja: `${dayJa(first)}${start}（UTC）に`, en: `On ${dayEn(first)} at ${start} UTC` };
  return {
    ja: `${dayJa(first)}${start}〜${isOneDay ? '' : dayJa(last)}${end}（UTC）に`,
    en: `From ${dayEn(first)}, ${start} to ${isOneDay ? '' : `${dayEn(last)}, `}${end} UTC`,
  };
}

export function clock(at: Date): string {
  return at.toISOString().slice(11, 16);
}

function dayEn(at: Date): string {
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

function dayJa(at: Date): string {
  return `${at.getUTCFullYear()}年${at.getUTCMonth() + 1}月${at.getUTCDate()}日`;
}

/** Distinct destinations are estimated from a bitmap; from here on the estimate may be off by one and more. */
const EXACT_TARGETS = 10;

interface Targets {
  readonly targets: number;
  readonly areTargetsALowerBound: boolean;
  readonly packets: number;
}

/** No source reaches more addresses than it sent packets, whatever the estimate says. */
export function targetsOf({ targets, packets }: Targets): number {
  return Math.min(Math.round(targets), packets);
}

/** 'about 240 unused addresses', 「約240個の未使用アドレス」. */
export function formatTargets(of: Targets): Text {
  const count = targetsOf(of);
  const figure = formatCount(count);
  if (count === 1) return { ja: '1個の未使用アドレス', en: 'one unused address' };
  if (of.areTargetsALowerBound) return { ja: `${figure}個以上の未使用アドレス`, en: `at least ${figure} unused addresses` };
  if (count <= EXACT_TARGETS) return { ja: `${figure}個の未使用アドレス`, en: `${figure} unused addresses` };
  return { ja: `約${figure}個の未使用アドレス`, en: `about ${figure} unused addresses` };
}

const PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 6: 'TCP', 17: 'UDP', 58: 'ICMPv6' };
const PORTS_NAMED = 4;

/** '23/TCP', '23/TCP and 2323/TCP', '22/TCP, 23/TCP, 80/TCP, 443/TCP and 12 more'. */
export function formatPorts(ports: readonly PortCount[], distinct: number = ports.length): Text {
  const names = ports.slice(0, PORTS_NAMED).map(portName);
  const others = Math.max(0, distinct - names.length);
  const listed = others > 0 ? [...names, `${formatCount(others)} more`] : names;
  const last = listed.length > 1 ? ` and ${listed.at(-1)}` : '';
  return {
    ja: `${names.join('、')}${others > 0 ? `ほか${formatCount(others)}個のポート` : ''}`,
    en: `${(last ? listed.slice(0, -1) : listed).join(', ')}${last}`,
  };
}

/** 'on port 23/TCP' or 'by ICMP', 「の23/TCPへ」 or 「へICMPで」; follows what was reached. */
export function onPorts(ports: readonly PortCount[], distinct: number = ports.length): Text {
  const { ja, en } = formatPorts(ports, distinct);
  if (!ports.some(hasPort)) return { ja: `へ${ja}で`, en: `by ${en}` };
  return { ja: `の${ja}へ`, en: `on ${distinct === 1 ? 'port' : 'ports'} ${en}` };
}

export function hasPort({ protocol }: PortCount): boolean {
  return protocol === 6 || protocol === 17;
}

function portName(count: PortCount): string {
  const name = PROTOCOLS[count.protocol] ?? `IP protocol ${count.protocol}`;
  return hasPort(count) ? `${count.port}/${name}` : name;
}

/** Sentences one after another; Japanese needs no space between them. */
export function joinSentences(...sentences: readonly (Text | undefined)[]): Text {
  const said = sentences.filter((sentence) => sentence !== undefined);
  return { ja: said.map(({ ja }) => ja).join(''), en: said.map(({ en }) => en).join(' ') };
}
