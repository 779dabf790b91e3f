/**
 * Why a server is a candidate, for a person who has to put their name to it.
 *
 * The sentences are made of numbers only. A number cannot name anybody; a text that was
 * handed in could.
 */
import type { C2Method } from '../domain/c2.ts';
import type { Text } from '../domain/text.ts';

type Features = Readonly<Record<string, number | null>>;

export function sentence(features: Features, methods: readonly C2Method[], infected: number, clients: number): Text {
  const parts = [
    methods.includes('indicator') ? INDICATOR : undefined,
    fanIn(features, infected, clients),
    methods.includes('beacon') ? rhythm(features) : undefined,
    novelty(features),
    features['allowListed'] === 1 ? POPULAR : undefined,
  ].filter((part) => part !== undefined);
  return { ja: parts.map(({ ja }) => ja).join(''), en: parts.map(({ en }) => en).join(' ') };
}

const INDICATOR: Text = {
  ja: '指令サーバーとして知られているアドレスです。',
  en: 'It is known as a command-and-control server.',
};
const POPULAR: Text = {
  ja: '広く使われるサービスの許可リストに当たります。',
  en: 'It fits the allow-list of widely used services.',
};

const number = (value: number | null | undefined): number => value ?? 0;

function fanIn(features: Features, infected: number, clients: number): Text | undefined {
  const [theirs, all] = [number(features['infectedClients']), number(features['clients'])];
  if (theirs === 0) return undefined;
  const chance = Math.floor(-number(features['log10P']));
  const times = number(features['lift']).toFixed(1);
  const ja = chance > 1 ? `、偶然にそうなる確率は 10 の −${chance} 乗以下` : '';
  const en = chance > 1 ? `, by chance with a probability of at most 10^-${chance}` : '';
  return {
    ja: `感染端末 ${infected} 台のうち ${theirs} 台が通信していましたが、全端末 ${clients} 台では ${all} 台だけです（${times} 倍${ja}）。`,
    en: `${theirs} of ${infected} infected hosts talk to it, but only ${all} of all ${clients} hosts (${times} times as often${en}).`,
  };
}

function rhythm(features: Features): Text | undefined {
  const score = number(features['beaconScore']);
  const period = Math.round(number(features['periodSeconds']));
  const size = number(features['sizeScore']).toFixed(2);
  return {
    ja: `約 ${period} 秒ごとに接続が繰り返され（規則性 ${score.toFixed(2)}）、送信量のそろい方は ${size} です。`,
    en: `Connections repeat about every ${period} seconds (regularity ${score.toFixed(2)}); the evenness of what they send is ${size}.`,
  };
}

function novelty(features: Features): Text | undefined {
  const days = features['knownDays'];
  if (days === null || days === undefined) return undefined;
  return days === 0
    ? { ja: 'この期間より前には見られませんでした。', en: 'It was not seen before this period.' }
    : { ja: `${days.toFixed(1)} 日前から見られます。`, en: `It has been seen for ${days.toFixed(1)} days.` };
}
