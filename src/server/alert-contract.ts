/**
 * What crosses the wire about own-range alerts.
 *
 * The same rules as in contract.ts: one zod schema per shape gives the check, the type
 * and the OpenAPI document; the console imports only types from here; times are Unix
 * milliseconds UTC.
 */
import { z } from '@hono/zod-openapi';
import { SEVERITIES } from '../domain/finding.ts';
import { OWN_RANGE_CAUSES, OWN_RANGE_CLASSES, OWN_RANGE_STATES } from '../domain/own-range.ts';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');
const portCount = z.object({ protocol: z.number().int(), port: z.number().int(), packets: z.number() });

export const alertSchema = z
  .object({
    id: z.string().describe("'A-000123'; stays the same for as long as it goes on"),
    constituentId: z.string(),
    constituentName: text,
    host: z.string(),
    class: z.enum(OWN_RANGE_CLASSES).describe('UNDER_ATTACK never means that the host is infected'),
    title: text,
    state: z.enum(OWN_RANGE_STATES),
    severity: z.enum(SEVERITIES).describe('New weighs more than continuing'),
    raisedAt: time,
    firstSeenAt: time,
    lastSeenAt: time,
    packets: z.number(),
    targets: z.number().describe('Distinct unused addresses, estimated'),
    ports: z.array(portCount),
    sensors: z.array(z.string()),
    because: text,
    acknowledgedAt: time.nullable(),
    acknowledgedBy: z.string().nullable(),
    endedAt: time.nullable(),
    closedAt: time.nullable(),
    closedBy: z.string().nullable(),
    cause: z.enum(OWN_RANGE_CAUSES).nullable(),
    noticeId: z.string().nullable().describe('The mail in which its constituent was told'),
  })
  .openapi('OwnRangeAlert');

export const alertPageSchema = z
  .object({ rows: z.array(alertSchema), cursor: z.string().nullable(), total: z.number().int() })
  .openapi('OwnRangeAlertPage');

export const alertDetailSchema = z
  .object({
    alert: alertSchema,
    events: z.array(z.object({ at: time, actor: z.string(), what: z.string(), text })).describe('Oldest first'),
    hours: z.array(z.object({ hour: time, packets: z.number() })).describe('Packets by hour, oldest first; hours without any are left out'),
    quietHours: z.number().describe('So many watched hours of quiet end the alert'),
  })
  .openapi('OwnRangeAlertDetail');

export const alertCommentSchema = z.strictObject({ comment: z.string().trim().max(2000).default('') }).openapi('AlertComment');
export const alertCloseSchema = z
  .strictObject({ cause: z.enum(OWN_RANGE_CAUSES), comment: z.string().trim().max(2000).default('') })
  .openapi('AlertClose');

/** An organisation with its addresses: what the ring shows. */
export const ringSchema = z
  .object({
    constituentId: z.string(),
    name: text,
    ranges: z.array(z.string()).describe('Valid now, as registered'),
    isOn: z.boolean().describe('Whether it gets alerts'),
    hasMail: z.boolean().describe('Whether it can be told by mail'),
    openAlerts: z.number().int(),
    alerts: z.number().int(),
  })
  .openapi('OwnRangeRing');

export const ringPageSchema = z.object({ rows: z.array(ringSchema), total: z.number().int() }).openapi('OwnRangeRingPage');
export const ringDetailSchema = z
  .object({ ring: ringSchema, alerts: z.array(alertSchema).describe('Neither ended nor closed, newest first; at most 1,000') })
  .openapi('OwnRangeRingDetail');

export const switchSchema = z.strictObject({ isOn: z.boolean() }).openapi('OwnRangeSwitch');

export type Alert = z.infer<typeof alertSchema>;
export type AlertPage = z.infer<typeof alertPageSchema>;
export type AlertDetail = z.infer<typeof alertDetailSchema>;
export type Ring = z.infer<typeof ringSchema>;
export type RingPage = z.infer<typeof ringPageSchema>;
export type RingDetail = z.infer<typeof ringDetailSchema>;
