/**
 * What crosses the wire between the hub and its clients, both ways.
 *
 * One zod schema per shape gives the check, the type and the OpenAPI document. The
 * console imports only types from here; nothing in this file may touch Node. Times are
 * Unix milliseconds UTC; lists are paged by an opaque cursor.
 */
import { z } from '@hono/zod-openapi';

const text = z.object({ ja: z.string(), en: z.string() });
const severity = z.enum(['info', 'low', 'medium', 'high', 'critical']);
const time = z.number().int().describe('Unix time, ms, UTC');
const cursor = z.string().nullable().describe('Pass as ?cursor= for the next page; null on the last');

export const problemSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    file: z.string().optional(),
    record: z.number().optional(),
    line: z.number().optional(),
  })
  .openapi('Problem');

export const statusSchema = z
  .object({
    version: z.string(),
    now: time,
    simulation: z.object({ seed: z.number().int() }).nullable().describe('Set when everything here is simulated'),
    sender: text,
    marking: z.string().describe('TLP of what this console shows'),
    actor: z.string().describe('Who is asking, as it stands in the audit log'),
    counts: z.object({
      decisions: z.number().int().describe('Cases that wait for a person'),
      openCases: z.number().int(),
      cases: z.number().int(),
      findings: z.number().int(),
      constituents: z.number().int(),
      orphans: z.number().int(),
      notices: z.number().int(),
      alarms: z.number().int(),
      quarantined: z.number().int(),
    }),
    data: z.object({ firstAt: time.nullable(), lastAt: time.nullable(), packets: z.number() }),
  })
  .openapi('Status');

const gap = z.object({ from: time, to: time });
export const watchSchema = z
  .object({
    from: time,
    to: time,
    stepSeconds: z.number().int(),
    packets: z.array(z.number()).describe('One figure per step; meaningless inside a gap'),
    gaps: z.array(gap).describe('When nobody watched: drawn hatched, never zero'),
    bells: z.array(z.object({ at: time, text })),
  })
  .openapi('Watch');

export const trafficSchema = z
  .object({
    from: time,
    to: time,
    stepSeconds: z.number().int(),
    series: z.array(z.object({ class: z.string(), title: text, packets: z.array(z.number()), total: z.number() })),
    gaps: z.array(gap),
    totals: z.object({ packets: z.number(), sources: z.number().int(), bytes: z.number() }),
  })
  .openapi('Traffic');

const bell = z.object({ at: time, text });
const maybe = z.number().nullable();
export const usualSchema = z
  .object({
    from: time,
    to: time,
    stepSeconds: z.number().int(),
    class: z.string().nullable().describe('Null: all classes together'),
    today: z.array(maybe).describe('Packets per step; null where nobody watched'),
    days: z.number().int().describe('Earlier days with data, at most 28'),
    usual: z
      .object({ low: z.array(maybe), median: z.array(maybe), high: z.array(maybe) })
      .nullable()
      .describe('10th percentile, median and 90th percentile of the same step on earlier days; null while fewer than three are known'),
    gaps: z.array(gap),
    bells: z.array(bell).describe('Where a surge passed its threshold'),
  })
  .openapi('Usual');

/** One message of the live picture: what was stored in the last second, or a stored minute told again. */
export const arrivalsSchema = z
  .object({
    mode: z.enum(['live', 'import', 'replay', 'empty']),
    at: time.describe("The hub's time of this message"),
    newest: time.nullable().describe('The newest stored minute'),
    place: z.object({ longitude: z.number(), latitude: z.number() }).describe('Where the sensors are drawn'),
    replay: z.object({ from: time, to: time, at: time, speed: z.number() }).nullable(),
    packets: z.number().describe('All of them, exactly'),
    classes: z.record(z.string(), z.number()).describe('All packets by class, exactly'),
    packetsPerMark: z.number().describe('One mark stands for so many packets'),
    rows: z.array(
      z.object({
        country: z.string().describe("Estimated from registry data; '' unknown"),
        class: z.string(),
        protocol: z.number().int(),
        port: z.number().int().describe('The busiest'),
        packets: z.number(),
        marks: z.number().int().describe('A sample in proportion to packets'),
      }),
    ),
    rest: z.number().describe('Packets that are in no row'),
  })
  .openapi('Arrivals');

export const TOP_BY = ['port', 'source', 'network', 'country'] as const;
export const trafficTopSchema = z
  .object({
    by: z.enum(TOP_BY),
    rows: z.array(
      z.object({
        key: z.string().describe("'tcp/23', an address, an AS number or a country code"),
        label: text,
        packets: z.number(),
        sources: z.number().int(),
        class: z.string().nullable(),
      }),
    ),
  })
  .openapi('TrafficTop');

export const storageSchema = z
  .object({
    bytes: z.number().describe('Of all telemetry on disk'),
    mostBytes: z.number().nullable().describe('What it may take; null without a limit'),
    tables: z.array(
      z.object({
        table: z.string(),
        rows: z.number().int(),
        bytes: z.number(),
        partitions: z.number().int().describe('Days, or months of tables that keep days'),
        from: time.nullable(),
        to: time.nullable(),
        keepDays: z.number().int().nullable(),
        oldestGoesAt: time.nullable().describe('By its age; a full disk may ask for it sooner'),
      }),
    ),
  })
  .openapi('Storage');

export const intakeSchema = z
  .object({
    id: z.string(),
    file: z.string(),
    collector: z.string(),
    sensor: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    records: z.number().int(),
    accepted: z.number().int(),
    quarantined: z.number().int(),
    bytes: z.number(),
    doneBytes: z.number(),
    at: time,
    seconds: z.number(),
    firstSeenAt: time.nullable(),
    lastSeenAt: time.nullable(),
    problem: z.string().nullable(),
  })
  .openapi('Intake');
export const intakePageSchema = z.object({ rows: z.array(intakeSchema), cursor, total: z.number().int() }).openapi('IntakePage');
export const quarantinePageSchema = z
  .object({
    rows: z.array(
      z.object({
        intake: z.string(),
        file: z.string(),
        record: z.number().int(),
        code: z.string(),
        parameters: z.record(z.string(), z.union([z.string(), z.number()])),
        reason: text,
        excerpt: z.string(),
      }),
    ),
    cursor,
    total: z.number().int(),
  })
  .openapi('QuarantinePage');

export const alarmPageSchema = z
  .object({
    rows: z.array(
      z.object({
        id: z.string(),
        at: time,
        code: z.string(),
        file: z.string().nullable(),
        text,
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
    cursor,
    total: z.number().int(),
  })
  .openapi('AlarmPage');

const networkFacts = z.object({
  asn: z.number().int().nullable(),
  asName: z.string().nullable(),
  country: z.string().nullable(),
  tableDate: z.string().nullable(),
});
export const attributionSchema = z
  .object({
    constituentId: z.string().nullable(),
    constituentName: text.nullable(),
    via: z.enum(['constituent-prefix', 'constituent-domain', 'constituent-asn']).nullable(),
    resource: z.string().nullable(),
    asOf: time,
    confidence: z.number(),
    network: networkFacts,
  })
  .openapi('Attribution');

export const findingSchema = z
  .object({
    fingerprint: z.string(),
    kind: z.string(),
    kindTitle: text,
    identifier: z.string(),
    asset: z.object({ kind: z.string(), value: z.string() }),
    port: z.number().int().nullable(),
    transport: z.string().nullable(),
    role: z.string(),
    severity,
    confidence: z.number(),
    state: z.string(),
    firstSeenAt: time,
    lastSeenAt: time,
    count: z.number(),
    because: text,
    caseId: z.string().nullable(),
    attribution: attributionSchema,
    origin: z.object({ module: z.string(), feed: z.string().optional(), report: z.string().optional() }),
    evidence: z.object({
      rule: z.object({ id: z.string(), version: z.number(), parameters: z.record(z.string(), z.unknown()) }),
      facts: z.record(z.string(), z.unknown()),
      sensors: z.array(z.string()),
    }),
  })
  .openapi('Finding');
export const findingPageSchema = z.object({ rows: z.array(findingSchema), cursor, total: z.number().int() }).openapi('FindingPage');
export const findingSeriesSchema = z
  .object({
    from: time,
    to: time,
    stepSeconds: z.number().int(),
    series: z.array(z.object({ kind: z.string(), title: text, counts: z.array(z.number()), total: z.number() })),
  })
  .openapi('FindingSeries');

/** What the finding rests on: telescope cells or feed records, newest first. */
export const observationPageSchema = z
  .object({
    source: z.enum(['telescope', 'feed']),
    rows: z.array(
      z.object({
        at: time,
        sensor: z.string(),
        class: z.string().nullable(),
        protocol: z.string().nullable(),
        port: z.number().int().nullable(),
        packets: z.number().nullable(),
        targets: z.number().nullable(),
        mark: z.string().nullable().describe("'seq = dst' and the like"),
        file: z.string().nullable(),
        record: z.number().int().nullable(),
        attributes: z.record(z.string(), z.string()).nullable(),
      }),
    ),
    cursor,
    total: z.number(),
  })
  .openapi('ObservationPage');

export const caseSchema = z
  .object({
    id: z.string(),
    constituentId: z.string().nullable(),
    constituentName: text.nullable(),
    asset: z.object({ kind: z.string(), value: z.string() }),
    state: z.string(),
    severity,
    title: text,
    findings: z.number().int(),
    kinds: z.array(z.string()),
    openedAt: time,
    firstSeenAt: time,
    lastSeenAt: time,
    dueAt: time.nullable(),
    reopenCount: z.number().int(),
    channels: z.array(z.string()).describe('Notifiers that delivered a notice about it'),
  })
  .openapi('Case');
export const casePageSchema = z
  .object({ rows: z.array(caseSchema), cursor, total: z.number().int(), byState: z.record(z.string(), z.number().int()) })
  .openapi('CasePage');
export const caseDetailSchema = z
  .object({
    case: caseSchema,
    findings: z.array(findingSchema),
    attribution: attributionSchema,
    notices: z.array(z.object({ id: z.string(), channel: z.string(), state: z.string(), at: time })),
    timeline: z.array(z.object({ at: time, actor: z.string(), what: z.string(), text })),
    moves: z.array(z.string()).describe('States the lifecycle allows next'),
  })
  .openapi('CaseDetail');
export const caseMoveSchema = z
  .object({ to: z.string(), reason: z.string().min(3).max(1000), expiresAt: time.nullable().optional() })
  .openapi('CaseMove');

export const noticeSchema = z
  .object({
    id: z.string(),
    channel: z.string(),
    channelTitle: text,
    constituentId: z.string(),
    constituentName: text,
    state: z.string(),
    language: z.enum(['ja', 'en']),
    about: z.enum(['findings', 'own-range-alerts', 'own-range-receipt']),
    items: z.number().int().describe('Findings or alerts it tells of'),
    severity,
    createdAt: time,
    deliveredAt: time.nullable(),
    attempts: z.number().int(),
    detail: z.string().nullable(),
  })
  .openapi('Notice');
export const noticePageSchema = z.object({ rows: z.array(noticeSchema), cursor, total: z.number().int() }).openapi('NoticePage');
/** The notice exactly as it will be sent; binary parts are fetched by their own address. */
export const noticePreviewSchema = z
  .object({
    subject: z.string(),
    channel: z.string(),
    language: z.enum(['ja', 'en']),
    parts: z.array(z.object({ mediaType: z.string(), fileName: z.string(), size: z.number().int(), text: z.string().nullable() })),
  })
  .openapi('NoticePreview');
export const notifyResultSchema = z
  .object({ queued: z.number().int(), delivered: z.number().int(), failed: z.number().int(), held: z.number().int() })
  .openapi('NotifyResult');

export const constituentSchema = z
  .object({
    id: z.string(),
    name: text,
    kind: z.string(),
    language: z.enum(['ja', 'en']),
    channels: z.array(z.string()),
    resources: z.array(z.object({ kind: z.string(), value: z.string(), validFrom: time.nullable(), validTo: time.nullable() })),
    openCases: z.number().int(),
    cases: z.number().int(),
  })
  .openapi('Constituent');
export const constituentPageSchema = z.object({ rows: z.array(constituentSchema), total: z.number().int() }).openapi('ConstituentPage');

export const moduleSchema = z
  .object({
    kind: z.enum(['collector', 'detector', 'notifier']),
    id: z.string(),
    title: text,
    description: text,
    settings: z.unknown(),
    input: z.enum(['capture', 'feed', 'flow']).nullable().describe('What a collector reads; null for other modules'),
  })
  .openapi('Module');

export const tokenSchema = z
  .object({ id: z.string(), role: z.string(), name: z.string(), createdAt: time, expiresAt: time.nullable() })
  .openapi('Token');
export const tokenListSchema = z.object({ rows: z.array(tokenSchema) }).openapi('TokenList');
export const newTokenSchema = z
  .object({ id: z.string(), role: z.string(), name: z.string(), token: z.string().describe('Shown this once; only its hash is kept') })
  .openapi('NewToken');

/** What the hub answers an edge collector. */
export const liveReceiptSchema = z
  .object({ rows: z.number().int(), wasKnown: z.boolean().describe('It had been stored before') })
  .openapi('LiveReceipt');

/** One server-sent event; `kind` names what changed so that a client refetches just that. */
export const hubEventSchema = z
  .object({
    kind: z.enum(['intake', 'traffic', 'finding', 'case', 'notice', 'alarm', 'alert', 'constituent', 'sensor', 'surge']),
    at: time,
    id: z.string().nullable(),
  })
  .openapi('HubEvent');

export type Severity = z.infer<typeof severity>;
export type Problem = z.infer<typeof problemSchema>;
/** The codes the hub's own failures carry. */
export type { ErrorCode } from '../engine/errors.ts';
export type Status = z.infer<typeof statusSchema>;
export type Storage = z.infer<typeof storageSchema>;
export type Watch = z.infer<typeof watchSchema>;
export type Usual = z.infer<typeof usualSchema>;
export type Arrivals = z.infer<typeof arrivalsSchema>;
export type Traffic = z.infer<typeof trafficSchema>;
export type TrafficTop = z.infer<typeof trafficTopSchema>;
export type Intake = z.infer<typeof intakeSchema>;
export type IntakePage = z.infer<typeof intakePageSchema>;
export type QuarantinePage = z.infer<typeof quarantinePageSchema>;
export type AlarmPage = z.infer<typeof alarmPageSchema>;
export type Attribution = z.infer<typeof attributionSchema>;
export type Finding = z.infer<typeof findingSchema>;
export type FindingPage = z.infer<typeof findingPageSchema>;
export type FindingSeries = z.infer<typeof findingSeriesSchema>;
export type ObservationPage = z.infer<typeof observationPageSchema>;
export type Case = z.infer<typeof caseSchema>;
export type CasePage = z.infer<typeof casePageSchema>;
export type CaseDetail = z.infer<typeof caseDetailSchema>;
export type Notice = z.infer<typeof noticeSchema>;
export type NoticePage = z.infer<typeof noticePageSchema>;
export type NoticePreview = z.infer<typeof noticePreviewSchema>;
export type NotifyResult = z.infer<typeof notifyResultSchema>;
export type Constituent = z.infer<typeof constituentSchema>;
export type ConstituentPage = z.infer<typeof constituentPageSchema>;
export type ModuleInfo = z.infer<typeof moduleSchema>;
export type TokenList = z.infer<typeof tokenListSchema>;
export type NewToken = z.infer<typeof newTokenSchema>;
export type LiveReceipt = z.infer<typeof liveReceiptSchema>;
export type HubEvent = z.infer<typeof hubEventSchema>;
