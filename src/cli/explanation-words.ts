/** The fixed words around an explanation that the command line prints; times are UTC there. */
import type { PictureWords } from '../../console/parts/pictures/drawing.ts';
import type { Language } from '../domain/text.ts';

const ja = {
  saw: '見たもの',
  why: 'そう考える理由',
  sure: '確からしさ',
  doubts: 'ほかの説明はないか',
  unseen: 'わからないこと',
  advice: 'すること',
  quality: 'データの品質',
  rule: '規則',
  version: '版',
  parameters: 'しきい値',
  figures: '根拠の数字',
  sample: '観測の例',
  sampleNote: '新しい順。時刻はUTC',
  sampleNone: '個々の観測はもう残っていません。数は判断したときのものです。',
  sampling: '標本化',
  sensors: 'センサー',
  watched: '観測していた割合',
  unknown: '不明',
  addresses: '観測アドレス',
  count: '観測の回数',
  seen: '観測した時刻',
  severity: '重大度',
  state: '状態',
  asTable: '図の数字',
  wrong: 'この判断が違うと思ったら',
  wrongText: '通知にある確認コードで「誤検知」とお知らせください。人が見直し、結果と理由をお返しします。',
  all: 'すべての観測',
  simulated: '模擬データ',
};

export type Paper = Readonly<Record<keyof typeof ja, string>>;

const en: Paper = {
  saw: 'What we saw',
  why: 'Why we think so',
  sure: 'How sure we are',
  doubts: 'Could it be something else?',
  unseen: 'What we do not know',
  advice: 'What to do',
  quality: 'Data quality',
  rule: 'Rule',
  version: 'version',
  parameters: 'Thresholds',
  figures: 'The figures behind it',
  sample: 'Some of the observations',
  sampleNote: 'newest first, times in UTC',
  sampleNone: 'The single observations are no longer kept. The figures are those of the judgement.',
  sampling: 'Sampling',
  sensors: 'Sensors',
  watched: 'watched',
  unknown: 'unknown',
  addresses: 'addresses',
  count: 'Times observed',
  seen: 'Seen',
  severity: 'Severity',
  state: 'State',
  asTable: 'The figures of the picture',
  wrong: 'If you think we are wrong',
  wrongText: 'Use the check code on your notice and choose “false”. A person looks again and tells you the result and why.',
  all: 'All observations',
  simulated: 'Simulated data',
};

export const PAPER: Readonly<Record<Language, Paper>> = { ja, en };

const PICTURE: Readonly<Record<Language, Pick<PictureWords, Wording>>> = {
  ja: {
    noData: '欠測',
    time: '時刻（UTC）',
    port: 'ポート',
    otherPorts: 'ほかのポート',
    packets: 'パケット',
    perMinute: '最も多い1分',
    targets: '宛先の数',
    marked: '目印あり',
    attack: '攻撃',
    busiest: '1分に',
    first: '最初（UTC）',
    last: '最後（UTC）',
  },
  en: {
    noData: 'No data',
    time: 'Time (UTC)',
    port: 'Port',
    otherPorts: 'other ports',
    packets: 'Packets',
    perMinute: 'Busiest minute',
    targets: 'Targets',
    marked: 'With the mark',
    attack: 'Attack',
    busiest: 'a minute:',
    first: 'First (UTC)',
    last: 'Last (UTC)',
  },
};
type Wording =
  | 'noData'
  | 'time'
  | 'port'
  | 'otherPorts'
  | 'packets'
  | 'perMinute'
  | 'targets'
  | 'marked'
  | 'attack'
  | 'busiest'
  | 'first'
  | 'last';

const iso = (at: number): string => new Date(at).toISOString();

export function pictureWords(language: Language): PictureWords {
  return {
    ...PICTURE[language],
    offset: () => 0,
    clock: (at) => iso(at).slice(11, 16),
    day: (at) => iso(at).slice(5, 10),
    full: (at) => iso(at).slice(0, 16).replace('T', ' '),
    count: (value) => Math.round(value).toLocaleString('en-US'),
  };
}
