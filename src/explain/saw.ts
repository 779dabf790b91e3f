/**
 * What we saw, in figures a person can check: no judgement yet.
 *
 * A telescope watches addresses that nobody uses. What arrives there was not asked for,
 * which is why it can be counted without looking into anybody's communication.
 */
import type { Text } from '../domain/text.ts';
import { figureOf, isFromFeed, isTrue, type Point, type Subject } from './subject.ts';
import { count, countEn, lasted, moment } from './words.ts';

export function whatWeSaw(subject: Subject): Point[] {
  if (isFromFeed(subject)) return [reported(subject), when(subject)];
  if (subject.kind === 'dos-victim') return [answers(subject), when(subject)];
  if (['infected-host', 'telnet-scanner', 'scanner'].includes(subject.kind)) return [attempts(subject), ...ports(subject), when(subject)];
  return [
    { title: { ja: `${count(subject.count)}回の観測`, en: countEn(subject.count, 'observation') }, text: subject.because },
    when(subject),
  ];
}

function reported(subject: Subject): Point {
  const feed = [subject.origin.feed, subject.origin.report].filter((name) => name !== undefined).join(' / ');
  return {
    title: {
      ja: `外部の報告に${count(subject.count)}回載っていました`,
      en: `A third party reported it ${subject.count === 1 ? 'once' : `${count(subject.count)} times`}`,
    },
    text: { ja: `報告元は${feed}です。私たち自身の観測ではありません。`, en: `The report is ${feed}. We did not observe it ourselves.` },
  };
}

function targets(subject: Subject): Text | null {
  const figure = figureOf(subject, 'targets');
  if (figure === null) return null;
  const many = { ja: `${count(figure)}個`, en: countEn(figure, 'unused address', 'unused addresses') };
  if (isTrue(subject, 'areTargetsALowerBound')) return { ja: `${many.ja}以上`, en: `at least ${many.en}` };
  return figure <= 10 ? many : { ja: `約${many.ja}`, en: `about ${many.en}` };
}

function attempts(subject: Subject): Point {
  const packets = figureOf(subject, 'packets') ?? subject.count;
  const reached = targets(subject);
  return {
    title: {
      ja: `誰も使っていない${reached ? `${reached.ja}の` : ''}アドレスに、${count(packets)}個のパケットが届きました`,
      en: `${countEn(packets, 'packet')} reached ${reached?.en ?? 'addresses that nobody uses'}`,
    },
    text: {
      ja: `このアドレスの先には利用者もサービスもありません。ふつうの通信で届くことは、ほとんどありません。${inAll(subject, packets).ja}`,
      en: `There is neither a user nor a service at these addresses, so ordinary traffic hardly ever goes there.${inAll(subject, packets).en}`,
    },
  };
}

/** The evidence is that of the last day that was judged; a finding may be older and counts everything. */
function inAll({ count: total }: Subject, packets: number): Text {
  if (total <= packets) return { ja: '', en: '' };
  return {
    ja: `この数は最後に判断した日のもので、合わせると${count(total)}個です。`,
    en: ` The figure is of the last day that was judged; in all there were ${count(total)}.`,
  };
}

function ports(subject: Subject): Point[] {
  const distinct = figureOf(subject, 'distinctPorts');
  if (distinct === null) return [];
  return [
    {
      title: { ja: `試したポートは${count(distinct)}種類`, en: `It tried ${countEn(distinct, 'port')}` },
      text:
        distinct <= 3
          ? {
              ja: '決まった入口だけを探しています。',
              en: 'It looks for a few particular ways in.',
            }
          : {
              ja: 'いくつもの入口を順に試しています。',
              en: 'It tries many ways in, one after the other.',
            },
    },
  ];
}

function answers(subject: Subject): Point {
  const packets = figureOf(subject, 'packets') ?? subject.count;
  const reached = targets(subject);
  return {
    title: {
      ja: `頼んでいない返事が、${reached ? `${reached.ja}の未使用アドレスに` : ''}${count(packets)}個届きました`,
      en: `${countEn(packets, 'answer')} that nobody had asked for reached ${reached?.en ?? 'unused addresses'}`,
    },
    text: {
      ja: `未使用アドレスは何も送りません。誰かがそのアドレスを名乗って送ったものへの返事です。${inAll(subject, packets).ja}`,
      en: `Unused addresses send nothing. These answer somebody who used their names as a forged sender.${inAll(subject, packets).en}`,
    },
  };
}

function when({ firstSeenAt, lastSeenAt }: Subject): Point {
  const [first, last] = [moment(firstSeenAt), moment(lastSeenAt)];
  const span = lasted(firstSeenAt, lastSeenAt);
  return {
    title: { ja: `最後に見たのは${last.ja}`, en: `Last seen on ${last.en}` },
    text:
      lastSeenAt - firstSeenAt < 60_000
        ? { ja: '見たのはこのときだけです。', en: 'It was seen at that time only.' }
        : { ja: `最初は${first.ja}で、${span.ja}にわたります。`, en: `First on ${first.en}: over ${span.en}.` },
  };
}
