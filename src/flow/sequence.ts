/**
 * What an exporter sent and we did not get, by the gaps in its sequence numbers.
 *
 * The unit is that of the protocol: flows in version 5, datagrams in version 9, data
 * records in IPFIX. Datagrams overtake each other, and exporters start anew, so a number a
 * little too small fills a gap counted before, and one far off begins a new count.
 */

export interface SequenceLimits {
  /** Further back than this is no late datagram but a new count. */
  readonly back: number;
  /** Further ahead than this is no loss but a new count. */
  readonly ahead: number;
}

export const DATAGRAMS: SequenceLimits = { back: 1000, ahead: 1_000_000 };
/** Flows and records come by the dozen in a datagram. */
export const RECORDS: SequenceLimits = { back: 50_000, ahead: 100_000_000 };

export class Sequence {
  readonly #limits: SequenceLimits;
  #expected: number | undefined;
  #open = 0;

  constructor(limits: SequenceLimits) {
    this.#limits = limits;
  }

  /** Takes the number of a datagram with so many units; undefined when nobody can say how many. */
  take(number: number, units: number | undefined): void {
    const gap = this.#expected === undefined ? 0 : (number - this.#expected) | 0;
    if (gap < 0 && gap >= -this.#limits.back) {
      this.#open = Math.max(0, this.#open - (units ?? 0));
      return;
    }
    if (gap > 0 && gap <= this.#limits.ahead) this.#open += gap;
    this.#expected = units === undefined ? undefined : (number + units) >>> 0;
  }

  /** Begins anew: the exporter has restarted. */
  restart(): void {
    this.#expected = undefined;
  }

  /** Units lost since the last call. */
  takeLost(): number {
    const lost = this.#open;
    this.#open = 0;
    return lost;
  }
}
