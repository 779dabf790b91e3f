/**
 * Marks that tools and malware leave in their packets, as data.
 *
 * Collectors count packets that carry a mark; a fingerprint says how many of them, and
 * what share of a source's packets, make it believable, since when the mark exists and
 * how often chance alone would produce it. The files in catalogue/fingerprints carry a
 * version, so that a finding can say by which edition it was judged.
 */
import { readdirSync } from 'node:fs';
import { z } from 'zod';
import type { ScanningSourceRow } from '../domain/question.ts';
import { FINGERPRINT_FOLDER, readCatalogueFile, textSchema } from './catalogue-file.ts';

const day = z.iso
  .date()
  .transform((text) => Date.parse(text))
  .nullable();

/** '2^-32' becomes 32: the bits that would have to agree by accident. */
const chanceBits = z
  .string()
  .regex(/^2\^-\d+$/)
  .transform((text) => Number(text.slice(3)))
  .nullable();

const fingerprintSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  version: z.number().int().min(1),
  title: textSchema,
  counter: z.enum(['mirai', 'zmap', 'masscan', 'nmap', 'bare']),
  /** Whose packets must agree: all SYN packets of the source, or those to ports on which the mark was seen. */
  of: z.enum(['syn', 'marked-ports']),
  tool: z.string().min(1).optional(), // the name of the scanning tool the mark is of
  minPackets: z.number().int().min(1),
  minAgreement: z.number().min(0).max(1),
  chancePerPacket: chanceBits,
  validFrom: day,
  validTo: day,
  note: textSchema,
  sources: z.array(z.string().min(1)).min(1),
});

export type Fingerprint = z.infer<typeof fingerprintSchema>;

const KNOWN_SCANNERS = 'known-scanners.yaml';

export function loadFingerprints(folder: URL = FINGERPRINT_FOLDER): readonly Fingerprint[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && name !== KNOWN_SCANNERS)
    .sort()
    .map((name) => readCatalogueFile(new URL(name, folder), fingerprintSchema));
}

/** The catalogue, read once when the program starts; judging reads no file. */
export const FINGERPRINTS: readonly Fingerprint[] = loadFingerprints();

export function fingerprint(id: string): Fingerprint {
  const found = FINGERPRINTS.find((one) => one.id === id);
  if (!found) throw new Error(`the catalogue has no fingerprint ${id}`);
  return found;
}

/** How far a source carries a mark: `packets` of the `among` that could carry it. */
export interface Agreement {
  readonly packets: number;
  readonly among: number;
  readonly share: number;
}

const TCP = 6;

export function agreementOf({ counter, of }: Fingerprint, row: ScanningSourceRow): Agreement {
  const packets = row.marks[counter];
  const among = Math.max(packets, of === 'syn' ? row.synPackets : packetsToMarkedPorts(row));
  return { packets, among, share: among === 0 ? 0 : packets / among };
}

function packetsToMarkedPorts(row: ScanningSourceRow): number {
  const marked = new Set(row.miraiPorts.map(({ port }) => port));
  const sent = row.ports.filter(({ protocol, port }) => protocol === TCP && marked.has(port));
  return sent.reduce((sum, { packets }) => sum + packets, 0);
}

/** The mark is believable, by its own limits or by the ones given instead. */
export function matches(
  print: Fingerprint,
  row: ScanningSourceRow,
  limits: Pick<Fingerprint, 'minPackets' | 'minAgreement'> = print,
): boolean {
  const { packets, share } = agreementOf(print, row);
  const isInUse = (print.validFrom ?? -Infinity) <= row.lastSeenAt && row.lastSeenAt < (print.validTo ?? Infinity);
  return isInUse && packets >= limits.minPackets && share >= limits.minAgreement;
}

/** The scanning tool whose mark the source carries, the best agreement first. */
export function scanningTool(row: ScanningSourceRow, prints: readonly Fingerprint[] = FINGERPRINTS): Fingerprint | undefined {
  const found = prints.filter((print) => print.tool !== undefined && matches(print, row));
  return found.sort((a, b) => agreementOf(b, row).share - agreementOf(a, row).share)[0];
}

/** What is known about chance: that all n packets agree by accident has probability 2^-(bits · n). */
export function chanceFacts({ chancePerPacket }: Fingerprint, packets: number): Record<string, string> {
  if (chancePerPacket === null) return {};
  return { chancePerPacket: `2^-${chancePerPacket}`, chanceOfAll: `2^-${chancePerPacket * packets}` };
}
