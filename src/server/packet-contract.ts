/** What the wire says about kept packets. */
import { z } from '@hono/zod-openapi';

const sensorPacketsSchema = z.object({
  sensor: z.string(),
  keep: z.enum(['none', 'sampled', 'all', 'findings']),
  oneOf: z.number().nullable(),
  minutes: z.number().nullable(),
  payloadBytes: z.number(),
  payloadPurpose: z.string().nullable(),
  files: z.number(),
  packets: z.number().openapi({ description: 'In closed files; the running hour is not counted yet' }),
  bytes: z.number(),
  firstAt: z.number().nullable(),
  lastAt: z.number().nullable(),
  ringBytes: z.number(),
  findings: z.number().openapi({ description: 'Findings whose packets are kept' }),
  isStopped: z.boolean().openapi({ description: 'Nothing is kept at present, for want of room on the disk' }),
});

export const packetStatusSchema = z.object({ rows: z.array(sensorPacketsSchema) });
export type PacketStatus = z.infer<typeof packetStatusSchema>;
