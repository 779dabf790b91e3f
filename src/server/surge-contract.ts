/**
 * What crosses the wire about surges, campaigns and vulnerabilities known to be exploited.
 *
 * The same rules as in contract.ts. Sources are counted and said by network and country;
 * single addresses are asked for in exploration, by the filter that comes along.
 */
import { z } from '@hono/zod-openapi';
import { SURGE_BASES, SURGE_ENDS, SURGE_KINDS } from '../domain/surge.ts';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');
const gap = z.object({ from: time, to: time });
const count = z.number().int();
const share = z.object({ key: z.string(), label: text, sources: count });
const port = z.object({ key: z.string().describe("'tcp/23'"), label: text });

const sensor = z.object({ id: z.string(), title: text });
/** Which telescopes were looked at, and how much history there is to compare with. */
const judged = z.object({ sensor: z.string(), from: time, to: time, hours: count });

export const surgeSchema = z
  .object({
    id: z.string(),
    sensor,
    port,
    kind: z.enum(SURGE_KINDS).describe("'sudden': within minutes; 'slow': over hours or days"),
    because: text,
    onsetAt: time.describe('To the minute'),
    detectedAt: time.describe('End of the window in which it was recognised'),
    lastAt: time,
    endedAt: time.nullable(),
    endReason: z.enum(SURGE_ENDS).nullable(),
    basis: z.enum(SURGE_BASES).describe('What "usual" was taken from'),
    basisText: text,
    samples: count,
    usual: z.number().describe('Sources per window, median'),
    limit: z.number().describe('Sources per window that had to be passed'),
    peak: count,
    peakAt: time,
    sources: count.describe('Distinct since the onset'),
    networks: count,
    asns: count,
    fresh: count.describe('Sources that were not seen on this port the day before'),
    isSpoofable: z.boolean().describe('Nearly all sources sent a single packet'),
    growth: z.array(z.object({ at: time, sources: count })),
    fitting: count.describe('Vulnerabilities listed shortly before whose product listens on this port'),
  })
  .openapi('Surge');

export const surgePageSchema = z
  .object({
    at: time,
    isBehind: z.boolean().describe('Observations have come in that are still being judged'),
    rows: z.array(surgeSchema),
    total: count,
    judged: z.array(judged),
  })
  .openapi('SurgePage');

export const kevEntrySchema = z.object({
  cve: z.string(),
  vendor: z.string(),
  product: z.string(),
  name: z.string(),
  description: z.string(),
  action: z.string(),
  addedAt: time,
  dueAt: time.nullable(),
  ransomware: z.string(),
});

const fitting = z.object({ entry: kevEntrySchema, service: z.string(), words: z.array(z.string()), daysBefore: count });

const kevEdition = z.object({ version: z.string(), releasedAt: time.nullable(), importedAt: time, file: z.string() });

export const surgeDetailSchema = z
  .object({
    at: time,
    isBehind: z.boolean(),
    surge: surgeSchema,
    series: z.object({
      from: time,
      stepSeconds: count,
      sources: z
        .array(z.number().nullable())
        .describe('Distinct sources per step; null: nobody watched all of it. Fewer than three count as none'),
      usual: z.array(z.number().nullable()).describe('Median of what was usual then; null: not known'),
      high: z.array(z.number().nullable()).describe('What had to be passed'),
    }),
    gaps: z.array(gap),
    countries: z.array(share),
    networksBySources: z.array(share),
    marks: z.array(z.object({ tool: z.string(), sources: count })),
    singlePacket: count,
    kev: z.array(fitting),
    kevEdition: kevEdition.nullable(),
    kevDays: count,
    explore: z.object({ filter: z.string(), from: time, to: time }),
  })
  .openapi('SurgeDetail');

export const campaignSchema = z.object({
  id: z.string(),
  sensor,
  ports: z.array(port),
  firstDay: time,
  lastDay: time,
  firstSeenAt: time,
  isNew: z.boolean().nullable().describe('Null: no earlier days to compare with'),
  isCurrent: z.boolean().describe("Seen on the sensor's last day"),
  size: count.describe('Sources on its last day'),
  networks: count,
  asns: count,
  countries: z.array(share),
  networksBySources: z.array(share),
  days: z.array(z.object({ day: time, size: count })),
  explore: z.object({ filter: z.string(), from: time, to: time }),
});

export const campaignPageSchema = z
  .object({
    at: time,
    isBehind: z.boolean(),
    rows: z.array(campaignSchema),
    total: count,
    days: z.array(
      z.object({
        sensor: z.string(),
        day: time,
        sources: count,
        broad: count.describe('Sources that asked for too many ports to belong anywhere'),
      }),
    ),
  })
  .openapi('CampaignPage');

export const kevPageSchema = z.object({ edition: kevEdition.nullable(), total: count, rows: z.array(kevEntrySchema) }).openapi('KevPage');

export const kevImportSchema = z
  .object({ edition: kevEdition, imported: count, skipped: z.array(z.object({ entry: count, reason: z.string() })) })
  .openapi('KevImport');

export type Surge = z.infer<typeof surgeSchema>;
export type SurgePage = z.infer<typeof surgePageSchema>;
export type SurgeDetail = z.infer<typeof surgeDetailSchema>;
export type Campaign = z.infer<typeof campaignSchema>;
export type CampaignPage = z.infer<typeof campaignPageSchema>;
export type KevPage = z.infer<typeof kevPageSchema>;
export type KevImport = z.infer<typeof kevImportSchema>;
