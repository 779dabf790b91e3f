/**
 * The list of vulnerabilities known to be exploited, and which of them fit a surge.
 *
 * Read from the JSON file that CISA publishes. Fields that are not known here are left
 * alone, an entry without what is needed is counted with its reason and the rest is used:
 * the list must stay readable when it grows. "Fits" is a hint for people, never a finding.
 */
import { z } from 'zod';
import { type KevEntry, placeText } from '../domain/surge.ts';
import { YaguraError } from '../engine/errors.ts';

const DAY = 86_400_000;
/** A vulnerability listed so long before the onset may be what the surge is about. */
export const FITTING_DAYS = 60;

const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d/)
  .transform((text) => Date.parse(text.slice(0, 10)))
  .refine((at) => !Number.isNaN(at), 'no such day');
const words = z
  .string()
  .nullish()
  .transform((text) => (text ?? '').trim());

const entrySchema = z.looseObject({
  cveID: z.string().regex(/^CVE-\d{4}-\d{4,}$/),
  vendorProject: words,
  product: words,
  vulnerabilityName: words,
  dateAdded: day,
  shortDescription: words,
  requiredAction: words,
  dueDate: day.nullish().catch(null),
  knownRansomwareCampaignUse: words,
});

const fileSchema = z.looseObject({
  catalogVersion: z.coerce.string().default(''),
  dateReleased: z.string().nullish(),
  vulnerabilities: z.array(z.unknown()),
});

export interface KevFile {
  readonly version: string;
  readonly releasedAt: number | null;
  readonly entries: readonly KevEntry[];
  /** Entries that could not be used; `entry` counts from 1. */
  readonly skipped: readonly { readonly entry: number; readonly reason: string }[];
}

export function parseKev(text: string, file: string): KevFile {
  const { catalogVersion, dateReleased, vulnerabilities } = parseFile(text, file);
  const entries = new Map<string, KevEntry>();
  const skipped: { entry: number; reason: string }[] = [];
  for (const [i, value] of vulnerabilities.entries()) {
    const result = entrySchema.safeParse(value);
    if (result.success) entries.set(result.data.cveID, toEntry(result.data));
    else skipped.push({ entry: i + 1, reason: reasonOf(result.error) });
  }
  if (entries.size === 0) throw new YaguraError('input-malformed', 'this list has no entry that can be used', { file });
  const releasedAt = Date.parse(dateReleased ?? '');
  return { version: catalogVersion, releasedAt: Number.isNaN(releasedAt) ? null : releasedAt, entries: [...entries.values()], skipped };
}

function parseFile(text: string, file: string): z.infer<typeof fileSchema> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw new YaguraError('input-malformed', 'this is not JSON; take the JSON form of the list, not the CSV', { file, cause });
  }
  const result = fileSchema.safeParse(value);
  if (result.success) return result.data;
  throw new YaguraError('input-malformed', `this is not a list of known exploited vulnerabilities: ${reasonOf(result.error)}`, {
    file,
    cause: result.error,
  });
}

const reasonOf = ({ issues: [issue] }: z.ZodError): string => `${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}`.trim();

const toEntry = (entry: z.infer<typeof entrySchema>): KevEntry => ({
  cve: entry.cveID,
  vendor: entry.vendorProject,
  product: entry.product,
  name: entry.vulnerabilityName,
  description: entry.shortDescription,
  action: entry.requiredAction,
  addedAt: entry.dateAdded,
  dueAt: entry.dueDate ?? null,
  ransomware: entry.knownRansomwareCampaignUse,
});

/** Words of which all must stand in vendor, product or name. */
export interface ProductHint {
  readonly words: readonly string[];
}

export interface PortProducts {
  readonly ports: readonly string[]; // 'tcp/23'
  readonly service: string;
  readonly products: readonly ProductHint[];
  readonly source: string;
}

const portProductsSchema = z.strictObject({
  ports: z.array(z.string().regex(/^(tcp|udp)\/\d{1,5}$/)).min(1),
  service: z.string().min(1),
  products: z.array(z.array(z.string().min(2)).min(1)).min(1),
  source: z.string().min(1),
});
const catalogueSchema = z.strictObject({ services: z.array(portProductsSchema).min(1) });

/** The catalogue's table of what usually listens where; `value` is its parsed YAML. */
export function toPortProducts(value: unknown, file: string): PortProducts[] {
  const result = catalogueSchema.safeParse(value);
  if (!result.success)
    throw new YaguraError('config-invalid', `this file of the catalogue cannot be used: ${reasonOf(result.error)}`, {
      file,
      cause: result.error,
    });
  return result.data.services.map((service) => ({ ...service, products: service.products.map((one) => ({ words: one })) }));
}

export interface FittingKev {
  readonly entry: KevEntry;
  readonly service: string;
  /** The words that matched. */
  readonly words: readonly string[];
  readonly daysBefore: number;
}

/** Entries listed at most 60 days before the onset whose product usually listens on the port; newest first. */
export function fittingKev(entries: readonly KevEntry[], catalogue: readonly PortProducts[], place: number, onsetAt: number): FittingKev[] {
  const services = catalogue.filter(({ ports }) => ports.includes(placeText(place)));
  const found = entries.flatMap((entry): FittingKev[] => {
    const daysBefore = Math.floor((onsetAt - entry.addedAt) / DAY);
    if (entry.addedAt > onsetAt || daysBefore > FITTING_DAYS) return [];
    const text = ` ${`${entry.vendor} ${entry.product} ${entry.name}`.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, ' ')} `;
    for (const { service, products } of services) {
      const hint = products.find(({ words: all }) => all.every((word) => text.includes(` ${plain(word)} `)));
      if (hint) return [{ entry, service, words: hint.words, daysBefore }];
    }
    return [];
  });
  return found.sort((a, b) => b.entry.addedAt - a.entry.addedAt);
}

const plain = (word: string): string =>
  word
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
