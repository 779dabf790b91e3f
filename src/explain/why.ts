/** Why we think so: each reason from one figure of the evidence, the weightiest first; the finding's own sentence stands before them. */
import { figureOf, intervalsOf, isFromFeed, isTrue, type Point, type Subject, wordOf } from './subject.ts';
import { count, countEn, lasted, percent } from './words.ts';

export function whyWeThinkSo(subject: Subject): Point[] {
  if (isFromFeed(subject)) return [ofReport()];
  if (subject.kind === 'infected-host') return [...mark(subject), ...persistence(subject)];
  if (subject.kind === 'telnet-scanner') return [...telnet(subject), ...persistence(subject)];
  if (subject.kind === 'scanner') return [...tool(subject), ...known(subject), ...rate(subject), ...persistence(subject)];
  return subject.kind === 'dos-victim' ? [backscatter(), ...stretches(subject), ...peak(subject)] : [];
}

const ofReport = (): Point => ({
  title: { ja: '報告の内容をそのまま判断に使っています', en: 'We pass on what the report says' },
  text: {
    ja: '項目の意味は、報告元が公開している説明に従っています。',
    en: 'Its columns are read as the reporter documents them.',
  },
});

function mark(subject: Subject): Point[] {
  const [marked, share] = [figureOf(subject, 'markedPackets'), figureOf(subject, 'agreement')];
  if (marked === null || marked === 0) return [];
  const all = wordOf(subject, 'chanceOfAll');
  return [
    {
      title: { ja: '送り方の癖が、知られた不正プログラムと同じ', en: 'The way it sends matches known unwanted software' },
      text: {
        ja: `${count(marked)}個のパケット${share === null ? '' : `（目印のあったポートあての${percent(share)}）`}で、通し番号が宛先アドレスと同じでした。偶然に全部がそうなる確率は${all ?? 'きわめて小さい値'}です。`,
        en: `In ${countEn(marked, 'packet')}${share === null ? '' : ` (${percent(share)} of those to the marked ports)`} the sequence number equals the destination. The chance that all of them do so by accident is ${all ?? 'tiny'}.`,
      },
    },
  ];
}

function telnet(subject: Subject): Point[] {
  const packets = figureOf(subject, 'telnetPackets');
  if (packets === null) return [];
  return [
    {
      title: { ja: 'Telnetで入れる機器だけを探しています', en: 'It looks for devices that let it in by Telnet' },
      text: {
        ja: `${count(packets)}個の接続要求がTelnetのポートあてでした。人がこのように多くの相手を試すことは、まずありません。`,
        en: `${countEn(packets, 'connection request')} went to Telnet ports. People hardly ever try so many addresses.`,
      },
    },
  ];
}

function persistence(subject: Subject): Point[] {
  const minutes = figureOf(subject, 'minutes');
  if (minutes === null || minutes < 3) return [];
  return [
    {
      title: { ja: `${count(minutes)}分間にわたって続いています`, en: `It kept on in ${count(minutes)} different minutes` },
      text: {
        ja: '一度きりの誤りではなく、機械が動き続けていることを示します。',
        en: 'That is a machine at work, not a single slip.',
      },
    },
  ];
}

function tool(subject: Subject): Point[] {
  const name = wordOf(subject, 'tool');
  const share = figureOf(subject, 'agreement');
  if (name === null) return [];
  return [
    {
      title: { ja: `パケットの形が道具「${name}」と同じ`, en: `Its packets have the form that the tool ${name} sends` },
      text: {
        ja: `${share === null ? '多く' : percent(share)}のパケットが一致しました。${name}は多くの宛先を短い時間で試すための道具です。`,
        en: `${share === null ? 'Most' : percent(share)} of them agree. ${name} is made to try many destinations in a short time.`,
      },
    },
  ];
}

function known({ evidence }: Subject): Point[] {
  const entry = evidence.facts['knownScanner'];
  if (typeof entry !== 'object' || entry === null) return [];
  const { id, source } = entry as Record<string, unknown>;
  return [
    {
      title: { ja: '調査のためのスキャンだと名乗っている組織です', en: 'An organisation that declares its scanning' },
      text: { ja: `${String(id)}が公表しています（${String(source)}）。`, en: `Published by ${String(id)} (${String(source)}).` },
    },
  ];
}

function rate(subject: Subject): Point[] {
  const perSecond = figureOf(subject, 'internetWidePacketsPerSecond');
  if (perSecond === null) return [];
  return [
    {
      title: {
        ja: `インターネット全体では毎秒約${count(perSecond)}個と推定`,
        en: `About ${count(perSecond)} packets a second over the whole Internet`,
      },
      text: {
        ja: 'どのアドレスにも同じように送っているとみなした推定です。',
        en: 'Estimated as if it sends alike to every address.',
      },
    },
  ];
}

const backscatter = (): Point => ({
  title: { ja: '返事の形が、攻撃を受けた機器のものです', en: 'The answers are those of a host under attack' },
  text: {
    ja: '攻撃者が送信元をでたらめに偽ると、攻撃を受けた機器の返事が世界中に散らばります。その一部が未使用アドレスに届きます。',
    en: 'When an attacker forges senders at random, the victim answers all over the world, and a share of it reaches unused addresses.',
  },
});

function stretches(subject: Subject): Point[] {
  const intervals = intervalsOf(subject);
  const total = figureOf(subject, 'intervalCount') ?? intervals.length;
  const longest = intervals.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0];
  if (!longest) return [];
  const length = lasted(longest.from, longest.to);
  return [
    {
      title:
        total === 1
          ? { ja: '攻撃は途切れずに続きました', en: 'The attack went on without a break' }
          : { ja: `攻撃は${count(total)}回に分かれています`, en: `The attack came in ${count(total)} stretches` },
      text: {
        ja: `${total === 1 ? '' : '最も長いものは'}${length.ja}続き、${count(longest.packets)}個の返事がありました。`,
        en: `${total === 1 ? 'It' : 'The longest'} lasted ${length.en}, with ${countEn(longest.packets, 'answer')}.`,
      },
    },
  ];
}

function peak({ evidence }: Subject): Point[] {
  const estimate = evidence.facts['estimatedPeak'];
  if (typeof estimate !== 'object' || estimate === null) return [];
  const { packetsPerSecond, low, high } = estimate as Record<string, unknown>;
  const [middle, least, most] = [packetsPerSecond, low, high].map((value) => (typeof value === 'number' ? count(value) : '?'));
  return [
    {
      title: { ja: `最も強いときは毎秒約${middle}個と推定`, en: `At its strongest about ${middle} packets a second` },
      text: {
        ja: `観測した割合からの推定で、95%の幅は${least}〜${most}個です。`,
        en: `Estimated from the share we see; the 95% interval is ${least} to ${most}.`,
      },
    },
  ];
}

export const isForgeable = (subject: Subject): boolean => isTrue(subject, 'couldBeForged') || isTrue(subject, 'spoofable');
