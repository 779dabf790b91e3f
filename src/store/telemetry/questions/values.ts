/** From the engine's values to ours: 64-bit integers come as text, addresses as hexadecimal digits, classes as codes. */
import { formatAddress, formatIpv4Number } from '../../../domain/address.ts';
import type { PortCount } from '../../../domain/question.ts';
import { TRAFFIC_CLASSES, type TrafficClassId } from '../../../domain/traffic-class.ts';
import { type Sql, sql } from '../sql.ts';

export { estimateTargets } from '../../../domain/target-bits.ts';

export function toMilliseconds(seconds: unknown): number {
  return Number(seconds) * 1000;
}

const MAPPED_HEX = `${'0'.repeat(20)}FFFF`;

/** From 32 hexadecimal digits; the IPv4 way is short because detectors ask for millions. */
export function toAddressText(value: unknown): string {
  const hex = String(value);
  if (hex.startsWith(MAPPED_HEX)) return formatIpv4Number(Number.parseInt(hex.slice(MAPPED_HEX.length), 16));
  return formatAddress(Uint8Array.fromHex(hex));
}

export function toTrafficClassId(code: unknown): TrafficClassId {
  return TRAFFIC_CLASSES.find((known) => known.code === Number(code))?.id ?? 'other';
}

const TRANSPORTS: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

/** Short name of an IANA protocol number; the number itself when it is a rare one. */
export function toProtocolName(protocol: unknown): string {
  return TRANSPORTS[Number(protocol)] ?? String(protocol);
}

const MOST_PORTS = 64;
const KEY_BITS = 24;
const KEYS = 2 ** KEY_BITS;

/**
 * SQL for the busiest ports of a group, those without packets left out, as an array of integers: packets in the upper 40
 * bits and the inverted protocol and port below, so that sorting backwards puts the most
 * packets first and, among equals, the lowest port.
 */
export function busiestPorts(packets: Sql, most: number = MOST_PORTS): Sql {
  const code = sql`toUInt64(bitShiftLeft(toUInt64(${packets}), ${KEY_BITS}) + (${KEYS - 1} - (toUInt32(protocol) * 65536 + port)))`;
  return sql`arraySlice(arrayReverseSort(groupArrayIf(${code}, ${packets} > 0)), 1, ${most})`;
}

export function toPortCounts(codes: unknown): PortCount[] {
  return (codes as readonly string[]).map(toPortCount);
}

function toPortCount(text: string): PortCount {
  const code = Number(text);
  // Above 2^53, that is from half a billion packets on, only a bigint is exact.
  const place = Number.isSafeInteger(code) ? code % KEYS : Number(BigInt.asUintN(KEY_BITS, BigInt(text)));
  const packets = Number.isSafeInteger(code) ? Math.floor(code / KEYS) : Number(BigInt(text) >> BigInt(KEY_BITS));
  const key = KEYS - 1 - place;
  return { protocol: key >>> 16, port: key & 0xffff, packets };
}
