/** What a surge is, in one or two sentences: how many, against what, and what to be careful about. */
import { placeText, type Surge, type SurgeBasis } from '../domain/surge.ts';
import type { Text } from '../domain/text.ts';

const figures = { ja: new Intl.NumberFormat('ja-JP'), en: new Intl.NumberFormat('en-GB') };
const figure = (value: number, language: 'ja' | 'en'): string =>
  figures[language].format(value < 10 ? Math.round(value * 10) / 10 : Math.round(value));

/** Short, and why it is not better. */
export const BASIS_TEXT: Readonly<Record<SurgeBasis, Text>> = {
  'hour-of-week': { ja: '過去4週間の同じ曜日・時刻', en: 'the same hour of the week over the last four weeks' },
  'hour-of-day': {
    ja: '過去2週間までの同じ時刻。3週間分の記録はまだありません',
    en: 'the same hour of up to 14 earlier days; there are not yet three weeks of history',
  },
  'all-hours': {
    ja: '直前の12時間。5日分の記録はまだありません',
    en: 'the twelve hours before; there are not yet five days of history',
  },
};

/** So large a share of sources with a single packet means that nobody can say who they really are. */
const FORGEABLE_SHARE = 0.9;
export const isSpoofable = ({ sources, evidence }: Pick<Surge, 'sources' | 'evidence'>): boolean =>
  sources > 0 && evidence.singlePacket >= sources * FORGEABLE_SHARE;

export function becauseOf(surge: Surge): Text {
  return join([measured(surge), spread(surge), ...(isSpoofable(surge) ? [SPOOFABLE] : [])]);
}

const SPOOFABLE: Text = {
  ja: '送信元の9割以上が1パケットしか送っていないため、送信元は偽られているかもしれません。',
  en: 'At least nine in ten sources sent a single packet, so their addresses may be forged.',
};

function measured({ place, kind, basis, samples, usual, limit, peak }: Surge): Text {
  const [port, basisText] = [placeText(place), BASIS_TEXT[basis]];
  const window = kind === 'sudden' ? { ja: '10分間', en: 'ten minutes' } : { ja: '1時間', en: 'an hour' };
  const more =
    kind === 'sudden'
      ? { ja: `それが最大${figure(peak, 'ja')}になりました。`, en: `There were up to ${figure(peak, 'en')}.` }
      : { ja: 'それを上回る時間が続きました。', en: 'More kept coming, hour after hour.' };
  return {
    ja: `${port}に来る送信元は${window.ja}にふだん${figure(usual, 'ja')}で、${figure(limit, 'ja')}までは珍しくありません。${more.ja}比べたのは${figure(samples, 'ja')}区間（${basisText.ja}）です。`,
    en: `Usually ${figure(usual, 'en')} sources ask for ${port} within ${window.en}, and up to ${figure(limit, 'en')} are nothing special. ${more.en} This was compared with ${figure(samples, 'en')} windows (${basisText.en}).`,
  };
}

function spread({ sources, networks, asns, evidence }: Surge): Text {
  return {
    ja: `始まってからの送信元は${figure(sources, 'ja')}、うち${figure(evidence.fresh, 'ja')}は前日に見られなかったもので、${figure(networks, 'ja')}のネットワーク、${figure(asns, 'ja')}のASに広がっています。`,
    en: `Since it began there were ${figure(sources, 'en')} sources, ${figure(evidence.fresh, 'en')} of them not seen the day before, in ${figure(networks, 'en')} networks and ${figure(asns, 'en')} AS.`,
  };
}

const join = (sentences: readonly Text[]): Text => ({
  ja: sentences.map(({ ja }) => ja).join(''),
  en: sentences.map(({ en }) => en).join(' '),
});
