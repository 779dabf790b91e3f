/**
 * Families of malware by the set of ports they seek, as dated data.
 *
 * The Mirai mark names the family tree; which branch it is shows, if at all, in the ports.
 * Each entry has a version and an interval in which it holds, so that judging an old day
 * again judges by what was known of that day. It only ever says that something fits.
 */
import { z } from 'zod';
import type { ScanningSourceRow } from '../domain/question.ts';
import { CATALOGUE, readCatalogueFile, textSchema, validityDay } from '../engine/catalogue-file.ts';
import { isValidAt, newestOfEach } from './fingerprints.ts';

const port = z.number().int().min(0).max(65_535);

const familySchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  version: z.number().int().min(1),
  title: textSchema,
  /** Whether its packets carry the mark of Mirai. */
  mark: z.enum(['mirai', 'none']),
  /** TCP ports that must all have been tried. */
  ports: z.array(port).min(1),
  /** Ports it may try beside them. */
  alsoPorts: z.array(port),
  minPackets: z.number().int().min(1),
  /** Share of the source's packets that must go to these ports. */
  minShare: z.number().min(0.5).max(1),
  validFrom: validityDay,
  validTo: validityDay,
  note: textSchema,
  sources: z.array(z.string().min(1)).min(1),
});

export type Family = z.infer<typeof familySchema>;

export function loadFamilies(url: URL = new URL('fingerprints/families.yaml', CATALOGUE)): readonly Family[] {
  return readCatalogueFile(url, z.strictObject({ families: z.array(familySchema) })).families;
}

/** The catalogue, read once when the program starts. */
export const FAMILIES: readonly Family[] = loadFamilies();

const TCP = 6;

/** The family whose ports fit, by the versions that held when the source was last seen; the largest set of ports first. */
export function familyOf(row: ScanningSourceRow, mark: Family['mark'], families: readonly Family[] = FAMILIES): Family | undefined {
  const valid = newestOfEach(families.filter((family) => family.mark === mark && isValidAt(family, row.lastSeenAt)));
  return valid.filter((family) => fits(family, row)).sort((a, b) => b.ports.length - a.ports.length)[0];
}

function fits({ ports, alsoPorts, minPackets, minShare, mark }: Family, row: ScanningSourceRow): boolean {
  const counts = mark === 'mirai' ? row.miraiPorts : row.ports;
  const sent = counts.reduce((sum, { packets }) => sum + packets, 0);
  const tried = counts.filter((count) => count.protocol === TCP && (ports.includes(count.port) || alsoPorts.includes(count.port)));
  const fitting = tried.reduce((sum, { packets }) => sum + packets, 0);
  const hasAll = ports.every((one) => tried.some((count) => count.port === one));
  return hasAll && fitting >= minPackets && fitting >= minShare * (mark === 'mirai' ? sent : row.packets);
}

/** 'satori/1': which edition it was judged by. */
export const editionOf = ({ id, version }: Pick<Family, 'id' | 'version'>): string => `${id}/${version}`;
