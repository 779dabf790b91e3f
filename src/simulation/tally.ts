/**
 * Counts the recorded packets while they are written, and makes the ground truth of them.
 *
 * Detectors judge a source by UTC day, so evidence is counted per source and day. Only the
 * first few different targets and ports are remembered: the rules ask for ten at most.
 */
import { formatIpv4Number } from '../domain/address.ts';
import type { FindingKind } from '../domain/finding.ts';
import { TRAFFIC_CLASSES } from '../domain/traffic-class.ts';
import type { Actor, PlantedTruth } from './actors.ts';
import { type Country, DAY, holderOf, leasesOf } from './country.ts';
import type { ReportRecord } from './reports.ts';
import { actorsBetween, type Witness } from './traffic.ts';
import type { Planted } from './truth.ts';

/** What the detectors ask for at least; stated here apart from them, so that the score is not circular. */
const NEEDED = {
  miraiPackets: 3,
  telnetPackets: 10,
  telnetTargets: 5,
  scannerPackets: 20,
  scannerTargetsOrPorts: 10,
  victimPackets: 25,
  victimSeconds: 60,
  victimTargets: 5,
} as const;

const REMEMBERED = 10;

/** Evidence of one source on one UTC day. */
export interface DayCount {
  day: number;
  packets: number;
  firstAt: number;
  lastAt: number;
  readonly targets: number[];
  readonly ports: number[];
}

interface Suspect {
  readonly truth: PlantedTruth;
  readonly address: number;
  readonly lineIds: string[];
  readonly days: DayCount[];
}

/** What was recorded of the actors of one planted event. */
export interface GroupCount {
  packets: number;
  firstAt: number;
  lastAt: number;
  readonly sources: Set<number>;
}

export class Tally implements Witness {
  packets = 0;
  researchPackets = 0;
  readonly groups = new Map<string, GroupCount>();
  #group: GroupCount | undefined;
  readonly #classes = new Float64Array(TRAFFIC_CLASSES.length);
  readonly #suspects = new Map<PlantedTruth, Map<number, Suspect>>(); // by truth, then by address
  #current: DayCount | undefined;
  #isResearch = false;

  source(actor: Actor, address: number, minute: number): void {
    this.#isResearch = actor.isResearch === true;
    this.#group = actor.group === undefined ? undefined : this.#groupOf(actor.group, address);
    this.#current = actor.truth ? dayOf(this.#suspect(actor.truth, address, actor.host.lineId), minute) : undefined;
  }

  packet(atMs: number, destination: number, port: number, classCode: number): void {
    this.packets++;
    if (this.#isResearch) this.researchPackets++;
    this.#classes[classCode] = (this.#classes[classCode] ?? 0) + 1;
    if (this.#current) count(this.#current, atMs, destination, port);
    if (this.#group) countGroup(this.#group, atMs);
  }

  #groupOf(name: string, address: number): GroupCount {
    let group = this.groups.get(name);
    if (!group) this.groups.set(name, (group = { packets: 0, firstAt: 0, lastAt: 0, sources: new Set() }));
    group.sources.add(address);
    return group;
  }

  get classPackets(): Record<string, number> {
    return Object.fromEntries(TRAFFIC_CLASSES.map(({ id, code }) => [id, this.#classes[code] ?? 0]));
  }

  #suspect(truth: PlantedTruth, address: number, lineId: string): Suspect {
    let suspects = this.#suspects.get(truth);
    if (!suspects) this.#suspects.set(truth, (suspects = new Map()));
    let suspect = suspects.get(address);
    if (!suspect) suspects.set(address, (suspect = { truth, address, lineIds: [lineId], days: [] }));
    if (!suspect.lineIds.includes(lineId)) suspect.lineIds.push(lineId);
    return suspect;
  }

  /** Everything planted within the span, also what sent nothing that was recorded. */
  *planted(country: Country, from: number, to: number): Generator<Planted> {
    for (const actor of actorsBetween(country, from, to)) {
      if (!actor.truth) continue;
      for (const lease of leasesOf(country, actor.host, Math.max(from, actor.from), Math.min(to, actor.to))) {
        this.#suspect(actor.truth, lease.address, lease.lineId);
      }
    }
    for (const suspects of this.#suspects.values()) for (const suspect of suspects.values()) yield toPlanted(country, suspect, to);
  }
}

const dayOf = (suspect: Suspect, at: number): DayCount => dayIn(suspect.days, at);

/** The count of the day a time lies in; times come in order of days. */
export function dayIn(days: DayCount[], at: number): DayCount {
  const day = Math.floor(at / DAY);
  const last = days.at(-1);
  if (last?.day === day) return last;
  const fresh = { day, packets: 0, firstAt: 0, lastAt: 0, targets: [], ports: [] };
  days.push(fresh);
  return fresh;
}

function countGroup(group: GroupCount, at: number): void {
  group.firstAt = group.packets === 0 ? at : Math.min(group.firstAt, at);
  group.lastAt = Math.max(group.lastAt, at);
  group.packets++;
}

/** Packets of a minute come in no order, so first and last are found by comparing. */
export function count(day: DayCount, at: number, destination: number, port: number): void {
  day.firstAt = day.packets === 0 ? at : Math.min(day.firstAt, at);
  day.lastAt = Math.max(day.lastAt, at);
  day.packets++;
  remember(day.targets, destination);
  remember(day.ports, port);
}

function remember(values: number[], value: number): void {
  if (values.length < REMEMBERED && !values.includes(value)) values.push(value);
}

function toPlanted(country: Country, suspect: Suspect, to: number): Planted {
  const { truth, address, days } = suspect;
  const seen = days.filter((day) => day.packets > 0);
  const lastSeenAt = seen.length === 0 ? null : Math.max(...seen.map((day) => day.lastAt));
  return {
    kind: truth.kind,
    identifier: truth.identifier,
    asset: formatIpv4Number(address),
    port: null,
    source: 'telescope',
    constituentId: holderOf(country, address, lastSeenAt ?? to - 1),
    firstSeenAt: seen.length === 0 ? null : Math.min(...seen.map((day) => day.firstAt)),
    lastSeenAt,
    packets: seen.reduce((sum, day) => sum + day.packets, 0),
    records: 0,
    isDetectable: isEnough(truth.kind, seen),
    lineIds: suspect.lineIds,
    alsoTrue: [...truth.alsoTrue],
  };
}

export const isEnough = (kind: FindingKind, days: readonly DayCount[]): boolean => IS_ENOUGH[kind]?.(days) ?? false;

const IS_ENOUGH: Readonly<Partial<Record<FindingKind, (days: readonly DayCount[]) => boolean>>> = {
  'infected-host': (days) => days.reduce((sum, day) => sum + day.packets, 0) >= NEEDED.miraiPackets,
  'telnet-scanner': (days) => days.some((day) => day.packets >= NEEDED.telnetPackets && day.targets.length >= NEEDED.telnetTargets),
  'dos-victim': (days) =>
    days.some(
      (day) =>
        day.packets >= NEEDED.victimPackets &&
        day.lastAt - day.firstAt >= NEEDED.victimSeconds * 1000 &&
        day.targets.length >= NEEDED.victimTargets,
    ),
  scanner: (days) =>
    days.some(
      (day) => day.packets >= NEEDED.scannerPackets && Math.max(day.targets.length, day.ports.length) >= NEEDED.scannerTargetsOrPorts,
    ),
};

/** What the records of reports say, folded like findings: one per kind, identifier, asset and port. */
export function plantedByReports(records: Iterable<ReportRecord>): Planted[] {
  const planted = new Map<string, Planted>();
  for (const record of records) {
    const key = [record.kind, record.identifier, record.asset, record.port].join(' ');
    const before = planted.get(key);
    const isLater = !before?.lastSeenAt || record.at >= before.lastSeenAt;
    planted.set(key, {
      kind: record.kind,
      identifier: record.identifier,
      asset: record.asset,
      port: record.port,
      source: 'feed',
      constituentId: isLater ? record.holder : (before?.constituentId ?? null),
      firstSeenAt: Math.min(before?.firstSeenAt ?? record.at, record.at),
      lastSeenAt: Math.max(before?.lastSeenAt ?? record.at, record.at),
      packets: 0,
      records: (before?.records ?? 0) + 1,
      isDetectable: true,
      lineIds: before ? [...new Set([...before.lineIds, record.lineId])] : [record.lineId],
      alsoTrue: [],
    });
  }
  return [...planted.values()];
}
