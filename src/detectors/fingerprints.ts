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
import { CATALOGUE, readCatalogueFile, textSchema, validityDay } from '../engine/catalogue-file.ts';

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
  validFrom: validityDay,
  validTo: validityDay,
  note: textSchema,
  sources: z.array(z.string().min(1)).min(1),
});

export type Fingerprint = z.infer<typeof fingerprintSchema>;

/** Files of the folder that hold something else. */
const OTHERS: ReadonlySet<string> = new Set(['known-scanners.yaml', 'families.yaml']);

export function loadFingerprints(folder: URL = new URL('fingerprints/', CATALOGUE)): readonly Fingerprint[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml') && !OTHERS.has(name))
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

interface Valid {
  readonly validFrom: number | null; // Unix ms
  readonly validTo: number | null; // the first moment after
}

export const isValidAt = ({ validFrom, validTo }: Valid, at: number): boolean =>
  (validFrom ?? -Infinity) <= at && at < (validTo ?? Infinity);

/** Of several versions of one thing the newest. */
export function newestOfEach<T extends { readonly id: string; readonly version: number }>(entries: readonly T[]): T[] {
  const newest = new Map<string, T>();
  for (const entry of entries) if ((newest.get(entry.id)?.version ?? 0) < entry.version) newest.set(entry.id, entry);
  return [...newest.values()];
}

/** The version that held at a time: an old day judged again is judged by what was known of it. */
export function fingerprintAt(id: string, at: number, prints: readonly Fingerprint[] = FINGERPRINTS): Fingerprint | undefined {
  return newestOfEach(prints.filter((one) => one.id === id && isValidAt(one, at)))[0];
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
  return isValidAt(print, row.lastSeenAt) && packets >= limits.minPackets && share >= limits.minAgreement;
}

/** The scanning tool whose mark the source carries, the best agreement first. */
export function scanningTool(row: ScanningSourceRow, prints: readonly Fingerprint[] = FINGERPRINTS): Fingerprint | undefined {
  const valid = newestOfEach(prints.filter((print) => print.tool !== undefined && isValidAt(print, row.lastSeenAt)));
  const found = valid.filter((print) => matches(print, row));
  return found.sort((a, b) => agreementOf(b, row).share - agreementOf(a, row).share)[0];
}

/**
 * What is known about chance. That all n packets agree by accident has probability 2^-(bits · n);
 * that at least n of m do is at most so many times as there are ways to choose n of m.
 */
export function chanceFacts({ chancePerPacket }: Fingerprint, packets: number, among: number = packets): Record<string, string> {
  if (chancePerPacket === null) return {};
  const exponent = Math.min(0, Math.ceil(log2Choose(among, packets) - chancePerPacket * packets));
  return { chancePerPacket: `2^-${chancePerPacket}`, chanceOfAll: `2^${exponent}` };
}

function log2Choose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) sum += Math.log2((n - i + 1) / i);
  return sum;
}
