/**
 * The short title of a case, from its worst finding.
 *
 * It is a headline for a list of work, so it names the matter and not the technique; a
 * malware family or service known by a proper name follows in brackets.
 */
import type { FindingKind } from '../domain/finding.ts';
import type { Text } from '../domain/text.ts';

const TITLES: Readonly<Record<FindingKind, Text>> = {
  'infected-host': { ja: '感染のおそれのある機器', en: 'May be infected' },
  'telnet-scanner': { ja: 'Telnet を探索している機器', en: 'Scanning for Telnet' },
  scanner: { ja: 'ほかの機器を探索している機器', en: 'Scanning other devices' },
  'brute-force': { ja: '総当たりログインの発信元', en: 'Source of password guessing' },
  'dos-victim': { ja: 'サービス妨害攻撃の被害', en: 'Target of denial of service' },
  'dos-participant': { ja: 'サービス妨害攻撃への加担', en: 'Taking part in denial of service' },
  amplifier: { ja: '攻撃の踏み台になり得るサービス', en: 'Can be used to amplify attacks' },
  'exposed-service': { ja: 'インターネットに公開されたサービス', en: 'Service open to the Internet' },
  'vulnerable-service': { ja: '脆弱性のあるサービス', en: 'Vulnerable service' },
  'weak-encryption': { ja: '弱い暗号の利用', en: 'Weak encryption' },
  'compromised-host': { ja: '侵害のおそれのあるサーバー', en: 'May be compromised' },
  'compromised-account': { ja: '認証情報の漏えい', en: 'Leaked credentials' },
  'command-and-control': { ja: 'C&C サーバーの疑い', en: 'Suspected command and control server' },
  'malware-distribution': { ja: 'マルウェアの配布', en: 'Distributing malware' },
  phishing: { ja: 'フィッシングサイト', en: 'Phishing site' },
  spam: { ja: '迷惑メールの送信', en: 'Sending spam' },
  blocklisted: { ja: 'ブロックリストへの掲載', en: 'On a blocklist' },
  'identified-device': { ja: '種類を特定した機器', en: 'Identified device' },
  other: { ja: '確認が必要な事象', en: 'Needs a look' },
};

const NAMES: Readonly<Record<string, string>> = {
  mirai: 'Mirai',
  'open-telnet': 'Telnet',
  'open-ssh': 'SSH',
  'open-rdp': 'RDP',
  'open-smb': 'SMB',
  'open-ftp': 'FTP',
  'open-dns': 'DNS',
  'open-ntp': 'NTP',
  'open-snmp': 'SNMP',
};

export function caseTitle(kind: FindingKind, identifier: string): Text {
  const title = TITLES[kind];
  if (identifier === '' || identifier === kind) return title;
  const name = NAMES[identifier] ?? identifier;
  return { ja: `${title.ja}（${name}）`, en: `${title.en} (${name})` };
}
