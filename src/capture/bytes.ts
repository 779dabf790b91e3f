/**
 * The bytes of a file in order, decompressed on the way when they are gzip or Zstandard.
 *
 * Plain files are read synchronously: a read from the page cache is shorter than the
 * detour over the thread pool. Compressed ones come through the streams of node:zlib,
 * so memory stays flat whatever the ratio.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Transform } from 'node:stream';
import { YaguraError } from '../engine/errors.ts';
import type { Input } from '../engine/modules.ts';

export interface ByteSource {
  /** Fills `target` from `at`; 0 at the end. */
  read(target: Uint8Array, at: number): number | Promise<number>;
  /** Bytes of the file on disk taken so far. */
  position(): number;
  close(): void;
}

const CHUNK = 256 * 1024;
/** Compressed bytes per turn: even a bomb of ratio 1000 then makes no more than 64 MiB at once. */
const FED_AT_ONCE = 64 * 1024;

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

/**
 * The decoder is fed by hand and its output taken as it is made: everything before a fault
 * comes out, and always the same amount, which a piped stream does not promise.
 */
function openCompressed(input: Input, compression: 'gzip' | 'zstd'): ByteSource {
  const file = openPlain(input, 0);
  // Loaded here: most captures are not compressed, and looking at one should not wait for it.
  const { createGunzip, createZstdDecompress } = process.getBuiltinModule('node:zlib');
  const decoder: Transform = compression === 'gzip' ? createGunzip({ chunkSize: CHUNK }) : createZstdDecompress({ chunkSize: CHUNK });
  const made: Uint8Array[] = [];
  const state: { isOver: boolean; fault: unknown } = { isOver: false, fault: undefined };
  decoder.on('data', (chunk: Uint8Array) => made.push(chunk));
  decoder.on('end', () => {
    state.isOver = true;
  });
  decoder.on('error', (fault) => Object.assign(state, { isOver: true, fault }));
  return {
    async read(target, at) {
      while (made.length === 0 && !state.isOver) await feed(file, decoder);
      const [next] = made;
      if (!next && state.fault !== undefined) throw damaged(input, compression, state.fault);
      if (!next) return 0;
      const length = Math.min(next.length, target.length - at);
      target.set(next.subarray(0, length), at);
      if (length === next.length) made.shift();
      else made[0] = next.subarray(length);
      return length;
    },
    position: () => file.position(),
    close() {
      file.close();
      decoder.destroy();
    },
  };
}

/** Gives the decoder its next piece, or the end, and waits until it is through with it. */
async function feed(file: PlainSource, decoder: Transform): Promise<void> {
  const chunk = new Uint8Array(FED_AT_ONCE);
  const length = file.read(chunk, 0);
  await new Promise<void>((resolve) => {
    decoder.once('close', resolve);
    if (length === 0) decoder.end();
    else
      decoder.write(chunk.subarray(0, length), () => {
        decoder.off('close', resolve);
        resolve();
      });
  });
}

function damaged(input: Input, compression: string, cause: unknown): YaguraError {
  return new YaguraError('input-malformed', `the ${compression} data is damaged or cut short; what came before is kept`, {
    file: input.name,
    cause,
  });
}
