/**
 * The telescope's traffic of any span of time, as the records of a capture.
 *
 * Each actor's packets of each minute hang on a key of their own. So a span can be made
 * without what came before it, two adjoining spans are together the same bytes as the
 * whole, and memory holds one minute at a time. While the sensor has its gap nothing is
 * recorded: those packets are in no file and in no count.
 */
import { type Actor, chapterActors, isActiveWithin, rateAt, residentActors } from './actors.ts';
import { PacketMaker } from './behaviour.ts';
import { addressOf, type Country, chapterAt, chapterOf, DAY, MINUTE } from './country.ts';
import { chapterIncidents, residentIncidents } from './incidents.ts';
import { RECORD_HEADER_BYTES } from './packet.ts';
import { eventCount, fractionOf, keyOf, Random } from './random.ts';

/** Told of every recorded packet; the truth is counted this way, while the packets are written. */
export interface Witness {
  /** The following packets are of this actor from this address. */
  source(actor: Actor, address: number, minute: number): void;
  packet(atMs: number, destination: number, port: number, classCode: number): void;
}

/** The records of one minute or a part of it. */
export interface MinuteOfTraffic {
  readonly minute: number; // Unix ms
  readonly packets: number;
  readonly records: Uint8Array;
}

/** Recorded packets with `from` ≤ time < `to`, in order of time; minutes without any are left out. */
export function* trafficBetween(country: Country, from: number, to: number, witness?: Witness): Generator<MinuteOfTraffic> {
  const studio = new Studio(country);
  for (let minute = Math.floor(from / MINUTE) * MINUTE; minute < to; minute += MINUTE) {
    const made = studio.minute(minute, Math.max(from, minute), Math.min(to, minute + MINUTE), witness);
    if (made.packets > 0) yield made;
  }
}

/** The same as plain bytes, to follow a capture header. */
export function* packetsBetween(country: Country, from: number, to: number): Generator<Uint8Array> {
  for (const { records } of trafficBetween(country, from, to)) yield records;
}

/** True while the sensor records nothing. */
function isSensorDown(country: Country, at: number): boolean {
  const { gap } = chapterOf(country, chapterAt(at));
  return at >= gap.from && at < gap.to;
}

/** Everybody who may send within a span: residents, and those of the chapters that reach into it. */
export function actorsBetween(country: Country, from: number, to: number): Actor[] {
  const actors = [...residentActors(country), ...residentIncidents(country)];
  for (let chapter = chapterAt(from) - 1; chapter <= chapterAt(to - 1); chapter++) {
    actors.push(...chapterActors(country, chapter), ...chapterIncidents(country, chapter));
  }
  return actors.filter((actor) => isActiveWithin(actor, from, to));
}

/** Makes minutes one after another; keeps the actors of the day at hand. */
class Studio {
  readonly #country: Country;
  readonly #random = new Random();
  readonly #maker: PacketMaker;
  #actors: readonly Actor[] = [];
  #actorsFrom = 0;
  #actorsTo = 0;
  #count = 0;
  #order = new Float64Array(1024); // microsecond × 2²⁰ + place, so that plain sorting keeps ties in place
  #starts = new Uint32Array(1025);

  constructor(country: Country) {
    this.#country = country;
    this.#maker = new PacketMaker(country.seed, country.telescope, this.#random);
  }

  minute(minute: number, from: number, to: number, witness: Witness | undefined): MinuteOfTraffic {
    this.#maker.frames.clear();
    this.#count = 0;
    if (!isSensorDown(this.#country, minute)) {
      for (const actor of this.#actorsAt(minute)) this.#act(actor, minute, from, to, witness);
    }
    return { minute, packets: this.#count, records: this.#toRecords(minute) };
  }

  #actorsAt(minute: number): readonly Actor[] {
    if (minute < this.#actorsFrom || minute >= this.#actorsTo) {
      this.#actorsFrom = chapterOf(this.#country, chapterAt(minute)).startAt;
      this.#actorsTo = this.#actorsFrom + DAY;
      this.#actors = actorsBetween(this.#country, this.#actorsFrom, this.#actorsTo);
    }
    return this.#actors;
  }

  #act(actor: Actor, minute: number, from: number, to: number, witness: Witness | undefined): void {
    const key = keyOf(this.#country.seed, actor.id, minute / MINUTE);
    const count = eventCount(rateAt(actor, minute), fractionOf(key));
    if (count === 0) return;
    this.#random.restart(key);
    const source = addressOf(this.#country, actor.host, minute);
    this.#maker.begin(actor, source, minute);
    witness?.source(actor, source, minute);
    for (let i = 0; i < count; i++) this.#send(actor, minute, from, to, witness);
  }

  /** Draws a packet; one outside the span asked for is made and forgotten, so that the draws after it stay the same. */
  #send(actor: Actor, minute: number, from: number, to: number, witness: Witness | undefined): void {
    const maker = this.#maker;
    const microsecond = this.#random.below(MINUTE * 1000);
    const start = maker.frames.end;
    maker.make(actor);
    const atMs = minute + Math.floor(microsecond / 1000);
    if (atMs < from || atMs >= to) {
      maker.frames.end = start;
      return;
    }
    this.#reserve();
    this.#order[this.#count] = microsecond * 0x10_0000 + this.#count;
    this.#starts[this.#count] = start;
    this.#count++;
    witness?.packet(atMs, maker.destination, maker.port, maker.classCode);
  }

  #reserve(): void {
    if (this.#count < this.#order.length) return;
    const order = new Float64Array(this.#order.length * 2);
    order.set(this.#order);
    this.#order = order;
    const starts = new Uint32Array(order.length + 1);
    starts.set(this.#starts);
    this.#starts = starts;
  }

  #toRecords(minute: number): Uint8Array {
    const { bytes, end } = this.#maker.frames;
    const order = this.#order.subarray(0, this.#count).sort();
    this.#starts[this.#count] = end;
    const records = new Uint8Array(end + this.#count * RECORD_HEADER_BYTES);
    const view = new DataView(records.buffer);
    let at = 0;
    for (const key of order) {
      const microsecond = Math.floor(key / 0x10_0000);
      const place = key - microsecond * 0x10_0000;
      const start = this.#starts[place] ?? 0;
      const length = (this.#starts[place + 1] ?? 0) - start;
      view.setUint32(at, minute / 1000 + Math.floor(microsecond / 1_000_000), true);
      view.setUint32(at + 4, microsecond % 1_000_000, true);
      view.setUint32(at + 8, length, true);
      view.setUint32(at + 12, length, true);
      records.set(bytes.subarray(start, start + length), at + RECORD_HEADER_BYTES);
      at += RECORD_HEADER_BYTES + length;
    }
    return records;
  }
}
