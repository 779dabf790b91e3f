/**
 * Tells exports from other bytes, by their lengths as well as by their version.
 *
 * Two bytes "0009" occur anywhere. An export also has a plausible date, and its sets
 * must fill it exactly, which chance does not achieve.
 */
import { firstPayloads } from '../../capture/udp-payloads.ts';
import type { DatagramFormat } from '../../flow/datagram-files.ts';
import { HEADER_BYTES, RECORD_BYTES } from './headers.ts';

/** Exporters with a dead clock say 1970; those before 1996 did not exist. */
const FIRST_CLOCK = Date.UTC(1996, 0) / 1000;
const DEAD_CLOCK = 366 * 86_400;
/** Alignment, or a few bytes that some exporters leave behind the last set. */
const LONGEST_TAIL = 3;
/** In NetFlow v9 set numbers from 2 to 255 do not exist, so 9 can only begin the next datagram. */
const NEXT_DATAGRAM = 9;

/** The length of the export that begins here, undefined when none does. */
export function exportLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES[10]) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint16(0);
  if (version === 5) return version5Length(view);
  if (version === 9) return version9Length(view);
  return version === 10 ? ipfixLength(view) : undefined;
}

function isClock(seconds: number): boolean {
  return seconds >= FIRST_CLOCK || seconds < DEAD_CLOCK;
}

function version5Length(view: DataView): number | undefined {
  if (view.byteLength < HEADER_BYTES[5]) return undefined;
  const count = view.getUint16(2);
  const length = HEADER_BYTES[5] + count * RECORD_BYTES;
  const isPlausible = count >= 1 && count <= 30 && isClock(view.getUint32(8)) && view.getUint32(12) < 1_000_000_000;
  return isPlausible && length <= view.byteLength ? length : undefined;
}

function version9Length(view: DataView): number | undefined {
  if (view.byteLength < HEADER_BYTES[9] || !isClock(view.getUint32(8))) return undefined;
  return setsLength(view, HEADER_BYTES[9], view.byteLength, (id) => id < 2 || id >= 256);
}

function ipfixLength(view: DataView): number | undefined {
  const stated = view.getUint16(2);
  if (stated < HEADER_BYTES[10] || stated > view.byteLength || !isClock(view.getUint32(4))) return undefined;
  const end = setsLength(view, HEADER_BYTES[10], stated, (id) => id === 2 || id === 3 || id >= 256);
  return end === stated ? stated : undefined;
}

/** Where the sets end: at the end of the bytes, or before another NetFlow v9 header. */
function setsLength(view: DataView, start: number, end: number, isSet: (id: number) => boolean): number | undefined {
  let at = start;
  while (at + 4 <= end) {
    const id = view.getUint16(at);
    const length = view.getUint16(at + 2);
    if (id === NEXT_DATAGRAM && at > start) return at;
    if (!isSet(id) || length < 4 || at + length > end) return isPadding(view, at, end) && at > start ? end : undefined;
    at += length;
  }
  return end - at <= LONGEST_TAIL && at > start ? end : undefined;
}

function isPadding(view: DataView, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (view.getUint8(i) !== 0) return false;
  return true;
}

/** Whether a capture is one of exports: half of its first packets at least. */
export function isExportCapture(head: Uint8Array): boolean {
  const payloads = firstPayloads(head);
  const exports = payloads.filter((payload) => payload && exportLength(payload) !== undefined).length;
  return exports > 0 && 2 * exports >= payloads.length;
}

export const isExportFile = (head: Uint8Array): boolean => exportLength(head) !== undefined || startsWithWholeExports(head);

/** A head cut in its last set: what fits in 64 KiB is more than one datagram, so the first one decides. */
function startsWithWholeExports(head: Uint8Array): boolean {
  if (head.length < 65_536 || head[0] !== 0 || head[1] !== 9) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  for (let at = HEADER_BYTES[9]; at + 4 <= head.length; ) {
    if (view.getUint16(at) === NEXT_DATAGRAM && at > HEADER_BYTES[9]) return exportLength(head.subarray(0, at)) === at;
    const length = view.getUint16(at + 2);
    if (length < 4) return false;
    at += length;
  }
  return false;
}

/** How exports are found in files. */
export const EXPORTS: DatagramFormat = {
  ports: [2055, 4739, 9995, 9996],
  absence: 'there is no NetFlow v5, v9 or IPFIX in this file',
  mayBegin(bytes) {
    const version = bytes.length < 2 ? 0 : ((bytes[0] as number) << 8) | (bytes[1] as number);
    return version === 5 || version === 9 || version === 10;
  },
  length: exportLength,
  sentAt(bytes) {
    if (bytes.length < 12) return 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return view.getUint32(view.getUint16(0) === 10 ? 4 : 8) * 1000;
  },
};
