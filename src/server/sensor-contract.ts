/**
 * What crosses the wire about sensors and exporters.
 *
 * The same rules as in contract.ts: one zod schema per shape gives the check, the type
 * and the OpenAPI document; the console imports only types from here; times are Unix
 * milliseconds UTC.
 */
import { z } from '@hono/zod-openapi';
import { HEALTH_STATES } from '../domain/sensor-health.ts';

const text = z.object({ ja: z.string(), en: z.string() });
const time = z.number().int().describe('Unix time, ms, UTC');
const gap = z.object({ from: time, to: time });
const kind = z.enum(['telescope', 'flow', 'feed']);

const loss = z.object({
  unit: z.string().describe("'packet', 'datagram', 'flow' or 'record': losses of different units do not add up"),
  lost: z.number(),
  share: z.number().describe('0 to 1, of what was sent'),
});

/** How a sensor or an exporter is doing; figures are of the last 24 hours. */
const health = {
  state: z.enum(HEALTH_STATES),
  reason: text,
  protocol: z.string().describe("'telescope', 'netflow-9' …; empty when it does not speak for itself"),
  firstAt: time.nullable().describe('First minute in which it was ever heard of'),
  lastAt: time.nullable(),
  perSecond: z.number().nullable().describe('Received a second over the last five minutes; null when nothing is known of them'),
  unit: z.enum(['packet', 'datagram', 'record']).describe('What is received'),
  losses: z.array(loss),
  dropped: z.number().nullable().describe('By this machine: kernel buffers and full queues; null when it says nothing of itself'),
  malformed: z.number().nullable(),
  withoutTemplate: z.number().nullable(),
  skewMs: z.object({ low: z.number(), high: z.number() }).nullable().describe('Difference of the clocks, smallest and largest'),
  trend: z.object({
    from: time,
    stepSeconds: z.number().int(),
    received: z.array(z.number()).describe('One figure per step; meaningless inside a gap'),
  }),
  gaps: z.array(gap).describe('Without a sign of it: drawn hatched, never zero'),
};

const exporter = z.object({ address: z.string(), ...health });

export const sensorSchema = z
  .object({
    id: z.string(),
    title: text,
    kind,
    location: z.string(),
    contact: z.string(),
    cadenceSeconds: z.number().int().describe('Within which a sign of life is expected'),
    isCadenceStated: z.boolean().describe('False: the usual one of its kind'),
    constituentId: z.string().nullable().describe('Whose unused addresses it watches: sources in the same ranges are internal spread'),
    addresses: z.number().int().nullable().describe('Observed now; null when nobody has said'),
    isRegistered: z.boolean(),
    ...health,
    exporters: z.array(exporter),
  })
  .openapi('Sensor');

export const sensorPageSchema = z
  .object({ at: time, from: time.describe('Start of the 24 hours the figures are of'), rows: z.array(sensorSchema) })
  .openapi('SensorPage');

export const sensorDetailSchema = z
  .object({
    at: time,
    sensor: sensorSchema,
    history: z
      .array(z.object({ since: time.describe('0: since ever'), until: time.nullable(), addresses: z.number().int().nullable() }))
      .describe('Observed addresses over time, oldest first, without holes'),
    gapDays: z.number().int().describe('How many days back the list of gaps goes'),
    gapList: z.array(gap).describe('Newest first'),
    gapTotal: z.number().int(),
  })
  .openapi('SensorDetail');

const title = z.string().trim().min(1).max(200);
/** What is left out stays as it is. */
export const sensorChangeSchema = z
  .strictObject({
    title: z.object({ ja: title, en: title }).optional(),
    kind: kind.nullable().optional(),
    location: z.string().trim().max(500).optional(),
    contact: z.string().trim().max(500).optional(),
    cadenceSeconds: z.number().int().min(60).max(31_536_000).nullable().optional(),
    constituentId: z.string().trim().min(1).max(200).nullable().optional(),
    history: z
      .array(z.strictObject({ since: z.number().int().min(0), addresses: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable() }))
      .max(1000)
      .optional()
      .describe('The whole history of observed addresses, replacing the old one'),
  })
  .openapi('SensorChange');

export const sensorHealthSchema = z
  .object({
    from: time,
    to: time,
    stepSeconds: z.number().int(),
    gaps: z.array(gap),
    series: z.array(
      z.object({
        exporter: z.string().describe('Empty for the sensor itself'),
        received: z.array(z.number()),
        lost: z.array(z.number()),
        dropped: z.array(z.number()),
      }),
    ),
  })
  .openapi('SensorHealth');

export type Sensor = z.infer<typeof sensorSchema>;
export type SensorPage = z.infer<typeof sensorPageSchema>;
export type SensorDetail = z.infer<typeof sensorDetailSchema>;
export type SensorChange = z.infer<typeof sensorChangeSchema>;
export type SensorHealth = z.infer<typeof sensorHealthSchema>;
