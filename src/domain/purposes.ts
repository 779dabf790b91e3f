/**
 * The purposes for which records of communications may be looked at, and who may give leave.
 *
 * The legal bases say what the sources say and no more: the ministry's study group
 * (第四次とりまとめ, 24 November 2021) accepted finding unknown C&C servers from flow
 * information as a legitimate act of business; matching known C&C servers with one's own
 * subscribers goes back to its third report; for everything else article 4 of the
 * Telecommunications Business Act leaves consent or a legitimate act of business, and
 * which of them it is belongs into the reason that is recorded. The days are this
 * program's default; a carrier's own rules may set others in the configuration.
 */
import { PURPOSE_IDS, type Purpose, type PurposeId } from './purpose.ts';
import type { Text } from './text.ts';

const HEADER_FIELDS = ['minute', 'source', 'destination', 'source_port', 'destination_port', 'protocol', 'tcp_flags', 'packets', 'bytes'];
const C2_FIELDS = [...HEADER_FIELDS, 'start_ms', 'duration_ms', 'sampling', 'is_reverse', 'sensor', 'exporter', 'domain'];
const SUM_FIELDS = ['minute', 'source_port', 'destination_port', 'protocol', 'packets', 'bytes', 'sampling'];
const SUMS_BY_NETWORK = [...SUM_FIELDS, 'source_asn', 'destination_asn', 'source_country', 'destination_country', 'sensor', 'exporter'];

const TABLE: Readonly<Record<PurposeId, Omit<Purpose, 'id'>>> = {
  'c2-detection': {
    title: { ja: 'C&Cサーバーの検知', en: 'Finding C&C servers' },
    legalBasis: {
      ja: '第四次とりまとめ（2021年11月24日）。自網を通るフロー情報を平時から収集・蓄積・分析して未知のC&Cサーバーを見つけることは、目的の正当性・行為の必要性・手段の相当性に照らし、必要最小限の範囲で正当業務行為と認められています。この目的だけで作ったアドレスとポートの一覧は個々の通信から切り離されたもので、その共有は通信の秘密（電気通信事業法第4条）を侵しません。',
      en: 'Fourth report of the ministry’s study group (24 November 2021): collecting, storing and analysing flow information of one’s own network in normal times, to find unknown C&C servers, is a legitimate act of business within the necessary minimum, weighed by legitimacy of purpose, necessity of the act and appropriateness of the means. A list of addresses and ports made for this purpose alone is detached from any communication; sharing it does not infringe the secrecy of communications (article 4 of the Telecommunications Business Act).',
    },
    fields: C2_FIELDS,
    shows: 'servers',
    keepDays: 30,
  },
  'own-subscriber-alert': {
    title: { ja: '自社の契約者への注意喚起', en: 'Alerting own subscribers' },
    legalBasis: {
      ja: '第三次とりまとめ。分かっているC&Cサーバーの一覧と自網の記録を照らし合わせ、通信していた端末の契約者に注意喚起するためのものです。約款などによる契約者の同意の範囲で行います（電気通信事業法第4条）。',
      en: 'Third report of the study group: matching a list of known C&C servers with records of one’s own network, to alert the subscribers whose devices talked to them, within the consent they gave by contract (article 4 of the Telecommunications Business Act).',
    },
    fields: HEADER_FIELDS,
    shows: 'clients',
    keepDays: 30,
  },
  'incident-response': {
    title: { ja: '攻撃への対処', en: 'Responding to an incident' },
    legalBasis: {
      ja: '電気通信事業法第4条。当事者の同意がある場合、または正当業務行為として必要最小限の範囲に限ります。どちらによるかを理由に書いてください。',
      en: 'Article 4 of the Telecommunications Business Act: with the consent of those concerned, or as a legitimate act of business within the necessary minimum. The reason must say which.',
    },
    fields: [...SUMS_BY_NETWORK, 'source', 'destination', 'tcp_flags', 'duration_ms', 'start_ms'],
    shows: 'clients',
    keepDays: 90,
  },
  'network-operation': {
    title: { ja: 'ネットワークの運用', en: 'Operating the network' },
    legalBasis: {
      ja: '電気通信事業法第4条。ネットワークを安定して動かすための正当業務行為として、必要最小限の範囲に限ります。何の運用のためかを理由に書いてください。',
      en: 'Article 4 of the Telecommunications Business Act: as a legitimate act of business that keeps the network running, within the necessary minimum. The reason must say which operation.',
    },
    fields: [...SUMS_BY_NETWORK, 'source', 'destination', 'tcp_flags', 'duration_ms', 'start_ms'],
    shows: 'clients',
    keepDays: 30,
  },
  statistics: {
    title: { ja: '統計', en: 'Statistics' },
    legalBasis: {
      ja: '件数と量の合計だけを扱い、通信の当事者を示しません。',
      en: 'Only counts and volumes, which name no party to a communication.',
    },
    fields: SUMS_BY_NETWORK,
    shows: 'sums',
    keepDays: 3650,
  },
};

export const PURPOSES: readonly Purpose[] = PURPOSE_IDS.map((id) => ({ id, ...TABLE[id] }));

export const purposeOf = (id: PurposeId): Purpose => ({ id, ...TABLE[id] });

/** Purposes that touch single subscribers or cases: nobody grants them to themself. */
const BY_ANOTHER: ReadonlySet<PurposeId> = new Set(['own-subscriber-alert', 'incident-response']);

export const needsAnother = (id: PurposeId): boolean => BY_ANOTHER.has(id);

/** Nobody needs leave for sums. */
export const isGrantable = (id: PurposeId): boolean => TABLE[id].shows !== 'sums';

/** Whoever sits at the hub's own machine is one person, by whichever door they come. */
const AT_THIS_MACHINE: ReadonlySet<string> = new Set(['local-administrator', 'command-line', 'access-token']);

export const personOf = (actor: string): string => (AT_THIS_MACHINE.has(actor) ? 'local-administrator' : actor);

export const isSamePerson = (a: string, b: string): boolean => personOf(a) === personOf(b);

/** Holds the leave for the daily detection. No token can be named so: names have no colon. */
export const DAILY_RUN = 'schedule:c2-daily';

const HOUR = 3_600_000;
const MOST_HOURS = 31 * 24;
const MOST_HOURS_STANDING = 366 * 24;

/** How long leave may last; a standing one must be renewed every year. */
export const mostHours = (grantedTo: string): number => (grantedTo === DAILY_RUN ? MOST_HOURS_STANDING : MOST_HOURS);

export const HOUR_MS = HOUR;

/** What a person is told who asks for addresses without leave. */
export const NO_GRANT: Text = {
  ja: '利用者のアドレスを見るには、目的と理由を記録した許可が必要です。画面では「目的を選んで見る」から、コマンドでは --purpose network-operation --reason "理由" で求めてください。合計だけなら許可は要りません。この拒否は記録されました。',
  en: 'Addresses of clients need a granted purpose with a recorded reason. Ask for one with “Choose a purpose” in the console, or with --purpose network-operation --reason "why" on the command line. Sums need none. This refusal was recorded.',
};
