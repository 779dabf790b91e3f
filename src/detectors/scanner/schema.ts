/** Settings of the scanner detector. The defaults fit telescopes of a few hundred addresses and more. */
import { z } from 'zod';

export const settingsSchema = z.strictObject({
  minPackets: z.number().int().min(1).default(20).describe('Probes from which a source is called a scanner'),
  minTargets: z.number().int().min(1).default(10).describe('Distinct unused addresses tried, or'),
  minPorts: z.number().int().min(1).default(10).describe('distinct ports tried: either is enough'),
  probability: z
    .number()
    .min(0.5)
    .max(0.999)
    .default(0.95)
    .describe('For the slowest visible scan stated with each finding: how surely it would be seen'),
});

export type Settings = z.infer<typeof settingsSchema>;
