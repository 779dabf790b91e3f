/**
 * The counting loop of `inspect`, in AssemblyScript: the TypeScript that becomes WebAssembly.
 *
 * As JavaScript the same loop takes a tenth of a second to be compiled well, as long as
 * tcpdump needs for two million packets; as WebAssembly it is fast from the first block.
 * It knows the packets telescopes are full of: undivided TCP segments, UDP datagrams, pings
 * and ICMP errors quoting a TCP or UDP packet, in IPv4 in Ethernet. The offsets of all
 * other records are listed for the general decoder. `npm run kernels` compiles it anew.
 *
 * Memory: counters of 32 bits by number, the list of unusual records, the input, and
 * the table of sources behind it, which moves up as it grows.
 */
import {
  bump,
  ICMP,
  isIcmpError,
  isPlainQuote,
  isWholeUdp,
  mix,
  plainLength,
  RECORD_HEADER,
  short,
  TCP,
  tcpHeaderLength,
  UDP,
  word,
  ZMAP_ID,
} from '../../assembly/plain-packet';

export const TCP_PORTS: usize = 0x400;
export const UDP_PORTS: usize = 0x40400;
export const SYN_PORTS: usize = 0x80400;
export const ICMP_TYPES: usize = 0xc0400;
export const UNUSUAL: usize = 0xc0800;
export const MOST_UNUSUAL: u32 = 4096;
/** One byte per port, not 0 where UDP carries whole packets: those are not for this loop. The caller fills it in. */
export const TUNNELS: usize = 0xd0000;
export const INPUT: usize = 0x100000;
const FIRST_SLOTS: usize = 0x400000;

const SYN: u32 = 2;
const RST: u32 = 4;
const SYN_ACK: u32 = 18;

export let packets: u32 = 0;
export let capturedBytes: u64 = 0;
/** Records listed as unusual so far. */
export let unusualPackets: u32 = 0;
export let synAck: u32 = 0;
export let rst: u32 = 0;
export let mirai: u32 = 0;
export let zmap: u32 = 0;
export let masscan: u32 = 0;
/** Seconds in the upper half, ticks in the lower. */
export let first: u64 = u64.MAX_VALUE;
export let last: u64 = 0;
/** Entries of the list of unusual records after a call. */
export let unusual: u32 = 0;

export let slots: usize = FIRST_SLOTS;
export let slotCount: u32 = 1 << 16;
export let used: u32 = 0;
export let hasZero: bool = false;

let mostCaptured: u32 = 0;
let ticksPerSecond: u32 = 0;

export function begin(most: u32, ticks: u32): void {
  mostCaptured = most;
  ticksPerSecond = ticks;
}

function grow(): void {
  const old = slots;
  const count = slotCount;
  slots = old + ((<usize>count) << 2);
  slotCount = count << 1;
  const wanted = slots + ((<usize>slotCount) << 2);
  const present = (<usize>memory.size()) << 16;
  if (wanted > present && memory.grow(<i32>((wanted - present + 0xffff) >>> 16)) < 0) unreachable();
  const mask = slotCount - 1;
  for (let i: u32 = 0; i < count; i++) {
    const address = load<u32>(old + ((<usize>i) << 2));
    if (address == 0) continue;
    let at = mix(address) & mask;
    while (load<u32>(slots + ((<usize>at) << 2)) != 0) at = (at + 1) & mask;
    store<u32>(slots + ((<usize>at) << 2), address);
  }
}

function addSource(address: u32): void {
  if (address == 0) {
    hasZero = true;
    return;
  }
  const mask = slotCount - 1;
  let at = mix(address) & mask;
  for (;;) {
    const found = load<u32>(slots + ((<usize>at) << 2));
    if (found == address) return;
    if (found == 0) break;
    at = (at + 1) & mask;
  }
  store<u32>(slots + ((<usize>at) << 2), address);
  if (++used * 2 > mask) grow();
}

/** Adds `count` addresses that lie from `at` on. */
export function addSources(at: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) addSource(load<u32>(at + ((<usize>i) << 2)));
}

function count(table: usize, index: u32): void {
  bump(table + ((<usize>index) << 2));
}

/**
 * Counts whole records that begin before `stop` and returns where it stopped: there, or
 * before a record that is not whole by `to`, or when the list of unusual records is full,
 * or 0 at a record that cannot be right.
 */
export function take(from: usize, stop: usize, to: usize): usize {
  let at = from;
  let taken: u32 = 0;
  let bytes: u64 = 0;
  let listed: u32 = 0;
  let earliest = first;
  let latest = last;
  while (at < stop && to - at >= RECORD_HEADER) {
    const present = load<u32>(at, 8);
    if (present > mostCaptured) return 0;
    const body = at + RECORD_HEADER;
    if (to - body < present) break;
    const ticks = load<u32>(at, 4);
    if (ticks >= ticksPerSecond) return 0;
    const time = ((<u64>load<u32>(at)) << 32) | ticks;
    if (time > latest) latest = time;
    if (time < earliest) earliest = time;
    taken++;
    bytes += present;
    if (!takePlain(body, present, load<u32>(at, 12))) {
      store<u32>(UNUSUAL + ((<usize>listed) << 2), <u32>at);
      listed++;
    }
    at = body + present;
    if (listed == MOST_UNUSUAL) break;
  }
  packets += taken;
  capturedBytes += bytes;
  first = earliest;
  last = latest;
  unusual = listed;
  unusualPackets += listed;
  return at;
}

/** False, with nothing counted, when the packet is none of the plain kinds. */
function takePlain(body: usize, present: u32, stated: u32): bool {
  const total = plainLength(body, present, stated);
  if (total == 0) return false;
  const protocol = <u32>load<u8>(body, 23);
  if (protocol == TCP) return takeTcp(body, present, total);
  if (protocol == UDP) return takeUdp(body, total);
  return protocol == ICMP && takeIcmp(body, present, total);
}

function takeTcp(body: usize, present: u32, total: u32): bool {
  if (tcpHeaderLength(body, present, total) == 0) return false;
  addSource(word(body + 26));
  const port = short(body + 36);
  count(TCP_PORTS, port);
  const flags = <u32>load<u8>(body, 47);
  if ((flags & SYN_ACK) == SYN) {
    count(SYN_PORTS, port);
    const destination = word(body + 30);
    const sequence = word(body + 38);
    const id = short(body + 18);
    if (sequence == destination) mirai++;
    if (id == ZMAP_ID) zmap++;
    if (id == ((destination ^ port ^ sequence) & 0xffff)) masscan++;
  } else if ((flags & SYN_ACK) == SYN_ACK) synAck++;
  if ((flags & RST) != 0) rst++;
  return true;
}

function takeUdp(body: usize, total: u32): bool {
  const port = short(body + 36);
  if (!isWholeUdp(body, total) || isTunnel(port, short(body + 34))) return false;
  addSource(word(body + 26));
  count(UDP_PORTS, port);
  return true;
}

function isTunnel(port: u32, other: u32): bool {
  return (load<u8>(TUNNELS + <usize>port) | load<u8>(TUNNELS + <usize>other)) != 0;
}

function takeIcmp(body: usize, present: u32, total: u32): bool {
  if (total < 28) return false;
  const type = <u32>load<u8>(body, 34);
  if (type != 0 && type != 8 && !(isIcmpError(type) && takeQuoted(body, present, total))) return false;
  addSource(word(body + 26));
  count(ICMP_TYPES, type);
  return true;
}

/** The header that an error quotes counts too. */
function takeQuoted(body: usize, present: u32, total: u32): bool {
  if (!isPlainQuote(body, present, total)) return false;
  const port = short(body + 64);
  if (<u32>load<u8>(body, 51) == TCP) {
    count(TCP_PORTS, port);
    return true;
  }
  if (isTunnel(port, short(body + 62))) return false;
  count(UDP_PORTS, port);
  return true;
}
