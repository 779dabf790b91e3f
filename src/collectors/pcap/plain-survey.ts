/**
 * The short way through the captures telescopes write: classic, little-endian, Ethernet.
 *
 * Finding a packet and counting it stand in one loop without columns between them, since
 * for `inspect` the columns would cost more than the counting. Whatever is not an undivided
 * TCP segment, UDP datagram or ping in IPv4 is handed to the general decoder packet by
 * packet; a file that is cut or damaged is left to the general reader as a whole, which
 * knows how to say so. Both ways give the same counts.
 */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { AddressSet } from './address-set.ts';
import { MOST_CAPTURED } from './frames.ts';
import { ETHERTYPE, ICMP, LINK, PROTOCOL, TCP_FLAG } from './numbers.ts';
import type { Survey } from './survey.ts';
import { isTunnelPort } from './tunnels.ts';

const BLOCK = 2 << 20;
/**
 * The first blocks are small: the loop below must have ended a few times before it is hot,
 * or the compiler knows nothing of what follows it and throws its work away at every block.
 */
const FIRST_BLOCK = 8 << 10;
const FIRST_BLOCKS = 8;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ZMAP_ID = 54_321;
const SYN_ACK = TCP_FLAG.syn | TCP_FLAG.ack;

/** The part of a record's bytes that are a plain packet: Ethernet and IPv4 headers, and at least eight bytes of the next. */
const LEAST = 14 + 20 + 8;

/** False when the file needs the general reader; then `survey` must be thrown away. */
export function surveyPlainCapture(path: string, survey: Survey): boolean {
  // A folder or a forbidden file is the general reader's to explain.
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(BLOCK + MOST_CAPTURED);
    const view = new DataView(bytes.buffer);
    let to = readSync(file, bytes, 0, FIRST_BLOCK, null);
    const ticksPerSecond = ticksOf(view, to);
    if (ticksPerSecond === 0) return false;
    survey.ticksPerMilli = ticksPerSecond / 1000;
    let from = FILE_HEADER;
    for (let block = 1; ; block++) {
      from = takeRecords(survey, survey.sources, view, from, to, ticksPerSecond);
      if (from < 0) return false;
      bytes.copyWithin(0, from, to);
      to -= from;
      from = 0;
      const more = readSync(file, bytes, to, block < FIRST_BLOCKS ? FIRST_BLOCK : BLOCK, null);
      if (more === 0) return to === 0;
      to += more;
    }
  } finally {
    closeSync(file);
  }
}

/** Ticks per second of a file this way can read, else 0. */
function ticksOf(view: DataView, length: number): number {
  if (length < FILE_HEADER) return 0;
  const magic = view.getUint32(0, true);
  const isVersion24 = view.getUint16(4, true) === 2 && view.getUint16(6, true) === 4;
  if (!isVersion24 || (view.getUint32(20, true) & 0xffff) !== LINK.ethernet) return 0;
  if (magic === 0xa1b2c3d4) return 1_000_000;
  return magic === 0xa1b23c4d ? 1_000_000_000 : 0;
}

/** Counts whole records and returns where it stopped; -1 when a record cannot be right. */
function takeRecords(survey: Survey, sources: AddressSet, view: DataView, from: number, to: number, ticksPerSecond: number): number {
  const { tcpPorts, udpPorts, synPorts, icmpTypes } = survey;
  let { firstSecond, firstFraction, lastSecond, lastFraction } = survey;
  let packets = 0;
  let capturedBytes = 0;
  let tcp = 0;
  let udp = 0;
  let ping = 0;
  let synAck = 0;
  let rst = 0;
  let mirai = 0;
  let zmap = 0;
  let masscan = 0;
  let at = from;
  while (to - at >= RECORD_HEADER) {
    const present = view.getUint32(at + 8, true);
    if (present > MOST_CAPTURED) return -1;
    const body = at + RECORD_HEADER;
    if (to - body < present) break;
    const seconds = view.getUint32(at, true);
    const ticks = view.getUint32(at + 4, true);
    if (ticks >= ticksPerSecond) return -1;
    if (seconds > lastSecond || (seconds === lastSecond && ticks > lastFraction)) {
      lastSecond = seconds;
      lastFraction = ticks;
      if (firstSecond < 0) {
        firstSecond = seconds;
        firstFraction = ticks;
      }
    } else if (seconds < firstSecond || (seconds === firstSecond && ticks < firstFraction)) {
      firstSecond = seconds;
      firstFraction = ticks;
    }
    packets++;
    capturedBytes += present;
    const stated = view.getUint32(at + 12, true);
    at = body + present;

    // Ethertype, version and header length in one word; then fragment bits.
    const isIpv4 = present >= LEAST && view.getUint32(body + 12) >>> 8 === PLAIN_IPV4 && (view.getUint16(body + 20) & 0x3fff) === 0;
    const total = isIpv4 ? view.getUint16(body + 16) : 0;
    const protocol = isIpv4 && total <= stated - 14 ? view.getUint8(body + 23) : 0;
    if (protocol === PROTOCOL.tcp && present >= 54) {
      const headerLength = (view.getUint8(body + 46) >>> 4) * 4;
      if (headerLength >= 20 && total >= 20 + headerLength) {
        tcp++;
        sources.add(view.getInt32(body + 26));
        const port = view.getUint16(body + 36);
        tcpPorts[port] = (tcpPorts[port] as number) + 1;
        const flags = view.getUint8(body + 47);
        if ((flags & SYN_ACK) === TCP_FLAG.syn) {
          synPorts[port] = (synPorts[port] as number) + 1;
          const destination = view.getInt32(body + 30);
          const sequence = view.getInt32(body + 38);
          const ipId = view.getUint16(body + 18);
          if (sequence === destination) mirai++;
          if (ipId === ZMAP_ID) zmap++;
          if (ipId === ((destination ^ port ^ sequence) & 0xffff)) masscan++;
        } else if ((flags & SYN_ACK) === SYN_ACK) synAck++;
        if ((flags & TCP_FLAG.rst) !== 0) rst++;
        continue;
      }
    } else if (protocol === PROTOCOL.udp) {
      const length = view.getUint16(body + 38);
      const port = view.getUint16(body + 36);
      if (length >= 8 && total >= 20 + length && !isTunnelPort(port) && !isTunnelPort(view.getUint16(body + 34))) {
        udp++;
        sources.add(view.getInt32(body + 26));
        udpPorts[port] = (udpPorts[port] as number) + 1;
        continue;
      }
    } else if (protocol === PROTOCOL.icmp && total >= 28) {
      const type = view.getUint8(body + 34);
      if (type === ICMP.echo || type === ICMP.echoReply) {
        ping++;
        sources.add(view.getInt32(body + 26));
        icmpTypes[type] = (icmpTypes[type] as number) + 1;
        continue;
      }
    }
    survey.takeUnusual(view, body, present, stated, LINK.ethernet);
  }
  survey.links[LINK.ethernet] = 1;
  survey.packets += packets;
  survey.capturedBytes += capturedBytes;
  survey.ipv4 += tcp + udp + ping;
  survey.tcp += tcp;
  survey.udp += udp;
  survey.synAck += synAck;
  survey.rst += rst;
  survey.mirai += mirai;
  survey.zmap += zmap;
  survey.masscan += masscan;
  survey.firstSecond = firstSecond;
  survey.firstFraction = firstFraction;
  survey.lastSecond = lastSecond;
  survey.lastFraction = lastFraction;
  return at;
}

/** Ethertype IPv4, then version 4 with a header of five words. */
const PLAIN_IPV4 = (ETHERTYPE.ipv4 << 8) | 0x45;
