/**
 * Random numbers that are the same for ever, on every machine.
 *
 * The simulated country must yield the same bytes for the same seed in any year and on
 * any engine, and any hour of it must be computable without the hours before. So draws
 * are keyed: a key (seed, actor, minute) is hashed into the state of a small generator
 * (sfc32, C. Doty-Humphrey; 128 bits of state). Only integer operations and the exact
 * IEEE 754 operations + − × ÷ √ are used: Math.exp and friends may differ in their last bit.
 * Not for secrets.
 */

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** One 32-bit number out of up to four; neighbouring keys give unrelated numbers. */
export function keyOf(seed: number, a: number, b = 0, c = 0): number {
  let h = scramble(seed ^ 0x9e3779b9);
  h = scramble(Math.imul(h, 5) + (a | 0) + 0x3c6ef372);
  h = scramble(Math.imul(h, 5) + (b | 0) + 0x5384540f);
  return scramble(Math.imul(h, 5) + (c | 0) + 0x1b873593);
}

/** A key as a fraction in [0, 1). */
export function fractionOf(key: number): number {
  return key / 0x1_0000_0000;
}

export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  constructor(key = 0) {
    this.restart(key);
  }

  /** Begins the sequence of another key; cheaper than a new object where there are millions. */
  restart(key: number): void {
    this.#a = scramble(key + 0x6a09e667);
    this.#b = scramble(key ^ 0xbb67ae85);
    this.#c = key | 0;
    this.#counter = 1;
    for (let i = 0; i < 10; i++) this.next();
  }

  /** 32 random bits, unsigned. */
  next(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  fraction(): number {
    return this.next() / 0x1_0000_0000;
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * limit);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('nothing to choose from');
    return choice;
  }
}

/**
 * How many events happen when `mean` are expected (Poisson), from one fraction.
 * Above 12 the normal distribution stands in, whose error nobody will notice there.
 */
export function eventCount(mean: number, fraction: number): number {
  if (mean <= 0) return 0;
  if (mean > 12) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normalOf(fraction)));
  let probability = exponentialOfMinus(mean);
  let cumulative = probability;
  let count = 0;
  while (fraction >= cumulative && count < 60) {
    count++;
    probability *= mean / count;
    cumulative += probability;
  }
  return count;
}

/** e^−x for x ≥ 0 by halving, a short series, and squaring back. */
function exponentialOfMinus(x: number): number {
  let reduced = x;
  let halvings = 0;
  while (reduced > 0.25) {
    reduced /= 2;
    halvings++;
  }
  let term = 1;
  let sum = 1;
  for (let i = 1; i < 11; i++) {
    term *= -reduced / i;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum *= sum;
  return sum;
}

/** Roughly normal: twelve uniform numbers grown from one fraction, summed. */
function normalOf(fraction: number): number {
  const key = Math.floor(fraction * 0x1_0000_0000);
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += fractionOf(keyOf(key, i));
  return sum;
}
