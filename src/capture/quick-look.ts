/**
 * A first look at a capture that loads no decoder: most captures of telescopes are told
 * from captures of exports by it.
 */
import { PROTOCOL } from './numbers.ts';
import { ticksOfPlain } from './plain-capture.ts';

/** Packets of a capture that are looked at. */
export const MOST_LOOKED_AT = 32;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Ethertype IPv4, then version 4 with a header of five words. */
const PLAIN_IPV4 = 0x080045;

/** True when most of the first packets are certainly not UDP. Only classic, little-endian captures of Ethernet can be told. */
export function isMostlyWithoutUdp(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < FILE_HEADER || ticksOfPlain(view) === 0) return false;
  let packets = 0;
  let others = 0;
  for (let at = FILE_HEADER; packets < MOST_LOOKED_AT && at + RECORD_HEADER <= head.length; packets++) {
    const present = view.getUint32(at + 8, true);
    const body = at + RECORD_HEADER;
    if (present > head.length - body) break;
    if (present >= 42 && view.getUint32(body + 12) >>> 8 === PLAIN_IPV4) {
      const protocol = view.getUint8(body + 23);
      if (protocol === PROTOCOL.tcp || protocol === PROTOCOL.icmp) others++;
    }
    at = body + present;
  }
  return 2 * others > packets;
}
