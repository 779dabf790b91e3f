/**
 * From packets to columns of minute cells, in AssemblyScript: the TypeScript that becomes
 * WebAssembly.
 *
 * It knows undivided TCP segments, UDP datagrams, pings and ICMP errors that quote a TCP or
 * UDP packet, in IPv4 in Ethernet; the offsets and numbers of all other records are listed
 * for the general way, as are packets that come more than a minute late. Rules and results
 * are those of `aggregate.ts`, and a test holds the two against each other.
 *
 * A cell is one cache line in an open-addressing table; two minutes are open at once. A
 * minute that ends is written as rows of columns, so nothing but copies is left to do
 * outside. `npm run kernels` compiles it anew.
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

// Filled in by the caller.
/** One byte per UDP port: 1 services that answer strangers, 2 those that nobody scans for. */
export const UDP_SERVICES: usize = 0x400;
/** Estimated destinations by bits set in the bitmap: 65 numbers. */
export const TARGETS: usize = 0x10400;
/** Two words per record: its offset and its number. */
export const UNUSUAL: usize = 0x10800;
export const MOST_UNUSUAL: u32 = 8192;
export const INPUT: usize = 0x100000;

// Columns, each with room for MOST_ROWS.
export const MOST_ROWS: u32 = 0x40000;
export const BYTES: usize = 0x400000; // 8 bytes a row
export const BITS: usize = 0x600000;
export const FIRST: usize = 0x800000;
export const LAST: usize = 0xa00000;
export const SOURCE: usize = 0xc00000; // 16; the caller has filled in the head of mapped addresses
export const MINUTE: usize = 0x1000000; // 4
export const PACKETS: usize = 0x1100000;
export const DISTINCT: usize = 0x1200000;
export const MIRAI: usize = 0x1300000;
export const ZMAP: usize = 0x1400000;
export const MASSCAN: usize = 0x1500000;
export const NMAP: usize = 0x1600000;
export const BARE: usize = 0x1700000;
export const PORT: usize = 0x1800000; // 2
export const SOURCE_PORT: usize = 0x1880000;
export const WINDOW: usize = 0x1900000;
export const CLASS: usize = 0x1980000; // 1
export const PROTOCOL: usize = 0x19c0000;
export const TTL_MIN: usize = 0x1a00000;
export const TTL_MAX: usize = 0x1a40000;
const TABLES: usize = 0x1a80000;

/** Why `take` returned. */
export const WANTS_BYTES: u32 = 0;
export const WANTS_GENERAL: u32 = 1; // the list of unusual records is full
export const WANTS_EMIT: u32 = 2; // a minute has ended: call `emit` until it says so
export const DAMAGED: u32 = 3; // a record that cannot be right

const MSS_OPTION: u32 = 0x0204;
const FIRST_HIGH_PORT: u32 = 1024;

const OTHER: u32 = 0;
const TCP_SCAN: u32 = 1;
const UDP_PROBE: u32 = 2;
const PING: u32 = 3;
const BACKSCATTER: u32 = 4;
const MISCONFIGURATION: u32 = 5;

// A cell: source 0, key 4, packets 8, ttl smallest 12 and largest 13, bytes 16, bits 24,
// first 32, last 34, source port 36, window 38, mirai 40, zmap 44, masscan 48, nmap 52, bare 56.
const CELL_SHIFT: usize = 6;
const FIRST_CAPACITY: u32 = 1 << 12;
const NO_MINUTE: u32 = 0xffffffff;

export let packets: u32 = 0;
/** Entries of the list of unusual records after a call. */
export let unusual: u32 = 0;
export let why: u32 = 0;
/** Rows in the columns. The caller sets it back to 0 when it has copied them. */
export let rows: u32 = 0;

let mostCaptured: u32 = 0;
let ticksPerSecond: u32 = 0;
let ticksPerMilli: u32 = 0;

// The open minutes: minute, table, capacity, cells used.
let currentMinute: u32 = NO_MINUTE;
let currentTable: usize = 0;
let currentCapacity: u32 = 0;
let currentUsed: u32 = 0;
let previousMinute: u32 = NO_MINUTE;
let previousTable: usize = 0;
let previousCapacity: u32 = 0;
let previousUsed: u32 = 0;
/** Where emitting the previous minute goes on. */
let emitSlot: u32 = 0;
let nextMinute: u32 = NO_MINUTE;
let end: usize = TABLES;

export function begin(most: u32, ticks: u32): void {
  mostCaptured = most;
  ticksPerSecond = ticks;
  ticksPerMilli = ticks / 1000;
  currentCapacity = FIRST_CAPACITY;
  currentTable = allocate(FIRST_CAPACITY);
  previousCapacity = FIRST_CAPACITY;
  previousTable = allocate(FIRST_CAPACITY);
}

export function takeRows(): void {
  rows = 0;
}

function allocate(capacity: u32): usize {
  const table = end;
  end += (<usize>capacity) << CELL_SHIFT;
  const present = (<usize>memory.size()) << 16;
  if (end > present && memory.grow(<i32>((end - present + 0xffff) >>> 16)) < 0) unreachable();
  return table;
}

function slotOf(table: usize, capacity: u32, source: u32, key: u32): usize {
  const mask = capacity - 1;
  let slot = mix(source ^ (key * 0x9e3779b1)) & mask;
  let cell = table + ((<usize>slot) << CELL_SHIFT);
  while (load<u32>(cell, 8) != 0 && (load<u32>(cell) != source || load<u32>(cell, 4) != key)) {
    slot = (slot + 1) & mask;
    cell = table + ((<usize>slot) << CELL_SHIFT);
  }
  return cell;
}

/** The old table's place is lost: capacities double, so that is less than what is in use. */
function grown(table: usize, capacity: u32): usize {
  const larger = allocate(capacity << 1);
  for (let slot: u32 = 0; slot < capacity; slot++) {
    const cell = table + ((<usize>slot) << CELL_SHIFT);
    if (load<u32>(cell, 8) != 0) memory.copy(slotOf(larger, capacity << 1, load<u32>(cell), load<u32>(cell, 4)), cell, 64);
  }
  return larger;
}

/** The cell of an open minute; a new one has zero packets and must be given some at once. */
function find(minute: u32, source: u32, key: u32): usize {
  if (minute == currentMinute) {
    let cell = slotOf(currentTable, currentCapacity, source, key);
    if (load<u32>(cell, 8) != 0) return cell;
    if (currentUsed * 2 >= currentCapacity) {
      currentTable = grown(currentTable, currentCapacity);
      currentCapacity <<= 1;
      cell = slotOf(currentTable, currentCapacity, source, key);
    }
    currentUsed++;
    store<u32>(cell, source);
    store<u32>(cell, key, 4);
    return cell;
  }
  let cell = slotOf(previousTable, previousCapacity, source, key);
  if (load<u32>(cell, 8) != 0) return cell;
  if (previousUsed * 2 >= previousCapacity) {
    previousTable = grown(previousTable, previousCapacity);
    previousCapacity <<= 1;
    cell = slotOf(previousTable, previousCapacity, source, key);
  }
  previousUsed++;
  store<u32>(cell, source);
  store<u32>(cell, key, 4);
  return cell;
}

function addPacket(cell: usize, bytes: u32, destination: u32, ttl: u32, ms: u32, sourcePort: u32, window: u32): void {
  const count = load<u32>(cell, 8) + 1;
  store<u32>(cell, count, 8);
  store<u64>(cell, load<u64>(cell, 16) + bytes, 16);
  store<u64>(cell, load<u64>(cell, 24) | ((<u64>1) << (mix(destination) >>> 26)), 24);
  if (count == 1) {
    store<u8>(cell, ttl, 12);
    store<u8>(cell, ttl, 13);
    store<u16>(cell, ms, 32);
    store<u16>(cell, ms, 34);
    store<u16>(cell, sourcePort, 36);
    store<u16>(cell, window, 38);
    return;
  }
  // Packets of one minute may come out of order.
  if (ms < load<u16>(cell, 32)) store<u16>(cell, ms, 32);
  else if (ms > load<u16>(cell, 34)) store<u16>(cell, ms, 34);
  if (ttl < load<u8>(cell, 12)) store<u8>(cell, ttl, 12);
  else if (ttl > load<u8>(cell, 13)) store<u8>(cell, ttl, 13);
}

function keyOf(trafficClass: u32, protocol: u32, port: u32): u32 {
  return (trafficClass << 24) | (protocol << 16) | port;
}

/**
 * Takes whole records from `from` on and returns where it stopped; `why` says what it needs.
 */
export function take(from: usize, to: usize): usize {
  let at = from;
  unusual = 0;
  why = WANTS_BYTES;
  while (to - at >= RECORD_HEADER) {
    const present = load<u32>(at, 8);
    if (present > mostCaptured) {
      why = DAMAGED;
      return at;
    }
    const body = at + RECORD_HEADER;
    if (to - body < present) return at;
    const seconds = load<u32>(at);
    const ticks = load<u32>(at, 4);
    const minute = seconds / 60;
    if (currentMinute == NO_MINUTE) currentMinute = minute;
    else if (minute > currentMinute) {
      nextMinute = minute;
      why = WANTS_EMIT;
      return at;
    }
    packets++;
    const isOpen = minute == currentMinute || minute == previousMinute;
    const isTaken =
      isOpen &&
      ticks < ticksPerSecond &&
      takePlain(body, present, load<u32>(at, 12), minute, (seconds - minute * 60) * 1000 + ticks / ticksPerMilli);
    at = body + present;
    if (isTaken) continue;
    const entry = UNUSUAL + ((<usize>unusual) << 3);
    store<u32>(entry, <u32>(body - RECORD_HEADER));
    store<u32>(entry, packets, 4);
    if (++unusual == MOST_UNUSUAL) {
      why = WANTS_GENERAL;
      return at;
    }
  }
  return at;
}

/** False, with nothing counted, when the packet is none of the plain kinds. */
function takePlain(body: usize, present: u32, stated: u32, minute: u32, ms: u32): bool {
  const total = plainLength(body, present, stated);
  if (total == 0) return false;
  const protocol = <u32>load<u8>(body, 23);
  if (protocol == TCP) return takeTcp(body, present, total, minute, ms);
  if (protocol == UDP) return takeUdp(body, total, minute, ms);
  return protocol == ICMP && takeIcmp(body, present, total, minute, ms);
}

function classOfTcp(flags: u32): u32 {
  const isReset = (flags & 4) != 0;
  if ((flags & 2) == 0) return isReset ? BACKSCATTER : OTHER;
  if (isReset) return OTHER;
  return (flags & 16) == 0 ? TCP_SCAN : BACKSCATTER;
}

function takeTcp(body: usize, present: u32, total: u32, minute: u32, ms: u32): bool {
  const headerLength = tcpHeaderLength(body, present, total);
  if (headerLength == 0) return false;
  const trafficClass = classOfTcp(<u32>load<u8>(body, 47));
  const sourcePort = short(body + 34);
  const port = short(body + 36);
  const window = short(body + 48);
  const destination = word(body + 30);
  const cell = find(minute, word(body + 26), keyOf(trafficClass, TCP, trafficClass == BACKSCATTER ? sourcePort : port));
  addPacket(cell, total, destination, <u32>load<u8>(body, 22), ms, sourcePort, window);
  if (trafficClass != TCP_SCAN) return true;
  const sequence = word(body + 38);
  const id = short(body + 18);
  if (sequence == destination) bump(cell + 40);
  if (id == ZMAP_ID) bump(cell + 44);
  if (id == ((destination ^ port ^ sequence) & 0xffff)) bump(cell + 48);
  if (headerLength == 20) bump(cell + 56);
  else if (window == 1024 && headerLength == 24 && present >= 58 && short(body + 54) == MSS_OPTION) bump(cell + 52);
  return true;
}

function classOfUdp(sourcePort: u32, port: u32): u32 {
  const service = load<u8>(UDP_SERVICES + <usize>port);
  if (service == 2) return MISCONFIGURATION;
  const isAnswer = load<u8>(UDP_SERVICES + <usize>sourcePort) == 1 && service != 1 && port >= FIRST_HIGH_PORT;
  return isAnswer ? BACKSCATTER : UDP_PROBE;
}

function takeUdp(body: usize, total: u32, minute: u32, ms: u32): bool {
  if (!isWholeUdp(body, total)) return false;
  const sourcePort = short(body + 34);
  const port = short(body + 36);
  const trafficClass = classOfUdp(sourcePort, port);
  const cell = find(minute, word(body + 26), keyOf(trafficClass, UDP, trafficClass == BACKSCATTER ? sourcePort : port));
  addPacket(cell, total, word(body + 30), <u32>load<u8>(body, 22), ms, sourcePort, 0);
  return true;
}

function takeIcmp(body: usize, present: u32, total: u32, minute: u32, ms: u32): bool {
  if (total < 28) return false;
  const type = <u32>load<u8>(body, 34);
  let source = word(body + 26);
  let key = keyOf(type == 8 ? PING : BACKSCATTER, ICMP, 0);
  if (type != 0 && type != 8) {
    if (!isIcmpError(type) || !isPlainQuote(body, present, total)) return false;
    // About a packet that claims to come from us: its destination is the victim.
    if (load<u32>(body, 54) == load<u32>(body, 30)) {
      source = word(body + 58);
      key = keyOf(BACKSCATTER, <u32>load<u8>(body, 51), short(body + 64));
    }
  }
  addPacket(find(minute, source, key), total, word(body + 30), <u32>load<u8>(body, 22), ms, 0, 0);
  return true;
}

/**
 * Writes the older open minute as rows. True when all of it is written: then it is closed
 * and, after `take` asked for it, the next one opened. False when the columns are full.
 */
export function emit(): bool {
  if (previousUsed > 0 && !emitCells()) return false;
  if (previousUsed > 0) memory.fill(previousTable, 0, (<usize>previousCapacity) << CELL_SHIFT);
  const table = previousTable;
  const capacity = previousCapacity;
  previousTable = currentTable;
  previousCapacity = currentCapacity;
  previousMinute = currentMinute;
  previousUsed = currentUsed;
  currentTable = table;
  currentCapacity = capacity;
  currentMinute = nextMinute;
  currentUsed = 0;
  nextMinute = NO_MINUTE;
  emitSlot = 0;
  return true;
}

function emitCells(): bool {
  const seconds = previousMinute * 60;
  const base = <u64>previousMinute * 60000;
  let row = <usize>rows;
  let slot = emitSlot;
  while (slot < previousCapacity && row < <usize>MOST_ROWS) {
    const cell = previousTable + ((<usize>slot) << CELL_SHIFT);
    slot++;
    const count = load<u32>(cell, 8);
    if (count == 0) continue;
    const key = load<u32>(cell, 4);
    const bits = load<u64>(cell, 24);
    const distinct = load<u32>(TARGETS + ((<usize>popcnt<u64>(bits)) << 2));
    store<u64>(BYTES + (row << 3), load<u64>(cell, 16));
    store<u64>(BITS + (row << 3), bits);
    store<u64>(FIRST + (row << 3), base + load<u16>(cell, 32));
    store<u64>(LAST + (row << 3), base + load<u16>(cell, 34));
    store<u32>(SOURCE + (row << 4), bswap<u32>(load<u32>(cell)), 12);
    store<u32>(MINUTE + (row << 2), seconds);
    store<u32>(PACKETS + (row << 2), count);
    store<u32>(DISTINCT + (row << 2), distinct < count ? distinct : count);
    store<u32>(MIRAI + (row << 2), load<u32>(cell, 40));
    store<u32>(ZMAP + (row << 2), load<u32>(cell, 44));
    store<u32>(MASSCAN + (row << 2), load<u32>(cell, 48));
    store<u32>(NMAP + (row << 2), load<u32>(cell, 52));
    store<u32>(BARE + (row << 2), load<u32>(cell, 56));
    store<u16>(PORT + (row << 1), key);
    store<u16>(SOURCE_PORT + (row << 1), load<u16>(cell, 36));
    store<u16>(WINDOW + (row << 1), load<u16>(cell, 38));
    store<u8>(CLASS + row, key >>> 24);
    store<u8>(PROTOCOL + row, key >>> 16);
    store<u8>(TTL_MIN + row, load<u8>(cell, 12));
    store<u8>(TTL_MAX + row, load<u8>(cell, 13));
    row++;
  }
  rows = <u32>row;
  emitSlot = slot;
  return slot == previousCapacity;
}
