/**
 * Why a finding exists, in one or two sentences for the person who gets the notice.
 *
 * One template per kind, in both languages, each written for itself. A reader may be a
 * citizen: nothing is called certain that a third party saw from far away, and nobody is
 * accused.
 */
import type { FindingKind, Transport } from '../../domain/finding.ts';
import type { Text } from '../../domain/text.ts';

export interface Sighting {
  readonly asset: string;
  /** Null when the resource has no port of its own. */
  readonly port: number | null;
  readonly transport: Transport | null;
  readonly service: Text | undefined;
  /** Malware, device or reason, as the report names it; '' when it does not. */
  readonly subject: string;
  readonly provider: string;
  /** The report's own name, for kinds that say nothing more. */
  readonly report: string;
  readonly at: number; // Unix ms
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

let lastMinute = -1;
let lastTime: Text = { ja: '', en: '' };

/** Rows of a report lie close together in time, so the last minute's words are often right again. */
function timeWords(at: number): Text {
  const minute = Math.floor(at / 60_000);
  if (minute !== lastMinute) {
    const date = new Date(minute * 60_000);
    const clock = date.toISOString().slice(11, 16);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    lastMinute = minute;
    lastTime = { ja: `${year}年${month + 1}月${day}日 ${clock} UTC`, en: `${day} ${MONTHS[month]} ${year}, ${clock} UTC` };
  }
  return lastTime;
}

type Sentence = (seen: Sighting) => string;
interface Template {
  readonly ja: Sentence;
  readonly en: Sentence;
  /** Found by asking the resource itself (a survey), or by watching what it did (a report)? */
  readonly isSurvey?: boolean;
}

function atPort({ asset, port, transport }: Sighting): string {
  if (port === null) return `${asset} `;
  return transport === null ? `${asset} の${port}番ポート` : `${asset} の${port}/${transport.toUpperCase()}`;
}

/** With a comma behind the port, as in "192.0.2.1, port 23/TCP, could be used". */
function onPort({ asset, port, transport }: Sighting): string {
  if (port === null) return asset;
  return transport === null ? `${asset}, port ${port},` : `${asset}, port ${port}/${transport.toUpperCase()},`;
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
      `${seen.asset} から、マルウェア${named('（', seen.subject, '）')}が使う通信先への接続が観測されました。この回線につながる機器が感染しているおそれがあります`,
    en: (seen) =>
      `${seen.asset} contacted a server that malware${named(' (', seen.subject, ')')} uses. A device on this line may be infected`,
  },
  'compromised-host': {
    ja: (seen) =>
      `${seen.asset} で、第三者に侵入されたことを疑わせる状態${named('（', seen.subject, '）')}が観測されました。機器やサイトが不正に使われているおそれがあります`,
    en: (seen) => `${seen.asset} showed signs of an intrusion${named(' (', seen.subject, ')')} and may be in use by someone else`,
  },
  'compromised-account': {
    ja: (seen) => `アカウント ${seen.asset} の認証情報が第三者に知られているおそれがあります`,
    en: (seen) => `The password or session of the account ${seen.asset} may be known to others`,
  },
  'telnet-scanner': {
    ja: (seen) =>
      `${seen.asset} から、Telnetが使える機器を探す通信が観測されました。この回線につながる機器が不正に使われているおそれがあります`,
    en: (seen) => `${seen.asset} was seen looking for devices with open Telnet. A device on this line may be in use by someone else`,
  },
  scanner: {
    ja: (seen) =>
      `${seen.asset} から、多数の相手${seen.service ? `の${seen.service.ja}` : ''}を探る通信が観測されました。この回線につながる機器が不正に使われているおそれがあります`,
    en: (seen) =>
      `${seen.asset} was seen probing many hosts${seen.service ? ` for ${seen.service.en}` : ''}. A device on this line may be in use by someone else`,
  },
  'brute-force': {
    ja: (seen) =>
      `${seen.asset} から、パスワードを次々に試す通信${named('（', seen.subject, '）')}が観測されました。この回線につながる機器が不正に使われているおそれがあります`,
    en: (seen) =>
      `${seen.asset} was seen trying one password after another${named(' (', seen.subject, ')')}. A device on this line may be in use by someone else`,
  },
  'dos-participant': {
    ja: (seen) =>
      `${seen.asset} から、第三者への妨害攻撃に加わっているとみられる通信が観測されました。この回線につながる機器が不正に使われているおそれがあります`,
    en: (seen) =>
      `${seen.asset} appears to have taken part in an attack that floods others. A device on this line may be in use by someone else`,
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
    ja: (seen) => `${seen.asset} が、マルウェアの配布や通信に使われているおそれがあります`,
    en: (seen) => `${seen.asset} may be used to spread malware or to communicate with it`,
  },
  phishing: {
    ja: (seen) => `${seen.asset} が、偽のページで情報を盗むために使われているおそれがあります`,
    en: (seen) => `${seen.asset} may be used for pages that steal personal data`,
  },
  spam: {
    ja: (seen) => `${seen.asset} に置かれたページへのリンクが、迷惑メールの中で見つかりました`,
    en: (seen) => `Links to pages on ${seen.asset} were found in unsolicited mail`,
  },
  blocklisted: {
    ja: (seen) => `${seen.asset} が、外部のブロックリスト${named('（', seen.subject, '）')}に載っていました`,
    en: (seen) => `${seen.asset} was on an external blocklist${named(' (', seen.subject, ')')}`,
  },
  other: {
    ja: (seen) => `${atPort(seen)}が、報告「${seen.report}」に載っていました`,
    en: (seen) => `${onPort(seen)} was listed in the report "${seen.report}"`,
  },
};

/** What was seen, by whom and when. */
export function explain(kind: FindingKind, seen: Sighting): Text {
  const template = TEMPLATES[kind];
  const time = timeWords(seen.at);
  const by = template.isSurvey ? { ja: '調査', en: 'survey' } : { ja: '報告', en: 'report' };
  return {
    ja: `${template.ja(seen)}（${seen.provider}の${by.ja}、${time.ja}）。`,
    en: `${template.en(seen)} (${seen.provider} ${by.en}, ${time.en}).`,
  };
}
