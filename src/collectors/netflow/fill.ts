/**
 * Loops that copy one field of many records into one column.
 *
 * A field of a record always has the same place and width, so a data set is decoded by
 * one such loop per field, and nothing is made per record. There is a loop per kind of
 * array, because engines optimise a loop for the one kind of array it sees.
 */

/** Records that lie at equal distances in a view, and the row the first one becomes. */
export interface Block {
  view: DataView;
  at: number;
  stride: number;
  count: number;
  row: number;
}

/** The value of an unsigned number of 1 to 8 bytes. */
export function readUnsigned(view: DataView, at: number, length: number): number {
  if (length === 4) return view.getUint32(at);
  if (length === 2) return view.getUint16(at);
  if (length === 1) return view.getUint8(at);
  if (length === 8) return view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
  let value = 0;
  for (let i = 0; i < length; i++) value = value * 256 + view.getUint8(at + i);
  return value;
}

/** The lowest byte; exporters send TCP flags in one byte or in two. */
export function fillBytes(target: Uint8Array, { view, at, stride, count, row }: Block, offset: number, length: number): void {
  let p = at + offset + length - 1;
  for (let i = 0; i < count; i++, p += stride) target[row + i] = view.getUint8(p);
}

export function fillShorts(target: Uint16Array, { view, at, stride, count, row }: Block, offset: number, length: number): void {
  let p = at + offset;
  if (length === 1) for (let i = 0; i < count; i++, p += stride) target[row + i] = view.getUint8(p);
  else {
    p += length - 2;
    for (let i = 0; i < count; i++, p += stride) target[row + i] = view.getUint16(p);
  }
}

export function fillWords(target: Uint32Array, { view, at, stride, count, row }: Block, offset: number, length: number): void {
  let p = at + offset;
  if (length === 4) for (let i = 0; i < count; i++, p += stride) target[row + i] = view.getUint32(p);
  else if (length === 2) for (let i = 0; i < count; i++, p += stride) target[row + i] = view.getUint16(p);
  else for (let i = 0; i < count; i++, p += stride) target[row + i] = readUnsigned(view, p, length);
}

/** Counters of up to 64 bits as pairs of words, low word first. */
export function fillCounters(target: Uint32Array, { view, at, stride, count, row }: Block, offset: number, length: number): void {
  let p = at + offset;
  let to = 2 * row;
  if (length === 4) for (let i = 0; i < count; i++, p += stride, to += 2) target[to] = view.getUint32(p);
  else if (length === 8) {
    for (let i = 0; i < count; i++, p += stride, to += 2) {
      target[to] = view.getUint32(p + 4);
      target[to + 1] = view.getUint32(p);
    }
  } else {
    for (let i = 0; i < count; i++, p += stride, to += 2) {
      const value = readUnsigned(view, p, length);
      target[to] = value;
      target[to + 1] = Math.floor(value / 0x1_0000_0000);
    }
  }
}

/** ::ffff:0:0/96 as the third word of an address column, whose words are little-endian. */
const MAPPED = 0xffff_0000;

export function fillIpv4(words: Uint32Array, { view, at, stride, count, row }: Block, offset: number): void {
  let p = at + offset;
  let to = 4 * row;
  for (let i = 0; i < count; i++, p += stride, to += 4) {
    words[to + 2] = MAPPED;
    words[to + 3] = view.getUint32(p, true);
  }
}

/** For templates with room for both families: the IPv6 address is already there unless it was zero. */
export function fillEmptyIpv4(words: Uint32Array, { view, at, stride, count, row }: Block, offset: number): void {
  let p = at + offset;
  let to = 4 * row;
  for (let i = 0; i < count; i++, p += stride, to += 4) {
    const isTaken = ((words[to] as number) | (words[to + 1] as number) | (words[to + 2] as number) | (words[to + 3] as number)) !== 0;
    if (isTaken) continue;
    words[to + 2] = MAPPED;
    words[to + 3] = view.getUint32(p, true);
  }
}

export function fillIpv6(words: Uint32Array, { view, at, stride, count, row }: Block, offset: number): void {
  let p = at + offset;
  let to = 4 * row;
  for (let i = 0; i < count; i++, p += stride, to += 4) {
    words[to] = view.getUint32(p, true);
    words[to + 1] = view.getUint32(p + 4, true);
    words[to + 2] = view.getUint32(p + 8, true);
    words[to + 3] = view.getUint32(p + 12, true);
  }
}

/** Addresses after translation: zero means that nothing was translated, and stays ::. */
export function fillTranslatedIpv4(words: Uint32Array, block: Block, offset: number): void {
  const { view, at, stride, count, row } = block;
  let p = at + offset;
  let to = 4 * row;
  for (let i = 0; i < count; i++, p += stride, to += 4) {
    const value = view.getUint32(p, true);
    if (value === 0) continue;
    words[to + 2] = MAPPED;
    words[to + 3] = value;
  }
}

/**
 * Type and code of ICMP as one number, for the records that are ICMP; ports of others stay.
 * Exporters that have put the number into the port already leave the field at zero.
 */
export function fillIcmp(
  target: { readonly protocol: Uint8Array; readonly destinationPort: Uint16Array },
  { view, at, stride, count, row }: Block,
  offset: number,
  protocol: number,
): void {
  let p = at + offset;
  for (let i = 0; i < count; i++, p += stride) {
    if (target.protocol[row + i] !== protocol) continue;
    const value = view.getUint16(p);
    if (value !== 0) target.destinationPort[row + i] = value;
  }
}

/** The same where type and code are fields of their own. */
export function fillIcmpParts(
  target: { readonly protocol: Uint8Array; readonly destinationPort: Uint16Array },
  { view, at, stride, count, row }: Block,
  typeAt: number,
  codeAt: number | undefined,
  protocol: number,
): void {
  for (let i = 0, p = at; i < count; i++, p += stride) {
    if (target.protocol[row + i] !== protocol) continue;
    target.destinationPort[row + i] = (view.getUint8(p + typeAt) << 8) | (codeAt === undefined ? 0 : view.getUint8(p + codeAt));
  }
}
