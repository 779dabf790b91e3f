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
import { ETHERTYPE, ICMP, LINK, PROTOCOL, TCP_FLAG } from './numbers.ts';
import { Packet } from './packet.ts';
import { isTunnelPort } from './tunnels.ts';

/** IP identification of older ZMap builds. */
const ZMAP_ID = 54_321;
const SYN_ACK = TCP_FLAG.syn | TCP_FLAG.ack;

export class Survey {
  packets = 0;
  capturedBytes = 0;
  ipv4 = 0;
  ipv6 = 0;
  tcp = 0;
  udp = 0;
  synAck = 0;
  rst = 0;
  mirai = 0;
  zmap = 0;
  masscan = 0;
  malformed = 0;
  firstSecond = -1; // Unix; -1 while no packet had a time
  firstFraction = 0;
  lastSecond = -1;
  lastFraction = 0;
  ticksPerMilli = 1;
  readonly sources: AddressSet = new AddressSet();
  readonly tcpPorts: Uint32Array = new Uint32Array(65_536);
  readonly udpPorts: Uint32Array = new Uint32Array(65_536);
  readonly synPorts: Uint32Array = new Uint32Array(65_536);
  readonly icmpTypes: Uint32Array = new Uint32Array(256);
  readonly icmpv6Types: Uint32Array = new Uint32Array(256);
  /** Not 0 for every link type that occurs. */
  readonly links: Uint32Array = new Uint32Array(65_536);
  readonly #packet = new Packet(new Fragments());

  take(frames: Frames): void {
    this.packets += frames.count;
    this.#takeTimes(frames);
    const { count, view, start, captured, stated, link } = frames;
    const { sources, tcpPorts, synPorts } = this;
    let bytes = 0;
    let plain = 0;
    // This loop is the whole cost of inspecting a telescope's capture, so its commonest
    // case, an undivided TCP segment in Ethernet and IPv4, stands here in one piece.
    for (let i = 0; i < count; i++) {
      const at = start[i] as number;
      const present = captured[i] as number;
      bytes += present;
      const isPlain =
        present >= 54 &&
        link[i] === LINK.ethernet &&
        view.getUint16(at + 12) === ETHERTYPE.ipv4 &&
        view.getUint8(at + 14) === 0x45 &&
        view.getUint8(at + 23) === PROTOCOL.tcp &&
        (view.getUint16(at + 20) & 0x3fff) === 0;
      const total = isPlain ? view.getUint16(at + 16) : 0;
      const headerLength = isPlain ? (view.getUint8(at + 46) >>> 4) * 4 : 0;
      if (headerLength < 20 || total < 20 + headerLength || total > (stated[i] as number) - 14) {
        this.#takeOther(frames, i);
        continue;
      }
      plain++;
      sources.add(view.getInt32(at + 26));
      const port = view.getUint16(at + 36);
      tcpPorts[port] = (tcpPorts[port] as number) + 1;
      const flags = view.getUint8(at + 47);
      if ((flags & SYN_ACK) === TCP_FLAG.syn) {
        synPorts[port] = (synPorts[port] as number) + 1;
        this.#takeMarks(port, view.getInt32(at + 30), view.getUint16(at + 18), view.getInt32(at + 38));
      } else if ((flags & SYN_ACK) === SYN_ACK) this.synAck++;
      if ((flags & TCP_FLAG.rst) !== 0) this.rst++;
    }
    this.tcp += plain;
    this.ipv4 += plain;
    this.capturedBytes += bytes;
  }

  #takeTimes({ count, second, fraction, link, ticksPerMilli }: Frames): void {
    let { firstSecond, firstFraction, lastSecond, lastFraction } = this;
    let on = -1;
    for (let i = 0; i < count; i++) {
      const seconds = second[i] as number;
      const ticks = fraction[i] as number;
      if (link[i] !== on) {
        on = link[i] as number;
        this.links[on] = 1;
      }
      if (ticks === NO_TIME) continue;
      // Nearly every packet is the last so far.
      if (seconds > lastSecond || (seconds === lastSecond && ticks > lastFraction)) {
        lastSecond = seconds;
        lastFraction = ticks;
        if (firstSecond >= 0) continue;
      }
      if (firstSecond < 0 || seconds < firstSecond || (seconds === firstSecond && ticks < firstFraction)) {
        firstSecond = seconds;
        firstFraction = ticks;
      }
    }
    Object.assign(this, { firstSecond, firstFraction, lastSecond, lastFraction, ticksPerMilli });
  }

  /** The marks of scanning tools on a SYN. Signed numbers, since only equality matters. */
  #takeMarks(port: number, destination: number, ipId: number, sequence: number): void {
    if (sequence === destination) this.mirai++;
    if (ipId === ZMAP_ID) this.zmap++;
    if (ipId === ((destination ^ port ^ sequence) & 0xffff)) this.masscan++;
  }

  #takeOther(frames: Frames, i: number): void {
    const { view } = frames;
    const at = frames.start[i] as number;
    const present = frames.captured[i] as number;
    const stated = frames.stated[i] as number;
    const link = frames.link[i] as number;
    if (link === LINK.ethernet && present >= 42 && this.#takePlain(view, at, stated)) return;
    this.takeUnusual(view, at, present, stated, link);
  }

  /** Whatever has no short way, by the general decoder. Counts everything but the record and its time. */
  takeUnusual(view: DataView, at: number, present: number, stated: number, link: number): void {
    decode(this.#packet, view, at, present, stated, link);
    this.#takeDecoded();
  }

  /** UDP and ping, undivided in Ethernet and IPv4. False, with nothing counted, when the packet is anything else. */
  #takePlain(view: DataView, at: number, stated: number): boolean {
    if (view.getUint16(at + 12) !== ETHERTYPE.ipv4 || view.getUint8(at + 14) !== 0x45) return false;
    const total = view.getUint16(at + 16);
    if ((view.getUint16(at + 20) & 0x3fff) !== 0 || total > stated - 14) return false;
    const protocol = view.getUint8(at + 23);
    if (protocol === PROTOCOL.udp) return this.#takePlainUdp(view, at, total);
    if (protocol === PROTOCOL.icmp) return this.#takePlainIcmp(view, at, total);
    return false;
  }

  #takePlainUdp(view: DataView, at: number, total: number): boolean {
    const length = view.getUint16(at + 38);
    if (length < 8 || total < 20 + length) return false;
    const port = view.getUint16(at + 36);
    if (isTunnelPort(port) || isTunnelPort(view.getUint16(at + 34))) return false;
    this.ipv4++;
    this.udp++;
    this.sources.add(view.getInt32(at + 26));
    this.udpPorts[port] = (this.udpPorts[port] as number) + 1;
    return true;
  }

  #takePlainIcmp(view: DataView, at: number, total: number): boolean {
    const type = view.getUint8(at + 34);
    if (total < 28 || (type !== ICMP.echo && type !== ICMP.echoReply)) return false;
    this.ipv4++;
    this.sources.add(view.getInt32(at + 26));
    this.icmpTypes[type] = (this.icmpTypes[type] as number) + 1;
    return true;
  }

  #takeDecoded(): void {
    const found = this.#packet;
    if (found.isMalformed) this.malformed++;
    if (found.ipv4Layers > 0) {
      this.ipv4++;
      this.sources.add(found.firstIpv4Source | 0);
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
    const { tcpFlags: flags, tcpDestinationPort: port } = found;
    if ((flags & SYN_ACK) === TCP_FLAG.syn) {
      this.synPorts[port] = (this.synPorts[port] as number) + 1;
      if (found.ipv4Layers > 0) this.#takeMarks(port, found.firstIpv4Destination | 0, found.firstIpv4Id, found.tcpSequence | 0);
    } else if ((flags & SYN_ACK) === SYN_ACK) this.synAck++;
    if ((flags & TCP_FLAG.rst) !== 0) this.rst++;
  }

  get synOnly(): number {
    return this.synPorts.reduce((sum, count) => sum + count, 0);
  }

  /** Unix ms, null when no packet has a time. */
  get firstAt(): number | null {
    return this.lastSecond < 0 ? null : this.firstSecond * 1000 + Math.floor(this.firstFraction / this.ticksPerMilli);
  }

  get lastAt(): number | null {
    return this.lastSecond < 0 ? null : this.lastSecond * 1000 + Math.floor(this.lastFraction / this.ticksPerMilli);
  }

  /** The destination ports with most headers, as `tcp/80`; ties in the order of the text. */
  topPorts(length: number): [name: string, count: number][] {
    const top: [string, number][] = [];
    const offer = (name: string, count: number): void => {
      top.push([name, count]);
      top.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
      if (top.length > length) top.pop();
    };
    const collect = (protocol: string, counts: Uint32Array): void => {
      for (let port = 0; port < counts.length; port++) {
        const count = counts[port] as number;
        const least = top.length < length ? 1 : (top[length - 1]?.[1] ?? 1);
        if (count >= least && count > 0) offer(`${protocol}/${port}`, count);
      }
    };
    collect('tcp', this.tcpPorts);
    collect('udp', this.udpPorts);
    return top;
  }
}
