/** Fills the counters of `inspect` by the general decoder, packet by packet. */
import { decode } from '../../capture/decode.ts';
import { Fragments } from '../../capture/fragments.ts';
import { type Frames, NO_TIME } from '../../capture/frames.ts';
import { TCP_FLAG } from '../../capture/numbers.ts';
import { Packet } from '../../capture/packet.ts';
import type { Survey } from './survey.ts';

/** IP identification of older ZMap builds. */
const ZMAP_ID = 54_321;
const SYN_ACK = TCP_FLAG.syn | TCP_FLAG.ack;

export class PacketSurvey {
  readonly #survey: Survey;
  readonly #packet = new Packet(new Fragments());

  constructor(survey: Survey) {
    this.#survey = survey;
  }

  take(frames: Frames): void {
    const { count, view, start, captured, stated, link } = frames;
    this.#takeTimes(frames);
    for (let i = 0; i < count; i++) {
      const present = captured[i] as number;
      this.#survey.capturedBytes += present;
      this.takePacket(view, start[i] as number, present, stated[i] as number, link[i] as number);
    }
    this.#survey.packets += count;
  }

  #takeTimes({ count, second, fraction, link, ticksPerMilli }: Frames): void {
    const survey = this.#survey;
    survey.ticksPerMilli = ticksPerMilli;
    for (let i = 0; i < count; i++) {
      survey.links[link[i] as number] = 1;
      const ticks = fraction[i] as number;
      if (ticks !== NO_TIME) survey.takeTime(second[i] as number, ticks);
    }
  }

  /** Counts everything of one packet but its record and time. */
  takePacket(view: DataView, at: number, present: number, stated: number, link: number): void {
    const survey = this.#survey;
    const found = this.#packet;
    decode(found, view, at, present, stated, link);
    if (found.isMalformed) survey.malformed++;
    if (found.ipv4Layers > 0) {
      survey.ipv4++;
      survey.sources.add(found.firstIpv4Source | 0);
    }
    if (found.ipv6Layers > 0) survey.ipv6++;
    if (found.tcpLayers > 0) survey.tcp++;
    if (found.udpLayers > 0) survey.udp++;
    if (found.icmpType >= 0) bump(survey.icmpTypes, found.icmpType);
    if (found.icmpv6Type >= 0) bump(survey.icmpv6Types, found.icmpv6Type);
    for (let i = 0; i < found.portCount; i++) {
      const port = found.ports[i] as number;
      bump(port > 0xffff ? survey.udpPorts : survey.tcpPorts, port & 0xffff);
    }
    if (found.tcpFlags >= 0) this.#takeFlags();
  }

  #takeFlags(): void {
    const survey = this.#survey;
    const { tcpFlags: flags, tcpDestinationPort: port, ipv4Layers } = this.#packet;
    if ((flags & SYN_ACK) === TCP_FLAG.syn) {
      bump(survey.synPorts, port);
      if (ipv4Layers > 0) this.#takeMarks(port);
    } else if ((flags & SYN_ACK) === SYN_ACK) survey.synAck++;
    if ((flags & TCP_FLAG.rst) !== 0) survey.rst++;
  }

  /** The marks of scanning tools on a SYN. Signed numbers, since only equality matters. */
  #takeMarks(port: number): void {
    const { firstIpv4Destination, firstIpv4Id: id, tcpSequence } = this.#packet;
    const destination = firstIpv4Destination | 0;
    const sequence = tcpSequence | 0;
    if (sequence === destination) this.#survey.mirai++;
    if (id === ZMAP_ID) this.#survey.zmap++;
    if (id === ((destination ^ port ^ sequence) & 0xffff)) this.#survey.masscan++;
  }
}

function bump(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}
