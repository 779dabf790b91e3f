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
  minRate: z
    .number()
    .positive()
    .default(10)
    .describe(
      'Packets per second on the whole Internet from which a continuous scan of one port is kept as an event / 1つのポートへの連続したスキャンとして扱う、インターネット全体での毎秒パケット数',
    ),
  timeoutRate: z
    .number()
    .positive()
    .default(100)
    .describe(
      'A scan ends after a silence that one of so many packets per second (whole Internet) would hardly keep at this sensor / この毎秒パケット数（インターネット全体）のスキャンならまず起こらない長さの沈黙で、スキャンの終わりとみなします',
    ),
  cutProbability: z
    .number()
    .min(0.0001)
    .max(0.5)
    .default(0.01)
    .describe('How often such a scan may be cut in two, per pause / そのようなスキャンを誤って2つに分けてよい確率（1つの間隔あたり）'),
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
