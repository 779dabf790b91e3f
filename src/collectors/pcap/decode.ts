/**
 * Walks the headers of one packet, whatever is wrapped around it.
 *
 * This is the slow, general way: link layers, tags, labels, tunnels, extension headers,
 * fragments and the packets quoted by ICMP errors. The hot loops handle plain
 * Ethernet/IPv4 themselves and come here for the rest. Nothing is copied and nothing
 * behind the headers is looked at; every read is preceded by a length check.
 *
 * A packet cut by the snap length simply ends (not a fault); one whose own lengths
 * promise less than its headers need is malformed. Within an ICMP error the quoted
 * packet is cut by design, so there nothing is a fault.
 */
import { ETHERTYPE, ICMP, ICMPV6, LARGEST_LENGTH, LINK, PROTOCOL } from './numbers.ts';

/** More layers than this only occur in packets made to exhaust decoders. */
const MOST_LAYERS = 64;
const MOST_PORTS = 32;
const IS_UDP = 0x1_0000;

/** What the walk looks at next. */
const DONE = 0;
const ETHERNET = 1;
const ETHERTYPED = 2; // by `#type`
const IPV4 = 3;
const IPV6 = 4;
const PROTOCOLED = 5; // by `#type`
const PPP = 6;
const MPLS = 7;
const LLC = 8;

export class Decoder {
  view: DataView = new DataView(new ArrayBuffer(0));

  // What the packet contains, at any depth; the first of a kind wins.
  ipv4Layers = 0;
  ipv6Layers = 0;
  firstIpv4Source = 0;
  firstIpv4Destination = 0;
  firstIpv4Id = 0;
  tcpLayers = 0;
  udpLayers = 0;
  /** Flags and sequence number of the first complete TCP header; -1 without one. */
  tcpFlags = -1;
  tcpSequence = 0;
  tcpDestinationPort = 0;
  icmpType = -1;
  icmpv6Type = -1;
  isMalformed = false;
  portCount = 0;
  /** Destination ports of all TCP and UDP headers; UDP ones have bit 16 set. */
  readonly ports: Uint32Array = new Uint32Array(MOST_PORTS);

  // The observation: the innermost packet that is neither quoted nor carried by UDP.
  family = 0; // 4, 6 or 0
  sourceAt = 0;
  destinationAt = 0;
  protocol = 0;
  ttl = 0;
  ipId = 0;
  ipBytes = 0;
  isLaterFragment = false;
  /** Where its transport header starts, and how many bytes of it are present. */
  transportAt = 0;
  transportLength = 0;

  // What an ICMP error quotes.
  quotedFamily = 0;
  quotedSourceAt = 0;
  quotedDestinationAt = 0;
  quotedProtocol = 0;
  quotedPort = 0;

  #next = DONE;
  #type = 0;
  #at = 0;
  /** End of the bytes present, and end of the bytes the packet says it has. */
  #end = 0;
  #statedEnd = 0;
  #isInError = false;
  #isInUdp = false;
  #isFragment = false;

  /** False when the link type is not read at all. */
  decode(view: DataView, start: number, captured: number, stated: number, link: number): boolean {
    this.#reset(view, start, captured, stated);
    const isKnownLink = this.#enterLink(link);
    for (let layer = 0; layer < MOST_LAYERS && this.#next !== DONE; layer++) this.#step();
    return isKnownLink;
  }

  #reset(view: DataView, start: number, captured: number, stated: number): void {
    this.view = view;
    this.ipv4Layers = 0;
    this.ipv6Layers = 0;
    this.firstIpv4Source = 0;
    this.firstIpv4Destination = 0;
    this.firstIpv4Id = 0;
    this.tcpLayers = 0;
    this.udpLayers = 0;
    this.tcpFlags = -1;
    this.tcpSequence = 0;
    this.tcpDestinationPort = 0;
    this.icmpType = -1;
    this.icmpv6Type = -1;
    this.isMalformed = false;
    this.portCount = 0;
    this.family = 0;
    this.protocol = 0;
    this.ipId = 0;
    this.isLaterFragment = false;
    this.transportLength = 0;
    this.quotedFamily = 0;
    this.quotedProtocol = 0;
    this.quotedPort = 0;
    this.#next = DONE;
    this.#at = start;
    this.#end = start + captured;
    this.#statedEnd = start + Math.max(stated, captured);
    this.#isInError = false;
    this.#isInUdp = false;
    this.#isFragment = false;
  }

  /** True when `length` bytes are present; otherwise the packet ends here, by the snap length or by its own fault. */
  #has(length: number): boolean {
    const to = this.#at + length;
    if (to <= this.#end) return true;
    if (to > this.#statedEnd && !this.#isInError) this.isMalformed = true;
    this.#next = DONE;
    return false;
  }

  #goOn(next: number, skip: number): void {
    this.#at += skip;
    this.#next = next;
  }

  /** Nothing behind this offset belongs to the inner packet. */
  #endAt(stated: number): void {
    if (stated < this.#statedEnd) this.#statedEnd = stated;
    if (this.#end > this.#statedEnd) this.#end = this.#statedEnd;
  }

  #step(): void {
    const next = this.#next;
    this.#next = DONE;
    if (next === ETHERTYPED) this.#enterEthertype();
    else if (next === PROTOCOLED) this.#enterProtocol();
    else if (next === IPV4) this.#readIpv4();
    else if (next === IPV6) this.#readIpv6();
    else if (next === ETHERNET) this.#readEthernet();
    else if (next === MPLS) this.#readMpls();
    else if (next === PPP) this.#readPpp();
    else if (next === LLC) this.#readLlc();
  }

  #enterLink(link: number): boolean {
    switch (link) {
      case LINK.ethernet:
        this.#next = ETHERNET;
        break;
      case LINK.rawBsd:
      case LINK.rawOpenBsd:
      case LINK.raw:
        this.#enterByVersion();
        break;
      case LINK.ipv4:
        this.#next = IPV4;
        break;
      case LINK.ipv6:
        this.#next = IPV6;
        break;
      case LINK.null:
      case LINK.loop:
        this.#readLoopback();
        break;
      case LINK.sll:
        if (this.#has(16)) this.#enterTyped(this.view.getUint16(this.#at + 14), 16);
        break;
      case LINK.sll2:
        if (this.#has(20)) this.#enterTyped(this.view.getUint16(this.#at), 20);
        break;
      case LINK.ppp:
      case LINK.pppSerial:
      case LINK.pppPppd:
        this.#next = PPP;
        break;
      case LINK.pppWithDirection:
        if (this.#has(1)) this.#goOn(PPP, 1);
        break;
      case LINK.pppEther:
        if (this.#has(6)) this.#goOn(PPP, 6);
        break;
      case LINK.cHdlc:
        if (this.#has(4)) this.#enterTyped(this.view.getUint16(this.#at + 2), 4);
        break;
      case LINK.mpls:
        this.#next = MPLS;
        break;
      case LINK.pflog:
        this.#readPflog();
        break;
      default:
        return false;
    }
    return true;
  }

  #enterTyped(type: number, skip: number): void {
    this.#type = type;
    this.#goOn(ETHERTYPED, skip);
  }

  #enterByVersion(): void {
    if (!this.#has(1)) return;
    const version = this.view.getUint8(this.#at) >>> 4;
    if (version === 4) this.#next = IPV4;
    else if (version === 6) this.#next = IPV6;
  }

  /** Four bytes with an address family in the byte order of the machine that captured. */
  #readLoopback(): void {
    if (!this.#has(4)) return;
    const word = this.view.getUint32(this.#at);
    const family = word > 0xffff ? this.view.getUint32(this.#at, true) : word;
    if (family === 2) this.#goOn(IPV4, 4);
    // 10 Linux, 24 NetBSD and OpenBSD, 28 FreeBSD, 30 Darwin.
    else if (family === 10 || family === 24 || family === 28 || family === 30) this.#goOn(IPV6, 4);
    else if (family > LARGEST_LENGTH) this.#enterTyped(family, 4);
  }

  #readPflog(): void {
    if (!this.#has(4)) return;
    const length = this.view.getUint8(this.#at);
    const family = this.view.getUint8(this.#at + 1);
    const padded = length + (-length & 3);
    if (!this.#has(padded)) return;
    if (family === 2) this.#goOn(IPV4, padded);
    else if (family === 10 || family === 24 || family === 28 || family === 30) this.#goOn(IPV6, padded);
  }

  #readEthernet(): void {
    if (!this.#has(14)) return;
    const type = this.view.getUint16(this.#at + 12);
    if (type > LARGEST_LENGTH) this.#enterTyped(type, 14);
    else {
      this.#goOn(LLC, 14);
      this.#endAt(this.#at + type);
    }
  }

  #enterEthertype(): void {
    switch (this.#type) {
      case ETHERTYPE.ipv4:
        this.#next = IPV4;
        break;
      case ETHERTYPE.ipv6:
        this.#next = IPV6;
        break;
      case ETHERTYPE.vlan:
      case ETHERTYPE.serviceVlan:
      case ETHERTYPE.oldQinQ:
        this.#readVlan();
        break;
      case ETHERTYPE.mpls:
      case ETHERTYPE.mplsMulticast:
        this.#next = MPLS;
        break;
      case ETHERTYPE.pppoeSession:
        this.#readPppoe();
        break;
      case ETHERTYPE.ppp:
        this.#next = PPP;
        break;
      case ETHERTYPE.transparentBridging:
        this.#next = ETHERNET;
        break;
      default:
        break;
    }
  }

  #readVlan(): void {
    if (!this.#has(4)) return;
    const type = this.view.getUint16(this.#at + 2);
    if (type > LARGEST_LENGTH) this.#enterTyped(type, 4);
    else this.#goOn(LLC, 4);
  }

  #readPppoe(): void {
    if (!this.#has(6)) return;
    const length = this.view.getUint16(this.#at + 4);
    this.#goOn(PPP, 6);
    this.#endAt(this.#at + length);
  }

  #readPpp(): void {
    if (!this.#has(1)) return;
    if (this.view.getUint8(this.#at) === 0xff) {
      if (!this.#has(2)) return;
      if (this.view.getUint8(this.#at + 1) === 3) this.#at += 2;
    }
    if (!this.#has(1)) return;
    // An odd first byte is a protocol compressed to one byte.
    const first = this.view.getUint8(this.#at);
    const isCompressed = (first & 1) === 1;
    if (!isCompressed && !this.#has(2)) return;
    const protocol = isCompressed ? first : this.view.getUint16(this.#at);
    const skip = isCompressed ? 1 : 2;
    if (protocol === 0x21) this.#goOn(IPV4, skip);
    else if (protocol === 0x57) this.#goOn(IPV6, skip);
    else if (protocol === 0x281 || protocol === 0x283) this.#goOn(MPLS, skip);
  }

  #readLlc(): void {
    if (!this.#has(3)) return;
    const { view } = this;
    const at = this.#at;
    const access = view.getUint16(at);
    if (access === 0x0606) this.#goOn(IPV4, 3);
    else if (access === 0xaaaa && this.#has(8)) {
      const organisation = (view.getUint16(at + 3) << 8) | view.getUint8(at + 5);
      const type = view.getUint16(at + 6);
      if (organisation === 0 || organisation === 0xf8) this.#enterTyped(type, 8);
      else if (organisation === 0x80c2 && type === 7) this.#goOn(ETHERNET, 8);
    }
  }

  #readMpls(): void {
    let isBottom = false;
    while (!isBottom) {
      if (!this.#has(4)) return;
      isBottom = (this.view.getUint8(this.#at + 2) & 1) === 1;
      this.#at += 4;
    }
    this.#enterByVersion();
  }

  #readIpv4(): void {
    if (!this.#has(1)) return;
    const { view } = this;
    const at = this.#at;
    const first = view.getUint8(at);
    if (first >>> 4 === 6) {
      this.#next = IPV6;
      return;
    }
    const headerLength = (first & 15) * 4;
    if (first >>> 4 !== 4 || headerLength < 20 || !this.#has(4)) return;
    const total = view.getUint16(at + 2);
    // Zero: the length was left to segmentation in the network card.
    if (total < headerLength && total !== 0) return;
    if (total !== 0) this.#endAt(at + total);
    const statedBytes = total === 0 ? this.#statedEnd - at : total;
    if (!this.#has(16)) return;
    if (this.ipv4Layers++ === 0) this.firstIpv4Source = view.getUint32(at + 12);
    if (!this.#has(20)) return;
    const protocol = view.getUint8(at + 9);
    const fragment = view.getUint16(at + 6);
    if (this.ipv4Layers === 1) {
      this.firstIpv4Destination = view.getUint32(at + 16);
      this.firstIpv4Id = view.getUint16(at + 4);
    }
    this.#noteAddresses(4, at + 12, at + 16, protocol);
    if (!this.#isInError && !this.#isInUdp) {
      this.ttl = view.getUint8(at + 8);
      this.ipId = view.getUint16(at + 4);
      this.ipBytes = statedBytes;
    }
    if (!this.#has(headerLength)) return;
    this.#at += headerLength;
    if ((fragment & 0x2000) !== 0) this.#isFragment = true;
    this.#enterPayload(protocol, (fragment & 0x1fff) !== 0);
  }

  #noteAddresses(family: 4 | 6, sourceAt: number, destinationAt: number, protocol: number): void {
    if (this.#isInError) {
      if (this.quotedFamily !== 0) return;
      this.quotedFamily = family;
      this.quotedSourceAt = sourceAt;
      this.quotedDestinationAt = destinationAt;
      this.quotedProtocol = protocol;
    } else if (!this.#isInUdp) {
      this.family = family;
      this.sourceAt = sourceAt;
      this.destinationAt = destinationAt;
      this.protocol = protocol;
      this.isLaterFragment = false;
      this.transportLength = 0;
    }
  }

  /** What follows an IP header; nothing when no byte follows or when it is the middle of a datagram. */
  #enterPayload(protocol: number, isLaterFragment: boolean): void {
    if (!this.#isInError && !this.#isInUdp) {
      this.protocol = protocol;
      this.transportAt = this.#at;
      this.transportLength = Math.max(0, this.#end - this.#at);
      this.isLaterFragment = isLaterFragment;
    } else if (this.#isInError) this.quotedProtocol = protocol;
    if (isLaterFragment || this.#statedEnd <= this.#at) return;
    this.#type = protocol;
    this.#next = PROTOCOLED;
  }

  #readIpv6(): void {
    if (!this.#has(1)) return;
    const { view } = this;
    const at = this.#at;
    if (view.getUint8(at) >>> 4 !== 6) {
      if (!this.#isInError) this.isMalformed = true;
      return;
    }
    if (!this.#has(24)) return;
    this.ipv6Layers++;
    if (!this.#has(40)) return;
    const length = view.getUint16(at + 4);
    const protocol = view.getUint8(at + 6);
    this.#noteAddresses(6, at + 8, at + 24, protocol);
    if (!this.#isInError && !this.#isInUdp) {
      this.ttl = view.getUint8(at + 7);
      this.ipId = 0;
      this.ipBytes = 40 + length;
    }
    this.#at += 40;
    if (length !== 0) this.#endAt(this.#at + length);
    this.#enterPayload(protocol, false);
  }

  #enterProtocol(): void {
    switch (this.#type) {
      case PROTOCOL.tcp:
        this.#readTcp();
        break;
      case PROTOCOL.udp:
      case PROTOCOL.udpLite:
        this.#readUdp();
        break;
      case PROTOCOL.icmp:
        this.#readIcmp();
        break;
      case PROTOCOL.icmpv6:
        this.#readIcmpv6();
        break;
      case PROTOCOL.ipv4:
        this.#next = IPV4;
        break;
      case PROTOCOL.ipv6:
        this.#next = IPV6;
        break;
      case PROTOCOL.gre:
        this.#readGre();
        break;
      case PROTOCOL.mplsInIp:
        this.#next = MPLS;
        break;
      case PROTOCOL.etherIp:
        if (this.#has(2)) this.#goOn(ETHERNET, 2);
        break;
      case PROTOCOL.hopByHop:
      case PROTOCOL.routing:
      case PROTOCOL.destinationOptions:
      case PROTOCOL.mobility:
      case PROTOCOL.hip:
      case PROTOCOL.shim6:
        this.#readExtension();
        break;
      case PROTOCOL.fragment:
        this.#readFragment();
        break;
      case PROTOCOL.authentication:
        this.#readAuthentication();
        break;
      default:
        break;
    }
  }

  #readExtension(): void {
    if (!this.#has(8)) return;
    const protocol = this.view.getUint8(this.#at);
    const length = (this.view.getUint8(this.#at + 1) + 1) * 8;
    if (!this.#has(length)) return;
    this.#at += length;
    this.#enterPayload(protocol, false);
  }

  #readFragment(): void {
    if (!this.#has(8)) return;
    const protocol = this.view.getUint8(this.#at);
    const offset = this.view.getUint16(this.#at + 2);
    this.#at += 8;
    if ((offset & 1) !== 0) this.#isFragment = true;
    this.#enterPayload(protocol, (offset & 0xfff8) !== 0);
  }

  #readAuthentication(): void {
    if (!this.#has(12)) return;
    const protocol = this.view.getUint8(this.#at);
    const length = (this.view.getUint8(this.#at + 1) + 2) * 4;
    if (length < 12 || !this.#has(length)) return;
    this.#at += length;
    this.#enterPayload(protocol, false);
  }

  #notePort(port: number): void {
    if (this.portCount < MOST_PORTS) this.ports[this.portCount++] = port;
    if (this.#isInError && this.quotedPort === 0) this.quotedPort = port & 0xffff;
  }

  #readTcp(): void {
    if (!this.#has(4)) return;
    const { view } = this;
    const at = this.#at;
    const port = view.getUint16(at + 2);
    this.tcpLayers++;
    this.#notePort(port);
    if (!this.#has(16)) return;
    const headerLength = (view.getUint8(at + 12) >>> 4) * 4;
    if (headerLength < 20) return;
    if (this.tcpFlags < 0) {
      this.tcpFlags = view.getUint8(at + 13);
      this.tcpSequence = view.getUint32(at + 4);
      this.tcpDestinationPort = port;
    }
    this.#has(headerLength);
  }

  #readUdp(): void {
    if (!this.#has(4)) return;
    const { view } = this;
    const at = this.#at;
    this.udpLayers++;
    this.#notePort(view.getUint16(at + 2) | IS_UDP);
    if (!this.#has(6)) return;
    const length = view.getUint16(at + 4);
    if (length < 8) this.isMalformed = true;
    else if (at + length > this.#statedEnd && !this.#isInError && !this.#isFragment) this.isMalformed = true;
    this.#has(8);
  }

  #readIcmp(): void {
    if (!this.#has(6)) return;
    const type = this.view.getUint8(this.#at);
    if (this.icmpType < 0) this.icmpType = type;
    if (!this.#has(8)) return;
    const quotes = (type >= ICMP.unreachable && type <= ICMP.redirect) || type === ICMP.timeExceeded || type === ICMP.parameterProblem;
    if (quotes) this.#enterQuoted(IPV4);
  }

  #readIcmpv6(): void {
    if (!this.#has(4)) return;
    const type = this.view.getUint8(this.#at);
    if (this.icmpv6Type < 0) this.icmpv6Type = type;
    if (type >= ICMPV6.unreachable && type <= ICMPV6.parameterProblem && this.#has(8)) this.#enterQuoted(IPV6);
  }

  #enterQuoted(next: number): void {
    this.#isInError = true;
    this.#at += 8;
    if (this.#at < this.#end) this.#next = next;
  }

  #readGre(): void {
    if (!this.#has(4)) return;
    const flags = this.view.getUint16(this.#at);
    const type = this.view.getUint16(this.#at + 2);
    if ((flags & 7) > 1) return;
    let length = 4;
    if ((flags & 0xc000) !== 0) length += 4; // checksum or routing
    if ((flags & 0x2000) !== 0) length += 4; // key
    if ((flags & 0x1000) !== 0) length += 4; // sequence
    if ((flags & 0x0080) !== 0) length += 4; // acknowledgement, version 1
    if (!this.#has(length)) return;
    if (type === ETHERTYPE.erspan2) this.#goOn(ETHERNET, length + ((flags & 0x1000) !== 0 ? 8 : 0));
    else if (type === ETHERTYPE.erspan3) this.#readErspan3(length);
    else this.#enterTyped(type, length);
  }

  #readErspan3(skip: number): void {
    if (!this.#has(skip + 12)) return;
    const hasPlatformHeader = (this.view.getUint8(this.#at + skip + 11) & 1) === 1;
    this.#goOn(ETHERNET, skip + (hasPlatformHeader ? 20 : 12));
  }
}
