/** How well we could see while a finding was made: what its sensors watched, lost, and no longer keep. */
import type { QualityOrigin } from '../domain/explore.ts';
import type { Text } from '../domain/text.ts';
import { type Interval, intersect, unite } from '../domain/watching.ts';
import { count, lasted, percent, same } from './words.ts';

export interface SensorView {
  readonly id: string;
  readonly title: Text;
  readonly addresses: number | null;
  /** Null: not known when it watched. */
  readonly gaps: readonly Interval[] | null;
  readonly origins: readonly QualityOrigin[];
}

export interface QualityView {
  readonly period: Interval;
  readonly feed: string | null;
  readonly sensors: readonly SensorView[];
  readonly keptSince: number | null;
}

const lengthOf = (intervals: readonly Interval[]): number => unite(intervals).reduce((sum, { from, to }) => sum + to - from, 0);

const shareWatched = (gaps: readonly Interval[], { from, to }: Interval): number => (to > from ? 1 - lengthOf(gaps) / (to - from) : 1);

/** Times in which none of the sensors watched. */
function gapsOfAll(sensors: readonly SensorView[]): Interval[] {
  const known = sensors.flatMap(({ gaps }) => (gaps === null ? [] : [gaps]));
  const [first, ...others] = known;
  return first === undefined || known.length < sensors.length
    ? []
    : others.reduce<Interval[]>((both, gaps) => intersect(both, gaps), unite(first));
}

export function describeQuality({ period, feed, sensors, keptSince }: QualityView) {
  const gaps = gapsOfAll(sensors);
  const isKnown = sensors.length > 0 && sensors.every((sensor) => sensor.gaps !== null);
  const rows = sensors.map((sensor) => ({
    id: sensor.id,
    title: sensor.title,
    addresses: sensor.addresses,
    watchedShare: sensor.gaps === null ? null : shareWatched(sensor.gaps, period),
    received: sensor.origins.length === 0 ? null : sum(sensor.origins, 'received'),
    lost: sum(sensor.origins, 'lost'),
    dropped: sum(sensor.origins, 'dropped'),
    malformed: sum(sensor.origins, 'malformed'),
  }));
  const faults = rows.reduce((all, row) => all + row.lost + row.dropped + row.malformed, 0);
  return {
    ...period,
    isComplete: isKnown && gaps.length === 0 && faults === 0 && keptSince === null,
    watchedShare: isKnown ? shareWatched(gaps, period) : null,
    gaps: gaps.map(({ from, to }) => ({ from, to })),
    sensors: rows,
    sampling: feed === null ? EVERY_PACKET : OTHERS,
    keptSince,
    notes: [
      ...(feed === null ? [] : [ofFeed(feed)]),
      ...gapNotes(gaps, period, isKnown && feed === null),
      ...faultNotes(rows),
      ...keptNotes(keptSince),
    ],
  };
}

type Countable = 'received' | 'lost' | 'dropped' | 'malformed';
const sum = (origins: readonly QualityOrigin[], name: Countable): number => origins.reduce((all, origin) => all + origin[name], 0);

const EVERY_PACKET: Text = { ja: 'なし。すべて数えた', en: 'none, every packet counted' };
const OTHERS: Text = { ja: '報告元による', en: 'as the reporter did it' };

const ofFeed = (feed: string): Text => ({
  ja: `外部の報告${feed}によるもので、いつ、どこまで調べたかは、私たちにはわかりません。`,
  en: `It rests on the third-party report ${feed}; when and how far that looked, we cannot say.`,
});

function gapNotes(gaps: readonly Interval[], period: Interval, isKnown: boolean): Text[] {
  if (!isKnown) return [];
  if (gaps.length === 0) return [{ ja: 'この期間に欠測はありません。', en: 'There is no gap in this period.' }];
  const length = lasted(0, lengthOf(gaps));
  const share = percent(1 - shareWatched(gaps, period));
  return [
    {
      ja: `この期間の${share}（${length.ja}）は観測がありません。その間の値は0ではなく不明です。`,
      en: `Nobody watched for ${length.en} (${share}) of this period: figures there are unknown, not zero.`,
    },
  ];
}

function faultNotes(
  rows: readonly { readonly id: string; readonly lost: number; readonly dropped: number; readonly malformed: number }[],
): Text[] {
  return rows
    .filter(({ lost, dropped, malformed }) => lost + dropped + malformed > 0)
    .map(({ id, lost, dropped, malformed }) => ({
      ja: `${id}：欠落${count(lost)}、破棄${count(dropped)}、読めないデータ${count(malformed)}`,
      en: `${id}: ${count(lost)} lost, ${count(dropped)} dropped, ${count(malformed)} unreadable`,
    }));
}

function keptNotes(keptSince: number | null): Text[] {
  if (keptSince === null) return [];
  const day = same(new Date(keptSince).toISOString().slice(0, 10));
  return [
    {
      ja: `${day.ja}より前の個々の観測は保存期間が過ぎて消えています。図と一覧はその後の分だけです。数は判断したときのものです。`,
      en: `Single observations from before ${day.en} are no longer kept: picture and list show what is left, the figures are those of the judgement.`,
    },
  ];
}
