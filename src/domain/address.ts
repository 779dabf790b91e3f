/**
 * Internet addresses and prefixes, IPv4 and IPv6 in one form.
 *
 * Everything inside is 16 bytes, IPv4 as IPv4-mapped IPv6 (RFC 4291 section 2.5.5.2),
 * because one width keeps columns, keys and comparisons simple. Text is only for
 * people and files; IPv6 text follows RFC 5952.
 */

/** 16 bytes; IPv4 addresses are `::ffff:a.b.c.d`. */
export type Address = Uint8Array;

/** An address block. `length` counts from the front of the 16 bytes (IPv4 /24 is 120). */
export interface Prefix {
  readonly start: Address;
  readonly end: Address;
  readonly length: number;
}

const MAPPED_HEAD = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

export function isMappedIpv4(address: Address): boolean {
  for (let i = 0; i < 12; i++) if (address[i] !== MAPPED_HEAD[i]) return false;
  return true;
}

/** The 32-bit value of an IPv4-mapped address; meaningless for IPv6. */
export function toIpv4Number(address: Address): number {
  return (((address[12] ?? 0) << 24) | ((address[13] ?? 0) << 16) | ((address[14] ?? 0) << 8) | (address[15] ?? 0)) >>> 0;
}

export function fromIpv4Number(value: number): Address {
  const address = new Uint8Array(16);
  address.set(MAPPED_HEAD);
  address[12] = value >>> 24;
  address[13] = (value >>> 16) & 255;
  address[14] = (value >>> 8) & 255;
  address[15] = value & 255;
  return address;
}

export function formatIpv4Number(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

const DOT = 46;
const ZERO = 48;

/**
 * The dotted quad as an unsigned 32-bit number, or undefined. Leading zeros are refused:
 * they are octal to some readers. Every feed parser calls it per row, hence no pattern.
 */
export function parseIpv4Number(text: string): number | undefined {
  const length = text.length;
  if (length < 7 || length > 15) return undefined;
  let value = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i <= length; i++) {
    const code = i < length ? text.charCodeAt(i) : DOT;
    if (code === DOT) {
      if (digits === 0 || part > 255) return undefined;
      value = value * 256 + part;
      part = 0;
      digits = 0;
      dots++;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || (digits === 1 && part === 0) || digits === 3) return undefined;
      part = part * 10 + digit;
      digits++;
    }
  }
  return dots === 4 ? value : undefined;
}

/** Address text to 16 bytes, or undefined when it is not an address. Zone identifiers are refused. */
export function parseAddress(text: string): Address | undefined {
  const ipv4 = parseIpv4Number(text);
  if (ipv4 !== undefined) return fromIpv4Number(ipv4);
  return text.includes(':') ? parseIpv6(text) : undefined;
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  const address = new Uint8Array(16);
  groups.forEach((group, i) => {
    address[2 * i] = group >>> 8;
    address[2 * i + 1] = group & 255;
  });
  return address;
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const ipv4 = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4Number(part) : undefined;
    if (ipv4 !== undefined) groups.push(ipv4 >>> 16, ipv4 & 0xffff);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** 16 bytes to text: dotted quad for IPv4, RFC 5952 for IPv6. */
export function formatAddress(address: Address): string {
  if (isMappedIpv4(address)) return formatIpv4Number(toIpv4Number(address));
  const groups = Array.from({ length: 8 }, (_, i) => ((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0));
  const [start, length] = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let i = 0; i < groups.length; ) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > best[1]) best = [i, end - i];
    i = Math.max(end, i + 1);
  }
  return best;
}

/** `203.0.113.0/24`, `2001:db8::/32` or a bare address. Undefined when malformed or when host bits are set. */
export function parsePrefix(text: string): Prefix | undefined {
  const [addressText = '', lengthText, ...rest] = text.split('/');
  const start = parseAddress(addressText);
  if (!start || rest.length > 0) return undefined;
  const isIpv4 = !addressText.includes(':');
  if (lengthText !== undefined && !/^\d{1,3}$/.test(lengthText)) return undefined;
  const stated = lengthText === undefined ? (isIpv4 ? 32 : 128) : Number(lengthText);
  if (stated > (isIpv4 ? 32 : 128)) return undefined;
  const length = isIpv4 ? stated + 96 : stated;
  const end = new Uint8Array(start);
  for (let bit = length; bit < 128; bit++) {
    const mask = 0x80 >>> (bit & 7);
    if ((start[bit >>> 3] ?? 0) & mask) return undefined;
    end[bit >>> 3] = (end[bit >>> 3] ?? 0) | mask;
  }
  return { start, end, length };
}

export function formatPrefix(prefix: Prefix): string {
  const isIpv4 = isMappedIpv4(prefix.start) && prefix.length >= 96;
  return `${formatAddress(prefix.start)}/${isIpv4 ? prefix.length - 96 : prefix.length}`;
}

/** Order of addresses as unsigned 128-bit numbers: negative, zero or positive. */
export function compareAddresses(a: Address, b: Address): number {
  for (let i = 0; i < 16; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function contains(prefix: Prefix, address: Address): boolean {
  return compareAddresses(prefix.start, address) <= 0 && compareAddresses(address, prefix.end) <= 0;
}
