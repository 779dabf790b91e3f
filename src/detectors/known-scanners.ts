/** Organisations that scan openly: their probes are recorded, but nobody is alarmed by them. */
import { z } from 'zod';
import { contains, type Prefix, parseAddress } from '../domain/address.ts';
import type { Text } from '../domain/text.ts';
import { CATALOGUE, prefixSchema, readCatalogueFile, textSchema } from '../engine/catalogue-file.ts';

const knownScannersSchema = z.strictObject({
  scanners: z.array(
    z.strictObject({
      id: z.string().regex(/^[a-z][a-z0-9-]*$/),
      organisation: textSchema,
      prefixes: z.array(prefixSchema).min(1),
      reverseNames: z.array(z.string().regex(/^[a-z0-9.-]+$/)).default([]), // what its addresses are called in DNS, where it says so
      source: z.url(), // where the organisation publishes them
      checkedOn: z.iso.date(),
    }),
  ),
});

export interface KnownScanner {
  readonly id: string;
  readonly organisation: Text;
  readonly prefixes: readonly Prefix[];
  readonly reverseNames: readonly string[];
  readonly source: string;
  readonly checkedOn: string;
}

export function loadKnownScanners(url: URL = new URL('fingerprints/known-scanners.yaml', CATALOGUE)): readonly KnownScanner[] {
  return readCatalogueFile(url, knownScannersSchema).scanners;
}

/** The catalogue, read once when the program starts. */
export const KNOWN_SCANNERS: readonly KnownScanner[] = loadKnownScanners();

export function knownScanner(source: string, scanners: readonly KnownScanner[] = KNOWN_SCANNERS): KnownScanner | undefined {
  const address = scanners.length > 0 ? parseAddress(source) : undefined;
  return address && scanners.find(({ prefixes }) => prefixes.some((prefix) => contains(prefix, address)));
}
