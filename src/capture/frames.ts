/**
 * Where the packets of a block of bytes lie: the meeting point of container formats and decoders.
 *
 * Containers fill columns instead of making objects, so a decoder is one loop over typed
 * arrays whatever the file format is, and both stay fast without knowing each other.
 */

export const FRAME_CAPACITY = 8192;
/** `fraction` of a frame without a usable time (a simple packet block has none). */
export const NO_TIME = 0xffff_ffff;

export class Frames {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  count = 0;
  /** Number of the first frame in the file; 1 is the first. */
  firstRecord = 1;
  readonly start: Uint32Array = new Uint32Array(FRAME_CAPACITY);
  /** Bytes present, from `start`. */
  readonly captured: Uint32Array = new Uint32Array(FRAME_CAPACITY);
  /** Bytes the packet had on the wire. */
  readonly stated: Uint32Array = new Uint32Array(FRAME_CAPACITY);
  readonly second: Uint32Array = new Uint32Array(FRAME_CAPACITY); // Unix
  /** Of the second, in the file's own ticks: dividing is left to those who need it. */
  readonly fraction: Uint32Array = new Uint32Array(FRAME_CAPACITY);
  ticksPerMilli = 1;
  readonly link: Uint16Array = new Uint16Array(FRAME_CAPACITY); // DLT number
}

/** What stops a container for good; the reader turns it into an error with file and record. */
export interface Fault {
  readonly code: 'input-unrecognised' | 'input-malformed';
  readonly sentence: string;
}

/** Finds frames in a growing run of bytes. */
export interface Container {
  readonly format: 'pcap' | 'pcapng';
  /** Indexes whole records from `from` and returns where it stopped; sets `wanted` or `fault` when it cannot go on. */
  index(frames: Frames, from: number, to: number): number;
  /** Bytes from the stop that the next record needs in one piece. */
  readonly wanted: number;
  readonly fault: Fault | undefined;
}

/** More than any link type sends; larger lengths mean the file is damaged (libpcap has the same limit). */
export const MOST_CAPTURED = 262_144;

export const tooLong = (captured: number): Fault => ({
  code: 'input-malformed',
  sentence: `the record says it has ${captured} bytes, which no packet has: the file is damaged here; what came before is kept`,
});

export const cutShort = (record: number): string => `the capture ends in the middle of packet ${record}; what came before is kept`;
