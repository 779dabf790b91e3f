/**
 * The fields people may filter, group and look at, and every word that means them.
 *
 * One table serves the parser, the completion, the list on the screen and, as an
 * allow-list, the store: what is not here cannot be asked for. A field can mean different
 * things by source: a telescope sees one end of a conversation, so its `port` is the port
 * that was knocked at; a flow has two, and `port` means either of them, as nfdump's does.
 */
import { EXPLORE_SOURCES, type ExploreField, type ExploreSource, type FieldType } from '../explore.ts';
import type { Text } from '../text.ts';

export const FIELD_IDS = [
  'address',
  'source',
  'destination',
  'port',
  'source-port',
  'destination-port',
  'protocol',
  'flags',
  'asn',
  'source-asn',
  'destination-asn',
  'country',
  'source-country',
  'destination-country',
  'class',
  'mark',
  'packets',
  'bytes',
  'duration',
  'targets',
  'ttl',
  'window',
  'tos',
  'sensor',
  'exporter',
  'domain',
  'direction',
  'interface',
  'input',
  'output',
  'sampling',
  'nat-source',
  'nat-destination',
  'nat-source-port',
  'nat-destination-port',
] as const;
export type FieldId = (typeof FIELD_IDS)[number];

/** A field as it is in one source. */
export interface FilterField extends ExploreField {
  readonly id: FieldId;
  /** Largest number it can hold; for types that are numbers. */
  readonly highest: number;
  /** Whether it stands for two columns: either end. */
  readonly isEither: boolean;
}

type Use = 'group' | 'filter' | 'either';

interface Row {
  readonly type: FieldType;
  readonly title: Text;
  readonly description: Text;
  readonly examples: readonly string[];
  /** 'group': filter and group; 'filter': filter only; 'either': filter, two columns. */
  readonly uses: Partial<Record<ExploreSource, Use>>;
  readonly highest?: number;
}

const BYTE = 255;
const PORT = 65_535;
const WORD = 2 ** 32 - 1;
const COUNTER = Number.MAX_SAFE_INTEGER;
const both = (use: Use): Row['uses'] => ({ telescope: use, flow: use });
const telescope = (use: Use): Row['uses'] => ({ telescope: use });
const flow = (use: Use): Row['uses'] => ({ flow: use });
const eitherInFlow: Row['uses'] = { telescope: 'group', flow: 'either' };

const ROWS: Readonly<Record<FieldId, Row>> = {
  address: {
    type: 'address',
    title: { ja: 'アドレス', en: 'Address' },
    description: { ja: '送信元・宛先のどちらかのアドレス', en: 'Address of either end' },
    examples: ['203.0.113.7', '2001:db8::/32'],
    uses: { telescope: 'filter', flow: 'either' },
  },
  source: {
    type: 'address',
    title: { ja: '送信元', en: 'Source' },
    description: { ja: '送信元のアドレスまたはプレフィックス', en: 'Address or prefix that sent' },
    examples: ['203.0.113.7', 'in 198.51.100.0/24'],
    uses: both('group'),
  },
  destination: {
    type: 'address',
    title: { ja: '宛先', en: 'Destination' },
    description: { ja: '宛先のアドレスまたはプレフィックス', en: 'Address or prefix that was sent to' },
    examples: ['192.0.2.1', 'in 192.0.2.0/24'],
    uses: flow('group'),
  },
  port: {
    type: 'port',
    title: { ja: 'ポート', en: 'Port' },
    description: {
      ja: '観測網では宛先ポート（跳ね返りでは攻撃を受けたサービスのポート）、フローではどちらかの端のポート',
      en: 'Telescope: the port that was sent to (backscatter: the attacked service’s own). Flow: the port of either end',
    },
    examples: ['23', '20-25,80', '> 1023'],
    uses: eitherInFlow,
    highest: PORT,
  },
  'source-port': {
    type: 'port',
    title: { ja: '送信元ポート', en: 'Source port' },
    description: {
      ja: '送信元のポート（観測網では各セルの最初のパケットのもの）',
      en: 'Port of the sender (telescope: of the first packet of a cell)',
    },
    examples: ['53', '1024-65535'],
    uses: both('group'),
    highest: PORT,
  },
  'destination-port': {
    type: 'port',
    title: { ja: '宛先ポート', en: 'Destination port' },
    description: { ja: '宛先のポート。ICMPでは「タイプ×256＋コード」', en: 'Port of the receiver; for ICMP type × 256 + code' },
    examples: ['443', '20-25,80'],
    uses: flow('group'),
    highest: PORT,
  },
  protocol: {
    type: 'protocol',
    title: { ja: 'プロトコル', en: 'Protocol' },
    description: { ja: 'IPの上位プロトコル。名前またはIANAの番号', en: 'Protocol over IP: name or IANA number' },
    examples: ['tcp', 'udp, icmp', '47'],
    uses: both('group'),
    highest: BYTE,
  },
  flags: {
    type: 'flags',
    title: { ja: 'TCPフラグ', en: 'TCP flags' },
    description: {
      ja: 'フロー全体で立ったTCPフラグ。F S R P A U E C。onlyを付けるとそれだけ',
      en: 'TCP flags set anywhere in the flow: F S R P A U E C; with only, these and no others',
    },
    examples: ['S', 'only S', 'none'],
    uses: flow('group'),
    highest: BYTE,
  },
  asn: {
    type: 'asn',
    title: { ja: 'AS番号', en: 'AS number' },
    description: { ja: '観測時点のAS番号。フローではどちらかの端', en: 'AS number at that time; in flows of either end' },
    examples: ['64496', 'AS64496, AS64511'],
    uses: eitherInFlow,
    highest: WORD,
  },
  'source-asn': {
    type: 'asn',
    title: { ja: '送信元AS番号', en: 'Source AS' },
    description: { ja: '送信元のAS番号', en: 'AS number of the sender' },
    examples: ['64496'],
    uses: flow('group'),
    highest: WORD,
  },
  'destination-asn': {
    type: 'asn',
    title: { ja: '宛先AS番号', en: 'Destination AS' },
    description: { ja: '宛先のAS番号', en: 'AS number of the receiver' },
    examples: ['64511'],
    uses: flow('group'),
    highest: WORD,
  },
  country: {
    type: 'country',
    title: { ja: '国・地域', en: 'Country' },
    description: {
      ja: '二文字の国・地域コード。不明はunknown。フローではどちらかの端',
      en: 'Two-letter code; unknown when not known; in flows of either end',
    },
    examples: ['JP', 'JP, US', 'unknown'],
    uses: eitherInFlow,
  },
  'source-country': {
    type: 'country',
    title: { ja: '送信元の国・地域', en: 'Source country' },
    description: { ja: '送信元の国・地域コード', en: 'Country code of the sender' },
    examples: ['JP'],
    uses: flow('group'),
  },
  'destination-country': {
    type: 'country',
    title: { ja: '宛先の国・地域', en: 'Destination country' },
    description: { ja: '宛先の国・地域コード', en: 'Country code of the receiver' },
    examples: ['JP'],
    uses: flow('group'),
  },
  class: {
    type: 'class',
    title: { ja: '種別', en: 'Class' },
    description: { ja: 'パケットの見出しから分かる通信の種別', en: 'What the packet is, by its headers' },
    examples: ['tcp-scan', 'backscatter'],
    uses: telescope('group'),
  },
  mark: {
    type: 'mark',
    title: { ja: '特徴', en: 'Mark' },
    description: { ja: 'ツールがパケットに残す特徴', en: 'What a tool leaves in its packets' },
    examples: ['mirai', 'zmap, masscan'],
    uses: telescope('filter'),
  },
  packets: {
    type: 'number',
    title: { ja: 'パケット数', en: 'Packets' },
    description: {
      ja: '一行のパケット数。フローではサンプリング間隔を掛けた値',
      en: 'Packets of one row; of flows multiplied by the sampling interval',
    },
    examples: ['> 100', '1-3'],
    uses: both('filter'),
    highest: COUNTER,
  },
  bytes: {
    type: 'number',
    title: { ja: 'バイト数', en: 'Bytes' },
    description: {
      ja: '一行のバイト数。フローではサンプリング間隔を掛けた値。k M G（1000倍）、ki Mi Gi（1024倍）も使えます',
      en: 'Bytes of one row; of flows multiplied by the sampling interval. k, m, g are thousands, ki, mi, gi 1024s',
    },
    examples: ['>= 1k', '> 10m'],
    uses: both('filter'),
    highest: COUNTER,
  },
  duration: {
    type: 'duration',
    title: { ja: '継続時間', en: 'Duration' },
    description: { ja: 'フローの長さ。単位はms（省略時）、s、min、h', en: 'Length of the flow: ms (when nothing is said), s, min, h' },
    examples: ['> 60s', '< 500ms'],
    uses: flow('filter'),
    highest: WORD,
  },
  targets: {
    type: 'number',
    title: { ja: '宛先の数', en: 'Targets' },
    description: { ja: '一行で到達した異なる宛先の数（推定）', en: 'Distinct destinations within one row, estimated' },
    examples: ['> 10'],
    uses: telescope('filter'),
    highest: WORD,
  },
  ttl: {
    type: 'number',
    title: { ja: 'TTL', en: 'TTL' },
    description: { ja: '一行の中で最も小さいTTL', en: 'Smallest TTL within one row' },
    examples: ['< 64'],
    uses: telescope('group'),
    highest: BYTE,
  },
  window: {
    type: 'number',
    title: { ja: 'TCPウィンドウ', en: 'TCP window' },
    description: { ja: '最初のパケットのTCPウィンドウ', en: 'TCP window of the first packet' },
    examples: ['1024'],
    uses: telescope('group'),
    highest: PORT,
  },
  tos: {
    type: 'number',
    title: { ja: 'ToS', en: 'ToS' },
    description: { ja: 'ToS（トラフィッククラス）の値', en: 'Type of service or traffic class' },
    examples: ['0', '184'],
    uses: flow('group'),
    highest: BYTE,
  },
  sensor: {
    type: 'name',
    title: { ja: 'センサー', en: 'Sensor' },
    description: { ja: '観測した場所', en: 'The place that watched' },
    examples: ['north', '"north wing"'],
    uses: both('group'),
  },
  exporter: {
    type: 'name',
    title: { ja: '送出元', en: 'Exporter' },
    description: { ja: 'フローを送り出したルーターやスイッチのアドレス', en: 'Address of the router or switch that exported' },
    examples: ['192.0.2.1'],
    uses: flow('group'),
  },
  domain: {
    type: 'number',
    title: { ja: '観測ドメイン', en: 'Observation domain' },
    description: {
      ja: '送出元の中の観測ドメイン（IPFIX）、ソースID（v9）',
      en: 'Observation domain (IPFIX) or source id (v9) within the exporter',
    },
    examples: ['0'],
    uses: flow('group'),
    highest: WORD,
  },
  direction: {
    type: 'direction',
    title: { ja: '向き', en: 'Direction' },
    description: { ja: '観測点に入る（ingress）か出る（egress）か', en: 'Into the observation point or out of it' },
    examples: ['ingress', 'egress'],
    uses: flow('group'),
  },
  interface: {
    type: 'number',
    title: { ja: 'インターフェース', en: 'Interface' },
    description: { ja: '入力・出力のどちらかのインターフェース番号', en: 'Number of the input or output interface' },
    examples: ['3'],
    uses: flow('either'),
    highest: WORD,
  },
  input: {
    type: 'number',
    title: { ja: '入力インターフェース', en: 'Input interface' },
    description: { ja: '入力インターフェースの番号', en: 'Number of the interface it came in by' },
    examples: ['3'],
    uses: flow('group'),
    highest: WORD,
  },
  output: {
    type: 'number',
    title: { ja: '出力インターフェース', en: 'Output interface' },
    description: { ja: '出力インターフェースの番号', en: 'Number of the interface it went out by' },
    examples: ['4'],
    uses: flow('group'),
    highest: WORD,
  },
  sampling: {
    type: 'number',
    title: { ja: 'サンプリング間隔', en: 'Sampling interval' },
    description: { ja: '何個に一個のパケットを見たか。0は不明', en: 'One packet in so many was looked at; 0 is unknown' },
    examples: ['0', '> 1'],
    uses: flow('group'),
    highest: WORD,
  },
  'nat-source': {
    type: 'address',
    title: { ja: '変換後の送信元', en: 'Translated source' },
    description: { ja: 'アドレス変換後の送信元', en: 'Source after address translation' },
    examples: ['192.0.2.1'],
    uses: flow('group'),
  },
  'nat-destination': {
    type: 'address',
    title: { ja: '変換後の宛先', en: 'Translated destination' },
    description: { ja: 'アドレス変換後の宛先', en: 'Destination after address translation' },
    examples: ['192.0.2.1'],
    uses: flow('group'),
  },
  'nat-source-port': {
    type: 'port',
    title: { ja: '変換後の送信元ポート', en: 'Translated source port' },
    description: { ja: 'アドレス変換後の送信元ポート', en: 'Source port after address translation' },
    examples: ['40000'],
    uses: flow('group'),
    highest: PORT,
  },
  'nat-destination-port': {
    type: 'port',
    title: { ja: '変換後の宛先ポート', en: 'Translated destination port' },
    description: { ja: 'アドレス変換後の宛先ポート', en: 'Destination port after address translation' },
    examples: ['80'],
    uses: flow('group'),
    highest: PORT,
  },
};

/** Other words for a field, as people and nfdump write them. A field's own id always means it. */
const ALIASES: Readonly<Record<string, FieldId>> = {
  ip: 'address',
  host: 'address',
  net: 'address',
  'any address': 'address',
  'any ip': 'address',
  'any host': 'address',
  'any net': 'address',
  src: 'source',
  'src ip': 'source',
  'src host': 'source',
  'src net': 'source',
  'src address': 'source',
  'source ip': 'source',
  'source address': 'source',
  dst: 'destination',
  'dst ip': 'destination',
  'dst host': 'destination',
  'dst net': 'destination',
  'dst address': 'destination',
  'destination ip': 'destination',
  'destination address': 'destination',
  'any port': 'port',
  'src port': 'source-port',
  'source port': 'source-port',
  'dst port': 'destination-port',
  'destination port': 'destination-port',
  proto: 'protocol',
  as: 'asn',
  'any as': 'asn',
  'any asn': 'asn',
  'src as': 'source-asn',
  'src asn': 'source-asn',
  'source asn': 'source-asn',
  'dst as': 'destination-asn',
  'dst asn': 'destination-asn',
  'destination asn': 'destination-asn',
  'any country': 'country',
  'src country': 'source-country',
  'source country': 'source-country',
  'dst country': 'destination-country',
  'destination country': 'destination-country',
  'router ip': 'exporter',
  if: 'interface',
  'in if': 'input',
  'out if': 'output',
  'any if': 'interface',
};

/** A telescope sees only the sender's end, so these words mean the one thing it knows. */
const TELESCOPE_ALIASES: Readonly<Record<string, FieldId>> = {
  'destination-port': 'port',
  'dst port': 'port',
  'destination port': 'port',
  'source-asn': 'asn',
  'src as': 'asn',
  'src asn': 'asn',
  'source asn': 'asn',
  'source-country': 'country',
  'src country': 'country',
  'source country': 'country',
};

function toField(id: FieldId, source: ExploreSource): FilterField | undefined {
  const row = ROWS[id];
  const use = row.uses[source];
  if (use === undefined) return undefined;
  const { type, title, description, examples, highest = COUNTER } = row;
  const sources = EXPLORE_SOURCES.filter((name) => row.uses[name] !== undefined);
  const canGroup = use === 'group';
  return { id, type, title, description, examples, sources, canGroup, canFilter: true, highest, isEither: use === 'either' };
}

const listOf = (source: ExploreSource): readonly FilterField[] =>
  FIELD_IDS.map((id) => toField(id, source)).filter((field) => field !== undefined);

const FIELDS: Readonly<Record<ExploreSource, readonly FilterField[]>> = { telescope: listOf('telescope'), flow: listOf('flow') };

export const fieldsOf = (source: ExploreSource): readonly FilterField[] => FIELDS[source];

export const fieldOf = (source: ExploreSource, id: string): FilterField | undefined => FIELDS[source].find((field) => field.id === id);

/** The field a word or two mean, whether the source has it or not. */
export function fieldNamed(source: ExploreSource, phrase: string): FieldId | undefined {
  const word = phrase.toLowerCase();
  if (source === 'telescope' && Object.hasOwn(TELESCOPE_ALIASES, word)) return TELESCOPE_ALIASES[word];
  if (Object.hasOwn(ALIASES, word)) return ALIASES[word];
  return FIELD_IDS.find((id) => id === word);
}

/** Every phrase that means a field of the source: what a mistyped word is compared with. */
export function phrasesOf(source: ExploreSource): readonly string[] {
  const aliases = { ...ALIASES, ...(source === 'telescope' ? TELESCOPE_ALIASES : {}) };
  const known = Object.keys(aliases).filter((phrase) => fieldOf(source, aliases[phrase] ?? ''));
  return [...FIELDS[source].map(({ id }) => id), ...known];
}

export const titleOf = (id: FieldId): Text => ROWS[id].title;
