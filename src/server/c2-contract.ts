/**
 * What crosses the wire about purposes and C&C servers.
 *
 * `C2List` is the gate of the list: strict objects of seven fields, each of a form that
 * cannot carry an address other than the server's. A field more or another form, and
 * nothing leaves.
 */
import { z } from '@hono/zod-openapi';
import { parseAddress } from '../domain/address.ts';
import { C2_METHODS, C2_STATES, type C2ListEntry } from '../domain/c2.ts';
import { FAMILY_NAMES } from '../domain/c2-list.ts';
import { PURPOSE_IDS } from '../domain/purpose.ts';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');
const MINUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:00Z$/;
const METHOD = new RegExp(`^(?:${C2_METHODS.join('|')})(?:\\+(?:${C2_METHODS.join('|')})){0,${C2_METHODS.length - 1}}$`);

export const C2Entry = z
  .strictObject({
    address: z
      .string()
      .max(45)
      .refine((word) => parseAddress(word) !== undefined, 'not an address'),
    port: z.number().int().min(1).max(65_535),
    first: z.string().regex(MINUTE),
    last: z.string().regex(MINUTE),
    score: z
      .number()
      .min(0)
      .max(1)
      .refine((score) => Math.round(score * 1000) / 1000 === score, 'three decimals'),
    method: z.string().regex(METHOD),
    family: z.enum(FAMILY_NAMES as [string, ...string[]]).optional(),
  })
  .openapi('C2ListEntry');
export const C2List = z.array(C2Entry);

/** The columns of the list, in the order of its file. */
export const C2_COLUMNS = [
  'address',
  'port',
  'first',
  'last',
  'score',
  'method',
  'family',
] as const satisfies readonly (keyof C2ListEntry)[];

export const purposeSchema = z
  .object({
    id: z.enum(PURPOSE_IDS),
    title: text,
    legalBasis: text,
    fields: z.array(z.string()),
    shows: z.enum(['sums', 'servers', 'clients']),
    keepDays: z.number().int(),
    needsAnother: z.boolean().describe('Nobody may grant it to themself'),
  })
  .openapi('Purpose');
export const purposeListSchema = z.object({ rows: z.array(purposeSchema) });

export const grantSchema = z
  .object({
    id: z.string(),
    purpose: z.enum(PURPOSE_IDS),
    reason: z.string(),
    grantedTo: z.string(),
    requestedBy: z.string(),
    requestedAt: time,
    grantedBy: z.string().nullable().describe('Null: asked for, not given'),
    from: time,
    until: time,
    endedAt: time.nullable(),
    endedBy: z.string().nullable(),
    state: z.enum(['requested', 'active', 'ended']),
    isMine: z.boolean(),
  })
  .openapi('PurposeGrant');
export const grantListSchema = z.object({
  rows: z.array(grantSchema),
  actor: z.string().describe('Who is asking, as it stands in grants'),
  mayGrant: z.boolean(),
  dailyRun: z.string().describe('Who stands in `grantedTo` of leave for the daily search'),
});

const reason = z.string().trim().min(5, 'the reason needs at least 5 characters').max(500);
export const wantedGrant = z.strictObject({
  purpose: z.enum(PURPOSE_IDS),
  reason,
  hours: z.number().int().min(1).default(8),
  /** Left out: the one who asks. */
  grantedTo: z.string().min(1).max(64).optional(),
});

export const accessSchema = z
  .object({
    position: z.number().int(),
    at: time,
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    purpose: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    hash: z.string(),
  })
  .openapi('AccessEntry');
export const accessPageSchema = z.object({
  rows: z.array(accessSchema),
  cursor: z.string().nullable(),
  total: z.number(),
  isIntact: z.boolean(),
});

export const runSchema = z
  .object({
    id: z.string(),
    at: time,
    actor: z.string(),
    purpose: z.string(),
    grantId: z.string(),
    legalBasis: text,
    fields: z.array(z.string()),
    from: time,
    to: time,
    keepUntil: time,
    state: z.enum(['running', 'done', 'failed']),
    seeds: z.number(),
    found: z.number(),
    created: z.number(),
    refused: z.number().describe('Results thrown away because they named others than the server'),
    seconds: z.number(),
    problem: z.string().nullable(),
    deletion: z.object({ at: time, rows: z.number(), hash: z.string() }).nullable().describe('The proof that what it derived is gone'),
  })
  .openapi('C2Run');
export const runListSchema = z.object({ rows: z.array(runSchema) });
export const wantedRun = z
  .strictObject({ from: z.number().int().min(0), to: z.number().int().min(0) })
  .refine(({ from, to }) => from < to, 'from must be before to');

export const candidateSchema = z
  .object({
    id: z.string(),
    address: z.string(),
    port: z.number().int(),
    transport: z.enum(['tcp', 'udp']),
    firstSeenAt: time,
    lastSeenAt: time,
    score: z.number(),
    methods: z.array(z.enum(C2_METHODS)),
    family: z.string().nullable(),
    familyOnList: z.string().nullable().describe('As the list would say it; null when the name is not a known one'),
    features: z.record(z.string(), z.number().nullable()).nullable(),
    because: text.nullable(),
    network: z.string().nullable(),
    country: z.string().nullable(),
    state: z.enum(C2_STATES),
    stateAt: time,
    confirmedBy: z.string().nullable(),
    confirmedAt: time.nullable(),
    secondedBy: z.string().nullable(),
    secondedAt: time.nullable(),
    reason: z.string().nullable(),
    foundAt: time,
    withheld: text.nullable().describe('Why it may not leave'),
    /** Whether the asker's word would be one of the two. */
    mayConfirm: z.boolean(),
  })
  .openapi('C2Candidate');
export const candidateListSchema = z.object({
  rows: z.array(candidateSchema),
  counts: z.record(z.string(), z.number()),
  actor: z.string(),
});
export const candidateDetailSchema = z.object({
  candidate: candidateSchema,
  events: z.array(z.object({ at: time, actor: z.string(), action: z.string(), reason: z.string(), state: z.enum(C2_STATES) })),
});
export const wantedDecision = z.strictObject({ reason });

export const allowEntrySchema = z
  .object({
    id: z.string(),
    prefix: z.string(),
    port: z.number().int().nullable(),
    reason: z.string(),
    addedBy: z.string(),
    addedAt: time,
  })
  .openapi('C2AllowEntry');
export const allowListSchema = z.object({
  rows: z.array(allowEntrySchema),
  findings: z.number().describe('Stored findings the change reached'),
});
export const wantedAllowEntry = z.strictObject({
  prefix: z.string().min(2).max(64),
  port: z.number().int().min(1).max(65_535).nullable().default(null),
  reason,
});

export type PurposeList = z.infer<typeof purposeListSchema>;
export type Grant = z.infer<typeof grantSchema>;
export type GrantList = z.infer<typeof grantListSchema>;
export type AccessPage = z.infer<typeof accessPageSchema>;
export type C2RunAnswer = z.infer<typeof runSchema>;
export type C2RunList = z.infer<typeof runListSchema>;
export type C2CandidateAnswer = z.infer<typeof candidateSchema>;
export type C2CandidateList = z.infer<typeof candidateListSchema>;
export type C2CandidateDetail = z.infer<typeof candidateDetailSchema>;
export type C2AllowList = z.infer<typeof allowListSchema>;
