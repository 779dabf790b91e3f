/**
 * A rule with other settings, tried on stored days: what it would have found and lost.
 *
 * Nothing is written. Both settings judge the same rows, so that only the settings can
 * make a difference; what is compared are findings as they are folded, one per thing and
 * not one per day, with the worst severity of all days. Memory grows with the findings,
 * not with the rows, and there is an end to it.
 */
import { type DetectedFinding, fingerprintText, SEVERITIES, type Severity } from '../domain/finding.ts';
import type { OnePacketFlood, Sensor } from '../domain/question.ts';
import { YaguraError } from './errors.ts';
import type { Detector, JudgeContext } from './modules.ts';
import type { TelescopeReader } from './ports.ts';

const DAY = 86_400_000;
const MOST_DAYS = 400;
const MOST_FINDINGS = 300_000;
const SAMPLES = 50;
/** Kept while it is not known yet which way they end. */
const MOST_CANDIDATES = 5000;

export interface BacktestQuestion {
  readonly tenant: string;
  readonly detector: Detector;
  readonly present: unknown;
  readonly proposed: unknown;
  readonly sensors: readonly string[];
  readonly from: number; // Unix ms
  readonly to: number;
}

export interface BacktestParts {
  readonly telemetry: TelescopeReader;
  /** The sensor as it was on that day. */
  sensorAt(id: string, day: number): Sensor;
  readonly signal: AbortSignal;
  progress(state: { readonly done: number; readonly total: number; readonly added: number; readonly lost: number }): void;
}

export interface BacktestSample {
  readonly finding: DetectedFinding;
  readonly sensor: string;
  readonly day: number;
  readonly present: Severity | null;
  readonly proposed: Severity | null;
}

export interface Backtest {
  readonly days: number;
  readonly judged: number;
  readonly isWhole: boolean;
  readonly counts: {
    readonly present: number;
    readonly proposed: number;
    readonly added: number;
    readonly lost: number;
    readonly unchanged: number;
    readonly raised: number;
    readonly lowered: number;
  };
  readonly bySeverity: readonly { readonly severity: Severity; readonly present: number; readonly proposed: number }[];
  readonly samples: {
    readonly added: readonly BacktestSample[];
    readonly lost: readonly BacktestSample[];
    readonly changed: readonly BacktestSample[];
  };
}

export async function runBacktest(question: BacktestQuestion, parts: BacktestParts): Promise<Backtest> {
  const days = daysOf(question);
  const total = days.length * question.sensors.length;
  if (total > MOST_DAYS) throw new YaguraError('usage', `that is ${total} days of sensors; try at most ${MOST_DAYS} at once`);
  const tally = new Tally();
  let done = 0;
  for (const day of days) {
    for (const id of question.sensors) {
      await judgeBoth(question, parts, parts.sensorAt(id, day), day, tally);
      done++;
      const { added, lost } = tally.counts();
      parts.progress({ done, total, added, lost });
      if (tally.isFull) return { days: done, isWhole: done === total, ...tally.result() };
    }
  }
  return { days: done, isWhole: true, ...tally.result() };
}

function daysOf({ from, to }: BacktestQuestion): number[] {
  const first = Math.floor(from / DAY) * DAY;
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / DAY)) }, (_, i) => first + i * DAY);
}

async function judgeBoth(question: BacktestQuestion, parts: BacktestParts, sensor: Sensor, day: number, tally: Tally): Promise<void> {
  const { tenant, detector, present, proposed } = question;
  const range = { tenant, sensor: sensor.id, from: day, to: day + DAY };
  const bucket = `backtest:${sensor.id}:${new Date(day).toISOString().slice(0, 10)}`;
  const context: JudgeContext = { tenant, sensor, bucket, from: day, to: day + DAY, floods: await floodsOf(parts.telemetry, range) };
  const lookBackMs = Math.max(detector.lookBackMs?.(present, sensor) ?? 0, detector.lookBackMs?.(proposed, sensor) ?? 0);
  for await (const rows of parts.telemetry.ask(detector.question, { ...range, lookBackMs })) {
    parts.signal.throwIfAborted();
    for (const row of rows) {
      tally.judged++;
      tally.add('present', detector.judge(row, present, context), sensor.id, day);
      tally.add('proposed', detector.judge(row, proposed, context), sensor.id, day);
    }
  }
}

async function floodsOf(telemetry: TelescopeReader, range: Parameters<TelescopeReader['ask']>[1]): Promise<OnePacketFlood[]> {
  const floods: OnePacketFlood[] = [];
  for await (const rows of telemetry.ask('one-packet-floods', range)) floods.push(...rows);
  return floods;
}

type Side = 'present' | 'proposed';

/** Ranks of severity, -1 where it was not found. */
interface Both {
  present: number;
  proposed: number;
}

interface Candidate {
  readonly key: string;
  readonly finding: DetectedFinding;
  readonly sensor: string;
  readonly day: number;
}

const severityAt = (rank: number): Severity | null => SEVERITIES[rank] ?? null;

/** Findings of both sides by what they are about. */
class Tally {
  judged = 0;
  readonly #findings = new Map<string, Both>();
  readonly #candidates: Candidate[] = [];

  get isFull(): boolean {
    return this.#findings.size >= MOST_FINDINGS;
  }

  add(side: Side, found: readonly DetectedFinding[], sensor: string, day: number): void {
    for (const finding of found) {
      const key = fingerprintText(finding);
      const rank = SEVERITIES.indexOf(finding.severity);
      const both = this.#findings.get(key) ?? { present: -1, proposed: -1 };
      both[side] = Math.max(both[side], rank);
      this.#findings.set(key, both);
      // The present side comes first: what the proposed side then makes equal needs no sample.
      if (both.present === both.proposed) this.#drop(key);
      else this.#keep({ key, finding, sensor, day });
    }
  }

  #drop(key: string): void {
    if (this.#candidates.at(-1)?.key === key) this.#candidates.pop();
  }

  #keep(candidate: Candidate): void {
    if (this.#candidates.length < MOST_CANDIDATES && this.#candidates.at(-1)?.key !== candidate.key) this.#candidates.push(candidate);
  }

  counts(): Backtest['counts'] {
    const counts = { present: 0, proposed: 0, added: 0, lost: 0, unchanged: 0, raised: 0, lowered: 0 };
    for (const { present, proposed } of this.#findings.values()) {
      if (present >= 0) counts.present++;
      if (proposed >= 0) counts.proposed++;
      counts[outcomeOf(present, proposed)]++;
    }
    return counts;
  }

  result(): Pick<Backtest, 'judged' | 'counts' | 'bySeverity' | 'samples'> {
    const all = [...this.#findings.values()];
    const bySeverity = SEVERITIES.map((severity, rank) => ({
      severity,
      present: all.filter(({ present }) => present === rank).length,
      proposed: all.filter(({ proposed }) => proposed === rank).length,
    }));
    return { judged: this.judged, counts: this.counts(), bySeverity, samples: this.#samples() };
  }

  #samples(): Backtest['samples'] {
    const samples = { added: [] as BacktestSample[], lost: [] as BacktestSample[], changed: [] as BacktestSample[] };
    const seen = new Set<string>();
    for (const { key, finding, sensor, day } of this.#candidates) {
      const both = this.#findings.get(key);
      if (!both || both.present === both.proposed || seen.has(key)) continue;
      seen.add(key);
      const list = samples[both.present < 0 ? 'added' : both.proposed < 0 ? 'lost' : 'changed'];
      if (list.length < SAMPLES)
        list.push({ finding, sensor, day, present: severityAt(both.present), proposed: severityAt(both.proposed) });
    }
    return samples;
  }
}

function outcomeOf(present: number, proposed: number): 'added' | 'lost' | 'unchanged' | 'raised' | 'lowered' {
  if (present < 0) return 'added';
  if (proposed < 0) return 'lost';
  if (present === proposed) return 'unchanged';
  return proposed > present ? 'raised' : 'lowered';
}
