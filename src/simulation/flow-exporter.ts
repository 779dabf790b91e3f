/**
 * The carrier's router: meters connections into flow records, samples packets, and exports
 * the records as datagrams in the order in which they end.
 *
 * Sampling is of packets: a connection of n packets is seen with so many of them as a
 * Poisson draw with mean n / N gives, at most n, and with those packets' times only. So
 * long flows are seen more likely, and short regular ones shrink to single packets.
 */
import { type Country, DAY, ipv4 } from './country.ts';
import { dataDatagram, type FlowRecord, RECORDS_PER_DATAGRAM, templateDatagram } from './netflow9.ts';
import { captureHeader, FrameBuffer, RECORD_HEADER_BYTES } from './packet.ts';
import { eventCount, keyOf, Random } from './random.ts';

/** One connection or exchange, seen from its client. */
export interface Connection {
  at: number; // Unix ms
  durationMs: number;
  client: number;
  server: number;
  clientPort: number;
  serverPort: number;
  protocol: number;
  packetsUp: number;
  packetsDown: number;
  bytesUp: number;
  bytesDown: number;
  /** A piece of a connection that was opened before and stays open. */
  isOngoing: boolean;
  /** The subscriber, by place. */
  line: number;
  /** The planted server it goes to, by place; −1: none. */
  planted: number;
  key: number;
}

/** What came of one planted server. */
interface Seen {
  records: number;
  readonly lines: Set<number>;
}

const TCP = 6;
const SYN = 0x02;
const ACK = 0x10;
const FIN_ACK = 0x11;
const PSH_ACK = 0x18;
const ACTIVE_TIMEOUT_MS = 60_000;
const EXPORT_PORT = 2055;
export const EXPORTER = ipv4(100, 126, 0, 1);
const COLLECTOR = ipv4(100, 126, 0, 2);
const SUBSCRIBERS_SIDE = 1;
const WORLD_SIDE = 2;
/** A router that never restarts would wrap its clock; this one restarts every 32 days. */
const BOOT_EVERY = 32 * DAY;
const TEMPLATE_EVERY = 500;

export class FlowExporter {
  readonly sampling: number;
  records = 0;
  datagrams = 0;
  readonly seen: Seen[] = [];
  readonly #seed: number;
  readonly #random = new Random();
  readonly #frames = new FrameBuffer();
  #waiting: PendingRecord[] = [];
  #sequence = 0;

  constructor(country: Country, sampling: number) {
    this.sampling = sampling;
    this.#seed = country.seed;
  }

  take(connection: Connection): void {
    const parts = Math.max(1, Math.ceil(connection.durationMs / ACTIVE_TIMEOUT_MS));
    this.#random.restart(keyOf(this.#seed, 0x5a3b1e, connection.key, this.sampling));
    for (let part = 0; part < parts; part++) {
      this.#half(connection, part, parts, true);
      this.#half(connection, part, parts, false);
    }
  }

  /** One direction of one piece between two active timeouts. */
  #half(connection: Connection, part: number, parts: number, isUp: boolean): void {
    const all = isUp ? connection.packetsUp : connection.packetsDown;
    const packets = share(all, part, parts);
    if (packets === 0) return;
    const kept = this.sampling === 1 ? packets : Math.min(packets, eventCount(packets / this.sampling, this.#random.fraction()));
    if (kept === 0) return;
    const length = connection.durationMs / parts;
    const from = connection.at + part * length;
    const [start, end] = this.#timesOf(from, length, packets, kept);
    const bytes = Math.max(28 * kept, Math.round(((isUp ? connection.bytesUp : connection.bytesDown) / all) * kept));
    this.#waiting.push({
      isUp,
      start,
      end,
      client: connection.client,
      server: connection.server,
      clientPort: connection.clientPort,
      serverPort: connection.serverPort,
      protocol: connection.protocol,
      flags: connection.protocol === TCP ? this.#flags(connection, isUp, packets, kept, part, parts) : 0,
      packets: kept,
      bytes,
    });
    this.records++;
    if (connection.planted >= 0) this.#note(connection);
  }

  #timesOf(from: number, length: number, packets: number, kept: number): [number, number] {
    if (packets === 1) return [Math.round(from), Math.round(from)];
    if (kept === packets) return [Math.round(from), Math.round(from + length)];
    let first = 1;
    let last = 0;
    for (let i = 0; i < Math.min(kept, 8); i++) {
      const place = this.#random.fraction();
      first = Math.min(first, place);
      last = Math.max(last, place);
    }
    return [Math.round(from + first * length), Math.round(from + last * length)];
  }

  /** The first packet carries SYN and the last one FIN, if they are among those kept. */
  #flags({ isOngoing }: Connection, isUp: boolean, packets: number, kept: number, part: number, parts: number): number {
    const share = kept / packets;
    const isOpening = !isOngoing && part === 0 && this.#random.fraction() < share;
    const isClosing = !isOngoing && part === parts - 1 && packets > 1 && this.#random.fraction() < share;
    const ends = (isOpening ? (isUp ? SYN : SYN | ACK) : 0) | (isClosing ? FIN_ACK : 0);
    return packets > 2 || ends === 0 ? ends | PSH_ACK : ends;
  }

  #note({ planted, line }: Connection): void {
    const seen = (this.seen[planted] ??= { records: 0, lines: new Set() });
    seen.records++;
    seen.lines.add(line);
  }

  /** Capture records of the datagrams with everything that ended before `until`. */
  export(until: number): Uint8Array {
    const due = this.#waiting.filter(({ end }) => end < until).sort((a, b) => a.end - b.end || a.start - b.start || a.client - b.client);
    this.#waiting = this.#waiting.filter(({ end }) => end >= until);
    const parts: Uint8Array[] = [];
    for (let first = 0; first < due.length; first += RECORDS_PER_DATAGRAM) {
      const some = due.slice(first, first + RECORDS_PER_DATAGRAM);
      const at = Math.ceil((some.at(-1)?.end ?? 0) / 1000) * 1000 + 1000;
      // Each call may become a file of its own, which has to explain itself.
      if (first === 0 || this.#sequence % TEMPLATE_EVERY === 0)
        parts.push(this.#frame(at, templateDatagram(this.#header(at), this.sampling)));
      parts.push(this.#frame(at, this.#datagram(at, some)));
    }
    return Buffer.concat(parts);
  }

  #header(at: number): { uptimeMs: number; seconds: number; sequence: number; domain: number } {
    this.datagrams++;
    return { uptimeMs: at - bootOf(at), seconds: at / 1000, sequence: this.#sequence++, domain: 1 };
  }

  #datagram(at: number, some: readonly PendingRecord[]): Uint8Array {
    const boot = bootOf(at);
    return dataDatagram(this.#header(at), some.length, (n) => toRecord(some[n] as PendingRecord, boot));
  }

  #frame(at: number, payload: Uint8Array): Uint8Array {
    const frames = this.#frames;
    frames.clear();
    frames.udp(
      { source: EXPORTER, destination: COLLECTOR, ttl: 255, identification: this.datagrams & 0xffff },
      40_000,
      EXPORT_PORT,
      payload,
    );
    const record = new Uint8Array(RECORD_HEADER_BYTES + frames.end);
    const view = new DataView(record.buffer);
    view.setUint32(0, at / 1000, true);
    view.setUint32(8, frames.end, true);
    view.setUint32(12, frames.end, true);
    record.set(frames.bytes.subarray(0, frames.end), RECORD_HEADER_BYTES);
    return record;
  }
}

interface PendingRecord {
  readonly isUp: boolean;
  readonly start: number;
  readonly end: number;
  readonly client: number;
  readonly server: number;
  readonly clientPort: number;
  readonly serverPort: number;
  readonly protocol: number;
  readonly flags: number;
  readonly packets: number;
  readonly bytes: number;
}

const bootOf = (at: number): number => Math.floor(at / BOOT_EVERY) * BOOT_EVERY - DAY;

/** Packets of one of several equal pieces; the remainder goes to the first. */
const share = (all: number, part: number, parts: number): number => Math.floor(all / parts) + (part < all % parts ? 1 : 0);

function toRecord(pending: PendingRecord, boot: number): FlowRecord {
  const { isUp, client, server, clientPort, serverPort, protocol, flags, packets, bytes, start, end } = pending;
  return {
    source: isUp ? client : server,
    destination: isUp ? server : client,
    sourcePort: isUp ? clientPort : serverPort,
    destinationPort: isUp ? serverPort : clientPort,
    protocol,
    flags,
    packets,
    bytes,
    startUptime: start - boot,
    endUptime: end - boot,
    input: isUp ? SUBSCRIBERS_SIDE : WORLD_SIDE,
    output: isUp ? WORLD_SIDE : SUBSCRIBERS_SIDE,
  };
}

/** A whole capture file around exported records. */
export function flowCapture(records: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([captureHeader(), ...records]);
}
