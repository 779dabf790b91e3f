/**
 * Datagrams of exports out of files: captures, and payloads as they were on the wire.
 *
 * A payload file is one datagram or several, one after the other without anything in
 * between; nobody wrote down when they came and from whom, so they come at the time of
 * their export, from nobody (::).
 */
import { readFile } from 'node:fs/promises';
import { CaptureReader, isCaptureHead } from '../../capture/container.ts';
import { type Frames, NO_TIME } from '../../capture/frames.ts';
import { Packet } from '../../capture/packet.ts';
import { formatAddress, formatIpv4Number } from '../../domain/address.ts';
import { YaguraError } from '../../engine/errors.ts';
import { readHead } from '../../engine/input.ts';
import type { Input } from '../../engine/modules.ts';
import type { Origin } from './decoder.ts';
import { exportLength, udpPayload } from './recognise.ts';

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
/** Where exports usually go: there even a broken one is an export. */
const USUAL_PORTS = [2055, 4739, 9995, 9996];
const LARGEST_PAYLOAD_FILE = 256 * 1024 * 1024;
const UNRECOGNISED = 'there is no NetFlow v5, v9 or IPFIX in this file';

/** Throws YaguraError when the file has no exports, or where it is damaged, after what came before. */
export async function* readExports(input: Input): AsyncGenerator<DatagramBlock> {
  const head = await readHead(input);
  if (isCaptureHead(head.bytes)) yield* readCapture(input);
  else yield* readPayloads(input);
}

async function* readCapture(input: Input): AsyncGenerator<DatagramBlock> {
  const reader = new CaptureReader(input);
  const finder = new ExportFinder();
  try {
    while (await reader.next()) yield { datagrams: finder.find(reader.frames), position: reader.position };
  } finally {
    reader.close();
  }
  if (finder.found === 0) throw new YaguraError('input-unrecognised', UNRECOGNISED, { file: input.name });
}

class ExportFinder {
  found = 0;
  readonly #packet = new Packet(undefined);
  /** Ports to which exports went: what else goes there belongs to them. */
  readonly #ports = new Set(USUAL_PORTS);

  *find(frames: Frames): Generator<Datagram> {
    for (let i = 0; i < frames.count; i++) {
      const bytes = udpPayload(this.#packet, frames, i);
      if (!bytes || !this.#isExport(bytes, frames.view)) continue;
      this.found++;
      yield { bytes, from: this.#originIn(frames.view), receivedAt: timeOf(frames, i) };
    }
  }

  #isExport(bytes: Uint8Array, view: DataView): boolean {
    const version = bytes.length < 2 ? 0 : ((bytes[0] as number) << 8) | (bytes[1] as number);
    if (version !== 5 && version !== 9 && version !== 10) return false;
    const port = view.getUint16(this.#packet.transportAt + 2);
    if (this.#ports.has(port)) return true;
    if (exportLength(bytes) === undefined) return false;
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

async function* readPayloads(input: Input): AsyncGenerator<DatagramBlock> {
  if (input.size > LARGEST_PAYLOAD_FILE) {
    throw new YaguraError('input-unrecognised', 'the file is too large for raw datagrams; give it as a capture', { file: input.name });
  }
  const bytes = await readFile(input.path);
  if (exportLength(bytes) === undefined) throw new YaguraError('input-unrecognised', UNRECOGNISED, { file: input.name });
  yield { datagrams: splitDatagrams(bytes), position: bytes.length };
}

/** A rest that is no export is given as it is, so that it is counted as broken. */
function* splitDatagrams(bytes: Uint8Array): Generator<Datagram> {
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.subarray(at);
    const length = exportLength(rest) ?? rest.length;
    const datagram = rest.subarray(0, length);
    yield { bytes: datagram, from: NOBODY, receivedAt: exportTime(datagram) };
    at += length;
  }
}

function exportTime(bytes: Uint8Array): number {
  if (bytes.length < 12) return 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(view.getUint16(0) === 10 ? 4 : 8) * 1000;
}
