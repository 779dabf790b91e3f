/**
 * Listens on a UDP port and decodes on the spot.
 *
 * Nobody sends a lost datagram again, so this thread does nothing but receive and decode:
 * the buffer is as large as the kernel allows, and what is lost all the same, in the
 * kernel or because the store is behind, is counted minute by minute.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { ColumnBatch } from '../domain/telemetry-table.ts';
import { YaguraError } from '../engine/errors.ts';
import type { DatagramDecoder } from '../engine/modules.ts';
import { minuteOf, SensorMinutes } from '../flow/sensor-minutes.ts';
import { type Desk, FLUSH_BYTES } from './desk.ts';
import { readKernelDrops } from './kernel-drops.ts';
import type { InputReader } from './worker-protocol.ts';

const WANTED_BUFFER = 8 << 20;
/** A decoder that throws is a mistake of ours; once a minute is enough to notice. */
const COMPLAINT_MS = 60_000;
/** The socket's own row: no exporter is known for what was lost before anybody looked at it. */
const LISTENER = { exporter: '', domain: 0, kind: 'listener', lostUnit: '' };

export class UdpInput implements InputReader {
  readonly #desk: Desk;
  readonly #decoder: DatagramDecoder;
  readonly #socket: Socket;
  readonly #stopped = Promise.withResolvers<void>();
  #port = 0;
  #taken = 0;
  #dropped = 0;
  #kernelDrops = 0;
  #malformed = 0;
  #complainedAt = 0;
  #lastMinute = 0;

  private constructor(desk: Desk, decoder: DatagramDecoder, address: string) {
    this.#desk = desk;
    this.#decoder = decoder;
    this.#socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });
  }

  static async open(desk: Desk, decoder: DatagramDecoder, where: { port: number; address: string }): Promise<UdpInput> {
    const input = new UdpInput(desk, decoder, where.address);
    await input.#bind(where.port, where.address);
    return input;
  }

  get port(): number {
    return this.#port;
  }

  /** As the kernel tells it: Linux counts twice what it was asked for, up to net.core.rmem_max. */
  get bufferBytes(): number {
    return this.#socket.getRecvBufferSize();
  }

  async run(): Promise<void> {
    const clock = setInterval(() => {
      if (this.#desk.isIdle) this.#flush();
    }, this.#desk.order.flushMs);
    await this.#stopped.promise;
    clearInterval(clock);
    this.#socket.close();
    await this.#desk.whenRoom();
    this.#flush();
    await this.#decoder.close();
  }

  stop(): void {
    this.#stopped.resolve();
  }

  async #bind(port: number, address: string): Promise<void> {
    const socket = this.#socket;
    socket.on('message', (bytes, from) => this.#take(bytes, from));
    const bound = once(socket, 'listening');
    socket.bind({ port, address, exclusive: true });
    await bound.catch((cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be opened (${cause.code ?? cause.message})`;
      throw new YaguraError('config-invalid', `UDP ${address}:${port} ${taken}`, { cause });
    });
    socket.on('error', (error) => this.#desk.log.warn({ err: error, port }, 'the UDP socket reported an error'));
    try {
      socket.setRecvBufferSize(WANTED_BUFFER);
    } catch (error) {
      this.#desk.log.warn({ err: error }, 'the kernel refuses a larger receive buffer');
    }
    this.#port = socket.address().port;
  }

  #take(bytes: Uint8Array, from: RemoteInfo): void {
    if (this.#taken >= FLUSH_BYTES) {
      if (!this.#desk.hasRoom) {
        this.#dropped++;
        return;
      }
      this.#flush();
    }
    this.#taken += bytes.length;
    try {
      this.#decoder.take(bytes, from, Date.now());
    } catch (error) {
      this.#complain(error, from.address);
    }
  }

  #complain(error: unknown, from: string): void {
    this.#malformed++;
    if (Date.now() - this.#complainedAt < COMPLAINT_MS) return;
    this.#complainedAt = Date.now();
    this.#desk.log.error({ err: error, from }, 'a datagram could not be decoded; this is a fault of the decoder');
  }

  #flush(): void {
    const now = Date.now();
    const batch = this.#desk.pack(this.#decoder, now, this.#listenerMinute(now));
    this.#taken = 0;
    if (batch) this.#desk.send({ ...batch, token: this.#desk.freshToken() });
  }

  /** What this machine lost, and once a minute that it listens at all. */
  #listenerMinute(now: number): ColumnBatch[] {
    const kernel = readKernelDrops(this.#port, this.#socketIsIpv6) ?? this.#kernelDrops;
    const dropped = this.#dropped + Math.max(0, kernel - this.#kernelDrops);
    const malformed = this.#malformed;
    if (dropped === 0 && malformed === 0 && minuteOf(now) === this.#lastMinute) return [];
    this.#kernelDrops = kernel;
    this.#dropped = 0;
    this.#malformed = 0;
    this.#lastMinute = minuteOf(now);
    const minutes = new SensorMinutes();
    Object.assign(minutes.open(LISTENER, now), { dropped, malformed });
    const { tenant, sensor } = this.#desk.order;
    const quality = minutes.take(tenant, sensor);
    return quality ? [quality] : [];
  }

  get #socketIsIpv6(): boolean {
    const { input } = this.#desk.order;
    return input.kind === 'udp' && input.address.includes(':');
  }
}
