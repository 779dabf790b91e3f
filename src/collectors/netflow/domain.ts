/**
 * One observation domain of one exporter: its templates, its sampling, its place in the
 * sequence, and the minute it is being counted in.
 *
 * Domains are told apart by the exporter's address, the protocol and the domain's number.
 * The port is left out on purpose: many exporters change it when they restart.
 */
import type { SensorMinute, SensorMinuteSource, SensorMinutes } from '../../flow/sensor-minutes.ts';
import { minuteOf } from '../../flow/sensor-minutes.ts';
import { DATAGRAMS, RECORDS, Sequence } from '../../flow/sequence.ts';
import type { Version } from './headers.ts';
import type { Plan, Template } from './plan.ts';
import { Samplers } from './samplers.ts';
import type { WaitingSet } from './waiting.ts';

const KINDS = { 5: 'netflow-5', 9: 'netflow-9', 10: 'ipfix' } as const;
const LOST_UNITS = { 5: 'flow', 9: 'datagram', 10: 'record' } as const;
/** Clocks of routers that go back by less are datagrams out of order. */
const RESTART_MS = 60_000;
const NEARLY_WRAPPED = 0xf000_0000;

/** A configured sampling interval, for exporters that state none or a wrong one. */
export interface StaticSampling {
  readonly interval: number;
  readonly replaces: boolean;
}

export class Exporter {
  readonly address: string;
  readonly static: StaticSampling | undefined;
  /** What any of its domains said about sampling, for those that say nothing themselves. */
  readonly samplers: Samplers = new Samplers();
  readonly domains: Map<number, Domain> = new Map();

  constructor(address: string, configured: StaticSampling | undefined) {
    this.address = address;
    this.static = configured;
  }
}

export class Domain implements SensorMinuteSource {
  readonly owner: Exporter;
  readonly exporter: string;
  readonly domain: number;
  readonly version: Version;
  readonly kind: string;
  readonly lostUnit: string;
  readonly plans: Map<number, Plan> = new Map();
  /** Templates that were refused, so that each is reported once and not every minute. */
  readonly refused: Map<number, string> = new Map();
  readonly waiting: Map<number, Set<WaitingSet>> = new Map();
  readonly samplers: Samplers = new Samplers();
  readonly sequence: Sequence;
  /** Unix ms at which the exporter started; NaN when it has not said. */
  initialisedAt: number = Number.NaN;
  usedAt = 0;
  #uptime = 0;
  #minute: SensorMinute | undefined;
  #generation = -1;

  constructor(owner: Exporter, domain: number, version: Version) {
    this.owner = owner;
    this.exporter = owner.address;
    this.domain = domain;
    this.version = version;
    this.kind = KINDS[version];
    this.lostUnit = LOST_UNITS[version];
    this.sequence = new Sequence(version === 9 ? DATAGRAMS : RECORDS);
  }

  /** The row that counts a moment of receipt. */
  minuteAt(minutes: SensorMinutes, at: number): SensorMinute {
    const known = this.#generation === minutes.generation ? this.#minute : undefined;
    if (known?.second === minuteOf(at)) return known;
    this.#generation = minutes.generation;
    this.#minute = minutes.open(this, at);
    return this.#minute;
  }

  /** Notices a restart by the exporter's own clock, so that its new sequence is no loss. */
  noteUptime(uptime: number): void {
    if (uptime + RESTART_MS < this.#uptime && this.#uptime < NEARLY_WRAPPED) this.sequence.restart();
    this.#uptime = uptime;
  }

  get fieldCount(): number {
    let sum = 0;
    for (const plan of this.plans.values()) sum += plan.template.fields.length;
    return sum;
  }
}

export function isSameTemplate(a: Template, b: Template): boolean {
  return (
    a.isOptions === b.isOptions &&
    a.scopes === b.scopes &&
    a.fields.length === b.fields.length &&
    a.fields.every((field, i) => {
      const other = b.fields[i];
      return field.id === other?.id && field.length === other.length && field.enterprise === other.enterprise;
    })
  );
}
