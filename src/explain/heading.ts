/** What an explanation says first: what we think, never more surely than the evidence allows. */
import type { FindingKind } from '../domain/finding.ts';
import type { Text } from '../domain/text.ts';
import { isFromFeed, type Subject } from './subject.ts';
import { isForgeable } from './why.ts';

const OBSERVED: Readonly<Partial<Record<FindingKind, Text>>> = {
  'infected-host': { ja: 'この機器は感染していると、私たちは考えています', en: 'We think this device is infected' },
  'telnet-scanner': {
    ja: 'この機器は、Telnetで入れる機器を探していると考えています',
    en: 'We think this device is looking for others that let it in by Telnet',
  },
  scanner: { ja: 'このアドレスは、ほかの機器を探し回っています', en: 'This address goes looking for other devices' },
  'dos-victim': { ja: 'この機器は攻撃を受けていると、私たちは考えています', en: 'We think this host is under attack' },
  'command-and-control': {
    ja: 'このサーバーは、感染した機器への指令に使われていると考えています',
    en: 'We think this server gives orders to infected devices',
  },
};

const UNDECIDED: Text = {
  ja: 'この機器が感染しているかどうか、まだ判断できません',
  en: 'We cannot say yet whether this device is infected',
};

export function headingOf(subject: Subject, title: Text): Text {
  if (isFromFeed(subject)) return { ja: `「${title.ja}」と報告されています`, en: `Reported to us: ${title.en}` };
  if (subject.kind === 'infected-host' && isForgeable(subject)) return UNDECIDED;
  return OBSERVED[subject.kind] ?? title;
}

export function leadOf({ asset, constituent }: Subject): Text {
  return constituent
    ? { ja: `${asset.value}（${constituent.ja}）についての説明です。`, en: `About ${asset.value} (${constituent.en}).` }
    : {
        ja: `${asset.value}についての説明です。担当者はわかっていません。`,
        en: `About ${asset.value}. Nobody we serve is known to hold it.`,
      };
}
