/**
 * sFlow version 5 (sflow.org, "sFlow Version 5", 2004) to flow rows.
 *
 * A switch sends the beginning of one packet in so many; each becomes a row of one packet
 * with its sampling rate beside it. Counter samples say nothing about who talked to whom
 * and are skipped, as is every structure of another enterprise. All numbers are 32-bit
 * words, and every structure states its length, so an unknown one costs nothing.
 */
import { formatAddress, fromIpv4Number } from '../../domain/address.ts';
import type { Reason } from '../../domain/reason.ts';
import { SAMPLING_FROM } from '../../domain/telemetry-table.ts';
import type { FlowDecoder, SetAside } from '../../flow/collect-datagrams.ts';
import type { Origin } from '../../flow/datagram-files.ts';
import { FlowColumns } from '../../flow/flow-columns.ts';
import { PacketRows } from '../../flow/packet-rows.ts';
import { minuteOf, type SensorMinute, SensorMinutes } from '../../flow/sensor-minutes.ts';
import { DATAGRAMS, Sequence } from '../../flow/sequence.ts';
import { Cursor, OutOfBounds } from './cursor.ts';
import { reason } from './reasons.ts';

export const VERSION = 5;
const SAMPLE = { flow: 1, expandedFlow: 3 } as const;
const RECORD = { rawHeader: 1, ipv4: 3, ipv6: 4, addressTranslation: 1007, portTranslation: 1020 } as const;
const HEADER_PROTOCOL = { ethernet: 1, ipv4: 11, ipv6: 12 } as const;
/** More sub-agents than this no sane network has; beyond it losses are not followed. */
const MOST_AGENTS = 10_000;
const MOST_SAMPLES = 10_000;
const NO_DIRECTION = 2;
const EXCERPT_BYTES = 64;

export interface Tally {
  datagrams: number;
  samples: number;
  flowSamples: number;
  ipv4Records: number;
  ipv6Records: number;
  /** Datagrams with an IPv6 packet among their samples. */
  ipv6Datagrams: number;
  /** Datagrams that could not be read to their end. */
  broken: number;
  readonly rates: Set<number>;
}

interface Agent {
  readonly address: string;
  readonly subAgent: number;
  readonly sequence: Sequence;
  minute: SensorMinute | undefined;
  generation: number;
}

export class SflowDecoder implements FlowDecoder {
  readonly columns: FlowColumns = new FlowColumns();
  readonly minutes: SensorMinutes = new SensorMinutes();
  readonly tally: Tally = {
    datagrams: 0,
    samples: 0,
    flowSamples: 0,
    ipv4Records: 0,
    ipv6Records: 0,
    ipv6Datagrams: 0,
    broken: 0,
    rates: new Set(),
  };
  readonly #agents = new Map<string, Agent>();
  readonly #packets = new PacketRows();
  readonly #quarantine: SetAside;

  constructor(quarantine: SetAside) {
    this.#quarantine = quarantine;
  }

  /** Takes one datagram; samples before a fault in it are kept. The agent it names counts, not whom it came from. */
  take(datagram: Uint8Array, { address: from }: Origin, receivedAt: number): void {
    this.tally.datagrams++;
    const cursor = new Cursor(datagram);
    let agent: Agent | undefined;
    try {
      const version = cursor.word();
      if (version !== VERSION) {
        this.#refuse(this.#agentOf(from, 0), receivedAt, reason('version-unknown', { exporter: from, version }), datagram);
        return;
      }
      agent = this.#agentOf(readAgent(cursor), cursor.word());
      this.#minuteOf(agent, receivedAt).received++;
      agent.sequence.take(cursor.word(), 1);
      cursor.skip(4); // uptime: of no use without the time of export
      this.#takeSamples(cursor, agent, receivedAt);
    } catch (error) {
      if (!(error instanceof OutOfBounds)) throw error;
      agent ??= this.#agentOf(from, 0);
      const why = reason('datagram-broken', { exporter: agent.address, at: error.at, length: datagram.length });
      this.#refuse(agent, receivedAt, why, datagram);
    }
  }

  get datagrams(): number {
    return this.tally.datagrams;
  }

  /** Samples of packets, and datagrams of which not all could be read. */
  get records(): number {
    return this.tally.flowSamples + this.tally.broken;
  }

  finish(at: number): void {
    this.settleLosses(at);
  }

  /** Datagrams lost since the last call, put into the rows of the minute. */
  settleLosses(at: number): void {
    for (const agent of this.#agents.values()) {
      const lost = agent.sequence.takeLost();
      if (lost > 0) this.#minuteOf(agent, at).lost += lost;
    }
  }

  /** The same, for those who only count. */
  takeLost(): number {
    return [...this.#agents.values()].reduce((sum, { sequence }) => sum + sequence.takeLost(), 0);
  }

  get agents(): number {
    return this.#agents.size;
  }

  #takeSamples(cursor: Cursor, agent: Agent, receivedAt: number): void {
    const count = cursor.word();
    if (count > MOST_SAMPLES) throw new OutOfBounds(cursor.at);
    const before = this.tally.ipv6Records;
    for (let i = 0; i < count; i++) {
      const format = cursor.word();
      const sample = cursor.part(cursor.word());
      this.tally.samples++;
      if (format === SAMPLE.flow || format === SAMPLE.expandedFlow) {
        this.tally.flowSamples++;
        const rows = this.columns.rows;
        this.#takeFlowSample(sample, format === SAMPLE.expandedFlow, agent, receivedAt);
        this.#minuteOf(agent, receivedAt).records += this.columns.rows - rows;
      }
    }
    if (this.tally.ipv6Records > before) this.tally.ipv6Datagrams++;
  }

  #takeFlowSample(sample: Cursor, isExpanded: boolean, agent: Agent, receivedAt: number): void {
    sample.skip(isExpanded ? 12 : 8); // sequence number, source
    const rate = sample.word();
    sample.skip(8); // pool and drops of the agent
    const input = readInterface(sample, isExpanded);
    const output = readInterface(sample, isExpanded);
    const { columns } = this;
    columns.reserve(1);
    const row = columns.rows;
    let family = 0;
    const records = sample.word();
    for (let i = 0; i < records; i++) {
      const format = sample.word();
      const record = sample.part(sample.word());
      // Some agents send the header and its fields: the header knows more.
      if (family === 0) family = this.#takeRecord(format, record, row);
      this.#takeTranslation(format, record, row);
    }
    columns.rows++;
    if (family === 0) return columns.dropUncounted(row);
    columns.start[row] = receivedAt;
    columns.exporter[row] = columns.exporterIndex(agent.address);
    columns.domain[row] = agent.subAgent;
    columns.sampling[row] = rate;
    columns.samplingFrom[row] = SAMPLING_FROM.header;
    columns.direction[row] = NO_DIRECTION;
    columns.input[row] = input;
    columns.output[row] = output;
    this.tally.rates.add(rate);
    if (family === 4) this.tally.ipv4Records++;
    else this.tally.ipv6Records++;
  }

  /** The family of the packet it is about, 0 when it is about none. */
  #takeRecord(format: number, record: Cursor, row: number): number {
    if (format === RECORD.rawHeader) return this.#takeHeader(record, row);
    if (format === RECORD.ipv4) return this.#takeFields(record, row, 4);
    return format === RECORD.ipv6 ? this.#takeFields(record, row, 6) : 0;
  }

  #takeHeader(record: Cursor, row: number): number {
    const protocol = record.word();
    const frameLength = record.word();
    record.skip(4); // bytes stripped from the end
    const length = record.word();
    const header = record.part(length);
    const isFrame = protocol === HEADER_PROTOCOL.ethernet;
    if (!isFrame && protocol !== HEADER_PROTOCOL.ipv4 && protocol !== HEADER_PROTOCOL.ipv6) return 0;
    const kind = isFrame ? 'frame' : 'packetHeader';
    return this.#packets.fill(this.columns, row, { view: header.view, at: header.at, length, stated: frameLength, kind });
  }

  #takeFields(record: Cursor, row: number, family: 4 | 6): number {
    const { columns } = this;
    const length = record.word();
    columns.protocol[row] = record.word();
    for (const target of [columns.source, columns.destination]) {
      if (family === 4) target.set(fromIpv4Number(record.word()), row * 16);
      else target.set(record.take(16), row * 16);
    }
    columns.sourcePort[row] = record.word();
    columns.destinationPort[row] = record.word();
    columns.tcpFlags[row] = record.word();
    columns.tos[row] = record.word();
    columns.packets[2 * row] = 1;
    columns.bytes[2 * row] = length;
    return family;
  }

  #takeTranslation(format: number, record: Cursor, row: number): void {
    const { columns } = this;
    if (format === RECORD.addressTranslation) {
      readAddressInto(record, columns.natSource, row);
      readAddressInto(record, columns.natDestination, row);
    } else if (format === RECORD.portTranslation) {
      columns.natSourcePort[row] = record.word();
      columns.natDestinationPort[row] = record.word();
    }
  }

  #agentOf(address: string, subAgent: number): Agent {
    const key = `${address} ${subAgent}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const agent: Agent = { address, subAgent, sequence: new Sequence(DATAGRAMS), minute: undefined, generation: -1 };
    if (this.#agents.size < MOST_AGENTS) this.#agents.set(key, agent);
    return agent;
  }

  #minuteOf(agent: Agent, at: number): SensorMinute {
    const isOpen = agent.minute && agent.generation === this.minutes.generation && agent.minute.second === minuteOf(at);
    if (isOpen && agent.minute) return agent.minute;
    agent.minute = this.minutes.open({ exporter: agent.address, domain: agent.subAgent, kind: 'sflow', lostUnit: 'datagram' }, at);
    agent.generation = this.minutes.generation;
    return agent.minute;
  }

  #refuse(agent: Agent, at: number, why: Reason, datagram: Uint8Array): void {
    this.tally.broken++;
    this.#minuteOf(agent, at).malformed++;
    this.#quarantine(agent.address, why, () => datagram.subarray(0, EXCERPT_BYTES).toHex());
  }
}

function readAgent(cursor: Cursor): string {
  const kind = cursor.word();
  if (kind === 1) return formatAddress(fromIpv4Number(cursor.word()));
  if (kind === 2) return formatAddress(cursor.take(16));
  throw new OutOfBounds(cursor.at - 4);
}

function readAddressInto(record: Cursor, target: Uint8Array, row: number): void {
  const kind = record.word();
  if (kind === 1) target.set(fromIpv4Number(record.word()), row * 16);
  else if (kind === 2) target.set(record.take(16), row * 16);
}

/** An interface number; anything else than one interface (discarded, several) is 0. */
function readInterface(sample: Cursor, isExpanded: boolean): number {
  const first = sample.word();
  const format = isExpanded ? first : first >>> 30;
  const value = isExpanded ? sample.word() : first & 0x3fff_ffff;
  return format === 0 ? value : 0;
}
