/**
 * Writes a brotli copy beside every text file of the build, so that the hub sends bytes
 * from disk instead of compressing the same file for every visitor. Fonts are brotli inside.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { Plugin } from 'vite';

const compress = promisify(brotliCompress);
const TEXT = new Set(['.js', '.css', '.html', '.svg']);
const SMALLEST_WORTHWHILE_BYTES = 1024;

export function precompress(): Plugin {
  return {
    name: 'yagura-precompress',
    apply: 'build',
    async writeBundle(options) {
      if (options.dir) await compressFolder(options.dir);
    },
  };
}

async function compressFolder(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && TEXT.has(extname(entry.name)));
  await Promise.all(files.map((file) => compressFile(join(file.parentPath, file.name))));
}

async function compressFile(path: string): Promise<void> {
  const bytes = await readFile(path);
  if (bytes.length < SMALLEST_WORTHWHILE_BYTES) return;
  await writeFile(`${path}.br`, await compress(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
}
