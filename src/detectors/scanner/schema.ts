/** Settings of the scanner detector. The defaults fit telescopes of a few hundred addresses and more. */
import { z } from 'zod';

export const settingsSchema = z.strictObject({
  minPackets: z
    .number()
    .int()
    .min(1)
    .default(20)
    .describe('Probes from which a source is called a scanner / スキャンとみなすのに必要な探索パケットの数'),
  minTargets: z
    .number()
    .int()
    .min(1)
    .default(10)
    .describe(
      'Distinct unused addresses tried; this or the number of ports is enough / 試した未使用アドレスの数。ポートの数とのどちらかで足ります',
    ),
  minPorts: z
    .number()
    .int()
    .min(1)
    .default(10)
    .describe('Distinct ports tried; this or the number of addresses is enough / 試したポートの数。アドレスの数とのどちらかで足ります'),
  probability: z
    .number()
    .min(0.5)
    .max(0.999)
    .default(0.95)
    .describe(
      'For the slowest visible scan stated with each finding: how surely it would be seen / 検出に添える「見える最も遅いスキャン」を、どれだけの確率で見えるものとするか',
    ),
});

export type Settings = z.infer<typeof settingsSchema>;
