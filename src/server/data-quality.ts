/** What is to be said beside a figure: gaps, losses and sampling in sentences of both languages. */
import type { ExploreQuality, QualityOrigin } from '../domain/explore.ts';
import type { Text } from '../domain/text.ts';
import type { Interval } from '../domain/watching.ts';
import type { DataQualityAnswer } from './explore-contract.ts';

export function toDataQuality({ erasedUntil, origins, sampling }: ExploreQuality, gaps: readonly Interval[]): DataQualityAnswer {
  const notes = [...gapNotes(gaps), ...erasedNotes(erasedUntil), ...origins.flatMap(lossNotes), ...samplingNotes(sampling)];
  const isUnknown = sampling !== null && sampling.unknownRecords > 0;
  const isComplete = gaps.length === 0 && erasedUntil === null && !isUnknown && origins.every((origin) => faultsOf(origin) === 0);
  return { isComplete, erasedUntil, gaps: gaps.map(({ from, to }) => ({ from, to })), origins: [...origins], sampling, notes };
}

const faultsOf = ({ lost, dropped, malformed, withoutTemplate }: QualityOrigin): number => lost + dropped + malformed + withoutTemplate;

function gapNotes(gaps: readonly Interval[]): Text[] {
  if (gaps.length === 0) return [];
  const length = durationText(gaps.reduce((sum, { from, to }) => sum + to - from, 0));
  const [ja, en] = gaps.length === 1 ? ['', ''] : [`（${gaps.length}か所）`, ` in ${gaps.length} gaps`];
  return [
    {
      ja: `この期間のうち${length.ja}は観測がありません${ja}。その間の値は0ではなく不明です。`,
      en: `Nobody watched for ${length.en} of this period${en}: figures there are unknown, not zero.`,
    },
  ];
}

function erasedNotes(until: number | null): Text[] {
  if (until === null) return [];
  const day = new Date(until).toISOString().slice(0, 10);
  return [
    {
      ja: `${day}より前の個々の記録は保存期間が過ぎて消えています。それを必要とする値に、その間は含まれません。`,
      en: `Single records from before ${day} are no longer kept: figures that need them leave that time out.`,
    },
  ];
}

const UNITS: Readonly<Record<string, Text>> = {
  packet: { ja: 'パケット', en: 'packets' },
  datagram: { ja: 'データグラム', en: 'datagrams' },
  flow: { ja: 'フロー', en: 'flows' },
  record: { ja: 'レコード', en: 'records' },
};
const ANY_UNIT: Text = { ja: '件', en: 'items' };

function lossNotes(origin: QualityOrigin): Text[] {
  const { sensor, exporter, lost, lostUnit, dropped, malformed, withoutTemplate } = origin;
  if (faultsOf(origin) === 0) return [];
  const place = exporter === '' ? sensor : `${sensor} / ${exporter}`;
  const unit = UNITS[lostUnit] ?? ANY_UNIT;
  const parts: Text[] = [];
  if (lost > 0) parts.push({ ja: `欠落${lost}${unit.ja}${shareOf(origin)}`, en: `lost ${lost} ${unit.en}${shareOf(origin)}` });
  if (dropped > 0) parts.push({ ja: `この機器での破棄${dropped}`, en: `${dropped} dropped by this machine` });
  if (malformed > 0) parts.push({ ja: `読めないデータ${malformed}`, en: `${malformed} unreadable` });
  if (withoutTemplate > 0)
    parts.push({ ja: `テンプレートのないデータ${withoutTemplate}`, en: `${withoutTemplate} sets without a template` });
  return [{ ja: `${place}: ${parts.map(({ ja }) => ja).join('、')}`, en: `${place}: ${parts.map(({ en }) => en).join(', ')}` }];
}

/** The share of what was sent that did not arrive; in the unit the sequence numbers count. */
function shareOf({ lost, lostUnit, received, records }: QualityOrigin): string {
  const arrived = lostUnit === 'record' || lostUnit === 'flow' ? records : received;
  return arrived + lost === 0 ? '' : ` (${((100 * lost) / (arrived + lost)).toFixed(1)} %)`;
}

function samplingNotes(sampling: ExploreQuality['sampling']): Text[] {
  if (sampling === null) return [];
  const { low, high, unknownRecords, isMultiplied } = sampling;
  const notes: Text[] = [];
  if (high > 1) {
    const interval = low === high ? `1/${high}` : `1/${low}–1/${high}`;
    notes.push(
      isMultiplied
        ? {
            ja: `サンプリング${interval}。値は間隔を掛けた推定です。`,
            en: `Sampled ${interval}: figures are estimates, multiplied by the interval.`,
          }
        : {
            ja: `サンプリング${interval}。値は送られてきたままで、間隔を掛けていません。`,
            en: `Sampled ${interval}: figures are as exported, not multiplied.`,
          },
    );
  }
  if (unknownRecords > 0) {
    notes.push({
      ja: `${unknownRecords}件のフローはサンプリング間隔が不明で、掛けずに数えています。`,
      en: `The sampling interval of ${unknownRecords} flow records is unknown; they are counted as they are.`,
    });
  }
  return notes;
}

function durationText(ms: number): Text {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return { ja: `${minutes}分間`, en: `${minutes} minutes` };
  const hours = Math.round(minutes / 6) / 10;
  return hours < 48
    ? { ja: `${hours}時間`, en: `${hours} hours` }
    : { ja: `${Math.round(hours / 2.4) / 10}日間`, en: `${Math.round(hours / 2.4) / 10} days` };
}
