/**
 * Counts distinct IPv4 addresses: open addressing over one typed array. Addresses are
 * signed 32-bit numbers here, because the engine passes those without allocating.
 *
 * Addresses of one network differ in a few low bits only, so the bits are mixed before
 * they choose a slot; unmixed ones make such tables quadratic.
 */

const FIRST_CAPACITY = 1 << 16;

/** Spreads every input bit over all output bits (a multiply–xorshift finaliser). */
export function mix(value: number): number {
  let x = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

export class AddressSet {
  #slots = new Int32Array(FIRST_CAPACITY); // 0: empty
  #mask = FIRST_CAPACITY - 1;
  #used = 0;
  #hasZero = false;

  get size(): number {
    return this.#used + (this.#hasZero ? 1 : 0);
  }

  add(address: number): void {
    if (address === 0) {
      this.#hasZero = true;
      return;
    }
    const slots = this.#slots;
    const mask = this.#mask;
    let at = mix(address) & mask;
    for (;;) {
      const found = slots[at];
      if (found === address) return;
      if (found === 0) break;
      at = (at + 1) & mask;
    }
    slots[at] = address;
    if (++this.#used * 2 > mask) this.#grow();
  }

  values(): Int32Array {
    const found = this.#slots.filter((address) => address !== 0);
    return this.#hasZero ? Int32Array.of(0, ...found) : found;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#mask = this.#slots.length - 1;
    for (const address of old) {
      if (address === 0) continue;
      let at = mix(address) & this.#mask;
      while (this.#slots[at] !== 0) at = (at + 1) & this.#mask;
      this.#slots[at] = address;
    }
  }
}
