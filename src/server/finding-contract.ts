/**
 * What crosses the wire where many findings are looked at and decided at once, and where
 * a rule is tried on the past. The same rules as in contract.ts.
 */
import { z } from '@hono/zod-openapi';
import { FINDING_KINDS, SEVERITIES } from '../domain/finding.ts';
import { findingSchema } from './contract.ts';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');

/** A finding as one row of a long list. */
export const listedFindingSchema = findingSchema
  .pick({
    fingerprint: true,
    kind: true,
    kindTitle: true,
    identifier: true,
    asset: true,
    port: true,
    transport: true,
    severity: true,
    confidence: true,
    state: true,
    firstSeenAt: true,
    lastSeenAt: true,
    count: true,
    caseId: true,
  })
  .extend({ constituentName: text.nullable() })
  .openapi('ListedFinding');
export const findingStretchSchema = z.object({ offset: z.number().int(), rows: z.array(listedFindingSchema) }).openapi('FindingStretch');

const counted = z.record(z.string(), z.number().int());
export const findingCountsSchema = z
  .object({
    total: z.number().int(),
    byKind: counted.describe('As if the filter did not name a kind; likewise below'),
    bySeverity: counted,
    byState: counted,
    kindTitles: z.record(z.string(), text),
    sensors: z.array(z.string()).describe('Sensors and feeds that findings rest on'),
  })
  .openapi('FindingCounts');

export const findingMarkSchema = z
  .object({
    fingerprints: z.array(z.string()).min(1).max(5000),
    to: z.enum(['false_positive', 'accepted', 'reopened', 'undo']),
    reason: z.string().trim().min(3).max(1000),
    expiresAt: time.nullable().default(null).describe('When an acceptance ends'),
  })
  .openapi('FindingMark');
export const findingMarkResultSchema = z.object({ changed: z.array(z.string()), unchanged: z.number().int() }).openapi('FindingMarkResult');
export const standingMarkSchema = z
  .object({
    mark: z.object({ state: z.string(), reason: z.string(), actor: z.string(), at: time, expiresAt: time.nullable() }).nullable(),
  })
  .openapi('StandingMark');

export const backtestRulesSchema = z
  .object({
    rows: z.array(
      z.object({
        id: z.string(),
        version: z.number(),
        title: text,
        description: text,
        settings: z.record(z.string(), z.unknown()).describe('As they are in force now'),
        schema: z.unknown().describe('JSON Schema of the settings'),
      }),
    ),
    sensors: z.array(z.string()),
    firstAt: time.nullable(),
    lastAt: time.nullable(),
  })
  .openapi('BacktestRules');

export const backtestRequestSchema = z
  .object({
    rule: z.string(),
    set: z.record(z.string(), z.unknown()).default({}).describe('Settings that change; the others stay as they are in force'),
    from: time,
    to: time,
    sensor: z.string().optional(),
  })
  .openapi('BacktestRequest');

export const backtestSampleSchema = z.object({
  kind: z.enum(FINDING_KINDS),
  identifier: z.string(),
  asset: z.string(),
  port: z.number().int().nullable(),
  transport: z.string().nullable(),
  sensor: z.string(),
  day: time,
  count: z.number(),
  present: z.enum(SEVERITIES).nullable().describe('Severity by the settings in force; null: not found'),
  proposed: z.enum(SEVERITIES).nullable(),
  because: text,
});

export const backtestResultSchema = z
  .object({
    rule: z.string(),
    version: z.number(),
    from: time,
    to: time,
    sensors: z.array(z.string()),
    days: z.number().int().describe('Sensor days that were judged'),
    judged: z.number().int().describe('Rows of the question: one per source, sensor and day'),
    isWhole: z.boolean().describe('False when there were too many findings to compare them all'),
    present: z.number().int().describe('Distinct findings by the settings in force'),
    proposed: z.number().int(),
    added: z.number().int().describe('Found only by the proposed settings'),
    lost: z.number().int(),
    unchanged: z.number().int(),
    raised: z.number().int().describe('Found by both, graver by the proposed'),
    lowered: z.number().int(),
    bySeverity: z.array(z.object({ severity: z.enum(SEVERITIES), present: z.number().int(), proposed: z.number().int() })),
    samples: z.object({
      added: z.array(backtestSampleSchema),
      lost: z.array(backtestSampleSchema),
      changed: z.array(backtestSampleSchema),
    }),
    settings: z.object({ present: z.record(z.string(), z.unknown()), proposed: z.record(z.string(), z.unknown()) }),
    yaml: z.string().describe('What to put into the configuration to switch it on'),
    seconds: z.number(),
  })
  .openapi('BacktestResult');

/** One line of the answer: how far it is, then the result, or what went wrong. */
export const backtestLineSchema = z
  .union([
    z.object({
      type: z.literal('progress'),
      done: z.number().int(),
      total: z.number().int(),
      added: z.number().int(),
      lost: z.number().int(),
    }),
    z.object({ type: z.literal('result'), result: backtestResultSchema }),
    z.object({ type: z.literal('problem'), code: z.string(), message: z.string() }),
  ])
  .openapi('BacktestLine');

export type ListedFinding = z.infer<typeof listedFindingSchema>;
export type FindingStretch = z.infer<typeof findingStretchSchema>;
export type FindingCounts = z.infer<typeof findingCountsSchema>;
export type FindingMark = z.infer<typeof findingMarkSchema>;
export type FindingMarkResult = z.infer<typeof findingMarkResultSchema>;
export type StandingMark = z.infer<typeof standingMarkSchema>;
export type BacktestRules = z.infer<typeof backtestRulesSchema>;
export type BacktestRequest = z.infer<typeof backtestRequestSchema>;
export type BacktestSample = z.infer<typeof backtestSampleSchema>;
export type BacktestResult = z.infer<typeof backtestResultSchema>;
export type BacktestLine = z.infer<typeof backtestLineSchema>;
