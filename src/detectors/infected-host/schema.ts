/** Settings of the infected-host detector; the limits of the Mirai mark come from its fingerprint. */
import { z } from 'zod';
import { fingerprint } from '../fingerprints.ts';

const mirai = fingerprint('mirai');

export const settingsSchema = z.strictObject({
  minPackets: z.number().int().min(1).default(mirai.minPackets).describe('Packets with the Mirai mark from which a source is named'),
  minForNotice: z
    .number()
    .int()
    .min(1)
    .default(3)
    .describe('Packets with the mark from which the finding is severe; fewer could be forged and are only recorded'),
  minAgreement: z
    .number()
    .min(0)
    .max(1)
    .default(mirai.minAgreement)
    .describe('Share of the connection attempts to the marked ports that must carry the mark'),
  minTelnetPackets: z.number().int().min(2).default(10).describe('Telnet connection attempts from which an unmarked source is named'),
  minTargets: z.number().int().min(1).default(5).describe('Distinct unused addresses such a source must have tried'),
});

export type Settings = z.infer<typeof settingsSchema>;
