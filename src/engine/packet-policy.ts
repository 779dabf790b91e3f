/**
 * The section `packets` of the configuration: which packets of which telescope are kept.
 *
 * Nothing is kept unless a sensor is named here. What is kept ends with the transport
 * header; content may only be kept of packets to addresses the telescope's owner knows to
 * be unused, and only for a purpose that is stated and goes into the audit log.
 */
import { z } from 'zod';
import { parsePrefix } from '../domain/address.ts';
import { sensorName } from './source-config.ts';

const payloadSchema = z
  .strictObject({
    bytes: z.number().int().min(1).max(65_535).describe('Bytes of content behind the transport header'),
    addresses: z
      .array(z.string().refine((text) => parsePrefix(text) !== undefined, 'not a network'))
      .min(1)
      .describe('The owner’s own unused networks; packets to any other address keep their headers only'),
    purpose: z.string().trim().min(10).describe('Why content is kept; written into the audit log'),
  })
  .describe('Content of packets to unused addresses; without it headers only');

const policySchema = z
  .strictObject({
    keep: z.enum(['none', 'sampled', 'all', 'findings']).default('none'),
    oneOf: z.number().int().min(2).max(1_000_000).default(100).describe('Of sampled: one packet of so many'),
    minutes: z
      .number()
      .int()
      .min(2)
      .max(1440)
      .default(30)
      .describe('Of findings: how long packets wait for a finding, and how far around one they are kept'),
    ringGigabytes: z.number().positive().default(2).describe('Of findings: the most that waits'),
    payload: payloadSchema.optional(),
  })
  .describe('Which packets of a telescope are kept');

export const packetsSchema = z
  .strictObject({
    sensors: z.record(sensorName, policySchema).default({}),
    keepDays: z.number().int().min(1).max(36_500).default(30),
    diskGigabytes: z.number().positive().default(20).describe('Of all kept packets; the oldest go first'),
    leaveGigabytes: z.number().min(0).default(2).describe('Keeping packets stops when the disk has less room than this'),
  })
  .prefault({})
  .describe('Raw packets kept by policy');

export type PacketPolicy = z.infer<typeof policySchema>;
export type PacketsConfig = z.infer<typeof packetsSchema>;
