/**
 * Every Nth packet of a simulated telescope, and what can still be found in them.
 *
 * A thinned capture is what a telescope behind a sampling mirror would have recorded. What
 * is detectable is counted anew from the packets that are left.
 */
import { parseIpv4Number } from '../domain/address.ts';
import { RECORD_HEADER_BYTES } from './packet.ts';
import { count, type DayCount, dayIn, isEnough } from './tally.ts';
import type { Planted } from './truth.ts';

const IP = RECORD_HEADER_BYTES + 14;
const TCP = 6;

/** Takes the records of one minute after another. */
export class Thinning {
  readonly #every: number;
  /** Evidence left by source: packets with the Mirai mark apart from all others. */
  readonly #marked = new Map<number, DayCount[]>();
  readonly #others = new Map<number, DayCount[]>();
  #place = 0;

  constructor(every: number) {
    this.#every = every;
  }

  /** The records that are kept. */
  keep(records: Uint8Array): Uint8Array {
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    const kept: Uint8Array[] = [];
    for (let at = 0; at < records.length; ) {
      const end = at + RECORD_HEADER_BYTES + view.getUint32(at + 8, true);
      if (this.#place++ % this.#every === 0) {
        kept.push(records.subarray(at, end));
        this.#note(view, at);
      }
      at = end;
    }
    return Buffer.concat(kept);
  }

  #note(view: DataView, at: number): void {
    const ms = view.getUint32(at, true) * 1000 + Math.floor(view.getUint32(at + 4, true) / 1000);
    const source = view.getUint32(at + IP + 12);
    const destination = view.getUint32(at + IP + 16);
    const isTcp = view.getUint8(at + IP + 9) === TCP;
    const isMarked = isTcp && (view.getUint8(at + IP + 33) & 0x12) === 0x02 && view.getUint32(at + IP + 24) === destination;
    const counts = isMarked ? this.#marked : this.#others;
    let days = counts.get(source);
    if (!days) counts.set(source, (days = []));
    count(dayIn(days, ms), ms, destination, view.getUint16(at + IP + 22));
  }

  /** What was planted, by what is left of it. */
  planted(all: readonly Planted[]): Planted[] {
    return all.map((one) => {
      const counts = one.identifier === 'mirai' ? this.#marked : this.#others;
      const days = counts.get(parseIpv4Number(one.asset) ?? 0) ?? [];
      return { ...one, packets: days.reduce((sum, day) => sum + day.packets, 0), isDetectable: isEnough(one.kind, days) };
    });
  }
}
