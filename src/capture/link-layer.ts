/**
 * From the first byte of a frame to the IP header: link types, tags, labels and PPP.
 */
import { ETHERTYPE, FIRST_ETHERTYPE, LARGEST_LENGTH, LINK } from './numbers.ts';
import { type Packet, STEP } from './packet.ts';
import { readAvs, readPpi, readPrism, readRadiotap, readWireless } from './wireless.ts';

/** How to begin a frame of each link type. */
const BEGINNINGS: ReadonlyMap<number, (packet: Packet) => void> = new Map([
  [LINK.ethernet, (packet: Packet) => packet.goOn(STEP.ethernet, 0)],
  [LINK.raw, readRaw],
  [LINK.rawBsd, readRaw],
  [LINK.rawOpenBsd, readRaw],
  [LINK.ipv4, (packet: Packet) => packet.goOn(STEP.ipv4, 0)],
  [LINK.ipv6, (packet: Packet) => packet.goOn(STEP.ipv6, 0)],
  [LINK.null, (packet: Packet) => readLoopback(packet, true)],
  [LINK.loop, (packet: Packet) => readLoopback(packet, false)],
  [LINK.enc, readEnc],
  [LINK.pflog, readPflog],
  [LINK.nflog, readNflog],
  [LINK.sll, (packet: Packet) => readCooked(packet, 16, 14)],
  [LINK.sll2, (packet: Packet) => readCooked(packet, 20, 0)],
  [LINK.ppp, readSerial],
  [LINK.pppSerial, readSerial],
  [LINK.pppPppd, readSerial],
  [LINK.pppWithDirection, (packet: Packet) => skipTo(packet, STEP.ppp, 1)],
  [LINK.pppEther, readPppoe],
  [LINK.cHdlc, readCiscoHdlc],
  [LINK.frameRelay, readFrameRelay],
  [LINK.atm, (packet: Packet) => packet.goOn(STEP.llc, 0)],
  [LINK.atmBsd, (packet: Packet) => packet.goOn(STEP.llc, 0)],
  [LINK.tokenRing, readTokenRing],
  [LINK.fddi, (packet: Packet) => skipTo(packet, STEP.llc, 13)],
  [LINK.fibreChannel, (packet: Packet) => skipTo(packet, STEP.llc, 16)],
  [LINK.apple1394, (packet: Packet) => readTyped(packet, 18, 16)],
  [LINK.mpls, (packet: Packet) => packet.goOn(STEP.mpls, 0)],
  [LINK.wireless, readWireless],
  [LINK.radiotap, readRadiotap],
  [LINK.prism, readPrism],
  [LINK.avs, readAvs],
  [LINK.ppi, readPpi],
]);

/** Goes to the first header behind the link type in `type`. */
export function readLink(packet: Packet): void {
  const begin = BEGINNINGS.get(packet.type);
  if (begin) begin(packet);
  else packet.isKnownLink = false;
}

function skipTo(packet: Packet, next: number, skip: number): void {
  if (packet.has(skip)) packet.goOn(next, skip);
}

/** A header of `length` bytes with an Ethernet type at `typeAt`. */
function readTyped(packet: Packet, length: number, typeAt: number): void {
  if (packet.has(length)) packet.goOnTyped(STEP.ethertype, packet.short(typeAt), length);
}

export function enterByVersion(packet: Packet): void {
  if (!packet.has(1)) return;
  const version = packet.byte(0) >>> 4;
  if (version === 4) packet.next = STEP.ipv4;
  else if (version === 6) packet.next = STEP.ipv6;
}

function readRaw(packet: Packet): void {
  if (!packet.has(1)) return;
  // Some captures of dial-up links have the PPP header left in front, even with a zero byte before it.
  const skip = packet.byte(0) === 0 ? 1 : 0;
  const isPpp = packet.at + skip + 2 <= packet.end && packet.short(skip) === 0xff03;
  if (isPpp) packet.goOn(STEP.ppp, skip);
  else enterByVersion(packet);
}

/** 2 everywhere for IPv4; IPv6 is 24 (NetBSD, OpenBSD), 28 (FreeBSD) or 30 (Darwin). */
function enterFamily(packet: Packet, family: number, skip: number): void {
  if (family === 2) packet.goOn(STEP.ipv4, skip);
  else if (family === 24 || family === 28 || family === 30) packet.goOn(STEP.ipv6, skip);
}

/** Four bytes with an address family, in the byte order of the capturing machine or of the network. */
function readLoopback(packet: Packet, isHostOrder: boolean): void {
  if (!packet.has(4)) return;
  if (packet.short(0) === 0xff03) {
    packet.next = STEP.ppp;
    return;
  }
  const word = packet.word(0);
  const family = isHostOrder && word > 0xffff ? packet.view.getUint32(packet.at, true) : word;
  if (family >= FIRST_ETHERTYPE) packet.goOnTyped(STEP.ethertype, family, 4);
  else enterFamily(packet, family, 4);
}

function readEnc(packet: Packet): void {
  if (!packet.has(12)) return;
  const word = packet.word(0);
  enterFamily(packet, word > 0xffff ? packet.view.getUint32(packet.at, true) : word, 12);
}

function readPflog(packet: Packet): void {
  if (!packet.has(4)) return;
  const length = packet.byte(0);
  const padded = length + (-length & 3);
  if (packet.has(padded)) enterFamily(packet, packet.byte(1), padded);
}

/** Netfilter log: attributes until the packet itself. */
function readNflog(packet: Packet): void {
  skipBytes(packet, 4);
  for (let i = 0; i < 64 && packet.has(4); i++) {
    const length = packet.view.getUint16(packet.at, true);
    const type = packet.view.getUint16(packet.at + 2, true) & 0x7fff;
    if (length < 4) return;
    if (type === 9) {
      packet.at += 4;
      enterByVersion(packet);
      return;
    }
    if (!skipBytes(packet, length + (-length & 3))) return;
  }
}

function skipBytes(packet: Packet, length: number): boolean {
  if (!packet.has(length)) return false;
  packet.at += length;
  return true;
}

/** Linux cooked captures: the protocol is an Ethernet type, or a small number for frames without one. */
function readCooked(packet: Packet, length: number, typeAt: number): void {
  if (!packet.has(length)) return;
  const type = packet.short(typeAt);
  if (type === 4) packet.goOn(STEP.llc, length);
  else if (type === 3) packet.goOn(STEP.ethernet, length);
  else packet.goOnTyped(STEP.ethertype, type, length);
}

export function readEthernet(packet: Packet): void {
  if (!packet.has(14)) return;
  const type = packet.short(12);
  packet.at += 14;
  if (type >= FIRST_ETHERTYPE) packet.goOnTyped(STEP.ethertype, type, 0);
  else if (type > 0 && type <= LARGEST_LENGTH) readLength(packet, type);
}

export function readEthertype(packet: Packet): void {
  switch (packet.type) {
    case ETHERTYPE.ipv4:
      packet.next = STEP.ipv4;
      break;
    case ETHERTYPE.ipv6:
      packet.next = STEP.ipv6;
      break;
    case ETHERTYPE.vlan:
    case ETHERTYPE.serviceVlan:
    case ETHERTYPE.oldQinQ:
      readVlan(packet);
      break;
    case ETHERTYPE.mpls:
    case ETHERTYPE.mplsMulticast:
      packet.next = STEP.mpls;
      break;
    case ETHERTYPE.pppoeSession:
      readPppoe(packet);
      break;
    case ETHERTYPE.ppp:
      packet.next = STEP.ppp;
      break;
    case ETHERTYPE.transparentBridging:
      packet.next = STEP.ethernet;
      break;
    case ETHERTYPE.arp:
      readArp(packet);
      break;
    case ETHERTYPE.backboneTag:
      readBackboneTag(packet);
      break;
    case ETHERTYPE.vnTag:
      readTyped(packet, 6, 4);
      break;
    case ETHERTYPE.eTag:
      readTyped(packet, 8, 6);
      break;
    default:
      break;
  }
}

function readVlan(packet: Packet): void {
  if (!packet.has(4)) return;
  const type = packet.short(2);
  if (type >= FIRST_ETHERTYPE) packet.goOnTyped(STEP.ethertype, type, 4);
  else {
    packet.at += 4;
    readLength(packet, type);
  }
}

/** The length field of an 802.3 frame, with everything behind it. */
function readLength(packet: Packet, length: number): void {
  if (packet.at + length > packet.statedEnd) packet.isMalformed = true;
  packet.endAt(packet.at + length);
  packet.next = STEP.llc;
}

/** IEEE 802.1ah: four bytes, then the customer's whole frame. */
function readBackboneTag(packet: Packet): void {
  skipTo(packet, STEP.ethernet, 4);
}

/** Only its length is looked at: ARP never leaves the link. */
function readArp(packet: Packet): void {
  if (packet.has(8)) packet.has(8 + 2 * (packet.byte(4) + packet.byte(5)));
}

function readPppoe(packet: Packet): void {
  if (!packet.has(6)) return;
  const length = packet.short(4);
  packet.goOn(STEP.ppp, 6);
  packet.endAt(packet.at + length);
}

/** PPP or Cisco HDLC on a serial line: the first byte tells. */
function readSerial(packet: Packet): void {
  if (!packet.has(1)) return;
  const first = packet.byte(0);
  if (first === 0x0f || first === 0x8f) readCiscoHdlc(packet);
  else packet.next = STEP.ppp;
}

function readCiscoHdlc(packet: Packet): void {
  if (!packet.has(4)) return;
  const type = packet.short(2);
  const isIp = type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6 || type === ETHERTYPE.mpls;
  if (isIp) packet.goOnTyped(STEP.ethertype, type, 4);
}

export function readPpp(packet: Packet): void {
  if (!packet.has(1)) return;
  if (packet.byte(0) === 0xff && !skipBytes(packet, 2)) return;
  if (!packet.has(1)) return;
  // An odd first byte is a protocol compressed to one byte.
  const isCompressed = (packet.byte(0) & 1) === 1;
  if (!packet.has(isCompressed ? 1 : 2)) return;
  const protocol = isCompressed ? packet.byte(0) : packet.short(0);
  packet.at += isCompressed ? 1 : 2;
  enterPppProtocol(packet, protocol);
}

function enterPppProtocol(packet: Packet, protocol: number): void {
  if (protocol === 0x21) packet.next = STEP.ipv4;
  else if (protocol === 0x57) packet.next = STEP.ipv6;
  else if (protocol === 0x281 || protocol === 0x283) packet.next = STEP.mpls;
  else if (protocol === 0x31) skipTo(packet, STEP.ethernet, 2);
  // Multilink: only a frame that begins and ends here can be looked into.
  else if (protocol === 0x3d && packet.has(4) && (packet.byte(0) & 0xc0) === 0xc0) packet.goOn(STEP.ppp, 4);
}

function readFrameRelay(packet: Packet): void {
  // The address ends with the byte whose lowest bit is set.
  do {
    if (!skipBytes(packet, 1)) return;
  } while ((packet.byte(-1) & 1) === 0);
  if (!packet.has(2)) return;
  if (packet.byte(0) !== 3) {
    readTyped(packet, 2, 0);
    return;
  }
  const protocol = packet.byte(1) === 0 && packet.has(3) ? packet.byte(2) : packet.byte(1);
  const skip = packet.byte(1) === 0 ? 3 : 2;
  if (protocol === 0xcc) packet.goOn(STEP.ipv4, skip);
  else if (protocol === 0x8e) packet.goOn(STEP.ipv6, skip);
  else if (protocol === 0x80 && skipBytes(packet, skip)) readSnap(packet);
}

function readTokenRing(packet: Packet): void {
  if (!packet.has(14)) return;
  const isLlc = (packet.byte(1) & 0xc0) === 0x40;
  const hasRoute = (packet.byte(8) & 0x80) !== 0;
  packet.at += 14;
  if (hasRoute && !(packet.has(2) && skipBytes(packet, packet.byte(0) & 0x1f))) return;
  if (isLlc) packet.next = STEP.llc;
}

export function readLlc(packet: Packet): void {
  if (!packet.has(3)) return;
  const [destination, source] = [packet.byte(0), packet.byte(1)];
  // Unnumbered frames have one control byte, all others two.
  const length = (packet.byte(2) & 3) === 3 ? 3 : 4;
  if (!skipBytes(packet, length)) return;
  if (destination === 0x06) packet.next = STEP.ipv4;
  else if (destination === 0xaa && source === 0xaa) readSnap(packet);
  // Network layer identifiers of ISO (RFC 2684 routed PDUs).
  else if (destination === 0xfe && packet.has(1)) enterNlpid(packet);
}

function enterNlpid(packet: Packet): void {
  if (packet.byte(0) === 0xcc) packet.goOn(STEP.ipv4, 1);
  else if (packet.byte(0) === 0x8e) packet.goOn(STEP.ipv6, 1);
}

/** Organisation and type: Ethernet's own types, or a bridged Ethernet frame (RFC 2684). */
function readSnap(packet: Packet): void {
  if (!packet.has(5)) return;
  const organisation = (packet.short(0) << 8) | packet.byte(2);
  const type = packet.short(3);
  packet.at += 5;
  if (organisation === 0 || organisation === 0xf8) packet.goOnTyped(STEP.ethertype, type, 0);
  else if (organisation === 0x80c2 && (type === 1 || type === 7)) skipTo(packet, STEP.ethernet, 2);
}

/** Carries no packet but messages about the path (ITU-T Y.1711). */
const OAM_LABEL = 14;

export function readMpls(packet: Packet): void {
  let isBottom = false;
  let label = 0;
  while (!isBottom) {
    if (!packet.has(4)) return;
    isBottom = (packet.byte(2) & 1) === 1;
    label = packet.word(0) >>> 12;
    packet.at += 4;
  }
  if (label === OAM_LABEL || !packet.has(1)) return;
  const nibble = packet.byte(0) >>> 4;
  if (nibble === 0) enterPseudowire(packet);
  else if (nibble === 1) enterAssociatedChannel(packet);
  else enterByVersion(packet);
}

/** Ethernet over MPLS, behind a control word or without one: whichever leaves a sensible Ethernet type. */
function enterPseudowire(packet: Packet): void {
  const hasTypeAt = (offset: number): boolean => {
    if (packet.at + offset + 2 > packet.end) return false;
    const type = packet.short(offset);
    return (
      type === ETHERTYPE.ipv4 || type === ETHERTYPE.arp || type === ETHERTYPE.vlan || type === ETHERTYPE.ipv6 || type === ETHERTYPE.mpls
    );
  };
  packet.goOn(STEP.ethernet, hasTypeAt(16) || !hasTypeAt(12) ? 4 : 0);
}

function enterAssociatedChannel(packet: Packet): void {
  if (!packet.has(4)) return;
  const channel = packet.short(2);
  if (channel === 0x21) packet.goOn(STEP.ipv4, 4);
  else if (channel === 0x57) packet.goOn(STEP.ipv6, 4);
}
