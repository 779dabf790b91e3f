/** What crosses the wire about evidence that was put aside, and about what a sensor can see. */
import { z } from '@hono/zod-openapi';
import { SUPPRESSION_REASONS } from '../domain/suppressed.ts';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');

export const suppressedPageSchema = z
  .object({
    from: time,
    to: time,
    rows: z
      .array(
        z.object({
          sensor: z.string(),
          day: time.describe('Start of the UTC day'),
          module: z.string().describe('The detector that put it aside'),
          reason: z.enum(SUPPRESSION_REASONS),
          text: text.describe('The reason in words'),
          sources: z.number().int(),
          packets: z.number().int(),
          firstAt: time,
          lastAt: time,
          ports: z
            .array(z.object({ protocol: z.number().int(), port: z.number().int(), sources: z.number().int(), packets: z.number().int() }))
            .describe('What most of the sources tried, at most five'),
          judgedAt: time,
        }),
      )
      .describe('Newest day first, at most 5000'),
  })
  .openapi('SuppressedPage');

export const sensorLimitsSchema = z
  .object({
    addresses: z.number().int().nullable().describe('Observed now; null: nobody said, so nothing below is known'),
    limits: z
      .object({
        timeoutSeconds: z.number().describe('Silence that ends a scan'),
        slowestPacketsPerSecond: z.number().describe('The slowest scan of the whole Internet a day shows with this probability'),
        probability: z.number(),
        minPackets: z.number().int(),
        minTargets: z.number().int(),
        leastCoverage: z.number().describe('Share of IPv4 one pass must cover to be seen with this probability'),
      })
      .nullable(),
  })
  .openapi('SensorLimits');

export type SuppressedPage = z.infer<typeof suppressedPageSchema>;
export type SensorLimits = z.infer<typeof sensorLimitsSchema>;
