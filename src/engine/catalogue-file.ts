/** Reads the YAML files of the catalogue. A wrong one ends the start, with its reason. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Prefix, parsePrefix } from '../domain/address.ts';
import { YaguraError } from './errors.ts';

export const CATALOGUE: URL = new URL('../../catalogue/', import.meta.url);

export const textSchema = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });

export const prefixSchema = z.string().transform((text, context): Prefix => {
  const prefix = parsePrefix(text);
  if (prefix) return prefix;
  context.addIssue({ code: 'custom', message: `${text} is not a prefix` });
  return z.NEVER;
});

/** First or last day on which an entry holds; null: since ever, for good. */
export const validityDay = z.iso
  .date()
  .transform((text) => Date.parse(text))
  .nullable();

export function readCatalogueFile<T>(url: URL, schema: z.ZodType<T>, what: string = 'This file of the catalogue'): T {
  try {
    return schema.parse(parse(readFileSync(url, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new YaguraError('config-invalid', `${what} cannot be used: ${reason}`, { file: url.pathname, cause });
  }
}
