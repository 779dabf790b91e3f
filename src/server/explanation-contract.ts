/**
 * A finding explained: one answer that a page for non-specialists is drawn from, in both languages.
 *
 * The same rules as in contract.ts: one zod schema per shape gives the check, the type
 * and the OpenAPI document; the console imports only types from here; times are Unix
 * milliseconds UTC.
 */
import { z } from '@hono/zod-openapi';
import { findingSchema, observationPageSchema } from './contract.ts';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');
const gap = z.object({ from: time, to: time });
const point = z.object({ title: text, text });

const sensorQuality = z.object({
  id: z.string(),
  title: text,
  addresses: z.number().int().nullable().describe('Unused addresses it observed then; null: nobody has said'),
  watchedShare: z.number().nullable().describe('Share of the period in which it watched, 0..1; null: we cannot say'),
  received: z.number().nullable().describe('Packets it says it received; null when it said nothing of itself'),
  lost: z.number(),
  dropped: z.number(),
  malformed: z.number(),
});

export const findingQualitySchema = z
  .object({
    from: time,
    to: time,
    isComplete: z.boolean().describe('No gap, no loss, no drop, nothing erased'),
    watchedShare: z.number().nullable(),
    gaps: z.array(gap).describe('When none of its sensors watched'),
    sensors: z.array(sensorQuality),
    sampling: text,
    keptSince: time.nullable().describe('Single observations before this are no longer kept; null: all are'),
    notes: z.array(text).describe('The same in sentences'),
  })
  .openapi('FindingQuality');

/** What a picture is drawn from. Steps without packets are absent. */
export const findingPictureSchema = z
  .object({
    kind: z.enum(['activity', 'footprint', 'flood']),
    title: text,
    alt: text.describe('What it shows, in one sentence'),
    from: time,
    to: time,
    stepSeconds: z.number().int(),
    isWhole: z.boolean().describe('False when the finding reaches back further than the picture'),
    gaps: z.array(gap),
    ports: z.array(z.object({ name: z.string().describe("'23/TCP'"), packets: z.number() })),
    distinctPorts: z.number().int(),
    cells: z
      .array(z.object({ step: z.number().int(), port: z.number().int(), packets: z.number() }))
      .describe('port is a place in ports, -1 for all others'),
    steps: z.array(
      z.object({
        step: z.number().int(),
        packets: z.number(),
        busiestMinute: z.number().describe('Packets in the busiest minute of the step'),
        marked: z.number().describe('Packets with the Mirai mark'),
        targets: z.number().describe('Distinct destinations, estimated'),
      }),
    ),
    intervals: z.array(z.object({ from: time, to: time, packets: z.number() })).describe('Of an attack'),
  })
  .openapi('FindingPicture');

export const explanationSchema = z
  .object({
    finding: findingSchema,
    heading: text,
    lead: text,
    saw: z.array(point).describe('What we saw'),
    why: z.array(point).describe('Why we think so'),
    confidence: z.object({ value: z.number().describe('0..100'), words: text }),
    doubts: z.array(point).describe('What else it could be'),
    unseen: z.array(text).describe('What the data could not show'),
    advice: z.object({ summary: text, risk: text, steps: z.array(text) }).describe('What to do'),
    rule: z.object({
      id: z.string(),
      version: z.number(),
      title: text,
      parameters: z.array(z.object({ name: z.string(), value: z.unknown(), meaning: text.nullable() })),
    }),
    sample: observationPageSchema.describe('The newest observations it rests on'),
    question: z
      .object({ source: z.literal('telescope'), filter: z.string(), from: time, to: time })
      .nullable()
      .describe('Asks /explore for all of them; null for feeds'),
    quality: findingQualitySchema,
    picture: findingPictureSchema.nullable(),
  })
  .openapi('Explanation');

export type Explanation = z.infer<typeof explanationSchema>;
export type FindingPicture = z.infer<typeof findingPictureSchema>;
export type FindingQuality = z.infer<typeof findingQualitySchema>;
