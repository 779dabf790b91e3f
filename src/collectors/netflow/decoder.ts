/**
 * NetFlow v5, v9 and IPFIX datagrams to flow rows.
 *
 * Files and live input share this class. What strangers send is checked length by length
 * before it is read: a datagram can be wrong in any way without harming the next one.
 */
import { contains, type Prefix, parseAddress, parsePrefix } from '../../domain/address.ts';
import type { Reason } from '../../domain/reason.ts';
import { SAMPLING_FROM } from '../../domain/telemetry-table.ts';
import type { FlowDecoder } from '../../flow/collect-datagrams.ts';
import type { Origin } from '../../flow/datagram-files.ts';
import { FlowColumns } from '../../flow/flow-columns.ts';
import { type SensorMinute, SensorMinutes } from '../../flow/sensor-minutes.ts';
import { DataSets } from './data-sets.ts';
import { Domain, Exporter, isSameTemplate, type StaticSampling } from './domain.ts';
import { readUnsigned } from './fill.ts';
import { HEADER_BYTES, RECORD_BYTES, type Version } from './headers.ts';
import { type Plan, planOf, type Template } from './plan.ts';
import { checkTemplate, readTemplates, type TemplateReader } from './read-templates.ts';
import { type REASONS, reason } from './reasons.ts';
import { statedInterval } from './sampling.ts';
import type { NetflowSettings } from './schema.ts';
import type { Moment } from './times.ts';
import { VERSION_5 } from './version-5.ts';
import { Waiting, type WaitingSet } from './waiting.ts';

const TEMPLATE_SETS: Readonly<Record<9 | 10, { data: number; options: number }>> = {
  9: { data: 0, options: 1 },
  10: { data: 2, options: 3 },
};
const FIRST_DATA_SET = 256;
/** What a hostile network may make us remember. */
const MOST_DOMAINS = 4096;
const EVICTED_AT_ONCE = 512;
const MOST_TEMPLATES = 1024;
const MOST_FIELDS = 400_000;
const MOST_REFUSED = 64;
const MOST_INTERVALS = 1000;
/** Exporters are numbered with 16 bits in a batch. */
const MOST_EXPORTERS_IN_BATCH = 60_000;
const EXCERPT_BYTES = 64;

export interface DecoderOptions {
  readonly settings: NetflowSettings;
  /** True when datagrams arrive now, false when they come from files. */
  readonly isLive: boolean;
  quarantine(exporter: string, reason: Reason, excerpt: () => string): void;
}

/** Counts over everything decoded, for people who look at a file. */
export interface Tally {
  datagrams: number;
  /** Datagrams that could not be read wholly. */
  broken: number;
  records: number;
  ipv4Records: number;
  ipv6Records: number;
  templates: number;
  withoutTemplate: number;
  quarantined: number;
  readonly versions: Set<number>;
  readonly intervals: Set<number>;
}

export class NetflowDecoder implements FlowDecoder {
  readonly columns: FlowColumns = new FlowColumns();
  readonly minutes: SensorMinutes = new SensorMinutes();
  readonly exporters: Map<string, Exporter> = new Map();
  readonly tally: Tally = {
    datagrams: 0,
    broken: 0,
    records: 0,
    ipv4Records: 0,
    ipv6Records: 0,
    templates: 0,
    withoutTemplate: 0,
    quarantined: 0,
    versions: new Set(),
    intervals: new Set(),
  };
  /** Goes up when something changes that should survive a restart. */
  changes = 0;
  readonly #options: DecoderOptions;
  readonly #configured: readonly (StaticSampling & { readonly prefix: Prefix })[];
  readonly #waiting: Waiting;
  readonly #sets: DataSets;
  #domainCount = 0;
  #fieldCount = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #moment: Moment = { receivedAt: 0, exportedAt: 0, uptime: Number.NaN };
  #isBroken = false;
  #lastUnread = 0;
  /** Of the datagram at hand, for the excerpt of what is set aside. */
  #from = 0;
  #to = 0;

  constructor(options: DecoderOptions) {
    this.#options = options;
    const { sampling, waitBytes, waitSeconds } = options.settings;
    this.#configured = sampling.flatMap(({ exporter, interval, replaces }) => {
      const prefix = parsePrefix(exporter);
      return prefix ? [{ prefix, interval, replaces }] : [];
    });
    this.#waiting = new Waiting({ bytes: waitBytes, milliseconds: waitSeconds * 1000 }, (set) => this.#countUnread(set));
    this.#sets = new DataSets(this.columns, options.isLive, (interval) => this.#noteInterval(interval));
  }

  take(bytes: Uint8Array, from: Origin, receivedAt: number): void {
    // One view serves all datagrams of a buffer: making one takes longer than reading a record.
    if (bytes.buffer !== this.#view.buffer) this.#view = new DataView(bytes.buffer);
    this.#from = bytes.byteOffset;
    this.#to = bytes.byteOffset + bytes.byteLength;
    this.#isBroken = false;
    this.tally.datagrams++;
    const address = this.#options.settings.portsMatter ? `${plainAddress(from.address)}#${from.port}` : plainAddress(from.address);
    const version = bytes.byteLength < 2 ? 0 : this.#view.getUint16(this.#from);
    if (version === 5 || version === 9 || version === 10) this.#takeExport(address, version, receivedAt);
    else this.#refuse(address, 'not-an-export', { version });
    if (this.#isBroken) this.tally.broken++;
  }

  get datagrams(): number {
    return this.tally.datagrams;
  }

  get records(): number {
    return this.tally.records + this.tally.quarantined;
  }

  finish(at: number): void {
    this.giveUp();
    this.settleLosses(at);
  }

  /** Gives up on data that has waited too long for its template. */
  expire(now: number): void {
    this.#waiting.expire(now);
  }

  /** No template will come any more. */
  giveUp(): void {
    this.#waiting.giveUpAll();
  }

  /** Writes what was lost into the rows of the minutes, before these are taken. */
  settleLosses(at: number): void {
    for (const exporter of this.exporters.values()) {
      for (const domain of exporter.domains.values()) {
        const lost = domain.sequence.takeLost();
        if (lost > 0) domain.minuteAt(this.minutes, domain.usedAt || at).lost += lost;
      }
    }
  }

  #takeExport(address: string, version: Version, receivedAt: number): void {
    const present = this.#to - this.#from;
    if (present < HEADER_BYTES[version]) {
      this.#refuse(address, 'datagram-cut', { stated: HEADER_BYTES[version], present });
      return;
    }
    const domain = this.domainOf(address, this.#domainNumber(version), version, receivedAt);
    const minute = domain.minuteAt(this.minutes, receivedAt);
    minute.received++;
    if (!this.columns.hasExporter(domain.exporter) && this.columns.exporterCount >= MOST_EXPORTERS_IN_BATCH) {
      minute.dropped++;
      return;
    }
    this.tally.versions.add(version);
    this.#readMoment(version, receivedAt, domain);
    minute.noteSkew(receivedAt - this.#moment.exportedAt);
    if (version === 5) this.#takeVersion5(domain, minute);
    else if (version === 9) this.#takeVersion9(domain, minute);
    else this.#takeIpfix(domain, minute);
    if (this.#isBroken) minute.malformed++;
  }

  #domainNumber(version: Version): number {
    const at = this.#from;
    if (version === 5) return this.#view.getUint16(at + 20);
    return this.#view.getUint32(at + (version === 9 ? 16 : 12));
  }

  #readMoment(version: Version, receivedAt: number, domain: Domain): void {
    const view = this.#view;
    const at = this.#from;
    const moment = this.#moment;
    moment.receivedAt = receivedAt;
    if (version === 10) {
      moment.exportedAt = view.getUint32(at + 4) * 1000;
      moment.uptime = moment.exportedAt - domain.initialisedAt;
      return;
    }
    moment.uptime = view.getUint32(at + 4);
    moment.exportedAt = view.getUint32(at + 8) * 1000 + (version === 5 ? Math.floor(view.getUint32(at + 12) / 1_000_000) : 0);
    domain.noteUptime(moment.uptime);
  }

  #takeVersion5(domain: Domain, minute: SensorMinute): void {
    const view = this.#view;
    const count = view.getUint16(this.#from + 2);
    const at = this.#from + HEADER_BYTES[5];
    const stated = HEADER_BYTES[5] + count * RECORD_BYTES;
    if (at - HEADER_BYTES[5] + stated > this.#to) {
      this.#refuse(domain.exporter, 'datagram-cut', { stated, present: this.#to - this.#from });
      return;
    }
    domain.sequence.take(view.getUint32(this.#from + 16), count);
    const first = this.columns.rows;
    this.#takeRecords(domain, minute, VERSION_5, { view, at, end: at + count * RECORD_BYTES }, this.#moment);
    const interval = view.getUint16(this.#from + 22) & 0x3fff;
    if (interval === 0) return;
    this.#noteInterval(interval);
    if (domain.owner.static?.replaces) return;
    this.columns.sampling.fill(interval, first, this.columns.rows);
    this.columns.samplingFrom.fill(SAMPLING_FROM.header, first, this.columns.rows);
  }

  #takeVersion9(domain: Domain, minute: SensorMinute): void {
    domain.sequence.take(this.#view.getUint32(this.#from + 12), 1);
    this.#takeSets(domain, minute, 9, this.#from + HEADER_BYTES[9], this.#to);
  }

  #takeIpfix(domain: Domain, minute: SensorMinute): void {
    const stated = this.#view.getUint16(this.#from + 2);
    if (this.#from + stated > this.#to || stated < HEADER_BYTES[10]) {
      this.#refuse(domain.exporter, 'datagram-cut', { stated, present: this.#to - this.#from });
      return;
    }
    const number = this.#view.getUint32(this.#from + 8);
    const records = this.#takeSets(domain, minute, 10, this.#from + HEADER_BYTES[10], this.#from + stated);
    domain.sequence.take(number, this.#isBroken ? undefined : records);
  }

  /** The number of data records, undefined when some could not be counted. */
  #takeSets(domain: Domain, minute: SensorMinute, version: 9 | 10, start: number, end: number): number | undefined {
    let at = start;
    let records: number | undefined = 0;
    while (at + 4 <= end) {
      const id = this.#view.getUint16(at);
      const length = this.#view.getUint16(at + 2);
      if (length < 4 || at + length > end) {
        // Zeros at the end are padding of the datagram.
        if (id !== 0 || length !== 0) this.#refuse(domain.exporter, 'set-broken', { set: id, length });
        return undefined;
      }
      const taken = this.#takeSet(domain, minute, version, id, at + 4, at + length);
      records = taken === undefined || records === undefined ? undefined : records + taken;
      at += length;
    }
    return records;
  }

  #takeSet(domain: Domain, minute: SensorMinute, version: 9 | 10, id: number, at: number, end: number): number | undefined {
    if (id >= FIRST_DATA_SET) return this.#takeDataSet(domain, minute, id, at, end);
    const isOptions = id === TEMPLATE_SETS[version].options;
    if (isOptions || id === TEMPLATE_SETS[version].data) {
      readTemplates({ view: this.#view, at, end, version, isOptions }, this.#templateReader(domain));
    }
    return 0;
  }

  #takeDataSet(domain: Domain, minute: SensorMinute, id: number, at: number, end: number): number | undefined {
    const plan = domain.plans.get(id);
    if (plan) return this.#takeRecords(domain, minute, plan, { view: this.#view, at, end }, this.#moment);
    this.#waiting.add({
      domain,
      id,
      bytes: new Uint8Array(this.#view.buffer.slice(at, end) as ArrayBuffer),
      moment: { ...this.#moment },
      datagram: this.#isBroken ? 0 : this.tally.datagrams,
    });
    return undefined;
  }

  #takeRecords(
    domain: Domain,
    minute: SensorMinute,
    plan: Plan,
    set: { readonly view: DataView; readonly at: number; readonly end: number },
    moment: Moment,
  ): number {
    const block = this.#sets.locate(set, plan);
    if (!this.#sets.isWhole) this.#refuse(domain.exporter, 'record-broken', { template: plan.template.id });
    const { count } = block;
    if (plan.template.isOptions) {
      for (let i = 0; i < count; i++) this.#takeOptions(domain, plan, block.view, block.at + i * block.stride);
      return count;
    }
    const first = this.columns.rows;
    this.#sets.addRows(block, plan, domain, moment);
    minute.records += this.columns.rows - first;
    this.tally.records += count;
    if (plan.hasIpv4) this.tally.ipv4Records += count;
    if (plan.hasIpv6) this.tally.ipv6Records += count;
    return count;
  }

  /** An exporter describes itself: its samplers, its interfaces, when it started. */
  #takeOptions(domain: Domain, { places }: Plan, view: DataView, at: number): void {
    const read = (target: 'sampler' | 'input' | 'initialised'): number | undefined => {
      const place = places.get(target);
      return place && readUnsigned(view, at + place.at, place.length);
    };
    const startedAt = read('initialised');
    if (startedAt !== undefined && startedAt > 0 && startedAt !== domain.initialisedAt) {
      domain.initialisedAt = startedAt;
      this.changes++;
    }
    const interval = statedInterval(view, at, places);
    if (interval > 0) this.#noteInterval(interval);
    const statement = { sampler: read('sampler'), interface: read('input'), interval };
    domain.owner.samplers.take(statement);
    if (domain.samplers.take(statement)) this.changes++;
  }

  #templateReader(domain: Domain): TemplateReader {
    return {
      take: (template) => this.addTemplate(domain, template),
      withdraw: (id) => this.#withdraw(domain, id),
      refuse: (id, code, parameters) => this.#refuseTemplate(domain, id, code, parameters),
    };
  }

  /** Makes a template known, and reads what has waited for it. */
  addTemplate(domain: Domain, template: Template): void {
    const { id, fields } = template;
    const known = domain.plans.get(id);
    if (known && isSameTemplate(known.template, template)) return;
    const grown = this.#fieldCount + fields.length - (known?.template.fields.length ?? 0);
    if (grown > MOST_FIELDS || (!known && domain.plans.size >= MOST_TEMPLATES)) {
      this.#refuseTemplate(domain, id, 'templates-too-many', {});
      return;
    }
    const plan = planOf(template);
    domain.plans.set(id, plan);
    domain.refused.delete(id);
    this.#fieldCount = grown;
    this.changes++;
    this.tally.templates++;
    for (const set of this.#waiting.take(domain, id)) this.#readLate(set, plan);
  }

  /** A template from before a restart; it was judged when it came. */
  restoreTemplate(domain: Domain, template: Template): void {
    checkTemplate(template, { take: (sound) => this.addTemplate(domain, sound), withdraw: () => undefined, refuse: () => undefined });
  }

  #readLate({ domain, bytes, moment }: WaitingSet, plan: Plan): void {
    const minute = domain.minuteAt(this.minutes, moment.receivedAt);
    this.#takeRecords(domain, minute, plan, { view: new DataView(bytes.buffer), at: 0, end: bytes.length }, moment);
  }

  #withdraw(domain: Domain, id: number): void {
    // The number of a template set stands for all templates of its kind.
    const all = id === TEMPLATE_SETS[10].data || id === TEMPLATE_SETS[10].options;
    for (const [known, { template }] of domain.plans) {
      const isMeant = all ? template.isOptions === (id === TEMPLATE_SETS[10].options) : known === id;
      if (isMeant) this.#forget(domain, known);
    }
  }

  #forget(domain: Domain, id: number): void {
    this.#fieldCount -= domain.plans.get(id)?.template.fields.length ?? 0;
    if (domain.plans.delete(id)) this.changes++;
  }

  #refuseTemplate(domain: Domain, id: number, code: keyof typeof REASONS, parameters: Reason['parameters']): void {
    this.#isBroken = true;
    this.#forget(domain, id);
    if (domain.refused.get(id) === code || domain.refused.size >= MOST_REFUSED) return;
    domain.refused.set(id, code);
    this.#quarantine(domain.exporter, code, { template: id, ...parameters });
  }

  #refuse(exporter: string, code: keyof typeof REASONS, parameters: Reason['parameters']): void {
    this.#isBroken = true;
    this.#quarantine(exporter, code, parameters);
  }

  #quarantine(exporter: string, code: keyof typeof REASONS, parameters: Reason['parameters']): void {
    this.tally.quarantined++;
    const { buffer } = this.#view;
    const [from, to] = [this.#from, Math.min(this.#to, this.#from + EXCERPT_BYTES)];
    this.#options.quarantine(exporter, reason(code, { exporter, ...parameters }), () =>
      Buffer.from(buffer.slice(from, to)).toString('hex'),
    );
  }

  #countUnread({ domain, moment, datagram }: WaitingSet): void {
    domain.minuteAt(this.minutes, moment.receivedAt).withoutTemplate++;
    this.tally.withoutTemplate++;
    if (datagram !== 0 && datagram !== this.#lastUnread) this.tally.broken++;
    this.#lastUnread = datagram;
  }

  #noteInterval(interval: number): void {
    if (this.tally.intervals.size < MOST_INTERVALS) this.tally.intervals.add(interval);
  }

  /** The domain of a datagram; a new one may cost the one that has been silent longest its place. */
  domainOf(address: string, domain: number, version: Version, at: number): Domain {
    let exporter = this.exporters.get(address);
    if (!exporter) {
      exporter = new Exporter(address, this.#configuredFor(address));
      this.exporters.set(address, exporter);
    }
    const key = keyOf(version, domain);
    let found = exporter.domains.get(key);
    if (!found) {
      if (this.#domainCount >= MOST_DOMAINS) this.#evict(exporter);
      found = new Domain(exporter, domain, version);
      exporter.domains.set(key, found);
      this.#domainCount++;
    }
    found.usedAt = at;
    return found;
  }

  /**
   * Makes room for many at once, so that a flood of invented exporters pays for one search
   * in hundreds. Those without templates go first: most of them were never real.
   */
  #evict(spared: Exporter): void {
    const all = [...this.exporters.values()].flatMap(({ domains }) => [...domains.values()]);
    for (const domain of all.sort(byWorth).slice(0, EVICTED_AT_ONCE)) {
      const { owner } = domain;
      this.#waiting.giveUp(domain);
      this.#fieldCount -= domain.fieldCount;
      owner.domains.delete(keyOf(domain.version, domain.domain));
      if (owner.domains.size === 0 && owner !== spared) this.exporters.delete(owner.address);
      this.#domainCount--;
    }
  }

  #configuredFor(address: string): StaticSampling | undefined {
    const parsed = parseAddress(address.replace(/#\d+$/, ''));
    return parsed && this.#configured.find(({ prefix }) => contains(prefix, parsed));
  }
}

const keyOf = (version: Version, domain: number): number => version * 0x1_0000_0000 + domain;

/** Ascending: without templates before with, long silent before lately heard. */
const byWorth = (a: Domain, b: Domain): number => Number(a.plans.size > 0) - Number(b.plans.size > 0) || a.usedAt - b.usedAt;

/** Sockets for both families give IPv4 addresses in IPv6 form. */
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);
