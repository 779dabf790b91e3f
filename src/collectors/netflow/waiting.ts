/**
 * Data that came before its template, kept until it can be read.
 *
 * Exporters repeat their templates every few minutes, so after a restart of either side
 * the first data is unreadable at first. It is kept within a limit of bytes and time,
 * oldest out first; what goes unread is counted.
 */
import type { Domain } from './domain.ts';
import type { Moment } from './times.ts';

export interface WaitingSet {
  readonly domain: Domain;
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly moment: Moment;
  /** Number of the datagram it came in. */
  readonly datagram: number;
}

/** Beside the bytes themselves. */
const OVERHEAD = 200;

export class Waiting {
  readonly #sets = new Set<WaitingSet>();
  readonly #mostBytes: number;
  readonly #mostMs: number;
  readonly #drop: (set: WaitingSet) => void;
  #bytes = 0;

  constructor(limits: { readonly bytes: number; readonly milliseconds: number }, drop: (set: WaitingSet) => void) {
    this.#mostBytes = limits.bytes;
    this.#mostMs = limits.milliseconds;
    this.#drop = drop;
  }

  add(set: WaitingSet): void {
    this.#sets.add(set);
    this.#bytes += set.bytes.length + OVERHEAD;
    const others = set.domain.waiting.get(set.id);
    if (others) others.add(set);
    else set.domain.waiting.set(set.id, new Set([set]));
    for (const oldest of this.#sets) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#give(oldest);
    }
  }

  /** Takes out what waited for a template, in the order it came. */
  take(domain: Domain, id: number): readonly WaitingSet[] {
    const sets = [...(domain.waiting.get(id) ?? [])];
    domain.waiting.delete(id);
    for (const set of sets) this.#remove(set);
    return sets;
  }

  expire(now: number): void {
    for (const set of this.#sets) {
      if (set.moment.receivedAt + this.#mostMs > now) break;
      this.#give(set);
    }
  }

  giveUp(domain: Domain): void {
    // Sets and maps may lose what a loop over them has passed.
    for (const sets of domain.waiting.values()) for (const set of sets) this.#give(set);
  }

  giveUpAll(): void {
    for (const set of this.#sets) this.#give(set);
  }

  #give(set: WaitingSet): void {
    const { waiting } = set.domain;
    const others = waiting.get(set.id);
    others?.delete(set);
    if (others?.size === 0) waiting.delete(set.id);
    this.#remove(set);
    this.#drop(set);
  }

  #remove(set: WaitingSet): void {
    if (this.#sets.delete(set)) this.#bytes -= set.bytes.length + OVERHEAD;
  }
}
