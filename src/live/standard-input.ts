/**
 * A capture that comes through a pipe: `tcpdump -w - | yagura ...`.
 *
 * A pipe cannot be read twice, so a batch is safe from the moment it is stored, and what
 * was only in memory is lost with the process. While the store is behind, nothing is
 * read; the pipe fills and the writer waits or counts its own losses.
 */
import { createReadStream, fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { YaguraError } from '../engine/errors.ts';
import type { StreamDecoder } from '../engine/modules.ts';
import { tellBroken } from './broken-stream.ts';
import { type Desk, FLUSH_BYTES } from './desk.ts';
import type { InputReader } from './worker-protocol.ts';

const STANDARD_INPUT = 0;

export class StandardInput implements InputReader {
  readonly #desk: Desk;
  readonly #decoder: StreamDecoder;
  readonly #stream: Readable;
  #taken = 0;

  constructor(desk: Desk, decoder: StreamDecoder) {
    this.#desk = desk;
    this.#decoder = decoder;
    this.#stream = openStandardInput();
  }

  async run(): Promise<void> {
    const clock = setInterval(() => {
      if (this.#desk.isIdle) this.#flush();
    }, this.#desk.order.flushMs);
    try {
      for await (const chunk of this.#stream) {
        this.#decoder.take(chunk as Uint8Array);
        this.#taken += (chunk as Uint8Array).length;
        if (this.#taken >= FLUSH_BYTES) {
          await this.#desk.whenRoom();
          this.#flush();
        }
      }
    } catch (error) {
      if (error instanceof YaguraError) tellBroken(this.#desk, error);
      else if (!this.#stream.destroyed) throw error;
    } finally {
      clearInterval(clock);
    }
    this.#stream.destroy();
    await this.#desk.whenRoom();
    this.#flush();
    await this.#decoder.close();
  }

  stop(): void {
    this.#stream.destroy();
  }

  #flush(): void {
    const batch = this.#desk.pack(this.#decoder, Date.now());
    this.#taken = 0;
    if (batch) this.#desk.send({ ...batch, token: this.#desk.freshToken() });
  }
}

/** Pipes are read by the event loop: a blocked read in the thread pool could not be given up at the end. */
function openStandardInput(): Readable {
  const kind = fstatSync(STANDARD_INPUT);
  if (kind.isFIFO() || kind.isSocket()) return new Socket({ fd: STANDARD_INPUT, readable: true, writable: false });
  if (kind.isFile()) return createReadStream('', { fd: STANDARD_INPUT, autoClose: false });
  throw new YaguraError('usage', 'there is no capture on standard input: pipe one in, for instance from tcpdump -w -');
}
