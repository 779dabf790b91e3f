/**
 * pcapng: blocks in sections, each section with its own byte order and interfaces.
 *
 * Only what places a packet is read: interface link type, time resolution and offset,
 * and the three kinds of packet block. All other blocks are stepped over by their length.
 */
import type { Container, Fault, Frames } from './frames.ts';
import { FRAME_CAPACITY, MOST_CAPTURED, NO_TIME, tooLong } from './frames.ts';

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const LONGEST_BLOCK = 16 * 1024 * 1024;

interface Interface {
  readonly link: number;
  readonly snapLength: number;
  /** Ticks per second. */
  readonly perSecond: bigint;
  readonly isMicro: boolean;
  readonly offsetSeconds: bigint;
}

export const isPcapngMagic = (magic: number): boolean => magic === SECTION_HEADER;

export class PcapngContainer implements Container {
  readonly format = 'pcapng';
  wanted = 12;
  fault: Fault | undefined;
  #isLittle = true;
  #hasSection = false;
  #interfaces: Interface[] = [];

  index(frames: Frames, from: number, to: number): number {
    let at = from;
    // Interfaces differ in their ticks, so fractions are milliseconds here.
    frames.ticksPerMilli = 1;
    this.wanted = 12;
    while (frames.count < FRAME_CAPACITY && to - at >= 12) {
      const length = this.#blockLength(frames.view, at);
      if (this.fault) break;
      if (to - at < length) {
        this.wanted = length;
        break;
      }
      this.#readBlock(frames, at, length);
      if (this.fault) break;
      at += length;
    }
    return at;
  }

  #blockLength(view: DataView, at: number): number {
    if (view.getUint32(at) === SECTION_HEADER) this.#readByteOrder(view, at + 8);
    else if (!this.#hasSection) this.fault = { code: 'input-unrecognised', sentence: 'this is not a capture' };
    if (this.fault) return 0;
    const length = view.getUint32(at + 4, this.#isLittle);
    if (length < 12 || length > LONGEST_BLOCK) {
      this.fault = {
        code: 'input-malformed',
        sentence: `a block says it is ${length} bytes long: the file is damaged here; what came before is kept`,
      };
    }
    // Lengths are multiples of four; some writers leave the padding out of the number.
    return length + (-length & 3);
  }

  #readByteOrder(view: DataView, at: number): void {
    const order = view.getUint32(at);
    if (order === 0x1a2b3c4d) this.#isLittle = false;
    else if (order === 0x4d3c2b1a) this.#isLittle = true;
    else this.fault = { code: this.#hasSection ? 'input-malformed' : 'input-unrecognised', sentence: 'a section has no valid byte order' };
  }

  #readBlock(frames: Frames, at: number, length: number): void {
    const { view } = frames;
    const type = view.getUint32(at, this.#isLittle);
    const body = at + 8;
    const end = at + length - 4;
    if (type === SECTION_HEADER) this.#startSection(view, body, end);
    else if (type === INTERFACE) this.#addInterface(view, body, end);
    else if (type === ENHANCED_PACKET || type === OLD_PACKET) this.#addPacket(frames, body, end, type === OLD_PACKET);
    else if (type === SIMPLE_PACKET) this.#addSimplePacket(frames, body, end);
  }

  #startSection(view: DataView, body: number, end: number): void {
    if (end - body < 16) return this.#tooShort('section header');
    const major = view.getUint16(body + 4, this.#isLittle);
    if (major !== 1) {
      this.fault = { code: 'input-malformed', sentence: `pcapng version ${major} is unknown; version 1 is read` };
      return;
    }
    this.#hasSection = true;
    this.#interfaces = [];
  }

  #addInterface(view: DataView, body: number, end: number): void {
    if (end - body < 8) return this.#tooShort('interface');
    const options = this.#readOptions(view, body + 8, end);
    this.#interfaces.push({
      link: view.getUint16(body, this.#isLittle),
      snapLength: view.getUint32(body + 4, this.#isLittle),
      ...options,
    });
  }

  #readOptions(view: DataView, from: number, end: number): Pick<Interface, 'perSecond' | 'isMicro' | 'offsetSeconds'> {
    let perSecond = 1_000_000n;
    let offsetSeconds = 0n;
    for (let at = from; end - at >= 4; ) {
      const code = view.getUint16(at, this.#isLittle);
      const length = view.getUint16(at + 2, this.#isLittle);
      const value = at + 4;
      if (code === 0 || end - value < length) break;
      if (code === 9 && length >= 1) perSecond = toTicksPerSecond(view.getUint8(value));
      if (code === 14 && length >= 8) offsetSeconds = view.getBigInt64(value, this.#isLittle);
      at = value + length + (-length & 3);
    }
    return { perSecond, offsetSeconds, isMicro: perSecond === 1_000_000n && offsetSeconds === 0n };
  }

  #addPacket(frames: Frames, body: number, end: number, isOld: boolean): void {
    if (end - body < 20) return this.#tooShort('packet');
    const { view } = frames;
    const on = this.#interfaces[isOld ? view.getUint16(body, this.#isLittle) : view.getUint32(body, this.#isLittle)];
    const captured = view.getUint32(body + 12, this.#isLittle);
    const stated = view.getUint32(body + 16, this.#isLittle);
    if (!on) return this.#noInterface();
    if (captured > MOST_CAPTURED) {
      this.fault = tooLong(captured);
      return;
    }
    if (end - body - 20 < captured) return this.#tooShort('packet');
    addFrame(frames, body + 20, captured, stated, on.link);
    setTime(frames, on, view.getUint32(body + 4, this.#isLittle), view.getUint32(body + 8, this.#isLittle));
  }

  #addSimplePacket(frames: Frames, body: number, end: number): void {
    const on = this.#interfaces[0];
    if (!on) return this.#noInterface();
    if (end - body < 4) return this.#tooShort('packet');
    const stated = frames.view.getUint32(body, this.#isLittle);
    const captured = Math.min(stated, on.snapLength === 0 ? stated : on.snapLength);
    if (end - body - 4 < captured) return this.#tooShort('packet');
    addFrame(frames, body + 4, captured, stated, on.link);
    frames.fraction[frames.count - 1] = NO_TIME;
  }

  #tooShort(what: string): void {
    this.fault = { code: 'input-malformed', sentence: `a ${what} block is too short for what it holds; what came before is kept` };
  }

  #noInterface(): void {
    this.fault = {
      code: 'input-malformed',
      sentence: 'a packet names an interface that the file has not described; what came before is kept',
    };
  }
}

function toTicksPerSecond(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f);
  return resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
}

function addFrame(frames: Frames, start: number, captured: number, stated: number, link: number): void {
  const n = frames.count++;
  frames.start[n] = start;
  frames.captured[n] = captured;
  frames.stated[n] = stated;
  frames.link[n] = link;
  frames.second[n] = 0;
}

function setTime(frames: Frames, on: Interface, high: number, low: number): void {
  const n = frames.count - 1;
  // 2^53 microseconds are 285 years, so the common case needs no big integers.
  if (on.isMicro && high < 0x20_0000) {
    const micros = high * 0x1_0000_0000 + low;
    const seconds = Math.floor(micros / 1_000_000);
    frames.second[n] = seconds;
    frames.fraction[n] = seconds > 0xffff_ffff ? NO_TIME : Math.floor((micros - seconds * 1_000_000) / 1000);
    return;
  }
  const ticks = (BigInt(high) << 32n) | BigInt(low);
  const seconds = ticks / on.perSecond + on.offsetSeconds;
  const isUsable = seconds >= 0n && seconds <= 0xffff_ffffn;
  frames.second[n] = isUsable ? Number(seconds) : 0;
  frames.fraction[n] = isUsable ? Number(((ticks % on.perSecond) * 1000n) / on.perSecond) : NO_TIME;
}
