/**
 * What one exporter says about its sampling outside its flows.
 *
 * A router can run several samplers, told apart by number or by interface, and describes
 * them in options records that may come from another observation domain than the flows,
 * and later than the flows. Interval 0 says nothing.
 */

export interface SamplingStatement {
  readonly sampler: number | undefined;
  readonly interface: number | undefined;
  /** One packet in so many; 0 when it was not said. */
  readonly interval: number;
}

export interface StoredSampling {
  readonly samplers: readonly (readonly [number, number])[];
  readonly interfaces: readonly (readonly [number, number])[];
  readonly interfaceSamplers: readonly (readonly [number, number])[];
  readonly general: number;
}

/** An exporter that says more than this is broken or hostile. */
const MOST_ENTRIES = 4096;

export class Samplers {
  readonly #samplers = new Map<number, number>();
  readonly #interfaces = new Map<number, number>();
  /** Interface to sampler, where that is said in records of its own. */
  readonly #interfaceSamplers = new Map<number, number>();
  #general = 0;
  #common: number | undefined;

  /** True when it is news. */
  take({ sampler, interface: port, interval }: SamplingStatement): boolean {
    this.#common = undefined;
    if (port !== undefined && port !== 0) {
      const isLink = sampler !== undefined && sampler !== 0 ? put(this.#interfaceSamplers, port, sampler) : false;
      if (sampler === undefined && interval > 0) return put(this.#interfaces, port, interval);
      return (sampler !== undefined && interval > 0 && put(this.#samplers, sampler, interval)) || isLink;
    }
    if (interval === 0) return false;
    if (sampler !== undefined) return put(this.#samplers, sampler, interval);
    const isNews = this.#general !== interval;
    this.#general = interval;
    return isNews;
  }

  get isEmpty(): boolean {
    return this.#general === 0 && this.#samplers.size === 0 && this.#interfaces.size === 0;
  }

  /** Whether flows have to be asked one by one. */
  get isPerFlow(): boolean {
    return this.#interfaces.size > 0 || this.#interfaceSamplers.size > 0 || this.#samplers.size > 1;
  }

  ofSampler(sampler: number): number {
    return this.#samplers.get(sampler) ?? 0;
  }

  ofInterface(port: number): number {
    const sampler = this.#interfaceSamplers.get(port);
    return this.#interfaces.get(port) ?? (sampler === undefined ? 0 : this.ofSampler(sampler));
  }

  /** For flows that name no sampler: what holds for all, or what all samplers agree on. 0: unknown. */
  get common(): number {
    this.#common ??= this.#general || agreed([...this.#samplers.values(), ...this.#interfaces.values()]);
    return this.#common;
  }

  store(): StoredSampling {
    return {
      samplers: [...this.#samplers],
      interfaces: [...this.#interfaces],
      interfaceSamplers: [...this.#interfaceSamplers],
      general: this.#general,
    };
  }

  restore(stored: StoredSampling): void {
    for (const [sampler, interval] of stored.samplers) put(this.#samplers, sampler, interval);
    for (const [port, interval] of stored.interfaces) put(this.#interfaces, port, interval);
    for (const [port, sampler] of stored.interfaceSamplers) put(this.#interfaceSamplers, port, sampler);
    this.#general = stored.general;
    this.#common = undefined;
  }
}

function put(map: Map<number, number>, key: number, value: number): boolean {
  if (map.get(key) === value || (map.size >= MOST_ENTRIES && !map.has(key))) return false;
  map.set(key, value);
  return true;
}

function agreed(intervals: readonly number[]): number {
  const [first] = intervals;
  return first !== undefined && intervals.every((interval) => interval === first) ? first : 0;
}
