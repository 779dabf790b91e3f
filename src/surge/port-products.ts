/** Reads the table of what usually listens where. A wrong one ends the start, with its reason. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { YaguraError } from '../engine/errors.ts';
import { type PortProducts, toPortProducts } from './kev.ts';

export function readPortProducts(file: string): PortProducts[] {
  let value: unknown;
  try {
    value = parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new YaguraError('config-invalid', 'this file of the catalogue cannot be read; restore or correct it', { file, cause });
  }
  return toPortProducts(value, file);
}
