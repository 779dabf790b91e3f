/**
 * Opening a file that somebody handed us, and finding the collector that reads it.
 *
 * Content decides before the name does: a PNG called .pcap is not a capture. Whatever is
 * wrong with the file as a whole ends here with one sentence.
 */

import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { YaguraError } from './errors.ts';
import type { Collector, Head, Input } from './modules.ts';

const HEAD_BYTES = 64 * 1024;

/** Throws 'input-unreadable' for a folder, a missing or a forbidden file; 'input-malformed' for an empty one. */
export async function openInput(path: string): Promise<Input> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new YaguraError('input-unreadable', 'there is no such file, or it may not be looked at', { file: path, cause });
  });
  if (info.isDirectory()) throw new YaguraError('input-unreadable', 'this is a folder; name the files in it', { file: path });
  if (!info.isFile()) throw new YaguraError('input-unreadable', 'this is not an ordinary file', { file: path });
  if (info.size === 0) throw new YaguraError('input-malformed', 'the file is empty', { file: path });
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new YaguraError('input-unreadable', 'the file may not be read; check its permissions', { file: path, cause });
  });
  await handle.close();
  return { name: path, path, size: info.size };
}

/** The first 64 KiB, decompressed when the content is gzip or Zstandard. */
export async function readHead(input: Input): Promise<Head> {
  const raw = await readStart(input.path, HEAD_BYTES);
  const name = basename(input.name).replace(/\.(gz|zst)$/i, '');
  if (raw[0] === 0x1f && raw[1] === 0x8b) return { name, bytes: await decompressStart(input, 'gzip') };
  if (raw[0] === 0x28 && raw[1] === 0xb5 && raw[2] === 0x2f && raw[3] === 0xfd) {
    return { name, bytes: await decompressStart(input, 'zstd') };
  }
  return { name, bytes: raw };
}

async function readStart(path: string, length: number): Promise<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function decompressStart(input: Input, compression: 'gzip' | 'zstd'): Promise<Uint8Array> {
  // Loaded here, because a command that only looks at a plain file should not wait for them.
  const [{ pipeline }, { createGunzip, createZstdDecompress }] = await Promise.all([import('node:stream/promises'), import('node:zlib')]);
  const decompressor = compression === 'gzip' ? createGunzip() : createZstdDecompress();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    await pipeline(createReadStream(input.path), decompressor, async (stream: AsyncIterable<Uint8Array>) => {
      for await (const chunk of stream) {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= HEAD_BYTES) break;
      }
    });
  } catch (cause) {
    // A file cut short still has a beginning to recognise; only one without any is hopeless here.
    if (length === 0)
      throw new YaguraError('input-malformed', 'the compressed file is damaged from its first byte', { file: input.name, cause });
  }
  if (length === 0) throw new YaguraError('input-malformed', 'the compressed file has nothing in it', { file: input.name });
  return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}

/** The collector for a file: the one named, or the one that recognises the content best. */
export function chooseCollector(collectors: readonly Collector[], head: Head, input: Input, as: string | undefined): Collector {
  if (as !== undefined) {
    const named = collectors.find((collector) => collector.id === as);
    if (named) return named;
    const known = collectors.map((collector) => collector.id).join(', ');
    throw new YaguraError('usage', `there is no collector "${as}"; there are ${known}`);
  }
  const ranked = collectors.map((collector) => ({ collector, trust: collector.recognises(head) })).sort((a, b) => b.trust - a.trust);
  const [best] = ranked;
  if (!best || best.trust <= 0) {
    const known = collectors.map((collector) => collector.id).join(', ');
    throw new YaguraError('input-unrecognised', `no collector recognises this content; name one with --as (${known})`, {
      file: input.name,
    });
  }
  return best.collector;
}

/** SHA-256 of the file as it lies on disk. */
export async function digestOf(input: Input): Promise<Uint8Array> {
  const [{ createHash }, { pipeline }] = await Promise.all([import('node:crypto'), import('node:stream/promises')]);
  const hash = createHash('sha256');
  await pipeline(createReadStream(input.path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest();
}
