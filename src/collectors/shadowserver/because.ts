/**
 * Why a finding exists, in one or two sentences for the person who gets the notice.
 *
 * One template per kind, in both languages, each written for itself. A reader may be a
 * citizen: nothing is called certain that a third party saw from far away, and nobody is
 * accused.
 */
import type { FindingKind, Transport } from '../../domain/finding.ts';
import { ASSET_BLANK, TIME_BLANK } from '../../domain/finding-sentence.ts';
import type { Text } from '../../domain/text.ts';

export interface Sighting {
  /** Null when the resource has no port of its own. */
  readonly port: number | null;
  readonly transport: Transport | null;
  readonly service: Text | undefined;
  /** Malware, device or reason, as the report names it; '' when it does not. */
  readonly subject: string;
  readonly provider: string;
  /** The report's own name, for kinds that say nothing more. */
  readonly report: string;
}

type Sentence = (seen: Sighting) => string;
interface Template {
  readonly ja: Sentence;
  readonly en: Sentence;
  /** Found by asking the resource itself (a survey), or by watching what it did (a report)? */
  readonly isSurvey?: boolean;
}

function atPort({ port, transport }: Sighting): string {
  if (port === null) return `${ASSET_BLANK} `;
  return transport === null ? `${ASSET_BLANK} の${port}番ポート` : `${ASSET_BLANK} の${port}/${transport.toUpperCase()}`;
}

/** With a comma behind the port, as in "192.0.2.1, port 23/TCP, could be used". */
function onPort({ port, transport }: Sighting): string {
  if (port === null) return ASSET_BLANK;
  return transport === null ? `${ASSET_BLANK}, port ${port},` : `${ASSET_BLANK}, port ${port}/${transport.toUpperCase()},`;
}

const serviceJa = ({ service }: Sighting): string => service?.ja ?? 'サービス';
/** At the start of a sentence; names that are written small, like rsync, stay small. */
const serviceEn = ({ service }: Sighting): string =>
  (service?.en ?? 'a service').replace(/^[a-z]+(?= )/, (word) => word[0]?.toUpperCase() + word.slice(1));
const named = (before: string, subject: string, after: string): string => (subject === '' ? '' : `${before}${subject}${after}`);

const TEMPLATES: Readonly<Record<FindingKind, Template>> = {
  'exposed-service': {
    isSurvey: true,
    ja: (seen) => `${atPort(seen)}で${serviceJa(seen)}がインターネットから使える状態でした`,
    en: (seen) => `${serviceEn(seen)} on ${onPort(seen)} could be used from the internet`,
  },
  amplifier: {
    isSurvey: true,
    ja: (seen) =>
      `${atPort(seen)}で${serviceJa(seen)}が外部からの問い合わせに答えていました。第三者への妨害攻撃に利用されるおそれがあります`,
    en: (seen) => `${serviceEn(seen)} on ${onPort(seen)} answered queries from outside and could be used in attacks on others`,
  },
  'vulnerable-service': {
    isSurvey: true,
    ja: (seen) => `${atPort(seen)}で動いている${serviceJa(seen)}に、攻撃に悪用されるおそれのある弱点が見つかりました`,
    en: (seen) => `${serviceEn(seen)} on ${onPort(seen)} showed a weakness that attackers may use`,
  },
  'weak-encryption': {
    isSurvey: true,
    ja: (seen) => `${atPort(seen)}で、暗号の安全性が低い設定${named('（', seen.service?.ja ?? '', '）')}が見つかりました`,
    en: (seen) => `${onPort(seen)} was set up with weak encryption${named(' (', seen.service?.en ?? '', ')')}`,
  },
  'identified-device': {
    isSurvey: true,
    ja: (seen) => `${atPort(seen)}で、インターネットから見える機器${named('（', seen.subject, '）')}が確認されました`,
    en: (seen) => `A device${named(' (', seen.subject, ')')} on ${onPort(seen)} was visible from the internet`,
  },
  'infected-host': {
    ja: (seen) =>
      `${ASSET_BLANK} から、マルウェア${named('（', seen.subject, '）')}が使う通信先への接続が観測されました。この回線につながる機器が感染しているおそれがあります`,
    en: (seen) =>
      `${ASSET_BLANK} contacted a server that malware${named(' (', seen.subject, ')')} uses. A device on this line may be infected`,
  },
  'compromised-host': {
    ja: (seen) =>
      `${ASSET_BLANK} で、第三者に侵入されたことを疑わせる状態${named('（', seen.subject, '）')}が観測されました。機器やサイトが不正に使われているおそれがあります`,
    en: (seen) => `${ASSET_BLANK} showed signs of an intrusion${named(' (', seen.subject, ')')} and may be in use by someone else`,
  },
  'compromised-account': {
    ja: () => `アカウント ${ASSET_BLANK} の認証情報が第三者に知られているおそれがあります`,
    en: () => `The password or session of the account ${ASSET_BLANK} may be known to others`,
  },
  'telnet-scanner': {
    ja: () =>
      `${ASSET_BLANK} から、Telnetが使える機器を探す通信が観測されました。この回線につながる機器が不正に使われているおそれがあります`,
    en: () => `${ASSET_BLANK} was seen looking for devices with open Telnet. A device on this line may be in use by someone else`,
  },
  scanner: {
    ja: (seen) =>
      `${ASSET_BLANK} から、多数の相手${seen.service ? `の${seen.service.ja}` : ''}を探る通信が観測されました。この回線につながる機器が不正に使われているおそれがあります`,
    en: (seen) =>
      `${ASSET_BLANK} was seen probing many hosts${seen.service ? ` for ${seen.service.en}` : ''}. A device on this line may be in use by someone else`,
  },
  'brute-force': {
    ja: (seen) =>
      `${ASSET_BLANK} から、パスワードを次々に試す通信${named('（', seen.subject, '）')}が観測されました。この回線につながる機器が不正に使われているおそれがあります`,
    en: (seen) =>
      `${ASSET_BLANK} was seen trying one password after another${named(' (', seen.subject, ')')}. A device on this line may be in use by someone else`,
  },
  'dos-participant': {
    ja: () =>
      `${ASSET_BLANK} から、第三者への妨害攻撃に加わっているとみられる通信が観測されました。この回線につながる機器が不正に使われているおそれがあります`,
    en: () =>
      `${ASSET_BLANK} appears to have taken part in an attack that floods others. A device on this line may be in use by someone else`,
  },
  'dos-victim': {
    ja: (seen) => `${atPort(seen)}が、大量の通信を送りつける妨害攻撃の標的になったことが観測されました`,
    en: (seen) => `${onPort(seen)} was the target of an attack that floods it with traffic`,
  },
  'command-and-control': {
    ja: (seen) => `${atPort(seen)}が、マルウェアや侵入された機器への指令に使われているおそれがあります`,
    en: (seen) => `${onPort(seen)} may be used to control malware or compromised devices`,
  },
  'malware-distribution': {
    ja: () => `${ASSET_BLANK} が、マルウェアの配布や通信に使われているおそれがあります`,
    en: () => `${ASSET_BLANK} may be used to spread malware or to communicate with it`,
  },
  phishing: {
    ja: () => `${ASSET_BLANK} が、偽のページで情報を盗むために使われているおそれがあります`,
    en: () => `${ASSET_BLANK} may be used for pages that steal personal data`,
  },
  spam: {
    ja: () => `${ASSET_BLANK} に置かれたページへのリンクが、迷惑メールの中で見つかりました`,
    en: () => `Links to pages on ${ASSET_BLANK} were found in unsolicited mail`,
  },
  blocklisted: {
    ja: (seen) => `${ASSET_BLANK} が、外部のブロックリスト${named('（', seen.subject, '）')}に載っていました`,
    en: (seen) => `${ASSET_BLANK} was on an external blocklist${named(' (', seen.subject, ')')}`,
  },
  other: {
    ja: (seen) => `${atPort(seen)}が、報告「${seen.report}」に載っていました`,
    en: (seen) => `${onPort(seen)} was listed in the report "${seen.report}"`,
  },
};

/** What was seen, by whom and when; asset and time are left as gaps. */
export function explain(kind: FindingKind, seen: Sighting): Text {
  const template = TEMPLATES[kind];
  const by = template.isSurvey ? { ja: '調査', en: 'survey' } : { ja: '報告', en: 'report' };
  return {
    ja: `${template.ja(seen)}（${seen.provider}の${by.ja}、${TIME_BLANK}）。`,
    en: `${template.en(seen)} (${seen.provider} ${by.en}, ${TIME_BLANK}).`,
  };
}
