/**
 * Makes the public statistics: what was seen, beside how much was watched.
 *
 * Pure sums of what the stores answered, so that the API, the file to download and the
 * command line tell the same. Nothing here knows the address of a source.
 */
import { type Exposure, exposureOf } from '../domain/exposure.ts';
import type { Text } from '../domain/text.ts';
import {
  definitionChanges,
  type Interval,
  mayCompare,
  touching,
  unite,
  unwatched,
  type WatchedSensor,
  within,
} from '../domain/watching.ts';
import type { ScannerDay } from '../store/state/scanner-days.ts';
import type { HostCounts, SensorPackets } from '../store/telemetry/questions/statistics.ts';
import type { Statistics, StatisticsStep, StatisticsTable, StatisticsYear } from './statistics-contract.ts';

const DAY = 86_400_000;

export interface StatisticsEvidence {
  readonly period: Interval;
  readonly stepSeconds: number;
  /** Of the period; figures after it do not exist yet. */
  readonly now: number;
  readonly sensors: readonly WatchedSensor[];
  readonly packets: readonly SensorPackets[];
  readonly hosts: HostCounts | null;
  readonly scanners: readonly ScannerDay[];
}

type Figures = Pick<Statistics, 'sensors' | 'steps' | 'gaps' | 'partialGaps' | 'changes' | 'totals'>;

export function figuresOf(evidence: StatisticsEvidence): Figures {
  const { period, sensors, now } = evidence;
  const past = { from: period.from, to: Math.max(period.from, Math.min(period.to, now)) };
  const changes = definitionChanges(sensors, past).map(({ at, kind, text }) => ({ at, kind, text }));
  const steps = stepsOf(evidence, past, changes);
  const exposure = exposureOf(sensors, past);
  const total = sumBySensor(evidence.packets);
  const packets = [...total.values()].reduce((sum, count) => sum + count, 0);
  const scanner =
    wholeDays(period, now) && evidence.scanners.length > 0 ? evidence.scanners.reduce((sum, day) => sum + day.packets, 0) : null;
  return {
    sensors: exposure.sensors,
    steps,
    gaps: exposure.sensors === 0 ? [] : unwatched(presentIn(sensors, past), past),
    partialGaps: unite(presentIn(sensors, past).flatMap(({ gaps }) => within(gaps, past))),
    changes,
    totals: {
      ...toFigures(packets, exposure),
      perAddress: toPerAddress(packets, exposure),
      hosts: evidence.hosts?.total ?? null,
      scannerPackets: scanner,
      scannerShare: scanner === null || packets === 0 ? null : Math.min(1, scanner / packets),
    },
  };
}

const presentIn = (sensors: readonly WatchedSensor[], { to }: Interval): WatchedSensor[] =>
  sensors.filter(({ firstAt }) => firstAt !== null && firstAt < to);

/** Without any judgement in the period nothing is said. Judgements are of whole UTC days; a running day counts as far as it was judged. */
const wholeDays = ({ from, to }: Interval, now: number): boolean => from % DAY === 0 && (to % DAY === 0 || to >= now);

const sumBySensor = (packets: readonly SensorPackets[]): Map<string, number> =>
  new Map(packets.map(({ sensor, packets: steps }) => [sensor, steps.reduce((sum, count) => sum + count, 0)]));

function stepsOf(evidence: StatisticsEvidence, past: Interval, changes: Statistics['changes']): StatisticsStep[] {
  const { period, stepSeconds, sensors, packets, hosts, scanners } = evidence;
  const length = Math.ceil((past.to - period.from) / (stepSeconds * 1000));
  const byDay = Map.groupBy(scanners, ({ day }) => day);
  return Array.from({ length }, (_, i) => {
    const at = period.from + i * stepSeconds * 1000;
    const step = { from: at, to: Math.min(past.to, at + stepSeconds * 1000) };
    const near = touching(sensors, step);
    const exposure = exposureOf(near, step);
    const count = packets.reduce((sum, one) => sum + (one.packets[i] ?? 0), 0);
    const isJudged = stepSeconds * 1000 === DAY && scanners.length > 0;
    return {
      at,
      ...toFigures(count, exposure),
      hosts: hosts?.steps[i] ?? null,
      scannerPackets: isJudged ? (byDay.get(at) ?? []).reduce((sum, day) => sum + day.packets, 0) : null,
      isGap: count === 0 && isUnwatched(near, step),
      isChanged: changes.some((change) => change.at >= step.from && change.at < step.to),
    };
  });
}

/** Nobody watched in any of it. */
function isUnwatched(sensors: readonly WatchedSensor[], step: Interval): boolean {
  const away = unwatched(presentIn(sensors, step), step);
  return away[0]?.from === step.from && away[0].to === step.to;
}

function toFigures(packets: number, exposure: Exposure): Pick<StatisticsStep, 'packets' | 'addresses' | 'perAddressDay' | 'watched'> {
  const { addressDays, addresses, watched } = exposure;
  return { packets, addresses, perAddressDay: addressDays ? round(packets / addressDays) : null, watched: round(watched) };
}

const toPerAddress = (packets: number, { addresses }: Exposure): number | null => (addresses ? round(packets / addresses.average) : null);

/** Four digits say all there is to say; more would only look exact. */
const round = (value: number): number => Number(value.toPrecision(4));

// ---- Years

/** Every year with observations, by whole UTC days; `packets` begins on 1 January of the first. */
export function yearsOf(
  days: readonly SensorPackets[],
  sensors: readonly WatchedSensor[],
  firstYear: number,
  now: number,
): StatisticsYear[] {
  const from = Date.UTC(firstYear, 0, 1);
  const years: StatisticsYear[] = [];
  for (let year = firstYear; Date.UTC(year, 0, 1) < now; year++) {
    const end = Date.UTC(year + 1, 0, 1);
    const period = { from: Date.UTC(year, 0, 1), to: Math.min(end, now) };
    const [first, last] = [(period.from - from) / DAY, Math.ceil((period.to - from) / DAY)];
    const packets = days.reduce((sum, one) => sum + one.packets.slice(first, last).reduce((total, count) => total + count, 0), 0);
    const exposure = exposureOf(sensors, period);
    const before = years.at(-1);
    const comparison = before ? mayCompare(before, period, sensors) : { isComparable: false, reasons: [NO_YEAR_BEFORE] };
    const reasons = [...comparison.reasons, ...(now < end ? [RUNNING_YEAR] : [])];
    years.push({
      year,
      ...period,
      ...toFigures(packets, exposure),
      perAddress: toPerAddress(packets, exposure),
      sensors: exposure.sensors,
      isComplete: now >= end && exposure.watched === 1,
      isComparable: reasons.length === 0,
      reasons,
    });
  }
  return years;
}

const NO_YEAR_BEFORE: Text = { ja: '前の年の観測がありません。', en: 'There is no year before it.' };
const RUNNING_YEAR: Text = { ja: 'この年はまだ終わっていません。', en: 'The year is not over yet.' };

// ---- Words

/** What each figure means; printed beside them and into every file. */
export const DEFINITIONS: Statistics['definitions'] = [
  {
    id: 'packets',
    title: { ja: 'パケット', en: 'Packets' },
    text: {
      ja: '使われていないアドレスに届いたパケットの数です。ここに届く通信に、通常の用事はありません。',
      en: 'Packets that arrived at addresses nobody uses. Nothing that arrives there has ordinary business.',
    },
  },
  {
    id: 'hosts',
    title: { ja: '送信元', en: 'Sources' },
    text: {
      ja: '異なる送信元アドレスの数です。アドレスは偽ることができ、1台の機器がいくつも使うこともあります。多いときは約1%の誤差があります。',
      en: 'Distinct source addresses. They can be forged, and one device may use several. Large counts are within about one per cent.',
    },
  },
  {
    id: 'per-address',
    title: { ja: '1アドレスあたり', en: 'Per address' },
    text: {
      ja: '観測アドレス1つ、観測できた1日あたりのパケット数です。アドレス数の違うセンサーや年を並べて見るために使います。',
      en: 'Packets per observed address and day of watching. It lets sensors and years of different size stand side by side.',
    },
  },
  {
    id: 'gap',
    title: { ja: '欠測', en: 'Gap' },
    text: {
      ja: 'センサーから何の知らせもなかった時間です。その間の数は0ではなく、分かりません。欠測を含む期間は、ほかの期間と比べません。',
      en: 'A time without any sign of the sensors. Its figures are not zero but unknown, and a period with a gap is not compared with another.',
    },
  },
  {
    id: 'scanner',
    title: { ja: '調査スキャンの割合', en: 'Share of scanners' },
    text: {
      ja: 'その日（UTC）に「スキャンの送信元」と判定された送信元の探索パケット（TCP SYN・UDP・ping）が、全パケットに占める割合です。感染のおそれがある機器のスキャンは含みません。',
      en: 'Probes (TCP SYN, UDP, ping) of sources that our rule judged to be scanners on that day (UTC), as a part of all packets. Scans by hosts that may be infected are not among them.',
    },
  },
  {
    id: 'country',
    title: { ja: '国・ネットワーク', en: 'Country and network' },
    text: {
      ja: '登録情報による推定です。送信元は偽ることができるため、誰が送ったかを示すものではありません。',
      en: 'Estimated from registry data. Sources can be forged, so this does not say who sent anything.',
    },
  },
];

// ---- Files

type Cell = string | number | null;

/** One table as rows under English heads that programs can rely on. Times are UTC. */
export function toTable(statistics: Statistics, table: StatisticsTable): Cell[][] {
  if (table === 'series') return [SERIES_HEADS, ...statistics.steps.map(toSeriesRow)];
  if (table === 'years') return [YEAR_HEADS, ...statistics.years.map(toYearRow)];
  return [['key', 'name', 'packets', 'share'], ...statistics[table].map((row) => [row.key, row.label.en, row.packets, row.share])];
}

const SERIES_HEADS = [
  'time_utc',
  'packets',
  'sources',
  'observed_addresses',
  'packets_per_address_day',
  'watched_share',
  'scanner_packets',
  'notes',
];

function toSeriesRow(step: StatisticsStep): Cell[] {
  const { isGap, packets, hosts, addresses, perAddressDay, watched, scannerPackets } = step;
  const seen = isGap ? [null, null] : [packets, hosts];
  return [toTime(step.at), ...seen, addresses?.average ?? null, perAddressDay, watched, scannerPackets, notesOf(step)];
}

const YEAR_HEADS = [
  'year',
  'packets',
  'observed_addresses',
  'packets_per_address',
  'packets_per_address_day',
  'watched_share',
  'is_complete',
  'is_comparable',
  'notes',
];

function toYearRow(year: StatisticsYear): Cell[] {
  const { packets, addresses, perAddress, perAddressDay, watched, isComplete, isComparable, reasons } = year;
  const flags = [String(isComplete), String(isComparable), reasons.map(({ en }) => en).join(' ')];
  return [year.year, packets, addresses?.average ?? null, perAddress, perAddressDay, watched, ...flags];
}

const toTime = (at: number): string => new Date(at).toISOString().slice(0, 16).concat('Z');

function notesOf(step: StatisticsStep): string {
  const notes = [step.isGap ? 'gap' : step.watched < 1 ? 'partial-gap' : '', step.isChanged ? 'definition-changed' : ''];
  return notes.filter((note) => note !== '').join(';');
}

/** RFC 4180; a leading sign that a spreadsheet takes for a formula is defused. */
export function toCsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
