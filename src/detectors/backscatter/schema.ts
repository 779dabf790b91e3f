/** Settings of the backscatter detector: the limits of an attack, after CAIDA's Corsaro. */
import { z } from 'zod';

export const settingsSchema = z.strictObject({
  minPackets: z.number().int().min(1).default(25).describe('Answers from which an attack is believed / 攻撃とみなすのに必要な応答の数'),
  minSeconds: z
    .number()
    .int()
    .min(0)
    .default(60)
    .describe('Seconds from the first answer to the last / 最初の応答から最後の応答までの秒数'),
  minTargets: z
    .number()
    .int()
    .min(1)
    .default(5)
    .describe(
      'Distinct unused addresses that were answered: forged senders are spread, a misdirected service is not / 応答が届いた未使用アドレスの数。偽の送信元は散らばり、設定を誤ったサービスは散らばりません',
    ),
  minPeakPackets: z
    .number()
    .int()
    .min(1)
    .default(30)
    .describe(
      'Answers in the busiest minute at a telescope of 2^24 addresses; a smaller one needs its share of them / 最も多い1分間の応答の数（2^24個のアドレスを観測する場合）。少ない観測では比例して下げます',
    ),
  joinGapMinutes: z
    .number()
    .int()
    .min(0)
    .default(5)
    .describe('Minutes of silence that do not end an attack / 攻撃が続いているとみなす無応答の分数'),
});

export type Settings = z.infer<typeof settingsSchema>;
