/**
 * The policy's judgement of one packet: kept or not, and how much of it. Pure.
 *
 * The choice of a sample is a hash of the packet's time and headers, after the idea of
 * RFC 5475: no counter, no chance, so a capture read from a file and the same packets
 * seen live give the same sample.
 */
import { type Prefix, parsePrefix } from '../domain/address.ts';
import type { CapturedFrames } from '../engine/modules.ts';
import type { PacketPolicy } from '../engine/packet-policy.ts';
import { HeaderWalk } from './header-walk.ts';

export class Chooser {
  readonly #walk = new HeaderWalk();
  readonly #oneOf: number;
  readonly #payloadBytes: number;
  readonly #payloadNetworks: readonly Prefix[];

  constructor(policy: PacketPolicy) {
    this.#oneOf = policy.keep === 'sampled' ? policy.oneOf : 1;
    this.#payloadBytes = policy.payload?.bytes ?? 0;
    this.#payloadNetworks = (policy.payload?.addresses ?? []).map(parsePrefix).filter((prefix) => prefix !== undefined);
  }

  /** How many bytes of the frame are kept, from its start; 0: it is not kept. */
  choose(frames: CapturedFrames, n: number): number {
    const walk = this.#walk;
    const start = frames.start[n] ?? 0;
    walk.read(frames.view, start, frames.captured[n] ?? 0, frames.stated[n] ?? 0, frames.link[n] ?? 0);
    // Of a link nobody can read nobody can say what is header.
    if (!walk.isKnownLink || walk.reach <= start) return 0;
    const header = walk.reach - start;
    if (this.#oneOf > 1 && hashOf(frames, n, header) % this.#oneOf !== 0) return 0;
    if (this.#payloadBytes === 0 || !this.#isUnused(frames.view)) return header;
    return Math.min(frames.captured[n] ?? 0, header + this.#payloadBytes);
  }

  #isUnused(view: DataView): boolean {
    const { family, destinationAt } = this.#walk;
    if (family === 0) return false;
    const address = new Uint8Array(16);
    if (family === 6) address.set(new Uint8Array(view.buffer, view.byteOffset + destinationAt, 16));
    else address.set([0xff, 0xff, ...new Uint8Array(view.buffer, view.byteOffset + destinationAt, 4)], 10);
    return this.#payloadNetworks.some(({ start, end }) => Buffer.compare(address, start) >= 0 && Buffer.compare(address, end) <= 0);
  }
}

const MILLION = 1_000_000;
export const microsecondOf = (frames: CapturedFrames, n: number): number =>
  Math.floor(((frames.fraction[n] ?? 0) * 1000) / frames.ticksPerMilli);

/** FNV-1a over time and headers, then mixed, because FNV's low bits alone are weak. */
function hashOf(frames: CapturedFrames, n: number, length: number): number {
  const start = frames.start[n] ?? 0;
  const micros = isTimed(frames, n) ? microsecondOf(frames, n) % MILLION : 0;
  let hash = Math.imul(0x811c9dc5 ^ (frames.second[n] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ micros, 0x01000193);
  for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ frames.view.getUint8(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export const isTimed = (frames: CapturedFrames, n: number): boolean => frames.fraction[n] !== 0xffff_ffff;
