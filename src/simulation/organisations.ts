/**
 * The organisations of the simulated country: providers, municipalities, firms, a school,
 * a hospital, and the research scanners that probe it from abroad.
 *
 * Every name is invented. Domains end in .example, AS numbers are those for documentation
 * (RFC 5398), postal codes begin with 000, and addresses come from blocks that are never
 * routed: nothing here can be mistaken for, or mailed to, a real party.
 */
import type { ConstituentKind } from '../domain/constituent.ts';
import type { Language, Text } from '../domain/text.ts';

interface Party {
  readonly id: string;
  readonly name: Text;
  readonly language: Language;
  /** Empty: reachable by letter only. */
  readonly mail: readonly string[];
  readonly letter: {
    readonly postalCode: string;
    readonly lines: readonly string[];
    readonly recipient: string;
    readonly department?: string;
  };
}

export interface Provider extends Party {
  readonly asn: number;
  /** False: it exists and holds addresses, but nobody has registered it with the hub. */
  readonly isRegistered: boolean;
  /** How long a subscriber keeps an address, minutes; 0: for good. */
  readonly leaseMinutes: number;
}

export interface Organisation extends Party {
  readonly kind: ConstituentKind;
  /** Its own block inside the space of the provider at this place in PROVIDERS. */
  readonly provider: number;
  readonly length: number; // IPv4 prefix length
  /** Its hosts that misbehave, by what they do; one line each. */
  readonly hosts: readonly HostRole[];
}

export type HostRole =
  | 'mirai'
  | 'telnet'
  | 'misconfigured'
  | 'exposed-telnet'
  | 'open-resolver'
  | 'old-encryption'
  | 'vulnerable-web'
  | 'flood-victim';

const mail = (id: string): readonly string[] => [`abuse@${id}.example`];

interface ProviderRow {
  readonly id: string;
  readonly ja: string;
  readonly en: string;
  readonly asn: number;
  readonly leaseHours: number;
  readonly place: string;
}

const PROVIDER_ROWS: readonly ProviderRow[] = [
  { id: 'minato-hikari', ja: '港ひかり', en: 'Minato Hikari', asn: 64500, leaseHours: 24, place: '海辺市灯台町1-2-3' },
  { id: 'kitakaze-cable', ja: '北風ケーブル', en: 'Kitakaze Cable', asn: 65540, leaseHours: 168, place: '北風市見晴台4-5' },
  { id: 'hoshizora-telecom', ja: '星空テレコム', en: 'Hoshizora Telecom', asn: 64496, leaseHours: 48, place: '星空市天文台通り7-1' },
  { id: 'tomoshibi-net', ja: '灯火ネット', en: 'Tomoshibi Net', asn: 64501, leaseHours: 0, place: '灯火市行灯町2-8' },
  { id: 'irie-mobile', ja: '入江モバイル', en: 'Irie Mobile', asn: 65538, leaseHours: 12, place: '入江市桟橋3-3' },
  { id: 'orchard-cloud', ja: '果樹園クラウド', en: 'Orchard Cloud', asn: 65551, leaseHours: 0, place: '果樹園町9-9' },
  { id: 'unkai-broadband', ja: '雲海ブロードバンド', en: 'Unkai Broadband', asn: 64502, leaseHours: 72, place: '雲海町峠1-1' },
  { id: 'komorebi-cable', ja: '木漏れ日ケーブル', en: 'Komorebi Cable', asn: 64503, leaseHours: 168, place: '木漏れ日市林道6-2' },
  { id: 'wataridori-line', ja: '渡り鳥通信', en: 'Wataridori Line', asn: 64504, leaseHours: 24, place: '渡り鳥市干潟5-5' },
  { id: 'muteki-net', ja: '霧笛ネット', en: 'Muteki Net', asn: 64505, leaseHours: 48, place: '霧笛市岬8-4' },
  { id: 'yunagi-telecom', ja: '夕凪テレコム', en: 'Yunagi Telecom', asn: 65541, leaseHours: 24, place: '夕凪市浜辺1-7' },
  { id: 'ishidatami-hikari', ja: '石畳ひかり', en: 'Ishidatami Hikari', asn: 65542, leaseHours: 96, place: '石畳市坂上2-2' },
];

export const PROVIDERS: readonly Provider[] = PROVIDER_ROWS.map((row, index) => ({
  id: row.id,
  name: { ja: row.ja, en: row.en },
  language: 'ja',
  mail: mail(row.id),
  letter: {
    postalCode: `000-01${String(index + 1).padStart(2, '0')}`,
    lines: [`架空県${row.place}`],
    recipient: `${row.ja}株式会社`,
    department: 'ネットワーク運用部 不正利用対応窓口',
  },
  asn: row.asn,
  isRegistered: row.id !== 'orchard-cloud',
  leaseMinutes: row.leaseHours * 60,
}));

export const ORGANISATIONS: readonly Organisation[] = [
  {
    id: 'umibe-city',
    name: { ja: '海辺市', en: 'Umibe City' },
    kind: 'municipality',
    language: 'ja',
    mail: ['joho@umibe-city.example', 'csirt@umibe-city.example'],
    letter: { postalCode: '000-0201', lines: ['架空県海辺市役所通り1-1'], recipient: '海辺市役所', department: '総務部 情報政策課' },
    provider: 0,
    length: 24,
    hosts: ['mirai', 'telnet', 'misconfigured', 'exposed-telnet', 'old-encryption', 'vulnerable-web'],
  },
  {
    id: 'kazamachi-town',
    name: { ja: '風待町', en: 'Kazamachi Town' },
    kind: 'municipality',
    language: 'ja',
    mail: ['somu@kazamachi-town.example'],
    letter: { postalCode: '000-0202', lines: ['架空県風待町本町12'], recipient: '風待町役場', department: '総務課' },
    provider: 1,
    length: 26,
    hosts: ['mirai', 'exposed-telnet', 'open-resolver'],
  },
  {
    id: 'yukiwari-village',
    name: { ja: '雪割村', en: 'Yukiwari Village' },
    kind: 'municipality',
    language: 'ja',
    mail: [],
    letter: { postalCode: '000-0203', lines: ['架空県雪割村大字雪割100'], recipient: '雪割村役場', department: '企画財政課' },
    provider: 1,
    length: 28,
    hosts: ['mirai', 'misconfigured'],
  },
  {
    id: 'kagaribi-seiki',
    name: { ja: 'かがり火精機', en: 'Kagaribi Seiki' },
    kind: 'firm',
    language: 'ja',
    mail: ['it@kagaribi-seiki.example'],
    letter: {
      postalCode: '000-0204',
      lines: ['架空県灯火市工業団地3-14'],
      recipient: 'かがり火精機株式会社',
      department: '情報システム部',
    },
    provider: 3,
    length: 27,
    hosts: ['flood-victim', 'old-encryption', 'vulnerable-web', 'exposed-telnet'],
  },
  {
    id: 'lantern-works',
    name: { ja: 'ランタン工房', en: 'Lantern Works' },
    kind: 'firm',
    language: 'en',
    mail: ['security@lantern-works.example'],
    letter: {
      postalCode: '000-0205',
      lines: ['5-1 Boathouse Street', 'Irie, Kaku Prefecture'],
      recipient: 'Lantern Works Ltd.',
      department: 'IT',
    },
    provider: 4,
    length: 28,
    hosts: ['telnet', 'open-resolver', 'misconfigured'],
  },
  {
    id: 'tsukimi-foods',
    name: { ja: '月見食品', en: 'Tsukimi Foods' },
    kind: 'firm',
    language: 'ja',
    mail: [],
    letter: { postalCode: '000-0206', lines: ['架空県星空市市場町6'], recipient: '有限会社月見食品' },
    provider: 2,
    length: 29,
    hosts: ['mirai', 'exposed-telnet'],
  },
  {
    id: 'shiokaze-school',
    name: { ja: '潮風学園', en: 'Shiokaze School' },
    kind: 'school',
    language: 'ja',
    mail: ['joho@shiokaze-school.example'],
    letter: { postalCode: '000-0207', lines: ['架空県海辺市丘の上2-20'], recipient: '学校法人潮風学園', department: '情報教育センター' },
    provider: 0,
    length: 26,
    hosts: ['mirai', 'telnet', 'exposed-telnet', 'open-resolver'],
  },
  {
    id: 'shiranami-hospital',
    name: { ja: '白波病院', en: 'Shiranami Hospital' },
    kind: 'hospital',
    language: 'ja',
    mail: ['system@shiranami-hospital.example'],
    letter: { postalCode: '000-0208', lines: ['架空県入江市療養所前1'], recipient: '医療法人白波病院', department: '医療情報室' },
    provider: 3,
    length: 27,
    hosts: ['vulnerable-web', 'old-encryption', 'misconfigured'],
  },
];

/** Who scans everything for study, with which tool, from how many addresses of its own block. */
export interface ResearchGroup {
  readonly name: Text;
  readonly domain: string;
  readonly tool: 'masscan' | 'zmap' | 'zmap-new' | 'own-tool';
}

export const RESEARCH_GROUPS: readonly ResearchGroup[] = [
  { name: { ja: '水平線センサス', en: 'Horizon Census' }, domain: 'horizon-census.example', tool: 'zmap' },
  { name: { ja: '羅針盤ラボ', en: 'Compass Lab' }, domain: 'compass-lab.example', tool: 'masscan' },
  { name: { ja: '望遠計画', en: 'Far Sight Project' }, domain: 'far-sight.example', tool: 'own-tool' },
  { name: { ja: '海図研究所', en: 'Chart Institute' }, domain: 'chart-institute.example', tool: 'zmap-new' },
];
