/**
 * The bytes of a file in order, decompressed on the way when they are gzip or Zstandard.
 *
 * Plain files are read synchronously: a read from the page cache is shorter than the
 * detour over the thread pool. Compressed ones come through the streams of node:zlib,
 * so memory stays flat whatever the ratio.
 */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { YaguraError } from '../../engine/errors.ts';
import type { Input } from '../../engine/modules.ts';

export interface ByteSource {
  /** Fills `target` from `at`; 0 at the end. */
  read(target: Uint8Array, at: number): number | Promise<number>;
  /** Bytes of the file on disk taken so far. */
  position(): number;
  close(): void;
}

const CHUNK = 256 * 1024;

export type Compression = 'none' | 'gzip' | 'zstd';

/** By magic number, never by name. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'none';
}

export function openBytes(input: Input): { source: ByteSource; compression: Compression } {
  const file = openPlain(input, 0);
  const head = new Uint8Array(4);
  let compression: Compression;
  try {
    const length = file.read(head, 0);
    if (length === 0) throw new YaguraError('input-malformed', 'the file is empty', { file: input.name });
    compression = compressionOf(head);
  } finally {
    file.close();
  }
  return { compression, source: compression === 'none' ? openPlain(input, 0) : openCompressed(input, compression) };
}

interface PlainSource extends ByteSource {
  read(target: Uint8Array, at: number): number;
}

/** A file as it is, from byte `start` on. */
export function openPlain(input: Input, start: number): PlainSource {
  let position = start;
  let handle: number | undefined;
  try {
    handle = openSync(input.path, 'r');
  } catch (cause) {
    throw unreadable(input, cause);
  }
  return {
    read(target, at) {
      if (handle === undefined) return 0;
      try {
        const length = readSync(handle, target, at, target.length - at, position);
        position += length;
        return length;
      } catch (cause) {
        throw unreadable(input, cause);
      }
    },
    position: () => position,
    close() {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
    },
  };
}

function unreadable(input: Input, cause: unknown): YaguraError {
  const isFolder = cause instanceof Error && 'code' in cause && cause.code === 'EISDIR';
  const sentence = isFolder
    ? 'this is a folder; name the files in it'
    : 'the file cannot be read; check that it exists and its permissions';
  return new YaguraError('input-unreadable', sentence, { file: input.name, cause });
}

function openCompressed(input: Input, compression: 'gzip' | 'zstd'): ByteSource {
  const file = createReadStream(input.path, { highWaterMark: CHUNK });
  const decoder: Transform = compression === 'gzip' ? createGunzip({ chunkSize: CHUNK }) : createZstdDecompress({ chunkSize: CHUNK });
  // The iterator below reports the error; the callback only keeps it from being unhandled.
  pipeline(file, decoder, () => undefined);
  const chunks: AsyncIterator<Uint8Array, undefined> = decoder[Symbol.asyncIterator]();
  let rest = new Uint8Array(0);
  return {
    async read(target, at) {
      if (rest.length === 0) rest = await nextChunk(chunks, input, compression);
      const length = Math.min(rest.length, target.length - at);
      target.set(rest.subarray(0, length), at);
      rest = rest.subarray(length);
      return length;
    },
    position: () => file.bytesRead,
    close() {
      file.destroy();
      decoder.destroy();
    },
  };
}

async function nextChunk(
  chunks: AsyncIterator<Uint8Array, undefined>,
  input: Input,
  compression: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    for (;;) {
      const { value, done } = await chunks.next();
      if (done === true || value === undefined) return new Uint8Array(0);
      if (value.length > 0) return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.length);
    }
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) throw unreadable(input, cause);
    throw new YaguraError('input-malformed', `the ${compression} data is damaged or cut short; what came before is kept`, {
      file: input.name,
      cause,
    });
  }
}
