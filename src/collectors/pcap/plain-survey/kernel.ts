/** The compiled counting loop, its memory, and what it has counted. */
import { readFileSync } from 'node:fs';

/** What the module gives; numbers of its memory are byte offsets. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  begin(mostCaptured: number, ticksPerSecond: number): void;
  take(from: number, stop: number, to: number): number;
  addSources(at: number, count: number): void;
  readonly [name: string]: unknown;
}

/** Sums over whole records. Tables are copies. */
export interface KernelCounts {
  readonly packets: number;
  readonly capturedBytes: number;
  /** IPv4 packets that went without the general decoder. */
  readonly plain: number;
  readonly synAck: number;
  readonly rst: number;
  readonly mirai: number;
  readonly zmap: number;
  readonly masscan: number;
  readonly firstSecond: number;
  readonly firstFraction: number;
  readonly lastSecond: number;
  readonly lastFraction: number;
  readonly tcpPorts: Uint32Array;
  readonly udpPorts: Uint32Array;
  readonly synPorts: Uint32Array;
  readonly icmpTypes: Uint32Array;
}

export interface KernelTask {
  readonly module: WebAssembly.Module;
  readonly mostCaptured: number;
  readonly ticksPerSecond: number;
  readonly tunnelPorts: readonly number[];
}

export const compileKernel = (): WebAssembly.Module => new WebAssembly.Module(readFileSync(new URL('kernel.wasm', import.meta.url)));

export class Kernel {
  /** Where records are to be put, and how many bytes have room. */
  readonly input: number;
  readonly inputLength: number = 3 << 20;
  readonly #exports: Exports;

  constructor({ module, mostCaptured, ticksPerSecond, tunnelPorts }: KernelTask) {
    this.#exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    this.input = this.#number('INPUT');
    const tunnels = new Uint8Array(this.memory, this.#number('TUNNELS'), 65_536);
    for (const port of tunnelPorts) tunnels[port] = 1;
    this.#exports.begin(mostCaptured, ticksPerSecond);
  }

  /** The buffer of the moment: it is another one after the table of sources has grown. */
  get memory(): ArrayBuffer {
    return this.#exports.memory.buffer;
  }

  /** Counts the records that begin before `stop` and are whole by `to`; gives the offset behind them, 0 for a damaged one. */
  take(from: number, stop: number, to: number): number {
    return this.#exports.take(from, stop, to);
  }

  /** True when the latest call stopped because its list of unusual records was full. */
  get isListFull(): boolean {
    return this.#number('unusual') === this.#number('MOST_UNUSUAL');
  }

  /** Offsets of the records of the latest call that need the general decoder. */
  unusual(): Uint32Array {
    return new Uint32Array(this.memory, this.#number('UNUSUAL'), this.#number('unusual'));
  }

  counts(): KernelCounts {
    const first = this.#exports['first'] as WebAssembly.Global<bigint>;
    const last = this.#exports['last'] as WebAssembly.Global<bigint>;
    const packets = this.#number('packets');
    return {
      packets,
      capturedBytes: this.#number('capturedBytes'),
      plain: packets - this.#number('unusualPackets'),
      synAck: this.#number('synAck'),
      rst: this.#number('rst'),
      mirai: this.#number('mirai'),
      zmap: this.#number('zmap'),
      masscan: this.#number('masscan'),
      firstSecond: packets === 0 ? -1 : upper(first.value),
      firstFraction: lower(first.value),
      lastSecond: packets === 0 ? -1 : upper(last.value),
      lastFraction: lower(last.value),
      tcpPorts: this.#table('TCP_PORTS', 65_536),
      udpPorts: this.#table('UDP_PORTS', 65_536),
      synPorts: this.#table('SYN_PORTS', 65_536),
      icmpTypes: this.#table('ICMP_TYPES', 256),
    };
  }

  /** Distinct IPv4 sources, signed, in no order. */
  sources(): Int32Array {
    const slots = new Int32Array(this.memory, this.#number('slots'), this.#number('slotCount'));
    const found = new Int32Array(this.sourceCount);
    let count = this.#number('hasZero'); // 0.0.0.0, first, as an empty slot is 0 too
    for (let i = 0; i < slots.length; i++) {
      const address = slots[i] as number;
      if (address !== 0) found[count++] = address;
    }
    return found;
  }

  get sourceCount(): number {
    return this.#number('used') + this.#number('hasZero');
  }

  /** Adds sources counted elsewhere; the input is overwritten. */
  addSources(sources: Int32Array): void {
    const most = this.inputLength >> 2;
    for (let from = 0; from < sources.length; from += most) {
      const part = sources.subarray(from, from + most);
      new Int32Array(this.memory, this.input, part.length).set(part);
      this.#exports.addSources(this.input, part.length);
    }
  }

  #table(name: string, length: number): Uint32Array {
    return new Uint32Array(this.memory, this.#number(name), length).slice();
  }

  #number(name: string): number {
    return Number((this.#exports[name] as WebAssembly.Global<number | bigint>).value);
  }
}

const upper = (time: bigint): number => Number(BigInt.asUintN(32, time >> 32n));
const lower = (time: bigint): number => Number(BigInt.asUintN(32, time));
