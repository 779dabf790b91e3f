/** Reads the YAML files of the catalogue that detectors judge by. A wrong one ends the start, with its reason. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { YaguraError } from '../engine/errors.ts';

export const FINGERPRINT_FOLDER: URL = new URL('../../catalogue/fingerprints/', import.meta.url);

export const textSchema = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });

/** First or last day on which an entry holds; null: since ever, for good. */
export const validityDay = z.iso
  .date()
  .transform((text) => Date.parse(text))
  .nullable();

export function readCatalogueFile<T>(url: URL, schema: z.ZodType<T>): T {
  try {
    return schema.parse(parse(readFileSync(url, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new YaguraError('config-invalid', `This file of the catalogue cannot be used: ${reason}`, { file: url.pathname, cause });
  }
}
