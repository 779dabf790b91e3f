/**
 * What crosses the wire as public statistics: sums and shares, never the address of a source.
 *
 * The same rules as in contract.ts. No figure stands alone: each has the number of
 * observed addresses, the share of its time in which we watched, and the facts that
 * changed what it means. Days and years are those of UTC.
 */
import { z } from '@hono/zod-openapi';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');
const gap = z.object({ from: time, to: time });
const share = z.number().min(0).max(1);

export const STATISTICS_STEPS = [300, 3600, 86_400] as const;
export const STATISTICS_TABLES = ['series', 'ports', 'countries', 'networks', 'years'] as const;
export type StatisticsTable = (typeof STATISTICS_TABLES)[number];

const addresses = z.object({ low: z.number().int(), high: z.number().int(), average: z.number() });
const figures = {
  packets: z.number(),
  addresses: addresses.nullable().describe('Observed while we watched; null when not known for every sensor'),
  perAddressDay: z.number().nullable().describe('Packets per observed address and day of watching'),
  watched: share.describe('Part of the time in which every sensor watched that there was'),
};

const topRow = z.object({ key: z.string(), label: text, packets: z.number(), share });

const year = z.object({
  year: z.number().int(),
  from: time,
  to: time,
  ...figures,
  perAddress: z.number().nullable().describe('Packets of the year per observed address; too low when there are gaps'),
  sensors: z.number().int(),
  isComplete: z.boolean().describe('The year is over and was watched from its first to its last day without a gap'),
  isComparable: z.boolean().describe('With the year before'),
  reasons: z.array(text).describe('Why it cannot be compared'),
});

export const statisticsSchema = z
  .object({
    at: time,
    from: time,
    to: time,
    stepSeconds: z.number().int(),
    year: z.number().int().nullable(),
    isSimulated: z.boolean(),
    sensors: z.number().int(),
    steps: z.array(
      z.object({
        at: time,
        ...figures,
        hosts: z.number().int().nullable().describe('Distinct sources; null when not counted'),
        scannerPackets: z.number().nullable().describe('Of whole days only'),
        isGap: z.boolean().describe('Nobody watched in all of it: draw it hatched, never as zero'),
        isChanged: z.boolean().describe('What the figure means changed within it'),
      }),
    ),
    gaps: z.array(gap).describe('No sensor watched'),
    partialGaps: z.array(gap).describe('At least one sensor did not watch'),
    changes: z.array(z.object({ at: time, kind: z.enum(['addresses', 'sensor-added']), text })),
    totals: z.object({
      ...figures,
      perAddress: z.number().nullable(),
      hosts: z.number().int().nullable(),
      scannerPackets: z.number().nullable(),
      scannerShare: share.nullable(),
    }),
    ports: z.array(topRow),
    countries: z.array(topRow),
    networks: z.array(topRow),
    years: z.array(year),
    definitions: z.array(z.object({ id: z.string(), title: text, text })),
  })
  .openapi('Statistics');

export type Statistics = z.infer<typeof statisticsSchema>;
export type StatisticsStep = Statistics['steps'][number];
export type StatisticsYear = Statistics['years'][number];
