/**
 * How a sensor or exporter is doing, in one of four states and one sentence.
 *
 * 'silent' is only said of something that should have been heard of: a source that speaks
 * for itself every minute, or one whose cadence somebody stated. What is fed by files may
 * simply not have been read yet, so of that we cannot say. Each unit of loss is judged by
 * itself: a lost flow record and a lost datagram are not the same thing.
 */
import type { Text } from './text.ts';

export const HEALTH_STATES = ['healthy', 'degraded', 'silent', 'unknown'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

export interface Loss {
  readonly unit: string; // 'packet', 'datagram', 'flow', 'record'
  readonly lost: number;
  /** What arrived, in the same unit. */
  readonly counted: number;
}

export interface HealthFigures {
  readonly received: number;
  readonly dropped: number;
  readonly malformed: number;
  readonly withoutTemplate: number;
  readonly skewMs: { readonly low: number; readonly high: number } | null;
  readonly losses: readonly Loss[];
}

export interface HealthFacts {
  readonly now: number; // Unix ms
  readonly kind: 'telescope' | 'flow' | 'feed';
  /** Start of the last minute it was heard of; null: never. */
  readonly lastAt: number | null;
  readonly cadenceSeconds: number;
  readonly isCadenceStated: boolean;
  /** It has spoken for itself: it would be heard of even without traffic. */
  readonly isLive: boolean;
  /** Of the last hour; null when it said nothing of itself. */
  readonly figures: HealthFigures | null;
  readonly exporters: { readonly total: number; readonly silent: number };
}

export interface Health {
  readonly state: HealthState;
  readonly reason: Text;
}

const MINUTE = 60_000;

/** Silence up to twice the cadence is nothing special. */
export const PATIENCE = 2;
const DEFAULT_CADENCE_SECONDS = { telescope: 300, flow: 300, feed: 86_400 } as const;

/** Shares from which a sensor counts as degraded. */
const WORST_LOSS = 0.01;
const WORST_DROPS = 0.001;
const WORST_MALFORMED = 0.01;
const WORST_SKEW_MS = 10_000;

export const cadenceOf = (stated: number | null, kind: HealthFacts['kind']): number => stated ?? DEFAULT_CADENCE_SECONDS[kind];

export const lossShare = ({ lost, counted }: Pick<Loss, 'lost' | 'counted'>): number =>
  lost + counted === 0 ? 0 : lost / (lost + counted);

export const silentFor = ({ now, lastAt }: Pick<HealthFacts, 'now' | 'lastAt'>): number =>
  lastAt === null ? Infinity : Math.max(0, now - lastAt - MINUTE);

export function judgeHealth(facts: HealthFacts): Health {
  if (facts.lastAt === null) return { state: 'unknown', reason: NEVER };
  const silence = silentFor(facts);
  if (silence > PATIENCE * facts.cadenceSeconds * 1000) {
    if (facts.isLive || facts.isCadenceStated) return { state: 'silent', reason: silentText(silence) };
    return { state: 'unknown', reason: byFileText(facts.lastAt, facts.kind) };
  }
  const faults = faultsOf(facts);
  if (faults.length > 0) return { state: 'degraded', reason: joinText(faults) };
  return { state: 'healthy', reason: facts.figures ? NOTHING_LOST : newestText(facts.now - facts.lastAt) };
}

const NEVER: Text = { ja: 'まだ何も届いていません。', en: 'Nothing has arrived yet.' };
const NOTHING_LOST: Text = { ja: '直近1時間、届いたものに欠けはありません。', en: 'Nothing went missing in the last hour.' };

function silentText(silence: number): Text {
  const span = spanText(silence);
  return { ja: `${span.ja.replace(/分$|日$/, '$&間')}、何も届いていません。`, en: `Nothing has arrived for ${span.en}.` };
}

function byFileText(lastAt: number, kind: HealthFacts['kind']): Text {
  const day = new Date(lastAt).toISOString().slice(0, 10);
  if (kind === 'feed') return { ja: `最後に届いたのは${day}です。`, en: `The last report came on ${day}.` };
  return {
    ja: `最新のデータは${day}のものです。ファイルから取り込んだため、いま動いているかは判断できません。`,
    en: `The newest data is of ${day}. It came as files, so we cannot say whether the sensor works now.`,
  };
}

function newestText(age: number): Text {
  const span = spanText(age);
  return { ja: `最新のデータは${span.ja}前のものです。`, en: `The newest data is ${span.en} old.` };
}

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const plural = (count: number, one: string): string => `${count} ${count === 1 ? one : `${one}s`}`;

/** '20分', '3時間', '2日': rounded down, at least a minute. */
export function spanText(ms: number): Text {
  if (ms < HOUR) {
    const minutes = Math.max(1, Math.floor(ms / MINUTE));
    return { ja: `${minutes}分`, en: plural(minutes, 'minute') };
  }
  const [count, ja, en] = ms < DAY ? [Math.floor(ms / HOUR), '時間', 'hour'] : [Math.floor(ms / DAY), '日', 'day'];
  return { ja: `${count}${ja}`, en: plural(count, en) };
}

function faultsOf({ figures, exporters }: HealthFacts): Text[] {
  const silent: Text[] =
    exporters.silent > 0
      ? [
          {
            ja: `送信機器${exporters.total}台のうち${exporters.silent}台から届いていません。`,
            en: `${exporters.silent} of ${plural(exporters.total, 'exporter')} ${exporters.silent === 1 ? 'is' : 'are'} silent.`,
          },
        ]
      : [];
  return figures ? [...silent, ...lossFaults(figures), ...otherFaults(figures)] : silent;
}

const UNITS: Readonly<Record<string, Text>> = {
  packet: { ja: 'パケット', en: 'packets' },
  datagram: { ja: 'データグラム', en: 'datagrams' },
  flow: { ja: 'フロー', en: 'flows' },
  record: { ja: 'フローレコード', en: 'flow records' },
};

export const unitText = (unit: string): Text => UNITS[unit] ?? { ja: unit, en: unit };

function lossFaults({ losses }: HealthFigures): Text[] {
  return losses
    .filter((loss) => lossShare(loss) > WORST_LOSS)
    .map((loss) => {
      const [share, unit] = [percent(lossShare(loss)), unitText(loss.unit)];
      return {
        ja: `直近1時間に${unit.ja}の${share}が途中で失われました。`,
        en: `${share} of the ${unit.en} were lost on the way in the last hour.`,
      };
    });
}

function otherFaults({ received, dropped, malformed, withoutTemplate, skewMs }: HealthFigures): Text[] {
  const faults: Text[] = [];
  const share = (part: number): number => (part === 0 ? 0 : part / (part + received));
  if (share(dropped) > WORST_DROPS) {
    faults.push({
      ja: `この計算機が${percent(share(dropped))}を取りこぼしました。`,
      en: `This machine dropped ${percent(share(dropped))}.`,
    });
  }
  if (share(withoutTemplate) > WORST_MALFORMED) {
    faults.push({
      ja: 'テンプレートが届かず、読めないデータがあります。',
      en: 'Some data cannot be read because its template never came.',
    });
  }
  if (share(malformed) > WORST_MALFORMED) {
    faults.push({
      ja: `${percent(share(malformed))}が壊れていて読めません。`,
      en: `${percent(share(malformed))} is malformed and cannot be read.`,
    });
  }
  if (skewMs && skewMs.low > WORST_SKEW_MS) {
    const span = clockText(skewMs.low);
    faults.push({ ja: `時計が${span.ja}以上ずれています。`, en: `Its clock is off by at least ${span.en}.` });
  }
  return faults;
}

const clockText = (ms: number): Text =>
  ms < 2 * MINUTE ? { ja: `${Math.floor(ms / 1000)}秒`, en: plural(Math.floor(ms / 1000), 'second') } : spanText(ms);

function percent(share: number): string {
  const value = share * 100;
  return value < 0.1 ? '<0.1%' : `${value < 10 ? value.toFixed(1) : Math.round(value)}%`;
}

const joinText = (sentences: readonly Text[]): Text => ({
  ja: sentences.map(({ ja }) => ja).join(''),
  en: sentences.map(({ en }) => en).join(' '),
});
