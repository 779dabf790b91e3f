/** How sure we are, what else it could be, and what data of this kind cannot show. */
import type { FindingKind } from '../domain/finding.ts';
import type { Text } from '../domain/text.ts';
import { figureOf, isFromFeed, type Point, type Subject } from './subject.ts';
import { isForgeable } from './why.ts';
import { count, countEn, moment } from './words.ts';

const SURE = 85;
const FAIRLY_SURE = 60;

export function howSure({ confidence }: Subject): Text {
  const rule = {
    ja: '規則が定めた値で、過去の結果から測った割合ではありません。',
    en: 'The rule sets this figure; it is not a share measured on past results.',
  };
  if (confidence >= SURE) return { ja: `かなり確かです。${rule.ja}`, en: `We are rather sure. ${rule.en}` };
  if (confidence >= FAIRLY_SURE)
    return { ja: `確かと思われますが、ほかの説明も残ります。${rule.ja}`, en: `It is likely, but other explanations remain. ${rule.en}` };
  return {
    ja: `手がかりが少なく、これだけでは判断できません。${rule.ja}`,
    en: `There is little to go by: this alone decides nothing. ${rule.en}`,
  };
}

export function whatElse(subject: Subject): Point[] {
  if (isFromFeed(subject)) return [mistakenReport, alreadyFixed, sharedAddress(subject)];
  if (subject.kind === 'dos-victim') return [misdirected, notInfected, sharedAddress(subject)];
  return [research(subject), forged(subject), sharedAddress(subject)];
}

const mistakenReport: Point = {
  title: { ja: '報告の誤り', en: 'A mistake in the report' },
  text: {
    ja: '外から調べた結果なので、おとりの機器や中継する機器を取り違えていることがあります。',
    en: 'It was looked at from outside; decoys and devices in between can be mistaken for it.',
  },
};

const alreadyFixed: Point = {
  title: { ja: 'すでに直っている', en: 'It may be fixed already' },
  text: { ja: '報告は届くまでに1日ほどかかります。', en: 'Reports arrive about a day after the look.' },
};

const misdirected: Point = {
  title: { ja: '設定の誤り', en: 'A wrong setting' },
  text: {
    ja: '宛先を誤った機器も未使用アドレスに送りますが、相手は1つか少数です。散らばり方で分けています。',
    en: 'A device with a wrong address also sends here, but to one or few of them. How far the answers scatter tells the two apart.',
  },
};

const notInfected: Point = {
  title: { ja: '感染ではありません', en: 'This is no infection' },
  text: {
    ja: '返事をしている側は被害者です。この観測から、その機器に問題があるとはいえません。',
    en: 'Who answers is the victim. Nothing here says that anything is wrong with the host itself.',
  },
};

function research(subject: Subject): Point {
  const isKnown = typeof subject.evidence.facts['knownScanner'] === 'object' && subject.evidence.facts['knownScanner'] !== null;
  return {
    title: { ja: 'セキュリティー調査の機関', en: 'A security research body' },
    text: isKnown
      ? { ja: '名乗り出ている調査元の一覧にあります。', en: 'It is on the list of declared scanners.' }
      : {
          ja: '名乗り出ている調査元の一覧にはありません。名乗らない調査は見分けられません。',
          en: 'It is not on the list of declared scanners. Research that does not declare itself looks the same.',
        },
  };
}

function forged(subject: Subject): Point {
  const [packets, minutes] = [figureOf(subject, 'packets') ?? subject.count, figureOf(subject, 'minutes')];
  const title = { ja: '送信元の偽装', en: 'A forged source address' };
  if (isForgeable(subject)) {
    return {
      title,
      text: {
        ja: `${count(packets)}個しか届いていないので、別の誰かがこのアドレスを名乗った可能性があります。`,
        en: `Only ${countEn(packets, 'packet')} came, so somebody else could have used this address as a sender.`,
      },
    };
  }
  return {
    title,
    text:
      minutes !== null && minutes > 1
        ? {
            ja: `${count(minutes)}分にわたって同じ癖のパケットが${count(packets)}個届いており、考えにくいです。`,
            en: `Unlikely: ${countEn(packets, 'packet')} with the same habits came in ${count(minutes)} different minutes.`,
          }
        : {
            ja: 'ごく短い時間に届いたので、否定しきれません。',
            en: 'It all came within a moment, so this cannot be ruled out.',
          },
  };
}

const sharedAddress = ({ constituent }: Subject): Point => ({
  title: { ja: '同じアドレスを使う別の人や機器', en: 'Somebody else behind the same address' },
  text: constituent
    ? {
        ja: `アドレスは${constituent.ja}のものですが、その先のどの機器かはわかりません。`,
        en: `The address is that of ${constituent.en}, but which device behind it is unknown.`,
      }
    : {
        ja: 'アドレスは共有されたり、割り当てが変わったりします。時刻と合わせて確かめてください。',
        en: 'Addresses are shared and handed on. Compare the time as well.',
      },
});

// ---- What the data could not show

const BY_KIND: Readonly<Partial<Record<FindingKind, readonly Text[]>>> = {
  'infected-host': [
    {
      ja: 'いつ感染したか、何が盗まれたか、ほかの機器に広がったか。',
      en: 'When it was infected, what was taken, whether it spread to other devices.',
    },
  ],
  'telnet-scanner': [
    { ja: '不正なプログラムによるものか、人の操作によるものか。', en: 'Whether unwanted software or a person is behind it.' },
  ],
  scanner: [{ ja: '何のために探しているか、見つけた相手に何をしたか。', en: 'What it is looking for, and what it did to those it found.' }],
  'dos-victim': [
    { ja: '誰が攻撃しているか、サービスが実際に止まったか。', en: 'Who attacks, and whether the service really stopped.' },
    {
      ja: '送信元を偽らない攻撃と、ほかの機器に反射させる攻撃は、この方法では見えません。',
      en: 'Attacks without forged senders, and attacks reflected off others, are not visible this way.',
    },
  ],
};

export function whatWasUnseen(subject: Subject): Text[] {
  const slowest = figureOf(subject, 'slowestVisiblePacketsPerSecond');
  return [
    { ja: 'アドレスの先にある、どの機器か。', en: 'Which device behind the address it is.' },
    ...(BY_KIND[subject.kind] ?? []),
    ...(isFromFeed(subject) ? [] : [smallWindow(subject)]),
    ...(slowest === null ? [] : [tooSlow(slowest)]),
    silence(subject),
  ];
}

function smallWindow(subject: Subject): Text {
  const addresses = figureOf(subject, 'sensorAddresses');
  if (addresses === null)
    return { ja: '観測していないアドレスへ、ほかに何を送ったか。', en: 'What else it sent to addresses that we do not watch.' };
  return {
    ja: `観測しているのは${count(addresses)}個のアドレスだけです。ほかに何を送ったかは、わかりません。`,
    en: `We watch ${count(addresses)} addresses only; what it sent elsewhere is unknown.`,
  };
}

const tooSlow = (slowest: number): Text => ({
  ja: `インターネット全体で毎秒${count(slowest)}個より遅いスキャンは、このセンサーでは見落とすことがあります。`,
  en: `This sensor may miss scans slower than ${countEn(slowest, 'packet')} a second over the whole Internet.`,
});

function silence({ lastSeenAt }: Subject): Text {
  const last = moment(lastSeenAt);
  return {
    ja: `${last.ja}のあとは観測されていません（安全という意味ではありません）。`,
    en: `It has not been observed since ${last.en} (which does not mean safe).`,
  };
}
