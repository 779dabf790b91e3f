/**
 * Finds hosts that behave as infected: with the Mirai mark, or seeking Telnet without it.
 *
 * The mark (sequence number = destination address) comes up by chance once in 2^32
 * packets, so a single packet names the family. But a single packet is also easily
 * forged, and a notice to somebody who was only impersonated costs trust: below
 * `minForNotice` packets the finding is recorded with low confidence and opens no case.
 *
 * A source that seeks Telnet without the mark is another finding of its own, less sure:
 * variants drop the mark, but a person with a script looks the same. Known scanning
 * tools and surveys of many services are left to the scanner detector. A source gets one
 * of the findings, never two.
 *
 * Which branch of the family it is, and families without the mark, are told by the set of
 * ports, by the edition of the catalogue that held when the host was seen. What could be
 * forged is put aside and counted with its reason: single packets, few packets, and whole
 * floods of hosts with one packet each.
 */
import type { DetectedFinding } from '../../domain/finding.ts';
import type { ScanningSourceRow } from '../../domain/question.ts';
import type { Suppression } from '../../domain/suppressed.ts';
import type { Text } from '../../domain/text.ts';
import { defineDetector, type JudgeContext } from '../../engine/modules.ts';
import { editionOf, type Family, familyOf } from '../families.ts';
import { type Agreement, agreementOf, chanceFacts, type Fingerprint, fingerprintAt, matches, scanningTool } from '../fingerprints.ts';
import { isInFlood } from '../floods.ts';
import { knownScanner } from '../known-scanners.ts';
import { isTelnetSeeker, telnetPackets, telnetPorts } from '../telnet.ts';
import { formatCount, formatPeriod, formatTargets, joinSentences, onPorts, targetsOf } from '../wording.ts';
import { type Settings, settingsSchema } from './schema.ts';

const ID = 'infected-host';
const VERSION = 2;

/** Confidence by packets with the mark: what is left after forgery is ruled out is a slip in the data. */
const CONFIDENCE_OF_ONE = 40;
const CONFIDENCE_OF_FEW = 60;
const CONFIDENCE_OF_MANY = 90;
const CONFIDENCE_WITHOUT_MARK = 50;
/** Ports alone are a habit, not a mark. */
const CONFIDENCE_BY_PORTS = 60;

export default defineDetector({
  id: ID,
  version: VERSION,
  title: { ja: '感染が疑われる機器', en: 'Hosts that may be infected' },
  description: {
    ja: '未使用アドレスに届いた接続要求から、Mirai系の目印をもつ送信元と、目印なしでTelnetを探す送信元を見つけます。目印のない変種や、送信元を偽った少数のパケットは見分けきれません。',
    en: 'Finds sources whose connection attempts to unused addresses carry the mark of the Mirai family, and sources that seek Telnet without it. It cannot name variants without the mark, nor rule out that a few packets were forged.',
  },
  question: 'scanning-sources',
  settings: settingsSchema,
  judge(row, settings, context) {
    const mirai = miraiOf(row, settings);
    if (mirai) return isInFlood(row, context) ? [] : [toMarked(row, mirai, settings, context)];
    const family = isTargeted(row, settings) ? familyOf(row, 'none') : undefined;
    if (family) return [toFamily(row, family, settings, context)];
    return isUnmarkedTelnetScanner(row, settings) ? [toTelnetScanner(row, settings, context)] : [];
  },
  suppress(row, settings, context) {
    if (isInFlood(row, context)) return aside(row, 'one-packet-flood');
    const mirai = miraiOf(row, settings);
    if (mirai ? row.marks.mirai === 1 : row.packets === 1 && telnetPackets(row) === 1) return aside(row, 'single-packet');
    return mirai && row.marks.mirai < settings.minForNotice ? aside(row, 'few-packets') : undefined;
  },
});

/** The edition of the Mirai mark that held then, when the source carries it. */
function miraiOf(row: ScanningSourceRow, settings: Settings): Fingerprint | undefined {
  if (row.marks.mirai === 0) return undefined;
  const print = fingerprintAt('mirai', row.lastSeenAt);
  return print && matches(print, row, settings) ? print : undefined;
}

const aside = ({ packets, firstSeenAt, lastSeenAt, ports }: ScanningSourceRow, reason: Suppression['reason']): Suppression => ({
  reason,
  packets,
  firstAt: firstSeenAt,
  lastAt: lastSeenAt,
  ports,
});

const isTargeted = (row: ScanningSourceRow, { minTargets }: Settings): boolean =>
  targetsOf(row) >= minTargets && !scanningTool(row) && !knownScanner(row.source);

function isUnmarkedTelnetScanner(row: ScanningSourceRow, settings: Settings): boolean {
  const { minTelnetPackets, minTargets } = settings;
  const packets = telnetPackets(row);
  return packets >= minTelnetPackets && Math.min(targetsOf(row), packets) >= minTargets && isTelnetSeeker(row) && isTargeted(row, settings);
}

function toMarked(row: ScanningSourceRow, print: Fingerprint, settings: Settings, context: JudgeContext): DetectedFinding {
  const agreement = agreementOf(print, row);
  const family = familyOf(row, 'mirai');
  const isSevere = agreement.packets >= settings.minForNotice;
  return {
    ...common(row, context),
    kind: 'infected-host',
    identifier: 'mirai',
    classification: { taxonomy: 'malicious-code', type: 'infected-system' },
    severity: isSevere ? 'high' : 'info',
    confidence: confidenceOf(agreement.packets, settings),
    count: agreement.packets,
    because: joinSentences(
      tried(row, onPorts(row.miraiPorts)),
      carriedMark(row, agreement, chanceFacts(print, agreement.packets, agreement.among)['chanceOfAll']),
      family && fitsFamily(family),
      isSevere ? MAY_BE_INFECTED : couldBeForged(agreement.packets),
    ),
    evidence: {
      rule: { id: ID, version: VERSION, parameters: { ...settings, fingerprint: editionOf(print) } },
      facts: {
        ...commonFacts(row),
        markedPackets: agreement.packets,
        packetsToMarkedPorts: agreement.among,
        agreement: agreement.share,
        markedPorts: row.miraiPorts,
        ...chanceFacts(print, agreement.packets, agreement.among),
        ...familyFacts(family),
        couldBeForged: !isSevere,
      },
      sensors: [context.sensor.id],
    },
  };
}

function confidenceOf(packets: number, { minForNotice }: Settings): number {
  if (packets >= minForNotice) return CONFIDENCE_OF_MANY;
  return packets === 1 ? CONFIDENCE_OF_ONE : CONFIDENCE_OF_FEW;
}

function toFamily(row: ScanningSourceRow, family: Family, settings: Settings, context: JudgeContext): DetectedFinding {
  return {
    ...common(row, context),
    kind: 'infected-host',
    identifier: family.id,
    classification: { taxonomy: 'malicious-code', type: 'infected-system' },
    severity: 'medium',
    confidence: CONFIDENCE_BY_PORTS,
    count: row.synPackets,
    because: joinSentences(tried(row, onPorts(row.ports, row.distinctPorts)), fitsFamily(family), withoutMark(row), MAY_BE_INFECTED),
    evidence: {
      rule: { id: ID, version: VERSION, parameters: { ...settings, fingerprint: editionOf(family) } },
      facts: { ...commonFacts(row), ...familyFacts(family), markedPackets: row.marks.mirai, bareSynPackets: row.marks.bare },
      sensors: [context.sensor.id],
    },
  };
}

function familyFacts(family: Family | undefined): Record<string, unknown> {
  if (!family) return {};
  return { family: { id: family.id, version: family.version, title: family.title, note: family.note, sources: family.sources } };
}

function toTelnetScanner(row: ScanningSourceRow, settings: Settings, context: JudgeContext): DetectedFinding {
  return {
    ...common(row, context),
    kind: 'telnet-scanner',
    identifier: 'telnet-without-mark',
    classification: { taxonomy: 'information-gathering', type: 'scanner' },
    severity: 'medium',
    confidence: CONFIDENCE_WITHOUT_MARK,
    count: telnetPackets(row),
    because: becauseTelnet(row),
    evidence: {
      rule: { id: ID, version: VERSION, parameters: settings },
      facts: { ...commonFacts(row), telnetPackets: telnetPackets(row), markedPackets: row.marks.mirai, bareSynPackets: row.marks.bare },
      sensors: [context.sensor.id],
    },
  };
}

function common(row: ScanningSourceRow, { tenant, bucket }: JudgeContext) {
  return {
    tenant,
    asset: { kind: 'ip', value: row.source },
    port: null, // the ports tried are others'; the host itself is what is infected
    transport: 'tcp',
    role: 'source',
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    sourcePort: row.sourcePort,
    origin: { module: ID },
    bucket,
  } as const;
}

function commonFacts(row: ScanningSourceRow): Record<string, unknown> {
  return {
    packets: row.packets,
    synPackets: row.synPackets,
    targets: targetsOf(row),
    areTargetsALowerBound: row.areTargetsALowerBound,
    ports: row.ports.slice(0, 10),
    distinctPorts: row.distinctPorts,
    minutes: row.minutes,
    ttl: [row.ttlMin, row.ttlMax],
    window: row.window,
  };
}

// ---- Words

function tried(row: ScanningSourceRow, ports: Text): Text {
  const period = formatPeriod(row.firstSeenAt, row.lastSeenAt);
  const targets = formatTargets(row);
  return {
    ja: `${period.ja}、このアドレスから${targets.ja}${ports.ja}、接続の試みがありました。`,
    en: `${period.en} this address tried ${targets.en} ${ports.en}.`,
  };
}

/** Of one packet, and of all that carry the mark together. */
function chanceOf(packets: number, ofAll: string | undefined): Text {
  const together = packets > 1 && ofAll !== undefined;
  const n = formatCount(packets);
  return {
    ja: `（シーケンス番号が宛先アドレスと同じ。偶然にそうなるのは約43億個に1個${together ? `、${n}個そろう確率は${ofAll}以下` : ''}です）`,
    en: `the sequence number equals the destination address, which chance alone does to one packet in 4.3 billion${together ? ` and to ${n} of them with a probability of at most ${ofAll}` : ''}.`,
  };
}

function carriedMark(row: ScanningSourceRow, { packets, among }: Agreement, ofAll: string | undefined): Text {
  const [n, all] = [formatCount(packets), formatCount(among)];
  const hasOthers = row.packets > among;
  const chance = chanceOf(packets, ofAll);
  if (packets < among) {
    return {
      ja: `その${all}パケットのうち${n}パケットに、Mirai系マルウェアの目印がありました${chance.ja}。`,
      en: `Of ${all} packets to these ports, ${n} carry the mark of the Mirai family: ${chance.en}`,
    };
  }
  if (packets === 1) {
    return {
      ja: `${hasOthers ? 'このポートへの' : 'その'}1パケットに、Mirai系マルウェアの目印がありました${chance.ja}。`,
      en: `${hasOthers ? 'The one packet to this port' : 'The packet'} carries the mark of the Mirai family: ${chance.en}`,
    };
  }
  return {
    ja: `${hasOthers ? 'これらのポートへの' : ''}${n}パケットのすべてに、Mirai系マルウェアの目印がありました${chance.ja}。`,
    en: `All ${n} packets${hasOthers ? ' to these ports' : ''} carry the mark of the Mirai family: ${chance.en}`,
  };
}

const dayOf = (at: number | null): string => (at === null ? '' : new Date(at).toISOString().slice(0, 10));

function fitsFamily({ title, validFrom }: Family): Text {
  const since = dayOf(validFrom);
  return {
    ja: `探すポートの組み合わせは、「${title.ja}」と一致します${since === '' ? '' : `（${since}以降の報告による）`}。`,
    en: `The ports it seeks fit ${title.en}${since === '' ? '' : `, as reported since ${since}`}.`,
  };
}

function withoutMark(row: ScanningSourceRow): Text {
  const marked = formatCount(row.marks.mirai);
  if (row.marks.mirai === 0)
    return { ja: 'Mirai系マルウェアの目印はありません。', en: 'The packets do not carry the mark of the Mirai family.' };
  return {
    ja: `Mirai系マルウェアの目印があるのは${marked}パケットだけです。`,
    en: `Only ${marked} packets carry the mark of the Mirai family.`,
  };
}

const MAY_BE_INFECTED: Text = {
  ja: 'このアドレスを使う機器が感染しているおそれがあります。',
  en: 'A device behind this address may be infected.',
};

function couldBeForged(packets: number): Text {
  const [ja, en] = packets === 1 ? ['1パケットだけ', 'One packet only'] : [`${packets}パケットだけ`, `${packets} packets only`];
  return {
    ja: `${ja}なので、送信元が偽られている可能性があります。これだけでは感染しているかどうか判断できません。`,
    en: `${en}: the sender could be forged. From this alone we cannot say whether a device is infected.`,
  };
}

function becauseTelnet(row: ScanningSourceRow): Text {
  return joinSentences(tried(row, onPorts(telnetPorts(row))), unmarked(row), {
    ja: '未使用アドレスには利用者がいないので、Telnetで入れる機器を探す動きとみられます。このアドレスを使う機器が感染しているか、踏み台にされているおそれがあります。',
    en: 'Nobody lives at unused addresses, so it looks for devices that let it in by Telnet. A device behind this address may be infected or misused.',
  });
}

function unmarked(row: ScanningSourceRow): Text {
  const packets = formatCount(telnetPackets(row));
  if (row.marks.mirai === 0) {
    return {
      ja: `${packets}パケットのどれにも、Mirai系マルウェアの目印はありません。`,
      en: `None of the ${packets} packets carries the mark of the Mirai family.`,
    };
  }
  const marked = formatCount(row.marks.mirai);
  return {
    ja: `${packets}パケットのうち、Mirai系マルウェアの目印があるのは${marked}パケットだけです。`,
    en: `Of ${packets} packets only ${marked} carry the mark of the Mirai family.`,
  };
}
