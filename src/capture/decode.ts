/**
 * Walks the headers of one packet, whatever is wrapped around it.
 *
 * This is the slow, general way; the hot loops handle plain Ethernet/IPv4 themselves and
 * come here for the rest. Nothing behind the headers is looked at.
 */
import { readEthernet, readEthertype, readLink, readLlc, readMpls, readPpp } from './link-layer.ts';
import { readGre, readIpv4, readIpv6, readProtocol } from './network-layer.ts';
import { type Packet, STEP } from './packet.ts';

/** More layers than this only occur in packets made to exhaust decoders. */
const MOST_LAYERS = 64;

export function decode(packet: Packet, view: DataView, start: number, captured: number, stated: number, link: number): void {
  packet.restart(view, start, captured, stated);
  packet.goOnTyped(STEP.link, link, 0);
  for (let layer = 0; layer < MOST_LAYERS && packet.next !== STEP.done; layer++) {
    const { next } = packet;
    packet.next = STEP.done;
    step(packet, next);
  }
}

function step(packet: Packet, next: number): void {
  switch (next) {
    case STEP.link:
      return readLink(packet);
    case STEP.ethernet:
      return readEthernet(packet);
    case STEP.ethertype:
      return readEthertype(packet);
    case STEP.ipv4:
      return readIpv4(packet);
    case STEP.ipv6:
      return readIpv6(packet);
    case STEP.protocol:
      return readProtocol(packet);
    case STEP.ppp:
      return readPpp(packet);
    case STEP.mpls:
      return readMpls(packet);
    case STEP.llc:
      return readLlc(packet);
    case STEP.gre:
      return readGre(packet);
    default:
      return undefined;
  }
}
