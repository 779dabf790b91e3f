/** From the engine's values to ours: 64-bit integers come as text, addresses as hexadecimal digits, classes as codes. */
import { formatAddress } from '../../../domain/address.ts';
import type { PortCount } from '../../../domain/question.ts';
import { TRAFFIC_CLASSES, type TrafficClassId } from '../../../domain/traffic-class.ts';
import { type Sql, sql } from '../sql.ts';

export function toMilliseconds(seconds: unknown): number {
  return Number(seconds) * 1000;
}

export function toAddressText(hex: unknown): string {
  return formatAddress(Uint8Array.fromHex(String(hex)));
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
const KEY_BITS = 24n;
const KEY_MASK = (1n << KEY_BITS) - 1n;

/**
 * SQL for the busiest ports of a group, as an array of integers: packets in the upper 40
 * bits and the inverted protocol and port below, so that sorting backwards puts the most
 * packets first and, among equals, the lowest port.
 */
export function busiestPorts(packets: Sql, condition?: Sql): Sql {
  const code = sql`bitShiftLeft(toUInt64(${packets}), ${Number(KEY_BITS)}) + (${Number(KEY_MASK)} - (toUInt32(protocol) * 65536 + port))`;
  const codes = condition ? sql`groupArrayIf(${code}, ${condition})` : sql`groupArray(${code})`;
  return sql`arraySlice(arrayReverseSort(${codes}), 1, ${MOST_PORTS})`;
}

export function toPortCounts(codes: unknown): PortCount[] {
  return (codes as readonly string[]).map((text) => {
    const code = BigInt(text);
    const key = Number(KEY_MASK - (code & KEY_MASK));
    return { protocol: key >>> 16, port: key & 0xffff, packets: Number(code >> KEY_BITS) };
  });
}

const BITMAP_BITS = 64;

/**
 * Distinct destinations by linear counting (Whang et al. 1990): m ln(m / z) with z of m
 * bits still zero. A full bitmap only says that there were at least as many as with one
 * bit left.
 */
export function estimateTargets(bitsHex: unknown): { targets: number; areTargetsALowerBound: boolean } {
  const zeros = BITMAP_BITS - countBits(BigInt(`0x${String(bitsHex)}`));
  const targets = Math.round(BITMAP_BITS * Math.log(BITMAP_BITS / Math.max(zeros, 1)));
  return { targets, areTargetsALowerBound: zeros === 0 };
}

function countBits(bits: bigint): number {
  let count = 0;
  for (let rest = bits; rest > 0n; rest &= rest - 1n) count++;
  return count;
}
