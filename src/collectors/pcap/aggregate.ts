/**
 * Packets to minute cells.
 *
 * Two minutes are open, the current and the one before, because packets of several
 * queues or sensors arrive slightly out of order. A packet of any other minute is late:
 * it gets a cell of its own in a table kept aside, so nothing is lost and counters add up.
 * Plain Ethernet/IPv4 takes a short way; everything else goes through the decoder.
 */

import { decode } from '../../capture/decode.ts';
import { type Frames, NO_TIME } from '../../capture/frames.ts';
import { LINK, PROTOCOL } from '../../capture/numbers.ts';
import { Packet } from '../../capture/packet.ts';
import type { Reason } from '../../domain/reason.ts';
import { mix } from './address-set.ts';
import { CellColumns } from './cell-columns.ts';
import { CLASS, classifyIcmp, classifyIcmpv6, classifyTcp, classifyUdp } from './classify.ts';
import { CELL, MinuteTable, toKey } from './minute-table.ts';
import { MALFORMED, WITHOUT_TIME } from './reasons.ts';

/** Late minutes kept open at once; the oldest is closed when another comes. */
const MOST_LATE = 4;
const EXCERPT_BYTES = 64;
/** IP identification of older ZMap builds. */
const ZMAP_ID = 54_321;
/** Kind and length of a TCP maximum segment size option. */
const MSS_OPTION = 0x0204;

export type Quarantine = (record: number, reason: Reason, excerpt: () => string) => void;

export class Aggregator {
  readonly columns: CellColumns = new CellColumns();
  /** Packets of a link type that is not read, by type. */
  readonly foreignLinks: Map<number, number> = new Map();
  #current = new MinuteTable(-1);
  #previous = new MinuteTable(-2);
  #late: MinuteTable[] = [];
  readonly #packet = new Packet(undefined);
  readonly #quarantine: Quarantine;

  constructor(quarantine: Quarantine) {
    this.#quarantine = quarantine;
  }

  take(frames: Frames): void {
    const { count, start, captured, stated, second, fraction, link } = frames;
    const { view } = frames;
    const milliPerTick = 1 / frames.ticksPerMilli;
    for (let i = 0; i < count; i++) {
      const at = start[i] as number;
      const present = captured[i] as number;
      const seconds = second[i] as number;
      const ticks = fraction[i] as number;
      if (ticks !== NO_TIME && link[i] === LINK.ethernet && present >= 42) {
        const minute = (seconds / 60) | 0;
        const ms = (seconds - minute * 60) * 1000 + toMillis(ticks, milliPerTick);
        if (this.#takePlain(view, at, present, stated[i] as number, minute, ms)) continue;
      }
      this.#takeGeneral(frames, i);
    }
  }

  /** Closes all minutes, oldest first. */
  finish(): void {
    for (const table of this.#late) this.columns.append(table);
    this.#late = [];
    for (const table of [this.#previous, this.#current]) {
      this.columns.append(table);
      table.restart(-1);
    }
  }

  #tableOf(minute: number): MinuteTable {
    if (minute === this.#current.minute) return this.#current;
    if (minute === this.#previous.minute) return this.#previous;
    if (minute > this.#current.minute) return this.#advance(minute);
    return this.#lateTable(minute);
  }

  #advance(minute: number): MinuteTable {
    const finished = this.#previous;
    this.columns.append(finished);
    finished.restart(minute);
    this.#previous = this.#current;
    this.#current = finished;
    return finished;
  }

  #lateTable(minute: number): MinuteTable {
    const known = this.#late.find((table) => table.minute === minute);
    if (known) return known;
    const oldest = this.#late.length >= MOST_LATE ? this.#late.shift() : undefined;
    if (oldest) this.columns.append(oldest);
    const table = new MinuteTable(minute);
    this.#late.push(table);
    return table;
  }

  /** False, with nothing counted, when the packet is not of the plain kind. */
  #takePlain(view: DataView, at: number, present: number, stated: number, minute: number, ms: number): boolean {
    // Ethertype IPv4, version 4 without options, not a fragment.
    if (view.getUint16(at + 12) !== 0x0800 || view.getUint8(at + 14) !== 0x45) return false;
    if ((view.getUint16(at + 20) & 0x3fff) !== 0) return false;
    const total = view.getUint16(at + 16);
    if (total > stated - 14) return false;
    const protocol = view.getUint8(at + 23);
    if (protocol === PROTOCOL.tcp) {
      return present >= 54 && this.#takePlainTcp(view, at, present, total, minute, ms);
    }
    if (protocol !== PROTOCOL.udp) return false;
    const length = view.getUint16(at + 38);
    if (length < 8 || total < 20 + length) return false;
    const sourcePort = view.getUint16(at + 34);
    const port = view.getUint16(at + 36);
    const trafficClass = classifyUdp(sourcePort, port);
    const key = toKey(trafficClass, PROTOCOL.udp, trafficClass === CLASS.backscatter ? sourcePort : port);
    const table = this.#tableOf(minute);
    const cell = table.find(view.getInt32(at + 26), key);
    addPacket(table.cells, cell, total, view.getInt32(at + 30), view.getUint8(at + 22), ms, sourcePort << 16);
    return true;
  }

  #takePlainTcp(view: DataView, at: number, present: number, total: number, minute: number, ms: number): boolean {
    const headerLength = (view.getUint8(at + 46) >>> 4) * 4;
    if (headerLength < 20 || total < 20 + headerLength) return false;
    const trafficClass = classifyTcp(view.getUint8(at + 47));
    const sourcePort = view.getUint16(at + 34);
    const port = view.getUint16(at + 36);
    const window = view.getUint16(at + 48);
    const destination = view.getInt32(at + 30);
    const key = toKey(trafficClass, PROTOCOL.tcp, trafficClass === CLASS.backscatter ? sourcePort : port);
    const table = this.#tableOf(minute);
    const cell = table.find(view.getInt32(at + 26), key);
    const { cells } = table;
    addPacket(cells, cell, total, destination, view.getUint8(at + 22), ms, (sourcePort << 16) | window);
    if (trafficClass === CLASS.tcpScan) {
      const sequence = view.getInt32(at + 38);
      const ipId = view.getUint16(at + 18);
      if (sequence === destination) bump(cells, cell + CELL.mirai);
      if (ipId === ZMAP_ID) bump(cells, cell + CELL.zmap);
      if (ipId === ((destination ^ port ^ sequence) & 0xffff)) bump(cells, cell + CELL.masscan);
      if (headerLength === 20) bump(cells, cell + CELL.bare);
      else if (window === 1024 && headerLength === 24 && present >= 58 && view.getUint16(at + 54) === MSS_OPTION)
        bump(cells, cell + CELL.nmap);
    }
    return true;
  }

  #takeGeneral(frames: Frames, i: number): void {
    const { view } = frames;
    const found = this.#packet;
    const at = frames.start[i] as number;
    const present = frames.captured[i] as number;
    const link = frames.link[i] as number;
    decode(found, view, at, present, frames.stated[i] as number, link);
    const reason = found.isMalformed ? MALFORMED : frames.fraction[i] === NO_TIME ? WITHOUT_TIME : undefined;
    if (!found.isKnownLink) this.foreignLinks.set(link, (this.foreignLinks.get(link) ?? 0) + 1);
    else if (reason) {
      const excerpt = (): string => frames.bytes.subarray(at, at + Math.min(present, EXCERPT_BYTES)).toHex();
      this.#quarantine(frames.firstRecord + i, reason, excerpt);
    } else if (found.family !== 0) this.#takeObservation(frames, i);
  }

  #takeObservation(frames: Frames, i: number): void {
    const found = this.#packet;
    const { view } = frames;
    const seen = observe(found);
    const seconds = frames.second[i] as number;
    const minute = Math.floor(seconds / 60);
    const ms = (seconds - minute * 60) * 1000 + toMillis(frames.fraction[i] as number, 1 / frames.ticksPerMilli);
    const table = this.#tableOf(minute);
    const key = toKey(seen.trafficClass, seen.protocol, seen.port);
    const source = readAddress(view, seen.sourceFamily, seen.sourceAt);
    const cell = typeof source === 'number' ? table.find(source, key) : table.findIpv6(source, key);
    const destination = hashAddress(view, found.family, found.destinationAt);
    addPacket(table.cells, cell, found.ipBytes, destination, found.ttl, ms, (seen.sourcePort << 16) | seen.window);
    if (seen.trafficClass === CLASS.tcpScan) markScan(table.cells, cell, found, seen);
  }
}

interface Observation {
  readonly trafficClass: number;
  readonly protocol: number;
  readonly port: number;
  readonly sourcePort: number;
  readonly window: number;
  readonly sourceFamily: number;
  readonly sourceAt: number;
}

/** What the decoded packet says about its sender, or, for an ICMP error, about the victim whose packet it quotes. */
function observe(found: Packet): Observation {
  const { view, transportAt: at, transportLength: length, protocol } = found;
  const hasPorts = !found.isLaterFragment && length >= 4;
  const from = { protocol, sourceFamily: found.family, sourceAt: found.sourceAt, window: 0 };
  if (protocol === PROTOCOL.tcp && hasPorts) {
    const sourcePort = view.getUint16(at);
    const trafficClass = length >= 14 ? classifyTcp(view.getUint8(at + 13)) : CLASS.other;
    const port = trafficClass === CLASS.backscatter ? sourcePort : view.getUint16(at + 2);
    return { ...from, trafficClass, port, sourcePort, window: length >= 16 ? view.getUint16(at + 14) : 0 };
  }
  if (protocol === PROTOCOL.udp && hasPorts) {
    const sourcePort = view.getUint16(at);
    const trafficClass = classifyUdp(sourcePort, view.getUint16(at + 2));
    return { ...from, trafficClass, port: trafficClass === CLASS.backscatter ? sourcePort : view.getUint16(at + 2), sourcePort };
  }
  const nothing = { ...from, trafficClass: CLASS.other, port: 0, sourcePort: 0 };
  if (found.isLaterFragment || length < 1) return nothing;
  const type = view.getUint8(at);
  if (protocol === PROTOCOL.icmp) return observeIcmp(found, { ...nothing, trafficClass: classifyIcmp(type) });
  if (protocol === PROTOCOL.icmpv6) return observeIcmp(found, { ...nothing, trafficClass: classifyIcmpv6(type) });
  return nothing;
}

/** An error about a packet that claims to come from the address it was returned to: its destination is the victim. */
function observeIcmp(found: Packet, sent: Observation): Observation {
  if (sent.trafficClass !== CLASS.backscatter || found.quotedFamily !== found.family) return sent;
  if (!isSameAddress(found.view, found.family, found.quotedSourceAt, found.destinationAt)) return sent;
  return {
    ...sent,
    protocol: found.quotedProtocol,
    port: found.quotedPort,
    sourceFamily: found.quotedFamily,
    sourceAt: found.quotedDestinationAt,
  };
}

function markScan(cells: Int32Array, cell: number, found: Packet, seen: Observation): void {
  const { view, transportAt: at, transportLength: length } = found;
  const headerLength = (view.getUint8(at + 12) >>> 4) * 4;
  if (headerLength === 20) bump(cells, cell + CELL.bare);
  else if (seen.window === 1024 && headerLength === 24 && length >= 24 && view.getUint16(at + 20) === MSS_OPTION)
    bump(cells, cell + CELL.nmap);
  if (found.family !== 4) return;
  const destination = view.getInt32(found.destinationAt);
  const sequence = view.getInt32(at + 4);
  if (sequence === destination) bump(cells, cell + CELL.mirai);
  if (found.ipId === ZMAP_ID) bump(cells, cell + CELL.zmap);
  if (found.ipId === ((destination ^ seen.port ^ sequence) & 0xffff)) bump(cells, cell + CELL.masscan);
}

/** Half a tick keeps the product of whole milliseconds from falling just short. */
const toMillis = (ticks: number, milliPerTick: number): number => ((ticks + 0.5) * milliPerTick) | 0;

function bump(cells: Int32Array, at: number): void {
  cells[at] = (cells[at] as number) + 1;
}

/** Adds one packet to a cell. */
function addPacket(cells: Int32Array, cell: number, bytes: number, destination: number, ttl: number, ms: number, ports: number): void {
  const packets = (cells[cell + CELL.packets] as number) + 1;
  cells[cell + CELL.packets] = packets;
  const sum = ((cells[cell + CELL.bytesLow] as number) >>> 0) + bytes;
  cells[cell + CELL.bytesLow] = sum;
  if (sum > 0xffff_ffff) bump(cells, cell + CELL.bytesHigh);
  const bit = mix(destination) >>> 26;
  const word = cell + CELL.bitsLow + (bit >>> 5);
  cells[word] = (cells[word] as number) | (1 << (bit & 31));
  const times = cells[cell + CELL.times] as number;
  if (packets === 1) {
    cells[cell + CELL.times] = (ms << 16) | ms;
    cells[cell + CELL.ttl] = (ttl << 8) | ttl;
    cells[cell + CELL.ports] = ports;
    return;
  }
  // Packets of one minute may come out of order.
  if (ms < times >>> 16) cells[cell + CELL.times] = (ms << 16) | (times & 0xffff);
  else if (ms > (times & 0xffff)) cells[cell + CELL.times] = (times & 0xffff_0000) | ms;
  const ttls = cells[cell + CELL.ttl] as number;
  if (ttl < ttls >>> 8) cells[cell + CELL.ttl] = (ttl << 8) | (ttls & 0xff);
  else if (ttl > (ttls & 0xff)) cells[cell + CELL.ttl] = (ttls & 0xff00) | ttl;
}

function readAddress(view: DataView, family: number, at: number): number | Uint8Array {
  return family === 4 ? view.getInt32(at) : new Uint8Array(view.buffer, view.byteOffset + at, 16);
}

function hashAddress(view: DataView, family: number, at: number): number {
  if (family === 4) return view.getInt32(at);
  let hash = 0;
  for (let i = 0; i < 16; i += 4) hash = mix(hash ^ view.getInt32(at + i));
  return hash;
}

function isSameAddress(view: DataView, family: number, a: number, b: number): boolean {
  const length = family === 4 ? 4 : 16;
  for (let i = 0; i < length; i++) if (view.getUint8(a + i) !== view.getUint8(b + i)) return false;
  return true;
}
