/** A text file an operator named. Throws 'input-unreadable' naming it. */
import { readFile } from 'node:fs/promises';
import { YaguraError } from '../engine/errors.ts';

export async function readText(
  file: string,
  advice: string = 'the file cannot be read; check the path and its permissions',
): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new YaguraError('input-unreadable', advice, { file, cause });
  });
}
