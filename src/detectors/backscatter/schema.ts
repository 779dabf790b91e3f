/** Settings of the backscatter detector: the limits of an attack, after CAIDA's Corsaro. */
import { z } from 'zod';

export const settingsSchema = z.strictObject({
  minPackets: z.number().int().min(1).default(25).describe('Answers from which an attack is believed'),
  minSeconds: z.number().int().min(0).default(60).describe('Seconds from the first answer to the last'),
  minTargets: z
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('Distinct unused addresses that were answered: forged senders are spread, a misdirected service is not'),
  minPeakPackets: z
    .number()
    .int()
    .min(1)
    .default(30)
    .describe('Answers in the busiest minute at a telescope of 2^24 addresses; a smaller one needs its share of them'),
  joinGapMinutes: z.number().int().min(0).default(5).describe('Minutes of silence that do not end an attack'),
});

export type Settings = z.infer<typeof settingsSchema>;
