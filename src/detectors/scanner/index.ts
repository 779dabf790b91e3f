/**
 * Finds sources that search many unused addresses or ports, and names their tool.
 *
 * Scanning is not an attack yet and mostly comes from rented machines, so the severity is
 * low; from organisations that publish their scanners it is only recorded. Hosts with the
 * Mirai mark and hosts that seek Telnet are the infected-host detector's: one act, one
 * finding. With the number of observed addresses known, the finding says how fast the
 * scan is on the whole Internet and how slow a scan this sensor would have missed.
 *
 * A source is a scanner by one of its scan events (events.ts), which may have begun before
 * midnight, or by its day as a whole: surveys of many ports and slow scans are no event at
 * any single port. However long it goes on it stays one finding, which says its decade.
 */
import type { DetectedFinding } from '../../domain/finding.ts';
import type { ScanningSourceRow } from '../../domain/question.ts';
import type { Text } from '../../domain/text.ts';
import { type Detector, defineDetector, type JudgeContext } from '../../engine/modules.ts';
import { editionOf, familyOf } from '../families.ts';
import { agreementOf, chanceFacts, type Fingerprint, fingerprintAt, matches, scanningTool } from '../fingerprints.ts';
import { KNOWN_SCANNERS, type KnownScanner, knownScanner } from '../known-scanners.ts';
import { isTelnetSeeker } from '../telnet.ts';
import { formatCount, formatPeriod, formatTargets, joinSentences, onPorts, targetsOf } from '../wording.ts';
import { isKept, rateOf, type ScanEvent, toScanEvents } from './events.ts';
import { isSpoofable, labelOf, labelSentence } from './label.ts';
import { type Settings, settingsSchema } from './schema.ts';
import { eventTimeout, internetWideRate, slowestScanVisible } from './thresholds.ts';

const ID = 'scanner';
const VERSION = 2;

const CONFIDENCE_WITH_TOOL = 90;
const CONFIDENCE_WITHOUT_TOOL = 75;

/** A rate from a shorter time than this says more about the moment than about the scan. */
const LEAST_SECONDS_FOR_RATE = 60;

/** The detector with a list of known scanners; the default export has the catalogue's. */
export function scannerDetector(scanners: readonly KnownScanner[]): Detector<'scanning-sources', Settings> {
  return defineDetector({
    id: ID,
    version: VERSION,
    title: { ja: 'スキャンの送信元', en: 'Scanners' },
    description: {
      ja: '多くの未使用アドレスやポートを探る送信元を見つけ、パケットの形から道具（Masscan、4.0までのZMap、Nmap）を推定します。観測アドレスが少ないほど、遅いスキャンは見えません。',
      en: 'Finds sources that search many unused addresses or ports and names the tool by the form of its packets (Masscan, ZMap up to 4.0, Nmap). The fewer addresses are observed, the more slow scans stay unseen.',
    },
    question: 'scanning-sources',
    settings: settingsSchema,
    lookBackMs: (settings, sensor) => timeoutOf(settings, sensor.addresses) * 1000,
    judge(row, settings, context) {
      if (row.packets === 1 || !isMostlyProbing(row)) return [];
      const tool = scanningTool(row);
      const known = knownScanner(row.source, scanners);
      const isOthers = carriesMirai(row) || (!tool && !known && (isTelnetSeeker(row) || familyOf(row, 'none') !== undefined));
      if (isOthers) return [];
      const events = eventsOf(row, settings, context);
      return events.length > 0 || isScanOfDay(row, settings) ? [toFinding(row, events, tool, known, settings, context)] : [];
    },
  });
}

export default scannerDetector(KNOWN_SCANNERS);

const probesOf = (row: ScanningSourceRow): number => row.synPackets + row.udpPackets + row.pingPackets;

function carriesMirai(row: ScanningSourceRow): boolean {
  const print = row.marks.mirai > 0 ? fingerprintAt('mirai', row.lastSeenAt) : undefined;
  return print !== undefined && matches(print, row);
}

/** Who mostly sends other things converses with somebody: a neighbour, whose few connection requests are no search. */
const LEAST_PROBE_SHARE = 0.5;

const isMostlyProbing = (row: ScanningSourceRow): boolean => probesOf(row) > 0 && probesOf(row) >= row.packets * LEAST_PROBE_SHARE;

function isScanOfDay(row: ScanningSourceRow, { minPackets, minTargets, minPorts }: Settings): boolean {
  return probesOf(row) >= minPackets && (targetsOf(row) >= minTargets || row.distinctPorts >= minPorts);
}

const timeoutOf = ({ timeoutRate, cutProbability }: Settings, addresses: number | null): number =>
  eventTimeout(addresses, timeoutRate, cutProbability);

/** The events worth keeping that touch the period, the largest first. */
function eventsOf(row: ScanningSourceRow, settings: Settings, { sensor, from }: JudgeContext): ScanEvent[] {
  const timeout = timeoutOf(settings, sensor.addresses);
  const limits = { ...settings, addresses: sensor.addresses };
  return row.scans
    .flatMap((series) => toScanEvents(series, timeout))
    .filter((event) => event.to > from && isKept(event, limits))
    .sort((a, b) => b.packets - a.packets || a.from - b.from);
}

function toFinding(
  row: ScanningSourceRow,
  events: readonly ScanEvent[],
  tool: Fingerprint | undefined,
  known: KnownScanner | undefined,
  settings: Settings,
  context: JudgeContext,
): DetectedFinding {
  const label = labelOf(row, { tool, known, addresses: context.sensor.addresses });
  return {
    tenant: context.tenant,
    kind: 'scanner',
    identifier: tool?.id ?? 'unknown',
    asset: { kind: 'ip', value: row.source },
    port: null,
    transport: null,
    role: 'source',
    classification: { taxonomy: 'information-gathering', type: 'scanner' },
    severity: known ? 'info' : 'low',
    confidence: tool ? CONFIDENCE_WITH_TOOL : CONFIDENCE_WITHOUT_TOOL,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    count: probesOf(row),
    sourcePort: row.sourcePort,
    because: joinSentences(
      searched(row),
      grewSentence(row),
      toolSentence(tool, row),
      known ? knownSentence(known) : labelSentence(label),
      isSpoofable(row) ? SPOOFABLE : undefined,
    ),
    evidence: {
      rule: { id: ID, version: VERSION, parameters: { ...settings, ...(tool ? { fingerprint: editionOf(tool) } : {}) } },
      facts: {
        ...factsOf(row),
        label,
        spoofable: isSpoofable(row),
        decade: decadeOf(row),
        ...eventFacts(events, context),
        ...toolFacts(tool, row),
        ...knownFacts(known),
        ...visibilityFacts(row, settings, context),
      },
      sensors: [context.sensor.id],
    },
    origin: { module: ID },
    bucket: context.bucket,
  };
}

// ---- Facts

function factsOf(row: ScanningSourceRow): Record<string, unknown> {
  return {
    packets: row.packets,
    synPackets: row.synPackets,
    udpPackets: row.udpPackets,
    pingPackets: row.pingPackets,
    targets: targetsOf(row),
    areTargetsALowerBound: row.areTargetsALowerBound,
    ports: row.ports.slice(0, 10),
    distinctPorts: row.distinctPorts,
    minutes: row.minutes,
    window: row.window,
    ttl: [row.ttlMin, row.ttlMax],
  };
}

const EVENTS_KEPT = 20;

function eventFacts(events: readonly ScanEvent[], { sensor, from }: JudgeContext): Record<string, unknown> {
  const shown = events.slice(0, EVENTS_KEPT).map((event) => ({
    ...event,
    ...(event.from < from ? { beganBefore: true } : {}),
    ...(sensor.addresses === null ? {} : { internetWidePacketsPerSecond: roundTo3(rateOf(event, sensor.addresses)) }),
  }));
  return { events: shown, eventCount: events.length };
}

function toolFacts(tool: Fingerprint | undefined, row: ScanningSourceRow): Record<string, unknown> {
  if (!tool) return { bareSynPackets: row.marks.bare };
  const { packets, among, share } = agreementOf(tool, row);
  return { tool: tool.tool, markedPackets: packets, markedAmong: among, agreement: share, ...chanceFacts(tool, packets, among) };
}

function knownFacts(known: KnownScanner | undefined): Record<string, unknown> {
  if (!known) return {};
  const { id, source, checkedOn, reverseNames } = known;
  return { knownScanner: { id, source, checkedOn, ...(reverseNames.length > 0 ? { reverseNames } : {}) } };
}

/** Only with a known number of addresses; otherwise nothing is extrapolated. */
function visibilityFacts(row: ScanningSourceRow, settings: Settings, { sensor, from, to }: JudgeContext): Record<string, unknown> {
  if (sensor.addresses === null) return {};
  const seconds = (row.lastSeenAt - row.firstSeenAt) / 1000;
  const rate = seconds >= LEAST_SECONDS_FOR_RATE ? internetWideRate(sensor.addresses, probesOf(row) / seconds) : null;
  const slowest = slowestScanVisible(sensor.addresses, (to - from) / 1000, settings.minPackets, settings.probability);
  return {
    sensorAddresses: sensor.addresses,
    internetWidePacketsPerSecond: rate === null ? null : roundTo3(rate),
    slowestVisiblePacketsPerSecond: roundTo3(slowest),
    eventTimeoutSeconds: timeoutOf(settings, sensor.addresses),
  };
}

const roundTo3 = (value: number): number => Number(value.toPrecision(3));

// ---- Words

function searched(row: ScanningSourceRow): Text {
  const period = formatPeriod(row.firstSeenAt, row.lastSeenAt);
  const targets = formatTargets(row);
  const ports = onPorts(row.ports, row.distinctPorts);
  const probes = formatCount(probesOf(row));
  return {
    ja: `${period.ja}、このアドレスから${targets.ja}${ports.ja}、合わせて${probes}個の探索パケットが届きました。`,
    en: `${period.en} this address sent ${probes} probes to ${targets.en} ${ports.en}.`,
  };
}

/** 10,000 probes are another thing than 20: the same finding says when it has grown tenfold. */
const decadeOf = (row: ScanningSourceRow): number => Math.floor(Math.log10(Math.max(1, probesOf(row))));

function grewSentence(row: ScanningSourceRow): Text | undefined {
  const decade = decadeOf(row);
  if (decade < LEAST_DECADE_SAID) return undefined;
  const figure = formatCount(10 ** decade);
  return { ja: `1日で${figure}個を超える大規模なスキャンです。`, en: `It is a large scan: more than ${figure} probes in a day.` };
}

const LEAST_DECADE_SAID = 4;

const SPOOFABLE: Text = {
  ja: '送信元が偽られているか、複数の機器が混ざっている可能性があります（パケットごとのTTLが大きくばらついています）。',
  en: 'The sender could be forged, or several hosts could be behind it: the remaining hops (TTL) of the packets differ widely.',
};

function toolSentence(tool: Fingerprint | undefined, row: ScanningSourceRow): Text {
  if (!tool) {
    return {
      ja: 'パケットの形からは、どの道具によるものか判断できません。',
      en: 'From the form of the packets we cannot say which tool sent them.',
    };
  }
  const { packets, among } = agreementOf(tool, row);
  const [n, all] = [formatCount(packets), formatCount(among)];
  return {
    ja: `接続要求${all}個のうち${n}個が、スキャン用の道具${tool.tool}の送る形と一致しました。`,
    en: `Of ${all} connection requests, ${n} have the form in which the scanning tool ${tool.tool} sends them.`,
  };
}

function knownSentence({ organisation, checkedOn }: KnownScanner): Text {
  return {
    ja: `このアドレスは、${organisation.ja}がスキャンの送信元として公表しています（${checkedOn}に確認）。`,
    en: `${organisation.en} publishes this address as one of its scanners (looked up on ${checkedOn}).`,
  };
}
