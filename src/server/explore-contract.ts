/**
 * What crosses the wire when people explore stored observations.
 *
 * The same rules as in contract.ts: one zod schema per shape gives the check, the type
 * and the OpenAPI document; the console imports only types from here; times are Unix
 * milliseconds UTC. All addresses begin with /api/v1/explore. A filter that cannot be
 * read is refused with the code 'usage'; ask /explore/check first for the place and a
 * suggestion.
 */
import { z } from '@hono/zod-openapi';
import { EXPLORE_SOURCES, FIELD_TYPES, MEASURES } from '../domain/explore.ts';
import { PURPOSE_IDS } from '../domain/purpose.ts';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');
const gap = z.object({ from: time, to: time });

/** What every question says. */
export const EXPLORE_ORDERS = ['time', 'packets', 'bytes'] as const;
export const EXPORT_SHAPES = ['rows', 'top', 'series'] as const;
export const EXPORT_FORMATS = ['csv', 'json', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const field = z.object({
  id: z.string().describe('The word people type'),
  type: z.enum(FIELD_TYPES),
  title: text,
  description: text,
  sources: z.array(z.enum(EXPLORE_SOURCES)),
  canGroup: z.boolean(),
  canFilter: z.boolean(),
  examples: z.array(z.string()),
});
export const exploreFieldsSchema = z
  .object({
    source: z.enum(EXPLORE_SOURCES),
    fields: z.array(field),
    measures: z.array(z.object({ id: z.enum(MEASURES), title: text, unit: text })),
  })
  .openapi('ExploreFields');

export const exploreCheckSchema = z
  .object({
    ok: z.boolean(),
    problem: z
      .object({
        position: z.number().int().describe('Character at which it begins, 0 is the first'),
        length: z.number().int().describe('Characters to underline; 0 at the end of the text'),
        text,
        suggestion: z.string().nullable().describe('The whole filter as it may have been meant'),
      })
      .optional(),
    /** The filter in its canonical words; '' when it holds everything or is wrong. */
    canonical: z.string(),
    completions: z.array(
      z.object({
        text: z.string().describe('Replaces the characters from `from` to `to`'),
        title: text,
        kind: z.enum(['field', 'operator', 'value', 'connective']),
        from: z.number().int(),
        to: z.number().int(),
      }),
    ),
  })
  .openapi('ExploreCheck');

/** What may make the figures of an answer smaller than the truth. */
export const dataQualitySchema = z
  .object({
    isComplete: z.boolean().describe('No gap, no loss, no drop, no unknown sampling interval, nothing erased'),
    erasedUntil: time.nullable().describe('Single observations before this are no longer kept, though rollups of them are'),
    gaps: z.array(gap).describe('When nobody watched: never to be read as zero'),
    origins: z
      .array(
        z.object({
          sensor: z.string(),
          exporter: z.string().describe("'' for a telescope"),
          kind: z.string().describe("'telescope', 'netflow-9', 'ipfix', 'sflow' …"),
          received: z.number(),
          records: z.number(),
          lost: z.number(),
          lostUnit: z.string(),
          dropped: z.number(),
          malformed: z.number(),
          withoutTemplate: z.number(),
        }),
      )
      .describe('One per sensor and exporter; worst first, at most 100'),
    sampling: z
      .object({
        low: z.number().int().describe('Smallest interval: one packet in so many'),
        high: z.number().int(),
        unknownRecords: z.number().describe('Flow records whose interval is not known; counted as they are'),
        isMultiplied: z.boolean(),
      })
      .nullable()
      .describe('Null for a telescope and without flow records'),
    notes: z.array(text).describe('The same in sentences, for reading beside the figure'),
  })
  .openapi('DataQuality');

const column = z.object({ id: z.string(), type: z.enum([...FIELD_TYPES, 'time']), title: text, unit: text.nullable() });
export const exploreRowsSchema = z
  .object({
    from: time,
    to: time,
    rows: z.array(z.record(z.string(), z.union([z.string(), z.number()]))).describe('Values by column id; `time` is Unix ms'),
    cursor: z.string().nullable().describe('Pass as ?cursor= with the same question and the returned from and to; null on the last page'),
    columns: z.array(column),
    elapsedMs: z.number(),
    dataQuality: dataQualitySchema,
  })
  .openapi('ExploreRows');

const topRow = z.object({
  keys: z.array(z.string()).describe('One per field, as people write it; can be put into a filter'),
  labels: z.array(text).describe('Names for the keys where there are any, else the key'),
  packets: z.number(),
  bytes: z.number(),
  records: z.number().nullable().describe('Flow records or cells; null when a rollup answered'),
  sources: z.number().nullable().describe('Distinct; null unless it is the measure'),
  destinations: z.number().nullable().describe('Distinct; null unless it is the measure'),
});
export const exploreTopSchema = z
  .object({
    from: time,
    to: time,
    by: z.array(z.string()),
    measure: z.enum(MEASURES),
    rows: z.array(topRow),
    total: z.number().describe('The measure over everything the filter lets through; distinct counts do not add up to it'),
    elapsedMs: z.number(),
    dataQuality: dataQualitySchema,
  })
  .openapi('ExploreTop');

export const exploreSeriesSchema = z
  .object({
    from: time,
    to: time,
    stepSeconds: z.number().int(),
    by: z.string().nullable(),
    measure: z.enum(MEASURES),
    series: z.array(
      z.object({
        key: z.string().nullable().describe("null: everything together; '…': the rest"),
        label: text,
        values: z.array(z.number()).describe('One figure per step; meaningless inside a gap'),
        total: z.number(),
      }),
    ),
    gaps: z.array(gap),
    elapsedMs: z.number(),
    dataQuality: dataQualitySchema,
  })
  .openapi('ExploreSeries');

/** Queries: what may stand behind '?'. `from` and `to` may be left out: the newest 24 hours with data. */
const flag = z
  .enum(['true', 'false', '1', '0', ''])
  .transform((word) => word !== 'false' && word !== '0')
  .optional();
const queryTime = z.coerce.number().int().min(0).max(8.64e15).optional();
export const exploreScopeQuery = {
  source: z.enum(EXPLORE_SOURCES),
  filter: z.string().max(4000).default(''),
  from: queryTime,
  to: queryTime,
  raw: flag.describe('Counters as exported, not multiplied by the sampling interval'),
  purpose: z
    .enum(PURPOSE_IDS)
    .optional()
    .describe('What addresses of flow records are looked at for; needs leave. Without it the newest leave counts'),
};
export const exploreFieldsQuery = z.object({ source: z.enum(EXPLORE_SOURCES) });
export const exploreCheckQuery = z.object({
  source: z.enum(EXPLORE_SOURCES),
  filter: z.string().max(4000).default(''),
  cursor: z.coerce.number().int().min(0).optional().describe('Where the caret is; without it there are no completions'),
});
export const exploreRowsQuery = z.object({
  ...exploreScopeQuery,
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(4000).optional(),
  order: z.enum(EXPLORE_ORDERS).default('time').describe('Newest first, or most first'),
});
export const exploreTopQuery = z.object({
  ...exploreScopeQuery,
  by: z.string().max(200).describe('One to three field ids, separated by commas'),
  measure: z.enum(MEASURES).default('packets'),
  limit: z.coerce.number().int().min(1).max(1000).default(10),
});
export const exploreSeriesQuery = z.object({
  ...exploreScopeQuery,
  by: z.string().max(60).optional(),
  measure: z.enum(MEASURES).default('packets'),
  step: z.coerce.number().int().min(60).optional().describe('Seconds, a multiple of 60; chosen by the period when left out'),
  top: z.coerce.number().int().min(1).max(20).default(5),
});
export const exploreExportQuery = z.object({
  ...exploreScopeQuery,
  shape: z.enum(EXPORT_SHAPES).default('rows'),
  format: z.enum(EXPORT_FORMATS).default('csv'),
  by: z.string().max(200).optional(),
  measure: z.enum(MEASURES).default('packets'),
  order: z.enum(EXPLORE_ORDERS).default('time'),
  step: z.coerce.number().int().min(60).optional(),
  top: z.coerce.number().int().min(1).max(20).default(5),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe('Most rows; 100,000 of observations unless said, 1000 of others'),
});

export type ExploreFields = z.infer<typeof exploreFieldsSchema>;
export type ExploreCheck = z.infer<typeof exploreCheckSchema>;
export type DataQualityAnswer = z.infer<typeof dataQualitySchema>;
export type ExploreRows = z.infer<typeof exploreRowsSchema>;
export type ExploreTop = z.infer<typeof exploreTopSchema>;
export type ExploreSeriesAnswer = z.infer<typeof exploreSeriesSchema>;
