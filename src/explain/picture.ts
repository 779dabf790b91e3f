/** Which picture shows a finding, over which time, and what it says in one sentence for those who do not see it. */
import type { Text } from '../domain/text.ts';
import type { TrafficClassId } from '../domain/traffic-class.ts';
import { isFromFeed, type Subject } from './subject.ts';
import { count, countEn, moment } from './words.ts';

export type PictureKind = 'activity' | 'footprint' | 'flood';

/** What is asked of the store for it. */
export interface PicturePlan {
  readonly kind: PictureKind;
  readonly from: number; // Unix ms
  readonly to: number;
  readonly stepSeconds: number;
  /** False when the finding reaches back further than is drawn. */
  readonly isWhole: boolean;
  readonly only?: TrafficClassId;
  readonly except?: TrafficClassId;
}

const MINUTE = 60_000;
const LONGEST = 14 * 86_400_000;
const MOST_STEPS = 120;
const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 4 * 3600];

const KINDS: Readonly<Record<string, PictureKind>> = {
  'infected-host': 'activity',
  'telnet-scanner': 'activity',
  scanner: 'footprint',
  'dos-victim': 'flood',
};

/** Null when the finding does not rest on a telescope's cells of one address. */
export function planPicture(subject: Subject): PicturePlan | null {
  const kind = KINDS[subject.kind];
  if (!kind || isFromFeed(subject) || subject.asset.kind !== 'ip') return null;
  const to = Math.floor(subject.lastSeenAt / MINUTE) * MINUTE + MINUTE;
  const first = Math.floor(subject.firstSeenAt / MINUTE) * MINUTE;
  const wanted = Math.max(first, to - LONGEST);
  const seconds = (to - wanted) / 1000;
  const stepSeconds = STEPS.find((step) => seconds / step <= MOST_STEPS) ?? STEPS.at(-1) ?? 60;
  // Steps begin on the hour, so that the same minute is in the same step whenever it is asked.
  const from = Math.floor(wanted / (stepSeconds * 1000)) * stepSeconds * 1000;
  const classes = kind === 'flood' ? { only: 'backscatter' as const } : { except: 'backscatter' as const };
  return { kind, from, to: Math.max(to, from + stepSeconds * 1000), stepSeconds, isWhole: first >= from, ...classes };
}

const TITLES: Readonly<Record<PictureKind, Text>> = {
  activity: { ja: 'いつ、どこへつなごうとしたか', en: 'When and where it tried to connect' },
  footprint: { ja: 'いつ、どのポートを探ったか', en: 'When it probed which port' },
  flood: { ja: '1分あたりの返事の数', en: 'Answers a minute' },
};

export const titleOfPicture = (kind: PictureKind): Text => TITLES[kind];

export interface PictureFigures {
  readonly from: number;
  readonly stepSeconds: number;
  readonly ports: readonly { readonly name: string; readonly packets: number }[];
  readonly steps: readonly { readonly step: number; readonly packets: number; readonly busiestMinute: number }[];
}

export function sentenceOfPicture(kind: PictureKind, { from, stepSeconds, ports, steps }: PictureFigures): Text {
  const total = steps.reduce((sum, { packets }) => sum + packets, 0);
  const busiest = steps.toSorted((a, b) => b.busiestMinute - a.busiestMinute)[0];
  if (!busiest) return { ja: '個々の観測はもう残っていません。', en: 'The single observations are no longer kept.' };
  const at = moment(from + busiest.step * stepSeconds * 1000);
  if (kind === 'flood') {
    return {
      ja: `合わせて${count(total)}個。最も多いのは${at.ja}ごろで、1分に${count(busiest.busiestMinute)}個でした。`,
      en: `${countEn(total, 'answer')} in all. Most around ${at.en}, ${count(busiest.busiestMinute)} in one minute.`,
    };
  }
  const port = ports[0];
  const most = port
    ? { ja: `最も多いポートは${port.name}（${count(port.packets)}個）。`, en: ` Most to ${port.name} (${count(port.packets)}).` }
    : { ja: '', en: '' };
  return {
    ja: `合わせて${count(total)}個のパケット。${most.ja}最も多いのは${at.ja}ごろです。`,
    en: `${countEn(total, 'packet')} in all.${most.en} Busiest around ${at.en}.`,
  };
}
