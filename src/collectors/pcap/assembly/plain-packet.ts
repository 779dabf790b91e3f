/** What both compiled loops know of records and plain packets: Ethernet, IPv4 without options, undivided. */

export const RECORD_HEADER: usize = 16;
/** Ethernet and IPv4 headers, and at least eight bytes of the next. */
const LEAST: u32 = 42;
/** Version 4, five words of header, behind Ethertype IPv4: bytes 12 to 14, read little-endian. */
const PLAIN_IPV4: u32 = 0x450008;
const FRAGMENT_BITS: u32 = 0xff3f; // of the big-endian field, read little-endian
export const ICMP: u32 = 1;
export const TCP: u32 = 6;
export const UDP: u32 = 17;
export const ZMAP_ID: u32 = 54321;

export function short(at: usize): u32 {
  return <u32>bswap<u16>(load<u16>(at));
}

export function word(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

export function bump(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/** Spreads every input bit over all output bits (a multiply–xorshift finaliser). */
export function mix(value: u32): u32 {
  let x = (value ^ (value >>> 16)) * 0x85ebca6b;
  x = (x ^ (x >>> 13)) * 0xc2b2ae35;
  return x ^ (x >>> 16);
}

/** The IP length as stated, 0 when the packet at `body` is not of the plain kind. */
export function plainLength(body: usize, present: u32, stated: u32): u32 {
  if (present < LEAST || (load<u32>(body, 12) & 0xffffff) != PLAIN_IPV4 || (load<u16>(body, 20) & FRAGMENT_BITS) != 0) return 0;
  const total = short(body + 16);
  return total + 14 > stated ? 0 : total;
}

/** Length of a whole TCP header, 0 when the lengths contradict each other. */
export function tcpHeaderLength(body: usize, present: u32, total: u32): u32 {
  const length = (<u32>load<u8>(body, 46) >>> 4) << 2;
  return present < 54 || length < 20 || total < 20 + length ? 0 : length;
}

export function isWholeUdp(body: usize, total: u32): bool {
  const length = short(body + 38);
  return length >= 8 && total >= 20 + length;
}

export function isIcmpError(type: u32): bool {
  return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

/** An error with just the first eight bytes behind an undivided IPv4 header of TCP or UDP, as most routers quote. */
export function isPlainQuote(body: usize, present: u32, total: u32): bool {
  if (total != 56 || present < 70 || load<u8>(body, 42) != 0x45 || (load<u16>(body, 48) & FRAGMENT_BITS) != 0) return false;
  if (short(body + 44) < 28) return false;
  const protocol = <u32>load<u8>(body, 51);
  return protocol == TCP || (protocol == UDP && short(body + 66) >= 8);
}
