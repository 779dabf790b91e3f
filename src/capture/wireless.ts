/**
 * 802.11 data frames and the radio headers that capture tools put in front of them.
 */
import { LINK } from './numbers.ts';
import { type Packet, STEP } from './packet.ts';

const DATA = 2;
const TO_AND_FROM_DS = 3;
const MORE_FRAGMENTS = 0x04;
const PROTECTED = 0x40;
const ORDER = 0x80;

/** Only plain data frames lead on: management has no IP, and protected ones cannot be read. */
export function readWireless(packet: Packet, isPadded = false): void {
  if (!packet.has(24)) return;
  const control = packet.byte(0);
  const flags = packet.byte(1);
  const isData = ((control >>> 2) & 3) === DATA && (control & 0x40) === 0; // 0x40: without data
  const isFragment = (flags & MORE_FRAGMENTS) !== 0 || (packet.byte(22) & 0x0f) !== 0;
  if (!isData || isFragment || (flags & PROTECTED) !== 0) return;
  const hasQuality = (control & 0x80) !== 0;
  let length = (flags & 3) === TO_AND_FROM_DS ? 30 : 24;
  if (!packet.has(length + (hasQuality ? 2 : 0))) return;
  const isAggregate = hasQuality && (packet.byte(length) & 0x80) !== 0;
  if (hasQuality) length += (flags & ORDER) === 0 ? 2 : 6;
  if (isPadded) length += -length & 3;
  // An aggregate begins with the addresses and length of its first frame.
  if (isAggregate) length += 14;
  if (packet.has(length)) packet.goOn(STEP.llc, length);
}

export function readRadiotap(packet: Packet): void {
  if (!packet.has(8)) return;
  const length = packet.view.getUint16(packet.at + 2, true);
  if (length < 8 || !packet.has(length)) return;
  const flags = radiotapFlags(packet, length);
  packet.at += length;
  if ((flags & 0x10) !== 0) packet.endAt(packet.statedEnd - 4); // frame check sequence at the end
  readWireless(packet, (flags & 0x20) !== 0);
}

/** The flags field: behind all presence words, and behind the timer when there is one. */
function radiotapFlags(packet: Packet, length: number): number {
  const present = packet.view.getUint32(packet.at + 4, true);
  let offset = 8;
  for (let word = present; word >>> 31 === 1 && offset + 4 <= length; offset += 4) word = packet.view.getUint32(packet.at + offset, true);
  if ((present & 1) !== 0) offset = ((offset + 7) & ~7) + 8;
  return (present & 2) !== 0 && offset < length ? packet.byte(offset) : 0;
}

export function readPpi(packet: Packet): void {
  if (!packet.has(8)) return;
  const length = packet.view.getUint16(packet.at + 2, true);
  const link = packet.view.getUint32(packet.at + 4, true);
  if (length < 8 || link === LINK.ppi || !packet.has(length)) return;
  packet.goOnTyped(STEP.link, link, length);
}

export function readPrism(packet: Packet): void {
  if (!packet.has(8)) return;
  if ((packet.word(0) & 0xffff_f000) >>> 0 === 0x8021_1000) readAvs(packet);
  else if (packet.has(144)) {
    packet.at += 144;
    readWireless(packet);
  }
}

export function readAvs(packet: Packet): void {
  if (!packet.has(8)) return;
  const length = packet.word(4);
  if (length < 8 || !packet.has(length)) return;
  packet.at += length;
  readWireless(packet);
}
