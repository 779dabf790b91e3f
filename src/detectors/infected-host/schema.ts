/** Settings of the infected-host detector; the limits of the Mirai mark come from its fingerprint. */
import { z } from 'zod';
import { fingerprint } from '../fingerprints.ts';

const mirai = fingerprint('mirai');

export const settingsSchema = z.strictObject({
  minPackets: z
    .number()
    .int()
    .min(1)
    .default(mirai.minPackets)
    .describe('Packets with the Mirai mark from which a source is named / 送信元を挙げるのに必要な、Miraiの目印をもつパケットの数'),
  minForNotice: z
    .number()
    .int()
    .min(1)
    .default(3)
    .describe(
      'Packets with the mark from which the finding is severe; fewer could be forged and are only recorded / 重要とみなすのに必要な、目印をもつパケットの数。これより少なければ偽造の可能性があるため、記録だけします',
    ),
  minAgreement: z
    .number()
    .min(0)
    .max(1)
    .default(mirai.minAgreement)
    .describe(
      'Share of the connection attempts to the marked ports that must carry the mark / 目印のあったポートへの接続要求のうち、目印をもつべき割合',
    ),
  minTelnetPackets: z
    .number()
    .int()
    .min(2)
    .default(10)
    .describe(
      'Telnet connection attempts from which an unmarked source is named / 目印のない送信元を挙げるのに必要な、Telnetへの接続要求の数',
    ),
  minTargets: z
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('Distinct unused addresses such a source must have tried / その送信元が試した未使用アドレスの数'),
});

export type Settings = z.infer<typeof settingsSchema>;
