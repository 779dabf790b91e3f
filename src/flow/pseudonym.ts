/**
 * Pseudonyms for the addresses of customers, before anything is stored or sent.
 *
 * Prefix-preserving and keyed: two addresses that share their first n bits have pseudonyms
 * that share theirs, so networks stay networks, and nobody without the key finds the way
 * back (Xu, Fan, Ammar, Moon: "Prefix-Preserving IP Address Anonymization", ICNP 2002, with
 * AES as its reference does). The customer prefix itself is kept, so that provider and
 * country stay true; only what lies behind it changes. Other addresses stay as they are:
 * an attacker without a name cannot be reported.
 */
import { createCipheriv } from 'node:crypto';
import { type Address, compareAddresses, contains, isMappedIpv4, type Prefix } from '../domain/address.ts';
import type { Column, ColumnBatch } from '../domain/telemetry-table.ts';
import { YaguraError } from '../engine/errors.ts';

const KEY_BYTES = 32;
const ADDRESS = 16;
const BLOCK = 16;
/** Which columns name a customer. */
const COLUMNS = ['source', 'destination', 'nat_source', 'nat_destination'];
/** Addresses remembered; more distinct customers at once than this cost time, not truth. */
const MOST_REMEMBERED = 500_000;

export class Pseudonymiser {
  readonly #key: Uint8Array;
  readonly #pad: Uint8Array;
  readonly #prefixes: readonly Prefix[];
  #known = new Map<string, Address>();

  /** `key` is 32 secret bytes. Of prefixes within each other the widest counts. */
  constructor(key: Uint8Array, prefixes: readonly Prefix[]) {
    if (key.length !== KEY_BYTES) throw new YaguraError('config-invalid', `the key for pseudonyms must have ${KEY_BYTES} bytes`);
    this.#key = key.slice(0, BLOCK);
    this.#pad = encrypt(this.#key, key.slice(BLOCK));
    this.#prefixes = widest(prefixes);
  }

  /** The pseudonym of an address; the address itself when it is no customer's. */
  pseudonymOf(address: Address): Address {
    const column = address.slice();
    this.#replace(column, 1);
    return column;
  }

  /** The batch with pseudonyms in all its address columns; the columns given are left alone. */
  columns(batch: ColumnBatch): ColumnBatch {
    const replaced: Record<string, Column> = {};
    for (const name of COLUMNS) {
      const column = batch.columns[name];
      if (!(column instanceof Uint8Array) || column.length < batch.rows * ADDRESS) continue;
      const copy = column.slice(0, batch.rows * ADDRESS);
      this.#replace(copy, batch.rows);
      replaced[name] = copy;
    }
    return { ...batch, columns: { ...batch.columns, ...replaced } };
  }

  #replace(column: Uint8Array, rows: number): void {
    const unknown = new Map<string, { readonly address: Address; readonly length: number }>();
    const places: { readonly at: number; readonly key: string }[] = [];
    for (let row = 0; row < rows; row++) {
      const at = row * ADDRESS;
      const address = column.subarray(at, at + ADDRESS);
      const prefix = this.#prefixOf(address);
      if (!prefix) continue;
      const key = String.fromCharCode(...address);
      places.push({ at, key });
      if (!this.#known.has(key)) unknown.set(key, { address: address.slice(), length: prefix.length });
    }
    const made = this.#make([...unknown.values()]);
    if (this.#known.size + unknown.size > MOST_REMEMBERED) this.#known = new Map();
    const fresh = new Map([...unknown.keys()].map((key, i) => [key, made[i] as Address]));
    for (const [key, pseudonym] of fresh) this.#known.set(key, pseudonym);
    for (const { at, key } of places) column.set(fresh.get(key) ?? this.#known.get(key) ?? new Uint8Array(ADDRESS), at);
  }

  #prefixOf(address: Address): Prefix | undefined {
    let low = 0;
    let high = this.#prefixes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAddresses((this.#prefixes[middle] as Prefix).start, address) <= 0) low = middle + 1;
      else high = middle;
    }
    const prefix = this.#prefixes[low - 1];
    return prefix && contains(prefix, address) ? prefix : undefined;
  }

  /** All blocks of all addresses in one call: a call costs more than a hundred blocks. */
  #make(addresses: readonly { readonly address: Address; readonly length: number }[]): Address[] {
    const jobs = addresses.map(({ address, length }) => {
      const first = isMappedIpv4(address) ? 96 : 0;
      return { address, first, from: Math.max(length, first) };
    });
    const blocks = new Uint8Array(jobs.reduce((sum, { from }) => sum + 128 - from, 0) * BLOCK);
    let at = 0;
    for (const { address, first, from } of jobs) {
      for (let bit = from; bit < 128; bit++, at += BLOCK) this.#writeBlock(blocks, at, address, first, bit);
    }
    const bits = blocks.length === 0 ? blocks : encrypt(this.#key, blocks);
    at = 0;
    return jobs.map(({ address, from }) => {
      const pseudonym = address.slice();
      for (let bit = from; bit < 128; bit++, at += BLOCK) {
        if ((bits[at] as number) >= 0x80) pseudonym[bit >>> 3] = (pseudonym[bit >>> 3] as number) ^ (0x80 >>> (bit & 7));
      }
      return pseudonym;
    });
  }

  /** The bits before `bit`, then the pad. IPv4 counts from its own first bit, as the reference does. */
  #writeBlock(blocks: Uint8Array, at: number, address: Address, first: number, bit: number): void {
    blocks.set(this.#pad, at);
    const known = bit - first;
    const whole = known >>> 3;
    const from = first >>> 3;
    for (let i = 0; i < whole; i++) blocks[at + i] = address[from + i] as number;
    const rest = known & 7;
    if (rest === 0) return;
    const mask = (0xff00 >>> rest) & 0xff;
    blocks[at + whole] = ((address[from + whole] as number) & mask) | ((this.#pad[whole] as number) & ~mask & 0xff);
  }
}

function encrypt(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return cipher.update(blocks);
}

function widest(prefixes: readonly Prefix[]): Prefix[] {
  const sorted = [...prefixes].sort((a, b) => compareAddresses(a.start, b.start) || a.length - b.length);
  const kept: Prefix[] = [];
  for (const prefix of sorted) {
    const last = kept.at(-1);
    if (!last || !contains(last, prefix.start)) kept.push(prefix);
  }
  return kept;
}
