/**
 * Datagrams of exporters out of files: captures, and payloads as they were on the wire.
 *
 * A payload file is one datagram or several, one after the other without anything in
 * between; nobody wrote down when they came and from whom, so they come at the time of
 * their export, from nobody (::).
 */
import { readFile } from 'node:fs/promises';
import { CaptureReader, isCaptureHead } from '../capture/container.ts';
import { type Frames, NO_TIME } from '../capture/frames.ts';
import { Packet } from '../capture/packet.ts';
import { udpPayload } from '../capture/udp-payloads.ts';
import { formatAddress, formatIpv4Number } from '../domain/address.ts';
import { YaguraError } from '../engine/errors.ts';
import { readHead } from '../engine/input.ts';
import type { Input } from '../engine/modules.ts';

/** Whom a datagram came from. */
export interface Origin {
  readonly address: string;
  readonly port: number;
}

/** How datagrams of one protocol are told from others. */
export interface DatagramFormat {
  /** Ports to which they usually go: there even a broken one is ours. */
  readonly ports: readonly number[];
  /** Said when a file has none. */
  readonly absence: string;
  /** A quick look at the version. */
  mayBegin(bytes: Uint8Array): boolean;
  /** The length of the datagram that begins here, undefined when none does. */
  length(bytes: Uint8Array): number | undefined;
  /** When it was sent, Unix ms; 0 when it does not say. */
  sentAt(bytes: Uint8Array): number;
}

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: Origin;
  readonly receivedAt: number;
}

/** Datagrams that were next to each other in the file; their bytes are only valid until the next ones are asked for. */
export interface DatagramBlock {
  readonly datagrams: Iterable<Datagram>;
  /** Bytes of the file on disk taken so far. */
  readonly position: number;
}

const NOBODY: Origin = { address: '::', port: 0 };
const LARGEST_PAYLOAD_FILE = 256 * 1024 * 1024;

/** Throws YaguraError when the file has none, or where it is damaged, after what came before. */
export async function* readDatagrams(input: Input, format: DatagramFormat): AsyncGenerator<DatagramBlock> {
  const head = await readHead(input);
  if (isCaptureHead(head.bytes)) yield* readCapture(input, format);
  else yield* readPayloads(input, format);
}

async function* readCapture(input: Input, format: DatagramFormat): AsyncGenerator<DatagramBlock> {
  const reader = new CaptureReader(input);
  const finder = new DatagramFinder(format);
  try {
    while (await reader.next()) yield { datagrams: finder.find(reader.frames), position: reader.position };
  } finally {
    reader.close();
  }
  if (finder.found === 0) throw new YaguraError('input-unrecognised', format.absence, { file: input.name });
}

class DatagramFinder {
  found = 0;
  readonly #packet = new Packet(undefined);
  readonly #format: DatagramFormat;
  /** Ports to which such datagrams went: what else goes there belongs to them. */
  readonly #ports: Set<number>;

  constructor(format: DatagramFormat) {
    this.#format = format;
    this.#ports = new Set(format.ports);
  }

  *find(frames: Frames): Generator<Datagram> {
    for (let i = 0; i < frames.count; i++) {
      const bytes = udpPayload(this.#packet, frames, i);
      if (!bytes || !this.#isOurs(bytes, frames.view)) continue;
      this.found++;
      yield { bytes, from: this.#originIn(frames.view), receivedAt: timeOf(frames, i) };
    }
  }

  #isOurs(bytes: Uint8Array, view: DataView): boolean {
    if (!this.#format.mayBegin(bytes)) return false;
    const port = view.getUint16(this.#packet.transportAt + 2);
    if (this.#ports.has(port)) return true;
    if (this.#format.length(bytes) === undefined) return false;
    this.#ports.add(port);
    return true;
  }

  #originIn(view: DataView): Origin {
    const { family, sourceAt, transportAt } = this.#packet;
    const address =
      family === 4
        ? formatIpv4Number(view.getUint32(sourceAt))
        : formatAddress(new Uint8Array(view.buffer, view.byteOffset + sourceAt, 16));
    return { address, port: view.getUint16(transportAt) };
  }
}

function timeOf({ second, fraction, ticksPerMilli }: Frames, i: number): number {
  const ticks = fraction[i] as number;
  return ticks === NO_TIME ? 0 : (second[i] as number) * 1000 + Math.floor(ticks / ticksPerMilli);
}

async function* readPayloads(input: Input, format: DatagramFormat): AsyncGenerator<DatagramBlock> {
  if (input.size > LARGEST_PAYLOAD_FILE) {
    throw new YaguraError('input-unrecognised', 'the file is too large for raw datagrams; give it as a capture', { file: input.name });
  }
  const bytes = await readFile(input.path);
  if (format.length(bytes) === undefined) throw new YaguraError('input-unrecognised', format.absence, { file: input.name });
  yield { datagrams: splitDatagrams(bytes, format), position: bytes.length };
}

/** A rest that is no export is given as it is, so that it is counted as broken. */
function* splitDatagrams(bytes: Uint8Array, format: DatagramFormat): Generator<Datagram> {
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    const length = format.length(rest) ?? rest.length;
    const datagram = rest.subarray(0, length);
    yield { bytes: datagram, from: NOBODY, receivedAt: format.sentAt(datagram) };
    at += length;
  }
}
