/**
 * The counters of `inspect`.
 *
 * They follow what packet analysers count: a header is counted at any depth, so a UDP
 * header quoted by an ICMP error is a UDP packet too. Plain Ethernet/IPv4 with TCP, UDP
 * or ping, nearly all a telescope sees, takes a short way; everything else goes through
 * the general decoder. Both ways give the same counts.
 */
import { AddressSet } from './address-set.ts';
import { decode } from './decode.ts';
import { Fragments } from './fragments.ts';
import { type Frames, NO_TIME } from './frames.ts';
import { ICMP, LINK, PROTOCOL, TCP_FLAG } from './numbers.ts';
import { Packet } from './packet.ts';
import { isTunnelPort } from './tunnels.ts';

const SYN_ACK = TCP_FLAG.syn | TCP_FLAG.ack;

export class Survey {
  packets = 0;
  capturedBytes = 0;
  ipv4 = 0;
  ipv6 = 0;
  tcp = 0;
  udp = 0;
  synOnly = 0;
  synAck = 0;
  rst = 0;
  mirai = 0;
  zmap = 0;
  masscan = 0;
  malformed = 0;
  firstAt = Number.POSITIVE_INFINITY; // Unix ms
  lastAt = Number.NEGATIVE_INFINITY;
  readonly sources: AddressSet = new AddressSet();
  readonly tcpPorts: Uint32Array = new Uint32Array(65_536);
  readonly udpPorts: Uint32Array = new Uint32Array(65_536);
  readonly synPorts: Uint32Array = new Uint32Array(65_536);
  readonly icmpTypes: Uint32Array = new Uint32Array(256);
  readonly icmpv6Types: Uint32Array = new Uint32Array(256);
  readonly links: Uint32Array = new Uint32Array(65_536);
  readonly #packet = new Packet(new Fragments());

  take(frames: Frames): void {
    const { count, start, captured, stated, link } = frames;
    this.packets += count;
    this.#takeTimes(frames);
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const at = start[i] as number;
      const present = captured[i] as number;
      bytes += present;
      const on = link[i] as number;
      this.links[on] = (this.links[on] as number) + 1;
      if (on !== LINK.ethernet || present < 42 || !this.#takePlain(frames.view, at, present, stated[i] as number)) {
        decode(this.#packet, frames.view, at, present, stated[i] as number, on);
        this.#takeDecoded();
      }
    }
    this.capturedBytes += bytes;
  }

  #takeTimes(frames: Frames): void {
    const { count, second, milli } = frames;
    for (let i = 0; i < count; i++) {
      if (milli[i] === NO_TIME) continue;
      const at = (second[i] as number) * 1000 + (milli[i] as number);
      if (at < this.firstAt) this.firstAt = at;
      if (at > this.lastAt) this.lastAt = at;
    }
  }

  /** False, with nothing counted, when the packet is not of the plain kind. */
  #takePlain(view: DataView, at: number, present: number, stated: number): boolean {
    // Ethertype IPv4, version 4 without options, not a fragment.
    if (view.getUint16(at + 12) !== 0x0800 || view.getUint8(at + 14) !== 0x45) return false;
    if ((view.getUint16(at + 20) & 0x3fff) !== 0) return false;
    const total = view.getUint16(at + 16);
    if (total > stated - 14) return false;
    const protocol = view.getUint8(at + 23);
    if (protocol === PROTOCOL.tcp) return present >= 54 && this.#takePlainTcp(view, at, total);
    if (protocol === PROTOCOL.udp) return this.#takePlainUdp(view, at, total);
    if (protocol === PROTOCOL.icmp) return this.#takePlainIcmp(view, at, total);
    return false;
  }

  #takePlainTcp(view: DataView, at: number, total: number): boolean {
    const headerLength = (view.getUint8(at + 46) >>> 4) * 4;
    if (headerLength < 20 || total < 20 + headerLength) return false;
    const port = view.getUint16(at + 36);
    this.ipv4++;
    this.tcp++;
    this.sources.add(view.getUint32(at + 26));
    this.tcpPorts[port] = (this.tcpPorts[port] as number) + 1;
    const flags = view.getUint8(at + 47);
    if ((flags & SYN_ACK) === TCP_FLAG.syn) this.#takeSyn(port, view.getUint32(at + 30), view.getUint16(at + 18), view.getUint32(at + 38));
    else if ((flags & SYN_ACK) === SYN_ACK) this.synAck++;
    if ((flags & TCP_FLAG.rst) !== 0) this.rst++;
    return true;
  }

  #takeSyn(port: number, destination: number, ipId: number, sequence: number): void {
    this.synOnly++;
    this.synPorts[port] = (this.synPorts[port] as number) + 1;
    if (sequence === destination) this.mirai++;
    if (ipId === 54_321) this.zmap++;
    if (ipId === ((destination ^ port ^ sequence) & 0xffff)) this.masscan++;
  }

  #takePlainUdp(view: DataView, at: number, total: number): boolean {
    const length = view.getUint16(at + 38);
    if (length < 8 || total < 20 + length) return false;
    const port = view.getUint16(at + 36);
    if (isTunnelPort(port) || isTunnelPort(view.getUint16(at + 34))) return false;
    this.ipv4++;
    this.udp++;
    this.sources.add(view.getUint32(at + 26));
    this.udpPorts[port] = (this.udpPorts[port] as number) + 1;
    return true;
  }

  #takePlainIcmp(view: DataView, at: number, total: number): boolean {
    const type = view.getUint8(at + 34);
    if (total < 28 || (type !== ICMP.echo && type !== ICMP.echoReply)) return false;
    this.ipv4++;
    this.sources.add(view.getUint32(at + 26));
    this.icmpTypes[type] = (this.icmpTypes[type] as number) + 1;
    return true;
  }

  #takeDecoded(): void {
    const found = this.#packet;
    if (found.isMalformed) this.malformed++;
    if (found.ipv4Layers > 0) {
      this.ipv4++;
      this.sources.add(found.firstIpv4Source);
    }
    if (found.ipv6Layers > 0) this.ipv6++;
    if (found.tcpLayers > 0) this.tcp++;
    if (found.udpLayers > 0) this.udp++;
    if (found.icmpType >= 0) this.icmpTypes[found.icmpType] = (this.icmpTypes[found.icmpType] as number) + 1;
    if (found.icmpv6Type >= 0) this.icmpv6Types[found.icmpv6Type] = (this.icmpv6Types[found.icmpv6Type] as number) + 1;
    for (let i = 0; i < found.portCount; i++) {
      const port = found.ports[i] as number;
      const counts = port > 0xffff ? this.udpPorts : this.tcpPorts;
      counts[port & 0xffff] = (counts[port & 0xffff] as number) + 1;
    }
    if (found.tcpFlags >= 0) this.#takeFlags(found);
  }

  #takeFlags(found: Packet): void {
    const flags = found.tcpFlags;
    if ((flags & SYN_ACK) === TCP_FLAG.syn && found.ipv4Layers > 0) {
      this.#takeSyn(found.tcpDestinationPort, found.firstIpv4Destination, found.firstIpv4Id, found.tcpSequence);
    } else if ((flags & SYN_ACK) === TCP_FLAG.syn) {
      this.synOnly++;
      this.synPorts[found.tcpDestinationPort] = (this.synPorts[found.tcpDestinationPort] as number) + 1;
    } else if ((flags & SYN_ACK) === SYN_ACK) this.synAck++;
    if ((flags & TCP_FLAG.rst) !== 0) this.rst++;
  }
}

/** The five destination ports with most headers, as `tcp/80`; ties in the order of the text. */
export function topPorts(survey: Survey): [string, number][] {
  const all: [string, number][] = [];
  const collect = (name: string, counts: Uint32Array): void => {
    counts.forEach((count, port) => {
      if (count > 0) all.push([`${name}/${port}`, count]);
    });
  };
  collect('tcp', survey.tcpPorts);
  collect('udp', survey.udpPorts);
  return all.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 5);
}
